//! How often a report is made.

use std::time::Duration;

/// The variable that says how often, in milliseconds.
pub const METRICS_INTERVAL: &str = "METRICS_INTERVAL";

/// How often unless said otherwise.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// Reports are not made more often, but in tests.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// The interval that [`METRICS_INTERVAL`] says: whole milliseconds. One that is shorter than
/// `shortest` ([`SHORTEST_INTERVAL`], in tests less), or no number, is refused: then it is
/// [`DEFAULT_INTERVAL`], with a warning for people. Without text it is that too.
///
/// ```
/// use perf_monitor::report::{SHORTEST_INTERVAL, interval};
/// use std::time::Duration;
///
/// assert_eq!(interval("15000", SHORTEST_INTERVAL), (Duration::from_secs(15), None));
/// let (refused, warning) = interval("500", SHORTEST_INTERVAL);
/// assert_eq!(refused, Duration::from_secs(60));
/// assert!(warning.unwrap().contains("10000"));
/// assert_eq!(interval("500", Duration::ZERO), (Duration::from_millis(500), None));
/// ```
#[must_use]
pub fn interval(text: &str, shortest: Duration) -> (Duration, Option<String>) {
    let text = text.trim();
    if text.is_empty() {
        return (DEFAULT_INTERVAL, None);
    }
    let every = text.parse().ok().map(Duration::from_millis);
    match every.filter(|every| is_allowed(*every, shortest)) {
        Some(every) => (every, None),
        None => (DEFAULT_INTERVAL, Some(refusal(&format!("\"{text}\""), shortest))),
    }
}

/// The same for an interval that the program gives.
///
/// ```
/// use perf_monitor::report::{SHORTEST_INTERVAL, checked_interval};
/// let (refused, warning) = checked_interval(SHORTEST_INTERVAL / 2, SHORTEST_INTERVAL);
/// assert!(refused == SHORTEST_INTERVAL * 6 && warning.is_some());
/// ```
#[must_use]
pub fn checked_interval(every: Duration, shortest: Duration) -> (Duration, Option<String>) {
    if is_allowed(every, shortest) {
        return (every, None);
    }
    (DEFAULT_INTERVAL, Some(refusal(&every.as_millis().to_string(), shortest)))
}

/// No time at all never is: nothing else would be done.
fn is_allowed(every: Duration, shortest: Duration) -> bool {
    every >= shortest && !every.is_zero()
}

fn refusal(given: &str, shortest: Duration) -> String {
    format!(
        "perfkit: {METRICS_INTERVAL}={given} is refused, and reports come every {} ms: expected \
         milliseconds, at least {}",
        DEFAULT_INTERVAL.as_millis(),
        shortest.as_millis().max(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_interval_is_refused() {
        for text in ["abc", "-1", "1.5", "60s", "9999", "0", "99999999999999999999"] {
            let (every, warning) = interval(text, SHORTEST_INTERVAL);
            assert_eq!(every, DEFAULT_INTERVAL, "{text}");
            let warning = warning.expect(text);
            assert!(warning.contains(METRICS_INTERVAL) && warning.contains(text), "{warning}");
        }
        assert!(interval("0", Duration::ZERO).1.is_some());
    }

    #[test]
    fn the_shortest_is_allowed_and_no_text_is_the_default() {
        assert_eq!(interval(" 10000 ", SHORTEST_INTERVAL), (SHORTEST_INTERVAL, None));
        assert_eq!(interval("", SHORTEST_INTERVAL), (DEFAULT_INTERVAL, None));
        assert_eq!(checked_interval(DEFAULT_INTERVAL, SHORTEST_INTERVAL).1, None);
    }
}
