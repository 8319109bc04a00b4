//! One report of a worker, by itself: what may be in it, and what is wrong with one that is refused.

use crate::{
    id,
    worker::{MOST_PERCENT, MOST_SECONDS},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

/// How far ahead of ours a reporter's clock may be.
const SKEW: Duration = Duration::from_secs(60);

/// What a worker says of itself. What is left out is unknown, or stays as it was.
///
/// A rate goes before what is counted by [`Task`](crate::Task)s, in the fleet's window; of several reports
/// it is the mean, by how many tasks each one adds where that is known. The mean duration only counts where
/// no task was timed.
///
/// The totals are those so far as the worker counts them. The first ones are what later ones are counted
/// from: nobody knows when those tasks were, so they are in the registry's counters, and in no figures. If any
/// is lower than before, the worker has started anew, and all of that report are new.
///
/// ```
/// use perf_fleet::{Fleet, WorkerMetrics};
/// let fleet = Fleet::builder().build();
/// let report = WorkerMetrics {
///     id: "AGENT_54".into(),
///     error_rate: Some(0.02),
///     workload_percent: Some(65.0),
///     ..WorkerMetrics::default()
/// };
/// fleet.track(&report).unwrap();
/// assert_eq!(fleet.worker("AGENT_54").stats().figures.workload, Some(65.0));
///
/// let wrong = WorkerMetrics { error_rate: Some(1.5), ..report };
/// let error = fleet.track(&wrong).unwrap_err();
/// assert_eq!(error.field, "error_rate");
/// assert_eq!(
///     error.to_string(),
///     "worker `AGENT_54`: `error_rate` is 1.5, but has to be a number from 0 to 1",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerMetrics {
    /// Its id: 1 to 128 ASCII letters, digits and any of `_ - . : / @`.
    pub id: String,
    /// Its name for people. Texts have 256 bytes at most.
    pub name: Option<String>,
    /// The domain it works in.
    pub domain: Option<String>,
    /// Tasks that ended well so far.
    pub tasks_completed: Option<u64>,
    /// Tasks that did not so far.
    pub tasks_failed: Option<u64>,
    /// 0 to 1.
    pub error_rate: Option<f64>,
    /// 0 to 1.
    pub success_rate: Option<f64>,
    /// The mean duration of a task, in seconds; 1e9 at most.
    pub mean_seconds: Option<f64>,
    /// What the mean should be at most, in seconds; above 0, 1e9 at most.
    pub objective_seconds: Option<f64>,
    /// In percent of what it can take; above 100 if it has more to do, 1e6 at most.
    pub workload_percent: Option<f64>,
    /// Tasks that wait.
    pub queue_depth: Option<u64>,
    /// Messages that wait.
    pub message_queue: Option<u64>,
    /// Tasks under way. It counts for the fleet's window.
    pub concurrent_tasks: Option<u64>,
    /// Tasks that it can have under way; at least 1.
    pub max_concurrent_tasks: Option<u64>,
    /// Hits in its cache so far.
    pub cache_hits: Option<u64>,
    /// Misses so far.
    pub cache_misses: Option<u64>,
    /// 0 to 1.
    pub cache_hit_rate: Option<f64>,
    /// Processor time, in percent of what it may use; above 100 on several cores, 1e6 at most.
    pub cpu_percent: Option<f64>,
    /// Memory, 0 to 100 percent of what it may use.
    pub memory_percent: Option<f64>,
    /// Disk, 0 to 100 percent of what it may use.
    pub disk_percent: Option<f64>,
    /// What else there is to know of it: added to what is known, of 64 keys at most.
    pub metadata: BTreeMap<String, String>,
    /// What it can do: added to what is known.
    pub capabilities: Vec<String>,
    /// When it was last active: not later than a minute from now. Now, if it is not said.
    pub last_active: Option<SystemTime>,
}

/// Why a report is refused. Nothing of it was taken.
///
/// ```
/// use perf_fleet::{Fleet, WorkerMetrics};
/// let report = WorkerMetrics { id: "a b".into(), ..WorkerMetrics::default() };
/// let error = Fleet::builder().build().track(&report).unwrap_err();
/// assert_eq!((error.field, error.value.as_str()), ("id", "\"a b\""));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidMetrics {
    /// Whose report it is, as it says.
    pub worker: String,
    /// The field that is wrong.
    pub field: &'static str,
    /// What it is.
    pub value: String,
    /// What would be right.
    pub expected: &'static str,
}

impl fmt::Display for InvalidMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An id that is wrong may be anything.
        let worker = perf_core::human::printable(&self.worker);
        let Self { field, value, expected, .. } = self;
        write!(f, "worker `{worker}`: `{field}` is {value}, but has to be {expected}")
    }
}

impl std::error::Error for InvalidMetrics {}

impl InvalidMetrics {
    pub(crate) fn id(id: &str) -> Self {
        let shown: String = id.chars().take(id::MAX_ID).collect();
        Self { worker: shown.clone(), field: "id", value: format!("{shown:?}"), expected: id::RULE }
    }

    pub(crate) fn too_many(id: &str, workers: usize) -> Self {
        let expected =
            "one that is known already, for the fleet has as many workers as it may have";
        Self {
            worker: id.to_owned(),
            field: "id",
            value: format!("number {}", workers + 1),
            expected,
        }
    }
}

impl WorkerMetrics {
    /// The first field that is wrong.
    pub(crate) fn check(&self, now: SystemTime) -> Result<(), InvalidMetrics> {
        if !id::is_valid(&self.id) {
            return Err(InvalidMetrics::id(&self.id));
        }
        self.check_texts()?;
        self.check_numbers()?;
        if self.max_concurrent_tasks == Some(0) {
            return Err(self.wrong("max_concurrent_tasks", &0, "at least 1"));
        }
        let latest = now.checked_add(SKEW).unwrap_or(now);
        if self.last_active.is_some_and(|active| active > latest) {
            return Err(self.wrong("last_active", &"in the future", "a time that has been"));
        }
        Ok(())
    }

    fn check_texts(&self) -> Result<(), InvalidMetrics> {
        const EXPECTED: &str = "256 bytes at most";
        let metadata = self.metadata.iter().flat_map(|(key, value)| [key, value]);
        let texts = (self.name.iter().map(|text| ("name", text)))
            .chain(self.domain.iter().map(|text| ("domain", text)))
            .chain(metadata.map(|text| ("metadata", text)))
            .chain(self.capabilities.iter().map(|text| ("capabilities", text)));
        for (field, text) in texts {
            if text.len() > id::MAX_TEXT {
                return Err(self.wrong(field, &format!("{} bytes", text.len()), EXPECTED));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), InvalidMetrics> {
        const RATE: &str = "a number from 0 to 1";
        const PERCENT: &str = "a number from 0 to 100";
        const SECONDS: &str = "a number from 0 to 1e9";
        const POSITIVE: &str = "a number above 0, 1e9 at most";
        const MANY_PERCENT: &str = "a number from 0 to 1e6";
        let (seconds, percent) = (MOST_SECONDS, MOST_PERCENT);
        let fields = [
            ("error_rate", self.error_rate, 0.0..=1.0, RATE),
            ("success_rate", self.success_rate, 0.0..=1.0, RATE),
            ("cache_hit_rate", self.cache_hit_rate, 0.0..=1.0, RATE),
            ("mean_seconds", self.mean_seconds, 0.0..=seconds, SECONDS),
            ("objective_seconds", self.objective_seconds, f64::MIN_POSITIVE..=seconds, POSITIVE),
            ("workload_percent", self.workload_percent, 0.0..=percent, MANY_PERCENT),
            ("cpu_percent", self.cpu_percent, 0.0..=percent, MANY_PERCENT),
            ("memory_percent", self.memory_percent, 0.0..=100.0, PERCENT),
            ("disk_percent", self.disk_percent, 0.0..=100.0, PERCENT),
        ];
        for (field, value, right, expected) in fields {
            if let Some(value) = value.filter(|value| !right.contains(value)) {
                return Err(self.wrong(field, &value, expected));
            }
        }
        Ok(())
    }

    fn wrong(
        &self,
        field: &'static str,
        value: &dyn fmt::Display,
        expected: &'static str,
    ) -> InvalidMetrics {
        InvalidMetrics { worker: self.id.clone(), field, value: value.to_string(), expected }
    }
}
