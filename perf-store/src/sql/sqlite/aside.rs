//! Damaged files are put aside, never deleted, by one process.

use super::{connect::open, errors::explained};
use crate::{
    error::{Result, StoreError},
    time::unix_ns,
};
use rusqlite::{ErrorCode, TransactionBehavior};
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What SQLite keeps beside a file, by the ends of the names.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Where the file has been put; `None` if it is well, as after another process has done it.
pub(super) fn set_aside_if_corrupt(path: &Path) -> Result<Option<PathBuf>> {
    let lock_path = with_end(path, "-aside");
    let explain = |error| explained(&lock_path, &error);
    let mut lock = open(&lock_path).map_err(explain)?;
    // Given back by the system even if this process is killed.
    let locked = lock.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(explain)?;
    if is_well(path).map_err(|error| explained(path, &error))? {
        return Ok(None);
    }
    let aside = with_end(path, &format!(".corrupt-{}", unix_ns(SystemTime::now()) / 1_000_000));
    move_all(path, &aside).map_err(|error| {
        StoreError::Refused(format!(
            "{} is damaged, and cannot be set aside: {error}",
            path.display()
        ))
    })?;
    drop(locked);
    tracing::error!(
        target: "perf::store", file = %path.display(), kept = %aside.display(),
        "the file is damaged: it was set aside, and a new one is used"
    );
    Ok(Some(aside))
}

fn is_well(path: &Path) -> rusqlite::Result<bool> {
    let checked = open(path).and_then(|connection| {
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    });
    match checked {
        Ok(said) => Ok(said == "ok"),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Ok(false),
            _ => Err(error),
        },
    }
}

fn move_all(path: &Path, aside: &Path) -> io::Result<()> {
    for end in BESIDE {
        match fs::rename(with_end(path, end), with_end(aside, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, aside)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
