//! Plain data: everything a registry knew at one moment.

use crate::{
    directory::Series,
    instruments::Description,
    metric::{Metric, MetricValue},
    operation::Operation,
    sorted,
    values::ValueHistogram,
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Everything recorded up to one moment: plain, sorted data that no longer changes.
///
/// Snapshots of threads, processes or hosts [`merge`](Self::merge); the difference of two of one
/// registry is the interval between them, [`since`](Self::since).
///
/// ```
/// use std::time::Duration;
///
/// let registry = perf_core::Registry::new();
/// registry.record("work", Duration::from_millis(2));
/// let before = registry.snapshot();
/// registry.record("work", Duration::from_millis(4));
///
/// let interval = registry.snapshot().since(&before);
/// assert_eq!(interval.get("work").unwrap().count(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub(crate) started: SystemTime,
    pub(crate) taken: SystemTime,
    pub(crate) lost: u64,
    /// By name, then labels.
    pub(crate) operations: Vec<Operation>,
    /// By name, then labels, then kind.
    pub(crate) metrics: Vec<Metric>,
    /// Of all names, operations' too.
    pub(crate) descriptions: BTreeMap<Arc<str>, Arc<Description>>,
}

impl Snapshot {
    pub(crate) fn new(
        (started, taken): (SystemTime, SystemTime),
        lost: u64,
        operations: Vec<Operation>,
        metrics: Vec<(Series, MetricValue)>,
        descriptions: BTreeMap<Arc<str>, Arc<Description>>,
    ) -> Self {
        let described = |(series, value): (Series, MetricValue)| {
            let description = descriptions.get(&series.name).cloned();
            Metric { series, value, description, taken }
        };
        let metrics = metrics.into_iter().map(described).collect();
        Self::assembled((started, taken), lost, operations, metrics, descriptions)
    }

    /// Of parts in any order. What is there twice is merged.
    pub(crate) fn assembled(
        (started, taken): (SystemTime, SystemTime),
        lost: u64,
        mut operations: Vec<Operation>,
        mut metrics: Vec<Metric>,
        descriptions: BTreeMap<Arc<str>, Arc<Description>>,
    ) -> Self {
        operations.sort_by(|a, b| a.series.cmp(&b.series));
        operations.dedup_by(|later, first| {
            let same = later.series == first.series;
            same.then(|| first.merge(later));
            same
        });
        metrics.sort_by(|a, b| a.key().cmp(&b.key()));
        metrics.dedup_by(|later, first| {
            let same = later.key() == first.key();
            same.then(|| first.merge(later));
            same
        });
        Self { started, taken, lost, operations, metrics, descriptions }
    }

    /// All operations, by name, then labels.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation of this name, without labels.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Operation> {
        self.series(name).find(|operation| operation.series.labels.is_empty())
    }

    /// The operations of this name with any labels.
    pub fn series(&self, name: &str) -> impl Iterator<Item = &Operation> {
        let first = self.operations.partition_point(|operation| operation.name() < name);
        self.operations[first..].iter().take_while(move |operation| operation.name() == name)
    }

    /// The operation of this name with exactly these labels, in any order.
    ///
    /// ```
    /// let snapshot = perf_core::snapshot();
    /// assert!(snapshot.get_labelled("query", &[("table", "users")]).is_none());
    /// ```
    #[must_use]
    pub fn get_labelled(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Operation> {
        self.series(name).find(|operation| operation.series.has_exactly(labels))
    }

    /// All counters, gauges and distributions, by name, then labels.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The values of the metrics of this name with exactly these labels, in any order.
    fn values(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &MetricValue> {
        let first = self.metrics.partition_point(|metric| metric.name() < name);
        let of_name = self.metrics[first..].iter().take_while(move |metric| metric.name() == name);
        of_name.filter(move |metric| metric.series.has_exactly(labels)).map(Metric::value)
    }

    /// The counter of this name with exactly these labels.
    #[must_use]
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Option<u64> {
        self.values(name, labels).find_map(|value| match value {
            MetricValue::Counter(count) => Some(*count),
            _ => None,
        })
    }

    /// The gauge of this name with exactly these labels.
    #[must_use]
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.values(name, labels).find_map(|value| match value {
            MetricValue::Gauge(value) => Some(*value),
            _ => None,
        })
    }

    /// The distribution of this name with exactly these labels.
    #[must_use]
    pub fn distribution(&self, name: &str, labels: &[(&str, &str)]) -> Option<&ValueHistogram> {
        self.values(name, labels).find_map(|value| match value {
            MetricValue::Distribution(histogram) => Some(histogram),
            _ => None,
        })
    }

    /// What [`Registry::describe`](crate::Registry::describe) said of a name, of an operation's too.
    #[must_use]
    pub fn description(&self, name: &str) -> Option<&Description> {
        self.descriptions.get(name).map(|description| &**description)
    }

    /// What was said of each name, by name, of operations' too.
    pub fn descriptions(&self) -> impl Iterator<Item = (&str, &Description)> {
        self.descriptions.iter().map(|(name, description)| (&**name, &**description))
    }

    /// When recording began: the registry's start, its last reset, or the start of the interval.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// When the snapshot was taken.
    #[must_use]
    pub fn taken(&self) -> SystemTime {
        self.taken
    }

    /// The time it covers; zero if the system's clock was set back meanwhile.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.taken.duration_since(self.started).unwrap_or_default()
    }

    /// All self times together: the time of the calls that have ended, where they nest counted
    /// once.
    #[must_use]
    pub fn total_time(&self) -> Duration {
        self.operations
            .iter()
            .map(Operation::self_time)
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Calls in the process that could not be kept: none, unless perfkit is called from inside
    /// itself, as by a timed global allocator. They belong to no registry.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Adds what another snapshot knows: of another registry, process or host. The order does not
    /// matter. The time covered then spans both.
    pub fn merge(&mut self, other: &Self) {
        self.started = self.started.min(other.started);
        self.taken = self.taken.max(other.taken);
        self.lost = self.lost.max(other.lost);
        let by_series = |a: &Operation, b: &Operation| a.series.cmp(&b.series);
        sorted::merge(&mut self.operations, &other.operations, by_series, Operation::merge);
        let by_key = |a: &Metric, b: &Metric| a.key().cmp(&b.key());
        sorted::merge(&mut self.metrics, &other.metrics, by_key, Metric::merge);
        for (name, theirs) in &other.descriptions {
            let ours = self.descriptions.entry(Arc::clone(name)).or_default();
            // The order of merging must not matter.
            *ours = Arc::clone((&*ours).max(theirs));
        }
    }

    /// The values of an operation's series that are not known to be seconds.
    fn values_of(&self, operation: &Operation) -> Option<&ValueHistogram> {
        let first = self.metrics.partition_point(|metric| metric.series < operation.series);
        let mut of_series =
            self.metrics[first..].iter().take_while(|metric| metric.series == operation.series);
        of_series.find_map(|metric| match metric.value() {
            MetricValue::Distribution(values) => Some(values),
            _ => None,
        })
    }

    /// What this snapshot knows of an operation; with the values of its series where those have become
    /// calls since.
    fn state_of(&self, later: &Operation, with_values: bool) -> Option<Cow<'_, Operation>> {
        let at = self.operations.binary_search_by(|known| known.series.cmp(&later.series)).ok();
        let known = at.and_then(|at| self.operations.get(at)).map(Cow::Borrowed);
        let values = self.values_of(later).filter(|values| with_values && !values.is_empty());
        let Some(values) = values else { return known };
        let empty = || Operation::empty(later.series.clone(), later.histogram.digits());
        let mut known = known.map_or_else(empty, Cow::into_owned);
        known.add_seconds(values);
        Some(Cow::Owned(known))
    }

    /// What came after `earlier`, an earlier snapshot of the same registry: operations without a
    /// call in between have no calls. If the registry was reset in between, everything since.
    ///
    /// Gauges are as they were at the end. Minimum and maximum of an interval are exact where they are new, else those of the
    /// histogram's outermost buckets.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        if self.started != earlier.started {
            return self.clone();
        }
        let operations = self.operations.iter().map(|now| {
            let before = earlier.state_of(now, self.values_of(now).is_none());
            before.map_or_else(|| now.clone(), |before| now.since(&before))
        });
        let metrics = self.metrics.iter().map(|now| {
            let at = earlier.metrics.binary_search_by(|before| before.key().cmp(&now.key()));
            at.map_or_else(|_| now.clone(), |at| now.since(&earlier.metrics[at]))
        });
        Self {
            started: earlier.taken,
            taken: self.taken,
            lost: self.lost.saturating_sub(earlier.lost),
            operations: operations.collect(),
            metrics: metrics.collect(),
            descriptions: self.descriptions.clone(),
        }
    }
}
