//! What is said of what a store remembers.

mod support;

use perf_analysis::{
    anomaly::Detector,
    compare::{Comparison, Verdict},
    forecast::{Forecaster, Outlook},
    trend::{Direction, TrendTest},
};
use perf_core::{MetricParts, MetricValue, SnapshotParts};
use perf_store::{By, Interval, Query, Store, analysis, open};
use std::{collections::BTreeSet, time::Duration};
use support::{DAY, Folder, HOUR, MINUTE, instance, operation, snapshot, sqlite, start};

/// An hour of calls around so many nanoseconds each.
fn hour(
    store: &dyn Store,
    id: &str,
    at: u32,
    operations: impl IntoIterator<Item = (&'static str, u64, u64)>,
) {
    let calls = |(name, count, middle): (&'static str, u64, u64)| {
        let call = |n: u64| middle + middle * ((n * 7 + u64::from(at) * 13) % 100) / 200;
        operation_of(name, &(0..count).map(call).collect::<Vec<_>>())
    };
    let operations = operations.into_iter().map(calls).collect();
    let taken = start() + HOUR * at;
    let whole = snapshot(taken, operations).dated(taken - HOUR, taken);
    store.write(&instance(id, id), &Interval::new(u64::from(at), whole)).unwrap();
}

/// No call fails.
fn operation_of(name: &str, nanos: &[u64]) -> perf_core::OperationParts {
    perf_core::OperationParts { errors: 0, ..operation(name, nanos) }
}

#[test]
fn what_is_unusual_is_found() {
    let folder = Folder::new("anomalies");
    let store = open(&sqlite(&folder)).unwrap();
    for at in 1..=30 {
        // For six hours nothing was watched at all.
        if !(10..16).contains(&at) {
            let is_last = at == 30;
            let slow = if is_last { 1_500_000 } else { 1_000_000 };
            let few = if is_last { 300 } else { 600 };
            let silent = if is_last { 0 } else { 600 };
            let all = [
                ("usual", 600, 1_000_000),
                ("slow", 600, slow),
                ("few", few, 1_000_000),
                ("silent", silent, 1_000_000),
            ];
            hour(&*store, "a", at, all.into_iter().filter(|(_, count, _)| *count > 0));
        }
    }
    let query = Query::new(start(), start() + 30 * HOUR).every(HOUR).by([By::Name]);
    let found = analysis::anomalies(&*store, &query, &Detector::new()).unwrap();
    let named: BTreeSet<_> = found
        .iter()
        .map(|group| (group.name.as_deref().unwrap_or_default(), group.value.kind))
        .map(|(name, kind)| format!("{name} {kind:?}"))
        .collect();
    let expected = ["few ThroughputDrop", "silent ThroughputDrop", "slow LatencyDrift"];
    assert_eq!(named, expected.map(str::to_owned).into(), "{found:?}");
    assert!(found.iter().all(|group| group.to == query.to));
    // Rolled up it is the same.
    store.roll_up(start() + 3 * DAY, 1_000).unwrap();
    assert_eq!(analysis::anomalies(&*store, &query, &Detector::new()).unwrap(), found);
    // Of an hour in which nothing was watched, nothing is said.
    let gap = Query { to: start() + 12 * HOUR, ..query };
    assert_eq!(analysis::anomalies(&*store, &gap, &Detector::new()).unwrap(), []);
}

#[test]
fn an_instance_that_ended_is_no_anomaly() {
    let folder = Folder::new("ended");
    let store = open(&sqlite(&folder)).unwrap();
    for at in 1..=40 {
        let id = if at <= 30 { "old" } else { "new" };
        hour(&*store, id, at, [("job", 600, 1_000_000)]);
    }
    let hours = Query::new(start(), start() + 40 * HOUR).every(HOUR);
    for by in [vec![By::Name], vec![By::Name, By::Instance], vec![By::Name, By::Host]] {
        let query = hours.clone().by(by);
        assert_eq!(analysis::anomalies(&*store, &query, &Detector::new()).unwrap(), []);
    }
    // Two that were watched for the same half of an hour were watched for half an hour.
    let half = start() + 40 * HOUR + HOUR / 2;
    for id in ["new", "newer"] {
        let calls: Vec<_> = (0..150).map(|n| 1_000_000 + n * 3_300).collect();
        let whole = snapshot(half, vec![operation_of("job", &calls)]).dated(half - HOUR / 2, half);
        store.write(&instance(id, id), &Interval::new(99, whole)).unwrap();
    }
    let query = Query { to: start() + 41 * HOUR, ..hours }.by([By::Name]);
    assert_eq!(analysis::anomalies(&*store, &query, &Detector::new()).unwrap(), []);
}

#[test]
fn periods_and_instances_are_compared() {
    let folder = Folder::new("compare");
    let store = open(&sqlite(&folder)).unwrap();
    for at in 1..=48 {
        let (query, list) = if at > 24 { (1_300_000, 1_000_000) } else { (1_000_000, 1_000_000) };
        hour(&*store, "a", at, [("query", 100, query), ("list", 100, list)]);
        hour(&*store, "b", at, [("query", 100, query), ("list", 100, 2 * list)]);
    }
    let (yesterday, today) =
        (Query::new(start(), start() + DAY), Query::new(start() + DAY, start() + 2 * DAY));
    let verdicts = |before: &Query, after: &Query| {
        let report = analysis::compare(&*store, before, after, &Comparison::new()).unwrap();
        let of = |name: &str| {
            report.operations.iter().find(|of| of.name == name).map(|of| of.verdict).unwrap()
        };
        (of("query"), of("list"))
    };
    assert_eq!(verdicts(&yesterday, &today), (Verdict::Slower, Verdict::Same));
    assert_eq!(verdicts(&today, &yesterday), (Verdict::Faster, Verdict::Same));
    let of = |id: &str| today.clone().instance(id);
    assert_eq!(verdicts(&of("a"), &of("b")), (Verdict::Same, Verdict::Slower));
    store.roll_up(start() + 3 * DAY, 1_000).unwrap();
    assert_eq!(verdicts(&yesterday, &today), (Verdict::Slower, Verdict::Same));
}

#[test]
fn rises_are_seen_and_foreseen() {
    let folder = Folder::new("rises");
    let store = open(&sqlite(&folder)).unwrap();
    for at in 1..=20_u32 {
        let taken = start() + DAY * at;
        let middle = 1_000_000 + 20_000 * u64::from(at);
        let calls = operation_of("query", &(0..200).map(|n| middle + n * 100).collect::<Vec<_>>());
        let disk = MetricParts {
            name: "disk_used_ratio".into(),
            labels: Vec::new(),
            value: MetricValue::Gauge(0.5 + 0.01 * f64::from(at)),
            taken,
        };
        let whole = snapshot(taken, vec![calls]);
        let parts = SnapshotParts { metrics: vec![disk], ..SnapshotParts::from(&whole) };
        store.write(&instance("a", "a"), &Interval::new(u64::from(at), parts.into())).unwrap();
    }
    let days = Query::new(start(), start() + 20 * DAY).every(DAY);
    let trends = analysis::trends(&*store, &days, 99.0, &TrendTest::new()).unwrap();
    assert_eq!((trends.len(), trends[0].value.direction), (1, Direction::Rising));
    let slope = trends[0].value.slope.unwrap() * 1e3;
    assert!((slope - 0.02).abs() < 0.002, "{slope} ms a day");
    // Days without a call are days all the same.
    let sparse = open(&format!("sqlite:{}", folder.path().join("sparse.db").display())).unwrap();
    for at in (1..=30_u32).filter(|at| at % 7 < 5) {
        let nanos: Vec<_> = (0..200).map(|n| 1_000_000 * u64::from(at) + n).collect();
        let whole = snapshot(start() + DAY * at, vec![operation_of("query", &nanos)]);
        sparse.write(&instance("a", "a"), &Interval::new(u64::from(at), whole)).unwrap();
    }
    let month = Query::new(start(), start() + 30 * DAY).every(DAY);
    let trends = analysis::trends(&*sparse, &month, 50.0, &TrendTest::new()).unwrap();
    let slope = trends[0].value.slope.unwrap() * 1e3;
    assert!((slope - 1.0).abs() < 0.02, "{slope} ms a day");
    let forecaster = Forecaster::rising_to(0.9).within(60 * DAY);
    let forecast = &analysis::forecasts(&*store, &days, &forecaster).unwrap()[0].value;
    assert_eq!(forecast.outlook, Outlook::Crosses);
    let off = forecast.likely.unwrap().abs_diff(20 * DAY);
    assert!(off < MINUTE, "{forecast}");
}

#[test]
fn what_was_watched_is_known() {
    let folder = Folder::new("watched");
    let store = open(&sqlite(&folder)).unwrap();
    for at in [1, 2, 5] {
        hour(&*store, "a", at, [("job", 1, 1_000)]);
        hour(&*store, "b", at, []);
    }
    let query = Query::new(start(), start() + 6 * HOUR).every(HOUR);
    let steps = |query: &Query| -> Vec<(u64, Duration)> {
        let hours =
            |at: std::time::SystemTime| at.duration_since(start()).unwrap().as_secs() / 3_600;
        let found = store.watched(query).unwrap();
        found.iter().map(|step| (hours(step.to), step.value)).collect()
    };
    assert_eq!(steps(&query), [(1, 2 * HOUR), (2, 2 * HOUR), (5, 2 * HOUR)]);
    assert_eq!(steps(&query.clone().instance("b")), [(1, HOUR), (2, HOUR), (5, HOUR)]);
    store.roll_up(start() + 2 * DAY, 1_000).unwrap();
    assert_eq!(steps(&query), [(1, 2 * HOUR), (2, 2 * HOUR), (5, 2 * HOUR)]);
}
