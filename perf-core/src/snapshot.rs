//! Plain data: everything a registry knew at one moment.

use crate::operation::Operation;
use std::time::{Duration, SystemTime};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    started: SystemTime,
    taken: SystemTime,
    lost: u64,
    /// By name, then labels.
    operations: Vec<Operation>,
}

impl Snapshot {
    pub(crate) fn new(
        started: SystemTime,
        taken: SystemTime,
        lost: u64,
        mut operations: Vec<Operation>,
    ) -> Self {
        operations.sort_by(|a, b| a.series.cmp(&b.series));
        Self { started, taken, lost, operations }
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
        self.series(name).find(|operation| {
            let has = |(key, value): &(&str, &str)| operation.label(key) == Some(value);
            operation.labels().len() == labels.len() && labels.iter().all(has)
        })
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
        for operation in &other.operations {
            match self.operations.binary_search_by(|ours| ours.series.cmp(&operation.series)) {
                Ok(at) => self.operations[at].merge(operation),
                Err(at) => self.operations.insert(at, operation.clone()),
            }
        }
    }

    /// What came after `earlier`, an earlier snapshot of the same registry: operations without a
    /// call in between have no calls. If the registry was reset in between, everything since.
    ///
    /// Minimum and maximum of an interval are exact where they are new, else those of the
    /// histogram's outermost buckets.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        if self.started != earlier.started {
            return self.clone();
        }
        let before = |now: &Operation| {
            let at = earlier.operations.binary_search_by(|before| before.series.cmp(&now.series));
            earlier.operations.get(at.ok()?)
        };
        let operations = self
            .operations
            .iter()
            .map(|now| before(now).map_or_else(|| now.clone(), |before| now.since(before)));
        Self {
            started: earlier.taken,
            taken: self.taken,
            lost: self.lost.saturating_sub(earlier.lost),
            operations: operations.collect(),
        }
    }
}
