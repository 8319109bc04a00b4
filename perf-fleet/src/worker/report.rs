//! What a worker says of itself.

use super::{State, Worker};
use crate::metrics::WorkerMetrics;
use std::time::{Duration, SystemTime};

impl Worker {
    /// Takes a report that was checked.
    pub(crate) fn take(&self, report: &WorkerMetrics) {
        let (mut state, now) = self.current();
        state.describe(report);
        let (completed, failed) = state.count(report, now);
        state.rates(report, now);
        state.gauges(report, now);
        state.active(report.last_active.unwrap_or(now));
        let exposed = self.exposed(&state);
        drop(state);
        if let Some(exposed) = exposed {
            exposed.tasks(completed, failed, duration(report));
        }
    }
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

    /// Adds what it counted since its last report: tasks of its mean duration, if it says that.
    fn count(&mut self, report: &WorkerMetrics, now: SystemTime) -> (u64, u64) {
        let said =
            [report.tasks_completed, report.tasks_failed, report.cache_hits, report.cache_misses];
        let mut added = [0; 4];
        for ((known, said), added) in self.totals.iter_mut().zip(said).zip(&mut added) {
            let Some(said) = said else { continue };
            // A lower one is of a worker that began anew.
            *added = said.checked_sub(*known).unwrap_or(said);
            *known = said;
        }
        let [completed, failed, hits, misses] = added;
        self.cache(hits, misses, now);
        let bucket = self.bucket(now);
        for (ok, count) in [(true, completed), (false, failed)] {
            bucket.tasks(ok, count);
            if let Some(mean) = duration(report) {
                bucket.time(mean, count);
            }
        }
        (completed, failed)
    }

    fn rates(&mut self, report: &WorkerMetrics, now: SystemTime) {
        let rates =
            [report.error_rate, report.success_rate, report.mean_seconds, report.cache_hit_rate];
        if rates.iter().all(Option::is_none) {
            return;
        }
        let reported = self.bucket(now).reported();
        let means = [
            &mut reported.error_rate,
            &mut reported.success_rate,
            &mut reported.mean_seconds,
            &mut reported.cache_hit_rate,
        ];
        for (mean, rate) in means.into_iter().zip(rates) {
            if let Some(rate) = rate {
                mean.add(rate);
            }
        }
    }

    fn gauges(&mut self, report: &WorkerMetrics, now: SystemTime) {
        self.concurrent = report.concurrent_tasks.or(self.concurrent);
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
