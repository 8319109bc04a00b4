//! Times as integers: nanoseconds since 1970, from 1677 to 2262.

use std::time::{Duration, SystemTime};

/// Beyond 292 years, those.
pub(crate) fn length_ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Of what never ends before it begins.
pub(crate) fn length(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

pub(crate) fn unix_ns(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => length_ns(after),
        Err(before) => -length_ns(before.duration()),
    }
}

pub(crate) fn time(unix_ns: i64) -> SystemTime {
    let from = Duration::from_nanos(unix_ns.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let time = if unix_ns < 0 { epoch.checked_sub(from) } else { epoch.checked_add(from) };
    time.unwrap_or(epoch)
}

/// The first multiple that is not before.
pub(crate) fn up_to_multiple(at: i64, of: i64) -> i64 {
    let down = down_to_multiple(at, of);
    if down == at { at } else { down.saturating_add(of) }
}

/// The last multiple that is not after.
pub(crate) fn down_to_multiple(at: i64, of: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for at in [0, 1, -1, 1_700_000_000_123_456_789, -5_000_000_000] {
            assert_eq!(unix_ns(time(at)), at);
        }
    }

    #[test]
    fn multiples_are_on_either_side() {
        assert_eq!([0, 1, 10, 11].map(|at| up_to_multiple(at, 10)), [0, 10, 10, 20]);
        assert_eq!([-1, 9, 10, 11].map(|at| down_to_multiple(at, 10)), [-10, 0, 10, 10]);
    }
}
