//! Statements within a transaction.

use super::errors::explained;
use crate::{
    error::Result,
    level::Level,
    sql::{Fields, Lock, Sql, Table, Value, number},
};
use rusqlite::{
    Transaction, params_from_iter,
    types::{ToSql, ToSqlOutput, ValueRef},
};
use std::path::Path;

pub(super) struct Begun<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) path: &'a Path,
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(of: ValueRef<'_>) -> Value {
    match of {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

/// SQLite numbers its values with another sign.
fn in_words_of_sqlite(sql: &str) -> String {
    sql.replace('$', "?")
}

impl Begun<'_> {
    fn explain<T>(&self, done: rusqlite::Result<T>) -> Result<T> {
        done.map_err(|error| explained(self.path, &error))
    }
}

impl Sql for Begun<'_> {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let run = || {
            let mut statement = self.transaction.prepare_cached(&in_words_of_sqlite(sql))?;
            statement.execute(params_from_iter(values)).map(|rows| rows as u64)
        };
        self.explain(run())
    }

    fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        row: &mut dyn FnMut(Fields) -> Result,
    ) -> Result {
        let prepared = self.transaction.prepare_cached(&in_words_of_sqlite(sql));
        let mut statement = self.explain(prepared)?;
        let columns = statement.column_count();
        let mut rows = self.explain(statement.query(params_from_iter(values)))?;
        while let Some(found) = self.explain(rows.next())? {
            let values = (0..columns).map(|column| found.get_ref(column).map(value)).collect();
            row(Fields::new(self.explain(values)?))?;
        }
        Ok(())
    }

    fn insert(&mut self, table: &Table, rows: &mut dyn Iterator<Item = Vec<Value>>) -> Result {
        let places: Vec<_> = (1..=table.columns.len()).map(|at| format!("?{at}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            table.name,
            table.names(""),
            places.join(", ")
        );
        let mut statement = self.explain(self.transaction.prepare_cached(&sql))?;
        for row in rows {
            self.explain(statement.execute(params_from_iter(row)))?;
        }
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result {
        self.explain(self.transaction.execute_batch(sql))
    }

    fn has_table(&mut self, name: &str) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = $1";
        Ok(number(self, sql, &[name.into()])? == Some(1))
    }

    fn make_room(&mut self, _: Level, _: i64) -> Result {
        Ok(())
    }

    fn drop_parts(&mut self, _: Level, _: i64) -> Result {
        Ok(())
    }

    /// Who writes is alone.
    fn lock(&mut self, _: Lock, _: bool) -> Result<bool> {
        Ok(true)
    }
}
