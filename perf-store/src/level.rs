//! Minutes, hours and days.

use crate::time::up_to_multiple;

/// How long a time an interval of the store stands for. What is written is about a minute long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Written,
    Hour,
    Day,
}

const HOUR_NS: i64 = 3_600_000_000_000;

impl Level {
    /// Those that are made of others, the longest first.
    pub(crate) const ROLLED: [Self; 2] = [Self::Day, Self::Hour];

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Written => 0,
            Self::Hour => 1,
            Self::Day => 2,
        }
    }

    /// The next longer one.
    pub(crate) fn above(self) -> Option<Self> {
        match self {
            Self::Written => Some(Self::Hour),
            Self::Hour => Some(Self::Day),
            Self::Day => None,
        }
    }

    /// Its hours and days begin at multiples of this, in UTC.
    pub(crate) fn length_ns(self) -> i64 {
        match self {
            Self::Written => 1,
            Self::Hour => HOUR_NS,
            Self::Day => 24 * HOUR_NS,
        }
    }

    /// The end of the hour or day that something belongs to: it is in the one it ends in.
    pub(crate) fn end_of(self, at: i64) -> i64 {
        up_to_multiple(at, self.length_ns())
    }
}
