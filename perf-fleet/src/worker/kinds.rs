//! What a worker's tasks of one kind took, since it was first seen.

use crate::{
    history::{Amount, nanos},
    task::TaskRecord,
};

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
            self.duration.add(duration.as_secs_f64(), nanos(duration), 1);
        }
        if let Some(time) = task.cpu_time {
            self.cpu.add(time.as_secs_f64(), nanos(time), 1);
        }
        if let Some(bytes) = task.memory_bytes {
            self.memory.add(bytes as f64, bytes, 1);
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
