//! How a call ended.

use std::fmt;

/// How a timed call ended. Every call has exactly one outcome; the histogram holds all of them.
///
/// ```
/// use perf_core::Outcome;
/// assert_eq!(Outcome::Panicked.as_str(), "panic");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It returned, and not an `Err`.
    #[default]
    Ok = 0,
    /// It returned an `Err`, or was marked as failed.
    Error = 1,
    /// A panic that began inside it unwound through it.
    Panicked = 2,
    /// Its future was dropped before it was ready.
    Cancelled = 3,
}

impl Outcome {
    /// The outcome as metrics labels spell it: `ok`, `error`, `panic` or `cancelled`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Panicked => "panic",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
