//! The accepted shapes, in edition 2018: see ../shapes.rs.
