//! What perf-export's and perf-monitor's clients of HTTP have in common. Not for use by hand, and not
//! stable.

use std::{
    cmp::Reverse,
    time::{Duration, SystemTime},
};

/// What somebody else said, as it may be logged: on one short line, and without these secrets.
#[must_use]
pub fn shown<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut secrets: Vec<_> = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
    // One may be a part of another, of which something would be left.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    let text = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
    text.trim().chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// How long an answer's `Retry-After` asks to wait: seconds, or a date (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>).
#[must_use]
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_without_secrets() {
        let secrets = ["", "s3cr", "s3cret", "s3cretest"];
        assert_eq!(shown(" no s3cret,\ns3cretest nor s3cr\0 ", secrets), "no …, … nor … ");
        assert_eq!(shown(&"é".repeat(400), []), "é".repeat(300));
    }

    #[test]
    fn the_time_to_wait_is_in_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let after = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(after("7"), Some(7));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:00 GMT"), Some(23));
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!([after("-1"), after("soon"), after("")], [None; 3]);
    }
}
