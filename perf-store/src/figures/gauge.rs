//! Readings of a gauge.

use super::{Figures, finite_or_zero};
use crate::{
    error::Result,
    sql::{
        Fields,
        Kind::{Int, Real},
        Table, Value,
    },
    time::{time, unix_ns},
};
use std::time::SystemTime;

/// What a gauge was over some time, of some instances.
///
/// ```
/// use std::time::SystemTime;
/// let gauge = perf_store::Gauge::new(3.0, SystemTime::now());
/// assert_eq!((gauge.last, gauge.mean(), gauge.readings), (3.0, 3.0, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// The last reading; of two at one time, the larger.
    pub last: f64,
    /// When that was.
    pub at: SystemTime,
    /// The smallest reading.
    pub min: f64,
    /// The largest reading.
    pub max: f64,
    /// All readings added up.
    pub sum: f64,
    /// How many readings there were: one an interval and instance.
    pub readings: u64,
}

impl Gauge {
    /// One reading.
    #[must_use]
    pub fn new(value: f64, at: SystemTime) -> Self {
        Self { last: value, at, min: value, max: value, sum: value, readings: 1 }
    }

    /// The mean of the readings.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.readings as f64
    }
}

impl Figures for Gauge {
    const TABLE: Table = Table {
        name: "perfkit_gauge",
        columns: &[
            ("interval_id", Int),
            ("series_id", Int),
            ("level", Int),
            ("at_ns", Int),
            ("last_ns", Int),
            ("last", Real),
            ("least", Real),
            ("most", Real),
            ("total", Real),
            ("readings", Int),
        ],
    };

    fn to_values(&self) -> Vec<Value> {
        vec![
            unix_ns(self.at).into(),
            self.last.into(),
            self.min.into(),
            self.max.into(),
            finite_or_zero(self.sum).into(),
            self.readings.into(),
        ]
    }

    fn from_fields(fields: &mut Fields) -> Result<Self> {
        Ok(Self {
            at: time(fields.int()?),
            last: fields.real()?,
            min: fields.real()?,
            max: fields.real()?,
            sum: fields.real()?,
            readings: fields.count()?,
        })
    }

    fn merge(&mut self, other: &Self) {
        if (self.at, self.last) < (other.at, other.last) {
            (self.at, self.last) = (other.at, other.last);
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.readings = self.readings.saturating_add(other.readings);
    }
}
