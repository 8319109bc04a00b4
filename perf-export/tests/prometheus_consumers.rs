//! What Prometheus' own programs, and Python's client, make of our text and protobuf.

#![cfg(feature = "prometheus")]
#![allow(clippy::float_cmp, reason = "what is read back is the same number")]

mod support;

use perf_core::{OperationParts, Registry, Snapshot, SnapshotParts};
use perf_export::prometheus::{self, Options};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};
use support::prometheus::{Endpoint, Prometheus};

/// Values of labels that break what is not escaped.
fn hostile_values() -> Vec<String> {
    let short = ["\"", "\\", "\n", "\\n", "a\"b\\c\nd", "}", "{a=\"b\"} 1", "# EOF", " ", "\r\n"];
    let wide = ["😱 ünï", "\u{202e}", "nul\0nul", "\u{1}\u{7f}", ";,=", "$1"];
    let all = short.into_iter().chain(wide).map(str::to_owned);
    all.chain([format!("{}\"", "x".repeat(10_000))]).collect()
}

/// All of them in labels and names, and whatever else is odd.
fn hostile() -> Registry {
    let registry = Registry::new();
    for (value, n) in hostile_values().iter().zip(1..) {
        registry.counter("hostile", &[("value", value)]).add(n);
        registry.record(value, Duration::from_millis(n));
    }
    registry.describe("hostile", None, "Quotes \" backslashes \\ and\nlines.");
    registry
        .gauge("a.b", &[("le", "1"), ("x-y", "2"), ("x_y", "3"), ("", "4"), ("empty", "")])
        .set(1.0);
    registry.gauge("a_b", &[]).set(2.0);
    registry.gauge("both", &[]).set(3.0);
    registry.counter("both", &[]).add(4);
    registry.counter("perfkit_operation_calls", &[]).add(5);
    registry.gauge("perfkit_operation_duration_seconds_sum", &[]).set(6.0);
    for (name, value) in [("nan", f64::NAN), ("inf", f64::INFINITY), ("neg", f64::NEG_INFINITY)] {
        registry.gauge("special", &[("value", name)]).set(value);
    }
    registry.describe("temperature", Some("Cel"), "Below zero too.");
    (-50..50).for_each(|n| registry.distribution("temperature", &[]).record(f64::from(n) / 2.0));
    registry
}

/// Between 5 and 500 ms, as many in each part of that by its logarithm.
fn duration(n: u64) -> Duration {
    let part = (n as f64 * 0.618_033_988_749_895).fract();
    Duration::from_secs_f64(0.005 * 100_f64.powf(part))
}

fn assert_near(got: f64, expected: f64, error: f64, what: &str) {
    assert!((got / expected - 1.0).abs() <= error, "{what}: {got}, expected {expected} ± {error}");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn promtool_finds_nothing_to_say() {
    let registry = Registry::new();
    registry.record("work", Duration::from_millis(3));
    registry.describe("queue.depth", Some("{job}"), "Jobs that wait.");
    registry.gauge("queue.depth", &[("queue", "a")]).set(2.0);
    registry.describe("sent", Some("By"), "What was sent.");
    registry.counter("sent", &[]).add(2);
    registry.describe("load", Some("1"), "How much of it is used.");
    registry.distribution("load", &[]).record(0.5);
    let mut parts = SnapshotParts::from(&registry.snapshot());
    let operation = &mut parts.operations[0];
    operation.polls = Some(perf_core::PollTimes::default());
    operation.allocations = Some(perf_core::Allocations::default());
    operation.in_flight = Some(perf_core::InFlightCalls::default());
    operation.folded = 3;
    let text = prometheus::text(&parts.into(), &Options::default());
    support::output(Command::new("promtool").args(["check", "metrics"]), text.as_bytes());
}

/// Prints every sample, its value as text, since JSON has no NaN.
const PARSE: &str = r#"
import importlib, json, sys
parser = importlib.import_module(sys.argv[1])
text = sys.stdin.buffer.read().decode()
print(json.dumps([
    {"family": family.name, "type": family.type, "help": family.documentation, "unit": family.unit,
     "name": sample.name, "labels": sample.labels, "value": repr(float(sample.value))}
    for family in parser.text_string_to_metric_families(text) for sample in family.samples]))
"#;

fn python_samples(parser: &str, text: &str) -> Vec<Value> {
    let json = support::python(PARSE, &[parser], text.as_bytes());
    serde_json::from_str(&json).unwrap()
}

/// Whether all that is in the registry of `hostile` is among Python's samples.
fn assert_hostile(samples: &[Value], snapshot: &Snapshot) {
    let value = |name: &str, labels: &[(&str, &str)]| -> Option<f64> {
        let labels: serde_json::Map<_, _> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        let labels = Value::Object(labels);
        let found = samples.iter().find(|s| s["name"] == name && s["labels"] == labels);
        found.map(|sample| sample["value"].as_str().unwrap().parse().unwrap())
    };
    for (text, n) in hostile_values().iter().zip(1_u32..) {
        assert_eq!(value("hostile_total", &[("value", text)]), Some(f64::from(n)), "{text:?}");
        let sum = value("perfkit_operation_duration_seconds_sum", &[("operation", text)]);
        assert_eq!(sum, Some(f64::from(n) / 1000.0), "{text:?}");
    }
    assert_eq!(value("a_b", &[]), Some(2.0));
    let changed = [("_", "4"), ("exported_le", "1"), ("x_y", "2;3")];
    assert_eq!(value("U__a_2e_b", &changed), Some(1.0));
    assert_eq!((value("both_total", &[]), value("both_gauge", &[])), (Some(4.0), Some(3.0)));
    assert_eq!(value("perfkit_operation_calls_counter_total", &[]), Some(5.0));
    assert_eq!(value("perfkit_operation_duration_seconds_sum_gauge", &[]), Some(6.0));
    assert!(value("special", &[("value", "nan")]).unwrap().is_nan());
    assert_eq!(value("special", &[("value", "inf")]), Some(f64::INFINITY));
    assert_eq!(value("special", &[("value", "neg")]), Some(f64::NEG_INFINITY));
    let infinite = ["+Inf", "inf"].map(|le| value("temperature_celsius_bucket", &[("le", le)]));
    assert!(infinite.contains(&Some(100.0)));
    let help = samples.iter().find(|sample| sample["name"] == "hostile_total").unwrap();
    assert_eq!(help["help"], snapshot.description("hostile").unwrap().text.as_ref());
}

#[test]
#[ignore = "needs Python's prometheus-client: cargo xtask ci"]
fn python_reads_openmetrics() {
    let snapshot = hostile().snapshot();
    let text = prometheus::openmetrics(&snapshot, &Options::default());
    let samples = python_samples("prometheus_client.openmetrics.parser", &text);
    assert_hostile(&samples, &snapshot);
    let duration = samples.iter().find(|s| s["family"] == "perfkit_operation_duration_seconds");
    assert_eq!(duration.unwrap()["unit"], "seconds");
    assert_eq!(samples.len(), lines(&text));
}

#[test]
#[ignore = "needs Python's prometheus-client: cargo xtask ci"]
fn python_reads_text() {
    let snapshot = hostile().snapshot();
    let text = prometheus::text(&snapshot, &Options::default());
    let samples = python_samples("prometheus_client.parser", &text);
    assert_hostile(&samples, &snapshot);
    assert_eq!(samples.len(), lines(&text));
}

#[test]
#[ignore = "needs Python's prometheus-client: cargo xtask ci"]
fn python_reads_an_empty_snapshot_and_a_large_one() {
    let named = |n| OperationParts { name: format!("operation {n}"), ..Default::default() };
    for operations in [0, 1_000] {
        let mut parts = SnapshotParts::from(&Registry::new().snapshot());
        parts.operations = (0..operations).map(named).collect();
        let text = prometheus::openmetrics(&parts.into(), &Options::default());
        let samples = python_samples("prometheus_client.openmetrics.parser", &text);
        // Calls by outcome, buckets, the infinite one, sum, count, self time; and since when each.
        assert_eq!(samples.len(), 3 + operations * (4 + 18 + 1 + 2 + 1 + 6));
    }
}

/// How many samples a text has.
fn lines(text: &str) -> usize {
    text.split_terminator('\n').filter(|line| !line.starts_with('#')).count()
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn prometheus_agrees_on_rates_and_quantiles() {
    const PER_SECOND: u64 = 200;
    let registry = hostile();
    // One per cent apart around the 90th percentile, which is 0.315 s.
    let fine = (0..60).map(|n| 0.24 * 1.01_f64.powi(n));
    let bounds: Vec<_> =
        [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0].into_iter().chain(fine).collect();
    let options = Options::default().duration_bounds(&bounds);
    let endpoint = Endpoint::serve_with(registry.clone(), options, None);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let (started, mut n) = (Instant::now(), 0);
            while !stop.load(Relaxed) {
                let due = (started.elapsed().as_secs_f64() * PER_SECOND as f64) as u64;
                (n..due).for_each(|n| registry.record("work", duration(n)));
                n = due;
                thread::sleep(Duration::from_millis(5));
            }
        });
        // Ends the thread above however the test ends.
        let _stop = Stop(&stop);
        let prometheus = Prometheus::start(endpoint.port, false);
        prometheus.wait_until_up();
        let before = registry.get("work").unwrap();
        let started = Instant::now();
        thread::sleep(Duration::from_secs(60));
        let (elapsed, now) = (started.elapsed(), registry.get("work").unwrap());

        let rate = (now.count() - before.count()) as f64 / elapsed.as_secs_f64();
        assert_near(rate, PER_SECOND as f64, 0.01, "the test's own rate");
        let calls = "perfkit_operation_calls_total{operation='work',outcome='ok'}";
        assert_near(prometheus.value(&format!("rate({calls}[50s])")), rate, 0.02, "calls");
        let count = "rate(perfkit_operation_duration_seconds_count{operation='work'}[50s])";
        let sum = "rate(perfkit_operation_duration_seconds_sum{operation='work'}[50s])";
        assert_near(prometheus.value(count), rate, 0.02, "count");
        let mean = prometheus.value(&format!("{sum} / {count}"));
        assert_near(mean, now.mean().unwrap().as_secs_f64(), 0.01, "mean");

        let quantile = |quantile: f64| {
            let buckets = "rate(perfkit_operation_duration_seconds_bucket{operation='work'}[50s])";
            prometheus.value(&format!("histogram_quantile({quantile}, {buckets})"))
        };
        let own = |percentile| now.percentile(percentile).unwrap().as_secs_f64();
        // Within the bucket, and where those are narrow, within one per cent.
        assert!((0.025..=0.1).contains(&own(50.0)) && (0.025..=0.1).contains(&quantile(0.5)));
        assert_near(quantile(0.9), own(90.0), 0.01, "p90");

        assert_hostile_series(&prometheus);
        assert!(endpoint.accepts().iter().all(|accept| accept.contains("openmetrics")));
        assert_eq!(
            prometheus.value("sum(max_over_time(up[1m])) - sum(min_over_time(up[1m]))"),
            0.0
        );
    });
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Whether the registry of `hostile` has come to Prometheus whole.
fn assert_hostile_series(prometheus: &Prometheus) {
    let expected: BTreeSet<_> = hostile_values().into_iter().collect();
    let values = |selector: &str, label: &str| -> BTreeSet<_> {
        let series = prometheus.series(selector).into_iter();
        series.filter_map(|mut labels| labels.remove(label)).collect()
    };
    assert_eq!(values("hostile_total", "value"), expected);
    let operations =
        values("perfkit_operation_calls_total{operation!~'work|never_seconds'}", "operation");
    assert_eq!(operations, expected);
    let special = |name: &str| prometheus.value(&format!("special{{value='{name}'}}"));
    assert!(special("nan").is_nan());
    assert_eq!((special("inf"), special("neg")), (f64::INFINITY, f64::NEG_INFINITY));
    assert_eq!(prometheus.value("U__a_2e_b{exported_le='1',x_y='2;3',_='4'}"), 1.0);
    assert_eq!(prometheus.value("both_total"), 4.0);
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn prometheus_reads_plain_text() {
    let endpoint = Endpoint::serve_with(hostile(), Options::default(), Some("text/plain"));
    let prometheus = Prometheus::start(endpoint.port, false);
    prometheus.wait_until_up();
    assert_hostile_series(&prometheus);
    let sum = prometheus.value("temperature_celsius_sum");
    assert_eq!(sum, -25.0);
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn prometheus_agrees_on_native_histograms() {
    // What a schema of 7 allows, and what perfkit's own buckets do.
    const ERROR: f64 = 0.0055 + 0.001;
    let registry = hostile();
    (0..20_000).for_each(|n| registry.record("work", duration(n)));
    // An operation without a call.
    let _ = registry.distribution("never_seconds", &[]);
    let balance = registry.distribution("balance", &[]);
    (0..1000).for_each(|n| balance.record(f64::from(n) - 700.0));
    let endpoint = Endpoint::serve(registry.clone());
    let prometheus = Prometheus::start(endpoint.port, true);
    prometheus.wait_until_up();

    let wanted = "application/vnd.google.protobuf";
    assert!(endpoint.accepts().iter().all(|accept| accept.starts_with(wanted)));
    let snapshot = registry.snapshot();
    let work = snapshot.get("work").unwrap();
    let balance = snapshot.distribution("balance", &[]).unwrap();
    for percentile in [50.0, 90.0, 99.0] {
        let quantile = |of: &str| {
            prometheus.value(&format!("histogram_quantile({}, {of})", percentile / 100.0))
        };
        let got = quantile("perfkit_operation_duration_seconds{operation='work'}");
        let own = work.percentile(percentile).unwrap().as_secs_f64();
        assert_near(got, own, ERROR, "a percentile");
        assert_near(quantile("balance"), balance.percentile(percentile).unwrap(), ERROR, "balance");
    }
    let count =
        prometheus.value("histogram_count(perfkit_operation_duration_seconds{operation='work'})");
    let sum =
        prometheus.value("histogram_sum(perfkit_operation_duration_seconds{operation='work'})");
    assert_eq!(count, 20_000.0);
    assert_near(sum, work.sum().as_secs_f64(), 1e-9, "sum");
    let never = "histogram_count(perfkit_operation_duration_seconds{operation='never_seconds'})";
    assert_eq!(prometheus.value(never), 0.0);
    assert_hostile_series(&prometheus);
}
