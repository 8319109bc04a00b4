//! What can go wrong.

use std::{fmt, io};

/// Why an [`Exporter`](super::Exporter) did not start. It tells no header's value and no address, for
/// those may hold secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The endpoint is no `http://` or `https://` URL.
    Endpoint,
    /// The endpoint is `https://`, which wants the feature `otlp-tls`.
    NoTls,
    /// What was given as certificates is not that, in PEM.
    Certificate,
    /// This header's name or value is not one that HTTP allows.
    Header(String),
    /// The system gave no thread.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint => f.write_str(
                "the OTLP endpoint is not a URL such as http://localhost:4318/v1/metrics",
            ),
            Self::NoTls => {
                f.write_str("an https:// endpoint of OTLP wants the feature `otlp-tls` of perfkit")
            }
            Self::Certificate => f.write_str("the certificates for OTLP are not in PEM"),
            Self::Header(name) => write!(f, "the header {name:?} of OTLP is not valid in HTTP"),
            Self::Thread(error) => write!(f, "no thread to push OTLP from: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a push did not arrive, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// Nobody answered, for this reason.
    Unreachable(String),
    /// The collector answered with this HTTP status, and this text, which may be empty.
    Refused {
        /// Such as 400.
        status: u16,
        /// What the collector said.
        message: String,
    },
    /// It was not over when the time given for it was.
    Late,
    /// The thread that pushes is no more: it panicked, or is not in this process, which was forked.
    Ended,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(reason) => write!(f, "the collector was not reached: {reason}"),
            Self::Refused { status, message } if message.is_empty() => {
                write!(f, "the collector answered {status}")
            }
            Self::Refused { status, message } => {
                write!(f, "the collector answered {status}: {message}")
            }
            Self::Late => f.write_str("the push was not over in time"),
            Self::Ended => f.write_str("the thread that pushes has ended"),
        }
    }
}

impl std::error::Error for PushError {}
