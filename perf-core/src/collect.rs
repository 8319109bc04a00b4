//! From a registry's stripes, in ticks and ids, to a snapshot, in nanoseconds and names.

use crate::{
    clock::Clock,
    directory,
    histogram::Histogram,
    local::{self, Busy},
    primitive::heal,
    registry::Core,
    snapshot::{Caller, Operation, Snapshot},
    table::OpStats,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::SystemTime,
};

/// All operations, or the one asked for.
pub(crate) fn snapshot(core: &Core, only: Option<u32>) -> Snapshot {
    let mut operations = BTreeMap::new();
    let mut children = HashMap::new();
    let mut started = *heal(core.started.lock());
    if let Some(_busy) = Busy::enter() {
        core.flush_lanes();
        started = *heal(core.started.lock());
        for stripe in &core.stripes {
            let table = heal(stripe.lock());
            // Taken inside the lock: whatever is in the table has its name by now.
            let names = directory::names();
            for (op, stats) in table.iter() {
                add_children(&mut children, stats);
                if only.is_none_or(|only| only == op) {
                    add(&mut operations, &names, op, stats);
                }
            }
        }
    }
    for (op, ticks) in children {
        if let Some(operation) = operations.get_mut(&op) {
            operation.children_ns = Clock::get().nanos(ticks);
        }
    }
    Snapshot::new(started, SystemTime::now(), local::lost(), operations.into_values().collect())
}

fn add(operations: &mut BTreeMap<u32, Operation>, names: &[Arc<str>], op: u32, stats: &OpStats) {
    let part = operation(names, op, stats);
    match operations.get_mut(&op) {
        Some(whole) => whole.merge(&part),
        None => drop(operations.insert(op, part)),
    }
}

/// Adds the time of an operation's calls to that of their callers' children.
fn add_children(children: &mut HashMap<u32, u64>, stats: &OpStats) {
    for edge in stats.edges.iter().filter(|edge| edge.caller != 0) {
        let ticks = children.entry(edge.caller).or_default();
        *ticks = edge.ticks.saturating_add(*ticks);
    }
}

fn operation(names: &[Arc<str>], op: u32, stats: &OpStats) -> Operation {
    let clock = Clock::get();
    let layout = stats.buckets.layout();
    let mut histogram = Histogram::from_layout(layout);
    for (index, count) in stats.buckets.iter() {
        histogram.push(clock.nanos(layout.middle(index)), count);
    }
    let callers = stats.edges.iter().map(|edge| Caller {
        name: (edge.caller != 0).then(|| Arc::clone(&names[edge.caller as usize])),
        calls: edge.calls,
        time_ns: clock.nanos(edge.ticks),
    });
    Operation {
        name: Arc::clone(&names[op as usize]),
        sum_ns: clock.nanos(stats.edges.iter().fold(0, |sum, edge| edge.ticks.saturating_add(sum))),
        nested_ns: clock.nanos(stats.nested),
        children_ns: 0,
        min_ns: clock.nanos(stats.min),
        max_ns: clock.nanos(stats.max),
        errors: stats.errors,
        panicked: stats.panicked,
        cancelled: stats.cancelled,
        clamped: stats.clamped,
        backward: stats.backward,
        overlaps: stats.overlaps,
        callers: Caller::sorted(callers.collect()),
        histogram,
    }
}
