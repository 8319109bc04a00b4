//! A queue's numbers in a registry.

use super::status::JobCounts;
use crate::{
    job::{FinishedJob, JobOutcome},
    meters,
};
use perf_core::{__bridge::is_folded, Counter, Gauge, Registry};

pub(super) struct Gauges {
    registry: Registry,
    queue: String,
    /// In the order of [`JobCounts::states`].
    jobs: [Option<Gauge>; 8],
    up: Option<Gauge>,
    paused: Option<Gauge>,
    finished: [Counter; 3],
    stalled: Counter,
    gaps: Counter,
    missed: Counter,
}

impl Gauges {
    pub(super) fn new(registry: &Registry, queue: &str) -> Self {
        describe(registry);
        let states = JobCounts::default().states();
        let jobs = states.map(|(name, ..)| gauge(registry, name, queue));
        let finished = JobOutcome::ALL.map(|outcome| {
            let labels = [("queue", queue), ("result", outcome.as_str())];
            registry.counter("queue_jobs_finished", &labels)
        });
        let of = [("queue", queue)];
        Self {
            registry: registry.clone(),
            queue: queue.to_owned(),
            jobs,
            up: gauge(registry, "queue_up", queue),
            paused: gauge(registry, "queue_is_paused", queue),
            finished,
            stalled: registry.counter("queue_jobs_stalled", &of),
            gaps: registry.counter("queue_event_gaps", &of),
            missed: registry.counter("queue_events_missed", &of),
        }
    }

    pub(super) fn set(&self, jobs: &JobCounts, is_paused: bool) {
        let states = jobs.states();
        self.jobs
            .iter()
            .zip(states)
            .for_each(|(gauge, (_, jobs, _))| set(gauge.as_ref(), jobs as f64));
        set(self.paused.as_ref(), f64::from(u8::from(is_paused)));
        set(self.up.as_ref(), 1.0);
    }

    /// The others keep what was seen last.
    pub(super) fn down(&self) {
        set(self.up.as_ref(), 0.0);
    }

    pub(super) fn stalled(&self) {
        self.stalled.add(1);
    }

    pub(super) fn lost(&self, gaps: u64, events: u64) {
        self.gaps.add(gaps);
        self.missed.add(events);
    }

    pub(super) fn ended(&self, job: &FinishedJob, by_name: bool) {
        let all = JobOutcome::ALL.iter().zip(&self.finished);
        let of = all.filter(|(outcome, _)| **outcome == job.outcome);
        of.for_each(|(_, counter)| counter.add(1));
        let known = if job.name.is_empty() { "(unknown)" } else { &*job.name };
        let name = by_name.then_some(known);
        if let Some(run) = job.run {
            meters::run(&self.registry, &self.queue, name, run, job.outcome);
        }
        if let Some(wait) = job.wait {
            meters::wait(&self.registry, &self.queue, name, wait);
        }
    }
}

impl Drop for Gauges {
    /// Nobody looks any more.
    fn drop(&mut self) {
        self.down();
    }
}

/// `None` where there are too many of the name: one gauge that stands for several queues tells nothing.
fn gauge(registry: &Registry, name: &str, queue: &str) -> Option<Gauge> {
    let of = [("queue", queue)];
    (!is_folded(name, &of)).then(|| registry.gauge(name, &of))
}

fn set(gauge: Option<&Gauge>, value: f64) {
    if let Some(gauge) = gauge {
        gauge.set(value);
    }
}

fn describe(registry: &Registry) {
    let states = JobCounts::default().states();
    states.into_iter().for_each(|(name, _, text)| registry.describe(name, None, text));
    let all = [
        ("queue_up", "Whether the queue can be seen: 1, or 0 and the other gauges are old"),
        ("queue_is_paused", "Whether the queue is paused"),
        ("queue_jobs_finished", "Attempts at jobs that ended, by outcome"),
        ("queue_jobs_stalled", "Attempts whose worker was not heard of any more"),
        ("queue_event_gaps", "How often events were gone before they could be read"),
        ("queue_events_missed", "Events that were gone before they could be read, where known"),
    ];
    all.into_iter().for_each(|(name, text)| registry.describe(name, None, text));
}
