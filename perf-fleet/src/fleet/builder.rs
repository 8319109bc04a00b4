//! What can be chosen of a fleet.

use super::{Context, Fleet, Settings, Shared};
use crate::{
    bottleneck::Thresholds,
    clock::{Clock, SystemClock},
    exposed::Exporter,
    pressure::Hooks,
};
use perf_core::Registry;
use std::{
    sync::{Arc, OnceLock, RwLock},
    time::Duration,
};

/// What can be chosen of a fleet.
///
/// ```
/// use perf_fleet::{Fleet, ManualClock};
/// use std::time::Duration;
/// let fleet = Fleet::builder()
///     .clock(ManualClock::new())
///     .window(Duration::from_secs(15 * 60))
///     .objective(Duration::from_secs(5))
///     .build();
/// assert_eq!(fleet.worker("w1").stats().figures.window_seconds, 900.0);
/// ```
#[derive(Clone, Debug)]
pub struct FleetBuilder {
    settings: Settings,
    clock: Option<Arc<dyn Clock>>,
    registry: Option<Registry>,
}

impl Default for FleetBuilder {
    fn default() -> Self {
        let settings = Settings {
            window: Duration::from_secs(3_600),
            history: Duration::from_secs(86_400),
            objective: Duration::from_secs(180),
            series: 2_000,
            max_workers: 100_000,
            thresholds: Thresholds::default(),
        };
        Self { settings, clock: None, registry: None }
    }
}

impl FleetBuilder {
    /// Shows its metrics in this registry. Two fleets in one registry must not have workers of one id.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// let fleet = perf_fleet::Fleet::builder().registry(&registry).build();
    /// ```
    #[must_use]
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// By this clock; else the system's.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().clock(perf_fleet::ManualClock::new()).build();
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// How far back tasks count in what is known of a worker now, to the minute: an hour unless it is
    /// said.
    ///
    /// ```
    /// let hour = std::time::Duration::from_secs(3_600);
    /// let fleet = perf_fleet::Fleet::builder().window(hour / 4).build();
    /// ```
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.settings.window = window;
        self
    }

    /// For how long it is kept what a worker did, at least two hours and the window: a day unless it is said. The last
    /// two hours are kept by the minute, what is before by the quarter of an hour.
    ///
    /// A worker that ends five tasks of different durations in every minute takes 15 KB for an hour,
    /// 70 KB for a day and 40 KB more for each further one; a minute without a task takes nothing.
    /// For a day to be compared with the one before, two are to be kept.
    ///
    /// ```
    /// let day = std::time::Duration::from_secs(86_400);
    /// let fleet = perf_fleet::Fleet::builder().history(2 * day).build();
    /// ```
    #[must_use]
    pub fn history(mut self, history: Duration) -> Self {
        self.settings.history = history;
        self
    }

    /// What the mean duration of a worker's tasks should be at most, where it is not said of the
    /// worker: three minutes unless it is said.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().objective(std::time::Duration::from_secs(5)).build();
    /// assert_eq!(fleet.worker("w1").stats().figures.objective_seconds, 5.0);
    /// ```
    #[must_use]
    pub fn objective(mut self, mean: Duration) -> Self {
        if !mean.is_zero() {
            self.settings.objective = mean;
        }
        self
    }

    /// How many workers have series of their own in the registry, first come, first served and for good, those
    /// that are removed included; a worker that has another name or domain than before counts once more. 2,000
    /// unless it is said, which is as many label sets as a registry keeps of a name unless
    /// [`perf_core::set_label_cap`] says otherwise. The others are one together, `(others)`: sums of
    /// tasks, and means of the rest. A worker takes 9 of the registry's 65,536 series.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// let fleet = perf_fleet::Fleet::builder().registry(&registry).series(0).build();
    /// fleet.worker("w1").set_queue_depth(2);
    /// fleet.worker("w2").set_queue_depth(3);
    /// let of = "(others)";
    /// let labels = [("agent_id", of), ("agent_name", of), ("agent_domain", of)];
    /// assert_eq!(registry.snapshot().gauge("agent_queue_depth", &labels), Some(5.0));
    /// ```
    #[must_use]
    pub fn series(mut self, workers: usize) -> Self {
        self.settings.series = workers;
        self
    }

    /// How many workers it may have: 100,000 unless it is said.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().max_workers(1).build();
    /// let _ = fleet.worker("w1");
    /// assert!(fleet.try_worker("w2").is_err());
    /// assert_eq!(fleet.worker("w2").id(), "overflow");
    /// ```
    #[must_use]
    pub fn max_workers(mut self, workers: usize) -> Self {
        self.settings.max_workers = workers;
        self
    }

    /// What counts as a bottleneck.
    ///
    /// ```
    /// use perf_fleet::bottleneck::{Levels, Thresholds};
    /// let thresholds = Thresholds { latency_seconds: Levels::medium(0.2), ..Thresholds::default() };
    /// let fleet = perf_fleet::Fleet::builder().thresholds(thresholds).build();
    /// ```
    #[must_use]
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.settings.thresholds = thresholds;
        self
    }

    /// The fleet.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().workers().is_empty());
    /// ```
    #[must_use]
    pub fn build(self) -> Fleet {
        let series = self.settings.series;
        let exporter = self.registry.as_ref().map(|registry| Exporter::new(registry, series));
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let context = Arc::new(Context { settings: self.settings, clock, exporter });
        let shared = Arc::new(Shared {
            context,
            workers: RwLock::default(),
            hooks: Hooks::default(),
            refresh: OnceLock::new(),
        });
        if let Some(registry) = &self.registry {
            let weak = Arc::downgrade(&shared);
            let refresh = registry.on_snapshot(move |_| {
                if let Some(shared) = weak.upgrade() {
                    shared.refresh();
                }
            });
            let _ = shared.refresh.set(refresh);
        }
        Fleet { shared }
    }
}
