//! What can go wrong.

use std::{fmt, time::Duration};

/// Alerts were not sent.
///
/// ```
/// use perf_monitor::notify::Failure;
/// assert!(Failure::temporary("nobody answers").is_temporary);
/// assert_eq!(Failure::permanent("a value is missing").to_string(), "a value is missing");
/// let closed = Failure { is_for_all: true, ..Failure::permanent("no such channel") };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, without secrets.
    pub message: String,
    /// Whether trying again may help.
    pub is_temporary: bool,
    /// How long the other side asks us to wait.
    pub retry_after: Option<Duration>,
    /// Whether any other alerts would fail too: it is the way that is wrong, not what was sent. Of several
    /// that fail for good without that, each may be the only one that does: the others are sent again.
    pub is_for_all: bool,
}

impl Failure {
    /// One that trying again may help.
    #[must_use]
    pub fn temporary(message: impl Into<String>) -> Self {
        Self { is_temporary: true, ..Self::permanent(message) }
    }

    /// One that stays, for what was sent.
    #[must_use]
    pub fn permanent(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_temporary: false, retry_after: None, is_for_all: false }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Why a notifier cannot be set up. It tells no URL and no header's value, for those are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetupError {
    /// What was given is no URL of `http` or `https` with a host.
    Url,
    /// A URL that is a secret is `http://` to another host.
    Insecure,
    /// The URL is `https://`, which wants the feature `tls`.
    NoTls,
    /// This header's name or value is not one that HTTP allows.
    Header(String),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("expected a URL that begins with https:// or http://"),
            Self::Insecure => {
                f.write_str("the URL is a secret: expected https://, or http:// to this host")
            }
            Self::NoTls => f.write_str("an https:// URL wants the feature `tls` of perf-monitor"),
            Self::Header(name) => write!(f, "the header {name:?} is not valid in HTTP"),
        }
    }
}

impl std::error::Error for SetupError {}
