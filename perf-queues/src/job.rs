//! One attempt at a job, and how it ended.

use serde::{Deserialize, Serialize};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// How an attempt at a job ended.
///
/// ```
/// use perf_queues::JobOutcome;
/// assert_eq!(JobOutcome::Retried.as_str(), "retried");
/// assert!(JobOutcome::Retried.is_error() && JobOutcome::Failed.is_error());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum JobOutcome {
    /// The job is done.
    Completed,
    /// It failed, and is not tried again.
    Failed,
    /// It failed, and is tried again.
    Retried,
}

impl JobOutcome {
    /// All of them, in the order of their declaration.
    ///
    /// ```
    /// assert_eq!(perf_queues::JobOutcome::ALL.len(), 3);
    /// ```
    pub const ALL: [Self; 3] = [Self::Completed, Self::Failed, Self::Retried];

    /// The outcome as metrics' labels spell it: `completed`, `failed` or `retried`.
    ///
    /// ```
    /// assert_eq!(perf_queues::JobOutcome::Completed.as_str(), "completed");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Retried => "retried",
        }
    }

    /// Whether the attempt failed, with a further one or without.
    ///
    /// ```
    /// assert!(!perf_queues::JobOutcome::Completed.is_error());
    /// ```
    #[must_use]
    pub fn is_error(self) -> bool {
        self != Self::Completed
    }
}

impl fmt::Display for JobOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An attempt at a job that has ended, as [`Watch::on_job`](crate::bullmq::Watch::on_job) is told.
///
/// ```
/// use perf_queues::{FinishedJob, JobOutcome};
/// use std::time::Duration;
///
/// fn shown(job: &FinishedJob) -> String {
///     let run = job.run.unwrap_or_default();
///     format!("{} {} {}: {} after {run:?}", job.queue, job.name, job.id, job.outcome)
/// }
/// # let mut job = FinishedJob::new("mail", "7", JobOutcome::Failed);
/// # job.name = "welcome".into();
/// # job.run = Some(Duration::from_millis(5));
/// # assert_eq!(shown(&job), "mail welcome 7: failed after 5ms");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FinishedJob {
    /// The queue's name.
    pub queue: String,
    /// The job's id, unique in its queue.
    pub id: String,
    /// The job's name, empty where it is not known any more.
    pub name: String,
    /// The worker's name, where workers have one.
    pub worker: Option<String>,
    /// How the attempt ended.
    pub outcome: JobOutcome,
    /// How long the job could have been taken, but was not: from when it was ready, its delay over, until
    /// a worker took it. `None` where nobody knows: for a later attempt, if that was before the watch began.
    pub wait: Option<Duration>,
    /// How long it ran. `None` where nobody knows any more when it began.
    pub run: Option<Duration>,
    /// Attempts made so far, this one included, where the queue still knows.
    pub attempts: Option<u32>,
    /// When it ended, by the clock of the queue's server.
    pub at: SystemTime,
}

impl FinishedJob {
    /// An attempt of which nothing else is known, at 1970: for tests of what is done with such.
    ///
    /// ```
    /// use perf_queues::{FinishedJob, JobOutcome};
    /// assert_eq!(FinishedJob::new("mail", "7", JobOutcome::Failed).run, None);
    /// ```
    #[must_use]
    pub fn new(queue: &str, id: &str, outcome: JobOutcome) -> Self {
        Self {
            queue: queue.to_owned(),
            id: id.to_owned(),
            name: String::new(),
            worker: None,
            outcome,
            wait: None,
            run: None,
            attempts: None,
            at: SystemTime::UNIX_EPOCH,
        }
    }
}
