//! Which tasks should move.

use super::{Load, imbalance};
use crate::report::shown;
use serde::Serialize;
use std::fmt;

/// The imbalance above which a fleet should be rebalanced.
///
/// ```
/// assert_eq!(perf_fleet::balance::IMBALANCE, 0.3);
/// ```
pub const IMBALANCE: f64 = 0.3;

/// The most workers that one is to give tasks to by turns.
const PORTIONS: usize = 10;

/// Which worker below its fair share is given a task.
///
/// ```
/// use perf_fleet::balance::Strategy;
/// assert_eq!(Strategy::LeastLoaded.to_string(), "least loaded");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strategy {
    /// Each in turn: ten at most of those below their share for each one above, unless these are full.
    RoundRobin,
    /// The one with the least to do for its capacity.
    LeastLoaded,
    /// The least loaded of those that can do all that the worker with too much can; of those in its
    /// domain, if nothing is said of what that can do.
    CapabilityBased,
    /// The one that would be done first: by its demand, its capacity, the mean duration of its tasks
    /// and its success rate.
    PerformanceBased,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::RoundRobin => "round robin",
            Self::LeastLoaded => "least loaded",
            Self::CapabilityBased => "capability based",
            Self::PerformanceBased => "performance based",
        })
    }
}

/// Tasks that should move.
///
/// ```
/// use perf_fleet::balance::Strategy;
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("busy").set_queue_depth(10);
/// let _idle = fleet.worker("idle");
/// let plan = fleet.rebalance(Strategy::LeastLoaded);
/// let moved = &plan.moves[0];
/// assert_eq!(moved.why, "busy has 10 tasks where 5.0 are its share, idle 0 where 5.0 are.");
/// assert_eq!(moved.effect, "busy is done in 15.0 min, not 30.0 min; idle in 15.0 min.");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reassignment {
    /// The worker that has them.
    pub from: String,
    /// The worker to have them.
    pub to: String,
    /// How many of those that wait.
    pub tasks: u64,
    /// Why, in words.
    pub why: String,
    /// What is to be expected of it, in words.
    pub effect: String,
    /// How long `from` takes for all it has to do, before, in seconds.
    pub from_seconds_before: f64,
    /// And after.
    pub from_seconds_after: f64,
    /// How long `to` takes for all it has to do, after.
    pub to_seconds_after: f64,
}

impl Reassignment {
    /// Moves tasks, and says so.
    pub(super) fn apply(
        loads: &mut [Load],
        (from, to): (usize, usize),
        tasks: u64,
        why: String,
    ) -> Self {
        let before = loads[from].drain_seconds();
        let queued = loads[from].queued.min(tasks);
        loads[from].queued -= queued;
        // Of an evacuation, those under way too.
        loads[from].running = (loads[from].running - (tasks - queued) as f64).max(0.0);
        loads[to].queued = loads[to].queued.saturating_add(tasks);
        let (from, to) = (&loads[from], &loads[to]);
        let (after, to_after) = (from.drain_seconds(), to.drain_seconds());
        Self {
            effect: format!(
                "{} is done in {}, not {}; {} in {}.",
                from.worker,
                shown::seconds(after),
                shown::seconds(before),
                to.worker,
                shown::seconds(to_after),
            ),
            from: from.worker.clone(),
            to: to.worker.clone(),
            tasks,
            why,
            from_seconds_before: before,
            from_seconds_after: after,
            to_seconds_after: to_after,
        }
    }
}

/// What should move, and what comes of it.
///
/// ```
/// use perf_fleet::balance::Strategy;
/// let plan = perf_fleet::Fleet::builder().build().rebalance(Strategy::LeastLoaded);
/// assert_eq!(serde_json::to_value(&plan).unwrap()["strategy"], "least_loaded");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// How the workers to be given tasks were chosen.
    pub strategy: Strategy,
    /// The [`imbalance`] before.
    pub imbalance_before: f64,
    /// The imbalance after all moves; after a rebalancing never above that before.
    pub imbalance_after: f64,
    /// Whether there is a reason to move anything.
    pub is_needed: bool,
    /// What should move.
    pub moves: Vec<Reassignment>,
    /// Where new tasks should go until all have their fair share, for what is under way cannot be moved.
    pub new_tasks: Vec<NewTasks>,
    /// Tasks of an evacuation that there is no other worker for.
    pub unplaced: u64,
}

/// What part of new tasks a worker should be given: what it lacks of its fair share, of what all lack.
///
/// ```
/// use perf_fleet::balance::Strategy;
/// let fleet = perf_fleet::Fleet::builder().build();
/// for (id, workload) in [("a", 95.0), ("b", 10.0), ("c", 30.0)] {
///     fleet.worker(id).max_concurrent(10).set_workload(workload);
/// }
/// // Nothing waits, so nothing can be moved. All should have 4.5 tasks; b has 1, and c 3.
/// let plan = fleet.rebalance(Strategy::LeastLoaded);
/// assert!(plan.is_needed && plan.moves.is_empty());
/// let shares: Vec<_> = plan.new_tasks.iter().map(|of| (of.worker.as_str(), of.share)).collect();
/// assert_eq!(shares, [("b", 0.7), ("c", 0.3)]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewTasks {
    /// The worker's id.
    pub worker: String,
    /// Its part of new tasks, 0 to 1.
    pub share: f64,
}

/// Which queued tasks should move from workers above their fair share to workers below it, if the
/// imbalance is above a threshold. Tasks under way stay; workers that are overloaded or failing, or were not
/// heard of for an hour, are given none.
///
/// ```
/// use perf_fleet::balance::{Strategy, rebalance};
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("a").set_queue_depth(6);
/// fleet.worker("b").set_queue_depth(4);
/// let loads = fleet.distribution().loads;
/// assert!(!rebalance(&loads, Strategy::LeastLoaded, 0.3).is_needed);
/// assert_eq!(rebalance(&loads, Strategy::LeastLoaded, 0.05).moves[0].tasks, 1);
/// ```
#[must_use]
pub fn rebalance(loads: &[Load], strategy: Strategy, threshold: f64) -> Plan {
    let before = imbalance(loads);
    let is_needed = before > threshold;
    let mut planner = Planner::new(loads, strategy);
    let mut new_tasks = Vec::new();
    if is_needed {
        planner.run();
        new_tasks = planner.new_tasks();
    }
    Plan {
        strategy,
        imbalance_before: before,
        imbalance_after: imbalance(&planner.loads),
        is_needed,
        moves: planner.moves,
        new_tasks,
        unplaced: 0,
    }
}

struct Planner {
    strategy: Strategy,
    loads: Vec<Load>,
    shares: Vec<f64>,
    /// Those below their share, by place.
    targets: Vec<usize>,
    /// Whose turn it was, of a round.
    last: Option<usize>,
    moves: Vec<Reassignment>,
}

impl Planner {
    fn new(loads: &[Load], strategy: Strategy) -> Self {
        let demand: f64 = loads.iter().map(Load::demand).sum();
        let capacity: f64 = loads.iter().map(|load| load.capacity).sum();
        let share = |load: &Load| demand * load.capacity / capacity.max(1.0);
        let shares: Vec<_> = loads.iter().map(share).collect();
        let mut planner = Self {
            strategy,
            loads: loads.to_vec(),
            shares,
            targets: Vec::new(),
            last: None,
            moves: Vec::new(),
        };
        let wants = |at: &usize| loads[*at].is_fit && movable(-planner.surplus(*at)) > 0;
        planner.targets = (0..loads.len()).filter(wants).collect();
        planner
    }

    fn surplus(&self, at: usize) -> f64 {
        self.loads[at].demand() - self.shares[at]
    }

    fn run(&mut self) {
        let mut sources: Vec<_> = (0..self.loads.len()).collect();
        sources.retain(|at| self.loads[*at].queued > 0 && movable(self.surplus(*at)) > 0);
        sources.sort_by(|a, b| self.surplus(*b).total_cmp(&self.surplus(*a)));
        for from in sources {
            let (queued, given) = (self.loads[from].queued, self.give(from));
            // Each is told once what it gets, as of before.
            self.loads[from].queued = queued;
            for (to, tasks) in &given {
                self.loads[*to].queued -= tasks;
            }
            for (to, tasks) in given {
                self.shift(from, to, tasks);
            }
        }
    }

    /// What a worker gives away, and to whom, in the order of who is given some first.
    fn give(&mut self, from: usize) -> Vec<(usize, u64)> {
        let mut given: Vec<(usize, u64)> = Vec::new();
        let left = |of: &Self| movable(of.surplus(from)).min(of.loads[from].queued);
        let portion = self.portion(left(self));
        while left(self) > 0 {
            let Some(to) = self.choose(from) else { break };
            let tasks = left(self).min(movable(-self.surplus(to))).min(portion);
            self.loads[from].queued -= tasks;
            self.loads[to].queued += tasks;
            match given.iter_mut().find(|(other, _)| *other == to) {
                Some((_, sum)) => *sum += tasks,
                None => given.push((to, tasks)),
            }
            if movable(-self.surplus(to)) == 0 {
                self.targets.retain(|at| *at != to);
            }
        }
        given
    }

    fn new_tasks(&self) -> Vec<NewTasks> {
        let lacks = |at: usize| (-self.surplus(at)).max(0.0);
        let fit: Vec<_> = (0..self.loads.len()).filter(|at| self.loads[*at].is_fit).collect();
        let all: f64 = fit.iter().map(|at| lacks(*at)).sum();
        let given = |at: usize| {
            let share = lacks(at) / all;
            (share > 0.0).then(|| NewTasks { worker: self.loads[at].worker.clone(), share })
        };
        fit.into_iter().filter_map(given).collect()
    }

    /// How many of those left go at once.
    fn portion(&self, left: u64) -> u64 {
        match self.strategy {
            Strategy::RoundRobin => left.div_ceil(self.targets.len().clamp(1, PORTIONS) as u64),
            _ => left,
        }
        .max(1)
    }

    fn shift(&mut self, from: usize, to: usize, tasks: u64) {
        let [source, target] = [from, to].map(|at| (&self.loads[at], self.shares[at]));
        let why = format!(
            "{} has {:.0} tasks where {:.1} are its share, {} {:.0} where {:.1} are.",
            source.0.worker,
            source.0.demand(),
            source.1,
            target.0.worker,
            target.0.demand(),
            target.1,
        );
        self.moves.push(Reassignment::apply(&mut self.loads, (from, to), tasks, why));
    }

    fn choose(&mut self, from: usize) -> Option<usize> {
        let least = |cost: &dyn Fn(&Load) -> f64, fits: &dyn Fn(&Load) -> bool| {
            let fitting = self.targets.iter().copied().filter(|at| fits(&self.loads[*at]));
            fitting.min_by(|a, b| cost(&self.loads[*a]).total_cmp(&cost(&self.loads[*b])))
        };
        match self.strategy {
            Strategy::RoundRobin => {
                let next = self.targets.partition_point(|at| Some(*at) <= self.last);
                self.last = self.targets.get(next).or(self.targets.first()).copied();
                self.last
            }
            Strategy::LeastLoaded => least(&Load::relative, &|_| true),
            Strategy::CapabilityBased => {
                least(&Load::relative, &|to| to.can_all(&self.loads[from]))
            }
            Strategy::PerformanceBased => least(&Load::next_done, &|_| true),
        }
    }
}

/// How many may move for so much too much, or too little: half a task more at most, for then the
/// distance from the share is not larger than before.
fn movable(off: f64) -> u64 {
    (off + 0.5).floor().max(0.0) as u64
}

impl Load {
    /// Whether it can do all that another can.
    fn can_all(&self, other: &Self) -> bool {
        let can = |what: &String| self.capabilities.contains(what);
        match other.capabilities.as_slice() {
            [] => self.domain == other.domain,
            needed => needed.iter().all(can),
        }
    }

    /// When one more task would be done well, in seconds.
    fn next_done(&self) -> f64 {
        let rounds = ((self.demand() + 1.0) / self.capacity).max(1.0);
        rounds * self.task_seconds / self.success.max(0.01)
    }
}
