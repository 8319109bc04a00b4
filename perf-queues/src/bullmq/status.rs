//! What a watch knows, to be shown.

use super::{id::EntryId, place::Gap};
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// How a queue is doing, see [`Watching::status`](super::Watching::status).
///
/// ```no_run
/// # fn main() -> Result<(), perf_queues::WatchError> {
/// let watching = perf_queues::bullmq::Watch::new("redis://127.0.0.1:6379").queue("mail").start()?;
/// for queue in watching.status().queues {
///     println!("{}: {} wait, {:?}", queue.queue, queue.jobs.waiting, queue.state);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatus {
    /// The queue's name.
    pub queue: String,
    /// Whether it can be seen.
    pub state: QueueState,
    /// How many jobs are where, when that could be seen last.
    pub jobs: JobCounts,
    /// Whether it is paused: workers take none of its jobs.
    pub is_paused: bool,
    /// What has been counted of it, with what is in the position file from before.
    pub totals: Totals,
    /// The id of the last entry of its stream that has been read.
    pub last_id: Option<String>,
}

/// Whether a queue can be seen.
///
/// ```
/// use perf_queues::bullmq::QueueState;
/// assert!(!QueueState::Starting.is_connected());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueState {
    /// Nobody has looked yet.
    #[default]
    Starting,
    /// Redis tells of it.
    Connected,
    /// Redis answers, and knows no queue of that name yet.
    Missing,
    /// It cannot be seen: Redis is away, or refuses. It is tried again until that is over.
    Away {
        /// Since when.
        since: SystemTime,
        /// Why, with no password in it.
        error: String,
    },
}

impl QueueState {
    /// Whether Redis answers for it, be it there or missing.
    ///
    /// ```
    /// assert!(perf_queues::bullmq::QueueState::Missing.is_connected());
    /// ```
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected | Self::Missing)
    }
}

/// How many jobs are where, as BullMQ's own `getJobCounts` has it.
///
/// ```
/// assert_eq!(perf_queues::bullmq::JobCounts::default().waiting, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobCounts {
    /// To be taken next. While a queue is paused BullMQ 6 leaves its jobs here.
    pub waiting: u64,
    /// Workers have them.
    pub active: u64,
    /// To be ready later: with a delay, or to be tried again after a pause.
    pub delayed: u64,
    /// To be taken next, by priority.
    pub prioritized: u64,
    /// Waiting for others, their children.
    pub waiting_children: u64,
    /// Where BullMQ up to 5 puts the waiting jobs of a paused queue.
    pub paused: u64,
    /// Done, and kept.
    pub completed: u64,
    /// Failed for good, and kept.
    pub failed: u64,
}

impl JobCounts {
    /// Each with its gauge, and what that is said to stand for.
    pub(super) fn states(&self) -> [(&'static str, u64, &'static str); 8] {
        [
            ("queue_jobs_waiting", self.waiting, "Jobs that are to be taken next"),
            ("queue_jobs_active", self.active, "Jobs that workers have"),
            ("queue_jobs_delayed", self.delayed, "Jobs that are to be ready later"),
            ("queue_jobs_prioritized", self.prioritized, "Jobs to be taken next, by priority"),
            (
                "queue_jobs_waiting_children",
                self.waiting_children,
                "Jobs that wait for others, their children",
            ),
            (
                "queue_jobs_paused",
                self.paused,
                "Jobs that wait in a queue paused by BullMQ up to 5",
            ),
            ("queue_jobs_completed", self.completed, "Jobs that are done, and kept"),
            ("queue_jobs_failed", self.failed, "Jobs that failed for good, and are kept"),
        ]
    }
}

/// What has been counted of a queue's jobs.
///
/// ```
/// assert_eq!(perf_queues::bullmq::Totals::default().gaps, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Totals {
    /// Jobs that are done.
    pub completed: u64,
    /// Jobs that failed for good.
    pub failed: u64,
    /// Attempts that failed and were to be followed by another.
    pub retried: u64,
    /// Attempts whose worker was not heard of any more.
    pub stalled: u64,
    /// How often something of the stream was gone before it could be read.
    pub gaps: u64,
    /// How many of its entries that were, where that is known.
    pub events_missed: u64,
}

impl Totals {
    pub(super) fn lost(&mut self, gap: Gap) {
        let entries = match gap {
            Gap::None => return,
            Gap::Trimmed(entries) => entries,
            Gap::Unknown => 0,
        };
        self.gaps = self.gaps.saturating_add(1);
        self.events_missed = self.events_missed.saturating_add(entries);
    }
}

/// What a watch knows.
///
/// ```
/// assert!(perf_queues::bullmq::Status::default().queues.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The queues, by name.
    pub queues: Vec<QueueStatus>,
    /// Why the position file is not as it should be: it could not be written, or not be read at the start.
    pub position_error: Option<String>,
    /// Queues that were discovered beyond the most that are watched.
    pub unwatched: usize,
    /// Why queues cannot be searched for, where [`all`](super::Watch::all) of them are to be watched: Redis
    /// refuses the `SCAN`. Those that are known are watched all the same.
    pub search_error: Option<String>,
}

impl Status {
    /// A queue by its name.
    ///
    /// ```
    /// assert!(perf_queues::bullmq::Status::default().queue("mail").is_none());
    /// ```
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&QueueStatus> {
        self.queues.iter().find(|queue| queue.queue == name)
    }
}

pub(super) fn shown(id: EntryId) -> Option<String> {
    (id != EntryId::ZERO).then(|| id.to_string())
}
