//! What time it is: the system's, or whatever a test or a simulation says.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

/// Says what time it is.
///
/// ```
/// use perf_fleet::{Clock, SystemClock};
/// let clock = SystemClock::new();
/// let before = clock.elapsed();
/// assert!(clock.elapsed() >= before);
/// ```
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time of day, for what is kept and shown.
    fn now(&self) -> SystemTime;

    /// The time since some beginning, which never goes back: for durations.
    fn elapsed(&self) -> Duration;
}

/// The system's clocks.
///
/// ```
/// use perf_fleet::{Clock, SystemClock};
/// assert!(SystemClock::new().now() > std::time::SystemTime::UNIX_EPOCH);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// One whose [`elapsed`](Clock::elapsed) begins now.
    ///
    /// ```
    /// let clock = perf_fleet::SystemClock::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until it is told, for tests and simulations. Clones are one clock.
///
/// ```
/// use perf_fleet::{Clock, ManualClock};
/// use std::time::Duration;
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.clone().advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), before + Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: SystemTime,
    elapsed_ns: Arc<AtomicU64>,
}

impl ManualClock {
    /// One that begins on 9 September 2001 at 01:46:40 UTC, a billion seconds after 1970.
    ///
    /// ```
    /// use perf_fleet::{Clock, ManualClock};
    /// let since = ManualClock::new().now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    /// assert_eq!(since.unwrap().as_secs(), 1_000_000_000);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
    }

    /// One that begins at this time.
    ///
    /// ```
    /// use perf_fleet::{Clock, ManualClock};
    /// let epoch = std::time::SystemTime::UNIX_EPOCH;
    /// assert_eq!(ManualClock::at(epoch).now(), epoch);
    /// ```
    #[must_use]
    pub fn at(start: SystemTime) -> Self {
        Self { start, elapsed_ns: Arc::default() }
    }

    /// Lets time pass; at most 584 years in all.
    ///
    /// ```
    /// use perf_fleet::{Clock, ManualClock};
    /// let clock = ManualClock::new();
    /// clock.advance(std::time::Duration::from_secs(1));
    /// assert_eq!(clock.elapsed().as_secs(), 1);
    /// ```
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |now: u64| Some(now.saturating_add(by));
        let _ = self.elapsed_ns.fetch_update(Relaxed, Relaxed, add);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.start.checked_add(self.elapsed()).unwrap_or(self.start)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_ns.load(Relaxed))
    }
}
