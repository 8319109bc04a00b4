//! A snapshot as an export request.

use super::{
    Resource, attributes,
    points::{self, Interval},
};
use crate::{
    outcomes::{OUTCOMES, untimed},
    values,
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{InstrumentationScope, KeyValue},
    metrics::v1::{
        AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Metric,
        NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric::Data,
        number_data_point::Value,
    },
};
use perf_core::{MetricValue, Operation, Outcome, Snapshot};
use std::time::Duration;

const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

pub(super) fn request(snapshot: &Snapshot, resource: &Resource) -> ExportMetricsServiceRequest {
    let at = Interval::of(snapshot);
    let scopes = [
        scope("perfkit", operations(snapshot, at)),
        scope("perfkit.metrics", metrics(snapshot, at)),
    ];
    let some = scopes.into_iter().filter(|scope| !scope.metrics.is_empty());
    let of_process = ResourceMetrics {
        resource: Some(resource.to_proto()),
        scope_metrics: some.collect(),
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![of_process] }
}

/// Without the metrics of which there is no series.
fn scope(name: &str, metrics: Vec<Metric>) -> ScopeMetrics {
    let scope = InstrumentationScope {
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let some = metrics.into_iter().filter(has_points).collect();
    ScopeMetrics { scope: Some(scope), metrics: some, ..ScopeMetrics::default() }
}

fn has_points(metric: &Metric) -> bool {
    match &metric.data {
        Some(Data::Sum(sum)) => !sum.data_points.is_empty(),
        Some(Data::Gauge(gauge)) => !gauge.data_points.is_empty(),
        Some(Data::ExponentialHistogram(histogram)) => !histogram.data_points.is_empty(),
        _ => false,
    }
}

fn operations(snapshot: &Snapshot, at: Interval) -> Vec<Metric> {
    let with_attributes = |operation| (operation, attributes::of_operation(operation));
    let all: Vec<_> = snapshot.operations().iter().map(with_attributes).collect();
    let durations = all.iter().map(|(operation, of)| at.durations(of.clone(), operation)).collect();
    let calls = all.iter().flat_map(|(operation, of)| calls(operation, of, at)).collect();
    let numbers = NUMBERS.iter().map(|(name, unit, text, value)| {
        let known = all.iter().filter_map(|(operation, of)| Some((value(operation)?, of)));
        let points = known.map(|(value, of)| at.number(of.clone(), value)).collect();
        // Those that run now are no count of what happened.
        metric(name, unit, text, sum(points, *name != IN_FLIGHT))
    });
    let mut metrics = vec![
        metric("perfkit.operation.duration", "s", "Durations of calls.", histogram(durations)),
        metric("perfkit.operation.calls", "{call}", "Calls by how they ended.", sum(calls, true)),
    ];
    metrics.extend(numbers);
    let lost = vec![at.number(Vec::new(), points::count(snapshot.lost()))];
    let text = "Calls in the process that could not be kept.";
    metrics.push(metric("perfkit.lost_calls", "{call}", text, sum(lost, true)));
    metrics
}

const IN_FLIGHT: &str = "perfkit.operation.in_flight";

/// A number of an operation: the metric's name, unit and description, and its value where it is known.
type Number = (&'static str, &'static str, &'static str, fn(&Operation) -> Option<Value>);

const NUMBERS: [Number; 6] = [
    (
        "perfkit.operation.self_time",
        "s",
        "Time in the operation itself, without the operations called from it.",
        |operation| Some(time(operation.timed_self_time())),
    ),
    (IN_FLIGHT, "{call}", "Calls that are running.", |operation| {
        Some(points::count(operation.in_flight()?.count))
    }),
    ("perfkit.operation.busy_time", "s", "Time inside polls.", |operation| {
        Some(time(Duration::from_nanos(operation.polls()?.busy_ns)))
    }),
    ("perfkit.operation.polls", "{poll}", "Polls of the calls that ended.", |operation| {
        Some(points::count(operation.polls()?.polls))
    }),
    (
        "perfkit.operation.allocations",
        "{allocation}",
        "Allocations of calls, with those of the calls made from them.",
        |operation| Some(points::count(operation.allocations()?.count)),
    ),
    (
        "perfkit.operation.allocated",
        "By",
        "Bytes that calls allocated, with those of the calls made from them.",
        |operation| Some(points::count(operation.allocations()?.bytes)),
    ),
];

fn time(time: Duration) -> Value {
    Value::AsDouble(values::seconds(time))
}

/// A series for each way a call can end.
fn calls(operation: &Operation, of: &[KeyValue], at: Interval) -> Vec<NumberDataPoint> {
    let point = |outcome: &str, error_type: Option<&str>, count| {
        let error_type = error_type.map(|kind| attributes::text("error.type", kind));
        let own = [attributes::text("outcome", outcome)].into_iter().chain(error_type);
        at.number(of.iter().cloned().chain(own).collect(), points::count(count))
    };
    let ended = OUTCOMES.map(|outcome| {
        point(outcome.as_str(), error_type(operation, outcome), operation.outcome(outcome))
    });
    let untimed = operation.is_sampled().then(|| point("untimed", None, untimed(operation)));
    ended.into_iter().chain(untimed).collect()
}

/// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/>
fn error_type(operation: &Operation, outcome: Outcome) -> Option<&str> {
    match outcome {
        Outcome::Ok => None,
        Outcome::Error => Some(operation.label("error_type").unwrap_or("_OTHER")),
        Outcome::Panicked | Outcome::Cancelled => Some(outcome.as_str()),
    }
}

/// Counters, gauges and distributions. If the series of a name are of several kinds, each is a metric.
fn metrics(snapshot: &Snapshot, at: Interval) -> Vec<Metric> {
    let by_name = snapshot.metrics().chunk_by(|a, b| a.name() == b.name());
    by_name.flat_map(|series| of_name(series, at)).collect()
}

fn of_name(series: &[perf_core::Metric], at: Interval) -> Vec<Metric> {
    let (mut counters, mut gauges, mut distributions) = (Vec::new(), Vec::new(), Vec::new());
    for metric in series {
        let of = attributes::of_metric(metric.labels());
        match metric.value() {
            MetricValue::Counter(count) => counters.push(at.number(of, points::count(*count))),
            MetricValue::Gauge(value) => gauges.push(at.number(of, Value::AsDouble(*value))),
            MetricValue::Distribution(values) => distributions.push(at.values(of, values)),
        }
    }
    let gauges = Data::Gauge(Gauge { data_points: gauges });
    let kinds = [sum(counters, true), gauges, histogram(distributions)];
    let Some(first) = series.first() else { return Vec::new() };
    let unit = first.unit().unwrap_or_default();
    let text = first.description().unwrap_or_default();
    kinds.into_iter().map(|data| metric(first.name(), unit, text, data)).collect()
}

fn metric(name: &str, unit: &str, description: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn histogram(data_points: Vec<ExponentialHistogramDataPoint>) -> Data {
    let aggregation_temporality = CUMULATIVE;
    Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })
}

fn sum(data_points: Vec<NumberDataPoint>, is_monotonic: bool) -> Data {
    Data::Sum(Sum { data_points, aggregation_temporality: CUMULATIVE, is_monotonic })
}
