//! Why a watch could not be started.

use std::fmt;

/// Why a watch could not be started: it was asked for what cannot be. That Redis is away is no reason. No
/// variant holds a password or a URL.
///
/// ```
/// use perf_queues::{WatchError, bullmq::Watch};
/// let error = Watch::new("redis://127.0.0.1").start().unwrap_err();
/// assert_eq!(error, WatchError::NoQueue);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchError {
    /// The URL is not understood, or needs a feature that is off.
    Url(String),
    /// Neither a queue was named, nor all of them were asked for.
    NoQueue,
    /// No queue can have this name, or no keys this prefix.
    Name(String),
    /// There is no folder to write the position file in, or it cannot be read.
    Position(String),
    /// The system gives no thread.
    Thread(String),
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(f, "the URL of Redis is not understood: {why}"),
            Self::NoQueue => f.write_str("no queue is to be watched: name some, or ask for all"),
            Self::Name(name) => {
                write!(f, "{name:?} is no name of a queue: that is not empty and has no colon")
            }
            Self::Position(why) => write!(f, "the position file: {why}"),
            Self::Thread(why) => write!(f, "no thread to watch queues: {why}"),
        }
    }
}

impl std::error::Error for WatchError {}
