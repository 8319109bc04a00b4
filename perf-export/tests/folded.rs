//! Folded stacks of any call graph, read back.

use perf_core::{Caller, OperationParts, Snapshot, SnapshotParts};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// An operation called from those (of as many as there are; the last stands for outside), with a self
/// time, and its calls' times.
type Called = (u64, Vec<(usize, u64)>);

fn snapshot(operations: &[Called]) -> Snapshot {
    let name = |at: usize| format!("op{at}");
    let parts = operations.iter().enumerate().map(|(at, (self_ns, callers))| OperationParts {
        name: name(at),
        buckets: vec![(*self_ns, 1)],
        self_ns: *self_ns,
        sum_ns: *self_ns,
        callers: callers
            .iter()
            .map(|(caller, time_ns)| Caller {
                name: (*caller < operations.len()).then(|| Arc::from(name(*caller))),
                calls: 1,
                time_ns: *time_ns,
            })
            .collect(),
        ..OperationParts::default()
    });
    let empty = SnapshotParts::from(&perf_core::Registry::new().snapshot());
    Snapshot::from(SnapshotParts { operations: parts.collect(), ..empty })
}

/// Frames and time of each line.
fn read(lines: &str) -> Vec<(Vec<&str>, u128)> {
    let line = |line| {
        let (stack, time): (&str, &str) = str::rsplit_once(line, ' ').unwrap();
        (stack.split(';').collect(), time.parse().unwrap())
    };
    lines.lines().map(line).collect()
}

fn graph(most: usize) -> impl Strategy<Value = Vec<Called>> {
    let time = || prop_oneof![Just(0), 0..1_000_u64, 0..10_000_000_000_u64];
    (1..most).prop_flat_map(move |operations| {
        let callers = prop::collection::vec((0..=operations, time()), 0..5);
        prop::collection::vec((time(), callers), operations)
    })
}

proptest! {
    #[test]
    fn lines_add_up_to_all_self_times_on_paths_that_were_called(operations in graph(12)) {
        let text = perf_export::folded::write(&snapshot(&operations));
        let lines = read(&text);
        let all: u128 = operations.iter().map(|(self_ns, _)| u128::from(*self_ns)).sum();
        prop_assert_eq!(lines.iter().map(|(_, time)| time).sum::<u128>(), all, "{}", text);

        let mut of_operation: BTreeMap<&str, (u128, u128)> = BTreeMap::new();
        for (stack, time) in &lines {
            let at = |frame: &str| frame[2..].parse::<usize>().unwrap();
            for pair in stack.windows(2) {
                let callers = &operations[at(pair[1])].1;
                prop_assert!(callers.iter().any(|(caller, _)| *caller == at(pair[0])), "{text}");
            }
            for (depth, frame) in stack.iter().enumerate() {
                prop_assert!(!stack[..depth].contains(frame), "a cycle: {text}");
            }
            let (sum, lines) = of_operation.entry(stack.last().unwrap()).or_default();
            *sum += time;
            *lines += 1;
        }
        // Each operation has its own time again, but for what rounding moves on the paths.
        for (name, (sum, _)) in of_operation {
            let own = u128::from(operations[name[2..].parse::<usize>().unwrap()].0);
            prop_assert!(sum.abs_diff(own) <= 2 * lines.len() as u128, "{name} {sum} {own}\n{text}");
        }
    }
}

#[test]
fn shares_are_in_proportion_to_the_time_of_the_calls() {
    let outside = 4;
    let operations = [
        (10, vec![(outside, 1_000)]),
        (20, vec![(outside, 1_000)]),
        (600, vec![(0, 100), (1, 300), (2, 5_000)]),
        (40, vec![(2, 50)]),
    ];
    let text = perf_export::folded::write(&snapshot(&operations));
    let expected = "op1;op2 450\nop1;op2;op3 30\nop1 20\nop0;op2 150\nop0;op2;op3 10\nop0 10\n";
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&text), sorted(expected));
}

#[test]
fn a_cycle_begins_where_calls_come_from_outside() {
    let outside = 3;
    let operations = [(10, vec![(1, 90)]), (10, vec![(outside, 100), (0, 50)]), (7, vec![(2, 7)])];
    let text = perf_export::folded::write(&snapshot(&operations));
    assert_eq!(text, "op1 10\nop1;op0 10\nop2 7\n");
}

#[test]
fn the_number_of_paths_is_bounded_and_nothing_is_lost() {
    // Layers of which each operation is called by each of the layer above: 4^12 paths.
    let layers = 12;
    let operation = |at: usize| {
        let callers =
            if at < 4 { vec![4 * layers] } else { (at / 4 * 4 - 4..at / 4 * 4).collect() };
        (1_000_000, callers.into_iter().map(|caller| (caller, 1 + at as u64)).collect())
    };
    let operations: Vec<Called> = (0..4 * layers).map(operation).collect();
    let text = perf_export::folded::write(&snapshot(&operations));
    let lines = read(&text);
    assert!(lines.len() <= 2 * perf_export::folded::MAX_PATHS, "{}", lines.len());
    assert!(lines.iter().any(|(stack, _)| stack.last() == Some(&"(other paths)")));
    assert_eq!(lines.iter().map(|(_, time)| time).sum::<u128>(), 4 * layers as u128 * 1_000_000);
}

#[test]
fn a_long_chain_is_bounded_too() {
    let operations: Vec<Called> =
        (0..10_000).map(|at| (1_000, vec![(if at == 0 { 10_000 } else { at - 1 }, 1)])).collect();
    let text = perf_export::folded::write(&snapshot(&operations));
    assert!(text.len() < 3 * perf_export::folded::MAX_BYTES);
    assert_eq!(read(&text).iter().map(|(_, time)| time).sum::<u128>(), 10_000_000);
}

#[test]
fn an_empty_snapshot_has_no_line() {
    assert_eq!(perf_export::folded::write(&snapshot(&[])), "");
}
