//! Tables in parts by time, so that what is old is dropped as a whole, whatever its size.
//!
//! Each table of figures is in parts by level (made with the schema), and each of those in parts that end
//! at multiples of a length.

use crate::{
    error::Result,
    figures::TABLES,
    level::Level,
    sql::{Fields, Lock, Sql, Table, number, rows},
    time::up_to_multiple,
};

const DAY_NS: i64 = 24 * 3_600_000_000_000;

/// How long a part is. Days are few, and forgotten one by one.
fn length(level: Level) -> i64 {
    match level {
        Level::Written | Level::Hour => DAY_NS,
        Level::Day => 91 * DAY_NS,
    }
}

/// The parts of a level that all tables have.
fn parent(table: &Table, level: Level) -> String {
    format!("{}_{}", table.name, level.number())
}

/// Before 1970 numbers are negative.
fn name(table: &Table, level: Level, part: i64) -> String {
    format!("{}_{part}", parent(table, level)).replace('-', "m")
}

fn part_of(name: &str) -> Option<i64> {
    name.rsplit('_').next()?.replace('m', "-").parse().ok()
}

/// Makes the parts that something belongs to, unless they are there.
pub(super) fn make_room(sql: &mut dyn Sql, level: Level, at: i64) -> Result {
    let end = up_to_multiple(at, length(level));
    let part = end / length(level);
    let names = TABLES.map(|table| name(&table, level, part));
    if usize::try_from(count(sql, &names)?) == Ok(names.len()) {
        return Ok(());
    }
    sql.lock(Lock::Parts, true)?;
    for (table, name) in TABLES.iter().zip(&names) {
        if count(sql, std::slice::from_ref(name))? == 0 {
            attach(sql, name, &parent(table, level), (end.saturating_sub(length(level)), end))?;
        }
    }
    Ok(())
}

/// Made by itself, and then attached: that waits for nobody who reads or writes, and has nobody wait.
fn attach(sql: &mut dyn Sql, name: &str, parent: &str, (start, end): (i64, i64)) -> Result {
    // What ends with a part is in it, and PostgreSQL's ends are not.
    let (from, to) = (start.saturating_add(1), end.saturating_add(1));
    sql.script(&format!(
        "CREATE TABLE {name} (LIKE {parent} INCLUDING ALL); \
         ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to})"
    ))
}

/// How many of these tables there are.
fn count(sql: &mut dyn Sql, names: &[String]) -> Result<i64> {
    let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    let text = format!(
        "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE relname IN ({}) \
         AND pg_catalog.pg_table_is_visible(oid)",
        names.join(", ")
    );
    Ok(number(sql, &text, &[])?.unwrap_or(0))
}

/// Drops the parts of all tables that end up to then, of whose intervals all are marked.
pub(super) fn drop_whole(sql: &mut dyn Sql, level: Level, end: i64) -> Result {
    for part in old_parts(sql, level, end)? {
        let ends = part.saturating_mul(length(level));
        let times = (ends.saturating_sub(length(level)), ends);
        if !is_marked(sql, level, times)? {
            continue;
        }
        // In the order in which readers take them. Those that take long are not waited for, and have the
        // others wait no longer than this: it is tried again later.
        sql.script("SET LOCAL lock_timeout = '1s'")?;
        for table in &TABLES {
            let (parent, name) = (parent(table, level), name(table, level, part));
            sql.script(&format!(
                "LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE; \
                 LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"
            ))?;
        }
        // Nobody can add to them any more.
        if is_marked(sql, level, times)? {
            let names = TABLES.map(|table| name(&table, level, part)).join(", ");
            sql.script(&format!("DROP TABLE {names}"))?;
        }
    }
    Ok(())
}

/// The numbers of parts that end up to then.
fn old_parts(sql: &mut dyn Sql, level: Level, end: i64) -> Result<Vec<i64>> {
    let text = format!(
        "SELECT c.relname::TEXT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class c \
         ON c.oid = h.inhrelid WHERE h.inhparent = '{}'::regclass",
        parent(&TABLES[0], level)
    );
    let names: Result<Vec<_>> = rows(sql, &text, &[])?.iter_mut().map(Fields::text).collect();
    let mut parts: Vec<_> = names?.iter().filter_map(|name| part_of(name)).collect();
    parts.retain(|part| part.saturating_mul(length(level)) <= end);
    parts.sort_unstable();
    Ok(parts)
}

/// Whether all intervals of a time are to be forgotten, or have been.
fn is_marked(sql: &mut dyn Sql, level: Level, (start, end): (i64, i64)) -> Result<bool> {
    let text = "SELECT COUNT(*) FROM (SELECT 1 FROM perfkit_interval WHERE level = $1 AND at_ns > $2 \
                AND at_ns <= $3 AND rolled NOT IN (3, 4) LIMIT 1) others";
    Ok(number(sql, text, &[level.number().into(), start.into(), end.into()])? == Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_name() {
        for part in [20_000, 0, -3] {
            let name = name(&TABLES[0], Level::Hour, part);
            assert_eq!(part_of(&name), Some(part), "{name}");
        }
        assert_eq!(name(&TABLES[0], Level::Written, -3), "perfkit_operation_0_m3");
    }
}
