//! Tasks to workers.

use super::{
    Load,
    pairing::{BATCH, pair_batch},
};
use crate::{
    fleet::Fleet,
    score::{Status, is_stale},
    worker::{KindStats, Worker},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// What it costs more, in seconds, to give a task to a worker that is overloaded.
const OVERLOADED: f64 = 1e8;
/// As many tasks of a kind that a mean is worth something.
const ENOUGH: u64 = 3;

/// A task that is to be done.
///
/// ```
/// use perf_fleet::balance::Job;
/// let job = Job::new("job-7").kind("build").needs("rust");
/// assert_eq!((job.id.as_str(), job.needs.len()), ("job-7", 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What kind of task it is.
    pub kind: Option<String>,
    /// What a worker has to be able to do.
    pub needs: Vec<String>,
}

impl Job {
    /// A task that every worker can do.
    ///
    /// ```
    /// assert!(perf_fleet::balance::Job::new("job-7").needs.is_empty());
    /// ```
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), kind: None, needs: Vec::new() }
    }

    /// Of this kind.
    ///
    /// ```
    /// let job = perf_fleet::balance::Job::new("job-7").kind("build");
    /// assert_eq!(job.kind.as_deref(), Some("build"));
    /// ```
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }

    /// Only for workers with this capability, too.
    ///
    /// ```
    /// assert_eq!(perf_fleet::balance::Job::new("job-7").needs("rust").needs, ["rust"]);
    /// ```
    #[must_use]
    pub fn needs(mut self, capability: &str) -> Self {
        self.needs.push(capability.to_owned());
        self
    }
}

/// A task and its worker.
///
/// ```
/// use perf_fleet::balance::Job;
/// let fleet = perf_fleet::Fleet::builder().build();
/// let _ = fleet.worker("w1");
/// let pair = &fleet.assign(&[Job::new("job-7")]).pairs[0];
/// assert_eq!((pair.job.as_str(), pair.worker.as_str(), pair.seconds), ("job-7", "w1", 180.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// The task's id.
    pub job: String,
    /// The worker's id.
    pub worker: String,
    /// When it should be done, in seconds from now.
    pub seconds: f64,
}

/// Which worker should have which task.
///
/// ```
/// let assignment = perf_fleet::Fleet::builder().build().assign(&[]);
/// assert!(assignment.pairs.is_empty() && assignment.unassigned.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Assignment {
    /// Tasks and their workers, in the order of the tasks.
    pub pairs: Vec<Pair>,
    /// Tasks that no worker is free for, or can do.
    pub unassigned: Vec<String>,
    /// The sum of the seconds of all pairs.
    pub total_seconds: f64,
}

impl Assignment {
    fn add(&mut self, job: &Job, chosen: Option<(&String, f64)>) {
        let Some((worker, seconds)) = chosen else {
            return self.unassigned.push(job.id.clone());
        };
        self.total_seconds += seconds;
        self.pairs.push(Pair { job: job.id.clone(), worker: worker.clone(), seconds });
    }
}

/// A worker that may be given tasks.
struct Candidate {
    load: Load,
    kinds: BTreeMap<Arc<str>, KindStats>,
    slots: u64,
}

impl Candidate {
    /// `None` of one that is failing, or not heard of any more.
    fn of(worker: &Worker) -> Option<Self> {
        let stats = worker.stats();
        let of = stats.figures;
        if stats.health.status == Status::Failing || is_stale(&of) {
            return None;
        }
        let free = of.max_concurrent.unwrap_or(1).saturating_sub(of.concurrent);
        let kinds = worker.state().kinds.clone();
        Some(Self { load: Load::of(&stats), kinds, slots: free })
    }

    /// When a task would be done well: after those that are before it, in the time that tasks of its kind take
    /// here, as often as it takes for one to succeed. `None` if it cannot do it.
    fn seconds(&self, job: &Job, everywhere: &BTreeMap<Arc<str>, KindStats>) -> Option<f64> {
        if !job.needs.iter().all(|need| self.load.capabilities.contains(need)) {
            return None;
        }
        let kind = job.kind.as_deref().unwrap_or_default();
        let here = self.kinds.get(kind).filter(|stats| stats.duration.count >= ENOUGH);
        let known = here.or_else(|| everywhere.get(kind));
        let task = known.and_then(|stats| stats.duration.mean());
        let success = here.and_then(KindStats::success).unwrap_or(self.load.success);
        // With a slot to spare, it need not wait.
        let rounds = (self.load.demand() + 1.0) / self.load.capacity;
        let wait = (rounds - 1.0).max(0.0) * self.load.task_seconds;
        Some(wait + task.unwrap_or(self.load.task_seconds) / success.max(0.05))
    }
}

impl Fleet {
    /// Which worker should have which of these tasks, so that as many as possible have one and the times
    /// until each is done add up to the least, see [`pairing`](super::pairing()). A worker is given as many as it can
    /// have under way beside those it has, one at all if that is not known, and none if it is failing or was not
    /// heard of for an hour; one that is overloaded only what no other can be given.
    ///
    /// A task takes as long as those of its kind did there, or everywhere if that is not known, divided
    /// by the share that succeeds, and has to wait for a slot: for those under way and in the queue.
    ///
    /// ```
    /// use perf_fleet::{TaskRecord, balance::Job};
    /// use std::time::Duration;
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// for (id, build, test) in [("w1", 10, 20), ("w2", 20, 90)] {
    ///     for _ in 0..3 {
    ///         let worker = fleet.worker(id);
    ///         worker.record(&TaskRecord::new(Duration::from_secs(build), true).kind("build"));
    ///         worker.record(&TaskRecord::new(Duration::from_secs(test), true).kind("test"));
    ///     }
    /// }
    /// let jobs = [Job::new("a").kind("build"), Job::new("b").kind("test")];
    /// let assignment = fleet.assign(&jobs);
    /// assert_eq!(assignment.pairs[0].worker, "w2");
    /// assert_eq!(assignment.total_seconds, 40.0);
    /// ```
    #[must_use]
    pub fn assign(&self, jobs: &[Job]) -> Assignment {
        let everywhere = self.kind_totals();
        let candidates: Vec<_> = self.workers().iter().filter_map(Candidate::of).collect();
        let mut free: Vec<_> = candidates.iter().map(|of| of.slots).collect();
        let row = |job: &Job| candidates.iter().map(|of| of.seconds(job, &everywhere)).collect();
        // Of one that is overloaded, more than of any that is not.
        let dear = |(of, cost): (&Candidate, &Option<f64>)| {
            cost.map(|cost| if of.load.is_fit { cost } else { cost + OVERLOADED })
        };
        let mut assignment = Assignment::default();
        for jobs in jobs.chunks(BATCH) {
            let costs: Vec<Vec<_>> = jobs.iter().map(row).collect();
            let dear = |row: &Vec<_>| candidates.iter().zip(row).map(dear).collect();
            let pairs = pair_batch(&costs.iter().map(dear).collect::<Vec<_>>(), &mut free);
            for ((job, at), row) in jobs.iter().zip(pairs).zip(costs) {
                let chosen = at.and_then(|at| Some((&candidates[at].load.worker, row[at]?)));
                assignment.add(job, chosen);
            }
        }
        assignment
    }
}
