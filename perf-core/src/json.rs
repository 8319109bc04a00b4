//! A snapshot as one JSON document, all times integers in nanoseconds.

use crate::{metric::MetricValue, outcome::Outcome, snapshot::Snapshot, values::ValueHistogram};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use write_json::Object;

/// `{"perfkit":1,"started_unix_ms":…,"elapsed_ns":…,"lost":…,"operations":[{"name":…,"count":…,
/// "errors":…,"panicked":…,"cancelled":…,"total_ns":…,"sum_ns":…,"self_ns":…,"mean_ns":…,
/// "stddev_ns":…,"min_ns":…,"max_ns":…,"p50_ns":…,…}],"metrics":[{"name":…,"kind":…,"unit":…,
/// "value":…}]}`. Operations without a call have no times; `labels` stand where there are some; a
/// distribution has `count`, `sum`, `mean`, `min`, `max` and percentiles instead of a value.
pub(crate) fn write(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    let mut text = String::new();
    let mut document = write_json::object(&mut text);
    document.number("perfkit", 1.0);
    let started = snapshot.started().duration_since(SystemTime::UNIX_EPOCH);
    document.number("started_unix_ms", started.unwrap_or_default().as_millis() as f64);
    duration(&mut document, "elapsed_ns", snapshot.elapsed());
    document.number("lost", snapshot.lost() as f64);
    let mut operations = document.array("operations");
    for operation in snapshot.operations() {
        let mut object = operations.object();
        object.string("name", operation.name());
        labels(&mut object, operation.labels());
        object.number("count", operation.count() as f64);
        for (key, outcome) in [
            ("errors", Outcome::Error),
            ("panicked", Outcome::Panicked),
            ("cancelled", Outcome::Cancelled),
        ] {
            object.number(key, operation.outcome(outcome) as f64);
        }
        duration(&mut object, "total_ns", operation.total());
        duration(&mut object, "sum_ns", operation.sum());
        duration(&mut object, "self_ns", operation.self_time());
        if let Some(allocations) = operation.allocations() {
            let mut object = object.object("allocations");
            number(&mut object, "count", allocations.count as f64);
            number(&mut object, "bytes", allocations.bytes as f64);
            number(&mut object, "self_count", allocations.self_count as f64);
            number(&mut object, "self_bytes", allocations.self_bytes as f64);
        }
        let times = [
            ("mean_ns", operation.mean()),
            ("stddev_ns", operation.stddev()),
            ("min_ns", operation.min()),
            ("max_ns", operation.max()),
        ];
        for (key, time) in times {
            time.into_iter().for_each(|time| duration(&mut object, key, time));
        }
        for percentile in percentiles {
            if let Some(value) = operation.percentile(*percentile) {
                duration(&mut object, &format!("p{percentile}_ns"), value);
            }
        }
    }
    drop(operations);
    metrics(&mut document, snapshot, percentiles);
    drop(document);
    text.push('\n');
    text
}

fn metrics(document: &mut Object<'_>, snapshot: &Snapshot, percentiles: &[f64]) {
    let mut metrics = document.array("metrics");
    for metric in snapshot.metrics() {
        let mut object = metrics.object();
        object.string("name", metric.name());
        labels(&mut object, metric.labels());
        let kind = match metric.value() {
            MetricValue::Counter(_) => "counter",
            MetricValue::Gauge(_) => "gauge",
            MetricValue::Distribution(_) => "distribution",
        };
        object.string("kind", kind);
        if let Some(unit) = metric.unit() {
            object.string("unit", unit);
        }
        match metric.value() {
            MetricValue::Counter(count) => number(&mut object, "value", *count as f64),
            MetricValue::Gauge(value) => number(&mut object, "value", *value),
            MetricValue::Distribution(values) => distribution(&mut object, values, percentiles),
        }
    }
}

fn distribution(object: &mut Object<'_>, values: &ValueHistogram, percentiles: &[f64]) {
    number(object, "count", values.count() as f64);
    number(object, "sum", values.sum());
    let of_values = [("mean", values.mean()), ("min", values.min()), ("max", values.max())];
    for (key, value) in of_values {
        value.into_iter().for_each(|value| number(object, key, value));
    }
    for percentile in percentiles {
        if let Some(value) = values.percentile(*percentile) {
            number(object, &format!("p{percentile}"), value);
        }
    }
}

fn labels(object: &mut Object<'_>, labels: &[(Arc<str>, Arc<str>)]) {
    if labels.is_empty() {
        return;
    }
    let mut object = object.object("labels");
    for (key, value) in labels {
        object.string(key, value);
    }
}

/// JSON has no number that is not finite.
fn number(object: &mut Object<'_>, key: &str, value: f64) {
    if value.is_finite() {
        object.number(key, value);
    } else {
        object.null(key);
    }
}

/// Exact up to 104 days: 2^53 ns.
fn duration(object: &mut Object<'_>, key: &str, duration: Duration) {
    object.number(key, duration.as_nanos() as f64);
}
