//! What feeds perfkit from what programs use already: spans of `tracing`, the `metrics` facade,
//! `tower` services, tokio's runtime, locks and channels.
//!
//! Programs use the `perfkit` crate, which re-exports what is here. Each module stands by itself,
//! behind a feature of its name, and knows perf-core alone.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "tracing")]
mod layer;
#[cfg(feature = "tracing")]
mod open_spans;
#[cfg(feature = "metrics")]
mod recorder;
pub mod sync;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(feature = "tracing")]
pub use layer::{SpanLayer, layer};
#[cfg(feature = "metrics")]
pub use recorder::{MetricsRecorder, metrics_recorder};
