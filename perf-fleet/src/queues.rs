//! Workers whose tasks are jobs of a queue that is watched from outside.

use crate::{fleet::Fleet, task::TaskRecord, worker::Worker};
use perf_queues::{
    FinishedJob, JobOutcome,
    bullmq::{JobCounts, Watch},
};

/// What goes from a queue to its worker.
#[derive(Clone, Debug)]
struct Feed {
    worker: Worker,
    queue: String,
}

impl Feed {
    fn job(&self, job: &FinishedJob) {
        if job.queue != self.queue {
            return;
        }
        let is_ok = job.outcome == JobOutcome::Completed;
        let untimed = TaskRecord::untimed(is_ok);
        let task = job.run.map_or(untimed, |run| TaskRecord::new(run, is_ok));
        self.worker.record(&if job.name.is_empty() { task } else { task.kind(&job.name) });
    }

    fn jobs(&self, queue: &str, jobs: &JobCounts) {
        if queue == self.queue {
            // BullMQ up to 5 has those of a paused queue apart.
            let waiting = [jobs.waiting, jobs.prioritized, jobs.paused];
            let waiting = waiting.into_iter().fold(0, u64::saturating_add);
            let (mut state, now) = self.worker.current();
            state.jobs(queue, (waiting, jobs.active), now);
        }
    }
}

impl Fleet {
    /// Has the jobs of a queue of BullMQ count as a worker's tasks, each attempt as one, of the job's name as its
    /// kind; those that wait are its queue, those that are active its tasks under way; of several queues they are added
    /// up. An attempt that nobody knows the time of only counts. While Redis is away, what is known stays.
    ///
    /// ```
    /// use perf_fleet::Fleet;
    /// use perf_queues::bullmq::Watch;
    ///
    /// let fleet = Fleet::builder().build();
    /// let watch = Watch::new("redis://127.0.0.1:1");
    /// let watching =
    ///     fleet.monitor_queue(watch, "accessibility-improvements", "AGENT_54").start()?;
    /// assert_eq!(watching.status().queues[0].queue, "accessibility-improvements");
    /// assert_eq!(fleet.workers()[0].id(), "AGENT_54");
    /// # Ok::<(), perf_queues::WatchError>(())
    /// ```
    #[must_use = "nothing is watched until `start`"]
    pub fn monitor_queue(&self, watch: Watch, queue: &str, worker: &str) -> Watch {
        let feed = Feed { worker: self.worker(worker), queue: queue.to_owned() };
        let tasks = feed.clone();
        watch.queue(queue).on_job(move |job| tasks.job(job)).on_status(move |queue| {
            if queue.state.is_connected() {
                feed.jobs(&queue.queue, &queue.jobs);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn counts(waiting: u64, prioritized: u64, paused: u64, active: u64) -> JobCounts {
        let mut counts = JobCounts::default();
        (counts.waiting, counts.prioritized) = (waiting, prioritized);
        (counts.paused, counts.active, counts.delayed) = (paused, active, 99);
        counts
    }

    #[test]
    fn jobs_are_tasks_and_one_of_unknown_time_only_counts() {
        let fleet = Fleet::builder().build();
        let feed = Feed { worker: fleet.worker("w"), queue: "mail".to_owned() };
        let job = |queue: &str, outcome, seconds: Option<u64>| {
            let mut job = FinishedJob::new(queue, "7", outcome);
            job.run = seconds.map(Duration::from_secs);
            job.name = "send".to_owned();
            feed.job(&job);
        };
        job("mail", JobOutcome::Completed, Some(10));
        job("mail", JobOutcome::Completed, None);
        job("mail", JobOutcome::Failed, None);
        job("other", JobOutcome::Failed, Some(1));
        let figures = fleet.worker("w").stats().figures;
        assert_eq!((figures.completed, figures.failed), (2, 1));
        assert_eq!((figures.mean_seconds, figures.stddev_seconds), (Some(10.0), Some(0.0)));
        let kinds = fleet.kinds("w");
        assert_eq!((kinds[0].mean_seconds, kinds[0].efficiency.tasks), (10.0, 3));
        // One that failed, of unknown time, takes no less than usual.
        assert!(feed.worker.expected_seconds() > 10.0);
    }

    #[test]
    fn queues_of_a_worker_are_added_up() {
        let clock = crate::ManualClock::new();
        let fleet = Fleet::builder().clock(clock.clone()).build();
        let worker = fleet.worker("w").max_concurrent(4);
        let [mail, images] = ["mail", "images"].map(|queue| {
            let feed = Feed { worker: worker.clone(), queue: queue.to_owned() };
            move |counts| feed.jobs(queue, &counts)
        });
        mail(counts(3, 2, 1, 1));
        images(counts(10, 0, 0, 2));
        let figures = worker.stats().figures;
        assert_eq!((figures.queue_depth, figures.concurrent), (16, 3));
        clock.advance(Duration::from_secs(60));
        mail(counts(0, 0, 7, 0));
        assert_eq!(
            (worker.stats().figures.queue_depth, worker.stats().figures.concurrent),
            (17, 2)
        );
        // Three of four for a minute, since when none has passed.
        assert_eq!(worker.stats().figures.workload, Some(75.0));
    }
}
