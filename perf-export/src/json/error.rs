//! Why a document could not be read.

use super::VERSION;
use std::{fmt, io};

/// Why a document could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It is not JSON, or not as [`SCHEMA`](super::SCHEMA) has it.
    Json(serde_json::Error),
    /// It is of a version that is not known here.
    Version(u64),
    /// An operation's histogram cannot be decoded.
    Histogram {
        /// The operation's name.
        operation: String,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// It has two operations, or two metrics of a kind, of this name with the same labels.
    Twice(String),
    /// It could not be read at all.
    Io(io::Error),
    /// A line of newline-delimited JSON is wrong.
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        error: Box<Self>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "not a document of perfkit's JSON: {error}"),
            Self::Version(version) => write!(
                f,
                "the document is of version {version} of perfkit's JSON; version {VERSION} can be read"
            ),
            Self::Histogram { operation, wrong } => write!(
                f,
                "`histogram` of the operation {operation:?} is not HdrHistogram's V2, deflated, in \
                 Base64: {wrong}"
            ),
            Self::Twice(name) => {
                write!(f, "{name:?} stands there twice with the same labels; once is allowed")
            }
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Line { line, error } => write!(f, "line {line}: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Line { error, .. } => Some(error),
            Self::Version(_) | Self::Histogram { .. } | Self::Twice(_) => None,
        }
    }
}
