//! Keeping an interval.

use super::{
    alerts,
    known::{Known, Series, numbers},
};
use crate::{
    error::Result,
    figures::{BySeries, Figures, Gauge, insert},
    level::Level,
    model::{Instance, Interval},
    sql::{Database, Sql, Value, number},
    time::{length_ns, unix_ns},
};
use perf_core::{MetricValue, Operation, ValueHistogram};
use std::sync::Mutex;

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

    fn insert(&self, sql: &mut dyn Sql, interval: i64, ids: &[i64]) -> Result {
        insert(sql, interval, &by_id(&self.operations, ids))?;
        insert(sql, interval, &by_id(&self.counters, ids))?;
        insert(sql, interval, &by_id(&self.gauges, ids))?;
        insert(sql, interval, &by_id(&self.distributions, ids))
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
    let (instance, ids) = numbers(database, known, instance, &gathered.series)?;
    let mut is_new = false;
    database.write(&mut |sql| {
        let inserted = insert_interval(sql, instance, interval)?;
        is_new = inserted.is_some();
        let Some(id) = inserted else { return Ok(()) };
        gathered.insert(sql, id, &ids)?;
        alerts::insert(sql, instance, interval)
    })?;
    Ok(is_new)
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
