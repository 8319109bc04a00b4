//! What all workers did together.

use crate::{
    history::{Bucket, Period},
    worker::Worker,
};
use serde::Serialize;

/// The tasks of a period.
///
/// ```
/// use std::time::Duration;
/// let fleet = perf_fleet::Fleet::builder().build();
/// for seconds in [60, 60, 120] {
///     fleet.worker("w1").record_task(Duration::from_secs(seconds), seconds == 60);
/// }
/// let totals = fleet.generate_report(std::time::UNIX_EPOCH, fleet.now(), None).totals;
/// assert_eq!((totals.completed, totals.failed, totals.mean_seconds), (2, 1, Some(80.0)));
/// assert!((totals.p50_seconds.unwrap() - 60.0).abs() < 2.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Tasks that ended well.
    pub completed: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Failed ones of all, 0 to 1.
    pub error_rate: Option<f64>,
    /// Tasks an hour that ended: of the minutes of the period that are known of.
    pub per_hour: Option<f64>,
    /// The mean duration, in seconds.
    pub mean_seconds: Option<f64>,
    /// The duration that half of them do not exceed, to 3.2 %.
    pub p50_seconds: Option<f64>,
    /// That which 95 % do not exceed.
    pub p95_seconds: Option<f64>,
}

impl Totals {
    pub(super) fn of(workers: &[Worker], period: Period) -> Self {
        let mut sum = Bucket::default();
        // Of the worker that has been there for the longest.
        let mut seconds = 0.0_f64;
        for worker in workers {
            let (state, now) = worker.current();
            let period = state.reaching(period, now);
            sum.merge(&state.history.sum(period.from, period.to));
            seconds = seconds.max(state.seconds((period.from, period.to), now));
        }
        let (completed, failed) = (sum.completed, sum.failed);
        let ended = completed.saturating_add(failed);
        let hours = seconds / 3_600.0;
        let quantile = |share| Some(sum.durations.values.quantile(share)? as f64 / 1e9);
        Self {
            completed,
            failed,
            error_rate: (ended > 0).then(|| failed as f64 / ended as f64),
            per_hour: (hours > 0.0).then(|| ended as f64 / hours),
            mean_seconds: sum.durations.mean(),
            p50_seconds: quantile(0.5),
            p95_seconds: quantile(0.95),
        }
    }
}
