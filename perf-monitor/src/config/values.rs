//! How values are written.

use super::error::ConfigError;
use crate::duration;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{fmt, path::Path, time::Duration};

/// A year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
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

pub(super) fn from_text(text: &str) -> Result<Duration, Unexpected> {
    duration::parse_some(text).ok_or(Unexpected(duration::EXPECTED))
}

pub(super) fn from_milliseconds(text: &str) -> Result<Duration, Unexpected> {
    let milliseconds = text.trim().parse().map(Duration::from_millis).ok();
    let is_some = |duration: &Duration| !duration.is_zero() && *duration <= LONGEST;
    milliseconds.filter(is_some).ok_or(Unexpected(MILLISECONDS))
}

pub(super) fn durations<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct One(#[serde(deserialize_with = "duration::some")] Duration);
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
