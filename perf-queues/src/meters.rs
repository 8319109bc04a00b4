//! What a queue's jobs become in a registry.

use crate::job::JobOutcome;
use perf_core::{Outcome, Registry};
use std::time::Duration;

/// The operations' names.
const RUN: &str = "queue::run";
const WAIT: &str = "queue::wait";

/// Counts one attempt at a job that a program has run itself, where nobody watches its queue from outside:
/// in the counter `queue_jobs_finished` and the operation `queue::run`, each with the labels `queue` and
/// `result`. Those that failed, or are retried, are errors of the operation.
///
/// ```
/// use perf_queues::{JobOutcome, track_job};
/// use std::time::Duration;
///
/// let registry = perf_core::Registry::new();
/// track_job(&registry, "thumbnails", Duration::from_millis(20), JobOutcome::Completed);
/// track_job(&registry, "thumbnails", Duration::from_millis(90), JobOutcome::Failed);
///
/// let snapshot = registry.snapshot();
/// let labels = [("queue", "thumbnails"), ("result", "failed")];
/// assert_eq!(snapshot.counter("queue_jobs_finished", &labels), Some(1));
/// let run = snapshot.get_labelled("queue::run", &labels).unwrap();
/// assert_eq!((run.count(), run.errors()), (1, 1));
/// assert_eq!(run.max(), Some(Duration::from_millis(90)));
/// ```
pub fn track_job(registry: &Registry, queue: &str, duration: Duration, outcome: JobOutcome) {
    let labels = [("queue", queue), ("result", outcome.as_str())];
    registry.counter("queue_jobs_finished", &labels).add(1);
    run(registry, queue, None, duration, outcome);
}

/// Records how long an attempt ran.
pub(crate) fn run(
    registry: &Registry,
    queue: &str,
    name: Option<&str>,
    duration: Duration,
    outcome: JobOutcome,
) {
    let ended = match outcome {
        JobOutcome::Completed => Outcome::Ok,
        _ => Outcome::Error,
    };
    let labels = [("queue", queue), ("result", outcome.as_str())];
    record(registry, RUN, &labels, name, (duration, ended));
}

/// Records how long a job waited.
pub(crate) fn wait(registry: &Registry, queue: &str, name: Option<&str>, duration: Duration) {
    record(registry, WAIT, &[("queue", queue)], name, (duration, Outcome::Ok));
}

fn record(
    registry: &Registry,
    operation: &str,
    labels: &[(&str, &str)],
    name: Option<&str>,
    (duration, outcome): (Duration, Outcome),
) {
    let name = name.map(|name| ("name", name));
    let labels: Vec<_> = labels.iter().copied().chain(name).collect();
    registry.record_labelled(operation, &labels, duration, outcome);
}
