//! Windows that are written down.

use perf_core::{MetricParts, MetricValue, OperationParts, Snapshot, SnapshotParts};
use perf_monitor::{
    alert::Alert,
    rules::{Rule, Rules, Source, Statistic},
};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const MILLISECOND: u64 = 1_000_000;

pub(crate) fn minutes(minutes: u64) -> Duration {
    MINUTE * u32::try_from(minutes).unwrap()
}

/// So many seconds after a day.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(86_400 + seconds)
}

/// Windows by their length, and everything.
#[derive(Default)]
pub(crate) struct Written {
    windows: BTreeMap<Duration, Snapshot>,
    total: Option<Snapshot>,
}

impl Source for Written {
    fn over(&self, length: Duration) -> Option<Snapshot> {
        self.windows.get(&length).cloned()
    }

    fn total(&self) -> Option<&Snapshot> {
        self.total.as_ref()
    }
}

impl Written {
    /// Everything since the start, in an hour.
    pub(crate) fn total(parts: Parts) -> Self {
        Self { total: Some(parts.over(minutes(60))), ..Self::default() }
    }

    /// Adds a window.
    pub(crate) fn window(mut self, length: Duration, parts: Parts) -> Self {
        self.windows.insert(length, parts.over(length));
        self
    }

    /// Adds a window that covers something else than its length.
    pub(crate) fn covered(mut self, length: Duration, parts: Parts, covered: Duration) -> Self {
        self.windows.insert(length, parts.over(covered));
        self
    }

    /// A window of five minutes is all there is.
    pub(crate) fn five_minutes(parts: &Parts) -> Self {
        Self::total(parts.clone()).window(minutes(5), parts.clone())
    }
}

/// What is in a window.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    operations: Vec<OperationParts>,
    metrics: Vec<MetricParts>,
}

fn pairs(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl Parts {
    /// Adds an operation: how many calls took how many nanoseconds.
    pub(crate) fn calls(self, name: &str, buckets: &[(u64, u64)], errors: u64) -> Self {
        self.labelled_calls(name, &[], buckets, errors)
    }

    pub(crate) fn labelled_calls(
        self,
        name: &str,
        labels: &[(&str, &str)],
        buckets: &[(u64, u64)],
        errors: u64,
    ) -> Self {
        self.operation(OperationParts {
            name: name.into(),
            labels: pairs(labels),
            sum_ns: buckets.iter().map(|(nanos, count)| nanos * count).sum(),
            min_ns: buckets.iter().map(|(nanos, _)| *nanos).min(),
            max_ns: buckets.iter().map(|(nanos, _)| *nanos).max(),
            buckets: buckets.to_vec(),
            errors,
            ..OperationParts::default()
        })
    }

    pub(crate) fn operation(mut self, operation: OperationParts) -> Self {
        self.operations.push(operation);
        self
    }

    pub(crate) fn counter(self, name: &str, labels: &[(&str, &str)], count: u64) -> Self {
        self.metric(name, labels, MetricValue::Counter(count))
    }

    pub(crate) fn gauge(self, name: &str, labels: &[(&str, &str)], value: f64) -> Self {
        self.metric(name, labels, MetricValue::Gauge(value))
    }

    fn metric(mut self, name: &str, labels: &[(&str, &str)], value: MetricValue) -> Self {
        let labels = pairs(labels);
        self.metrics.push(MetricParts { name: name.into(), labels, value, taken: at(0) });
        self
    }

    fn over(self, length: Duration) -> Snapshot {
        Snapshot::from(SnapshotParts {
            started: at(0) - length,
            taken: at(0),
            lost: 0,
            operations: self.operations,
            metrics: self.metrics,
            descriptions: BTreeMap::new(),
        })
    }
}

/// A source whose gauge `depth` is that; without one, there is none.
pub(crate) fn depth(value: impl Into<Option<f64>>) -> Written {
    let parts = Parts::default();
    Written::total(match value.into() {
        Some(value) => parts.gauge("depth", &[], value),
        None => parts,
    })
}

/// A rule that the gauge is above 10.
pub(crate) fn deep() -> Rule {
    Rule::new("deep", Statistic::Gauge).of("depth").above(10.0)
}

pub(crate) fn rules(rule: Rule) -> Rules {
    Rules::new(vec![rule]).unwrap()
}

/// Alerts as lines: `+deep` begins, `-deep` ends.
pub(crate) fn lines(alerts: &[Alert]) -> Vec<String> {
    let sign = |alert: &Alert| if alert.ended.is_none() { '+' } else { '-' };
    alerts.iter().map(|alert| format!("{}{}", sign(alert), alert.rule)).collect()
}

/// What is told at each second, as lines joined.
pub(crate) fn told<T: Into<Option<f64>> + Copy>(rule: Rule, depths: &[(u64, T)]) -> Vec<String> {
    let mut rules = rules(rule);
    let told = depths
        .iter()
        .map(|(second, value)| lines(&rules.evaluate(&depth(*value), at(*second))).concat());
    told.collect()
}

/// A value each minute.
pub(crate) fn each_minute<T: Into<Option<f64>> + Copy>(rule: Rule, depths: &[T]) -> Vec<String> {
    let depths: Vec<_> = (0..).step_by(60).zip(depths.iter().copied()).collect();
    told(rule, &depths)
}
