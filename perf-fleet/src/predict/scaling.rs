//! How many workers it takes.

use crate::{
    fleet::Fleet,
    stats::{Figures, WorkerStats},
};
use serde::Serialize;

/// The part of its capacity that a fleet should use: beyond it, waiting times grow steeply.
const TARGET: f64 = 0.7;
/// Below it, some of it is wasted.
const IDLE: f64 = 0.4;

/// What to do.
///
/// ```
/// assert_eq!(serde_json::to_value(perf_fleet::predict::ScalingAdvice::Keep).unwrap(), "keep");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScalingAdvice {
    /// More workers are needed.
    Add(u64),
    /// As many can go.
    Remove(u64),
    /// It is as it should be.
    Keep,
    /// No task has ended in the window, or no worker has been there for a tenth of it.
    Unknown,
}

/// How many workers it takes, by Little's law: tasks that come in each second × the seconds that one takes
/// are the tasks under way at any time. John D. C. Little, "A proof for the queuing formula L = λW", 1961.
///
/// Tasks come in as they end, each worker's over the time that it has been there for, and those that wait are to be done within the window, too. The capacity should
/// be such that 70 % of it is used; workers can go only if less than 40 % is.
///
/// ```
/// use perf_fleet::predict::ScalingAdvice;
/// use std::time::Duration;
/// let clock = perf_fleet::ManualClock::new();
/// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
/// let worker = fleet.worker("w1");
/// for _ in 0..20 {
///     // 40 tasks an hour of 162 s each: 1.8 are under way at any time.
///     worker.record_task(Duration::from_secs(162), true);
///     clock.advance(Duration::from_secs(90));
/// }
/// let scaling = fleet.scaling();
/// assert!((scaling.concurrency - 1.8).abs() < 1e-9 && (scaling.utilisation - 1.8).abs() < 1e-9);
/// assert_eq!(scaling.advice, ScalingAdvice::Add(2));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// Tasks that come in each second, and those that wait over the window.
    pub arrivals_per_second: f64,
    /// What one takes, in seconds.
    pub task_seconds: f64,
    /// Tasks under way at any time that this comes to.
    pub concurrency: f64,
    /// Tasks that all workers can have under way.
    pub capacity: f64,
    /// Concurrency / capacity.
    pub utilisation: f64,
    /// The capacity at which 70 % of it is used.
    pub capacity_needed: f64,
    /// What to do.
    pub advice: ScalingAdvice,
    /// In words.
    pub text: String,
}

impl Scaling {
    /// Of these workers.
    ///
    /// ```
    /// use perf_fleet::predict::{Scaling, ScalingAdvice};
    /// assert_eq!(Scaling::of(&[]).advice, ScalingAdvice::Unknown);
    /// ```
    #[must_use]
    pub fn of(workers: &[WorkerStats]) -> Self {
        let figures = || workers.iter().map(|worker| &worker.figures);
        let longest =
            |seconds: &dyn Fn(&Figures) -> f64| figures().map(seconds).fold(0.0, f64::max);
        let period = longest(&|of| of.period_seconds);
        let window = longest(&|of| of.window_seconds).max(period);
        let ended: f64 = figures().map(|of| of.ended() as f64).sum();
        let waiting: f64 = figures().map(|of| of.queue_depth as f64).sum();
        let busy: f64 =
            figures().map(|of| of.mean_seconds.unwrap_or_default() * of.ended() as f64).sum();
        let capacity: f64 = figures().map(|of| of.max_concurrent.unwrap_or(1) as f64).sum();
        let task_seconds = if ended > 0.0 { busy / ended } else { 0.0 };
        // Each over the time that it was there for.
        let rate = |of: &Figures| of.per_hour().unwrap_or_default() / 3_600.0;
        let arrivals: f64 = figures().map(rate).sum();
        let arrivals = if window > 0.0 { arrivals + waiting / window } else { 0.0 };
        let concurrency = arrivals * task_seconds;
        let mut scaling = Self {
            arrivals_per_second: arrivals,
            task_seconds,
            concurrency,
            capacity,
            utilisation: if capacity > 0.0 { concurrency / capacity } else { 0.0 },
            capacity_needed: concurrency / TARGET,
            advice: ScalingAdvice::Unknown,
            text: String::new(),
        };
        let is_young = period < window / 10.0;
        if ended > 0.0 && capacity > 0.0 && !is_young {
            scaling.advise(capacity / workers.len() as f64, workers.len() as u64);
        }
        scaling.say(is_young);
        scaling
    }

    fn advise(&mut self, of_one: f64, workers: u64) {
        // Not one more for the last digit of a float.
        let needed = ((self.capacity_needed / of_one - 1e-9).ceil().max(1.0)) as u64;
        self.advice = match needed.checked_sub(workers) {
            Some(more) if more > 0 => ScalingAdvice::Add(more),
            None if self.utilisation < IDLE => ScalingAdvice::Remove(workers - needed),
            _ => ScalingAdvice::Keep,
        };
    }

    fn say(&mut self, is_young: bool) {
        let used = format!(
            "{:.1} tasks are under way at any time, {:.0} % of what all can have",
            self.concurrency,
            self.utilisation * 100.0,
        );
        self.text = match self.advice {
            ScalingAdvice::Add(more) => format!("{used}: add {more} of them, to use 70 %."),
            ScalingAdvice::Remove(fewer) => format!("{used}: {fewer} of them can go."),
            ScalingAdvice::Keep => format!("{used}: that is as it should be."),
            ScalingAdvice::Unknown if is_young => {
                "Less than a tenth of the window is known, so nothing can be said.".to_owned()
            }
            ScalingAdvice::Unknown => "No task has ended, so nothing can be said.".to_owned(),
        };
    }
}

impl Fleet {
    /// How many workers it takes, by the tasks in the window.
    ///
    /// ```
    /// use perf_fleet::predict::ScalingAdvice;
    /// assert_eq!(perf_fleet::Fleet::builder().build().scaling().advice, ScalingAdvice::Unknown);
    /// ```
    #[must_use]
    pub fn scaling(&self) -> Scaling {
        Scaling::of(&self.stats())
    }
}
