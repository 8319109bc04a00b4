//! What the endpoint calls things: read from its own text, so that it is the same.

use perf_core::{Description, MetricParts, MetricValue, OperationParts, Snapshot, SnapshotParts};
use perf_export::prometheus::{Options, text};
use std::{collections::BTreeMap, time::UNIX_EPOCH};

/// Calls that ended, by outcome.
pub(super) const CALLS: &str = "perfkit_operation_calls_total";
/// The histogram of durations; classic ones have `_bucket`, `_sum` and `_count` behind it.
pub(super) const DURATION: &str = "perfkit_operation_duration_seconds";
/// Calls that run.
pub(super) const IN_FLIGHT: &str = "perfkit_operation_in_flight";

/// Every text begins with these families.
const ALWAYS: [&str; 2] = ["perfkit_build_info{", "perfkit_lost_calls_total "];
/// Labels of every target, in the way of which no other may stand.
const OF_TARGETS: [&str; 2] = ["job", "instance"];

/// The series of a metric of this unit.
pub(super) fn metric(name: &str, unit: Option<&str>, value: MetricValue) -> String {
    let mut parts = nothing();
    parts.metrics.push(metric_parts(name, Vec::new(), value));
    let described = Description { unit: unit.map(|unit| unit.to_owned().into()), text: "".into() };
    parts.descriptions.insert(name.to_owned(), described);
    let text = text(&parts.into(), &Options::default());
    let is_sample = |line: &&str| {
        !line.starts_with('#') && ALWAYS.iter().all(|always| !line.starts_with(always))
    };
    let sample = text.lines().find(is_sample).unwrap_or_default();
    sample.split([' ', '{']).next().unwrap_or_default().to_owned()
}

/// The key of an operation's label, or of a metric's, once Prometheus has taken it in.
pub(super) fn key(of: &str, subject: &str) -> String {
    let labels = vec![(of.to_owned(), "v".to_owned())];
    let mut parts = nothing();
    if subject == "operation" {
        let name = "x".to_owned();
        parts.operations.push(OperationParts { name, labels, ..OperationParts::default() });
    } else {
        parts.metrics.push(metric_parts("x", labels, MetricValue::Gauge(0.0)));
    }
    let text = text(&parts.into(), &Options::default());
    let before = text.split_once("=\"v\"").map_or(of, |(before, _)| before);
    let key = before.rsplit(['{', ',']).next().unwrap_or_default();
    if OF_TARGETS.contains(&key) { format!("exported_{key}") } else { key.to_owned() }
}

/// The upper bounds of the classic buckets of durations, without the infinite one.
pub(super) fn bounds() -> Vec<f64> {
    let mut parts = nothing();
    parts.operations.push(OperationParts { name: "x".to_owned(), ..OperationParts::default() });
    let text = text(&parts.into(), &Options::default());
    let bounds =
        text.split("le=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok());
    bounds.filter(|bound: &f64| bound.is_finite()).collect()
}

fn metric_parts(name: &str, labels: Vec<(String, String)>, value: MetricValue) -> MetricParts {
    MetricParts { name: name.to_owned(), labels, value, taken: UNIX_EPOCH }
}

fn nothing() -> SnapshotParts {
    SnapshotParts {
        started: UNIX_EPOCH,
        taken: UNIX_EPOCH,
        lost: 0,
        operations: Vec::new(),
        metrics: Vec::new(),
        descriptions: BTreeMap::new(),
    }
}

/// The unit that a program gives a metric.
pub(super) fn unit<'a>(snapshot: Option<&'a Snapshot>, metric: &str) -> Option<&'a str> {
    snapshot?.description(metric)?.unit.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_called_as_the_endpoint_calls_them() {
        let gauge = MetricValue::Gauge(0.0);
        for (name, unit, value, series) in [
            ("queue_depth", None, gauge.clone(), "queue_depth"),
            ("queue.depth", Some("{job}"), gauge.clone(), "queue_depth"),
            ("coverage", Some("1"), gauge.clone(), "coverage_ratio"),
            ("heap", Some("By"), gauge.clone(), "heap_bytes"),
            ("perfkit_operation_calls", None, gauge, "perfkit_operation_calls_gauge"),
            ("hits", Some("1"), MetricValue::Counter(0), "hits_total"),
        ] {
            assert_eq!(metric(name, unit, value), series);
        }
    }

    #[test]
    fn keys_are_those_that_prometheus_keeps() {
        for (of, operation, gauge) in [
            ("table", "table", "table"),
            ("http.route", "http_route", "http_route"),
            ("operation", "exported_operation", "operation"),
            ("le", "exported_le", "exported_le"),
            ("instance", "exported_instance", "exported_instance"),
            ("", "_", "_"),
        ] {
            assert_eq!((&*key(of, "operation"), &*key(of, "metric")), (operation, gauge));
        }
    }

    #[test]
    fn bounds_rise_to_ten_seconds() {
        let bounds = bounds();
        assert!(bounds.is_sorted() && bounds.len() > 10, "{bounds:?}");
        assert_eq!(bounds.last(), Some(&10.0));
    }
}
