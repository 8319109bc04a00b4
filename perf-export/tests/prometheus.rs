//! The text formats, read back by a parser of this test.

#![allow(clippy::float_cmp, reason = "what is read back is the same number")]

use perf_core::{
    MetricParts, MetricValue, OperationParts, Registry, Snapshot, SnapshotParts, ValueHistogram,
};
use perf_export::prometheus::{self, Options};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

type Labels = BTreeMap<String, String>;

/// What a text says.
#[derive(Debug, Default)]
struct Read {
    kinds: BTreeMap<String, String>,
    helps: BTreeMap<String, String>,
    /// By name and labels, none twice.
    samples: BTreeMap<(String, Labels), f64>,
}

impl Read {
    fn text(snapshot: &Snapshot) -> Self {
        Self::parse(&prometheus::text(snapshot, &Options::default()))
    }

    fn openmetrics(snapshot: &Snapshot) -> Self {
        let text = prometheus::openmetrics(snapshot, &Options::default().created(false));
        Self::parse(text.strip_suffix("# EOF\n").unwrap())
    }

    fn parse(text: &str) -> Self {
        let mut read = Self::default();
        for line in text.strip_suffix('\n').unwrap().split('\n') {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                let help = unescaped(&mut help.chars(), None);
                assert_eq!(read.helps.insert(name.to_owned(), help), None, "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(read.kinds.insert(name.to_owned(), kind.to_owned()), None, "{line}");
            } else if !line.starts_with("# UNIT ") {
                read.sample(line);
            }
        }
        read
    }

    fn sample(&mut self, line: &str) {
        let end = line.find(['{', ' ']).unwrap();
        let (name, mut rest) = line.split_at(end);
        assert!(is_legal(name, true), "{line}");
        let mut labels = Labels::new();
        while let Some(label) = rest.strip_prefix(['{', ',']) {
            let (key, value) = label.split_once("=\"").unwrap();
            assert!(is_legal(key, false), "{line}");
            let mut value = value.chars();
            let text = unescaped(&mut value, Some('"'));
            assert_eq!(labels.insert(key.to_owned(), text), None, "{line}");
            rest = value.as_str();
        }
        let value = rest.strip_prefix('}').unwrap_or(rest).strip_prefix(' ').unwrap();
        let before = self.samples.insert((name.to_owned(), labels), value.parse().unwrap());
        assert_eq!(before, None, "{line}");
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.samples.get(&(name.to_owned(), labels.collect())).copied()
    }

    /// Samples that are not perfkit's own.
    fn others(&self) -> impl Iterator<Item = (&(String, Labels), &f64)> {
        self.samples.iter().filter(|((name, _), _)| !name.starts_with("perfkit_"))
    }
}

fn is_legal(name: &str, colons: bool) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    name.starts_with(|c: char| legal(c) && !c.is_ascii_digit()) && name.chars().all(legal)
}

/// Up to where it ends.
fn unescaped(text: &mut std::str::Chars<'_>, end: Option<char>) -> String {
    let mut whole = String::new();
    while let Some(c) = text.next() {
        match c {
            c if Some(c) == end => return whole,
            '\\' => whole.push(match text.next().unwrap() {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                c => panic!("\\{c}"),
            }),
            c => whole.push(c),
        }
    }
    assert_eq!(end, None);
    whole
}

fn snapshot(operations: Vec<OperationParts>, metrics: Vec<MetricParts>) -> Snapshot {
    let parts = SnapshotParts::from(&Registry::new().snapshot());
    SnapshotParts { operations, metrics, ..parts }.into()
}

fn metric(
    name: impl Into<String>,
    labels: Vec<(String, String)>,
    value: MetricValue,
) -> MetricParts {
    MetricParts { name: name.into(), labels, value, taken: SystemTime::UNIX_EPOCH }
}

/// Names likely to meet one another, and any others.
fn name() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "a",
        "_",
        ".",
        "-",
        "0",
        "total",
        "_sum",
        "_count",
        "U__",
        "_2e_",
        "é",
        "le",
        "gauge",
        "_bucket",
        "operation",
        "perfkit_operation_calls",
        "\0",
        "_created",
    ]);
    prop_oneof![
        4 => prop::collection::vec(parts, 0..4).prop_map(|parts| parts.concat()),
        1 => any::<String>(),
    ]
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((name(), any::<String>()), 0..4)
}

fn value() -> impl Strategy<Value = MetricValue> {
    prop_oneof![
        any::<u32>().prop_map(|count| MetricValue::Counter(count.into())),
        any::<f64>().prop_map(MetricValue::Gauge),
        prop::collection::vec(-1e6..1e6_f64, 0..5).prop_map(|values| {
            MetricValue::Distribution(ValueHistogram::from_values(
                3,
                values.into_iter().map(|v| (v, 1)),
            ))
        }),
    ]
}

/// The names of all a family's samples, its own too.
fn names_of(family: &str, kind: &str) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        "counter" => &["", "_total", "_created"],
        "histogram" => &["", "_bucket", "_sum", "_count", "_created"],
        _ => &[""],
    };
    suffixes.iter().map(|suffix| format!("{family}{suffix}")).collect()
}

proptest! {
    #[test]
    fn anything_can_be_read_back(
        operations in prop::collection::vec((name(), labels(), 0..9_u64), 0..6),
        metrics in prop::collection::vec((name(), labels(), value()), 0..12),
    ) {
        let operations = operations.into_iter().map(|(name, labels, calls)| {
            OperationParts { name, labels, buckets: vec![(1_000, calls)], ..Default::default() }
        });
        let metrics = metrics.into_iter().map(|(name, labels, value)| metric(name, labels, value));
        let snapshot = snapshot(operations.collect(), metrics.collect());
        let text = Read::text(&snapshot);
        let open = Read::openmetrics(&snapshot);

        // No two families have a name in common.
        let names = open.kinds.iter().flat_map(|(name, kind)| names_of(name, kind));
        let names: Vec<_> = names.collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        prop_assert_eq!(distinct.len(), names.len());
        // All samples are of a family, and those of OpenMetrics are among those of text, but for bounds.
        for (name, labels) in open.samples.keys() {
            prop_assert!(distinct.contains(name), "{name}");
            let key = (name.clone(), labels.clone());
            prop_assert!(labels.contains_key("le") || text.samples.contains_key(&key), "{key:?}");
        }
        // Counts are all there, however many series were merged.
        let calls = |of: &Read| {
            let of_calls = |((name, _), _): &(&(String, Labels), &f64)| name == "perfkit_operation_calls_total";
            of.samples.iter().filter(of_calls).map(|(_, count)| count).sum::<f64>()
        };
        let expected: u64 = snapshot.operations().iter().map(perf_core::Operation::count).sum();
        prop_assert_eq!((calls(&text), calls(&open)), (expected as f64, expected as f64));
        let expected: u64 = snapshot.metrics().iter().map(|metric| match metric.value() {
            MetricValue::Counter(count) => *count,
            _ => 0,
        }).sum();
let counted = |of: &Read| {
            let others = of.samples.iter().filter(|((name, _), _)| {
                let kind = name.strip_suffix("_total").and_then(|family| open.kinds.get(family));
                kind.is_some_and(|kind| kind == "counter") && name != "perfkit_operation_calls_total"
            });
            others.map(|(_, count)| count).sum::<f64>()
        };
        prop_assert_eq!((counted(&text), counted(&open)), (expected as f64, expected as f64));
    }

    #[test]
    fn what_is_legal_stays_as_it_is(
        metrics in prop::collection::btree_map(
            ("[a-z]{1,3}_x", prop::collection::btree_map("[a-d]", ".{1,20}", 0..3)),
            prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
            0..20,
        ),
        help in ".{1,30}\n.{0,9}",
    ) {
        let parts = metrics.iter().map(|((name, labels), value)| {
            metric(name, labels.clone().into_iter().collect(), MetricValue::Gauge(*value))
        });
        let mut parts = SnapshotParts::from(&snapshot(Vec::new(), parts.collect()));
        for (name, _) in metrics.keys() {
            let description = perf_core::Description { unit: None, text: help.clone().into() };
            parts.descriptions.insert(name.clone(), description);
        }
        let snapshot = Snapshot::from(parts);
        for read in [Read::text(&snapshot), Read::openmetrics(&snapshot)] {
            prop_assert_eq!(read.others().count(), metrics.len());
            for (key, value) in &metrics {
                let got = read.samples[key];
                prop_assert!(got == *value || (got.is_nan() && value.is_nan()), "{got} {value}");
                prop_assert_eq!(&read.kinds[&key.0], "gauge");
                prop_assert_eq!(&read.helps[&key.0], &help);
            }
        }
    }
}

#[test]
fn calls_are_counted_by_outcome_from_the_start() {
    let never = OperationParts { name: "never".into(), ..Default::default() };
    let sampled = OperationParts {
        name: "sampled".into(),
        buckets: vec![(2_000_000, 10)],
        sum_ns: 20_000_000,
        self_ns: 15_000_000,
        errors: 1,
        panicked: 2,
        cancelled: 3,
        skipped: 90,
        ..Default::default()
    };
    let read = Read::text(&snapshot(vec![never, sampled], Vec::new()));
    let calls = |operation, outcome| {
        let labels = [("operation", operation), ("outcome", outcome)];
        read.value("perfkit_operation_calls_total", &labels)
    };
    let all = ["ok", "error", "panic", "cancelled", "untimed"];
    assert_eq!(
        all.map(|of| calls("never", of)),
        [Some(0.0), Some(0.0), Some(0.0), Some(0.0), None]
    );
    assert_eq!(all.map(|of| calls("sampled", of)), [4.0, 1.0, 2.0, 3.0, 90.0].map(Some));
    let of = |name: &str, labels: &[_]| read.value(&format!("perfkit_operation_{name}"), labels);
    let sampled = ("operation", "sampled");
    // Times are of the calls that were timed.
    assert_eq!(of("duration_seconds_sum", &[sampled]), Some(0.02));
    assert_eq!(of("duration_seconds_count", &[sampled]), Some(10.0));
    assert_eq!(of("self_seconds_total", &[sampled]), Some(0.015));
    assert_eq!(of("duration_seconds_bucket", &[sampled, ("le", "0.001")]), Some(0.0));
    assert_eq!(of("duration_seconds_bucket", &[sampled, ("le", "0.005")]), Some(10.0));
    assert_eq!(of("duration_seconds_bucket", &[("operation", "never"), ("le", "+Inf")]), Some(0.0));
    assert_eq!(of("in_flight", &[sampled]), None);
}

#[test]
fn names_that_collide_are_kept_apart() {
    let registry = Registry::new();
    for (name, n) in [("a.b", 1.0), ("a_b", 2.0), ("a-b", 3.0), ("U__a_2e_b", 4.0)] {
        registry.gauge(name, &[]).set(n);
    }
    registry.counter("a_b", &[]).add(5);
    registry.describe("hits_total", Some("By"), "");
    registry.counter("hits_total", &[]).add(6);
    registry.counter("hits_bytes", &[]).add(7);
    let snapshot = registry.snapshot();
    for read in [Read::text(&snapshot), Read::openmetrics(&snapshot)] {
        let others: Vec<_> = read.others().map(|((name, _), value)| (&**name, *value)).collect();
        let expected = [
            ("U__a_2d_b", 3.0),
            ("U__a_2e_b", 4.0),
            ("U__a_2e_b_gauge", 1.0),
            ("a_b_gauge", 2.0),
            ("a_b_total", 5.0),
            ("hits_bytes_total", 7.0),
            ("hits_total_bytes_total", 6.0),
        ];
        assert_eq!(others, expected);
    }
}

#[test]
fn distributions_have_the_bounds_of_their_unit() {
    let registry = Registry::new();
    let units =
        [("size", "By"), ("hit_rate", "1"), ("wait", "ms"), ("jobs", "{job}"), ("own", "By")];
    for (name, unit) in units {
        registry.describe(name, Some(unit), "");
        registry.distribution(name, &[]).record(0.5);
    }
    let options = Options::default().bounds("own", &[2.0, f64::NAN, 1.0, f64::INFINITY, 2.0]);
    let read = Read::parse(&prometheus::text(&registry.snapshot(), &options));
    let bounds = |name: &str| {
        let name = format!("{name}_bucket");
        read.samples.keys().filter(|key| key.0 == name).map(|key| key.1["le"].clone()).collect()
    };
    let bytes: BTreeSet<_> = bounds("size_bytes");
    assert_eq!(bytes.len(), 14);
    assert!(bytes.is_superset(&["64", "1.073741824e+09", "+Inf"].map(str::to_owned).into()));
    assert_eq!(bounds("hit_rate_ratio").len(), 21);
    assert_eq!((bounds("wait_milliseconds").len(), bounds("jobs").len()), (16, 16));
    assert_eq!(bounds("own_bytes"), ["1", "2", "+Inf"].map(str::to_owned).into());
}

#[test]
fn openmetrics_has_no_sum_that_could_fall() {
    let registry = Registry::new();
    registry.distribution("balance", &[]).record(-1.0);
    registry.distribution("depth", &[]).record(1.0);
    let read = Read::openmetrics(&registry.snapshot());
    assert_eq!((read.value("balance_sum", &[]), read.value("balance_count", &[])), (None, None));
    assert_eq!(read.value("balance_bucket", &[("le", "+Inf")]), Some(1.0));
    assert_eq!(read.value("depth_sum", &[]), Some(1.0));
    assert_eq!(Read::text(&registry.snapshot()).value("balance_sum", &[]), Some(-1.0));
}

#[test]
fn a_snapshot_may_be_empty_or_large() {
    let read = Read::text(&snapshot(Vec::new(), Vec::new()));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(read.value("perfkit_build_info", &[("version", version)]), Some(1.0));
    assert_eq!(read.samples.len(), 2);

    let gauge = |n: u32| {
        let labels = vec![("n".to_owned(), format!("{n}{}", "\"\\\n".repeat(n as usize % 40)))];
        metric("many", labels, MetricValue::Gauge(n.into()))
    };
    let read = Read::openmetrics(&snapshot(Vec::new(), (0..10_000).map(gauge).collect()));
    assert_eq!(read.others().count(), 10_000);
    let long = vec![("long".to_owned(), "ß\n".repeat(5_000))];
    let read =
        Read::text(&snapshot(Vec::new(), vec![metric("x", long.clone(), MetricValue::Counter(1))]));
    assert_eq!(read.samples[&("x_total".to_owned(), Labels::from_iter(long))], 1.0);
}

#[test]
fn nothing_falls_while_threads_record() {
    let registry = Registry::new();
    std::thread::scope(|scope| {
        for thread in 1..=3_u64 {
            let registry = &registry;
            scope.spawn(move || {
                let sizes = registry.distribution("sizes", &[("thread", &thread.to_string())]);
                for n in 0..20_000_u64 {
                    let nanos = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (20 + n % 40);
                    registry.record("work", std::time::Duration::from_nanos(nanos));
                    sizes.record((nanos % 5_000) as f64);
                }
            });
        }
        let mut before = Read::default();
        for _ in 0..40 {
            let now = Read::text(&registry.snapshot());
            for (key, value) in &before.samples {
                assert!(now.samples[key] >= *value, "{key:?}: {value}, {}", now.samples[key]);
            }
            before = now;
        }
    });
}
