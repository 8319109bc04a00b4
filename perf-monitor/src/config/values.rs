//! How values are written.

use super::error::ConfigError;
use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, Visitor},
};
use std::{fmt, path::Path, time::Duration};

/// A year: longer than any interval has sense for.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
const DURATION: &str =
    "a duration above 0 and up to 8760h: text such as \"1m30s\", or a whole number of seconds";
const MILLISECONDS: &str = "a whole number of milliseconds above 0, up to a year";
const TEXT: &str = "text that is not empty";

/// A value is not what was expected. What it was is not said: it may be a secret.
#[derive(Debug)]
pub(super) struct Unexpected(&'static str);

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for Unexpected {}

fn bounded(duration: Duration) -> Option<Duration> {
    (!duration.is_zero() && duration <= LONGEST).then_some(duration)
}

/// A duration as text: whole seconds, or with units.
pub(super) fn from_text(text: &str) -> Result<Duration, Unexpected> {
    let text = text.trim();
    let with_units = || text.parse::<jiff::SignedDuration>().ok()?.try_into().ok();
    let duration = text.parse().map(Duration::from_secs).ok().or_else(with_units);
    duration.and_then(bounded).ok_or(Unexpected(DURATION))
}

pub(super) fn from_milliseconds(text: &str) -> Result<Duration, Unexpected> {
    let milliseconds = text.trim().parse().map(Duration::from_millis).ok();
    milliseconds.and_then(bounded).ok_or(Unexpected(MILLISECONDS))
}

struct Durations;

impl Visitor<'_> for Durations {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(DURATION)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
        from_text(text).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Duration, E> {
        bounded(Duration::from_secs(seconds)).ok_or_else(|| E::custom(Unexpected(DURATION)))
    }

    fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Duration, E> {
        // A negative one is as little a duration as zero is.
        self.visit_u64(seconds.try_into().unwrap_or(0))
    }
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_any(Durations)
}

pub(super) fn durations<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct One(#[serde(deserialize_with = "duration")] Duration);
    let all = Vec::<One>::deserialize(from)?;
    Ok(all.into_iter().map(|One(duration)| duration).collect())
}

pub(super) fn not_empty(text: &str) -> Result<String, Unexpected> {
    let text = text.trim();
    if text.is_empty() { Err(Unexpected(TEXT)) } else { Ok(text.to_owned()) }
}

pub(super) fn secret_text(text: &str) -> Result<SecretString, Unexpected> {
    not_empty(text).map(SecretString::from)
}

pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    not_empty(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(super) fn secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SecretString>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct One(#[serde(deserialize_with = "secret")] SecretString);
    let all = Vec::<One>::deserialize(from)?;
    Ok(all.into_iter().map(|One(secret)| secret).collect())
}

/// The secret a file holds, without the end of its line.
pub(super) fn secret_in(path: &Path) -> Result<SecretString, ConfigError> {
    let text = read(path)?;
    secret_text(&text).map_err(|wrong| ConfigError::of_file(path, wrong.to_string()))
}

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    let unread = |error| ConfigError::of_file(path, format!("cannot be read: {error}"));
    std::fs::read_to_string(path).map_err(unread)
}

pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    text(from).map(SecretString::from)
}
