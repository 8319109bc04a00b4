//! What is known of a worker.

use super::kinds::KindStats;
use crate::{
    exposed::Shown,
    fleet::Context,
    history::{Bucket, History, Period, minute, time},
    id::cut,
    score::HealthScore,
    stats::{Figures, WorkerStats},
    task::{Guarded, TaskRecord},
    workload::Workload,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Kinds of tasks, other workers, keys and capabilities of which something is kept. Further kinds go
/// together.
const MOST: usize = 64;
const OTHERS: &str = "(others)";
/// The longest time that is believed, in seconds: some 30 years.
pub(crate) const MOST_SECONDS: f64 = 1e9;
/// The highest workload, and use of the processor, in percent.
pub(crate) const MOST_PERCENT: f64 = 1e6;
/// Minutes that the workload is the mean of, where it is worked out.
const LIVE: u32 = 5;
/// The least time that something is the mean of, in seconds.
const LEAST: f64 = 60.0;
/// The weight of the last task in the mean that routing goes by.
const RECENT: f64 = 0.1;

/// An instant, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) at: SystemTime,
    pub(crate) elapsed: Duration,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) first_seen: SystemTime,
    /// Up to when it is in the history how many tasks were under way.
    settled: Duration,
    /// Minutes that tasks are counted of, and that are kept.
    window: u32,
    pub(super) kept: u32,
    pub(crate) name: Option<Box<str>>,
    pub(crate) domain: Box<str>,
    pub(crate) capabilities: BTreeSet<Box<str>>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) objective_seconds: f64,
    pub(crate) max_concurrent: Option<u64>,
    pub(crate) in_progress: u64,
    /// As it says itself, of tasks that no guard is there for.
    pub(super) concurrent: Option<(u64, SystemTime)>,
    pub(crate) queue_depth: u64,
    /// When that was said.
    queue_at: Option<u32>,
    pub(crate) message_queue: u64,
    /// By the queue's name.
    #[cfg(feature = "queues")]
    queues: BTreeMap<Box<str>, (u64, u64)>,
    /// As it says itself, and when.
    pub(crate) workload: Option<(f64, u32)>,
    pub(crate) cpu_percent: Option<f64>,
    pub(crate) memory_percent: Option<f64>,
    pub(crate) disk_percent: Option<f64>,
    pub(crate) active: Option<SystemTime>,
    pub(crate) latencies: BTreeMap<Box<str>, f64>,
    pub(crate) kinds: BTreeMap<Arc<str>, KindStats>,
    /// The mean of the last tasks, of which the latest counts most, in seconds.
    pub(crate) recent_seconds: Option<f64>,
    /// The success rate, likewise.
    pub(crate) recent_success: Option<f64>,
    pub(crate) history: History,
    /// Its series, with the labels that they have.
    pub(crate) shown: Option<Shown>,
    /// Whether the fleet has forgotten it.
    pub(crate) is_removed: bool,
    /// What it last said it had counted.
    pub(super) totals: [Option<u64>; 4],
}

impl State {
    pub(crate) fn new(settings: &Context, now: Now) -> Self {
        Self {
            first_seen: now.at,
            settled: now.elapsed,
            window: settings.window_minutes(),
            kept: settings.kept_minutes(),
            objective_seconds: settings.settings.objective.as_secs_f64(),
            name: None,
            domain: Box::default(),
            capabilities: BTreeSet::new(),
            metadata: BTreeMap::new(),
            max_concurrent: None,
            in_progress: 0,
            concurrent: None,
            queue_depth: 0,
            queue_at: None,
            message_queue: 0,
            #[cfg(feature = "queues")]
            queues: BTreeMap::new(),
            workload: None,
            cpu_percent: None,
            memory_percent: None,
            disk_percent: None,
            active: None,
            latencies: BTreeMap::new(),
            kinds: BTreeMap::new(),
            recent_seconds: None,
            recent_success: None,
            history: History::default(),
            shown: None,
            is_removed: false,
            totals: [None; 4],
        }
    }

    /// Puts the tasks that were under way until now into the history. What changes how many there are, and
    /// what asks, does so first.
    pub(crate) fn settle(&mut self, now: Now) {
        let passed = now.elapsed.saturating_sub(self.settled);
        self.settled = self.settled.max(now.elapsed);
        // What was said counts for the window: of a worker that is gone, not for good.
        let window = Duration::from_secs(u64::from(self.window) * 60);
        self.concurrent = self
            .concurrent
            .filter(|(_, at)| now.at.duration_since(*at).unwrap_or_default() <= window);
        let tasks = self.concurrent() as f64;
        if tasks > 0.0 && !passed.is_zero() {
            let since = now.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let into = since.saturating_sub(Duration::from_secs(since.as_secs() / 60 * 60));
            let at = (minute(now.at), into.as_secs_f64());
            self.history.add_busy(at, (passed.as_secs_f64(), tasks), self.kept);
        }
    }

    pub(crate) fn bucket(&mut self, now: SystemTime) -> &mut Bucket {
        self.history.bucket(minute(now), self.kept)
    }

    pub(crate) fn record(&mut self, task: &TaskRecord, guarded: Option<Guarded>, now: SystemTime) {
        let bucket = self.history.bucket(minute(now), self.kept);
        bucket.tasks(task.ok, 1);
        if let Some(duration) = task.believed() {
            bucket.time(duration, 1);
        }
        if let Some(guarded) = guarded {
            self.in_progress = self.in_progress.saturating_sub(1);
            bucket.cancelled = bucket.cancelled.saturating_add(u64::from(guarded.cancelled));
        }
        self.read_recent(task, guarded.map_or(0, |guarded| guarded.others));
        if let Some(kind) = &task.kind {
            self.kind(kind).add(task);
        }
        self.active(now);
    }

    /// What routing goes by. Where more tasks were under way than there can be, a task took its part of
    /// the time: those that wait for a turn are counted apart. One that failed took at least as long as
    /// others do: a worker that fails at once must not look fast, and draw all tasks to it.
    fn read_recent(&mut self, task: &TaskRecord, others: u64) {
        let crowd = (others.saturating_add(1) as f64 / self.capacity()).max(1.0);
        let mean =
            |mean: Option<f64>, last: f64| mean.map_or(last, |mean| mean + RECENT * (last - mean));
        if let Some(duration) = task.believed() {
            let seconds = duration.as_secs_f64() / crowd;
            let usual = self.recent_seconds.unwrap_or(self.objective_seconds);
            let seconds = if task.ok { seconds } else { seconds.max(usual) };
            self.recent_seconds = Some(mean(self.recent_seconds, seconds));
        }
        self.recent_success = Some(mean(self.recent_success, f64::from(u8::from(task.ok))));
    }

    /// How many tasks it can have under way.
    fn capacity(&self) -> f64 {
        self.max_concurrent.map_or(1.0, |most| most.max(1) as f64)
    }

    /// See [`Worker::expected_seconds`](super::Worker::expected_seconds).
    pub(crate) fn expected_seconds(&self) -> f64 {
        let others = self.concurrent().saturating_add(self.queue_depth) as f64;
        // With a slot to spare, a task takes its time all the same.
        let rounds = ((others + 1.0) / self.capacity()).max(1.0);
        match self.recent_seconds {
            Some(mean) => rounds * mean / self.recent_success.unwrap_or(1.0).max(0.05),
            None if others > 0.0 => (others / self.capacity()).max(1.0) * self.objective_seconds,
            None => 0.0,
        }
    }

    fn kind(&mut self, kind: &str) -> &mut KindStats {
        let kind = cut(kind);
        let is_full = self.kinds.len() >= MOST;
        let kind = if is_full && !self.kinds.contains_key(kind) { OTHERS } else { kind };
        // Looked up first: most kinds are known.
        if !self.kinds.contains_key(kind) {
            self.kinds.insert(kind.into(), KindStats::default());
        }
        self.kinds.entry(kind.into()).or_default()
    }

    /// An empty value takes a key away.
    pub(crate) fn metadata(&mut self, key: &str, value: &str) {
        let (key, value) = (cut(key), cut(value));
        if value.is_empty() {
            self.metadata.remove(key);
        } else if self.metadata.len() < MOST || self.metadata.contains_key(key) {
            self.metadata.insert(key.to_owned(), value.to_owned());
        }
    }

    pub(crate) fn capability(&mut self, what: &str) {
        if self.capabilities.len() < MOST {
            self.capabilities.insert(cut(what).into());
        }
    }

    pub(crate) fn active(&mut self, at: SystemTime) {
        self.active = self.active.max(Some(at));
    }

    pub(crate) fn cache(&mut self, hits: u64, misses: u64, now: SystemTime) {
        let bucket = self.bucket(now);
        bucket.hits = bucket.hits.saturating_add(hits);
        bucket.misses = bucket.misses.saturating_add(misses);
    }

    pub(crate) fn queue(&mut self, depth: u64, now: SystemTime) {
        self.queue_depth = depth;
        self.queue_at = Some(self.history.current(minute(now)));
        self.bucket(now).queue.add(depth as f64);
    }

    /// Jobs that wait in a queue, and those under way: of several queues they are added up.
    #[cfg(feature = "queues")]
    pub(crate) fn jobs(&mut self, queue: &str, jobs: (u64, u64), now: SystemTime) {
        if self.queues.len() < MOST || self.queues.contains_key(queue) {
            self.queues.insert(queue.into(), jobs);
        }
        let sum =
            |of: fn(&(u64, u64)) -> u64| self.queues.values().map(of).fold(0, u64::saturating_add);
        let (waiting, running) = (sum(|jobs| jobs.0), sum(|jobs| jobs.1));
        self.concurrent = Some((running, now));
        self.queue(waiting, now);
        self.active(now);
    }

    pub(crate) fn workload(&mut self, percent: f64, now: SystemTime) {
        let percent = percent.min(MOST_PERCENT);
        self.workload = Some((percent, self.history.current(minute(now))));
        self.bucket(now).workload.add(percent);
    }

    pub(crate) fn latency(&mut self, other: &str, seconds: f64) {
        let other = cut(other);
        if self.latencies.len() < MOST || self.latencies.contains_key(other) {
            self.latencies.insert(other.into(), seconds.min(MOST_SECONDS));
        }
    }

    pub(crate) fn concurrent(&self) -> u64 {
        self.concurrent.map_or(0, |(tasks, _)| tasks).max(self.in_progress)
    }

    /// From the tasks that were under way in so many seconds, of which they took some.
    fn derived_workload(&self, busy: f64, seconds: f64) -> Option<f64> {
        Some(busy / seconds / self.max_concurrent?.max(1) as f64 * 100.0)
    }

    /// The workload of a bucket that is over: as the worker said itself, or from the tasks under way.
    pub(crate) fn workload_of(&self, bucket: &Bucket, minutes: u32) -> Option<f64> {
        let seconds = f64::from(minutes) * 60.0;
        bucket.workload.get().or_else(|| self.derived_workload(bucket.busy, seconds))
    }

    /// The seconds of some minutes that it was there for and that something is kept of: a minute at least.
    pub(crate) fn seconds(&self, (from, to): (u32, u32), now: SystemTime) -> f64 {
        let current = self.history.current(minute(now));
        let from = from.max(current.saturating_sub(self.kept));
        let (from, to) = self.history.covered(from, to);
        let now = if current > minute(now) { time(current.saturating_add(1)) } else { now };
        let (start, end) = (time(from).max(self.first_seen), time(to).min(now));
        end.duration_since(start).unwrap_or_default().as_secs_f64().max(LEAST)
    }

    /// The figures now, of tasks in the window, the minute under way included.
    pub(crate) fn figures(&self, now: SystemTime) -> Figures {
        let to = self.history.current(minute(now)).saturating_add(1);
        let from = to.saturating_sub(self.window);
        let said = self.workload.filter(|(_, at)| *at >= from).map(|(percent, _)| percent);
        let live = (to.saturating_sub(LIVE), to);
        let busy = self.history.range(live.0, to).fold(0.0, |sum, bucket| sum + bucket.busy);
        let mut figures = Figures {
            period_seconds: self.seconds((from, to), now),
            window_seconds: f64::from(self.window) * 60.0,
            workload: said.or_else(|| self.derived_workload(busy, self.seconds(live, now))),
            is_workload_said: said.is_some(),
            queue_depth: self.queue_depth,
            ..self.present(now)
        };
        figures.count(&self.history.figures(from, to));
        figures
    }

    /// The figures of a period, to the minute; what is only known of now is that, if it reaches up to now.
    pub(crate) fn period(&self, of: Period, now: SystemTime) -> Figures {
        let of = self.reaching(of, now);
        let sum = self.history.figures(of.from, of.to);
        let length = of.end.duration_since(of.start).unwrap_or_default().as_secs_f64();
        let seconds = self.seconds((of.from, of.to), now);
        let said = sum.workload.get().or_else(|| self.last_workload(of));
        let known = if of.is_present(now) { self.present(now) } else { self.lasting() };
        let mut figures = Figures {
            period_seconds: seconds,
            window_seconds: length.min(f64::from(self.kept) * 60.0),
            workload: said.or_else(|| self.derived_workload(sum.busy, seconds)),
            is_workload_said: said.is_some(),
            queue_depth: sum.queue.get().map_or_else(|| self.last_queue(of), |q| q.round() as u64),
            ..known
        };
        figures.count(&sum);
        figures
    }

    /// Whether anything was heard of it in a period.
    pub(crate) fn is_known(&self, of: Period, now: SystemTime) -> bool {
        let of = self.reaching(of, now);
        self.history.range(of.from, of.to).any(Bucket::is_sign)
    }

    /// The same period: up to the last minute of the history, if it reaches up to now and the clock went back.
    pub(crate) fn reaching(&self, of: Period, now: SystemTime) -> Period {
        let last = self.history.current(minute(now)).saturating_add(1);
        let is_back = last > minute(now).saturating_add(1);
        Period { to: if is_back && of.is_present(now) { last } else { of.to }, ..of }
    }

    /// What it last said before the end of a period, within the window.
    fn last_workload(&self, of: Period) -> Option<f64> {
        let from = of.to.saturating_sub(self.window);
        let mut buckets = self.history.range(from, of.to);
        buckets.rfind(|bucket| bucket.workload.last().is_some())?.workload.last()
    }

    fn last_queue(&self, of: Period) -> u64 {
        if self.queue_at.is_none_or(|at| at < of.to) {
            return self.queue_depth;
        }
        let depth = self.history.range(0, of.to).rev().find_map(|bucket| bucket.queue.last());
        depth.unwrap_or_default() as u64
    }

    /// What is not known of any other time than now.
    fn present(&self, now: SystemTime) -> Figures {
        let idle = self.active.map(|active| now.duration_since(active).unwrap_or_default());
        let idle = if self.in_progress > 0 { Some(Duration::ZERO) } else { idle };
        Figures {
            concurrent: self.concurrent(),
            message_queue: self.message_queue,
            cpu_percent: self.cpu_percent,
            memory_percent: self.memory_percent,
            disk_percent: self.disk_percent,
            idle_seconds: idle.map(|idle| idle.as_secs_f64()),
            ..self.lasting()
        }
    }

    fn lasting(&self) -> Figures {
        Figures {
            objective_seconds: self.objective_seconds,
            max_concurrent: self.max_concurrent,
            ..Figures::default()
        }
    }

    pub(crate) fn stats(&self, id: &str, figures: &Figures) -> WorkerStats {
        WorkerStats {
            id: id.to_owned(),
            name: self.name.as_deref().unwrap_or(id).to_owned(),
            domain: self.domain.to_string(),
            capabilities: self.capabilities.iter().map(ToString::to_string).collect(),
            metadata: self.metadata.clone(),
            health: HealthScore::of(figures),
            workload_status: figures.workload.and_then(Workload::of),
            figures: *figures,
            latencies: self.latencies.iter().map(|(id, s)| (id.to_string(), *s)).collect(),
        }
    }
}
