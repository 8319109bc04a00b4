//! Headers of a request, whose values are never shown.

use super::StartError;
use std::fmt;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

/// Names and values, in any form.
#[derive(Clone, Default)]
pub(super) struct Headers(Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, _)| (name, "…"))).finish()
    }
}

impl Headers {
    /// Sets one, in the place of one of its name.
    pub(super) fn set(&mut self, name: String, value: String) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.0.push((name, value));
    }

    /// As HTTP has them.
    pub(super) fn checked(&self) -> Result<HeaderMap, StartError> {
        self.0.iter().map(|(name, value)| checked(name, value)).collect()
    }

    /// Their values word by word, for a collector may know `Bearer` from the rest.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(_, value)| value.split_whitespace())
    }
}

pub(super) fn checked(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), StartError> {
    let invalid = || StartError::Header(name.to_owned());
    let known = HeaderName::try_from(name).map_err(|_| invalid())?;
    let mut value = HeaderValue::try_from(value).map_err(|_| invalid())?;
    value.set_sensitive(true);
    Ok((known, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_never_shown() {
        let mut headers = Headers::default();
        headers.set("Authorization".into(), "old".into());
        headers.set("authorization".into(), "Bearer s3cret".into());
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "…"}"#);
        assert_eq!(headers.words().collect::<Vec<_>>(), ["Bearer", "s3cret"]);
        let map = headers.checked().unwrap();
        assert_eq!(map.len(), 1);
        assert!(!format!("{map:?}").contains("s3cret"), "{map:?}");
    }

    #[test]
    fn one_that_http_does_not_allow_is_named() {
        for (name, value) in [("a b", "1"), ("x-key", "one\ntwo"), ("", "1")] {
            let mut headers = Headers::default();
            headers.set(name.into(), value.into());
            let error = headers.checked().unwrap_err().to_string();
            assert!(error.contains(&format!("{name:?}")) && !error.contains("two"), "{error}");
        }
    }
}
