//! A queue's numbers in a registry.

use super::status::JobCounts;
use crate::{
    job::{FinishedJob, JobOutcome},
    meters,
};
use perf_core::{Counter, Gauge, Registry};

pub(super) struct Gauges {
    registry: Registry,
    queue: String,
    jobs: Vec<(&'static str, Gauge)>,
    up: Gauge,
    paused: Gauge,
    finished: [Counter; 3],
    stalled: Counter,
    gaps: Counter,
    missed: Counter,
}

impl Gauges {
    pub(super) fn new(registry: &Registry, queue: &str) -> Self {
        describe(registry);
        let states = JobCounts::default().states();
        let jobs = states.map(|(state, _)| {
            (state, registry.gauge("queue_jobs", &[("queue", queue), ("state", state)]))
        });
        let finished = JobOutcome::ALL.map(|outcome| {
            let labels = [("queue", queue), ("result", outcome.as_str())];
            registry.counter("queue_jobs_finished", &labels)
        });
        let of = [("queue", queue)];
        Self {
            registry: registry.clone(),
            queue: queue.to_owned(),
            jobs: jobs.to_vec(),
            up: registry.gauge("queue_up", &of),
            paused: registry.gauge("queue_is_paused", &of),
            finished,
            stalled: registry.counter("queue_jobs_stalled", &of),
            gaps: registry.counter("queue_event_gaps", &of),
            missed: registry.counter("queue_events_missed", &of),
        }
    }

    pub(super) fn set(&self, jobs: &JobCounts, is_paused: bool) {
        let states = jobs.states();
        self.jobs.iter().zip(states).for_each(|((_, gauge), (_, jobs))| gauge.set(jobs as f64));
        self.paused.set(f64::from(u8::from(is_paused)));
        self.up.set(1.0);
    }

    /// The others keep what was seen last.
    pub(super) fn down(&self) {
        self.up.set(0.0);
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

fn describe(registry: &Registry) {
    let all = [
        ("queue_jobs", "Jobs by state"),
        ("queue_up", "Whether the queue can be seen: 1, or 0 and the other gauges are old"),
        ("queue_is_paused", "Whether the queue is paused"),
        ("queue_jobs_finished", "Attempts at jobs that ended, by outcome"),
        ("queue_jobs_stalled", "Attempts whose worker was not heard of any more"),
        ("queue_event_gaps", "How often events were gone before they could be read"),
        ("queue_events_missed", "Events that were gone before they could be read, where known"),
    ];
    all.into_iter().for_each(|(name, text)| registry.describe(name, None, text));
}
