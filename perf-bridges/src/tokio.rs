//! tokio's runtimes and tasks, by `tokio-metrics`: brought up to date whenever a snapshot is taken.
//!
//! What tokio tells only under `--cfg tokio_unstable` is there where the program is built with it.

pub use tokio_metrics::TaskMonitor;

use perf_core::{
    __bridge::{heal, registry_id},
    Refresh, Registry,
};
use std::{sync::Mutex, time::Duration};
use tokio::runtime::{Handle, Id};
use tokio_metrics::{RuntimeMetrics, RuntimeMonitor, TaskMetrics};

/// Puts the metrics of a runtime in the global registry, see [`runtime_in`].
///
/// ```
/// # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
/// perf_bridges::tokio::runtime(&tokio::runtime::Handle::current());
///
/// let snapshot = perf_core::snapshot();
/// assert!(snapshot.gauge("tokio_workers", &[]).unwrap() >= 1.0);
/// # });
/// ```
#[expect(clippy::must_use_candidate, reason = "most programs watch for good")]
pub fn runtime(handle: &Handle) -> Watch {
    runtime_in(Registry::global(), None, handle)
}

/// Puts the metrics of a runtime in a registry, labelled `runtime="name"` if it has a name: for
/// programs with several; of two without one only the last is seen. To ask for a runtime again changes
/// nothing.
///
/// The registry keeps the handle, and with it what the runtime had from the system, until
/// [`Watch::stop`] or as long as it lives: a program that makes runtimes again and again must stop.
///
/// Ratios and totals are of the time between two snapshots, and added up from there. Of each runtime
/// there are
///
/// | gauge | unit | |
/// |---|---|---|
/// | `tokio_workers` | | worker threads |
/// | `tokio_live_tasks` | | tasks that have not ended |
/// | `tokio_global_queue_depth` | | tasks in the queue all workers share |
/// | `tokio_busy_ratio` | 1 | the share of the workers' time that was not spent parked, since the last snapshot anybody took; a worker's time counts once it is parked again |
/// | `tokio_local_queue_depth`, `tokio_blocking_queue_depth`, `tokio_blocking_threads` | | with `tokio_unstable` |
///
/// | counter | unit | |
/// |---|---|---|
/// | `tokio_parks_total` | | times a worker had nothing to do |
/// | `tokio_busy_ns_total` | ns | the time workers were not parked |
/// | `tokio_polls_total`, `tokio_steals_total`, `tokio_overflows_total`, `tokio_remote_schedules_total`, `tokio_forced_yields_total` | | with `tokio_unstable` |
/// | `tokio_slow_polls_total` | | with `tokio_unstable`, and the runtime's `enable_metrics_poll_time_histogram`: polls that took [`SLOW_POLL`] or longer, as far as its buckets tell |
///
/// [`tasks`] counts slow polls on any build.
pub fn runtime_in(registry: &Registry, name: Option<&str>, handle: &Handle) -> Watch {
    let runtime = (registry_id(registry), handle.id(), name.map(str::to_owned));
    let mut all = heal(WATCHED.lock());
    if let Some(known) = all.iter().find(|known| known.runtime == runtime) {
        return known.clone();
    }
    let label = name.map(|name| ("runtime", name.to_owned()));
    let refresh = keep(registry, label, RUNTIME, RuntimeMonitor::new(handle).intervals());
    let watch = Watch { runtime, refresh };
    all.push(watch.clone());
    watch
}

/// A runtime that is watched: to stop that. Dropped, it goes on.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The registry, the runtime, and its name there.
    runtime: (u32, Id, Option<String>),
    refresh: Refresh,
}

impl Watch {
    /// Watches the runtime no more, and lets go of its handle. Its metrics stay as they are.
    ///
    /// ```
    /// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// let watch = perf_bridges::tokio::runtime(runtime.handle());
    /// watch.stop();
    /// ```
    pub fn stop(&self) {
        heal(WATCHED.lock()).retain(|other| other.runtime != self.runtime);
        self.refresh.stop();
    }
}

/// The runtimes that are watched, by registry and name: twice would count twice.
static WATCHED: Mutex<Vec<Watch>> = Mutex::new(Vec::new());

/// Polls that take as long as this are slow: 50 µs, as `tokio-metrics` has it.
pub const SLOW_POLL: Duration = TaskMonitor::DEFAULT_SLOW_POLL_THRESHOLD;

/// A monitor for tasks of one kind, whose metrics are in the global registry, see [`tasks_in`].
///
/// ```
/// # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
/// let requests = perf_bridges::tokio::tasks("requests");
/// tokio::spawn(requests.instrument(async { /* … */ })).await.unwrap();
///
/// let snapshot = perf_core::snapshot();
/// assert_eq!(snapshot.counter("tokio_task_polls_total", &[("tasks", "requests")]), Some(1));
/// # });
/// ```
#[must_use]
pub fn tasks(name: &str) -> TaskMonitor {
    tasks_in(Registry::global(), name)
}

/// A monitor for tasks of one kind, whose metrics are in a registry, labelled `tasks="name"`. Wrap the
/// futures in [`instrument`](TaskMonitor::instrument) before they are spawned. A name has one monitor,
/// however often it is asked for.
///
/// | counter | unit | |
/// |---|---|---|
/// | `tokio_tasks_total` | | tasks instrumented |
/// | `tokio_tasks_dropped_total` | | of these, those that have ended or were dropped |
/// | `tokio_task_polls_total`, `tokio_task_poll_ns_total` | , ns | polls, and the time in them |
/// | `tokio_task_slow_polls_total`, `tokio_task_slow_poll_ns_total` | , ns | those that took [`SLOW_POLL`] or longer |
/// | `tokio_task_scheduled_ns_total` | ns | the time tasks were ready and waited for a worker |
/// | `tokio_task_idle_ns_total` | ns | the time they waited for something else |
/// | `tokio_task_first_poll_delay_ns_total` | ns | the time until tasks were first polled |
///
/// and one gauge, `tokio_task_slow_poll_ratio`: the share of polls that were slow since the last
/// snapshot.
#[must_use]
pub fn tasks_in(registry: &Registry, name: &str) -> TaskMonitor {
    let id = registry_id(registry);
    let mut all = heal(MONITORS.lock());
    let known = all.iter().find(|(registry, known, _)| (*registry, &**known) == (id, name));
    if let Some((.., monitor)) = known {
        return monitor.clone();
    }
    let monitor = TaskMonitor::new();
    keep(registry, Some(("tasks", name.to_owned())), TASKS, monitor.intervals());
    all.push((id, name.to_owned(), monitor.clone()));
    monitor
}

/// The monitors there are, by registry and name: a name has one.
static MONITORS: Mutex<Vec<(u32, String, TaskMonitor)>> = Mutex::new(Vec::new());

/// A metric made of what tokio tells of an interval.
struct Source<T: 'static> {
    name: &'static str,
    unit: &'static str,
    text: &'static str,
    read: Read<T>,
}

enum Read<T> {
    /// What is.
    Gauge(fn(&T) -> f64),
    /// What came in the interval.
    Counter(fn(&T) -> u64),
}

/// Keeps the metrics made of intervals, of which the next one is asked for at each snapshot.
fn keep<T>(
    registry: &Registry,
    label: Option<(&'static str, String)>,
    sources: &'static [Source<T>],
    intervals: impl Iterator<Item = T> + Send + 'static,
) -> Refresh {
    for Source { name, unit, text, .. } in sources {
        registry.describe(name, Some(unit), *text);
    }
    let intervals = Mutex::new(intervals);
    registry.on_snapshot(move |registry| {
        let Some(interval) = heal(intervals.lock()).next() else { return };
        let labels: Vec<_> = label.iter().map(|(key, name)| (*key, &**name)).collect();
        for Source { name, read, .. } in sources {
            match read {
                Read::Gauge(read) => registry.gauge(name, &labels).set(read(&interval)),
                Read::Counter(read) => registry.counter(name, &labels).add(read(&interval)),
            }
        }
    })
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

macro_rules! sources {
    ($($(#[$attribute:meta])* $kind:ident $name:literal $unit:literal $text:literal = $read:expr;)*) => {
        &[$($(#[$attribute])* Source {
            name: $name,
            unit: $unit,
            text: $text,
            read: Read::$kind($read),
        }),*]
    };
}

const RUNTIME: &[Source<RuntimeMetrics>] = sources! {
    Gauge "tokio_workers" "{thread}" "Worker threads" = |m| m.workers_count as f64;
    Gauge "tokio_live_tasks" "{task}" "Tasks that have not ended" = |m| m.live_tasks_count as f64;
    Gauge "tokio_global_queue_depth" "{task}" "Tasks in the queue all workers share"
        = |m| m.global_queue_depth as f64;
    Gauge "tokio_busy_ratio" "1" "Share of the workers' time not spent parked" = busy_ratio;
    Counter "tokio_parks_total" "{park}" "Times a worker had nothing to do" = |m| m.total_park_count;
    Counter "tokio_busy_ns_total" "ns" "Time workers were not parked"
        = |m| nanos(m.total_busy_duration);
    #[cfg(tokio_unstable)]
    Gauge "tokio_local_queue_depth" "{task}" "Tasks in the workers' own queues"
        = |m| m.total_local_queue_depth as f64;
    #[cfg(tokio_unstable)]
    Gauge "tokio_blocking_queue_depth" "{task}" "Tasks waiting for a blocking thread"
        = |m| m.blocking_queue_depth as f64;
    #[cfg(tokio_unstable)]
    Gauge "tokio_blocking_threads" "{thread}" "Threads for blocking tasks"
        = |m| m.blocking_threads_count as f64;
    #[cfg(tokio_unstable)]
    Counter "tokio_polls_total" "{poll}" "Polls of tasks" = |m| m.total_polls_count;
    #[cfg(tokio_unstable)]
    Counter "tokio_steals_total" "{task}" "Tasks that workers took from one another"
        = |m| m.total_steal_count;
    #[cfg(tokio_unstable)]
    Counter "tokio_overflows_total" "{overflow}" "Times a worker's queue was full"
        = |m| m.total_overflow_count;
    #[cfg(tokio_unstable)]
    Counter "tokio_remote_schedules_total" "{task}" "Tasks scheduled from outside the runtime"
        = |m| m.num_remote_schedules;
    #[cfg(tokio_unstable)]
    Counter "tokio_forced_yields_total" "{yield}" "Times a task had used up its budget"
        = |m| m.budget_forced_yield_count;
    #[cfg(tokio_unstable)]
    Counter "tokio_slow_polls_total" "{poll}" "Polls that took 50 µs or longer" = slow_polls;
};

/// Of the interval; 0 for one of no length.
fn busy_ratio(metrics: &RuntimeMetrics) -> f64 {
    let capacity = metrics.elapsed.as_secs_f64() * metrics.workers_count as f64;
    let busy = metrics.total_busy_duration.as_secs_f64();
    // The two are not read at the same instant.
    if capacity > 0.0 { (busy / capacity).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(tokio_unstable)]
fn slow_polls(metrics: &RuntimeMetrics) -> u64 {
    let slow = |bucket: &&tokio_metrics::HistogramBucket| bucket.range_start() >= SLOW_POLL;
    metrics.poll_time_histogram.buckets().iter().filter(slow).map(|bucket| bucket.count()).sum()
}

const TASKS: &[Source<TaskMetrics>] = sources! {
    Counter "tokio_tasks_total" "{task}" "Tasks instrumented" = |m| m.instrumented_count;
    Counter "tokio_tasks_dropped_total" "{task}" "Tasks that have ended or were dropped"
        = |m| m.dropped_count;
    Counter "tokio_task_polls_total" "{poll}" "Polls" = |m| m.total_poll_count;
    Counter "tokio_task_poll_ns_total" "ns" "Time in polls" = |m| nanos(m.total_poll_duration);
    Counter "tokio_task_slow_polls_total" "{poll}" "Polls that took 50 µs or longer"
        = |m| m.total_slow_poll_count;
    Counter "tokio_task_slow_poll_ns_total" "ns" "Time in polls that took 50 µs or longer"
        = |m| nanos(m.total_slow_poll_duration);
    Counter "tokio_task_scheduled_ns_total" "ns" "Time tasks were ready and waited for a worker"
        = |m| nanos(m.total_scheduled_duration);
    Counter "tokio_task_idle_ns_total" "ns" "Time tasks waited for something else"
        = |m| nanos(m.total_idle_duration);
    Counter "tokio_task_first_poll_delay_ns_total" "ns" "Time until tasks were first polled"
        = |m| nanos(m.total_first_poll_delay);
    Gauge "tokio_task_slow_poll_ratio" "1" "Share of polls that took 50 µs or longer"
        = TaskMetrics::slow_poll_ratio;
};
