//! Tables in parts by time, so that what is old is dropped as a whole, whatever its size.
//!
//! Each table of figures is in parts by level (made with the schema), and each of those in parts that end
//! at multiples of a length.

use crate::{
    error::Result,
    figures::TABLES,
    level::Level,
    sql::{Lock, Sql, Table, number, rows},
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
        // What ends with a part is in it, and PostgreSQL's ends are not.
        let (from, to) =
            (end.saturating_sub(length(level)).saturating_add(1), end.saturating_add(1));
        sql.script(&format!(
            "CREATE TABLE IF NOT EXISTS {name} PARTITION OF {} FOR VALUES FROM ({from}) TO ({to})",
            parent(table, level)
        ))?;
    }
    Ok(())
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

/// Drops the parts that end up to then, of whose intervals all are marked.
pub(super) fn drop_whole(sql: &mut dyn Sql, table: &Table, level: Level, end: i64) -> Result {
    let text = format!(
        "SELECT c.relname::TEXT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class c \
         ON c.oid = h.inhrelid WHERE h.inhparent = '{}'::regclass",
        parent(table, level)
    );
    for mut row in rows(sql, &text, &[])? {
        let name = row.text()?;
        let Some(part) = part_of(&name) else { continue };
        let ends = part.saturating_mul(length(level));
        if ends <= end {
            drop_if_marked(sql, &name, level, (ends.saturating_sub(length(level)), ends))?;
        }
    }
    Ok(())
}

/// Looks at the intervals once nobody can add to the part any more.
fn drop_if_marked(sql: &mut dyn Sql, name: &str, level: Level, (start, end): (i64, i64)) -> Result {
    // Readers that take long are not waited for: it is tried again later.
    sql.script(&format!(
        "SET LOCAL lock_timeout = '5s'; LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"
    ))?;
    let text = "SELECT COUNT(*) FROM (SELECT 1 FROM perfkit_interval WHERE level = $1 AND at_ns > $2 \
                AND at_ns <= $3 AND rolled NOT IN (3, 4) LIMIT 1) others";
    let others = number(sql, text, &[level.number().into(), start.into(), end.into()])?;
    if others == Some(0) {
        sql.script(&format!("DROP TABLE {name}"))?;
    }
    Ok(())
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
