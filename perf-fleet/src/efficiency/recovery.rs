//! How long it takes a worker to come back from errors.

use crate::{
    history::{Period, time},
    worker::Worker,
};
use serde::Serialize;
use std::time::SystemTime;

/// The error rate above which a worker is in trouble.
const TROUBLE: f64 = 0.05;

/// How often a worker was in trouble in a period, and for how long: from the first minute (or quarter of
/// an hour, of what is older than two hours) in which more than 5 % of its tasks failed to the next one
/// in which some ended and not more than 5 % failed.
///
/// ```
/// use std::time::Duration;
/// let clock = perf_fleet::ManualClock::new();
/// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
/// let (worker, start) = (fleet.worker("w1"), fleet.now());
/// for ok in [true, false, false, true] {
///     worker.record_task(Duration::from_secs(1), ok);
///     clock.advance(Duration::from_secs(60));
/// }
/// let recovery = worker.recovery(start, fleet.now());
/// assert_eq!((recovery.episodes, recovery.mean_seconds), (1, Some(120.0)));
/// assert!(!recovery.is_ongoing);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Recovery {
    /// How often it was in trouble, and came back.
    pub episodes: usize,
    /// How long that took, on average; `None` if it never did.
    pub mean_seconds: Option<f64>,
    /// How long it took at most.
    pub longest_seconds: Option<f64>,
    /// Whether it was in trouble at the end.
    pub is_ongoing: bool,
}

impl Worker {
    /// How it came back from errors in a period.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let recovery = fleet.worker("w1").recovery(std::time::SystemTime::UNIX_EPOCH, fleet.now());
    /// assert_eq!(recovery.episodes, 0);
    /// ```
    #[must_use]
    pub fn recovery(&self, start: SystemTime, end: SystemTime) -> Recovery {
        let period = Period::new(start, end);
        let (state, now) = self.current();
        let period = state.reaching(period, now);
        let mut since = None;
        let mut lengths = Vec::new();
        for bucket in state.history.range(period.from, period.to) {
            if bucket.ended() == 0 {
                continue;
            }
            let in_trouble = bucket.failed as f64 / bucket.ended() as f64 > TROUBLE;
            match since {
                None if in_trouble => since = Some(bucket.start),
                Some(first) if !in_trouble => {
                    let length = time(bucket.start).duration_since(time(first));
                    lengths.push(length.unwrap_or_default().as_secs_f64());
                    since = None;
                }
                _ => {}
            }
        }
        let longest = lengths.iter().copied().reduce(f64::max);
        Recovery {
            episodes: lengths.len(),
            mean_seconds: longest.map(|_| lengths.iter().sum::<f64>() / lengths.len() as f64),
            longest_seconds: longest,
            is_ongoing: since.is_some(),
        }
    }
}
