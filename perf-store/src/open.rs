//! A store by its URL.

use crate::{error::StoreError, store::Store};

/// Opens a store, and makes or updates its tables, whoever else starts at the same time.
///
/// - `sqlite:perfkit.db`, or another path: a file, which is made if it is not there. Feature `sqlite`. A
///   damaged file is set aside under another name, which the log tells, and a new one is made.
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
    if let Some(path) = url.strip_prefix("sqlite:") {
        return open_sqlite(path);
    }
    if ["postgres://", "postgresql://"].iter().any(|start| url.starts_with(start)) {
        return open_postgres(url);
    }
    Err(StoreError::Url(
        "a store's URL begins with `sqlite:` or `postgres://`; this one begins with neither".into(),
    ))
}

#[cfg(feature = "sqlite")]
fn open_sqlite(path: &str) -> Result<Box<dyn Store>, StoreError> {
    use crate::{sql::sqlite::Sqlite, store::SqlStore};
    // `sqlite:///var/lib/x.db` is common, too.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err(StoreError::Url("`sqlite:` wants the path of a file after it".into()));
    }
    Ok(Box::new(SqlStore::new(Sqlite::open(path.as_ref())?)))
}

#[cfg(not(feature = "sqlite"))]
fn open_sqlite(_: &str) -> Result<Box<dyn Store>, StoreError> {
    Err(StoreError::Url("`sqlite:` wants the feature `sqlite` of perfkit".into()))
}

#[cfg(feature = "postgres")]
fn open_postgres(url: &str) -> Result<Box<dyn Store>, StoreError> {
    use crate::{sql::postgres::Postgres, store::SqlStore};
    Ok(Box::new(SqlStore::new(Postgres::open(url)?)))
}

#[cfg(not(feature = "postgres"))]
fn open_postgres(_: &str) -> Result<Box<dyn Store>, StoreError> {
    Err(StoreError::Url("`postgres://` wants the feature `postgres` of perfkit".into()))
}
