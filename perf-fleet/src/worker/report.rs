//! What a worker says of itself.

use super::{State, Worker};
use crate::metrics::WorkerMetrics;
use std::time::{Duration, SystemTime};

impl Worker {
    /// Takes a report that was checked.
    pub(crate) fn take(&self, report: &WorkerMetrics) {
        let (mut state, now) = self.current();
        state.describe(report);
        let added = state.count(report, now);
        state.rates(report, &added, now);
        state.gauges(report, now);
        state.active(report.last_active.unwrap_or(now));
        let exposed = self.exposed(&mut state);
        drop(state);
        if let Some((exposed, _)) = exposed {
            let [completed, failed, ..] = added.all;
            let [new_completed, new_failed, ..] = added.new;
            let new = new_completed.saturating_add(new_failed);
            exposed.tasks(completed, failed, duration(report).map(|mean| (mean, new)));
        }
    }
}

/// Tasks that ended well, those that failed, hits and misses.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    /// Since the report before.
    new: [u64; 4],
    /// And those of a first report.
    all: [u64; 4],
}

fn duration(report: &WorkerMetrics) -> Option<Duration> {
    // One that no `Duration` holds is none.
    Duration::try_from_secs_f64(report.mean_seconds?).ok()
}

impl State {
    fn describe(&mut self, report: &WorkerMetrics) {
        if let Some(name) = &report.name {
            self.name = Some(name.as_str().into());
        }
        if let Some(domain) = &report.domain {
            self.domain = domain.as_str().into();
        }
        self.objective_seconds = report.objective_seconds.unwrap_or(self.objective_seconds);
        report.metadata.iter().for_each(|(key, value)| self.metadata(key, value));
        report.capabilities.iter().for_each(|what| self.capability(what));
        self.max_concurrent = report.max_concurrent_tasks.or(self.max_concurrent);
    }

    /// Adds what it counted since its last report: tasks of its mean duration, if it says that. The first
    /// one is only what others are counted from, for nobody knows when those tasks were.
    fn count(&mut self, report: &WorkerMetrics, now: SystemTime) -> Added {
        let added = self.added(report);
        let [completed, failed, hits, misses] = added.new;
        self.cache(hits, misses, now);
        let bucket = self.bucket(now);
        for (ok, count) in [(true, completed), (false, failed)] {
            bucket.tasks(ok, count);
            if let Some(mean) = duration(report).filter(|_| count > 0) {
                bucket.time(mean, count);
            }
        }
        added
    }

    fn added(&mut self, report: &WorkerMetrics) -> Added {
        let said =
            [report.tasks_completed, report.tasks_failed, report.cache_hits, report.cache_misses];
        let has_fallen =
            said.iter().zip(self.totals).any(|(said, known)| said.is_some() && *said < known);
        if has_fallen {
            // It began anew, and all that it counts did.
            self.totals = self.totals.map(|known| known.map(|_| 0));
        }
        let mut added = Added::default();
        for (n, said) in said.into_iter().enumerate() {
            let Some(said) = said else { continue };
            let known = self.totals[n].replace(said);
            added.all[n] = said - known.unwrap_or_default();
            added.new[n] = known.map_or(0, |known| said - known);
        }
        added
    }

    fn rates(&mut self, report: &WorkerMetrics, added: &Added, now: SystemTime) {
        let rates =
            [report.error_rate, report.success_rate, report.mean_seconds, report.cache_hit_rate];
        if rates.iter().all(Option::is_none) {
            return;
        }
        let [completed, failed, hits, misses] = added.new;
        let (tasks, looked_up) = (completed.saturating_add(failed), hits.saturating_add(misses));
        let reported = self.bucket(now).reported();
        let means = [
            (&mut reported.error_rate, tasks),
            (&mut reported.success_rate, tasks),
            (&mut reported.mean_seconds, tasks),
            (&mut reported.cache_hit_rate, looked_up),
        ];
        for ((mean, weight), rate) in means.into_iter().zip(rates) {
            if let Some(rate) = rate {
                mean.add(rate, weight);
            }
        }
    }

    fn gauges(&mut self, report: &WorkerMetrics, now: SystemTime) {
        let concurrent = report.concurrent_tasks.map(|tasks| (tasks, now));
        self.concurrent = concurrent.or(self.concurrent);
        self.message_queue = report.message_queue.unwrap_or(self.message_queue);
        self.cpu_percent = report.cpu_percent.or(self.cpu_percent);
        self.memory_percent = report.memory_percent.or(self.memory_percent);
        self.disk_percent = report.disk_percent.or(self.disk_percent);
        if let Some(depth) = report.queue_depth {
            self.queue(depth, now);
        }
        if let Some(percent) = report.workload_percent {
            self.workload(percent, now);
        }
    }
}
