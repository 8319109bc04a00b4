//! The figures of operations in a window.

use perf_core::{Operation, Snapshot};
use std::{borrow::Cow, time::Duration};

/// The figures of the calls of one or several operations in a window. There is at least one call.
///
/// ```
/// use perf_core::{Outcome, Registry};
/// use perf_monitor::windows::Stats;
/// use std::time::{Duration, SystemTime};
///
/// let registry = Registry::new();
/// registry.record("read", Duration::from_millis(1));
/// registry.record_outcome("write", Duration::from_millis(3), Outcome::Error);
/// let start = SystemTime::UNIX_EPOCH;
/// let window = registry.snapshot().dated(start, start + Duration::from_secs(10));
///
/// let both = Stats::of(&window, window.operations()).unwrap();
/// assert_eq!((both.count(), both.rate(), both.error_rate()), (2, Some(0.2), Some(0.5)));
/// assert_eq!(both.mean(), Some(Duration::from_millis(2)));
/// assert!(Stats::of(&window, window.series("delete")).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Stats<'a> {
    calls: Cow<'a, Operation>,
    covered: Duration,
}

impl<'a> Stats<'a> {
    /// Of these operations of a window, taken together; `None` without a call.
    #[must_use]
    pub fn of(
        window: &Snapshot,
        operations: impl IntoIterator<Item = &'a Operation>,
    ) -> Option<Self> {
        let mut called = operations.into_iter().filter(|operation| operation.count() > 0);
        let mut calls = Cow::Borrowed(called.next()?);
        called.for_each(|operation| calls.to_mut().merge(operation));
        Some(Self { calls, covered: window.elapsed() })
    }

    /// How many calls ended: n.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.calls.count()
    }

    /// The time in which they ended.
    #[must_use]
    pub fn covered(&self) -> Duration {
        self.covered
    }

    /// Calls a second of the time covered; `None` if that is no time.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.covered.as_secs_f64();
        (seconds > 0.0).then(|| self.count() as f64 / seconds)
    }

    /// The share of calls that failed, 0 to 1: that returned an error, or panicked; those cancelled did
    /// not. Of the calls that were timed; `None` if none was.
    #[must_use]
    pub fn error_rate(&self) -> Option<f64> {
        self.calls.error_rate()
    }

    /// The shortest duration. In a window, where it is not the shortest since the start, it is that of
    /// its bucket.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        self.calls.min()
    }

    /// The mean duration.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.calls.mean()
    }

    /// The longest duration, as the shortest.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        self.calls.max()
    }

    /// The duration that `percentile` percent (0 to 100) of the calls do not exceed, within 1 %.
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Option<Duration> {
        self.calls.percentile(percentile)
    }

    /// All that is known of the calls. Its name is that of the first operation.
    #[must_use]
    pub fn calls(&self) -> &Operation {
        &self.calls
    }
}
