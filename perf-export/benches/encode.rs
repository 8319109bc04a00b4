//! How long it takes to write a snapshot, against `prometheus-client` writing as many series with as
//! many buckets: `cargo bench -p perf-export --features prometheus`.

use perf_core::{OperationParts, Registry, Snapshot, SnapshotParts};
use perf_export::prometheus::{Encoding, Options};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry,
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// As many as operations' durations have.
const BOUNDS: [f64; 18] = [
    1e-6, 1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];
const OUTCOMES: [&str; 4] = ["ok", "error", "panic", "cancelled"];

fn main() {
    println!("operations  what                    min ms  median ms      bytes");
    for (operations, rounds) in [(1_000, 60), (10_000, 20)] {
        compare(operations, rounds);
    }
}

/// Everything in turns, so that whatever else the machine does meets all alike.
fn compare(operations: usize, rounds: usize) {
    let snapshot = snapshot(operations);
    let (options, plain) = (Options::default(), Options::default().created(false));
    let theirs = theirs(operations);
    let client = || {
        let mut text = String::new();
        encode(&mut text, &theirs).map(|()| text.into_bytes()).unwrap_or_default()
    };
    let contenders: [(&str, &dyn Fn() -> Vec<u8>); 5] = [
        ("text", &|| Encoding::Text.write(&snapshot, &options)),
        ("openmetrics", &|| Encoding::OpenMetrics.write(&snapshot, &options)),
        ("openmetrics, no created", &|| Encoding::OpenMetrics.write(&snapshot, &plain)),
        ("protobuf", &|| Encoding::Protobuf.write(&snapshot, &options)),
        ("prometheus-client", &client),
    ];
    let mut times = contenders.map(|_| Vec::with_capacity(rounds));
    for _ in 0..rounds {
        for ((_, write), times) in contenders.iter().zip(&mut times) {
            let started = Instant::now();
            black_box(write());
            times.push(started.elapsed());
        }
    }
    for ((name, write), mut times) in contenders.iter().zip(times) {
        times.sort_unstable();
        let ms = |at: usize| times.get(at).map_or(0.0, |time: &Duration| time.as_secs_f64() * 1e3);
        let (min, median, bytes) = (ms(0), ms(rounds / 2), write().len());
        println!("{operations:10}  {name:<22} {min:>7.2}  {median:>9.2} {bytes:>10}");
    }
}

/// Each operation was called 400 times, for 1 µs to 1 s.
fn durations() -> impl Iterator<Item = u64> {
    (0..400_u32).map(|n| (1e3 * 1e6_f64.powf(f64::from(n) / 400.0)) as u64)
}

fn name(n: usize) -> String {
    format!("service::module_{}::operation_{n}", n % 50)
}

fn snapshot(operations: usize) -> Snapshot {
    let operation = |n| {
        let buckets: Vec<_> = durations().map(|nanos| (nanos, 1)).collect();
        let sum_ns = durations().sum();
        OperationParts { name: name(n), buckets, sum_ns, self_ns: sum_ns, ..Default::default() }
    };
    let mut parts = SnapshotParts::from(&Registry::new().snapshot());
    parts.operations = (0..operations).map(operation).collect();
    parts.into()
}

/// The same families, with the same labels.
fn theirs(operations: usize) -> registry::Registry {
    type Labels = Vec<(&'static str, String)>;
    let durations_of = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    let self_seconds = Family::<Labels, Counter<f64, std::sync::atomic::AtomicU64>>::default();
    let calls = Family::<Labels, Counter>::default();
    for n in 0..operations {
        let labels = vec![("operation", name(n))];
        let histogram = durations_of.get_or_create(&labels).clone();
        durations().for_each(|nanos| histogram.observe(nanos as f64 / 1e9));
        self_seconds.get_or_create(&labels).inc_by(durations().sum::<u64>() as f64 / 1e9);
        for outcome in OUTCOMES {
            let labels = vec![("operation", name(n)), ("outcome", outcome.to_owned())];
            calls.get_or_create(&labels).inc_by(100);
        }
    }
    let mut registry = registry::Registry::default();
    registry.register("perfkit_operation_duration_seconds", "Durations of calls", durations_of);
    registry.register("perfkit_operation_self_seconds", "Time of the calls", self_seconds);
    registry.register("perfkit_operation_calls", "Calls that ended", calls);
    registry
}
