//! Forgetting what is old.

use crate::{
    error::Result,
    figures::TABLES,
    level::Level,
    sql::{Database, Lock, Sql, number},
    time::{down_to_multiple, length_ns, unix_ns},
};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(86_400);

/// How long what is stored is kept. Shorter intervals are kept no longer than longer ones. Whole days (UTC) are
/// forgotten, once all of them is old enough.
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

/// A day of a level at a time, each in a transaction of its own: nobody waits for long.
pub(super) fn retain(
    database: &dyn Database,
    now: SystemTime,
    retention: &Retention,
) -> Result<u64> {
    let hours = retention.hours.min(retention.days);
    let all = before(now, retention.days);
    let passes = [
        (Level::Written, What::Contained, before(now, retention.intervals.min(hours))),
        (Level::Hour, What::Contained, before(now, hours)),
        (Level::Written, What::Everything, all),
        (Level::Hour, What::Everything, all),
        (Level::Day, What::Everything, all),
    ];
    let mut forgotten = 0;
    for (level, what, before) in passes {
        while let Some(count) = forget_oldest_day(database, level, what, before)? {
            forgotten += count;
        }
    }
    database.write(&mut |sql| {
        if !sql.lock(Lock::Upkeep, false)? {
            return Ok(());
        }
        for table in ["perfkit_alert", "perfkit_health"] {
            sql.execute(&format!("DELETE FROM {table} WHERE at_ns <= $1"), &[all.into()])?;
        }
        let kept = "DELETE FROM perfkit_interval WHERE rolled = 4 AND at_ns <= $1";
        sql.execute(kept, &[all.into()])?;
        forget_instances(sql, before(now, retention.days.max(DAY)))
    })?;
    Ok(forgotten)
}

/// What of a level is forgotten.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// What is contained in the level above.
    Contained,
    /// That, and what never was.
    Everything,
}

/// The end of the last day that is old enough.
fn before(now: SystemTime, kept: Duration) -> i64 {
    let before = unix_ns(now).saturating_sub(length_ns(kept));
    down_to_multiple(before, Level::Day.length_ns())
}

/// How many intervals; `None` where there is nothing to forget, or another process is at it.
fn forget_oldest_day(
    database: &dyn Database,
    level: Level,
    what: What,
    before: i64,
) -> Result<Option<u64>> {
    let is_wanted = match what {
        What::Contained => "rolled = 1",
        What::Everything => "rolled <> 4",
    };
    let mut forgotten = None;
    database.write(&mut |sql| {
        forgotten = None;
        if !sql.lock(Lock::Upkeep, false)? {
            return Ok(());
        }
        let text = format!(
            "SELECT MIN(at_ns) FROM perfkit_interval WHERE level = $1 AND {is_wanted} AND at_ns <= $2"
        );
        let oldest = number(sql, &text, &[level.number().into(), before.into()])?;
        let Some(end) = oldest.map(|at| Level::Day.end_of(at)) else { return Ok(()) };
        let day = (end.saturating_sub(Level::Day.length_ns()), end);
        let mark = format!(
            "UPDATE perfkit_interval SET rolled = 3 WHERE level = $1 AND {is_wanted} \
             AND at_ns > $2 AND at_ns <= $3"
        );
        sql.execute(&mark, &[level.number().into(), day.0.into(), day.1.into()])?;
        forgotten = Some(forget_day(sql, level, what, day)?);
        Ok(())
    })?;
    Ok(forgotten)
}

/// Forgets what is marked. What is above it contains nothing that is still there, then.
fn forget_day(
    sql: &mut dyn Sql,
    level: Level,
    what: What,
    (start, end): (i64, i64),
) -> Result<u64> {
    let times = [level.number().into(), start.into(), end.into()];
    sql.drop_parts(level, end)?;
    for table in TABLES {
        let text = format!(
            "DELETE FROM {} AS f WHERE f.level = $1 AND f.at_ns > $2 AND f.at_ns <= $3 AND {IS_MARKED}",
            table.name
        );
        sql.execute(&text, &times)?;
    }
    if let Some(above) = level.above() {
        sql.execute(
            "UPDATE perfkit_interval SET leaf = 1 WHERE level = $1 AND leaf = 0 AND at_ns > $2 \
             AND at_ns <= $3",
            &[above.number().into(), start.into(), end.into()],
        )?;
    }
    match what {
        What::Contained => forget_marked(sql),
        What::Everything => sql.execute(DELETE_MARKED, &[]),
    }
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
