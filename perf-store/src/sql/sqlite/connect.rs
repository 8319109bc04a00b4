//! A connection, set up.

use super::{errors::explained, statements::Begun};
use crate::{error::Result, schema};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::{path::Path, thread, time::Duration};

/// How long to wait for others that write.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to try what SQLite does not wait for.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/sqlite/1.sql")];

pub(super) fn connect(path: &Path) -> Result<Connection> {
    let explain = |error| explained(path, &error);
    let mut connection = open(path).map_err(explain)?;
    log_ahead(&connection).map_err(explain)?;
    // What is committed is there after a power cut, too.
    connection.pragma_update(None, "synchronous", "FULL").map_err(explain)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens it, and waits for others.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Readers and the writer do not wait for one another then. The change itself does not wait for others
/// that make it.
fn log_ahead(connection: &Connection) -> rusqlite::Result<()> {
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

fn migrate(connection: &mut Connection, path: &Path) -> Result {
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
