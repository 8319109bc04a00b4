//! The accepted shapes, in edition 2021: see tests/.
