//! Why a store did not do what it was asked for.

use std::{fmt, path::PathBuf};

/// What most functions here return.
pub(crate) type Result<T = ()> = std::result::Result<T, StoreError>;

/// Why a store did not do what it was asked for. No variant holds a password or a whole URL.
///
/// ```
/// let error = perf_store::open("mysql://shop").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "a store's URL begins with `sqlite:` or `postgres://`; this one begins with neither"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL is not understood, or needs a feature that is off.
    Url(String),
    /// It is away, too slow, or busy: it may work later.
    Unavailable(String),
    /// It refuses: a wrong password, no rights, a folder that cannot be written to, a full disk.
    Refused(String),
    /// Its tables were made by a newer version of perfkit.
    Newer {
        /// The version of its tables.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// Its file is damaged.
    Corrupt {
        /// What is wrong, and with which file.
        message: String,
        /// Where the file has been put; `None` if it is still in its place.
        set_aside: Option<PathBuf>,
    },
    /// It never takes these data, whoever offers them.
    Rejected(String),
    /// Anything else.
    Failed(String),
}

impl StoreError {
    /// Whether the data are at fault, so that offering them again is of no use.
    ///
    /// ```
    /// use perf_store::StoreError;
    /// assert!(!StoreError::Unavailable("no route".into()).is_of_data());
    /// ```
    #[must_use]
    pub fn is_of_data(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(message)
            | Self::Unavailable(message)
            | Self::Refused(message)
            | Self::Rejected(message)
            | Self::Failed(message)
            | Self::Corrupt { message, set_aside: None } => f.write_str(message),
            Self::Newer { found, known } => write!(
                f,
                "the store's tables are of version {found}, and this program knows them up to version \
                 {known}: it takes a newer perfkit to use them"
            ),
            Self::Corrupt { message, set_aside: Some(path) } => {
                write!(f, "{message}; it was kept as {}, and a new one is used", path.display())
            }
        }
    }
}

impl std::error::Error for StoreError {}
