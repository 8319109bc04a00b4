//! Durations as a report says them.

use std::{fmt, time::Duration};

/// A time of running as text, in whole seconds, from its largest unit down: `5m 23s`, `1h 23m 45s`,
/// `2d 3h 4m 5s`.
///
/// ```
/// use perf_monitor::report::Uptime;
/// use std::time::Duration;
/// assert_eq!(Uptime(Duration::from_secs(323)).to_string(), "5m 23s");
/// assert_eq!(Uptime(Duration::from_secs(3_605)).to_string(), "1h 0m 5s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(pub Duration);

impl fmt::Display for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        if days > 0 {
            write!(f, "{days}d ")?;
        }
        if hours > 0 {
            write!(f, "{}h ", hours % 24)?;
        }
        if minutes > 0 {
            write!(f, "{}m ", minutes % 60)?;
        }
        write!(f, "{}s", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_begin_where_there_is_something() {
        let expected = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m 0s"),
            (5_025, "1h 23m 45s"),
            (86_400, "1d 0h 0m 0s"),
            (183_845, "2d 3h 4m 5s"),
        ];
        for (seconds, text) in expected {
            assert_eq!(Uptime(Duration::from_secs(seconds)).to_string(), text);
        }
        assert_eq!(Uptime(Duration::from_millis(1_999)).to_string(), "1s");
    }
}
