//! What a worker's tasks of one kind took, since it was first seen.

use crate::{
    history::{Sparse, nanos},
    task::TaskRecord,
};

/// How much of something tasks took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amount {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) squares: f64,
    /// As whole numbers of the smallest unit: nanoseconds, bytes.
    pub(crate) values: Sparse,
}

impl Amount {
    pub(crate) fn add(&mut self, value: f64, whole: u64) {
        self.count = self.count.saturating_add(1);
        self.sum += value;
        self.squares += value * value;
        self.values.add(whole, 1);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.squares += other.squares;
        self.values.merge(&other.values);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.count = self.count.saturating_sub(other.count);
        self.sum = (self.sum - other.sum).max(0.0);
        self.squares = (self.squares - other.squares).max(0.0);
        self.values.subtract(&other.values);
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The standard deviation of the population.
    pub(crate) fn stddev(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some((self.squares / self.count as f64 - mean * mean).max(0.0).sqrt())
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct KindStats {
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    /// In seconds, of those tasks of which it is known.
    pub(crate) duration: Amount,
    /// In seconds.
    pub(crate) cpu: Amount,
    /// In bytes.
    pub(crate) memory: Amount,
}

impl KindStats {
    pub(crate) fn add(&mut self, task: &TaskRecord) {
        let count = if task.ok { &mut self.completed } else { &mut self.failed };
        *count = count.saturating_add(1);
        if let Some(duration) = task.believed() {
            self.duration.add(duration.as_secs_f64(), nanos(duration));
        }
        if let Some(time) = task.cpu_time {
            self.cpu.add(time.as_secs_f64(), nanos(time));
        }
        if let Some(bytes) = task.memory_bytes {
            self.memory.add(bytes as f64, bytes);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.completed = self.completed.saturating_add(other.completed);
        self.failed = self.failed.saturating_add(other.failed);
        self.duration.merge(&other.duration);
        self.cpu.merge(&other.cpu);
        self.memory.merge(&other.memory);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.completed = self.completed.saturating_sub(other.completed);
        self.failed = self.failed.saturating_sub(other.failed);
        self.duration.subtract(&other.duration);
    }

    pub(crate) fn ended(&self) -> u64 {
        self.completed.saturating_add(self.failed)
    }

    pub(crate) fn success(&self) -> Option<f64> {
        (self.ended() > 0).then(|| self.completed as f64 / self.ended() as f64)
    }
}
