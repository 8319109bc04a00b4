//! What happened in a stretch of time.

use super::Amount;
use perf_core::{Operation, OperationParts};
use std::time::Duration;

/// The mean of what was read now and then, and what was read last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    sum: f64,
    last: f64,
    count: u32,
}

impl Mean {
    pub(crate) fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.sum += value;
            self.last = value;
            self.count = self.count.saturating_add(1);
        }
    }

    /// With what was read later.
    fn merge(&mut self, later: Self) {
        self.sum += later.sum;
        self.last = if later.count > 0 { later.last } else { self.last };
        self.count = self.count.saturating_add(later.count);
    }

    pub(crate) fn get(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }

    pub(crate) fn last(self) -> Option<f64> {
        (self.count > 0).then_some(self.last)
    }
}

/// The mean of what was reported, by how many tasks each report was about where that is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weighted {
    plain: Mean,
    sum: f64,
    weight: f64,
}

impl Weighted {
    pub(crate) fn add(&mut self, value: f64, weight: u64) {
        self.plain.add(value);
        self.sum += value * weight as f64;
        self.weight += weight as f64;
    }

    fn merge(&mut self, later: Self) {
        self.plain.merge(later.plain);
        self.sum += later.sum;
        self.weight += later.weight;
    }

    pub(crate) fn get(self) -> Option<f64> {
        if self.weight > 0.0 { Some(self.sum / self.weight) } else { self.plain.get() }
    }
}

/// Rates that the worker said itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported {
    pub(crate) error_rate: Weighted,
    pub(crate) success_rate: Weighted,
    pub(crate) mean_seconds: Weighted,
    pub(crate) cache_hit_rate: Weighted,
}

/// What happened from a minute on. About 170 bytes, and 8 for each different duration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    /// Its first minute, since 1970.
    pub(crate) start: u32,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    /// Of the failed ones, those that nobody said an outcome of.
    pub(crate) cancelled: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    /// Seconds that tasks were under way, each by itself.
    pub(crate) busy: f64,
    /// What the worker said itself.
    pub(crate) workload: Mean,
    pub(crate) queue: Mean,
    /// Of those tasks of which they are known, in seconds.
    pub(crate) durations: Amount,
    pub(crate) reported: Option<Box<Reported>>,
}

impl Bucket {
    pub(crate) fn tasks(&mut self, ok: bool, times: u64) {
        let count = if ok { &mut self.completed } else { &mut self.failed };
        *count = count.saturating_add(times);
    }

    pub(crate) fn time(&mut self, duration: Duration, times: u64) {
        self.durations.add(duration.as_secs_f64(), nanos(duration), times);
    }

    pub(crate) fn reported(&mut self) -> &mut Reported {
        self.reported.get_or_insert_default()
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.merge_figures(other);
        self.durations.values.merge(&other.durations.values);
    }

    /// All but the distribution.
    pub(crate) fn merge_figures(&mut self, other: &Self) {
        let add = |ours: &mut u64, theirs: u64| *ours = ours.saturating_add(theirs);
        add(&mut self.completed, other.completed);
        add(&mut self.failed, other.failed);
        add(&mut self.cancelled, other.cancelled);
        add(&mut self.hits, other.hits);
        add(&mut self.misses, other.misses);
        self.durations.merge_figures(&other.durations);
        self.busy += other.busy;
        self.workload.merge(other.workload);
        self.queue.merge(other.queue);
        if let Some(theirs) = &other.reported {
            let ours = self.reported();
            ours.error_rate.merge(theirs.error_rate);
            ours.success_rate.merge(theirs.success_rate);
            ours.mean_seconds.merge(theirs.mean_seconds);
            ours.cache_hit_rate.merge(theirs.cache_hit_rate);
        }
    }

    pub(crate) fn ended(&self) -> u64 {
        self.completed.saturating_add(self.failed)
    }

    /// Whether the worker was heard of.
    pub(crate) fn is_sign(&self) -> bool {
        self.ended() > 0
            || self.busy > 0.0
            || self.workload.last().is_some()
            || self.reported.is_some()
    }

    /// As an operation, for comparisons.
    pub(crate) fn operation(&self, worker: &str) -> Operation {
        Operation::from(OperationParts {
            name: "task".to_owned(),
            labels: vec![("agent_id".to_owned(), worker.to_owned())],
            digits: 2,
            buckets: self.durations.values.values().collect(),
            sum_ns: (self.durations.sum * 1e9) as u64,
            errors: self.failed.min(self.durations.values.count()),
            ..OperationParts::default()
        })
    }
}

/// As many nanoseconds as a `u64` holds.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
