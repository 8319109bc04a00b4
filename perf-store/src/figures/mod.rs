//! What is kept of one series in one interval, in a table for each kind. All of it merges.

mod counter;
mod distribution;
mod gauge;
mod operation;

pub use gauge::Gauge;

use crate::{
    error::Result,
    sql::{Fields, Sql, Table, Value},
};
use std::collections::BTreeMap;

/// A kind of figures, which has a table. Its first two columns are the interval and the series.
pub(crate) trait Figures: Sized {
    const TABLE: Table;

    /// The columns after the first two.
    fn to_values(&self) -> Vec<Value>;

    fn from_fields(fields: &mut Fields) -> Result<Self>;

    fn merge(&mut self, other: &Self);
}

/// Figures by the ids of their series.
pub(crate) type BySeries<F> = BTreeMap<i64, F>;

/// Adds a series' figures.
pub(crate) fn add<F: Figures>(all: &mut BySeries<F>, series: i64, figures: F) {
    match all.get_mut(&series) {
        Some(known) => known.merge(&figures),
        None => drop(all.insert(series, figures)),
    }
}

/// The columns that figures are read from.
pub(crate) fn columns<F: Figures>() -> String {
    let names: Vec<_> =
        F::TABLE.columns.iter().skip(2).map(|(name, _)| format!("f.{name}")).collect();
    names.join(", ")
}

/// Puts in the figures of an interval that has none yet.
pub(crate) fn insert<F: Figures>(sql: &mut dyn Sql, interval: i64, all: &BySeries<F>) -> Result {
    if all.is_empty() {
        return Ok(());
    }
    let mut rows = all.iter().map(|(series, figures)| {
        let mut values = vec![Value::Int(interval), Value::Int(*series)];
        values.extend(figures.to_values());
        values
    });
    sql.insert(&F::TABLE, &mut rows)
}

/// Infinities on both sides add up to what no column takes.
fn finite_or_zero(sum: f64) -> f64 {
    if sum.is_nan() { 0.0 } else { sum }
}
