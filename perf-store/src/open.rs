//! A store by its URL.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::store::SqlStore;
use crate::{error::StoreError, store::Store};
use std::path::PathBuf;

/// Opens a store, and makes or updates its tables, whoever else starts at the same time.
///
/// - `sqlite:perfkit.db`, or another path: a file, which is made if it is not there; `sqlite:` alone is
///   `perfkit.db`. Feature `sqlite`. A damaged file is set aside under another name, which the log tells,
///   and a new one is made.
/// - `postgres://user:password@host:port/database`, with libpq's options after a `?`. Feature `postgres`.
///   TLS is used where the server offers it, and with `sslmode=require` always; then the server's
///   certificate must be signed by a public authority, or by one of the file in `sslrootcert=`. With
///   `sslmode=disable` there is none.
///
/// # Errors
///
/// [`StoreError::Url`] if it is neither; and what hinders the store.
///
/// ```
/// let file = std::env::temp_dir().join(format!("perfkit-open-{}.db", std::process::id()));
/// let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// assert_eq!(store.instances()?, []);
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
pub fn open(url: &str) -> Result<Box<dyn Store>, StoreError> {
    match Place::of(url)? {
        #[cfg(feature = "sqlite")]
        Place::File(path) => {
            Ok(Box::new(SqlStore::new(crate::sql::sqlite::Sqlite::open(path.as_ref())?)?))
        }
        #[cfg(feature = "postgres")]
        Place::Server(server) => {
            Ok(Box::new(SqlStore::new(crate::sql::postgres::Postgres::open(*server)?)?))
        }
    }
}

/// Where a store is.
pub(crate) enum Place {
    #[cfg(feature = "sqlite")]
    File(String),
    #[cfg(feature = "postgres")]
    Server(Box<crate::sql::postgres::Server>),
}

impl Place {
    /// What a URL says, without looking whether it is there.
    pub(crate) fn of(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Self::of_file(path);
        }
        if ["postgres://", "postgresql://"].iter().any(|start| url.starts_with(start)) {
            return Self::of_server(url);
        }
        Err(StoreError::Url(
            "a store's URL begins with `sqlite:` or `postgres://`; this one begins with neither"
                .into(),
        ))
    }

    #[cfg(feature = "sqlite")]
    fn of_file(path: &str) -> Result<Self, StoreError> {
        if path == ":memory:" {
            return Err(StoreError::Url("`sqlite:` wants the path of a file after it".into()));
        }
        Ok(Self::File(file(path).to_owned()))
    }

    #[cfg(not(feature = "sqlite"))]
    fn of_file(_: &str) -> Result<Self, StoreError> {
        Err(StoreError::Url("`sqlite:` wants the feature `sqlite` of perf-store".into()))
    }

    #[cfg(feature = "postgres")]
    fn of_server(url: &str) -> Result<Self, StoreError> {
        crate::sql::postgres::Server::parse(url).map(|server| Self::Server(Box::new(server)))
    }

    #[cfg(not(feature = "postgres"))]
    fn of_server(_: &str) -> Result<Self, StoreError> {
        Err(StoreError::Url("`postgres://` wants perfkit's feature `postgres`".into()))
    }
}

/// `sqlite:///var/lib/x.db` is common, too.
fn file(path: &str) -> &str {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() { "perfkit.db" } else { path }
}

/// Where intervals wait for a store unless told otherwise: in a folder beside its file, or where the program
/// was started.
///
/// ```
/// use perf_store::spool_beside;
/// assert_eq!(spool_beside("sqlite:/var/lib/shop.db"), std::path::Path::new("/var/lib/shop.db-spool"));
/// assert_eq!(spool_beside("postgres://db/perf"), std::path::Path::new("perfkit-spool"));
/// ```
#[must_use]
pub fn spool_beside(url: &str) -> PathBuf {
    format!("{}-spool", url.strip_prefix("sqlite:").map_or("perfkit", file)).into()
}
