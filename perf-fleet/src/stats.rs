//! What was known of a worker at one instant, or in one period.

use crate::{
    history::{Bucket, Weighted},
    score::HealthScore,
    workload::Workload,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The numbers of a worker. What is not known is `None`; of nothing, counts are 0.
///
/// ```
/// use perf_fleet::{Figures, HealthScore};
/// let figures = Figures { error_rate: Some(0.05), workload: Some(70.0), ..Figures::default() };
/// assert_eq!(figures.objective_seconds, 180.0);
/// assert!(HealthScore::of(&figures).total < 100.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// The seconds that counts and rates are of: those of the window that the worker was there for, and a
    /// minute at least. Of a period, those of all minutes that are in it, for tasks are counted by the minute.
    pub period_seconds: f64,
    /// The seconds of the whole window or period.
    pub window_seconds: f64,
    /// Tasks that ended well.
    pub completed: u64,
    /// Tasks that did not, those that were cancelled among them.
    pub failed: u64,
    /// Tasks whose guard was dropped without a word.
    pub cancelled: u64,
    /// Failed tasks of all that ended, 0 to 1.
    pub error_rate: Option<f64>,
    /// Completed tasks of all that ended, 0 to 1.
    pub success_rate: Option<f64>,
    /// The mean duration of a task, in seconds.
    pub mean_seconds: Option<f64>,
    /// The standard deviation of the durations (of the population), in seconds.
    pub stddev_seconds: Option<f64>,
    /// What the mean should be at most, in seconds.
    pub objective_seconds: f64,
    /// The time of all tasks together, in seconds.
    pub busy_seconds: f64,
    /// In percent of what it can take: as the worker says itself or, of one that says how many tasks it can
    /// have under way, the part of that which it had, on average over the last five minutes. Of a period, the
    /// mean of what it said in it, or last before its end, or the average over the period.
    pub workload: Option<f64>,
    /// Whether the worker said its workload itself.
    pub is_workload_said: bool,
    /// Tasks under way.
    pub concurrent: u64,
    /// Tasks that it can have under way.
    pub max_concurrent: Option<u64>,
    /// Tasks that wait for it. Of a period, the mean of what was read in it or, without that, what was read
    /// last before its end.
    pub queue_depth: u64,
    /// Messages that wait for it.
    pub message_queue: u64,
    /// Hits of all look-ups in its cache, 0 to 1.
    pub cache_hit_rate: Option<f64>,
    /// Processor time, in percent of what it may use.
    pub cpu_percent: Option<f64>,
    /// Memory, in percent of what it may use.
    pub memory_percent: Option<f64>,
    /// Disk, in percent of what it may use.
    pub disk_percent: Option<f64>,
    /// Seconds since it was last heard of, 0 in the middle of a task; `None` if it never was, and of a period
    /// that is over, as are tasks and messages under way and what it uses of the machine.
    pub idle_seconds: Option<f64>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            period_seconds: 0.0,
            window_seconds: 0.0,
            completed: 0,
            failed: 0,
            cancelled: 0,
            error_rate: None,
            success_rate: None,
            mean_seconds: None,
            stddev_seconds: None,
            objective_seconds: 180.0,
            busy_seconds: 0.0,
            workload: None,
            is_workload_said: false,
            concurrent: 0,
            max_concurrent: None,
            queue_depth: 0,
            message_queue: 0,
            cache_hit_rate: None,
            cpu_percent: None,
            memory_percent: None,
            disk_percent: None,
            idle_seconds: None,
        }
    }
}

impl Figures {
    /// Tasks that ended, well or not.
    ///
    /// ```
    /// let figures = perf_fleet::Figures { completed: 3, failed: 1, ..Default::default() };
    /// assert_eq!(figures.ended(), 4);
    /// ```
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.completed.saturating_add(self.failed)
    }

    /// Tasks an hour that ended; `None` of no time.
    ///
    /// ```
    /// let figures = perf_fleet::Figures { completed: 3, period_seconds: 1_800.0, ..Default::default() };
    /// assert_eq!(figures.per_hour(), Some(6.0));
    /// ```
    #[must_use]
    pub fn per_hour(&self) -> Option<f64> {
        (self.period_seconds > 0.0).then(|| self.ended() as f64 * 3_600.0 / self.period_seconds)
    }

    /// Failed tasks an hour; `None` of no time.
    ///
    /// ```
    /// let figures = perf_fleet::Figures { failed: 3, period_seconds: 3_600.0, ..Default::default() };
    /// assert_eq!(figures.errors_per_hour(), Some(3.0));
    /// ```
    #[must_use]
    pub fn errors_per_hour(&self) -> Option<f64> {
        (self.period_seconds > 0.0).then(|| self.failed as f64 * 3_600.0 / self.period_seconds)
    }

    /// Whether too little of the window is known for what would be in an hour to be worth something.
    pub(crate) fn is_young(&self) -> bool {
        self.period_seconds < self.window_seconds / 10.0
    }

    /// Takes what happened from a bucket. A rate that the worker said itself goes before one that
    /// was counted, and a mean of tasks that were timed before one that it said.
    pub(crate) fn count(&mut self, of: &Bucket) {
        let (completed, failed) = (of.completed, of.failed);
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let said = of.reported.as_deref().copied().unwrap_or_default();
        (self.completed, self.failed, self.cancelled) = (completed, failed, of.cancelled);
        let rate = |rate: Weighted| rate.get().map(rounded);
        let complement = |rate: Weighted| rate.get().map(|rate| rounded(1.0 - rate));
        self.error_rate = rate(said.error_rate)
            .or_else(|| complement(said.success_rate))
            .or_else(|| share(failed, of.ended()));
        self.success_rate = rate(said.success_rate)
            .or_else(|| complement(said.error_rate))
            .or_else(|| share(completed, of.ended()));
        self.mean_seconds = of.durations.mean().or(said.mean_seconds.get());
        self.stddev_seconds = of.durations.stddev();
        self.busy_seconds = of.durations.sum;
        let looked_up = of.hits.saturating_add(of.misses);
        self.cache_hit_rate = rate(said.cache_hit_rate).or_else(|| share(of.hits, looked_up));
    }
}

/// To 1e-12: the mean of rates of exactly 5 % must not come out as a little more.
fn rounded(rate: f64) -> f64 {
    (rate * 1e12).round() / 1e12
}

/// What was known of a worker at one instant, of its tasks in the fleet's window, an hour unless it was
/// chosen otherwise; or in one period.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// let stats = fleet.worker("AGENT_54").domain("Platform").stats();
/// assert_eq!((stats.id.as_str(), stats.domain.as_str()), ("AGENT_54", "Platform"));
/// assert_eq!(serde_json::to_value(&stats).unwrap()["health"]["status"], "healthy");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerStats {
    /// Its id.
    pub id: String,
    /// Its name for people; its id if it has none.
    pub name: String,
    /// The domain it works in; empty if none was said.
    pub domain: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// What else was said of it.
    pub metadata: BTreeMap<String, String>,
    /// The numbers.
    pub figures: Figures,
    /// What they come to, part by part.
    pub health: HealthScore,
    /// What its workload calls for; `None` where that is unknown.
    pub workload_status: Option<Workload>,
    /// The seconds it last took to reach other workers, by their ids.
    pub latencies: BTreeMap<String, f64>,
}
