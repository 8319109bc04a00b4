//! Keeping an interval.

use super::{
    alerts,
    known::{Known, Series, numbers},
};
use crate::{
    error::{Result, StoreError},
    figures::{BySeries, Figures, Gauge, Place, insert},
    level::Level,
    model::{Instance, Interval},
    sql::{Database, Sql, Value, number},
    time::{length_ns, unix_ns},
};
use perf_core::{MetricValue, Operation, ValueHistogram};
use std::sync::Mutex;

/// How often to begin anew.
const TRIES: u32 = 3;

/// An interval's figures, by the places of their series in a list.
#[derive(Default)]
struct Gathered {
    series: Vec<Series>,
    operations: BySeries<Operation>,
    counters: BySeries<u64>,
    gauges: BySeries<Gauge>,
    distributions: BySeries<ValueHistogram>,
}

impl Gathered {
    /// What happened, and what gauges were.
    fn of(interval: &Interval) -> Self {
        let mut all = Self::default();
        let snapshot = &interval.snapshot;
        for operation in snapshot.operations().iter().filter(|operation| operation.count() > 0) {
            let place = all.place(Series::new(operation.name(), operation.labels()));
            all.operations.insert(place, operation.clone());
        }
        for metric in snapshot.metrics() {
            let series = || Series::new(metric.name(), metric.labels());
            match metric.value() {
                MetricValue::Counter(count) if *count > 0 => {
                    let place = all.place(series());
                    all.counters.insert(place, *count);
                }
                MetricValue::Gauge(value) if !value.is_nan() => {
                    let place = all.place(series());
                    all.gauges.insert(place, Gauge::new(*value, snapshot.taken()));
                }
                MetricValue::Distribution(values) if !values.is_empty() => {
                    let place = all.place(series());
                    all.distributions.insert(place, values.clone());
                }
                _ => {}
            }
        }
        all
    }

    fn place(&mut self, series: Series) -> i64 {
        let place = i64::try_from(self.series.len()).unwrap_or(i64::MAX);
        self.series.push(series);
        place
    }

    fn insert(&self, sql: &mut dyn Sql, place: Place, ids: &[i64]) -> Result {
        sql.make_room(place.level, place.at)?;
        insert(sql, place, &by_id(&self.operations, ids))?;
        insert(sql, place, &by_id(&self.counters, ids))?;
        insert(sql, place, &by_id(&self.gauges, ids))?;
        insert(sql, place, &by_id(&self.distributions, ids))
    }
}

fn by_id<F: Figures + Clone>(by_place: &BySeries<F>, ids: &[i64]) -> BySeries<F> {
    let id = |place: i64| usize::try_from(place).ok().and_then(|place| ids.get(place)).copied();
    by_place.iter().filter_map(|(place, figures)| Some((id(*place)?, figures.clone()))).collect()
}

/// `false` if it was there already.
pub(super) fn write(
    database: &dyn Database,
    known: &Mutex<Known>,
    instance: &Instance,
    interval: &Interval,
) -> Result<bool> {
    let gathered = Gathered::of(interval);
    for _ in 0..TRIES {
        if let Some(is_new) = try_write(database, known, instance, interval, &gathered)? {
            return Ok(is_new);
        }
    }
    Err(StoreError::Unavailable("the store is replaced by another again and again".into()))
}

/// `None` if the database is no longer the one that numbers were looked up in.
fn try_write(
    database: &dyn Database,
    known: &Mutex<Known>,
    instance: &Instance,
    interval: &Interval,
    gathered: &Gathered,
) -> Result<Option<bool>> {
    let numbers = numbers(database, known, instance, &gathered.series)?;
    let (mut is_new, mut is_same) = (false, false);
    database.write(&mut |sql| {
        is_same = database.epoch() == numbers.epoch;
        if !is_same {
            return Ok(());
        }
        let inserted = insert_interval(sql, numbers.instance, interval)?;
        is_new = inserted.is_some();
        let Some(interval_id) = inserted else { return Ok(()) };
        let at = unix_ns(interval.snapshot.taken());
        let place = Place { interval: interval_id, level: Level::Written, at };
        gathered.insert(sql, place, &numbers.series)?;
        alerts::insert(sql, numbers.instance, interval)
    })?;
    Ok(is_same.then_some(is_new))
}

/// Its number, if it was not there.
fn insert_interval(sql: &mut dyn Sql, instance: i64, interval: &Interval) -> Result<Option<i64>> {
    let snapshot = &interval.snapshot;
    let taken = unix_ns(snapshot.taken());
    let values = [
        instance.into(),
        Level::Written.number().into(),
        interval.sequence.into(),
        taken.into(),
        unix_ns(snapshot.started()).into(),
        taken.into(),
        length_ns(snapshot.elapsed()).into(),
        Value::Int(0),
        Value::Int(1),
    ];
    let text = "INSERT INTO perfkit_interval (instance_id, level, sequence, at_ns, started_ns, taken_ns, \
                covered_ns, rolled, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                ON CONFLICT (instance_id, level, sequence) DO NOTHING RETURNING id";
    number(sql, text, &values)
}
