//! What the two databases have in common. Statements are written once, with `$1` for values, in the part
//! of SQL that both understand.

mod fields;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod pool;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

pub(crate) use fields::{Fields, Value};

use crate::{error::Result, level::Level};
use std::fmt::Debug;

/// A table that many rows are put into at once, by the names and kinds of its columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// The names, with commas between.
    pub(crate) fn names(&self, prefix: &str) -> String {
        let names: Vec<_> =
            self.columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect();
        names.join(", ")
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite needs not be told"))]
pub(crate) enum Kind {
    Int,
    Real,
    Text,
    Bytes,
}

/// What only one process at a time does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock {
    /// Making and changing tables.
    Schema,
    /// Rolling up, and forgetting.
    Upkeep,
    /// Making parts of tables.
    #[cfg(feature = "postgres")]
    Parts,
}

/// A transaction that has begun.
pub(crate) trait Sql {
    /// Returns how many rows were changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64>;

    /// Hands over the rows one by one.
    fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        row: &mut dyn FnMut(Fields) -> Result,
    ) -> Result;

    /// Puts in rows that are not there yet.
    fn insert(&mut self, table: &Table, rows: &mut dyn Iterator<Item = Vec<Value>>) -> Result;

    /// Executes several statements.
    fn script(&mut self, sql: &str) -> Result;

    fn has_table(&mut self, name: &str) -> Result<bool>;

    /// Makes room for figures that end then, where tables are in parts.
    fn make_room(&mut self, level: Level, at: i64) -> Result;

    /// Drops the parts of tables, where these have some, that end up to then and hold only figures of
    /// intervals that are marked.
    fn drop_parts(&mut self, level: Level, end: i64) -> Result;

    /// Takes a lock until the transaction ends; where it does not `wait`, `false` if another has it.
    fn lock(&mut self, lock: Lock, wait: bool) -> Result<bool>;
}

/// Rows that are few.
pub(crate) fn rows(sql: &mut dyn Sql, text: &str, values: &[Value]) -> Result<Vec<Fields>> {
    let mut all = Vec::new();
    sql.each(text, values, &mut |row| {
        all.push(row);
        Ok(())
    })?;
    Ok(all)
}

/// The number in the first column of the first row.
pub(crate) fn number(sql: &mut dyn Sql, text: &str, values: &[Value]) -> Result<Option<i64>> {
    let row = rows(sql, text, values)?.into_iter().next();
    row.map_or(Ok(None), |mut row| row.maybe_int())
}

/// What is done in a transaction.
pub(crate) type Work<'a> = &'a mut (dyn FnMut(&mut dyn Sql) -> Result + Send);

/// A database.
pub(crate) trait Database: Debug + Send + Sync {
    /// Does the work in one transaction that is kept if it succeeds.
    fn write(&self, work: Work<'_>) -> Result;

    /// Does the work, which changes nothing, in one transaction, beside those that write.
    fn read(&self, work: Work<'_>) -> Result;

    /// A statement that gives the time in nanoseconds since 1970, if the database has a clock of its own.
    fn clock(&self) -> Option<&'static str>;

    /// Rises when what was known of the database's content may no longer be so.
    fn epoch(&self) -> u64;
}
