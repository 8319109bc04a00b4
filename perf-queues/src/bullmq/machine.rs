//! From a queue's events to what they mean. Pure: events and hashes in, facts out.
//!
//! | events of a job | meaning |
//! |---|---|
//! | `completed`, `failed` | its last attempt ended |
//! | `active` … `delayed` | an attempt failed, and is tried again later; or its worker put it off by itself |
//! | `active` … `waiting` from `active` | the same, at once; or its worker handed it back, for a rate limit |
//! | `waiting` from `active`, `stalled` | its worker is gone: no attempt has ended |
//!
//! Whether an attempt failed or was put off the events do not tell. The job's hash does: only a failure makes
//! its count of attempts rise. Without a hash it is taken for a failure. The two events of a stalled job are
//! added at once, so that the first, if no other event follows it in the stream, is not one of them.

use super::{
    event::{Event, Kind},
    id::EntryId,
    jobs::{Job, Jobs},
};
use crate::job::JobOutcome;
use serde::{Deserialize, Serialize};

/// What was asked for of a job's hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hash {
    pub(super) name: Option<String>,
    pub(super) worker: Option<String>,
    /// When the last attempt began and ended, in milliseconds by the worker's clock.
    pub(super) processed: Option<u64>,
    pub(super) finished: Option<u64>,
    /// Attempts made.
    pub(super) made: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Ended(Attempt),
    Stalled,
}

/// Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) job: String,
    pub(super) name: Option<String>,
    pub(super) worker: Option<String>,
    pub(super) outcome: JobOutcome,
    pub(super) wait: Option<u64>,
    pub(super) run: Option<u64>,
    pub(super) attempts: Option<u32>,
    pub(super) at: u64,
}

/// A job that waits again, from active; whether it has stalled the next event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moved {
    job: String,
    at: EntryId,
    hash: Option<Hash>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    pub(super) jobs: Jobs,
    pub(super) moved: Option<Moved>,
    /// The job that the last event added. Whether it has a delay the next one says, and it may be read by
    /// another watch, that does not know the job.
    pub(super) fresh: Option<String>,
}

impl Hash {
    /// Failed attempts before the last one ended, or so far.
    fn failures(&self) -> Option<u32> {
        let ended = u32::from(self.finished.is_some());
        self.made.map(|made| made.saturating_sub(ended))
    }
}

impl Machine {
    /// Takes the next event, with the job's hash if that is there and has been asked for.
    pub(super) fn take(&mut self, event: Event, hash: Option<&Hash>, facts: &mut Vec<Fact>) {
        let at = event.at.ms;
        if event.kind == Kind::Stalled {
            return self.stalled(&event.job, at, facts);
        }
        self.settle(facts);
        let fresh = self.fresh.take();
        match event.kind {
            Kind::Added { name } => {
                self.fresh = Some(event.job.clone());
                let job = Job { name: Some(name), made: Some(0), ..Job::default() };
                self.jobs.put(event.job, job);
            }
            Kind::Waiting { from_active: true } => {
                self.moved = Some(Moved { job: event.job, at: event.at, hash: hash.cloned() });
            }
            Kind::Waiting { from_active: false } => self.jobs.get_or_new(&event.job).is_ready(at),
            Kind::Delayed { due } => {
                let is_fresh = fresh.as_deref() == Some(&*event.job);
                self.delayed(&event, due, hash.filter(|_| !is_fresh), facts);
            }
            Kind::Active => {
                let job = self.jobs.get_or_new(&event.job);
                job.wait = job.ready.take().map(|ready| at.saturating_sub(ready));
                job.active = Some(at);
            }
            Kind::Parked => self.jobs.get_or_new(&event.job).active = None,
            Kind::Completed => self.ended(event.job, at, JobOutcome::Completed, hash, facts),
            Kind::Failed => self.ended(event.job, at, JobOutcome::Failed, hash, facts),
            Kind::Removed => drop(self.jobs.remove(&event.job)),
            Kind::Stalled => {}
        }
    }

    /// There is no further event as yet.
    pub(super) fn settle(&mut self, facts: &mut Vec<Fact>) {
        if let Some(moved) = self.moved.take() {
            let at = moved.at.ms;
            self.left_active(&moved.job, at, moved.hash.as_ref(), facts);
            self.jobs.get_or_new(&moved.job).is_ready(at);
        }
    }

    fn stalled(&mut self, id: &str, at: u64, facts: &mut Vec<Fact>) {
        let moved = self.moved.take_if(|moved| moved.job == id);
        self.settle(facts);
        self.jobs.get_or_new(id).is_ready(moved.map_or(at, |moved| moved.at.ms));
        facts.push(Fact::Stalled);
    }

    /// A new job with a delay, one whose delay has been changed, or one that was active.
    fn delayed(
        &mut self,
        event: &Event,
        due: Option<u64>,
        hash: Option<&Hash>,
        facts: &mut Vec<Fact>,
    ) {
        let id = &*event.job;
        let was_active = match self.jobs.get(id) {
            Some(job) => job.active.is_some(),
            // Not heard of before: with an attempt behind it, it was.
            None => hash.and_then(Hash::failures).is_some_and(|failures| failures > 0),
        };
        if was_active {
            self.left_active(id, event.at.ms, hash, facts);
        }
        let job = self.jobs.get_or_new(id);
        (job.due, job.ready) = (due, None);
    }

    /// A worker gave a job back: after a failure, if more are known than have been counted. The hash is of
    /// now, and so may know of later ones, which count as soon as that; all in all there are as many.
    fn left_active(&mut self, id: &str, at: u64, hash: Option<&Hash>, facts: &mut Vec<Fact>) {
        let job = self.jobs.get_or_new(id);
        let (known, now) = (job.made, hash.and_then(Hash::failures));
        let before = known.unwrap_or(0);
        if now.is_none_or(|now| now > before) {
            job.made = Some(before.saturating_add(1));
            facts.push(Fact::Ended(Attempt {
                job: id.to_owned(),
                name: name(hash, job),
                worker: hash.and_then(|hash| hash.worker.clone()),
                outcome: JobOutcome::Retried,
                wait: job.wait,
                // The hash may tell of the next attempt already.
                run: job.active.map(|active| at.saturating_sub(active)),
                attempts: if known.is_some() { job.made } else { now },
                at,
            }));
        }
        (job.active, job.wait) = (None, None);
    }

    fn ended(
        &mut self,
        id: String,
        at: u64,
        outcome: JobOutcome,
        hash: Option<&Hash>,
        facts: &mut Vec<Fact>,
    ) {
        let job = self.jobs.remove(&id).unwrap_or_default();
        let told = hash.and_then(|hash| hash.finished?.checked_sub(hash.processed?));
        facts.push(Fact::Ended(Attempt {
            job: id,
            name: name(hash, &job),
            worker: hash.and_then(|hash| hash.worker.clone()),
            outcome,
            wait: job.wait,
            run: told.or(job.active.map(|active| at.saturating_sub(active))),
            attempts: hash
                .and_then(|hash| hash.made)
                .or(job.made.map(|made| made.saturating_add(1))),
            at,
        }));
    }
}

impl Job {
    /// It can be taken: since now, or since its delay was over, if nobody has looked after that for a while.
    fn is_ready(&mut self, at: u64) {
        self.ready = Some(self.due.take().filter(|due| *due < at).unwrap_or(at));
        (self.active, self.wait) = (None, None);
    }
}

fn name(hash: Option<&Hash>, job: &Job) -> Option<String> {
    hash.and_then(|hash| hash.name.clone()).or_else(|| job.name.clone())
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
