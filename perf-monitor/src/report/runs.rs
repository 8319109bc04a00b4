//! The figures of a report.

use crate::windows::Stats;
use perf_core::{Operation, Outcome, Snapshot, human};
use std::time::Duration;

/// What is reported of operations. Without a run, shares and durations are absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Runs {
    /// Calls that ended.
    pub total: u64,
    /// Those that returned no error. Of sampled operations this and the next two are of the calls that
    /// were timed.
    pub succeeded: u64,
    /// Those that returned an error, or panicked.
    pub failed: u64,
    /// Those whose future was dropped before it was ready.
    pub cancelled: u64,
    /// The share that failed, 0 to 100.
    pub error_percent: Option<f64>,
    /// The share that succeeded, 0 to 100.
    pub success_percent: Option<f64>,
    /// Runs an hour; `None` if no time has passed.
    pub per_hour: Option<f64>,
    /// The mean duration.
    pub avg: Option<Duration>,
    /// The shortest.
    pub min: Option<Duration>,
    /// The longest.
    pub max: Option<Duration>,
    /// The duration that 50 % do not exceed, of all calls merged: never an average of percentiles.
    pub p50: Option<Duration>,
    /// The duration that 95 % do not exceed.
    pub p95: Option<Duration>,
    /// The duration that 99 % do not exceed.
    pub p99: Option<Duration>,
}

impl Runs {
    /// What [`cells`](Self::cells) are.
    pub(super) const TITLES: [&str; 11] = [
        "runs", "failed", "errors", "success", "per hour", "avg", "min", "p50", "p95", "p99", "max",
    ];

    /// Of these operations of a snapshot, taken together.
    ///
    /// ```
    /// use perf_monitor::report::Runs;
    /// let snapshot = perf_core::Registry::new().snapshot();
    /// let none = Runs::of(&snapshot, snapshot.operations());
    /// assert_eq!((none.total, none.error_percent, none.p99), (0, None, None));
    /// ```
    #[must_use]
    pub fn of<'a>(
        snapshot: &Snapshot,
        operations: impl IntoIterator<Item = &'a Operation>,
    ) -> Self {
        let hours = snapshot.elapsed().as_secs_f64() / 3_600.0;
        let per_hour = |total: u64| (hours > 0.0).then(|| total as f64 / hours);
        let Some(stats) = Stats::of(snapshot, operations) else {
            return Self { per_hour: per_hour(0), ..Self::default() };
        };
        let calls = stats.calls();
        let (timed, succeeded) = (calls.timed(), calls.outcome(Outcome::Ok));
        Self {
            total: calls.count(),
            succeeded,
            failed: calls.errors(),
            cancelled: calls.outcome(Outcome::Cancelled),
            error_percent: stats.error_rate().map(|share| share * 100.0),
            success_percent: (timed > 0).then(|| succeeded as f64 / timed as f64 * 100.0),
            per_hour: per_hour(calls.count()),
            avg: calls.mean(),
            min: calls.min(),
            max: calls.max(),
            p50: calls.percentile(50.0),
            p95: calls.percentile(95.0),
            p99: calls.percentile(99.0),
        }
    }

    /// As people read it; empty where it is absent.
    pub(super) fn cells(&self) -> Vec<String> {
        let percent = |share: Option<f64>| share.map(|share| format!("{share:.1} %"));
        let time = |duration: Option<Duration>| {
            let nanos = duration.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
            nanos.map(|nanos| human::spaced(nanos).to_string())
        };
        let cells = [
            Some(human::count(self.total)),
            Some(human::count(self.failed)),
            percent(self.error_percent),
            percent(self.success_percent),
            self.per_hour.map(|runs| human::count(runs.round() as u64)),
            time(self.avg),
            time(self.min),
            time(self.p50),
            time(self.p95),
            time(self.p99),
            time(self.max),
        ];
        cells.into_iter().map(Option::unwrap_or_default).collect()
    }
}
