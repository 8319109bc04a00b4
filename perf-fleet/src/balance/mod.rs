//! Who has how much to do, and who should have what.
//!
//! A worker's *demand* is the tasks under way there and those that wait for it; its *capacity* is how many
//! it can have under way (1 where that is not known). Its *fair share* is the part of all demand that its
//! capacity is of all capacity.
//!
//! ```
//! use perf_fleet::balance::Strategy;
//! let fleet = perf_fleet::Fleet::builder().build();
//! fleet.worker("busy").set_queue_depth(9);
//! fleet.worker("idle").set_queue_depth(1);
//! let plan = fleet.rebalance(Strategy::LeastLoaded);
//! assert_eq!((plan.imbalance_before, plan.imbalance_after), (0.4, 0.0));
//! let moved = &plan.moves[0];
//! assert_eq!((moved.from.as_str(), moved.to.as_str(), moved.tasks), ("busy", "idle", 4));
//! ```

mod assign;
mod evacuate;
mod pairing;
mod plan;

pub use assign::{Assignment, Job, Pair};
pub use evacuate::evacuate;
pub use pairing::pairing;
pub use plan::{IMBALANCE, NewTasks, Plan, Reassignment, Strategy, rebalance};

use crate::{
    fleet::Fleet,
    score::{Status, is_stale},
    stats::{Figures, WorkerStats},
};
use serde::Serialize;

/// More than any worker has to do: so that sums stay finite.
const MOST: f64 = 1e12;

/// How much a worker has to do.
///
/// ```
/// use perf_fleet::balance::Load;
/// let fleet = perf_fleet::Fleet::builder().build();
/// let worker = fleet.worker("w1").max_concurrent(4);
/// let _task = worker.task("build");
/// worker.set_queue_depth(5);
/// let load = Load::of(&worker.stats());
/// assert_eq!((load.running, load.queued, load.capacity), (1.0, 5, 4.0));
/// assert_eq!((load.demand(), load.relative()), (6.0, 1.5));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Load {
    /// The worker's id.
    pub worker: String,
    /// Its domain.
    pub domain: String,
    /// Tasks under way: those that are counted or, if that is more, the workload that it says itself of its
    /// capacity. What that is above 100 % are the tasks that wait, and is only added if there are more.
    pub running: f64,
    /// Tasks that wait.
    pub queued: u64,
    /// Tasks it can have under way.
    pub capacity: f64,
    /// The mean duration of a task, in seconds; what it should be at most where that is not known.
    pub task_seconds: f64,
    /// The success rate, 1 where it is not known.
    pub success: f64,
    /// Whether it may be given tasks: it is neither overloaded nor failing, and was heard of in the last hour.
    pub is_fit: bool,
    /// What it can do.
    pub capabilities: Vec<String>,
}

impl Load {
    /// Of a worker.
    ///
    /// ```
    /// let stats = perf_fleet::Fleet::builder().build().worker("w1").stats();
    /// assert_eq!(perf_fleet::balance::Load::of(&stats).demand(), 0.0);
    /// ```
    #[must_use]
    pub fn of(stats: &WorkerStats) -> Self {
        let of = &stats.figures;
        let capacity = of.max_concurrent.map_or(1.0, |most| (most.max(1) as f64).min(MOST));
        Self {
            worker: stats.id.clone(),
            domain: stats.domain.clone(),
            running: running(of, capacity),
            queued: of.queue_depth.min(MOST as u64),
            capacity,
            task_seconds: expected_seconds(of),
            success: of.success_rate.filter(|rate| !rate.is_nan()).unwrap_or(1.0).clamp(0.0, 1.0),
            is_fit: stats.health.status < Status::Overloaded && !is_stale(of),
            capabilities: stats.capabilities.clone(),
        }
    }

    /// All it has to do, in tasks.
    ///
    /// ```
    /// # let stats = perf_fleet::Fleet::builder().build().worker("w1").stats();
    /// let load = perf_fleet::balance::Load { queued: 2, ..perf_fleet::balance::Load::of(&stats) };
    /// assert_eq!(load.demand(), 2.0);
    /// ```
    #[must_use]
    pub fn demand(&self) -> f64 {
        self.running + self.queued as f64
    }

    /// That for each task it can have under way.
    ///
    /// ```
    /// # let stats = perf_fleet::Fleet::builder().build().worker("w1").stats();
    /// let load = perf_fleet::balance::Load { queued: 2, ..perf_fleet::balance::Load::of(&stats) };
    /// assert_eq!(load.relative(), 2.0);
    /// ```
    #[must_use]
    pub fn relative(&self) -> f64 {
        self.demand() / self.capacity
    }

    /// How long it takes to do all that, in seconds: as long as one task at least.
    ///
    /// ```
    /// # let stats = perf_fleet::Fleet::builder().build().worker("w1").stats();
    /// let load = perf_fleet::balance::Load { queued: 2, ..perf_fleet::balance::Load::of(&stats) };
    /// assert_eq!(load.drain_seconds(), 360.0);
    /// let load = perf_fleet::balance::Load { capacity: 8.0, ..load };
    /// assert_eq!(load.drain_seconds(), 180.0);
    /// ```
    #[must_use]
    pub fn drain_seconds(&self) -> f64 {
        self.relative().max(self.demand().min(1.0)) * self.task_seconds
    }
}

/// Tasks under way.
fn running(of: &Figures, capacity: f64) -> f64 {
    let said = of.workload.filter(|workload| of.is_workload_said && workload.is_finite());
    let said = said.unwrap_or_default() / 100.0 * capacity;
    let waiting = (said - capacity - of.queue_depth as f64).max(0.0);
    (said.min(capacity) + waiting).max(of.concurrent as f64).clamp(0.0, MOST)
}

/// The mean duration of a task or, where that is not known, what it should be at most.
fn expected_seconds(of: &Figures) -> f64 {
    let usual = if of.objective_seconds > 0.0 { of.objective_seconds.min(MOST) } else { 1.0 };
    of.mean_seconds.filter(|mean| mean.is_finite()).map_or(usual, |mean| mean.clamp(0.0, MOST))
}

/// How the work is distributed.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("a").set_workload(90.0);
/// fleet.worker("b").set_workload(10.0);
/// let distribution = fleet.distribution();
/// assert_eq!((distribution.mean_workload, distribution.stddev_workload), (Some(50.0), Some(40.0)));
/// assert_eq!(distribution.imbalance, 0.4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// Each worker's, in the order they were given in.
    pub loads: Vec<Load>,
    /// The mean of the workloads that are known, in percent.
    pub mean_workload: Option<f64>,
    /// Their standard deviation (of the population).
    pub stddev_workload: Option<f64>,
    /// The lowest.
    pub least_workload: Option<f64>,
    /// The highest.
    pub most_workload: Option<f64>,
    /// See [`imbalance`].
    pub imbalance: f64,
}

impl Distribution {
    /// Of these workers.
    ///
    /// ```
    /// use perf_fleet::balance::Distribution;
    /// assert_eq!(Distribution::of(&[]).imbalance, 0.0);
    /// ```
    #[must_use]
    pub fn of(workers: &[WorkerStats]) -> Self {
        let loads: Vec<_> = workers.iter().map(Load::of).collect();
        let known = workers.iter().filter_map(|worker| worker.figures.workload);
        let known: Vec<f64> = known.filter(|workload| workload.is_finite()).collect();
        let count = known.len() as f64;
        let mean = (count > 0.0).then(|| known.iter().sum::<f64>() / count);
        let stddev = mean.map(|mean| {
            let squares = known.iter().map(|workload| (workload - mean).powi(2)).sum::<f64>();
            (squares / count).sqrt()
        });
        Self {
            imbalance: imbalance(&loads),
            loads,
            mean_workload: mean,
            stddev_workload: stddev,
            least_workload: known.iter().copied().reduce(f64::min),
            most_workload: known.iter().copied().reduce(f64::max),
        }
    }
}

/// The part of all tasks, 0 to 1, that would have to move for each worker to have its fair share: half the
/// sum of |demand − fair share|, divided by all demand. Above 0.3 the fleet should be rebalanced.
///
/// That is the Hoover index, Edgar M. Hoover, "The measurement of industrial localization", 1936.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("a").set_queue_depth(10);
/// let _idle = fleet.worker("b").max_concurrent(3);
/// assert_eq!(perf_fleet::balance::imbalance(&fleet.distribution().loads), 0.75);
/// ```
#[must_use]
pub fn imbalance(loads: &[Load]) -> f64 {
    let demand: f64 = loads.iter().map(Load::demand).sum();
    let capacity: f64 = loads.iter().map(|load| load.capacity).sum();
    if demand <= 0.0 || capacity <= 0.0 {
        return 0.0;
    }
    // In tasks, which are mostly whole numbers: exactly 0.3 must not come out as a little more.
    let off = |load: &Load| (load.demand() - demand * load.capacity / capacity).abs();
    (loads.iter().map(off).sum::<f64>() / 2.0 / demand).clamp(0.0, 1.0)
}

impl Fleet {
    /// How the work is distributed now.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().distribution().loads.is_empty());
    /// ```
    #[must_use]
    pub fn distribution(&self) -> Distribution {
        Distribution::of(&self.stats())
    }

    /// Which queued tasks should move, if the imbalance is above [`IMBALANCE`].
    ///
    /// ```
    /// use perf_fleet::balance::Strategy;
    /// let plan = perf_fleet::Fleet::builder().build().rebalance(Strategy::RoundRobin);
    /// assert!(!plan.is_needed && plan.moves.is_empty());
    /// ```
    #[must_use]
    pub fn rebalance(&self, strategy: Strategy) -> Plan {
        let loads: Vec<_> = self.stats().iter().map(Load::of).collect();
        rebalance(&loads, strategy, IMBALANCE)
    }

    /// Where all tasks of a worker should go, those under way too: they have to begin again.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// fleet.worker("w1").set_queue_depth(2);
    /// let (_w2, _w3) = (fleet.worker("w2"), fleet.worker("w3"));
    /// let plan = fleet.evacuate("w1");
    /// assert_eq!(plan.moves.iter().map(|moved| moved.tasks).collect::<Vec<_>>(), [1, 1]);
    /// ```
    #[must_use]
    pub fn evacuate(&self, worker: &str) -> Plan {
        let loads: Vec<_> = self.stats().iter().map(Load::of).collect();
        evacuate(&loads, worker)
    }
}
