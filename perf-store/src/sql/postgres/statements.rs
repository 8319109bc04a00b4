//! Statements within a transaction.

use super::{Statements, errors::explained, parts};
use crate::{
    error::Result,
    level::Level,
    sql::{Fields, Kind, Lock, Sql, Table, Value, number},
};
use bytes::BytesMut;
use postgres::{
    Row, Statement, Transaction,
    binary_copy::BinaryCopyInWriter,
    fallible_iterator::FallibleIterator,
    types::{IsNull, ToSql, Type, to_sql_checked},
};
use std::error::Error;

/// So many statements are kept prepared.
const KEPT: usize = 64;

pub(super) struct Begun<'a, 'b> {
    pub(super) transaction: &'a mut Transaction<'b>,
    pub(super) statements: &'a mut Statements,
    pub(super) shown: &'a str,
}

impl ToSql for Value {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(of, out),
            Self::Real(number) => number.to_sql(of, out),
            Self::Text(text) => text.to_sql(of, out),
            Self::Bytes(bytes) => bytes.to_sql(of, out),
        }
    }

    /// The statements are ours, and so are their types.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

type Encoded = std::result::Result<IsNull, Box<dyn Error + Sync + Send>>;

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Int => Self::INT8,
            Kind::Real => Self::FLOAT8,
            Kind::Text => Self::TEXT,
            Kind::Bytes => Self::BYTEA,
        }
    }
}

fn value(row: &Row, at: usize) -> std::result::Result<Value, postgres::Error> {
    Ok(match *row.columns()[at].type_() {
        Type::INT8 => Value::from(row.try_get::<_, Option<i64>>(at)?),
        Type::FLOAT8 => Value::from(row.try_get::<_, Option<f64>>(at)?),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map_or(Value::Null, Value::Bytes),
        _ => row.try_get::<_, Option<String>>(at)?.map_or(Value::Null, Value::Text),
    })
}

impl Begun<'_, '_> {
    fn explain<T>(&self, done: std::result::Result<T, postgres::Error>) -> Result<T> {
        done.map_err(|error| explained(self.shown, &error))
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.transaction.prepare(sql);
        let statement = self.explain(statement)?;
        if self.statements.len() >= KEPT {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Sql for Begun<'_, '_> {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let statement = self.prepared(sql)?;
        let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let done = self.transaction.execute(&statement, &values);
        self.explain(done)
    }

    fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        row: &mut dyn FnMut(Fields) -> Result,
    ) -> Result {
        let statement = self.prepared(sql)?;
        let shown = self.shown;
        let explain = |error| explained(shown, &error);
        let mut rows = self.transaction.query_raw(&statement, values).map_err(explain)?;
        while let Some(found) = rows.next().map_err(explain)? {
            let values: std::result::Result<_, _> =
                (0..found.len()).map(|at| value(&found, at)).collect();
            row(Fields::new(values.map_err(explain)?))?;
        }
        Ok(())
    }

    fn insert(&mut self, table: &Table, rows: &mut dyn Iterator<Item = Vec<Value>>) -> Result {
        let sql = format!("COPY {} ({}) FROM STDIN BINARY", table.name, table.names(""));
        let types: Vec<Type> = table.columns.iter().map(|(_, kind)| (*kind).into()).collect();
        let shown = self.shown;
        let explain = |error| explained(shown, &error);
        let copy = self.transaction.copy_in(&sql).map_err(explain)?;
        let mut copy = BinaryCopyInWriter::new(copy, &types);
        for row in rows {
            let row: Vec<_> = row.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            copy.write(&row).map_err(explain)?;
        }
        copy.finish().map(drop).map_err(explain)
    }

    fn script(&mut self, sql: &str) -> Result {
        let done = self.transaction.batch_execute(sql);
        self.explain(done)
    }

    fn has_table(&mut self, name: &str) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE relname = $1 AND relkind IN ('r', 'p') \
                   AND pg_catalog.pg_table_is_visible(oid)";
        Ok(number(self, sql, &[name.into()])? == Some(1))
    }

    fn make_room(&mut self, level: Level, at: i64) -> Result {
        parts::make_room(self, level, at)
    }

    fn drop_parts(&mut self, level: Level, end: i64) -> Result {
        parts::drop_whole(self, level, end)
    }

    fn lock(&mut self, lock: Lock, wait: bool) -> Result<bool> {
        // The first letters of `perfkit`, and a number.
        let key = 0x7065_7266_6b69_0000_i64
            + match lock {
                Lock::Schema => 1,
                Lock::Upkeep => 2,
                Lock::Parts => 3,
            };
        if wait {
            self.execute("SELECT pg_advisory_xact_lock($1)", &[key.into()])?;
            return Ok(true);
        }
        let sql = "SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END::BIGINT";
        Ok(number(self, sql, &[key.into()])? == Some(1))
    }
}
