//! How many tasks end, over rolling windows and against history.

use crate::{
    fleet::Fleet,
    history::minute,
    worker::{State, Worker},
};
use serde::Serialize;
use std::time::SystemTime;

/// Tasks an hour that ended, in windows that end now: of the minute under way only what has passed counts, and
/// of all of them only the time that the worker has been there for, a minute at least.
///
/// ```
/// use std::time::Duration;
/// let clock = perf_fleet::ManualClock::new();
/// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
/// let worker = fleet.worker("w1");
/// clock.advance(Duration::from_secs(30 * 60));
/// worker.record_task(Duration::from_secs(1), true);
/// let throughput = worker.throughput();
/// assert_eq!((throughput.hour, throughput.five_minutes.round()), (2.0, 13.0));
/// assert_eq!(throughput.history, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Throughput {
    /// In the minute under way and the one before.
    pub minute: f64,
    /// In five minutes, the one under way among them.
    pub five_minutes: f64,
    /// In sixty.
    pub hour: f64,
    /// In what is kept of the time before that hour, since its first task; `None` of less than an hour.
    pub history: Option<f64>,
}

impl Throughput {
    fn of(state: &State, end: u32, now: SystemTime) -> Self {
        let ended = |from: u32, to: u32| {
            let buckets = state.history.range(from, to);
            buckets.map(crate::history::Bucket::ended).sum::<u64>() as f64
        };
        let window = |minutes: u32| {
            let from = end.saturating_sub(minutes);
            ended(from, end) * 3_600.0 / state.seconds((from, end), now)
        };
        let hour_ago = end.saturating_sub(60);
        let first = state.history.range(0, hour_ago).next().map(|bucket| bucket.start);
        let before = first.filter(|first| hour_ago - first >= 60).map(|first| {
            let hours = f64::from(hour_ago - first) / 60.0;
            ended(first, hour_ago) / hours
        });
        Self { minute: window(2), five_minutes: window(5), hour: window(60), history: before }
    }

    /// The last hour's against history; `None` without one.
    ///
    /// ```
    /// use perf_fleet::efficiency::Throughput;
    /// let throughput = Throughput { hour: 79.0, history: Some(100.0), ..Throughput::default() };
    /// assert_eq!(throughput.against_history(), Some(0.79));
    /// ```
    #[must_use]
    pub fn against_history(&self) -> Option<f64> {
        let history = self.history.filter(|history| *history > 0.0)?;
        Some(self.hour / history)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.minute += other.minute;
        self.five_minutes += other.five_minutes;
        self.hour += other.hour;
        if let Some(theirs) = other.history {
            self.history = Some(self.history.unwrap_or_default() + theirs);
        }
    }
}

impl Worker {
    /// How many of its tasks end.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// assert_eq!(fleet.worker("w1").throughput().hour, 0.0);
    /// ```
    #[must_use]
    pub fn throughput(&self) -> Throughput {
        self.throughput_before(minute(self.clock().now()).saturating_add(1))
    }

    /// In windows that end before a minute.
    pub(crate) fn throughput_before(&self, end: u32) -> Throughput {
        let (state, now) = self.current();
        // Up to the last minute there is, if the clock went back.
        let is_now = end > minute(now);
        let end = if is_now { end.max(state.history.current(0).saturating_add(1)) } else { end };
        Throughput::of(&state, end, now)
    }
}

impl Fleet {
    /// How many tasks of all workers end.
    ///
    /// ```
    /// assert_eq!(perf_fleet::Fleet::builder().build().throughput().hour, 0.0);
    /// ```
    #[must_use]
    pub fn throughput(&self) -> Throughput {
        let mut all = Throughput::default();
        self.workers().iter().for_each(|worker| all.add(&worker.throughput()));
        all
    }
}
