//! How often a report is made.

use std::time::Duration;

/// The variable that says how often, in milliseconds.
pub const METRICS_INTERVAL: &str = "METRICS_INTERVAL";

/// How often unless said otherwise.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// Reports are not made more often, but in tests.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// The interval, if it is at least `shortest` ([`SHORTEST_INTERVAL`], in tests less). One that is shorter
/// is refused: then it is [`DEFAULT_INTERVAL`], with a warning for people.
///
/// ```
/// use perf_monitor::report::{SHORTEST_INTERVAL, checked_interval};
/// use std::time::Duration;
///
/// let (refused, warning) = checked_interval(SHORTEST_INTERVAL / 2, SHORTEST_INTERVAL);
/// assert!(refused == SHORTEST_INTERVAL * 6 && warning.unwrap().contains("10000"));
/// let brief = Duration::from_millis(500);
/// assert_eq!(checked_interval(brief, Duration::ZERO), (brief, None));
/// ```
#[must_use]
pub fn checked_interval(every: Duration, shortest: Duration) -> (Duration, Option<String>) {
    if is_allowed(every, shortest) {
        return (every, None);
    }
    (DEFAULT_INTERVAL, Some(refusal(every, shortest)))
}

/// No time at all never is: nothing else would be done.
fn is_allowed(every: Duration, shortest: Duration) -> bool {
    every >= shortest && !every.is_zero()
}

fn refusal(every: Duration, shortest: Duration) -> String {
    format!(
        "perfkit: a report every {} ms is refused, and comes every {} ms: {METRICS_INTERVAL}, or \
         report.interval, is at least {} ms",
        every.as_millis(),
        DEFAULT_INTERVAL.as_millis(),
        shortest.as_millis().max(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_is_refused() {
        for millis in [0, 1, 9_999] {
            let (every, warning) =
                checked_interval(Duration::from_millis(millis), SHORTEST_INTERVAL);
            assert_eq!(every, DEFAULT_INTERVAL);
            let warning = warning.expect("a warning");
            assert!(warning.contains(METRICS_INTERVAL), "{warning}");
            assert!(warning.contains(&format!(" {millis} ms")), "{warning}");
        }
        assert!(checked_interval(Duration::ZERO, Duration::ZERO).1.is_some());
    }

    #[test]
    fn the_shortest_is_allowed() {
        let shortest = SHORTEST_INTERVAL;
        assert_eq!(checked_interval(shortest, shortest), (shortest, None));
        assert_eq!(checked_interval(Duration::MAX, shortest), (Duration::MAX, None));
    }
}
