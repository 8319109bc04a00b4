//! Histograms in bytes, as perf-store keeps them. Not for use by hand, and not stable.

pub use crate::hdr::v2::{Wrong, from_bytes, to_bytes};
