//! The fleet: its workers, its clock, its registry.

mod builder;

pub use builder::FleetBuilder;

use crate::{
    bottleneck::Thresholds,
    clock::Clock,
    exposed::{Exporter, Others},
    id,
    metrics::{InvalidMetrics, WorkerMetrics},
    pressure::Hooks,
    stats::WorkerStats,
    worker::Worker,
};
use perf_core::{__bridge::heal, Refresh, Registry};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, RwLock},
    time::{Duration, SystemTime},
};

/// Where workers go beyond as many as a fleet may have.
const OVERFLOW: &str = "overflow";

/// What does not change.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) exporter: Option<Exporter>,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) window: Duration,
    pub(crate) history: Duration,
    pub(crate) objective: Duration,
    pub(crate) series: usize,
    pub(crate) max_workers: usize,
    pub(crate) thresholds: Thresholds,
}

impl Context {
    pub(crate) fn window_minutes(&self) -> u32 {
        minutes(self.settings.window)
    }

    pub(crate) fn kept_minutes(&self) -> u32 {
        minutes(self.settings.history.max(self.settings.window))
    }
}

fn minutes(of: Duration) -> u32 {
    u32::try_from(of.as_secs().div_ceil(60)).unwrap_or(u32::MAX).max(1)
}

/// Workers, and all that can be said of them together. Clones are one fleet.
///
/// ```
/// use std::time::Duration;
/// let registry = perf_core::Registry::new();
/// let fleet = perf_fleet::Fleet::builder().registry(&registry).build();
/// let worker = fleet.worker("AGENT_54").name("Accessibility").domain("Platform");
/// worker.record_task(Duration::from_secs(90), true);
/// let labels =
///     [("agent_id", "AGENT_54"), ("agent_name", "Accessibility"), ("agent_domain", "Platform")];
/// assert_eq!(registry.snapshot().counter("agent_tasks_completed_total", &labels), Some(1));
/// ```
#[derive(Clone, Debug)]
pub struct Fleet {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) context: Arc<Context>,
    workers: RwLock<BTreeMap<Arc<str>, Worker>>,
    pub(crate) hooks: Hooks,
    refresh: OnceLock<Refresh>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(refresh) = self.refresh.get() {
            refresh.stop();
        }
    }
}

impl Fleet {
    /// An empty fleet, whose metrics are in [`Registry::global`].
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::new();
    /// assert!(fleet.workers().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::builder().registry(Registry::global()).build()
    }

    /// An empty fleet with choices, whose metrics are in no registry unless one is named.
    ///
    /// ```
    /// let day = std::time::Duration::from_secs(86_400);
    /// let fleet = perf_fleet::Fleet::builder().history(2 * day).build();
    /// ```
    #[must_use]
    pub fn builder() -> FleetBuilder {
        FleetBuilder::default()
    }

    /// The worker of this id, new or known. Where an id breaks the rules, see
    /// [`WorkerMetrics::id`](crate::WorkerMetrics), the nearest one that does not is taken: `_` for what
    /// may not be there. Beyond as many workers as the fleet may have they are one, `overflow`.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// assert_eq!(fleet.worker("agent 54").id(), "agent_54");
    /// assert_eq!(fleet.workers().len(), 1);
    /// ```
    #[must_use]
    pub fn worker(&self, id: &str) -> Worker {
        let id = id::nearest(id);
        self.find_or_make(&id).unwrap_or_else(|_| self.make(OVERFLOW))
    }

    /// The worker of this id, new or known.
    ///
    /// # Errors
    /// If the id breaks the rules, or the fleet has as many workers as it may have.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// assert_eq!(fleet.try_worker("AGENT_54").unwrap().id(), "AGENT_54");
    /// assert_eq!(fleet.try_worker("").unwrap_err().field, "id");
    /// ```
    pub fn try_worker(&self, id: &str) -> Result<Worker, InvalidMetrics> {
        if !id::is_valid(id) {
            return Err(InvalidMetrics::id(id));
        }
        self.find_or_make(id)
    }

    fn find_or_make(&self, id: &str) -> Result<Worker, InvalidMetrics> {
        let workers = heal(self.shared.workers.read());
        if let Some(known) = workers.get(id) {
            return Ok(known.clone());
        }
        let count = workers.len();
        drop(workers);
        if count >= self.shared.context.settings.max_workers {
            return Err(InvalidMetrics::too_many(id, count));
        }
        Ok(self.make(id))
    }

    fn make(&self, id: &str) -> Worker {
        let mut workers = heal(self.shared.workers.write());
        let context = &self.shared.context;
        let make = || {
            let has_series = context.exporter.as_ref().is_some_and(|exporter| exporter.reserve(id));
            Worker::new(id.into(), Arc::clone(context), has_series)
        };
        workers.entry(id.into()).or_insert_with(make).clone()
    }

    /// The worker of this id, if it is known.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// assert!(fleet.get("w1").is_none());
    /// ```
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Worker> {
        heal(self.shared.workers.read()).get(id).cloned()
    }

    /// Forgets a worker. Its series stay in the registry: counters as they are, gauges at `NaN`, which is for
    /// what is not known, or 0.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let _ = fleet.worker("w1");
    /// fleet.remove("w1");
    /// assert!(fleet.get("w1").is_none());
    /// ```
    pub fn remove(&self, id: &str) {
        // Dropped without the lock held.
        let worker = heal(self.shared.workers.write()).remove(id);
        if let Some(worker) = worker {
            worker.removed();
        }
    }

    /// All workers, by id.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let (_b, _a) = (fleet.worker("b"), fleet.worker("a"));
    /// assert_eq!(fleet.workers().iter().map(|worker| worker.id()).collect::<Vec<_>>(), ["a", "b"]);
    /// ```
    #[must_use]
    pub fn workers(&self) -> Vec<Worker> {
        heal(self.shared.workers.read()).values().cloned().collect()
    }

    /// How many there are.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// assert!(fleet.is_empty());
    /// let _ = fleet.worker("w1");
    /// assert_eq!(fleet.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        heal(self.shared.workers.read()).len()
    }

    /// Whether there is none.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of all workers now, by id.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let _ = fleet.worker("w1");
    /// assert_eq!(fleet.stats()[0].id, "w1");
    /// ```
    #[must_use]
    pub fn stats(&self) -> Vec<WorkerStats> {
        self.workers().iter().map(Worker::stats).collect()
    }

    /// Takes a worker's report of itself.
    ///
    /// # Errors
    /// If something in it is wrong: then nothing of it is taken.
    ///
    /// ```
    /// use perf_fleet::{Fleet, WorkerMetrics};
    /// let report = WorkerMetrics { id: "w1".into(), queue_depth: Some(51), ..Default::default() };
    /// let fleet = Fleet::builder().build();
    /// fleet.track(&report).unwrap();
    /// assert_eq!(fleet.worker("w1").stats().figures.queue_depth, 51);
    /// ```
    pub fn track(&self, report: &WorkerMetrics) -> Result<(), InvalidMetrics> {
        report.check(self.now())?;
        self.try_worker(&report.id)?.take(report);
        Ok(())
    }

    /// What time it is, by the fleet's clock.
    ///
    /// ```
    /// let clock = perf_fleet::ManualClock::at(std::time::SystemTime::UNIX_EPOCH);
    /// let fleet = perf_fleet::Fleet::builder().clock(clock).build();
    /// assert_eq!(fleet.now(), std::time::SystemTime::UNIX_EPOCH);
    /// ```
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.shared.context.clock.now()
    }
}

impl Default for Fleet {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    /// Sets the gauges of all workers.
    fn refresh(&self) {
        let Some(exporter) = &self.context.exporter else { return };
        let workers: Vec<_> = heal(self.workers.read()).values().cloned().collect();
        let mut others = Others::default();
        for worker in workers {
            let (mut state, now) = worker.current();
            if state.is_removed {
                continue;
            }
            let figures = state.figures(now);
            match worker.exposed(&mut state) {
                Some((own, true)) => own.set(&figures),
                _ => others.add(&figures),
            }
        }
        others.set(exporter);
    }
}
