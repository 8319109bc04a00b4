//! The heart of perfkit: from a timed call to a percentile.
//!
//! Programs use the `perfkit` crate, which re-exports what is here beside its macros.
//!
//! ```text
//! #[timed] fn ──┐                          (owner thread)     (whoever holds the consumer lock)
//! timer!("x") ──┼─ ticks … ticks ─► Ring (SPSC) ─► drain ─► Stripe: [OpStats] ─► Snapshot
//! fut.timed() ──┘
//! ```
//!
//! A call site is a `static`; a thread records on its *lane*, which
//! is a ring of events and the stack of scopes open on it; half a ring of events at a time is
//! folded into a stripe of the [`Registry`]; a [`Snapshot`] merges the stripes and is plain data.
//! ARCHITECTURE.md has the whole, with its invariants.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

mod allocations;
mod aside;
mod buckets;
mod call;
mod clock;
mod collect;
mod columns;
mod condensed;
mod counts;
mod directory;
mod distinct;
mod frame;
mod frames;
mod future;
mod grid;
mod histogram;
pub mod human;
mod in_flight;
mod instruments;
mod labels;
mod lane;
mod local;
mod log;
mod metric;
mod metrics_table;
mod operation;
mod outcome;
mod overhead;
mod parts;
mod polls;
mod primitive;
mod recent;
mod refresh;
mod registry;
mod ring;
mod scope;
mod site;
mod skips;
mod snapshot;
mod sorted;
mod span;
mod stats;
mod stretch;
mod summary;
mod switch;
mod table;
mod timer;
mod tracker;
mod values;
mod word;

#[doc(hidden)]
#[path = "bridge.rs"]
pub mod __bridge;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use aside::{Allocations, Caller, InFlightCalls, PollTimes};
pub use clock::MAX_DURATION;
pub use directory::{Labels, MAX_OPERATIONS, OVERFLOW, set_label_cap};
pub use future::{Timed, TimedExt};
pub use grid::SummaryTable;
pub use histogram::{Bucket, Histogram};
pub use instruments::{Counter, Description, Distribution, Gauge};
pub use metric::{Metric, MetricValue};
pub use operation::Operation;
pub use outcome::Outcome;
pub use overhead::overhead;
pub use parts::{MetricParts, OperationParts, SnapshotParts};
pub use recent::RecentCall;
pub use refresh::Refresh;
pub use registry::{Registry, with_registry};
pub use site::set_log_level;
pub use snapshot::Snapshot;
pub use summary::{Sort, Summary, UnknownSort};
pub use switch::{enabled, set_enabled};
pub use timer::{Timer, timer};
pub use tracing::level_filters::LevelFilter;
pub use tracker::{OperationSummary, PerformanceTracker};
pub use values::{ValueBucket, ValueHistogram};

use std::time::Duration;

/// Everything the global registry knows, see [`Registry::snapshot`].
///
/// ```
/// perf_core::record("step", std::time::Duration::from_millis(1));
/// assert_eq!(perf_core::snapshot().get("step").unwrap().count(), 1);
/// ```
#[must_use]
pub fn snapshot() -> Snapshot {
    Registry::global().snapshot()
}

/// One operation of the global registry, see [`Registry::get`].
#[must_use]
pub fn get(name: &str) -> Option<Operation> {
    Registry::global().get(name)
}

/// Sets the global registry to zero, see [`Registry::reset`].
pub fn reset() {
    Registry::global().reset();
}

/// Records a call timed elsewhere in the global registry, see [`Registry::record`].
pub fn record(name: &str, duration: Duration) {
    Registry::global().record(name, duration);
}

/// A counter of the global registry, see [`Registry::counter`].
///
/// ```
/// perf_core::counter("jobs_done", &[]).add(1);
/// assert_eq!(perf_core::snapshot().counter("jobs_done", &[]), Some(1));
/// ```
#[must_use]
pub fn counter(name: &str, labels: &[(&str, &str)]) -> Counter {
    Registry::global().counter(name, labels)
}

/// A gauge of the global registry, see [`Registry::gauge`].
#[must_use]
pub fn gauge(name: &str, labels: &[(&str, &str)]) -> Gauge {
    Registry::global().gauge(name, labels)
}

/// A distribution of the global registry, see [`Registry::distribution`].
#[must_use]
pub fn distribution(name: &str, labels: &[(&str, &str)]) -> Distribution {
    Registry::global().distribution(name, labels)
}

/// The summary of the global registry, to print or to shape further.
///
/// ```
/// println!("{}", perf_core::summary().limit(10));
/// ```
#[must_use]
pub fn summary() -> Summary {
    Summary::new(snapshot())
}
