//! A connection, set up.

use super::{errors::explained, statements::Begun};
use crate::{error::Result, schema, sql::Work};
use rusqlite::{ErrorCode, OpenFlags, TransactionBehavior};
use std::{path::Path, thread, time::Duration};

/// How long to wait for others that write.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to try what SQLite does not wait for.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/sqlite/1.sql")];

/// A connection, and which file it is to.
#[derive(Debug)]
pub(super) struct Connection {
    sqlite: rusqlite::Connection,
    file: Option<FileId>,
}

/// What tells a file from another that had its name before.
type FileId = (u64, u64);

impl Connection {
    /// Makes or updates the tables, too.
    pub(super) fn new(path: &Path) -> Result<Self> {
        // Before: should another take its place meanwhile, this is not that one's. Of a new file it is not
        // known yet.
        let before = id_of(path);
        let sqlite = connect(path)?;
        Ok(Self { sqlite, file: before.or_else(|| id_of(path)) })
    }

    /// Whether the file still has its name. Another process may have set it aside, and somebody may have
    /// removed it: what is written to it then is read by nobody.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        self.file == id_of(path)
    }

    pub(super) fn within(
        &mut self,
        path: &Path,
        behavior: TransactionBehavior,
        work: Work<'_>,
    ) -> Result {
        let explain = |error| explained(path, &error);
        let transaction = self.sqlite.transaction_with_behavior(behavior).map_err(explain)?;
        match work(&mut Begun { transaction: &transaction, path }) {
            Ok(()) => transaction.commit().map_err(explain),
            Err(error) => {
                // On a full disk SQLite has rolled back by itself, and says that there is nothing to do.
                let _ = transaction.rollback();
                Err(error)
            }
        }
    }
}

#[cfg(unix)]
fn id_of(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn id_of(_: &Path) -> Option<FileId> {
    None
}

fn connect(path: &Path) -> Result<rusqlite::Connection> {
    let explain = |error| explained(path, &error);
    let mut connection = open(path).map_err(explain)?;
    log_ahead(&connection).map_err(explain)?;
    // What is committed is there after a power cut, too.
    connection.pragma_update(None, "synchronous", "FULL").map_err(explain)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens it, and waits for others.
pub(super) fn open(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Readers and the writer do not wait for one another then. The change itself does not wait for others
/// that make it.
fn log_ahead(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let mut left = TRIES;
    loop {
        let changed = connection.pragma_update(None, "journal_mode", "WAL");
        match changed {
            Err(error) if left > 0 && is_busy(&error) => {
                left -= 1;
                thread::sleep(PAUSE);
            }
            changed => return changed,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn migrate(connection: &mut rusqlite::Connection, path: &Path) -> Result {
    let explain = |error| explained(path, &error);
    // No more than reading where all is up to date.
    let reading = connection.transaction().map_err(explain)?;
    let is_current = schema::is_current(&mut Begun { transaction: &reading, path }, &MIGRATIONS)?;
    drop(reading);
    if is_current {
        return Ok(());
    }
    let behavior = TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(behavior).map_err(explain)?;
    schema::migrate(&mut Begun { transaction: &transaction, path }, &MIGRATIONS)?;
    transaction.commit().map_err(explain)
}
