//! Reports: exact merges, absent figures, and the event as a subscriber sees it.

use perf_core::{OperationParts, Outcome, Registry, Snapshot, SnapshotParts};
use perf_monitor::report::{Metrics, Runs};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Registry as Subscribers,
    layer::{Context, Layer, SubscriberExt as _},
};

/// A registry's snapshot after so many seconds.
fn after(registry: &Registry, seconds: u64) -> Snapshot {
    let start = SystemTime::UNIX_EPOCH;
    registry.snapshot().dated(start, start + Duration::from_secs(seconds))
}

fn ten_jobs() -> Registry {
    let registry = Registry::new();
    let outcomes = [Outcome::Error, Outcome::Panicked, Outcome::Cancelled];
    let outcomes = outcomes.into_iter().chain(std::iter::repeat_n(Outcome::Ok, 7));
    for (n, outcome) in (1..).zip(outcomes) {
        registry.record_outcome("job", Duration::from_millis(100 * n), outcome);
    }
    registry
}

/// The events' targets, levels, and fields as they were recorded.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(String, Level, Fields)>>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Fields(BTreeMap<&'static str, Value>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Count(u64),
    Number(f64),
    Text(String),
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), Value::Count(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name(), Value::Number(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), Value::Text(format!("{value:?}")));
    }
}

impl<S: Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (target, level) = (event.metadata().target().to_owned(), *event.metadata().level());
        self.0.lock().unwrap().push((target, level, fields));
    }
}

/// The fields of the one event that a report is.
fn emitted(metrics: &Metrics) -> BTreeMap<&'static str, Value> {
    let seen = Seen::default();
    let subscriber = Subscribers::default().with(seen.clone());
    tracing::subscriber::with_default(subscriber, || metrics.emit());
    let events = seen.0.lock().unwrap().clone();
    let [(target, level, fields)] = &events[..] else { panic!("one event: {events:?}") };
    assert_eq!((target.as_str(), *level), ("perfkit::report", Level::INFO));
    fields.0.clone()
}

#[test]
fn the_event_has_typed_fields_of_the_agreed_names() {
    let fields = emitted(&Metrics::of(&after(&ten_jobs(), 5_025)));
    let count = |name: &str, count| assert_eq!(fields[name], Value::Count(count), "{name}");
    count("totalRuns", 10);
    count("succeeded", 7);
    count("failed", 2);
    count("cancelled", 1);
    assert_eq!(fields["uptime"], Value::Text("1h 23m 45s".into()));
    let expected = [
        ("errorRate", 20.0),
        ("successRate", 70.0),
        ("runsPerHour", 10.0 * 3_600.0 / 5_025.0),
        ("avgMs", 550.0),
        ("minMs", 100.0),
        ("maxMs", 1_000.0),
        ("p50Ms", 500.0),
        ("p95Ms", 1_000.0),
        ("p99Ms", 1_000.0),
    ];
    for (name, expected) in expected {
        let Value::Number(got) = fields[name] else { panic!("{name}: {:?}", fields[name]) };
        assert!((got - expected).abs() <= expected / 1_000.0, "{name}: {got} is not {expected}");
    }
    assert_eq!(fields.len(), 5 + expected.len() + 1, "and the message: {fields:?}");
}

#[test]
fn without_runs_shares_and_durations_are_absent() {
    let metrics = Metrics::of(&after(&Registry::new(), 60));
    assert_eq!(metrics.all, Runs { per_hour: Some(0.0), ..Runs::default() });
    assert!(metrics.operations.is_empty());
    let names: Vec<_> = emitted(&metrics).into_keys().collect();
    let expected =
        ["cancelled", "failed", "message", "runsPerHour", "succeeded", "totalRuns", "uptime"];
    assert_eq!(names, expected);
    let text = metrics.to_string();
    assert!(text.contains("up 1m 0s") && !text.contains('%') && !text.contains("NaN"), "{text}");
}

#[test]
fn without_time_there_is_no_rate() {
    assert_eq!(Metrics::of(&after(&ten_jobs(), 0)).all.per_hour, None);
}

#[test]
fn the_table_has_a_line_for_each_operation_and_for_all() {
    let registry = ten_jobs();
    registry.record("a\nstep", Duration::from_micros(2));
    let text = Metrics::of(&after(&registry, 323)).to_string();
    let lines: Vec<_> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(lines[0][..4], ["operation", "runs", "failed", "errors"]);
    assert_eq!(lines[2][..3], ["a\\u{a}step", "1", "0"]);
    assert_eq!(lines[3][..5], ["job", "10", "2", "20.0", "%"]);
    assert_eq!(lines[4][..3], ["all", "11", "2"]);
    assert_eq!(lines[5], ["up", "5m", "23s"]);
}

#[test]
fn of_sampled_operations_all_runs_count_and_shares_are_of_those_timed() {
    let mut parts = SnapshotParts::from(&after(&ten_jobs(), 60));
    parts.operations[0].skipped = 90;
    let all = Metrics::of(&parts.into()).all;
    assert_eq!((all.total, all.succeeded, all.failed), (100, 7, 2));
    assert_eq!((all.error_percent, all.success_percent), (Some(20.0), Some(70.0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_together_is_as_if_all_were_one_operation(
        calls in prop::collection::vec((0_u8..4, 0_u64..1 << 36), 1..200)
    ) {
        let operation = |name: String, nanos: u64| OperationParts {
            name,
            buckets: vec![(nanos, 1)],
            sum_ns: nanos,
            min_ns: Some(nanos),
            max_ns: Some(nanos),
            ..OperationParts::default()
        };
        let apart = calls.iter().map(|(n, nanos)| operation(format!("apart{n}"), *nanos)).collect();
        let together = calls.iter().map(|(_, nanos)| operation("together".into(), *nanos)).collect();
        let [apart, together] = [apart, together].map(|operations| {
            let parts = SnapshotParts::from(&after(&Registry::new(), 60));
            Metrics::of(&SnapshotParts { operations, ..parts }.into())
        });
        prop_assert_eq!(apart.all, together.all);
        prop_assert_eq!(together.operations["together"], together.all);
    }
}
