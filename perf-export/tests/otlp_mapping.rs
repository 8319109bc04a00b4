//! What a snapshot is in OTLP: encoded, and decoded again.

#![allow(clippy::float_cmp, reason = "what is encoded is exact")]

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{KeyValue, any_value::Value as Attribute},
    metrics::v1::{
        ExponentialHistogramDataPoint, Metric, NumberDataPoint, ScopeMetrics,
        exponential_histogram_data_point::Buckets, metric::Data, number_data_point::Value,
    },
};
use perf_core::{
    Allocations, InFlightCalls, OperationParts, Outcome, PollTimes, Registry, Snapshot,
    SnapshotParts,
};
use perf_export::otlp::{Resource, encode};
use proptest::prelude::*;
use prost::Message;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant, UNIX_EPOCH},
};

fn scopes(snapshot: &Snapshot) -> Vec<ScopeMetrics> {
    let bytes = encode(snapshot, &Resource::detect());
    let request = ExportMetricsServiceRequest::decode(&*bytes).unwrap();
    let [of_process] = <[_; 1]>::try_from(request.resource_metrics).unwrap();
    of_process.scope_metrics
}

fn metrics(snapshot: &Snapshot) -> Vec<Metric> {
    scopes(snapshot).into_iter().flat_map(|scope| scope.metrics).collect()
}

fn named(snapshot: &Snapshot, name: &str) -> Option<Metric> {
    metrics(snapshot).into_iter().find(|metric| metric.name == name)
}

fn numbers(snapshot: &Snapshot, name: &str) -> Vec<NumberDataPoint> {
    match named(snapshot, name).and_then(|metric| metric.data) {
        Some(Data::Sum(sum)) => sum.data_points,
        Some(Data::Gauge(gauge)) => gauge.data_points,
        None => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn histograms(snapshot: &Snapshot, name: &str) -> Vec<ExponentialHistogramDataPoint> {
    match named(snapshot, name).and_then(|metric| metric.data) {
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points,
        other => panic!("{other:?}"),
    }
}

fn value(point: &NumberDataPoint) -> f64 {
    match point.value {
        Some(Value::AsInt(count)) => count as f64,
        Some(Value::AsDouble(value)) => value,
        None => panic!("{point:?}"),
    }
}

fn shown(attributes: &[KeyValue]) -> Vec<String> {
    let of = |attribute: &KeyValue| match attribute.value.as_ref().unwrap().value.as_ref().unwrap()
    {
        Attribute::StringValue(text) => format!("{}={text}", attribute.key),
        Attribute::BoolValue(is) => format!("{}:{is}", attribute.key),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(of).collect()
}

fn of_parts(operations: Vec<OperationParts>) -> Snapshot {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    Snapshot::from(SnapshotParts {
        started: at(100),
        taken: at(160),
        lost: 4,
        operations,
        metrics: Vec::new(),
        descriptions: BTreeMap::default(),
    })
}

/// The bounds of the bucket that a percentile lies in, as a backend finds it.
fn quantile(point: &ExponentialHistogramDataPoint, percentile: f64) -> (f64, f64) {
    let rank = ((percentile / 100.0 * point.count as f64).ceil() as u64).max(1);
    let base = f64::from(-point.scale).exp2();
    let bound = |index: i32| (f64::from(index) * base).exp2();
    let side = |side: &Option<Buckets>| {
        let Buckets { offset, bucket_counts } = side.clone().unwrap_or_default();
        (offset..).zip(bucket_counts).collect::<Vec<_>>()
    };
    let negative = side(&point.negative).into_iter().rev();
    let negative = negative.map(|(index, count)| ((-bound(index + 1), -bound(index)), count));
    let positive = side(&point.positive).into_iter();
    let positive = positive.map(|(index, count)| ((bound(index), bound(index + 1)), count));
    let mut seen = 0;
    let mut all = negative.chain([((0.0, 0.0), point.zero_count)]).chain(positive);
    let found = all.find(|(_, count)| {
        seen += count;
        seen >= rank
    });
    found.unwrap().0
}

/// Counts by bucket, of positive values, at a scale that is no finer.
fn counts_at(point: &ExponentialHistogramDataPoint, scale: i32) -> BTreeMap<i32, u64> {
    let Buckets { offset, bucket_counts } = point.positive.clone().unwrap_or_default();
    let mut counts = BTreeMap::new();
    for (index, count) in (offset..).zip(bucket_counts) {
        *counts.entry(index >> (point.scale - scale)).or_default() += count;
    }
    counts
}

fn assert_sound(point: &ExponentialHistogramDataPoint) {
    let sides = [&point.positive, &point.negative].into_iter().flatten();
    let counts: Vec<_> = sides.map(|side| side.bucket_counts.clone()).collect();
    assert!(counts.iter().all(|side| side.len() <= 160), "{point:?}");
    assert_eq!(point.count, point.zero_count + counts.iter().flatten().sum::<u64>());
}

#[test]
fn an_operation_is_all_its_series() {
    let snapshot = of_parts(vec![OperationParts {
        name: "shop::cart::add".into(),
        labels: vec![("error_type".into(), "Timeout".into())],
        buckets: vec![(1_000_000, 2), (2_000_000, 1), (4_000_000, 4)],
        sum_ns: 20_000_000,
        self_ns: 15_000_000,
        min_ns: Some(1_000_000),
        max_ns: Some(4_000_000),
        errors: 3,
        panicked: 1,
        cancelled: 1,
        polls: Some(PollTimes { polls: 9, busy_ns: 5_000_000, longest_ns: 1 }),
        allocations: Some(Allocations { count: 6, bytes: 700, ..Allocations::default() }),
        in_flight: Some(InFlightCalls { count: 2, oldest_ns: 1 }),
        ..OperationParts::default()
    }]);
    let [point] = <[_; 1]>::try_from(histograms(&snapshot, "perfkit.operation.duration")).unwrap();
    let of =
        ["operation=shop::cart::add", "code.function.name=shop::cart::add", "error_type=Timeout"];
    assert_eq!(shown(&point.attributes), of);
    assert_eq!(
        (point.start_time_unix_nano, point.time_unix_nano),
        (100_000_000_000, 160_000_000_000)
    );
    assert_eq!((point.count, point.sum), (7, Some(0.02)));
    assert_eq!((point.min, point.max), (Some(0.001), Some(0.004)));
    // 160 buckets reach from 1 ms to 4 ms at scale 6, not at scale 7.
    assert_eq!(point.scale, 6);
    assert_sound(&point);

    let calls = numbers(&snapshot, "perfkit.operation.calls");
    let calls: Vec<_> =
        calls.iter().map(|p| (shown(&p.attributes)[3..].join(" "), value(p))).collect();
    let expected = [
        ("outcome=ok", 2.0),
        ("outcome=error error.type=Timeout", 3.0),
        ("outcome=panic error.type=panic", 1.0),
        ("outcome=cancelled error.type=cancelled", 1.0),
    ];
    assert_eq!(calls, expected.map(|(of, count)| (of.to_owned(), count)));

    for (name, unit, expected) in [
        ("perfkit.operation.self_time", "s", 0.015),
        ("perfkit.operation.in_flight", "{call}", 2.0),
        ("perfkit.operation.busy_time", "s", 0.005),
        ("perfkit.operation.polls", "{poll}", 9.0),
        ("perfkit.operation.allocations", "{allocation}", 6.0),
        ("perfkit.operation.allocated", "By", 700.0),
    ] {
        let Some(metric) = named(&snapshot, name) else { panic!("{name}") };
        let [point] = <[_; 1]>::try_from(numbers(&snapshot, name)).unwrap();
        assert_eq!((&*metric.unit, value(&point)), (unit, expected), "{name}");
        assert_eq!(shown(&point.attributes), of, "{name}");
        let Some(Data::Sum(sum)) = metric.data else { panic!("{name}") };
        assert_eq!(sum.aggregation_temporality, 2, "cumulative");
        assert_eq!(sum.is_monotonic, name != "perfkit.operation.in_flight");
    }
    let lost = &numbers(&snapshot, "perfkit.lost_calls")[0];
    assert_eq!((value(lost), lost.attributes.len()), (4.0, 0));
}

#[test]
fn an_operation_without_a_call_is_there_at_zero() {
    let idle = OperationParts { name: "idle".into(), ..OperationParts::default() };
    let snapshot = of_parts(vec![idle]);
    let point = &histograms(&snapshot, "perfkit.operation.duration")[0];
    assert_eq!((point.count, point.sum, point.min, point.max), (0, Some(0.0), None, None));
    let calls = numbers(&snapshot, "perfkit.operation.calls");
    assert_eq!(calls.iter().map(value).collect::<Vec<_>>(), [0.0; 4]);
    let failed = ["operation=idle", "outcome=error", "error.type=_OTHER"];
    assert_eq!(shown(&calls[1].attributes), failed);
    assert_eq!(value(&numbers(&snapshot, "perfkit.operation.self_time")[0]), 0.0);
    assert!(numbers(&snapshot, "perfkit.operation.polls").is_empty());
}

#[test]
fn times_are_of_the_calls_that_were_timed() {
    let sampled = OperationParts {
        name: "sampled".into(),
        buckets: vec![(7, 3)],
        sum_ns: 22,
        self_ns: 17,
        skipped: 190,
        ..OperationParts::default()
    };
    let snapshot = of_parts(vec![sampled]);
    let point = &histograms(&snapshot, "perfkit.operation.duration")[0];
    assert_eq!((point.count, point.sum), (3, Some(22e-9)));
    assert_eq!(value(&numbers(&snapshot, "perfkit.operation.self_time")[0]), 17e-9);
    let calls = numbers(&snapshot, "perfkit.operation.calls");
    assert_eq!(shown(&calls[4].attributes), ["operation=sampled", "outcome=untimed"]);
    assert_eq!((value(&calls[0]), value(&calls[4])), (3.0, 190.0));
}

#[test]
fn scopes_are_no_functions_and_labels_stay_apart() {
    let of = |labels: &[(&str, &str)], is_scope| OperationParts {
        name: "a::b".into(),
        labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        is_scope,
        ..OperationParts::default()
    };
    let attributes = |labels: &[(&str, &str)], is_scope| {
        let snapshot = of_parts(vec![of(labels, is_scope)]);
        shown(&numbers(&snapshot, "perfkit.operation.self_time")[0].attributes)
    };
    assert_eq!(attributes(&[], true), ["operation=a::b"]);
    assert_eq!(
        attributes(&[("operation", "x"), ("label.operation", "y")], true),
        ["operation=a::b", "label.label.operation=y", "label.operation=x"]
    );
    let overflow = ["operation=a::b", "otel.metric.overflow:true"];
    assert_eq!(attributes(&[("overflow", "true")], true), overflow);
}

#[test]
fn metrics_keep_their_kinds_and_names() {
    let registry = Registry::new();
    registry.describe("size", Some("By"), "Sizes");
    registry.counter("size", &[("kind", "a")]).add(3);
    registry.gauge("size", &[]).set(-2.5);
    let sizes = registry.distribution("size", &[("operation", "x")]);
    [-4.0, 0.0, 0.0, 1.0, 1024.0].iter().for_each(|size| sizes.record(*size));
    registry.counter("perfkit.operation.calls", &[("overflow", "true")]).add(1);
    registry.record("size", Duration::from_millis(1));

    let scopes = scopes(&registry.snapshot());
    let [ours, theirs] = <[_; 2]>::try_from(scopes).unwrap();
    assert_eq!(ours.scope.unwrap().name, "perfkit");
    assert_eq!(theirs.scope.unwrap().name, "perfkit.metrics");
    let names: Vec<_> = theirs.metrics.iter().map(|metric| &*metric.name).collect();
    assert_eq!(names, ["perfkit.operation.calls", "size", "size", "size"]);
    let [calls, counter, gauge, distribution] = <[_; 4]>::try_from(theirs.metrics).unwrap();
    let Some(Data::Sum(calls)) = calls.data else { panic!() };
    assert_eq!(shown(&calls.data_points[0].attributes), ["otel.metric.overflow:true"]);
    assert_eq!((&*counter.unit, &*counter.description), ("By", "Sizes"));
    let Some(Data::Sum(counter)) = counter.data else { panic!() };
    assert_eq!((value(&counter.data_points[0]), counter.is_monotonic), (3.0, true));
    let Some(Data::Gauge(gauge)) = gauge.data else { panic!() };
    assert_eq!(value(&gauge.data_points[0]), -2.5);
    let Some(Data::ExponentialHistogram(sizes)) = distribution.data else { panic!() };
    let point = &sizes.data_points[0];
    assert_sound(point);
    assert_eq!(shown(&point.attributes), ["operation=x"]);
    assert_eq!((point.count, point.zero_count, point.sum), (5, 2, None));
    assert_eq!((point.min, point.max), (Some(-4.0), Some(1024.0)));
    assert_eq!(point.negative.as_ref().unwrap().bucket_counts, [1]);
}

#[test]
fn hostile_values_arrive_as_they_are() {
    let registry = Registry::new();
    let long = "x".repeat(10_000);
    for value in ["\"", "\n\r\\", "\0", "süß 🦀 \u{202e}", &long, ""] {
        registry.counter(value, &[(value, value)]).add(1);
    }
    for (name, value) in [("nan", f64::NAN), ("inf", f64::INFINITY), ("-inf", f64::NEG_INFINITY)] {
        registry.gauge(name, &[]).set(value);
    }
    let extreme = registry.distribution("extreme", &[]);
    [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, f64::NAN]
        .iter()
        .for_each(|value| extreme.record(*value));
    let snapshot = registry.snapshot();
    for text in ["\"", "\n\r\\", "\0", "süß 🦀 \u{202e}", &long] {
        assert_eq!(shown(&numbers(&snapshot, text)[0].attributes), [format!("{text}={text}")]);
    }
    assert_eq!(shown(&numbers(&snapshot, "")[0].attributes), ["label.="]);
    assert!(value(&numbers(&snapshot, "nan")[0]).is_nan());
    assert_eq!(value(&numbers(&snapshot, "inf")[0]), f64::INFINITY);
    assert_eq!(value(&numbers(&snapshot, "-inf")[0]), f64::NEG_INFINITY);
    let point = &histograms(&snapshot, "extreme")[0];
    assert_eq!(point.count, 4);
    assert_sound(point);
}

#[test]
fn an_empty_registry_tells_of_itself_alone() {
    let names: Vec<_> =
        metrics(&Registry::new().snapshot()).into_iter().map(|metric| metric.name).collect();
    assert_eq!(names, ["perfkit.lost_calls"]);
}

#[test]
fn ten_thousand_series_are_all_there() {
    let operation = |n: u64| OperationParts {
        name: format!("operation_{}", n / 2_000),
        labels: vec![("user".into(), n.to_string())],
        buckets: (1..100).map(|k| (k * k * 1_000, 1 + n % 7)).collect(),
        ..OperationParts::default()
    };
    let snapshot = of_parts((0..10_000).map(operation).collect());
    let began = Instant::now();
    let bytes = encode(&snapshot, &Resource::detect());
    println!("10,000 series: {} bytes in {:?}", bytes.len(), began.elapsed());
    let points = histograms(&snapshot, "perfkit.operation.duration");
    assert_eq!(points.len(), 10_000);
    let expected: u64 = (0..10_000).map(|n| 99 * (1 + n % 7)).sum();
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), expected);
    points.iter().for_each(assert_sound);
    assert_eq!(numbers(&snapshot, "perfkit.operation.calls").len(), 40_000);
}

#[test]
fn a_clock_that_was_set_back_makes_no_interval() {
    let mut parts = SnapshotParts::from(&of_parts(Vec::new()));
    (parts.started, parts.taken) = (parts.taken, UNIX_EPOCH - Duration::from_secs(5));
    let lost = &numbers(&Snapshot::from(parts), "perfkit.lost_calls")[0];
    assert_eq!((lost.start_time_unix_nano, lost.time_unix_nano), (0, 0));
}

/// Durations of all magnitudes, in nanoseconds.
fn durations() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec((0..40_u32, any::<u64>()).prop_map(|(bits, n)| n % (2 << bits)), 1..200)
}

proptest! {
    #[test]
    fn counts_and_percentiles_survive(values in durations(), digits in 1..=5_u8, percentile in 0.1..99.9) {
        let registry = Registry::new();
        registry.set_precision(digits);
        values.iter().for_each(|nanos| registry.record("work", Duration::from_nanos(*nanos)));
        let snapshot = registry.snapshot();
        let operation = snapshot.get("work").unwrap();
        let point = &histograms(&snapshot, "perfkit.operation.duration")[0];
        assert_sound(point);
        prop_assert_eq!(point.count, values.len() as u64);
        prop_assert_eq!(point.sum, Some(operation.sum().as_nanos() as f64 / 1e9));
        let (low, high) = quantile(point, percentile);
        let exact = operation.percentile(percentile).unwrap().as_secs_f64();
        // Both are the middle of the same bucket, but of the outermost ones.
        let little = 10_f64.powi(-i32::from(digits));
        prop_assert!(low * (1.0 - little) <= exact && exact <= high * (1.0 + little), "{low} {exact} {high}");
    }

    #[test]
    fn the_ends_are_in_buckets_around_them(nanos in 1..1_u64 << 40, digits in 1..=5_u8) {
        let registry = Registry::new();
        registry.set_precision(digits);
        registry.record("work", Duration::from_nanos(nanos));
        let point = &histograms(&registry.snapshot(), "perfkit.operation.duration")[0];
        let exact = Duration::from_nanos(nanos).as_secs_f64();
        let (low, high) = quantile(point, 50.0);
        let little = 10_f64.powi(-i32::from(digits));
        prop_assert!(low * (1.0 - little) <= exact && exact <= high * (1.0 + little), "{low} {exact} {high}");
    }

    #[test]
    fn buckets_never_lose_what_they_counted(mut values in durations()) {
        let registry = Registry::new();
        values.truncate(20);
        let mut before: Option<ExponentialHistogramDataPoint> = None;
        for nanos in values {
            registry.record("work", Duration::from_nanos(nanos));
            let mut now = histograms(&registry.snapshot(), "perfkit.operation.duration");
            let now = now.remove(0);
            if let Some(before) = before {
                prop_assert!(now.scale <= before.scale && now.zero_count >= before.zero_count);
                let (before, after) = (counts_at(&before, now.scale), counts_at(&now, now.scale));
                let kept = |(index, count)| after.get(index).is_some_and(|after| after >= count);
                prop_assert!(before.iter().all(kept), "{:?} {:?}", before, after);
            }
            before = Some(now);
        }
    }

    #[test]
    fn distributions_survive(values in prop::collection::vec(-1e6..1e9_f64, 1..100), percentile in 0.1..99.9) {
        let registry = Registry::new();
        values.iter().for_each(|value| registry.distribution("sizes", &[]).record(*value));
        let snapshot = registry.snapshot();
        let exact = snapshot.distribution("sizes", &[]).unwrap();
        let point = &histograms(&snapshot, "sizes")[0];
        assert_sound(point);
        prop_assert_eq!(point.count, exact.count());
        let (low, high) = quantile(point, percentile);
        let value = exact.percentile(percentile).unwrap();
        let little = value.abs() / 1000.0;
        prop_assert!(low - little <= value && value <= high + little, "{low} {value} {high}");
    }

    #[test]
    fn failures_of_any_kind_are_counted(outcomes in prop::collection::vec(0..4_usize, 0..60)) {
        let registry = Registry::new();
        let all = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];
        registry.record("work", Duration::ZERO);
        outcomes.iter().for_each(|at| registry.record_outcome("work", Duration::ZERO, all[*at]));
        let calls = numbers(&registry.snapshot(), "perfkit.operation.calls");
        for (at, point) in calls.iter().enumerate() {
            let expected = outcomes.iter().filter(|outcome| **outcome == at).count() + usize::from(at == 0);
            prop_assert_eq!(value(point), expected as f64);
        }
    }
}
