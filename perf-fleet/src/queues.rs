//! Workers whose tasks are jobs of a queue that is watched from outside.

use crate::{fleet::Fleet, task::TaskRecord};
use perf_queues::{JobOutcome, bullmq::Watch};

impl Fleet {
    /// Has the jobs of a queue of BullMQ count as a worker's tasks, each attempt as one, of the job's name as its
    /// kind; those that wait are its queue, those that are active its workload if it says how many it can have
    /// under way. While Redis is away, what is known stays.
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
        let worker = self.worker(worker);
        let (tasks, ours) = (worker.clone(), queue.to_owned());
        let watch = watch.queue(queue).on_job(move |job| {
            if job.queue == ours {
                let is_ok = job.outcome == JobOutcome::Completed;
                let task = TaskRecord::new(job.run.unwrap_or_default(), is_ok);
                tasks.record(&if job.name.is_empty() { task } else { task.kind(&job.name) });
            }
        });
        let ours = queue.to_owned();
        watch.on_status(move |queue| {
            if queue.queue == ours && queue.state.is_connected() {
                let jobs = &queue.jobs;
                worker.set_queue_depth(jobs.waiting.saturating_add(jobs.prioritized));
                if let Some(most) = worker.stats().figures.max_concurrent.filter(|most| *most > 0) {
                    worker.set_workload(100.0 * jobs.active as f64 / most as f64);
                }
            }
        })
    }
}
