//! The only file that reads time.

use once_cell::sync::OnceCell;
use std::time::{Duration, Instant};

/// Durations above this are clamped in the histogram, and counted as clamped: 100 days. In
/// nanoseconds it stays below 2^53, so every value is exact as a JSON number too.
pub const MAX_DURATION: Duration = Duration::from_secs(100 * 24 * 60 * 60);

/// When that much time is over; what is more than a century away is never.
#[must_use]
pub fn later(now: Instant, by: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
    now.checked_add(by.min(FAR)).unwrap_or(now)
}

/// A tick counter with its scale. Small and `Clone`: each lane keeps its own copy beside its ring.
#[derive(Clone, Debug)]
pub(crate) struct Clock(quanta::Clock);

impl Clock {
    /// The process's clock. The first call calibrates it, which takes about 0.6 ms once.
    pub(crate) fn get() -> &'static Self {
        static CLOCK: OnceCell<Clock> = OnceCell::new();
        CLOCK.get_or_init(|| Self(quanta::Clock::new()))
    }

    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        self.0.raw()
    }

    /// Ticks to nanoseconds, rounded to the nearest.
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        match ticks.checked_mul(2) {
            Some(twice) => self.0.delta_as_nanos(0, twice).div_ceil(2),
            None => self.0.delta_as_nanos(0, ticks),
        }
    }

    /// A duration in ticks, rounded to the nearest, at most 2^62.
    pub(crate) fn ticks_of(&self, duration: Duration) -> u64 {
        const SPAN: u64 = 1 << 40;
        const MOST: u128 = 1 << 62;
        let nanos_per_span = u128::from(self.nanos(SPAN)).max(1);
        let nanos = duration.as_nanos().min(MOST);
        let ticks = (nanos * u128::from(SPAN) + nanos_per_span / 2) / nanos_per_span;
        u64::try_from(ticks.min(MOST)).unwrap_or(u64::MAX >> 1)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_durations_convert_both_ways() {
        let clock = Clock::get();
        for nanos in [0, 1, 999, 12_345, 1_000_000_007, 86_400_000_000_000] {
            let back = clock.nanos(clock.ticks_of(Duration::from_nanos(nanos)));
            assert!(back.abs_diff(nanos) <= 1 + nanos / 1_000_000_000, "{nanos} became {back}");
        }
        assert_eq!(clock.ticks_of(Duration::MAX), 1 << 62);
    }

    #[test]
    fn ticks_do_not_run_backward_on_one_thread() {
        let clock = Clock::get();
        let first = clock.ticks();
        assert!((0..1000).all(|_| clock.ticks() >= first));
    }
}
