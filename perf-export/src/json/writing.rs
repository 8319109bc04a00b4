//! From a snapshot to a document.

use super::{
    VERSION,
    kept::{Allocated, Bucket, CalledBy, Description, Histogram, InFlight, Polls, Timed},
    number::Number,
    percentiles::named,
};
use crate::hdr::v2;
use perf_core::{
    Metric, MetricParts, MetricValue, Operation, OperationParts, Outcome, Snapshot, SnapshotParts,
    ValueHistogram,
};
use serde::{Serialize, Serializer};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Percentiles by their keys.
type Named = [(f64, String)];

pub(super) fn document(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    let (of_operations, of_metrics) = (named(percentiles, "_ns"), named(percentiles, ""));
    let parts = SnapshotParts::from(snapshot);
    let operations = snapshot.operations().iter().zip(parts.operations);
    let metrics = snapshot.metrics().iter().zip(&parts.metrics);
    let started = unix_ns(parts.started);
    let taken = unix_ns(parts.taken);
    let written = serde_json::to_string(&DocumentKeys {
        perfkit: VERSION,
        started_unix_ms: started.div_euclid(1_000_000),
        started_unix_ns: started,
        taken_unix_ns: taken,
        elapsed_ns: nanos(snapshot.elapsed()),
        lost: parts.lost,
        operations: operations
            .map(|(of, parts)| OperationKeys::of(of, parts, &of_operations))
            .collect(),
        metrics: metrics.map(|(of, parts)| MetricKeys::of(of, parts, taken, &of_metrics)).collect(),
        descriptions: snapshot.descriptions().map(|(name, of)| (name, described(of))).collect(),
    });
    // All keys are strings, and into a string anything can be written.
    debug_assert!(written.is_ok(), "{written:?}");
    written.unwrap_or_default()
}

#[derive(Serialize)]
struct DocumentKeys<'a> {
    perfkit: u64,
    started_unix_ms: i64,
    started_unix_ns: i64,
    taken_unix_ns: i64,
    elapsed_ns: u64,
    lost: u64,
    operations: Vec<OperationKeys<'a>>,
    metrics: Vec<MetricKeys<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    descriptions: BTreeMap<&'a str, Description>,
}

#[derive(Serialize)]
struct OperationKeys<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Keys::is_empty")]
    labels: Keys<'a, &'a str>,
    count: u64,
    ok: u64,
    errors: u64,
    panicked: u64,
    cancelled: u64,
    total_ns: u64,
    sum_ns: u64,
    self_ns: u64,
    /// Those there are only where there is something to tell.
    #[serde(flatten)]
    figures: Keys<'a, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timed: Option<Timed>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    scope: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_flight: Option<InFlight>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polls: Option<Polls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allocations: Option<Allocated>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    callers: Vec<CalledBy>,
    histogram: Histogram,
}

impl<'a> OperationKeys<'a> {
    fn of(operation: &'a Operation, parts: OperationParts, percentiles: &'a Named) -> Self {
        let OperationParts { digits, sum_ns, self_ns, .. } = parts;
        let has_calls = operation.timed() > 0;
        Self {
            name: operation.name(),
            labels: Keys::labels(operation.labels()),
            count: operation.count(),
            ok: operation.outcome(Outcome::Ok),
            errors: parts.errors,
            panicked: parts.panicked,
            cancelled: parts.cancelled,
            total_ns: nanos(operation.total()),
            sum_ns: nanos(operation.sum()),
            self_ns: nanos(operation.self_time()),
            figures: figures(operation, &parts, percentiles),
            timed: operation.is_sampled().then_some(Timed { sum_ns, self_ns }),
            scope: parts.is_scope,
            in_flight: parts.in_flight.map(InFlight),
            polls: parts.polls.map(Polls),
            allocations: parts.allocations.map(Allocated),
            callers: parts.callers.into_iter().map(CalledBy).collect(),
            histogram: Histogram {
                digits,
                v2: has_calls.then(|| v2::encode(operation.histogram())),
            },
        }
    }
}

fn figures<'a>(of: &'a Operation, parts: &OperationParts, percentiles: &'a Named) -> Keys<'a, u64> {
    let times = [
        ("mean_ns", of.mean()),
        ("stddev_ns", of.stddev()),
        ("min_ns", of.min()),
        ("max_ns", of.max()),
    ];
    let percentiles = percentiles.iter().map(|(at, key)| (&**key, of.percentile(*at)));
    let times = times.into_iter().chain(percentiles);
    let counts = [
        ("nested_ns", parts.nested_ns),
        ("skipped", parts.skipped),
        ("clamped", parts.clamped),
        ("backward", parts.backward),
        ("overlaps", parts.overlaps),
        ("folded", parts.folded),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    Keys(times.filter_map(|(key, time)| Some((key, nanos(time?)))).chain(counts).collect())
}

#[derive(Serialize)]
struct MetricKeys<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Keys::is_empty")]
    labels: Keys<'a, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(flatten)]
    value: ValueKeys<'a>,
    /// Where it is not the snapshot's.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_unix_ns: Option<i64>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ValueKeys<'a> {
    Counter { value: u64 },
    Gauge { value: Number },
    Distribution(DistributionKeys<'a>),
}

#[derive(Serialize)]
struct DistributionKeys<'a> {
    count: u64,
    sum: Number,
    #[serde(flatten)]
    figures: Keys<'a, Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<u64>,
    digits: u8,
    buckets: Vec<Bucket>,
}

impl<'a> MetricKeys<'a> {
    fn of(metric: &'a Metric, parts: &MetricParts, taken: i64, percentiles: &'a Named) -> Self {
        let value = match metric.value() {
            MetricValue::Counter(value) => ValueKeys::Counter { value: *value },
            MetricValue::Gauge(value) => ValueKeys::Gauge { value: Number(*value) },
            MetricValue::Distribution(values) => {
                ValueKeys::Distribution(DistributionKeys::of(values, percentiles))
            }
        };
        Self {
            name: metric.name(),
            labels: Keys::labels(metric.labels()),
            unit: metric.unit(),
            value,
            taken_unix_ns: Some(unix_ns(parts.taken)).filter(|own| *own != taken),
        }
    }
}

impl<'a> DistributionKeys<'a> {
    fn of(values: &ValueHistogram, percentiles: &'a Named) -> Self {
        let figures = [("mean", values.mean()), ("min", values.min()), ("max", values.max())];
        let percentiles = percentiles.iter().map(|(at, key)| (&**key, values.percentile(*at)));
        let figures = figures.into_iter().chain(percentiles);
        Self {
            count: values.count(),
            sum: Number(values.sum()),
            figures: Keys(figures.filter_map(|(key, value)| Some((key, Number(value?)))).collect()),
            refused: Some(values.refused()).filter(|refused| *refused > 0),
            digits: values.digits(),
            buckets: values.buckets().map(|of| (of.inner, of.outer, of.count)).collect(),
        }
    }
}

/// Keys, each there once, and their values.
struct Keys<'a, T>(Vec<(&'a str, T)>);

impl<T> Keys<'_, T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Keys<'a, &'a str> {
    fn labels(labels: &'a [(Arc<str>, Arc<str>)]) -> Self {
        Self(labels.iter().map(|(key, value)| (&**key, &**value)).collect())
    }
}

impl<T: Serialize> Serialize for Keys<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn described(of: &perf_core::Description) -> Description {
    Description { unit: of.unit.as_deref().map(str::to_owned), text: of.text.to_string() }
}

/// Beyond 584 years, those.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970.
fn unix_ns(time: SystemTime) -> i64 {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos());
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanos(after).unwrap_or(i64::MAX),
        Err(before) => nanos(before.duration()).map_or(i64::MIN, |nanos| -nanos),
    }
}
