//! Snapshots made smaller, for whoever keeps many.

use crate::{
    metric::{Metric, MetricValue},
    operation::Operation,
    snapshot::Snapshot,
};
use std::{collections::BTreeMap, time::SystemTime};

impl Snapshot {
    /// What happened, and no more than that, for whoever keeps many: operations with calls, counters
    /// and distributions that are not empty, with at most `digits` significant digits (1 to 5). What
    /// only [is](Self::state), and the calls under way, are left out.
    ///
    /// ```
    /// use std::time::Duration;
    /// let registry = perf_core::Registry::new();
    /// registry.record("work", Duration::from_millis(2));
    /// registry.gauge("depth", &[]).set(3.0);
    /// let condensed = registry.snapshot().condensed(2);
    /// assert_eq!(condensed.get("work").unwrap().histogram().digits(), 2);
    /// assert!(condensed.metrics().is_empty());
    /// ```
    #[must_use]
    pub fn condensed(mut self, digits: u8) -> Self {
        self.descriptions = BTreeMap::new();
        self.operations.retain(|operation| operation.count() > 0);
        self.operations.iter_mut().for_each(|operation| condense(operation, digits));
        self.operations.shrink_to_fit();
        self.metrics.retain(happened);
        for metric in &mut self.metrics {
            if let MetricValue::Distribution(values) = &mut metric.value {
                values.keep_digits(digits);
            }
        }
        self.metrics.shrink_to_fit();
        self
    }

    /// What is, not what happened: the gauges, and what is said of names. Merged with what is
    /// [condensed](Self::condensed), it makes it whole again.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// registry.record("work", std::time::Duration::from_millis(2));
    /// registry.gauge("depth", &[]).set(3.0);
    /// let state = registry.snapshot().state();
    /// assert_eq!((state.gauge("depth", &[]), state.operations().len()), (Some(3.0), 0));
    /// ```
    #[must_use]
    pub fn state(&self) -> Self {
        let is_gauge = |metric: &&Metric| matches!(metric.value, MetricValue::Gauge(_));
        Self {
            started: self.started,
            taken: self.taken,
            lost: 0,
            operations: Vec::new(),
            metrics: self.metrics.iter().filter(is_gauge).cloned().collect(),
            descriptions: self.descriptions.clone(),
        }
    }

    /// The same, of another time: for clocks that were set, and for tests that write times down.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// let start = SystemTime::UNIX_EPOCH;
    /// let minute = Duration::from_secs(60);
    /// let snapshot = perf_core::Registry::new().snapshot().dated(start, start + minute);
    /// assert_eq!(snapshot.elapsed(), minute);
    /// ```
    #[must_use]
    pub fn dated(mut self, started: SystemTime, taken: SystemTime) -> Self {
        (self.started, self.taken) = (started, taken);
        self.metrics.iter_mut().for_each(|metric| metric.taken = taken);
        self
    }
}

fn condense(operation: &mut Operation, digits: u8) {
    operation.in_flight = None;
    operation.callers.shrink_to_fit();
    operation.histogram.keep_digits(digits);
    operation.histogram.shrink();
}

fn happened(metric: &Metric) -> bool {
    match &metric.value {
        MetricValue::Counter(count) => *count > 0,
        MetricValue::Gauge(_) => false,
        MetricValue::Distribution(values) => !values.is_empty() || values.refused() > 0,
    }
}
