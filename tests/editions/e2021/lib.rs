//! The accepted shapes, in edition 2021: see ../shapes.rs.
