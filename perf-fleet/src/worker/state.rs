//! What is known of a worker.

use super::kinds::KindStats;
use crate::{
    history::{History, Period, minute},
    score::HealthScore,
    stats::{Figures, WorkerStats},
    task::{Guarded, TaskRecord},
    workload::Workload,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::SystemTime,
};

/// Kinds of tasks, other workers, keys and capabilities of which something is kept. Further kinds go
/// together.
const MOST: usize = 64;
const OTHERS: &str = "(others)";
/// The weight of the last task in the mean that routing goes by.
const RECENT: f64 = 0.1;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) name: Option<Box<str>>,
    pub(crate) domain: Box<str>,
    pub(crate) capabilities: BTreeSet<Box<str>>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) objective_seconds: f64,
    pub(crate) max_concurrent: Option<u64>,
    pub(crate) in_progress: u64,
    /// As it says itself, of tasks that no guard is there for.
    pub(crate) concurrent: Option<u64>,
    pub(crate) queue_depth: u64,
    pub(crate) message_queue: u64,
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
    /// What it last said it had counted.
    pub(super) totals: [u64; 4],
}

impl State {
    pub(crate) fn new(objective_seconds: f64) -> Self {
        Self { objective_seconds, ..Self::default() }
    }

    pub(crate) fn record(
        &mut self,
        task: &TaskRecord,
        guarded: Option<Guarded>,
        now: SystemTime,
        kept: u32,
    ) {
        let minute = minute(now);
        let bucket = self.history.bucket(minute, kept);
        bucket.tasks(task.ok, 1);
        bucket.time(task.duration, 1);
        if let Some(guarded) = guarded {
            self.in_progress = self.in_progress.saturating_sub(1);
            bucket.cancelled = bucket.cancelled.saturating_add(u32::from(guarded.cancelled));
        }
        self.read_recent(task, guarded.map_or(0, |guarded| guarded.others));
        if let Some(kind) = &task.kind {
            self.kind(kind).add(task);
        }
        self.active(now);
        self.read_workload(minute, kept);
    }

    /// What routing goes by. Where more tasks were under way than there can be, a task took its part of
    /// the time: those that wait for a turn are counted apart. One that failed took at least as long as
    /// others do: a worker that fails at once must not look fast, and draw all tasks to it.
    fn read_recent(&mut self, task: &TaskRecord, others: u64) {
        let crowd = (others.saturating_add(1) as f64 / self.capacity()).max(1.0);
        let seconds = task.duration.as_secs_f64() / crowd;
        let usual = self.recent_seconds.unwrap_or(self.objective_seconds);
        let seconds = if task.ok { seconds } else { seconds.max(usual) };
        let mean =
            |mean: Option<f64>, last: f64| mean.map_or(last, |mean| mean + RECENT * (last - mean));
        self.recent_seconds = Some(mean(self.recent_seconds, seconds));
        self.recent_success = Some(mean(self.recent_success, f64::from(u8::from(task.ok))));
    }

    /// How many tasks it can have under way.
    fn capacity(&self) -> f64 {
        self.max_concurrent.map_or(1.0, |most| most.max(1) as f64)
    }

    /// See [`Worker::expected_seconds`](super::Worker::expected_seconds).
    pub(crate) fn expected_seconds(&self) -> f64 {
        let waiting = self.concurrent().saturating_add(self.queue_depth) as f64;
        match self.recent_seconds {
            Some(mean) => {
                let success = self.recent_success.unwrap_or(1.0).max(0.05);
                (waiting + 1.0) / self.capacity() * mean / success
            }
            None => waiting / self.capacity() * self.objective_seconds,
        }
    }

    fn kind(&mut self, kind: &str) -> &mut KindStats {
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
        if value.is_empty() {
            self.metadata.remove(key);
        } else if self.metadata.len() < MOST || self.metadata.contains_key(key) {
            self.metadata.insert(key.to_owned(), value.to_owned());
        }
    }

    pub(crate) fn capability(&mut self, what: &str) {
        if self.capabilities.len() < MOST {
            self.capabilities.insert(what.into());
        }
    }

    pub(crate) fn active(&mut self, at: SystemTime) {
        self.active = self.active.max(Some(at));
    }

    pub(crate) fn cache(&mut self, hits: u64, misses: u64, minute: u32, kept: u32) {
        let bucket = self.history.bucket(minute, kept);
        let add = |count: &mut u32, more: u64| {
            *count = count.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        };
        add(&mut bucket.hits, hits);
        add(&mut bucket.misses, misses);
    }

    pub(crate) fn latency(&mut self, other: &str, seconds: f64) {
        if self.latencies.len() < MOST || self.latencies.contains_key(other) {
            self.latencies.insert(other.into(), seconds);
        }
    }

    pub(crate) fn concurrent(&self) -> u64 {
        self.concurrent.unwrap_or_default().max(self.in_progress)
    }

    /// From the tasks under way.
    fn derived_workload(&self) -> Option<f64> {
        let most = self.max_concurrent?;
        Some(self.concurrent() as f64 / most as f64 * 100.0)
    }

    /// Keeps what the workload is, if the worker does not say it itself.
    pub(crate) fn read_workload(&mut self, minute: u32, kept: u32) {
        if self.workload.is_some() {
            return;
        }
        if let Some(percent) = self.derived_workload() {
            self.history.bucket(minute, kept).workload.add(percent);
        }
    }

    /// The figures now, of tasks in the last so many minutes, the one under way included.
    pub(crate) fn figures(&self, now: SystemTime, window: u32) -> Figures {
        let to = minute(now).saturating_add(1);
        let from = to.saturating_sub(window);
        let said = self.workload.filter(|(_, at)| *at >= from).map(|(percent, _)| percent);
        let mut figures = Figures {
            period_seconds: f64::from(window) * 60.0,
            workload: said.or_else(|| self.derived_workload()),
            queue_depth: self.queue_depth,
            ..self.constants(now)
        };
        figures.count(&self.history.figures(from, to));
        figures
    }

    /// The figures of a period, to the minute; what is only known of now is that.
    pub(crate) fn period(&self, of: Period) -> Figures {
        let sum = self.history.figures(of.from, of.to);
        let length = of.end.duration_since(of.start).unwrap_or_default();
        let mut figures = Figures {
            period_seconds: length.as_secs_f64(),
            workload: sum.workload.get(),
            queue_depth: sum.queue.get().unwrap_or_default().round() as u64,
            ..self.constants(of.end)
        };
        figures.count(&sum);
        figures
    }

    fn constants(&self, now: SystemTime) -> Figures {
        let idle = self.active.map(|active| now.duration_since(active).unwrap_or_default());
        Figures {
            objective_seconds: self.objective_seconds,
            concurrent: self.concurrent(),
            max_concurrent: self.max_concurrent,
            message_queue: self.message_queue,
            cpu_percent: self.cpu_percent,
            memory_percent: self.memory_percent,
            disk_percent: self.disk_percent,
            idle_seconds: idle.map(|idle| idle.as_secs_f64()),
            ..Figures::default()
        }
    }

    pub(crate) fn stats(&self, id: &str, figures: Figures) -> WorkerStats {
        WorkerStats {
            id: id.to_owned(),
            name: self.name.as_deref().unwrap_or(id).to_owned(),
            domain: self.domain.to_string(),
            capabilities: self.capabilities.iter().map(ToString::to_string).collect(),
            metadata: self.metadata.clone(),
            health: HealthScore::of(&figures),
            workload_status: figures.workload.and_then(Workload::of),
            figures,
            latencies: self.latencies.iter().map(|(id, s)| (id.to_string(), *s)).collect(),
        }
    }
}
