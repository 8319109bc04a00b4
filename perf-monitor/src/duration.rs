//! Durations as people write them in settings.

use serde::{Deserializer, Serializer, de::Error, de::Visitor};
use std::{fmt, time::Duration};

/// A year: longer than any interval has sense for.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// What is expected where no time at all makes no sense.
pub(crate) const EXPECTED: &str =
    "a duration above 0 and up to 8760h: text such as \"1m30s\", or a number of seconds";
const EXPECTED_OR_ZERO: &str =
    "a duration of up to 8760h: text such as \"1m30s\", or a number of seconds";

/// With units, or a number of seconds; at most a year.
fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let seconds = || text.parse().ok().and_then(of_seconds);
    humantime::parse_duration(text).ok().or_else(seconds).filter(|duration| *duration <= LONGEST)
}

fn of_seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= LONGEST)
}

/// The same, above zero.
pub(crate) fn parse_some(text: &str) -> Option<Duration> {
    parse(text).filter(|duration| !duration.is_zero())
}

/// As it is read: `1h30m`.
pub(crate) fn written(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}

struct Durations {
    may_be_zero: bool,
}

impl Durations {
    fn checked<E: Error>(&self, duration: Option<Duration>) -> Result<Duration, E> {
        let duration = duration.filter(|duration| self.may_be_zero || !duration.is_zero());
        duration.ok_or_else(|| E::custom(format!("expected {}", self.expected())))
    }

    fn expected(&self) -> &'static str {
        if self.may_be_zero { EXPECTED_OR_ZERO } else { EXPECTED }
    }
}

impl Visitor<'_> for Durations {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        self.checked(parse(text))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Duration, E> {
        self.checked(of_seconds(seconds))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Duration, E> {
        self.visit_f64(seconds as f64)
    }
}

/// A duration above zero.
pub(crate) fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_any(Durations { may_be_zero: false })
}

/// A duration, for `#[serde(with = …)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_any(Durations { may_be_zero: true })
}

pub(crate) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&written(*duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_units_or_in_seconds() {
        for (text, millis) in [
            ("30s", Some(30_000)),
            (" 1m 30s ", Some(90_000)),
            ("250ms", Some(250)),
            ("90", Some(90_000)),
            ("0.25", Some(250)),
            ("0", Some(0)),
            ("8760h", Some(31_536_000_000)),
            ("8760h1ms", None),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("1e300", None),
            ("99999999999999999999h", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(parse(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for text in ["30s", "5m", "1h30m", "250ms", "0s"] {
            assert_eq!(written(parse(text).unwrap()), text);
        }
    }
}
