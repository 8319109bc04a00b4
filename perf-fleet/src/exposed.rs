//! What the registry shows of workers.

use crate::{score::HealthScore, stats::Figures};
use perf_core::{__bridge::heal, Counter, Distribution, Gauge, Registry};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

/// The distribution of the durations of tasks, in seconds, in the registry.
///
/// ```
/// let registry = perf_core::Registry::new();
/// let fleet = perf_fleet::Fleet::builder().registry(&registry).build();
/// fleet.worker("w1").record_task(std::time::Duration::from_secs(90), true);
/// let labels = [("agent_id", "w1"), ("agent_name", "w1"), ("agent_domain", "")];
/// let snapshot = registry.snapshot();
/// assert_eq!(snapshot.distribution(perf_fleet::DURATION_METRIC, &labels).unwrap().sum(), 90.0);
/// ```
pub const DURATION_METRIC: &str = "agent_task_duration_seconds";

/// The bounds of its buckets, in seconds, from one second to ten minutes: for `perf_export`'s
/// `prometheus::Options::bounds`.
///
/// ```
/// use perf_export::prometheus::{self, Options};
/// let registry = perf_core::Registry::new();
/// let fleet = perf_fleet::Fleet::builder().registry(&registry).build();
/// fleet.worker("w1").record_task(std::time::Duration::from_secs(90), true);
/// let options = Options::default()
///     .bounds(perf_fleet::DURATION_METRIC, &perf_fleet::DURATION_BOUNDS);
/// let text = prometheus::text(&registry.snapshot(), &options);
/// assert!(text.contains("agent_task_duration_seconds_bucket{"));
/// assert!(text.contains(r#"le="120"} 1"#) && text.contains(r#"le="60"} 0"#));
/// ```
pub const DURATION_BOUNDS: [f64; 10] =
    [1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0];

/// Who the workers beyond those with series of their own are together.
const OTHERS: &str = "(others)";

const TEXTS: [(&str, &str); 8] = [
    ("agent_tasks_completed_total", "Tasks that ended well"),
    ("agent_tasks_failed_total", "Tasks that failed, those that were cancelled included"),
    ("agent_error_rate", "Failed tasks of all that ended in the window, 0 to 1"),
    ("agent_cache_hit_rate", "Hits of all look-ups in the window, 0 to 1"),
    ("agent_workload_percentage", "Workload in percent of what the agent can take"),
    ("agent_health_score", "Health, 0 to 100"),
    ("agent_queue_depth", "Tasks that wait"),
    ("agent_concurrent_tasks", "Tasks under way"),
];

/// A registry, and what workers share there.
#[derive(Debug)]
pub(crate) struct Exporter {
    registry: Registry,
    others: OnceLock<Arc<Exposed>>,
    given: Mutex<Given>,
    /// How many label sets workers may have.
    most: usize,
}

/// The series of their own that workers were given: for good, for a registry keeps them.
#[derive(Debug, Default)]
struct Given {
    /// The names and domains that there are of each id.
    ids: BTreeMap<Box<str>, BTreeSet<[Box<str>; 2]>>,
    /// Label sets, and ids that are to have one.
    count: usize,
}

/// The series of a worker, and the labels that they have.
#[derive(Debug)]
pub(crate) struct Shown {
    name: Box<str>,
    domain: Box<str>,
    pub(crate) series: Arc<Exposed>,
}

impl Exporter {
    pub(crate) fn new(registry: &Registry, most: usize) -> Self {
        for (name, text) in TEXTS {
            registry.describe(name, None, text);
        }
        // Spelled out, the unit makes it a distribution of its own; as `s` it would be an operation's.
        registry.describe(DURATION_METRIC, Some("seconds"), "Durations of tasks");
        Self { registry: registry.clone(), others: OnceLock::new(), given: Mutex::default(), most }
    }

    /// Whether a worker may have series of its own.
    pub(crate) fn reserve(&self, id: &str) -> bool {
        let mut given = heal(self.given.lock());
        if given.ids.contains_key(id) {
            return true;
        }
        let is_free = given.count < self.most;
        if is_free {
            given.ids.insert(id.into(), BTreeSet::new());
            given.count += 1;
        }
        is_free
    }

    /// Whether it may have those with these labels.
    fn grant(&self, [id, name, domain]: [&str; 3]) -> bool {
        let mut given = heal(self.given.lock());
        let Given { ids, count } = &mut *given;
        let Some(of) = ids.get_mut(id) else { return false };
        let labels = [name.into(), domain.into()];
        let is_known = of.contains(&labels);
        let is_granted = is_known || of.is_empty() || *count < self.most;
        if is_granted && !is_known {
            *count += usize::from(!of.is_empty());
            of.insert(labels);
        }
        is_granted
    }

    /// The series of a worker with these labels, as shown or made anew: those with the labels from before if
    /// there are none left, or none.
    pub(crate) fn show(
        &self,
        labels: [&str; 3],
        shown: &mut Option<Shown>,
    ) -> Option<Arc<Exposed>> {
        let [_, name, domain] = labels;
        let is_right = |of: &Shown| *of.name == *name && *of.domain == *domain;
        if !shown.as_ref().is_some_and(is_right) && self.grant(labels) {
            if let Some(old) = shown {
                old.series.clear();
            }
            let series = self.own(labels);
            *shown = Some(Shown { name: name.into(), domain: domain.into(), series });
        }
        shown.as_ref().map(|shown| Arc::clone(&shown.series))
    }

    fn own(&self, labels: [&str; 3]) -> Arc<Exposed> {
        Arc::new(Exposed::new(&self.registry, labels))
    }

    pub(crate) fn others(&self) -> Arc<Exposed> {
        let make = || self.own([OTHERS; 3]);
        Arc::clone(self.others.get_or_init(make))
    }
}

/// The series of a worker.
#[derive(Debug)]
pub(crate) struct Exposed {
    completed: Counter,
    failed: Counter,
    durations: Distribution,
    error_rate: Gauge,
    cache_hit_rate: Gauge,
    workload: Gauge,
    health: Gauge,
    queue_depth: Gauge,
    concurrent: Gauge,
}

impl Exposed {
    fn new(registry: &Registry, [id, name, domain]: [&str; 3]) -> Self {
        let labels = [("agent_id", id), ("agent_name", name), ("agent_domain", domain)];
        let gauge = |name| registry.gauge(name, &labels);
        Self {
            completed: registry.counter("agent_tasks_completed_total", &labels),
            failed: registry.counter("agent_tasks_failed_total", &labels),
            durations: registry.distribution(DURATION_METRIC, &labels),
            error_rate: gauge("agent_error_rate"),
            cache_hit_rate: gauge("agent_cache_hit_rate"),
            workload: gauge("agent_workload_percentage"),
            health: gauge("agent_health_score"),
            queue_depth: gauge("agent_queue_depth"),
            concurrent: gauge("agent_concurrent_tasks"),
        }
    }

    pub(crate) fn task(&self, duration: Option<Duration>, ok: bool) {
        if ok { &self.completed } else { &self.failed }.add(1);
        if let Some(duration) = duration {
            self.durations.record(duration.as_secs_f64());
        }
    }

    /// Of a worker that is gone, nothing is known.
    pub(crate) fn clear(&self) {
        self.set_all(&Figures::default(), f64::NAN);
    }

    pub(crate) fn tasks(&self, completed: u64, failed: u64, timed: Option<(Duration, u64)>) {
        self.completed.add(completed);
        self.failed.add(failed);
        if let Some((mean, tasks)) = timed {
            self.durations.record_many(mean.as_secs_f64(), tasks);
        }
    }

    /// Sets the gauges; `NaN` for what is not known.
    pub(crate) fn set(&self, figures: &Figures) {
        let health = HealthScore::of(figures).total;
        self.set_all(figures, health);
    }

    fn set_all(&self, figures: &Figures, health: f64) {
        self.error_rate.set(figures.error_rate.unwrap_or(f64::NAN));
        self.cache_hit_rate.set(figures.cache_hit_rate.unwrap_or(f64::NAN));
        self.workload.set(figures.workload.unwrap_or(f64::NAN));
        self.health.set(health);
        self.queue_depth.set(figures.queue_depth as f64);
        self.concurrent.set(figures.concurrent as f64);
    }
}

/// Workers without series of their own, taken together: sums of tasks, means of the rest.
#[derive(Debug, Default)]
pub(crate) struct Others {
    workers: u64,
    health: f64,
    queue_depth: u64,
    concurrent: u64,
    errors: (f64, u64),
    cache: (f64, u64),
    workload: (f64, u64),
}

impl Others {
    pub(crate) fn add(&mut self, figures: &Figures) {
        let add = |sum: &mut (f64, u64), value: Option<f64>| {
            if let Some(value) = value {
                *sum = (sum.0 + value, sum.1 + 1);
            }
        };
        self.workers += 1;
        self.health += HealthScore::of(figures).total;
        self.queue_depth = self.queue_depth.saturating_add(figures.queue_depth);
        self.concurrent = self.concurrent.saturating_add(figures.concurrent);
        add(&mut self.errors, figures.error_rate);
        add(&mut self.cache, figures.cache_hit_rate);
        add(&mut self.workload, figures.workload);
    }

    pub(crate) fn set(self, exporter: &Exporter) {
        if self.workers == 0 {
            if let Some(others) = exporter.others.get() {
                others.clear();
            }
            return;
        }
        let mean = |(sum, count): (f64, u64)| (count > 0).then(|| sum / count as f64);
        let figures = Figures {
            error_rate: mean(self.errors),
            cache_hit_rate: mean(self.cache),
            workload: mean(self.workload),
            queue_depth: self.queue_depth,
            concurrent: self.concurrent,
            ..Figures::default()
        };
        exporter.others().set_all(&figures, self.health / self.workers as f64);
    }
}
