//! A stretch of time, in minutes of the history.

use super::{minute, time};
use std::time::{Duration, SystemTime};

/// From a time to another. The minutes that they are in belong to it, but for the last one of a period
/// that ends where another begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
    pub(crate) from: u32,
    /// The first minute after it.
    pub(crate) to: u32,
}

impl Period {
    /// The two may be the wrong way round.
    pub(crate) fn new(a: SystemTime, b: SystemTime) -> Self {
        let (start, end) = (a.min(b), a.max(b));
        let last = minute(end);
        let to = last.saturating_add(u32::from(time(last) < end));
        Self { start, end, from: minute(start), to }
    }

    /// Whether it reaches up to now, within a minute.
    pub(crate) fn is_present(self, now: SystemTime) -> bool {
        now.duration_since(self.end).unwrap_or_default() < Duration::from_secs(60)
    }

    /// The one before, which is as long, and ends where this one begins.
    pub(crate) fn before(self) -> Self {
        let length = self.end.duration_since(self.start).unwrap_or_default();
        let start = self.start.checked_sub(length).unwrap_or(SystemTime::UNIX_EPOCH);
        let start = start.min(self.start);
        Self { start, end: self.start, from: minute(start), to: self.from }
    }

    /// A part of it, up to where the next one begins.
    pub(crate) fn part(self, start: SystemTime, next: SystemTime) -> Self {
        let to = if next >= self.end { self.to } else { minute(next) };
        Self { start, end: next.min(self.end), from: minute(start), to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_is_in_two_periods() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let period = Period::new(at(7_290), at(3_690));
        assert_eq!((period.from, period.to), (61, 122));
        let before = period.before();
        assert_eq!((before.from, before.to, before.end), (1, 61, at(3_690)));
        let parts = [period.part(at(3_690), at(5_490)), period.part(at(5_490), at(7_290))];
        assert_eq!(parts.map(|part| (part.from, part.to)), [(61, 91), (91, 122)]);
    }
}
