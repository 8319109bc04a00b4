//! A period against the one before.

use super::Totals;
use crate::{history::Period, stats::WorkerStats, worker::Worker};
use perf_analysis::compare::{Comparison, ErrorVerdict, OperationChange, Verdict};
use perf_core::Operation;
use serde::Serialize;
use std::time::SystemTime;

/// How one worker changed, beyond chance.
///
/// ```
/// use std::time::Duration;
/// let clock = perf_fleet::ManualClock::new();
/// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
/// let hour = Duration::from_secs(3_600);
/// for seconds in [10, 20] {
///     for n in 0..60 {
///         fleet.worker("w1").record_task(Duration::from_millis(seconds * 1_000 + n), true);
///     }
///     clock.advance(hour);
/// }
/// let now = fleet.now();
/// let comparison = fleet.generate_report(now - hour, now, None).comparison;
/// let slower = &comparison.slower[0];
/// assert_eq!(slower.worker, "w1");
/// assert!((slower.median_shift.unwrap() - 1.0).abs() < 0.1 && slower.p.unwrap() < 0.05);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerChange {
    /// The worker's id.
    pub worker: String,
    /// The median duration before, in seconds.
    pub median_seconds_before: Option<f64>,
    /// And after.
    pub median_seconds_after: Option<f64>,
    /// The change of the median: 0.1 for 10 % more.
    pub median_shift: Option<f64>,
    /// The error rate before, 0 to 1.
    pub error_rate_before: Option<f64>,
    /// And after.
    pub error_rate_after: Option<f64>,
    /// The chance that nothing changed: of the median or, in a list about errors, of the error rate;
    /// corrected for the number of comparisons.
    pub p: Option<f64>,
}

/// A period against the one before, which is as long. The medians of the durations and the error rates of
/// each worker are compared by [`perf_analysis::compare`]: the chance of any change that is none is 5 %.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// let report = fleet.generate_report(std::time::UNIX_EPOCH, fleet.now(), None);
/// assert!(report.comparison.slower.is_empty());
/// assert_eq!(report.comparison.previous_end, std::time::UNIX_EPOCH);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeriodComparison {
    /// The beginning of the period before.
    #[serde(serialize_with = "super::shown::serialize_time")]
    pub previous_start: SystemTime,
    /// Its end, where this one begins.
    #[serde(serialize_with = "super::shown::serialize_time")]
    pub previous_end: SystemTime,
    /// What all did before.
    pub previous: Totals,
    /// The mean of the health scores before, of those workers that did something in both periods.
    pub average_health_before: Option<f64>,
    /// And that of now, of the same workers.
    pub average_health: Option<f64>,
    /// Workers whose tasks take longer now, the worst first.
    pub slower: Vec<WorkerChange>,
    /// Workers whose tasks take less time now.
    pub faster: Vec<WorkerChange>,
    /// Workers of whose tasks more fail now.
    pub more_errors: Vec<WorkerChange>,
    /// Workers of whose tasks fewer fail now.
    pub fewer_errors: Vec<WorkerChange>,
}

impl PeriodComparison {
    /// `stats` are those of the workers in the period.
    pub(super) fn of(workers: &[Worker], stats: &[WorkerStats], period: Period) -> Self {
        let before = period.before();
        let (health_before, health) = health(workers, before, stats);
        let sides = [before, period].map(|period| operations(workers, period));
        let comparison = Comparison::new().percentiles([50.0]);
        let changes = comparison.of(&sides[0], &sides[1]).operations;
        let of_time = |verdict| changed(&changes, |of| of.verdict == verdict, median_p);
        let of_errors = |verdict| changed(&changes, |of| of.errors.verdict == verdict, errors_p);
        Self {
            previous_start: before.start,
            previous_end: before.end,
            previous: Totals::of(workers, before),
            average_health_before: health_before,
            average_health: health,
            slower: of_time(Verdict::Slower),
            faster: of_time(Verdict::Faster),
            more_errors: of_errors(ErrorVerdict::Rose),
            fewer_errors: of_errors(ErrorVerdict::Fell),
        }
    }
}

/// The means of those that did something in both.
fn health(workers: &[Worker], before: Period, now: &[WorkerStats]) -> (Option<f64>, Option<f64>) {
    let of = |stats: &WorkerStats| (stats.figures.ended() > 0).then_some(stats.health.total);
    let both = |(worker, now): (&Worker, &WorkerStats)| {
        let now = of(now)?;
        Some((of(&worker.stats_of(before))?, now))
    };
    let both: Vec<_> = workers.iter().zip(now).filter_map(both).collect();
    let mean = |sum: f64| (!both.is_empty()).then(|| sum / both.len() as f64);
    (mean(both.iter().map(|(before, _)| before).sum()), mean(both.iter().map(|(_, now)| now).sum()))
}

fn operations(workers: &[Worker], period: Period) -> Vec<Operation> {
    let sum = |worker: &Worker| {
        let (state, now) = worker.current();
        let period = state.reaching(period, now);
        let sum = state.history.sum(period.from, period.to);
        (sum.durations.count > 0).then(|| sum.operation(worker.id()))
    };
    workers.iter().filter_map(sum).collect()
}

fn median_p(of: &OperationChange) -> Option<f64> {
    of.percentiles.first()?.p_adjusted
}

fn errors_p(of: &OperationChange) -> Option<f64> {
    of.errors.p_adjusted
}

fn changed(
    changes: &[OperationChange],
    has: impl Fn(&OperationChange) -> bool,
    p: fn(&OperationChange) -> Option<f64>,
) -> Vec<WorkerChange> {
    let seconds = |nanos: Option<u64>| nanos.map(|nanos| nanos as f64 / 1e9);
    let change = |of: &OperationChange| {
        let median = of.percentiles.first();
        WorkerChange {
            worker: of.labels.first().map(|(_, id)| id.clone()).unwrap_or_default(),
            median_seconds_before: seconds(median.and_then(|median| median.before_ns)),
            median_seconds_after: seconds(median.and_then(|median| median.after_ns)),
            median_shift: median.and_then(|median| median.shift),
            error_rate_before: of.errors.before,
            error_rate_after: of.errors.after,
            p: p(of),
        }
    };
    let mut all: Vec<_> = changes.iter().filter(|of| has(of)).map(change).collect();
    let size = |of: &WorkerChange| of.median_shift.unwrap_or_default().abs();
    all.sort_by(|a, b| size(b).total_cmp(&size(a)));
    all
}
