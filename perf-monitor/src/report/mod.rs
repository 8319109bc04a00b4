//! What happened so far, for people and as an event.

mod interval;
mod runs;
mod uptime;

pub use interval::{DEFAULT_INTERVAL, METRICS_INTERVAL, SHORTEST_INTERVAL, checked_interval};
pub use runs::Runs;
pub use uptime::Uptime;

use perf_core::{Operation, Snapshot, SummaryTable, human};
use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
    time::Duration,
};

/// What happened in the time of a snapshot: a report. As text by [`Display`](fmt::Display) it is a
/// table for people.
///
/// ```
/// use perf_core::{Outcome, Registry};
/// use perf_monitor::report::Metrics;
/// use std::time::{Duration, SystemTime};
///
/// let registry = Registry::new();
/// registry.record("job", Duration::from_millis(100));
/// registry.record_outcome("job", Duration::from_millis(300), Outcome::Error);
/// let start = SystemTime::UNIX_EPOCH;
/// let snapshot = registry.snapshot().dated(start, start + Duration::from_secs(323));
///
/// let metrics = Metrics::of(&snapshot);
/// assert_eq!((metrics.all.total, metrics.all.failed), (2, 1));
/// assert_eq!(metrics.all.error_percent, Some(50.0));
/// assert_eq!(metrics.operations["job"].avg, Some(Duration::from_millis(200)));
/// assert!(metrics.to_string().contains("up 5m 23s"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The time it covers: since the registry's start or its last reset.
    pub uptime: Duration,
    /// All operations together.
    pub all: Runs,
    /// Each that was called, by its name with its labels.
    pub operations: BTreeMap<String, Runs>,
}

impl Metrics {
    /// Of all operations. Calls within calls count as well: where that is not meant, choose with
    /// [`of_operations`](Self::of_operations).
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        Self::of_operations(snapshot, |_| true)
    }

    /// Of the operations that `is_wanted`.
    ///
    /// ```
    /// use perf_monitor::report::Metrics;
    /// let registry = perf_core::Registry::new();
    /// registry.record("job", std::time::Duration::from_millis(100));
    /// registry.record("step", std::time::Duration::from_millis(10));
    /// let jobs = Metrics::of_operations(&registry.snapshot(), |operation| operation.name() == "job");
    /// assert_eq!(jobs.all.total, 1);
    /// ```
    #[must_use]
    pub fn of_operations(snapshot: &Snapshot, is_wanted: impl Fn(&Operation) -> bool) -> Self {
        let wanted = || snapshot.operations().iter().filter(|operation| is_wanted(operation));
        let called = wanted().filter(|operation| operation.count() > 0);
        let runs = |operation: &Operation| (operation.full_name(), Runs::of(snapshot, [operation]));
        Self {
            uptime: snapshot.elapsed(),
            all: Runs::of(snapshot, wanted()),
            operations: called.map(runs).collect(),
        }
    }

    /// Sends it as one structured event of `tracing`: target `perfkit::report`, level `INFO`. Its
    /// fields are those of all operations together: `uptime` as [text](Uptime); `totalRuns`,
    /// `succeeded`, `failed`, `cancelled`; `errorRate` and `successRate` in percent; `runsPerHour`;
    /// `avgMs`, `minMs`, `maxMs`, `p50Ms`, `p95Ms`, `p99Ms`. What is not known is no field.
    pub fn emit(&self) {
        let all = &self.all;
        let millis = |duration: Option<Duration>| duration.map(|time| time.as_secs_f64() * 1e3);
        tracing::info!(
            target: "perfkit::report",
            uptime = %Uptime(self.uptime),
            totalRuns = all.total,
            succeeded = all.succeeded,
            failed = all.failed,
            cancelled = all.cancelled,
            errorRate = all.error_percent,
            successRate = all.success_percent,
            runsPerHour = all.per_hour,
            avgMs = millis(all.avg),
            minMs = millis(all.min),
            maxMs = millis(all.max),
            p50Ms = millis(all.p50),
            p95Ms = millis(all.p95),
            p99Ms = millis(all.p99),
            "performance report",
        );
    }

    /// Writes it as a table for people to standard error, where perfkit's summary goes too.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// perf_monitor::report::Metrics::of(&registry.snapshot()).print();
    /// ```
    pub fn print(&self) {
        // Nobody is there to be told where standard error is closed.
        let _ = io::stderr().write_all(self.to_string().as_bytes());
    }

    fn table(&self) -> SummaryTable {
        let named = self.operations.iter().map(|(name, runs)| (human::printable(name), runs));
        let rows = named.chain([("all".to_owned(), &self.all)]);
        SummaryTable {
            titles: std::iter::once("operation").chain(Runs::TITLES).map(str::to_owned).collect(),
            rows: rows.map(|(name, runs)| [vec![name], runs.cells()].concat()).collect(),
            notes: vec![format!("up {}", Uptime(self.uptime))],
        }
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}
