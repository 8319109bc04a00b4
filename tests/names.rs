//! Ever new names do not take ever more memory. Alone in its process, for its size is measured, and all
//! names of the process are used up.
#![cfg(target_os = "linux")]

use perfkit::Registry;

/// Resident memory, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn names_made_of_unbounded_input_are_bounded() {
    let registry = Registry::new();
    let use_names = |from: usize| {
        for n in from..from + 100_000 {
            registry.counter(&format!("counter {n}"), &[("a", "b")]).add(1);
            registry.gauge(&format!("gauge {n}"), &[]).set(1.0);
            registry.distribution(&format!("distribution {n}"), &[("a", "b")]).record(1.0);
            registry.describe(&format!("described {n}"), None, "");
            drop(registry.timer(&format!("timer {n}")));
        }
    };
    use_names(0);
    let before = resident();
    (1..4).for_each(|round| use_names(round * 100_000));
    let grown = resident().saturating_sub(before);
    assert!(grown < 16, "{grown} MiB more, of {before}");
    // Nothing is lost: what has no name is counted together.
    let snapshot = registry.snapshot();
    let counters = snapshot.metrics().iter().filter_map(|metric| match metric.value() {
        perfkit::MetricValue::Counter(count) => Some(*count),
        _ => None,
    });
    assert_eq!(counters.sum::<u64>(), 400_000);
    let calls = snapshot.operations().iter().map(perfkit::Operation::count);
    assert_eq!(calls.sum::<u64>(), 400_000);
}
