//! All tasks of one worker to the others.

use super::{Load, Plan, Reassignment, Strategy, imbalance};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

/// A great many tasks go in as many portions at most.
const PORTIONS: u64 = 10_000;

/// Where all tasks of a worker should go, those under way too: each to the one that has the least to do
/// for its capacity, of those that can do all that the worker can; of all if there are none. Workers that are
/// overloaded or failing, or were not heard of for an hour, are only given some if there are no others.
/// Of a worker that is not among these, nothing is to be moved.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").set_queue_depth(3);
/// let plan = perf_fleet::balance::evacuate(&fleet.distribution().loads, "w1");
/// assert_eq!((plan.moves.len(), plan.unplaced), (0, 3));
/// ```
#[must_use]
pub fn evacuate(loads: &[Load], worker: &str) -> Plan {
    let mut plan = Plan {
        strategy: Strategy::LeastLoaded,
        imbalance_before: imbalance(loads),
        imbalance_after: imbalance(loads),
        is_needed: false,
        moves: Vec::new(),
        new_tasks: Vec::new(),
        unplaced: 0,
    };
    let Some(from) = loads.iter().position(|load| load.worker == worker) else { return plan };
    let tasks = loads[from].demand().ceil() as u64;
    plan.is_needed = tasks > 0;
    let given = portions(loads, from, tasks);
    if given.is_empty() {
        plan.unplaced = tasks;
        return plan;
    }
    let mut moved = loads.to_vec();
    for (to, tasks) in given {
        let why = format!("{worker} is evacuated, and {} has room for them.", loads[to].worker);
        plan.moves.push(Reassignment::apply(&mut moved, (from, to), tasks, why));
    }
    moved.remove(from);
    plan.imbalance_after = imbalance(&moved);
    plan
}

/// How many each is given.
fn portions(loads: &[Load], from: usize, tasks: u64) -> BTreeMap<usize, u64> {
    let others = || (0..loads.len()).filter(|at| *at != from);
    let can =
        |at: &usize| loads[from].capabilities.iter().all(|it| loads[*at].capabilities.contains(it));
    let is_fit = |at: &usize| loads[*at].is_fit;
    let tiers: [Vec<usize>; 4] = [
        others().filter(|at| can(at) && is_fit(at)).collect(),
        others().filter(can).collect(),
        others().filter(is_fit).collect(),
        others().collect(),
    ];
    let targets = tiers.into_iter().find(|tier| !tier.is_empty()).unwrap_or_default();
    // Numbers that are not negative are in the order of their bits.
    let cost = |at: usize, given: u64| {
        ((loads[at].demand() + given as f64 + 1.0) / loads[at].capacity).to_bits()
    };
    let mut heap: BinaryHeap<_> = targets.iter().map(|at| Reverse((cost(*at, 0), *at))).collect();
    let (portion, mut left) = (tasks.div_ceil(PORTIONS).max(1), tasks);
    let mut given = BTreeMap::new();
    while left > 0 {
        let Some(Reverse((_, at))) = heap.pop() else { break };
        let now = portion.min(left);
        left -= now;
        let sum = given.entry(at).or_insert(0_u64);
        *sum += now;
        heap.push(Reverse((cost(at, *sum), at)));
    }
    given
}
