//! How efficient workers are, what they are good at, and what stands out.

mod insight;
mod recovery;
mod special;
mod throughput;

pub use insight::{Insight, InsightKind, insights};
pub use recovery::Recovery;
pub use special::Specialisation;
pub use throughput::Throughput;

use crate::{
    fleet::Fleet,
    stats::Figures,
    worker::{KindStats, Worker},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// The weights of speed, consistency and success.
const WEIGHTS: [f64; 3] = [0.4, 0.2, 0.4];

/// How efficient a worker is, from 0 to 1: 0.4 × speed + 0.2 × consistency + 0.4 × success.
///
/// ```
/// use perf_fleet::{Figures, efficiency::Efficiency};
/// let figures = Figures {
///     completed: 9,
///     failed: 1,
///     success_rate: Some(0.9),
///     mean_seconds: Some(360.0),
///     stddev_seconds: Some(360.0),
///     ..Figures::default()
/// };
/// let efficiency = Efficiency::of(&figures).unwrap();
/// assert_eq!((efficiency.speed, efficiency.consistency, efficiency.success), (0.5, 0.5, 0.9));
/// assert!((efficiency.score - 0.66).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Efficiency {
    /// The whole.
    pub score: f64,
    /// What the mean should be at most / the mean duration, at most 1. For a kind of task it should be
    /// at most the mean of the whole fleet.
    pub speed: f64,
    /// 1 / (1 + standard deviation / mean) of the durations; 1 where all are equal.
    pub consistency: f64,
    /// The success rate.
    pub success: f64,
    /// The tasks it is of.
    pub tasks: u64,
}

impl Efficiency {
    /// Of these figures; `None` without a success rate and a mean duration.
    ///
    /// ```
    /// use perf_fleet::{Figures, efficiency::Efficiency};
    /// assert_eq!(Efficiency::of(&Figures::default()), None);
    /// ```
    #[must_use]
    pub fn of(figures: &Figures) -> Option<Self> {
        let (mean, success) = (figures.mean_seconds?, figures.success_rate?);
        let stddev = figures.stddev_seconds.unwrap_or_default();
        Self::new(mean, stddev, figures.objective_seconds, success, figures.ended())
    }

    fn of_kind(kind: &KindStats, objective: f64) -> Option<Self> {
        let (mean, stddev) = (kind.duration.mean()?, kind.duration.stddev()?);
        Self::new(mean, stddev, objective, kind.success()?, kind.ended())
    }

    fn new(mean: f64, stddev: f64, objective: f64, success: f64, tasks: u64) -> Option<Self> {
        if [mean, stddev, objective, success].iter().any(|value| value.is_nan()) {
            return None;
        }
        let speed = if mean <= objective { 1.0 } else { (objective / mean).clamp(0.0, 1.0) };
        let spread = if stddev > 0.0 { stddev / mean.max(f64::MIN_POSITIVE) } else { 0.0 };
        let consistency = (1.0 + spread).recip();
        let success = success.clamp(0.0, 1.0);
        let score = WEIGHTS[0] * speed + WEIGHTS[1] * consistency + WEIGHTS[2] * success;
        Some(Self { score: score.min(1.0), speed, consistency, success, tasks })
    }
}

/// How efficient a worker is at one kind of task.
///
/// ```
/// use perf_fleet::TaskRecord;
/// use std::time::Duration;
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").record(&TaskRecord::new(Duration::from_secs(9), true).kind("build"));
/// let kinds = fleet.kinds("w1");
/// assert_eq!((kinds[0].kind.as_str(), kinds[0].efficiency.score), ("build", 1.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindEfficiency {
    /// The kind of task.
    pub kind: String,
    /// The mean duration, in seconds.
    pub mean_seconds: f64,
    /// How efficient it is, against the whole fleet.
    pub efficiency: Efficiency,
}

impl Fleet {
    /// How efficient a worker is at each kind of task, since it was first seen; by kind.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().kinds("unknown").is_empty());
    /// ```
    #[must_use]
    pub fn kinds(&self, worker: &str) -> Vec<KindEfficiency> {
        let Some(worker) = self.get(worker) else { return Vec::new() };
        let all = self.kind_totals();
        let own = worker.state().kinds.clone();
        let of = |(kind, stats): (&Arc<str>, &KindStats)| {
            let objective = all.get(kind)?.duration.mean()?;
            Some(KindEfficiency {
                kind: kind.to_string(),
                mean_seconds: stats.duration.mean()?,
                efficiency: Efficiency::of_kind(stats, objective)?,
            })
        };
        own.iter().filter_map(of).collect()
    }

    /// All workers' tasks, by kind.
    pub(crate) fn kind_totals(&self) -> BTreeMap<Arc<str>, KindStats> {
        let mut all: BTreeMap<Arc<str>, KindStats> = BTreeMap::new();
        for worker in self.workers() {
            for (kind, stats) in &worker.state().kinds {
                all.entry(Arc::clone(kind)).or_default().merge(stats);
            }
        }
        all
    }
}

impl Worker {
    /// How efficient it is now, of the tasks in the fleet's window; `None` without one.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let worker = fleet.worker("w1");
    /// assert_eq!(worker.efficiency(), None);
    /// worker.record_task(std::time::Duration::from_secs(1), true);
    /// assert_eq!(worker.efficiency().unwrap().score, 1.0);
    /// ```
    #[must_use]
    pub fn efficiency(&self) -> Option<Efficiency> {
        Efficiency::of(&self.stats().figures)
    }
}
