//! What a snapshot is made of, in plain fields: for whoever writes snapshots down and reads them again.

use crate::{
    aside::{Allocations, Caller, InFlightCalls, PollTimes},
    directory::Series,
    histogram::Histogram,
    instruments::Description,
    metric::{Metric, MetricValue},
    operation::Operation,
    snapshot::Snapshot,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Labels as pairs of key and value.
type Pairs = Vec<(String, String)>;

/// All that a [`Snapshot`] holds. The two turn into one another without loss.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let snapshot = registry.snapshot();
/// let parts = perf_core::SnapshotParts::from(&snapshot);
/// assert_eq!(parts.operations[0].sum_ns, 2_000_000);
/// assert_eq!(perf_core::Snapshot::from(parts), snapshot);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotParts {
    /// When recording began.
    pub started: SystemTime,
    /// When the snapshot was taken.
    pub taken: SystemTime,
    /// See [`Snapshot::lost`].
    pub lost: u64,
    /// In any order; what has the same name and labels is merged.
    pub operations: Vec<OperationParts>,
    /// In any order; what has the same name, labels and kind is merged.
    pub metrics: Vec<MetricParts>,
    /// What is said of names, those of operations too.
    pub descriptions: BTreeMap<String, Description>,
}

/// All that an [`Operation`] holds. Times are in nanoseconds, and of the calls that were timed.
///
/// ```
/// let parts = perf_core::OperationParts {
///     name: "query".into(),
///     labels: vec![("table".into(), "users".into())],
///     buckets: vec![(1_000, 3)],
///     sum_ns: 3_000,
///     ..Default::default()
/// };
/// let operation = perf_core::Operation::from(parts);
/// assert_eq!((operation.count(), operation.label("table")), (3, Some("users")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationParts {
    /// Its name.
    pub name: String,
    /// Its labels, in any order; of those with one key the first counts.
    pub labels: Pairs,
    /// Significant digits of the histogram, 1 to 5; others count as the nearest.
    pub digits: u8,
    /// Durations and how many calls took them, in any order. Each falls in the bucket around it.
    pub buckets: Vec<(u64, u64)>,
    /// The time of all calls.
    pub sum_ns: u64,
    /// Of that, the time of calls within calls of the same operation.
    pub nested_ns: u64,
    /// Of that, the time spent in the operation itself.
    pub self_ns: u64,
    /// The shortest call; `None` without one, or if that is known no better than by its bucket.
    pub min_ns: Option<u64>,
    /// The longest call, as the shortest.
    pub max_ns: Option<u64>,
    /// Calls that returned an error.
    pub errors: u64,
    /// Calls that panicked.
    pub panicked: u64,
    /// Calls that were cancelled.
    pub cancelled: u64,
    /// See [`Operation::clamped`].
    pub clamped: u64,
    /// See [`Operation::backward`].
    pub backward: u64,
    /// See [`Operation::overlaps`].
    pub overlaps: u64,
    /// Calls counted but not timed.
    pub skipped: u64,
    /// In any order; those of one name are put together.
    pub callers: Vec<Caller>,
    /// See [`Operation::polls`].
    pub polls: Option<PollTimes>,
    /// See [`Operation::allocations`].
    pub allocations: Option<Allocations>,
    /// See [`Operation::in_flight`].
    pub in_flight: Option<InFlightCalls>,
    /// See [`Operation::folded_series`].
    pub folded: u64,
    /// Whether it is a scope of `timer!`.
    pub is_scope: bool,
}

/// All that a [`Metric`] holds but what is said of its name.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricParts {
    /// Its name.
    pub name: String,
    /// Its labels, in any order; of those with one key the first counts.
    pub labels: Pairs,
    /// What it is, and its value.
    pub value: MetricValue,
    /// When it was read: of two gauges that are merged, the later one counts.
    pub taken: SystemTime,
}

impl Default for OperationParts {
    fn default() -> Self {
        Self::from(&Operation::empty(Series::new(String::new(), Vec::new()), 3))
    }
}

impl From<&Operation> for OperationParts {
    fn from(operation: &Operation) -> Self {
        let nanos = |duration: Duration| duration.as_nanos() as u64;
        Self {
            name: operation.name().to_owned(),
            labels: pairs(operation.labels()),
            digits: operation.histogram.digits(),
            buckets: operation.histogram.buckets().map(|b| (b.low_ns, b.count)).collect(),
            sum_ns: operation.sum_ns,
            nested_ns: operation.nested_ns,
            self_ns: operation.self_ns,
            min_ns: operation.min().map(nanos),
            max_ns: operation.max().map(nanos),
            errors: operation.errors,
            panicked: operation.panicked,
            cancelled: operation.cancelled,
            clamped: operation.clamped,
            backward: operation.backward,
            overlaps: operation.overlaps,
            skipped: operation.skipped,
            callers: operation.callers.clone(),
            polls: operation.polls,
            allocations: operation.allocations,
            in_flight: operation.in_flight,
            folded: operation.folded,
            is_scope: operation.is_scope,
        }
    }
}

impl From<OperationParts> for Operation {
    fn from(mut parts: OperationParts) -> Self {
        let mut histogram = Histogram::new(parts.digits);
        parts.buckets.sort_unstable();
        let some = parts.buckets.into_iter().filter(|(_, count)| *count > 0);
        some.for_each(|(nanos, count)| histogram.push(nanos, count));
        let mut buckets = histogram.buckets();
        let lowest = buckets.next();
        let highest = buckets.next_back().or(lowest);
        drop(buckets);
        Self {
            series: Series::new(parts.name, parts.labels),
            sum_ns: parts.sum_ns,
            nested_ns: parts.nested_ns,
            self_ns: parts.self_ns,
            min_ns: lowest.map_or(u64::MAX, |bucket| parts.min_ns.unwrap_or(bucket.low_ns)),
            max_ns: highest.map_or(0, |bucket| parts.max_ns.unwrap_or(bucket.high_ns)),
            errors: parts.errors,
            panicked: parts.panicked,
            cancelled: parts.cancelled,
            clamped: parts.clamped,
            backward: parts.backward,
            overlaps: parts.overlaps,
            callers: Caller::by_name(parts.callers),
            histogram,
            skipped: parts.skipped,
            polls: parts.polls,
            allocations: parts.allocations,
            in_flight: parts.in_flight,
            folded: parts.folded,
            is_scope: parts.is_scope,
        }
    }
}

impl From<&Snapshot> for SnapshotParts {
    fn from(snapshot: &Snapshot) -> Self {
        let metric = |metric: &Metric| MetricParts {
            name: metric.name().to_owned(),
            labels: pairs(metric.labels()),
            value: metric.value().clone(),
            taken: metric.taken,
        };
        let described = snapshot.descriptions();
        Self {
            started: snapshot.started(),
            taken: snapshot.taken(),
            lost: snapshot.lost(),
            operations: snapshot.operations().iter().map(OperationParts::from).collect(),
            metrics: snapshot.metrics().iter().map(metric).collect(),
            descriptions: described.map(|(name, of)| (name.to_owned(), of.clone())).collect(),
        }
    }
}

impl From<SnapshotParts> for Snapshot {
    fn from(parts: SnapshotParts) -> Self {
        let descriptions: BTreeMap<Arc<str>, _> = parts
            .descriptions
            .into_iter()
            .map(|(name, description)| (Arc::from(name), Arc::new(description)))
            .collect();
        let metric = |metric: MetricParts| {
            let series = Series::new(metric.name, metric.labels);
            let description = descriptions.get(&series.name).cloned();
            Metric { series, value: metric.value, description, taken: metric.taken }
        };
        let metrics = parts.metrics.into_iter().map(metric).collect();
        let operations = parts.operations.into_iter().map(Operation::from).collect();
        let times = (parts.started, parts.taken);
        Self::assembled(times, parts.lost, operations, metrics, descriptions)
    }
}

fn pairs(labels: &[(Arc<str>, Arc<str>)]) -> Pairs {
    labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}
