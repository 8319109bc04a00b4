//! What a snapshot becomes: a module for each format, each a function of a
//! [`Snapshot`](perf_core::Snapshot) that changes nothing and asks nobody; and what is written when a
//! program ends, by [`init`].
//!
//! Programs use the `perfkit` crate, which has this one as `perfkit::export`.
//!
//! | module | what it writes | feature |
//! |---|---|---|
//! | [`prometheus`] | text 0.0.4 and OpenMetrics 1.0 | |
//! | | protobuf with native histograms, answers by `Accept` | `prometheus` |
//! | `otlp` | OTLP over HTTP, pushed | `otlp` |
//! | `json` | one document, or a line for each snapshot; and reads them | `files` |
//! | `csv` | a row for each operation | `files` |
//! | `hdr` | HdrHistogram's interval log, and its percentile tables | `files` |
//! | `html` | a report to open in a browser | `files` |
//! | `grafana` | a dashboard for what the registry holds | `files` |
//! | [`folded`] | call paths for flame graphs | |
//! | [`dot`] | the call graph for Graphviz | |
//! | [`markdown`] | the summary for a pull request | |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "files")]
pub mod csv;
pub mod dot;
mod exit;
#[cfg(any(feature = "prometheus", feature = "otlp"))]
mod exponential;
mod file;
pub mod folded;
#[cfg(feature = "files")]
pub mod grafana;
mod graph;
#[cfg(feature = "files")]
pub mod hdr;
#[cfg(feature = "files")]
pub mod html;
#[cfg(feature = "files")]
pub mod json;
pub mod markdown;
#[cfg(feature = "otlp")]
pub mod otlp;
mod outcomes;
pub mod prometheus;
mod values;
mod variables;

#[cfg(feature = "http")]
#[doc(hidden)]
#[path = "http.rs"]
pub mod __http;
#[cfg(feature = "files")]
#[doc(hidden)]
#[path = "packed.rs"]
pub mod __packed;
#[cfg(feature = "files")]
#[doc(hidden)]
#[path = "page.rs"]
pub mod __page;

pub use exit::{Builder, Format, Output, SummaryGuard, flush, init};
pub use file::{FileFormat, Unavailable};
