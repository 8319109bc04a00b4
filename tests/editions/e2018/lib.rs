//! The accepted shapes, in edition 2018: see tests/.
