//! A worker, and what it does.

mod describe;
mod kinds;
mod report;
mod state;

pub(crate) use kinds::KindStats;
pub(crate) use state::{MOST_PERCENT, MOST_SECONDS, Now, State};

use crate::{
    clock::Clock,
    exposed::Exposed,
    fleet::Context,
    history::Period,
    stats::WorkerStats,
    task::{Guarded, Task, TaskRecord},
};
use perf_core::__bridge::heal;
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

/// A worker of a [`Fleet`](crate::Fleet). Clones are one worker.
///
/// Say its name and domain before its first task: they are labels of its metrics, and what was counted under
/// others stays there.
///
/// ```
/// use std::time::Duration;
/// let fleet = perf_fleet::Fleet::builder().build();
/// let worker = fleet.worker("AGENT_54").name("Accessibility").domain("Platform").max_concurrent(4);
/// worker.record_task(Duration::from_secs(120), true);
/// worker.cache(98, 2);
/// worker.set_queue_depth(5);
/// let figures = worker.stats().figures;
/// assert_eq!((figures.cache_hit_rate, figures.queue_depth), (Some(0.98), 5));
/// ```
#[derive(Clone, Debug)]
pub struct Worker {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: Arc<str>,
    context: Arc<Context>,
    /// Whether it may have series of its own, of the metrics.
    has_series: bool,
    state: Mutex<State>,
}

impl Worker {
    pub(crate) fn new(id: Arc<str>, context: Arc<Context>, has_series: bool) -> Self {
        let state = Mutex::new(State::new(&context, now(&context)));
        let inner = Inner { id, context, has_series, state };
        Self { inner: Arc::new(inner) }
    }

    /// Its id.
    ///
    /// ```
    /// assert_eq!(perf_fleet::Fleet::builder().build().worker("w1").id(), "w1");
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Begins a task of a kind.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// let task = worker.task("build");
    /// assert_eq!(worker.stats().figures.concurrent, 1);
    /// task.ok();
    /// ```
    pub fn task(&self, kind: &str) -> Task {
        Task::begin(self.clone(), kind)
    }

    /// A task that ended took so long, and ended well or not.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.record_task(std::time::Duration::from_secs(90), false);
    /// assert_eq!(worker.stats().figures.error_rate, Some(1.0));
    /// ```
    pub fn record_task(&self, duration: Duration, ok: bool) {
        self.record(&TaskRecord::new(duration, ok));
    }

    /// A task that ended, with its kind and what it took.
    ///
    /// ```
    /// use perf_fleet::TaskRecord;
    /// use std::time::Duration;
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.record(&TaskRecord::new(Duration::from_secs(1), true).kind("build"));
    /// ```
    pub fn record(&self, task: &TaskRecord) {
        self.end(task, None);
    }

    /// How many tasks wait for it.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.set_queue_depth(7);
    /// assert_eq!(worker.stats().figures.queue_depth, 7);
    /// ```
    pub fn set_queue_depth(&self, tasks: u64) {
        let (mut state, now) = self.current();
        state.queue(tasks, now);
        state.active(now);
    }

    /// How many messages wait for it.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.set_message_queue(1_001);
    /// assert_eq!(worker.stats().figures.message_queue, 1_001);
    /// ```
    pub fn set_message_queue(&self, messages: u64) {
        self.state().message_queue = messages;
    }

    /// Its workload in percent, above 100 if it has more to do than it can. It counts for the fleet's
    /// window. What is below 0 or no finite number changes nothing; what is above 1e6 counts as that.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.set_workload(70.0);
    /// worker.set_workload(f64::NAN);
    /// assert_eq!(worker.stats().figures.workload, Some(70.0));
    /// ```
    pub fn set_workload(&self, percent: f64) {
        if !percent.is_finite() || percent < 0.0 {
            return;
        }
        let (mut state, now) = self.current();
        state.workload(percent, now);
        state.active(now);
    }

    /// So many look-ups in its cache found something, and so many did not.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.cache(1, 3);
    /// assert_eq!(worker.stats().figures.cache_hit_rate, Some(0.25));
    /// ```
    pub fn cache(&self, hits: u64, misses: u64) {
        let (mut state, now) = self.current();
        state.cache(hits, misses, now);
        state.active(now);
    }

    /// How long it last took to reach another worker. Of 64 others at most that is kept.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.latency_to("w2", std::time::Duration::from_millis(250));
    /// assert_eq!(worker.stats().latencies["w2"], 0.25);
    /// ```
    pub fn latency_to(&self, other: &str, latency: Duration) {
        self.state().latency(other, latency.as_secs_f64());
    }

    /// What is known of it now.
    ///
    /// ```
    /// let stats = perf_fleet::Fleet::builder().build().worker("w1").stats();
    /// assert_eq!((stats.id.as_str(), stats.figures.completed), ("w1", 0));
    /// ```
    #[must_use]
    pub fn stats(&self) -> WorkerStats {
        let (state, now) = self.current();
        state.stats(self.id(), &state.figures(now))
    }

    /// When one more task would be done well, in seconds: (tasks under way and waiting + 1) / as many as it
    /// can have under way, 1 at least, × the mean of the last tasks / the share of those that succeeded. The
    /// latest of them counts for a tenth, the one before for a tenth of the rest, and so on. Of a task that began
    /// while more were under way than the worker can have, only its part of the time counts.
    ///
    /// While no task has ended it is 0 for the first one, and what the mean should be at most for each
    /// further one: a new worker is tried with one task before it is given more.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// assert_eq!(worker.expected_seconds(), 0.0);
    /// worker.record_task(std::time::Duration::from_secs(10), true);
    /// worker.set_queue_depth(2);
    /// assert_eq!(worker.expected_seconds(), 30.0);
    /// // As soon as there is a slot for it, it takes its time.
    /// assert_eq!(worker.max_concurrent(8).expected_seconds(), 10.0);
    /// ```
    #[must_use]
    pub fn expected_seconds(&self) -> f64 {
        self.state().expected_seconds()
    }

    /// What is known of it in a period.
    pub(crate) fn stats_of(&self, period: Period) -> WorkerStats {
        let (state, now) = self.current();
        let mut of = state.stats(self.id(), &state.period(period, now));
        if !period.is_present(now) {
            of.latencies.clear();
        }
        of
    }

    /// How many were under way already.
    pub(crate) fn begin(&self) -> u64 {
        let (mut state, now) = self.current();
        let others = state.in_progress;
        state.in_progress = others.saturating_add(1);
        state.active(now);
        others
    }

    pub(crate) fn end(&self, task: &TaskRecord, guarded: Option<Guarded>) {
        let (mut state, now) = self.current();
        state.record(task, guarded, now);
        let exposed = self.exposed(&mut state);
        drop(state);
        if let Some((exposed, _)) = exposed {
            exposed.task(task.believed(), task.ok);
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.context.clock
    }

    /// What is known of it, up to now; and when that is.
    pub(crate) fn current(&self) -> (MutexGuard<'_, State>, SystemTime) {
        let now = now(&self.inner.context);
        let mut state = self.state();
        state.settle(now);
        (state, now.at)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        heal(self.inner.state.lock())
    }

    /// Its series in the registry, or those that it shares, and whether they are its own. They are made when
    /// first needed, for by then its name has been said, and anew when that or its domain is another.
    pub(crate) fn exposed(&self, state: &mut State) -> Option<(Arc<Exposed>, bool)> {
        let exporter = self.inner.context.exporter.as_ref()?;
        if !self.inner.has_series {
            return Some((exporter.others(), false));
        }
        let State { name, domain, shown, .. } = state;
        let id = &self.inner.id;
        let labels = [id, name.as_deref().unwrap_or(id), &**domain];
        match exporter.show(labels, shown) {
            Some(own) => Some((own, true)),
            None => Some((exporter.others(), false)),
        }
    }

    /// Forgotten by the fleet: its series say nothing any more.
    pub(crate) fn removed(&self) {
        let mut state = self.state();
        state.is_removed = true;
        if let Some(shown) = state.shown.take() {
            shown.series.clear();
        }
    }
}

fn now(context: &Context) -> Now {
    Now { at: context.clock.now(), elapsed: context.clock.elapsed() }
}
