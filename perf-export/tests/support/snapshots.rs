//! Snapshots for tests of formats: nothing, hostile ones, large ones.

use perf_core::{
    Allocations, Caller, InFlightCalls, MetricParts, MetricValue, OperationParts, PollTimes,
    Snapshot, SnapshotParts,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

pub(crate) const PERCENTILES: [f64; 4] = [50.0, 90.0, 99.0, 99.9];

/// With every optional part, names that hurt, and numbers at the edge of what fits.
pub(crate) fn hostile() -> Snapshot {
    let registry = perf_core::Registry::new();
    let long = "x".repeat(10_000);
    let names = [
        "",
        " ",
        "=1+2",
        "+1",
        "-1",
        "@SUM(A1)",
        "'=quoted",
        "'",
        "\ttab",
        "\rreturn",
        "\nline",
        "a,b",
        "a;b=c",
        "quo\"te",
        "back\\slash",
        "nul\0nul",
        "\\0",
        "50 %",
        "a%2Cb",
        "Größe 🦀",
        "\u{2028}",
        "＝1",
        &long,
        "#[StartTime: 1 ",
        "\u{feff}bom",
        "a\"\r\nb",
        "{\"json\":1}",
    ];
    for (name, at) in names.into_iter().zip(1..) {
        registry.record(name, Duration::from_micros(at));
        registry.record(name, Duration::from_millis(at * at));
        registry.counter(name, &[(name, name)]).add(at);
        registry.gauge(name, &[("key", name), ("", "")]).set(-(at as f64));
        registry.distribution(name, &[]).record(at as f64 / 7.0);
        registry.describe(name, None, name.to_owned());
    }
    registry.gauge("nan", &[]).set(f64::NAN);
    registry.gauge("more", &[]).set(f64::INFINITY);
    registry.gauge("less", &[]).set(f64::NEG_INFINITY);
    registry.distribution("mixed", &[]).record(f64::NAN);
    registry.distribution("refused", &[]).record(f64::INFINITY);
    for value in [-1e300, -2.5, -0.0, 0.0, 1e-300, 3.0, 1e300] {
        registry.distribution("mixed", &[]).record(value);
    }
    registry.describe("mixed", Some("%"), "Both signs");
    let mut parts = SnapshotParts::from(&registry.snapshot());
    let labelled =
        |name: &str| vec![("key".to_owned(), name.to_owned()), (name.to_owned(), "v".into())];
    parts.operations.extend(names.map(|name| OperationParts {
        name: "labelled".into(),
        labels: labelled(name),
        buckets: vec![(1_000, 3), (1_000_000, 1)],
        min_ns: Some(1_000),
        max_ns: Some(1_000_300),
        sum_ns: 1_003_000,
        ..Default::default()
    }));
    // As `a;key=v` would be told from `a` with this label, and `a{key="v"}`.
    let plain = ["a;key=v", "a{key=\"v\"}", "a"];
    parts.operations.extend(plain.map(|name| OperationParts { name: name.into(), ..calls(7) }));
    let labels = vec![("key".to_owned(), "v".to_owned())];
    parts.operations.push(OperationParts { name: "a".into(), labels, ..calls(8) });
    parts.operations.push(OperationParts { name: "never called".into(), ..Default::default() });
    parts.operations.push(everything());
    Snapshot::from(parts)
}

fn calls(nanos: u64) -> OperationParts {
    let (buckets, min_ns) = (vec![(nanos, 2)], Some(nanos));
    OperationParts { buckets, min_ns, max_ns: min_ns, sum_ns: 2 * nanos, ..Default::default() }
}

/// An operation of which all there can be is known.
fn everything() -> OperationParts {
    let caller =
        |name: Option<&str>| Caller { name: name.map(Arc::from), calls: 5, time_ns: u64::MAX };
    OperationParts {
        name: "everything".into(),
        labels: vec![("overflow".into(), "true".into())],
        digits: 2,
        buckets: vec![(0, 1), (5_000_000, 40), (9_000_000_000, 2), (8_640_000_000_000_000, 1)],
        sum_ns: (1 << 53) + 1,
        nested_ns: 5_000_000,
        self_ns: (1 << 53) - 1,
        min_ns: Some(0),
        max_ns: Some(8_640_000_000_000_000),
        errors: 3,
        panicked: 2,
        cancelled: 1,
        clamped: 1,
        backward: 1,
        overlaps: 1,
        skipped: 44,
        callers: vec![caller(None), caller(Some("=caller"))],
        polls: Some(PollTimes { polls: 9, busy_ns: 8, longest_ns: 7 }),
        allocations: Some(Allocations { count: 4, bytes: u64::MAX, self_count: 2, self_bytes: 1 }),
        in_flight: Some(InFlightCalls { count: 2, oldest_ns: 1_000 }),
        folded: 12_345,
        is_scope: true,
    }
}

/// So many series of operations, each with calls of its own, and as many counters.
pub(crate) fn many(series: u64) -> Snapshot {
    let started = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    let labels = |at: u64| vec![("series".to_owned(), at.to_string())];
    let operation =
        |at| OperationParts { name: "many".into(), labels: labels(at), ..calls(1_000 + at) };
    let metric = |at| MetricParts {
        name: "many".into(),
        labels: labels(at),
        value: MetricValue::Counter(at),
        taken: started,
    };
    Snapshot::from(SnapshotParts {
        started,
        taken: started + Duration::from_secs(60),
        lost: 0,
        operations: (0..series).map(operation).collect(),
        metrics: (0..series).map(metric).collect(),
        descriptions: BTreeMap::new(),
    })
}

pub(crate) fn empty() -> Snapshot {
    perf_core::Registry::new().snapshot()
}
