//! What is kept of one series in one interval, in a table for each kind. All of it merges.

mod counter;
mod distribution;
mod gauge;
mod operation;

pub use gauge::Gauge;

use crate::{
    error::Result,
    level::Level,
    sql::{Fields, Sql, Table, Value},
};
use perf_core::{Operation, ValueHistogram};
use std::collections::BTreeMap;

/// A kind of figures, which has a table. Its first columns are the interval, the series, and the
/// interval's level and time.
pub(crate) trait Figures: Send + Sized {
    const TABLE: Table;

    /// The columns after those.
    fn to_values(&self) -> Vec<Value>;

    fn from_fields(fields: &mut Fields) -> Result<Self>;

    fn merge(&mut self, other: &Self);
}

/// How many columns all tables have.
const KEYS: usize = 4;

/// All tables of figures, in the order in which they are written to.
pub(crate) const TABLES: [Table; 4] = [
    <Operation as Figures>::TABLE,
    <u64 as Figures>::TABLE,
    <Gauge as Figures>::TABLE,
    <ValueHistogram as Figures>::TABLE,
];

/// Where figures belong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The interval's number.
    pub(crate) interval: i64,
    pub(crate) level: Level,
    /// When it ended.
    pub(crate) at: i64,
}

impl Place {
    /// The values of [`AT_PLACE`].
    pub(crate) fn values(&self) -> [Value; 3] {
        [self.interval.into(), self.level.number().into(), self.at.into()]
    }
}

/// The condition for being there. The interval would do, but not for finding the part of the table.
pub(crate) const AT_PLACE: &str = "f.interval_id = $1 AND f.level = $2 AND f.at_ns = $3";

/// Figures by the ids of their series.
pub(crate) type BySeries<F> = BTreeMap<i64, F>;

/// Adds a series' figures.
pub(crate) fn add<F: Figures>(all: &mut BySeries<F>, series: i64, figures: F) {
    match all.get_mut(&series) {
        Some(known) => known.merge(&figures),
        None => drop(all.insert(series, figures)),
    }
}

/// Rows that hold what perfkit never wrote. They are left out, or nothing could be read, rolled up or
/// forgotten because of one of them.
#[derive(Debug, Default)]
pub(crate) struct Unreadable(bool);

impl Unreadable {
    /// What a row holds; the first one that cannot be read is told of.
    pub(crate) fn unless<F>(&mut self, read: Result<F>) -> Option<F> {
        match read {
            Ok(figures) => Some(figures),
            Err(error) => {
                if !std::mem::replace(&mut self.0, true) {
                    tracing::error!(target: "perf::store", "a row of the store is left out: {error}");
                }
                None
            }
        }
    }
}

/// The columns that figures are read from.
pub(crate) fn columns<F: Figures>() -> String {
    let names: Vec<_> =
        F::TABLE.columns.iter().skip(KEYS).map(|(name, _)| format!("f.{name}")).collect();
    names.join(", ")
}

/// Puts in the figures of an interval that has none yet.
pub(crate) fn insert<F: Figures>(sql: &mut dyn Sql, place: Place, all: &BySeries<F>) -> Result {
    if all.is_empty() {
        return Ok(());
    }
    let mut rows = all.iter().map(|(series, figures)| {
        let [interval, level, at] = place.values();
        let mut values = vec![interval, Value::Int(*series), level, at];
        values.extend(figures.to_values());
        values
    });
    sql.insert(&F::TABLE, &mut rows)
}

/// Infinities on both sides add up to what no column takes.
fn finite_or_zero(sum: f64) -> f64 {
    if sum.is_nan() { 0.0 } else { sum }
}
