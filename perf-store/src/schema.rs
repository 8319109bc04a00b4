//! The tables, made step by step: a file a version, in order, never changed once released.

use crate::{
    error::{Result, StoreError},
    sql::{Lock, Sql, number},
};

/// Whether nothing is to be done.
pub(crate) fn is_current(sql: &mut dyn Sql, migrations: &[&str]) -> Result<bool> {
    Ok(i64::try_from(migrations.len()) == Ok(version(sql)?))
}

/// Brings the tables up to date, whoever else starts at the same time.
pub(crate) fn migrate(sql: &mut dyn Sql, migrations: &[&str]) -> Result {
    if is_current(sql, migrations)? {
        return Ok(());
    }
    sql.lock(Lock::Schema, true)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    // Somebody else may have been first.
    let found = version(sql)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if !sql.has_table("perfkit_schema")? {
        sql.script("CREATE TABLE perfkit_schema (version BIGINT NOT NULL PRIMARY KEY)")?;
    }
    for (migration, version) in migrations.iter().zip(1_i64..).filter(|(_, at)| *at > found) {
        sql.script(migration)?;
        sql.execute("INSERT INTO perfkit_schema (version) VALUES ($1)", &[version.into()])?;
    }
    Ok(())
}

/// 0 where there is no table.
fn version(sql: &mut dyn Sql) -> Result<i64> {
    if !sql.has_table("perfkit_schema")? {
        return Ok(0);
    }
    Ok(number(sql, "SELECT MAX(version) FROM perfkit_schema", &[])?.unwrap_or(0))
}
