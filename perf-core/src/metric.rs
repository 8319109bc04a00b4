//! What a snapshot knows of one counter, gauge or distribution.

use crate::{directory::Series, instruments::Description, values::ValueHistogram};
use std::{sync::Arc, time::SystemTime};

/// One counter, gauge or distribution, as it was when the snapshot was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub(crate) series: Series,
    pub(crate) value: MetricValue,
    pub(crate) description: Option<Arc<Description>>,
    /// When it was read: of two gauges, the later one is what is.
    pub(crate) taken: SystemTime,
}

/// What a metric is, and its value.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// A count that only rises.
    Counter(u64),
    /// A number that rises and falls.
    Gauge(f64),
    /// A distribution of values.
    Distribution(ValueHistogram),
}

impl MetricValue {
    fn rank(&self) -> u8 {
        match self {
            Self::Counter(_) => 0,
            Self::Gauge(_) => 1,
            Self::Distribution(_) => 2,
        }
    }
}

impl Metric {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.series.name
    }

    /// Its labels, sorted by key.
    #[must_use]
    pub fn labels(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.series.labels
    }

    /// Its name, with its labels where it has some: `hits{cache="users"}`.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.series.to_string()
    }

    /// What it is, and its value.
    #[must_use]
    pub fn value(&self) -> &MetricValue {
        &self.value
    }

    /// Its unit as a UCUM code (`By`, `1`, `%`), where one was given.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.description.as_ref()?.unit.as_deref()
    }

    /// What was said of it.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_ref().map(|description| &*description.text)
    }

    /// By name, then labels, then kind.
    pub(crate) fn key(&self) -> (&Series, u8) {
        (&self.series, self.value.rank())
    }

    /// Adds what another process knows of it. Of two gauges the later one counts; of two read at once,
    /// the larger.
    pub(crate) fn merge(&mut self, other: &Self) {
        match (&mut self.value, &other.value) {
            (MetricValue::Counter(ours), MetricValue::Counter(theirs)) => {
                *ours = ours.saturating_add(*theirs);
            }
            (MetricValue::Gauge(ours), MetricValue::Gauge(theirs)) => {
                let order = self.taken.cmp(&other.taken).then(ours.total_cmp(theirs));
                *ours = if order.is_lt() { *theirs } else { *ours };
            }
            (MetricValue::Distribution(ours), MetricValue::Distribution(theirs)) => {
                ours.merge(theirs);
            }
            _ => {}
        }
        self.taken = self.taken.max(other.taken);
        // The order of merging must not matter.
        if other.description > self.description {
            self.description.clone_from(&other.description);
        }
    }

    /// What came after `earlier`; a gauge stays as it is.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let value = match (&self.value, &earlier.value) {
            (MetricValue::Counter(now), MetricValue::Counter(before)) => {
                MetricValue::Counter(now.saturating_sub(*before))
            }
            (MetricValue::Distribution(now), MetricValue::Distribution(before)) => {
                MetricValue::Distribution(now.since(before))
            }
            (now, _) => now.clone(),
        };
        Self { value, ..self.clone() }
    }
}
