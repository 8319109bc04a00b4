//! Forgetting what is old.

use crate::{
    error::Result,
    figures::TABLES,
    level::Level,
    sql::{Database, Lock, Sql},
    time::{down_to_multiple, length_ns, unix_ns},
};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(86_400);

/// How long what is stored is kept. Shorter intervals are kept no longer than longer ones.
///
/// ```
/// use perf_store::Retention;
/// use std::time::Duration;
/// let retention = Retention { hours: Duration::from_secs(7 * 86_400), ..Retention::days(30) };
/// assert_eq!(Retention::default(), Retention::days(30));
/// assert!(retention.intervals < retention.hours && retention.hours < retention.days);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Intervals as they were written, once they are in an hour.
    pub intervals: Duration,
    /// Hours, once they are in a day.
    pub hours: Duration,
    /// Everything: days, alerts and changes of health, too.
    pub days: Duration,
}

impl Default for Retention {
    /// 30 days.
    fn default() -> Self {
        Self::days(30)
    }
}

impl Retention {
    /// Everything for so many days, but intervals as they were written for three at most.
    #[must_use]
    pub fn days(days: u32) -> Self {
        Self { intervals: DAY * days.min(3), hours: DAY * days, days: DAY * days }
    }
}

pub(super) fn retain(
    database: &dyn Database,
    now: SystemTime,
    retention: &Retention,
) -> Result<u64> {
    let hours = retention.hours.min(retention.days);
    let kept = [(Level::Written, retention.intervals.min(hours)), (Level::Hour, hours)];
    let mut forgotten = 0;
    database.write(&mut |sql| {
        forgotten = 0;
        if !sql.lock(Lock::Upkeep, false)? {
            return Ok(());
        }
        for (level, kept) in kept {
            forgotten += forget_parts(sql, level, before(now, kept))?;
        }
        forgotten += forget_all(sql, before(now, retention.days))?;
        forget_instances(sql, before(now, retention.days.max(DAY)))?;
        Ok(())
    })?;
    Ok(forgotten)
}

fn before(now: SystemTime, kept: Duration) -> i64 {
    unix_ns(now).saturating_sub(length_ns(kept))
}

/// Forgets what is contained in hours or days, a whole day of it at once.
fn forget_parts(sql: &mut dyn Sql, level: Level, before: i64) -> Result<u64> {
    let Some(above) = level.above() else { return Ok(0) };
    let end = down_to_multiple(before, Level::Day.length_ns());
    sql.execute(
        "UPDATE perfkit_interval SET rolled = 3 WHERE level = $1 AND rolled = 1 AND at_ns <= $2",
        &[level.number().into(), end.into()],
    )?;
    forget_figures(sql, level, end)?;
    let forgotten = forget_marked(sql)?;
    sql.execute(
        "UPDATE perfkit_interval SET leaf = 1 WHERE level = $1 AND leaf = 0 AND at_ns <= $2",
        &[above.number().into(), end.into()],
    )?;
    Ok(forgotten)
}

fn forget_all(sql: &mut dyn Sql, before: i64) -> Result<u64> {
    let end = down_to_multiple(before, Level::Day.length_ns());
    sql.execute("DELETE FROM perfkit_interval WHERE rolled = 4 AND at_ns <= $1", &[end.into()])?;
    sql.execute("UPDATE perfkit_interval SET rolled = 3 WHERE at_ns <= $1", &[end.into()])?;
    sql.execute("DELETE FROM perfkit_alert WHERE at_ns <= $1", &[end.into()])?;
    sql.execute("DELETE FROM perfkit_health WHERE at_ns <= $1", &[end.into()])?;
    for level in [Level::Written, Level::Hour, Level::Day] {
        forget_figures(sql, level, end)?;
    }
    sql.execute(DELETE_MARKED, &[])
}

/// Instances of which nothing is left. One that has just been put in has nothing yet.
fn forget_instances(sql: &mut dyn Sql, before: i64) -> Result {
    let text = "DELETE FROM perfkit_instance WHERE known_ns <= $1 AND NOT EXISTS \
                (SELECT 1 FROM perfkit_interval WHERE instance_id = perfkit_instance.id)";
    sql.execute(text, &[before.into()]).map(drop)
}

/// What came late, and is contained in an hour or day whose parts are forgotten.
pub(super) fn forget_below(
    sql: &mut dyn Sql,
    instance: i64,
    level: Level,
    (start, end): (i64, i64),
) -> Result {
    sql.execute(
        "UPDATE perfkit_interval SET rolled = 3 WHERE instance_id = $1 AND level < $2 AND rolled = 1 \
         AND at_ns > $3 AND at_ns <= $4",
        &[instance.into(), level.number().into(), start.into(), end.into()],
    )?;
    for table in TABLES {
        let text = format!(
            "DELETE FROM {} AS f WHERE f.level < $1 AND f.at_ns > $2 AND f.at_ns <= $3 AND {IS_MARKED}",
            table.name
        );
        sql.execute(&text, &[level.number().into(), start.into(), end.into()])?;
    }
    forget_marked(sql).map(drop)
}

const DELETE_MARKED: &str = "DELETE FROM perfkit_interval WHERE rolled = 3";

/// Of what was written the number stays, or it would count again where somebody who had no answer offers
/// it once more.
fn forget_marked(sql: &mut dyn Sql) -> Result<u64> {
    let keep = "UPDATE perfkit_interval SET rolled = 4 WHERE rolled = 3 AND level = $1";
    let kept = sql.execute(keep, &[Level::Written.number().into()])?;
    Ok(kept + sql.execute(DELETE_MARKED, &[])?)
}

/// Marked first, so that what others write meanwhile is not taken apart.
const IS_MARKED: &str = "f.interval_id IN (SELECT id FROM perfkit_interval WHERE rolled = 3)";

/// Of a level, and up to then. Whole parts of a table are dropped, which costs the same however much is in
/// them.
fn forget_figures(sql: &mut dyn Sql, level: Level, end: i64) -> Result {
    for table in TABLES {
        sql.drop_parts(&table, level, end)?;
        let text = format!(
            "DELETE FROM {} AS f WHERE f.level = $1 AND f.at_ns <= $2 AND {IS_MARKED}",
            table.name
        );
        sql.execute(&text, &[level.number().into(), end.into()])?;
    }
    Ok(())
}
