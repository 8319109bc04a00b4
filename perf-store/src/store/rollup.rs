//! Minutes into hours, hours into days, by merging.
//!
//! An hour of an instance is rolled up in one transaction, which only one process at a time has. What is
//! merged is marked first, so that what others write meanwhile is left for the next time. It may be called
//! again and again, and what comes late is merged into the hour that is there, and into its day.

use crate::{
    error::{Result, StoreError},
    figures::{AT_PLACE, BySeries, Figures, Gauge, Place, Unreadable, add, columns, insert},
    level::Level,
    sql::{Database, Fields, Lock, Sql, Value, number, rows},
    time::unix_ns,
};
use perf_core::{Operation, ValueHistogram};
use std::time::SystemTime;

/// What ends only just now may be on its way.
const GRACE_NS: i64 = 120_000_000_000;

/// How far a roll-up came.
///
/// ```
/// # let file = std::env::temp_dir().join(format!("perfkit-rollup-{}.db", std::process::id()));
/// let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// let rolled = store.roll_up(std::time::SystemTime::now(), 100)?;
/// assert!(rolled.is_done);
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RolledUp {
    /// How many hours and days were made or added to, of one instance each.
    pub merged: usize,
    /// Whether nothing is left to be done.
    pub is_done: bool,
    /// Whether it stopped because another process is at it.
    pub is_busy: bool,
}

pub(super) fn roll_up(
    database: &dyn Database,
    now: SystemTime,
    at_most: usize,
) -> Result<RolledUp> {
    let now = unix_ns(now).saturating_sub(GRACE_NS);
    let mut so_far = RolledUp::default();
    while so_far.merged < at_most {
        let mut found = None;
        let mut is_free = true;
        database.write(&mut |sql| {
            is_free = sql.lock(Lock::Upkeep, false)?;
            found = if is_free { oldest(sql, now)? } else { None };
            found.as_ref().map_or(Ok(()), |bucket| roll(sql, bucket))
        })?;
        if found.is_none() {
            return Ok(RolledUp { is_done: is_free, is_busy: !is_free, ..so_far });
        }
        so_far.merged += 1;
    }
    Ok(so_far)
}

/// An hour or day of an instance.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    instance: i64,
    level: Level,
    /// The level of what it is made of.
    of: Level,
    end: i64,
}

impl Bucket {
    fn start(&self) -> i64 {
        self.end.saturating_sub(self.level.length_ns())
    }

    fn place(&self, interval: i64) -> Place {
        Place { interval, level: self.level, at: self.end }
    }

    /// The values of a condition on what it is made of.
    fn range(&self) -> [Value; 4] {
        [self.instance.into(), self.of.number().into(), self.start().into(), self.end.into()]
    }
}

/// The condition.
const IN_RANGE: &str = "i.instance_id = $1 AND i.level = $2 AND i.at_ns > $3 AND i.at_ns <= $4";

/// The first bucket that has ended and has something to merge.
fn oldest(sql: &mut dyn Sql, now: i64) -> Result<Option<Bucket>> {
    for of in [Level::Written, Level::Hour] {
        let Some(level) = of.above() else { continue };
        let ended = crate::time::down_to_multiple(now, level.length_ns());
        let text = "SELECT instance_id, at_ns FROM perfkit_interval WHERE level = $1 AND rolled = 0 \
                    AND at_ns <= $2 ORDER BY at_ns LIMIT 1";
        let found = rows(sql, text, &[of.number().into(), ended.into()])?;
        if let Some(mut row) = found.into_iter().next() {
            let (instance, at) = (row.int()?, row.int()?);
            return Ok(Some(Bucket { instance, level, of, end: level.end_of(at) }));
        }
    }
    Ok(None)
}

/// When intervals began and ended, and how long they were together.
#[derive(Clone, Copy, Debug)]
struct Times {
    started: i64,
    taken: i64,
    covered: i64,
}

impl Times {
    fn and(self, other: Self) -> Self {
        Self {
            started: self.started.min(other.started),
            taken: self.taken.max(other.taken),
            covered: self.covered.saturating_add(other.covered),
        }
    }

    fn from_fields(row: &mut Fields) -> Result<Self> {
        Ok(Self { started: row.int()?, taken: row.int()?, covered: row.int()? })
    }
}

/// What is merged into a bucket.
struct Merged {
    times: Times,
    operations: BySeries<Operation>,
    counters: BySeries<u64>,
    gauges: BySeries<Gauge>,
    distributions: BySeries<ValueHistogram>,
}

fn roll(sql: &mut dyn Sql, bucket: &Bucket) -> Result {
    // Only what is marked is merged.
    let mark =
        format!("UPDATE perfkit_interval AS i SET rolled = 2 WHERE {IN_RANGE} AND rolled = 0");
    sql.execute(&mark, &bucket.range())?;
    let merged = Merged {
        times: marked_times(sql, bucket)?,
        operations: marked(sql, bucket)?,
        counters: marked(sql, bucket)?,
        gauges: marked(sql, bucket)?,
        distributions: marked(sql, bucket)?,
    };
    let done =
        format!("UPDATE perfkit_interval AS i SET rolled = 1 WHERE {IN_RANGE} AND rolled = 2");
    sql.execute(&done, &bucket.range())?;
    let is_leaf = merge_into(sql, bucket, &merged)?;
    if is_leaf {
        super::retention::forget_below(
            sql,
            bucket.instance,
            bucket.level,
            (bucket.start(), bucket.end),
        )?;
    }
    Ok(())
}

fn marked_times(sql: &mut dyn Sql, bucket: &Bucket) -> Result<Times> {
    let text = format!(
        "SELECT started_ns, taken_ns, covered_ns FROM perfkit_interval i WHERE {IN_RANGE} AND rolled = 2"
    );
    let mut all: Option<Times> = None;
    sql.each(&text, &bucket.range(), &mut |mut row| {
        let times = Times::from_fields(&mut row)?;
        all = Some(all.map_or(times, |all| all.and(times)));
        Ok(())
    })?;
    Ok(all.unwrap_or(Times { started: bucket.start(), taken: bucket.end, covered: 0 }))
}

fn marked<F: Figures>(sql: &mut dyn Sql, bucket: &Bucket) -> Result<BySeries<F>> {
    let text = format!(
        "SELECT f.series_id, {} FROM perfkit_interval i JOIN {} f ON f.interval_id = i.id \
         AND f.level = i.level AND f.at_ns = i.at_ns WHERE {IN_RANGE} AND i.rolled = 2 \
         AND f.level = $2 AND f.at_ns > $3 AND f.at_ns <= $4",
        columns::<F>(),
        F::TABLE.name,
    );
    by_series(sql, &text, &bucket.range())
}

fn by_series<F: Figures>(sql: &mut dyn Sql, text: &str, values: &[Value]) -> Result<BySeries<F>> {
    let (mut all, mut unreadable) = (BySeries::new(), Unreadable::default());
    sql.each(text, values, &mut |mut row| {
        let series = row.int()?;
        if let Some(figures) = unreadable.unless(F::from_fields(&mut row)) {
            add(&mut all, series, figures);
        }
        Ok(())
    })?;
    Ok(all)
}

/// An hour or day that is there.
struct Found {
    id: i64,
    is_rolled: bool,
    is_leaf: bool,
    times: Times,
}

/// Whether the bucket's own parts have been forgotten.
fn merge_into(sql: &mut dyn Sql, bucket: &Bucket, merged: &Merged) -> Result<bool> {
    let Some(found) = find(sql, bucket)? else {
        let id = create(sql, bucket, merged.times)?;
        return put(sql, bucket.place(id), merged).map(|()| false);
    };
    let times = found.times.and(merged.times);
    sql.execute(
        "UPDATE perfkit_interval SET started_ns = $1, taken_ns = $2, covered_ns = $3 WHERE id = $4",
        &[times.started.into(), times.taken.into(), times.covered.into(), found.id.into()],
    )?;
    put(sql, bucket.place(found.id), merged)?;
    if let (true, Some(above)) = (found.is_rolled, bucket.level.above()) {
        // The day that has the hour must have what came late, too.
        let end = above.end_of(bucket.end);
        merge_into(sql, &Bucket { level: above, of: bucket.level, end, ..*bucket }, merged)?;
    }
    Ok(found.is_leaf)
}

fn find(sql: &mut dyn Sql, bucket: &Bucket) -> Result<Option<Found>> {
    let text = "SELECT id, rolled, leaf, started_ns, taken_ns, covered_ns FROM perfkit_interval \
                WHERE instance_id = $1 AND level = $2 AND sequence = $3";
    let row = rows(sql, text, &number_of(bucket))?.into_iter().next();
    row.map(|mut row| {
        let (id, rolled, leaf) = (row.int()?, row.int()?, row.int()?);
        let times = Times::from_fields(&mut row)?;
        Ok(Found { id, is_rolled: rolled != 0, is_leaf: leaf != 0, times })
    })
    .transpose()
}

/// An hour's or day's number is that since 1970.
fn number_of(bucket: &Bucket) -> [Value; 3] {
    let sequence = bucket.end / bucket.level.length_ns();
    [bucket.instance.into(), bucket.level.number().into(), sequence.into()]
}

fn create(sql: &mut dyn Sql, bucket: &Bucket, times: Times) -> Result<i64> {
    let [instance, level, sequence] = number_of(bucket);
    let values = [
        instance,
        level,
        sequence,
        bucket.end.into(),
        times.started.into(),
        times.taken.into(),
        times.covered.into(),
    ];
    let text = "INSERT INTO perfkit_interval (instance_id, level, sequence, at_ns, started_ns, taken_ns, \
                covered_ns, rolled, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0) RETURNING id";
    let id = number(sql, text, &values)?;
    id.ok_or_else(|| StoreError::Failed("an hour or day cannot be put into the store".into()))
}

fn put(sql: &mut dyn Sql, place: Place, merged: &Merged) -> Result {
    sql.make_room(place.level, place.at)?;
    put_kind(sql, place, &merged.operations)?;
    put_kind(sql, place, &merged.counters)?;
    put_kind(sql, place, &merged.gauges)?;
    put_kind(sql, place, &merged.distributions)
}

/// Adds to the figures that an interval has.
fn put_kind<F: Figures + Clone>(sql: &mut dyn Sql, place: Place, merged: &BySeries<F>) -> Result {
    if merged.is_empty() {
        return Ok(());
    }
    let (columns, table) = (columns::<F>(), F::TABLE.name);
    let text = format!("SELECT f.series_id, {columns} FROM {table} f WHERE {AT_PLACE}");
    let mut all: BySeries<F> = by_series(sql, &text, &place.values())?;
    if !all.is_empty() {
        sql.execute(&format!("DELETE FROM {table} AS f WHERE {AT_PLACE}"), &place.values())?;
    }
    for (series, figures) in merged {
        add(&mut all, *series, figures.clone());
    }
    insert(sql, place, &all)
}
