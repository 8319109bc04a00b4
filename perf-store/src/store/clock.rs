//! What time it is for a store: what is old is forgotten by it.

use crate::{
    error::Result,
    sql::{Database, number},
    time::{time, unix_ns},
};
use std::time::{Duration, Instant, SystemTime};

/// How much later than what is in a file its clock may be at once.
const SLACK: Duration = Duration::from_secs(86_400);

/// The clock of a store.
#[derive(Debug)]
pub(super) struct Clock {
    opened: Instant,
    /// The end of the last interval that was there then, if the store has no clock of its own.
    newest: Option<SystemTime>,
}

impl Clock {
    pub(super) fn new(database: &dyn Database) -> Result<Self> {
        let mut newest = None;
        if database.clock().is_none() {
            database.read(&mut |sql| {
                newest = number(sql, "SELECT MAX(at_ns) FROM perfkit_interval", &[])?;
                Ok(())
            })?;
        }
        Ok(Self { opened: Instant::now(), newest: newest.map(time) })
    }

    pub(super) fn upkeep_time(&self, database: &dyn Database) -> Result<SystemTime> {
        Ok(of_server(database)?.unwrap_or_else(|| self.of_this_machine()))
    }

    /// One that was set wrong is at most so much ahead.
    fn of_this_machine(&self) -> SystemTime {
        let now = SystemTime::now();
        let most = self.newest.and_then(|at| at.checked_add(SLACK + self.opened.elapsed()));
        most.map_or(now, |most| if unix_ns(most) < unix_ns(now) { most } else { now })
    }
}

/// A server's clock; `None` of a database that has none of its own.
pub(super) fn of_server(database: &dyn Database) -> Result<Option<SystemTime>> {
    let Some(statement) = database.clock() else { return Ok(None) };
    let mut now = None;
    database.read(&mut |sql| {
        now = number(sql, statement, &[])?;
        Ok(())
    })?;
    Ok(now.map(time))
}
