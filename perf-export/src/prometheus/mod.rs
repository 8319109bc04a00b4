//! Prometheus: the text format 0.0.4 and OpenMetrics 1.0; with the feature `prometheus` protobuf with
//! native histograms too, and answers to requests by what they accept.
//!
//! ```
//! use perf_export::prometheus::{self, Options};
//!
//! let registry = perf_core::Registry::new();
//! registry.record("work", std::time::Duration::from_millis(2));
//! let text = prometheus::text(&registry.snapshot(), &Options::default());
//! assert!(text.contains("perfkit_operation_calls_total{operation=\"work\",outcome=\"ok\"} 1\n"));
//! ```
//!
//! # Operations
//!
//! Each family has the label `operation`, and the operation's own.
//!
//! | family | kind | what |
//! |---|---|---|
//! | `perfkit_operation_calls_total` | counter | calls that ended, by `outcome`: `ok`, `error`, `panic`, `cancelled`; and `untimed`, where only a sample is timed |
//! | `perfkit_operation_duration_seconds` | histogram | durations of timed calls |
//! | `perfkit_operation_self_seconds_total` | counter | their time without that of the operations they called |
//! | `perfkit_operation_in_flight` | gauge | calls that run, where that is counted |
//! | `perfkit_operation_in_flight_oldest_seconds` | gauge | for how long the oldest has |
//! | `perfkit_operation_polls_total` | counter | polls, where they are timed |
//! | `perfkit_operation_busy_seconds_total` | counter | the time in them |
//! | `perfkit_operation_allocations_total`, `…_allocated_bytes_total` | counter | what calls allocated, where that is counted |
//! | `perfkit_operation_self_allocations_total`, `…_self_allocated_bytes_total` | counter | that without what the operations they called did |
//! | `perfkit_operation_folded_series` | gauge | about how many label sets an overflow series stands for |
//! | `perfkit_lost_calls_total` | counter | [`Snapshot::lost`] |
//! | `perfkit_build_info` | gauge | 1, with the `version` of perfkit |
//!
//! Calls, durations and self times are there for every operation of the snapshot, at zero without a
//! call. Times are always those of the timed calls: an estimate for all of them could fall, as no
//! counter may. Histograms count a duration by the middle of its bucket here, and a value by the end of
//! its bucket that is nearer to zero: at 3 digits at most 0.1 % beside it, and whole numbers themselves.
//!
//! # Counters, gauges and distributions
//!
//! They go by their own names, with
//!
//! - `_` for each character that Prometheus' names may not have, and before a digit at the beginning;
//! - the word for the unit, where there is one the name does not end in: `_seconds`, `_bytes`,
//!   `_ratio` for 1, but not of counters, …;
//! - `_total` for counters.
//!
//! Where that is taken (by a family of operations, by a name that needs no change, or one that comes
//! before), the name is written in Prometheus' escaping scheme `values`, `U__a_2e_b` for `a.b`
//! (<https://prometheus.io/docs/guides/utf8/>). Where that is taken as well, or a name has values of two
//! kinds, `_counter`, `_gauge` or `_histogram` is put behind it, before the unit.
//!
//! OpenMetrics has no sum, and so no count, of distributions with values or bounds below zero.
//!
//! # Labels
//!
//! Values are any text, with NUL too. One that is empty is left out: to Prometheus that is the same.
//! Keys have `_` for what they may not have, as names do, and `exported_` before those that mean
//! something here: `le`, `quantile`, what begins with `__`, and of operations `operation` and
//! `outcome`. Values whose keys become the same are joined with `;`, in the order of the keys as they
//! were, as from OpenTelemetry
//! (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>). Series that
//! become the same are merged, as by [`Snapshot::merge`].

mod families;
mod histogram;
mod labels;
#[cfg(feature = "prometheus")]
mod message;
mod metrics;
pub(crate) mod names;
#[cfg(feature = "prometheus")]
mod native;
#[cfg(feature = "prometheus")]
mod negotiate;
mod number;
mod operations;
mod options;
#[cfg(feature = "prometheus")]
mod protobuf;
mod text;
mod units;

#[cfg(feature = "prometheus")]
pub use negotiate::{Encoding, Response, respond};
pub use options::Options;

#[cfg(feature = "files")]
pub(crate) use families::Kind;

use perf_core::Snapshot;
use std::time::SystemTime;

/// A snapshot in the text format 0.0.4:
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>.
///
/// ```
/// use perf_export::prometheus::{self, Options};
///
/// let registry = perf_core::Registry::new();
/// registry.gauge("queue.depth", &[("queue", "a\"b")]).set(2.5);
/// let text = prometheus::text(&registry.snapshot(), &Options::default());
/// assert!(text.contains("# TYPE queue_depth gauge\nqueue_depth{queue=\"a\\\"b\"} 2.5\n"));
/// ```
#[must_use]
pub fn text(snapshot: &Snapshot, options: &Options) -> String {
    text::plain(&families::of(&labels::legal(snapshot), options))
}

/// A snapshot in OpenMetrics 1.0: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.
///
/// ```
/// use perf_export::prometheus::{self, Options};
///
/// let registry = perf_core::Registry::new();
/// registry.describe("sent", Some("By"), "What was sent.");
/// registry.counter("sent", &[]).add(3);
/// let text = prometheus::openmetrics(&registry.snapshot(), &Options::default().created(false));
/// assert!(text.contains("# UNIT sent_bytes bytes\nsent_bytes_total 3\n"));
/// assert!(text.ends_with("# EOF\n"));
/// ```
#[must_use]
pub fn openmetrics(snapshot: &Snapshot, options: &Options) -> String {
    let started = snapshot.started().duration_since(SystemTime::UNIX_EPOCH).ok();
    let created = started.filter(|_| options.created).map(|since| since.as_secs_f64());
    text::openmetrics(&families::of(&labels::legal(snapshot), options), created)
}

/// What a family is called, is, and what is said of it.
#[cfg(feature = "files")]
pub(crate) struct Outline {
    /// Of a counter, without `_total`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) help: String,
}

/// The families of a snapshot, by name.
#[cfg(feature = "files")]
pub(crate) fn outlines(snapshot: &Snapshot) -> Vec<Outline> {
    let (legal, options) = (labels::legal(snapshot), Options::default());
    let families = families::of(&legal, &options).into_iter();
    let outline = |family: families::Family<'_>| Outline {
        name: family.name.into_owned(),
        kind: family.kind,
        help: family.help.to_owned(),
    };
    families.map(outline).collect()
}

/// A snapshot as messages `io.prometheus.client.MetricFamily`, each behind its length, with histograms
/// both native and classic: <https://prometheus.io/docs/specs/native_histograms/>.
///
/// ```
/// use perf_export::prometheus::{self, Options};
///
/// let snapshot = perf_core::Registry::new().snapshot();
/// let bytes = prometheus::protobuf(&snapshot, &Options::default().schema(5));
/// assert!(bytes.windows(18).any(|name| name == b"perfkit_build_info"));
/// ```
#[cfg(feature = "prometheus")]
#[must_use]
pub fn protobuf(snapshot: &Snapshot, options: &Options) -> Vec<u8> {
    let legal = labels::legal(snapshot);
    protobuf::write(&families::of(&legal, options), snapshot.started(), options)
}
