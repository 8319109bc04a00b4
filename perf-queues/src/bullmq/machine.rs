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
//! its count of attempts rise. Without a hash it is taken for a failure. How many there were before is known
//! of jobs that were added since all events have been read ([`Saved::since`]); of others the hash says it when
//! a worker takes them. Of one that was taken before, the first that is not known to be a failure is none. The
//! two events of a stalled job are added at once, so that the first, if no other event follows it in the
//! stream, is not one of them.

use super::{
    event::{Event, Kind},
    id::EntryId,
    jobs::{Job, Jobs},
};
use crate::job::JobOutcome;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// By how much the clock of who adds jobs may be ahead of Redis', or behind, in milliseconds.
const CLOCKS: u64 = 5_000;

/// The most jobs to be tried again that are saved of a queue.
const MOST_TRIED: usize = 1_000;

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
    /// Attempts begun, those that were put off and stalled too.
    pub(super) started: Option<u32>,
    /// When it was added, and with which delay, in milliseconds by the clock of who did.
    pub(super) added: Option<u64>,
    pub(super) delay: Option<u64>,
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
    moved: Option<Moved>,
    fresh: Option<String>,
    since: Option<u64>,
}

/// What a later watch has to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// Jobs that workers have.
    #[serde(default)]
    active: BTreeMap<String, Job>,
    /// How often those that are to be tried again have failed, and those that were added soon after `since`.
    #[serde(default)]
    tried: BTreeMap<String, u32>,
    #[serde(default)]
    moved: Option<Moved>,
    /// The job that the last event added. Whether it has a delay the next one says, and it may be read by
    /// another watch, that does not know the job.
    #[serde(default)]
    fresh: Option<String>,
    /// Jobs that were added since then, in milliseconds, and are not known have not failed yet.
    #[serde(default)]
    since: Option<u64>,
}

impl Hash {
    /// Failed attempts before the last one ended, or so far.
    fn failures(&self) -> Option<u32> {
        let ended = u32::from(self.finished.is_some());
        self.made.map(|made| made.saturating_sub(ended))
    }

    /// Whether all attempts that were begun have failed, but for one that began after this time.
    fn has_only_failed(&self, at: u64) -> bool {
        let (Some(made), Some(started)) = (self.made, self.started) else { return false };
        let is_again = self.processed.is_some_and(|processed| processed >= at);
        made > 0 && (started == made || (is_again && started == made.saturating_add(1)))
    }

    /// How long it waited for its first attempt, if there was no other.
    fn wait(&self) -> Option<u64> {
        let is_first = self.made? <= 1 && self.started.is_none_or(|started| started == 1);
        let ready = self.added?.checked_add(self.delay?)?;
        self.processed.filter(|_| is_first)?.checked_sub(ready)
    }
}

impl Machine {
    pub(super) fn restored(saved: Saved) -> Self {
        let mut jobs = Jobs::default();
        for (id, made) in saved.tried {
            let (made, is_early) = (Some(made), made == 0);
            jobs.put(id, Job { made, is_early, ..Job::default() });
        }
        saved.active.into_iter().for_each(|(id, job)| jobs.put(id, job));
        Self { jobs, moved: saved.moved, fresh: saved.fresh, since: saved.since }
    }

    /// As of now, in milliseconds.
    pub(super) fn saved(&self, now: u64) -> Saved {
        let mut tried = self.jobs.tried().map(|(id, made)| (id.clone(), made));
        let kept = tried.by_ref().take(MOST_TRIED).collect();
        let active = self.jobs.active();
        Saved {
            active: active.map(|(id, job)| (id.clone(), job.clone())).collect(),
            tried: kept,
            moved: self.moved.clone(),
            fresh: self.fresh.clone(),
            since: tried.next().map_or(self.since, |_| Some(now)),
        }
    }

    /// Of what was before nothing is known.
    pub(super) fn begin(&mut self, at: u64) {
        self.since = self.since.max(Some(at));
    }

    /// Forgets some jobs, as of now.
    pub(super) fn forget(&mut self, now: u64) {
        self.jobs.forget();
        if std::mem::take(&mut self.jobs.has_forgotten) {
            self.begin(now);
        }
    }

    /// Takes events that were read together, and the hashes of their jobs, which were read later.
    pub(super) fn take_all(
        &mut self,
        events: Vec<Event>,
        hashes: &HashMap<&str, Hash>,
        facts: &mut Vec<Fact>,
    ) {
        let ends = events.iter().enumerate().filter(|(_, event)| event.may_end_an_attempt());
        let ends: HashMap<_, _> = ends.map(|(n, event)| (event.job.clone(), n)).collect();
        for (n, event) in events.into_iter().enumerate() {
            let is_end = event.may_end_an_attempt();
            // It does not tell how often it had failed before, once it may have failed again.
            let is_late = !is_end && ends.get(&event.job).is_some_and(|end| *end > n);
            let hash = hashes.get(event.job.as_str()).filter(|_| !is_late);
            self.take(event, hash, facts);
        }
    }

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
                let is_early = self.is_early(at);
                let job = Job { name: Some(name), made: Some(0), is_early, ..Job::default() };
                self.jobs.put(event.job, job);
            }
            Kind::Waiting { from_active: true } => {
                self.moved = Some(Moved { job: event.job, at: event.at, hash: hash.cloned() });
            }
            Kind::Waiting { from_active: false } => self.jobs.get_or_new(&event.job).is_ready(at),
            Kind::Again => {
                let job = self.jobs.get_or_new(&event.job);
                job.is_ready(at);
                job.made = hash.and_then(Hash::failures);
            }
            Kind::Delayed { due } => {
                let is_fresh = fresh.as_deref() == Some(&*event.job);
                self.delayed(&event, due, hash.filter(|_| !is_fresh), facts);
            }
            Kind::Active => self.taken(&event.job, at, hash),
            Kind::Parked => self.jobs.get_or_new(&event.job).active = None,
            Kind::Completed => self.ended(event.job, at, JobOutcome::Completed, hash, facts),
            Kind::Failed => self.ended(event.job, at, JobOutcome::Failed, hash, facts),
            Kind::Removed => drop(self.jobs.remove(&event.job)),
            Kind::Stalled => {}
        }
        if std::mem::take(&mut self.jobs.has_forgotten) {
            self.begin(at);
        }
    }

    /// By a worker.
    fn taken(&mut self, id: &str, at: u64, hash: Option<&Hash>) {
        let failures = self.none_yet(hash).or(hash.and_then(Hash::failures));
        let job = self.jobs.get_or_new(id);
        job.made = job.made.or(failures);
        job.wait = job.ready.take().map(|ready| at.saturating_sub(ready));
        job.active = Some(at);
    }

    /// Whether the hash of a job that was added at this time may say that it is not young enough.
    fn is_early(&self, at: u64) -> bool {
        self.since.is_some_and(|since| at < since.saturating_add(2 * CLOCKS))
    }

    /// The failures of a job that is not known: none, if it is young enough.
    fn none_yet(&self, hash: Option<&Hash>) -> Option<u32> {
        let since = self.since?.saturating_add(CLOCKS);
        (hash?.added? >= since).then_some(0)
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
        // Of one that was not heard of before, the delay may as well have been changed.
        if self.jobs.get(id).is_some_and(|job| job.active.is_some()) {
            self.left_active(id, event.at.ms, hash, facts);
        }
        let job = self.jobs.get_or_new(id);
        (job.due, job.ready) = (due, None);
    }

    /// A worker gave a job back: after a failure, if more are known than have been counted. The hash is of
    /// now, and so may know of later ones, which count as soon as that; all in all there are as many.
    fn left_active(&mut self, id: &str, at: u64, hash: Option<&Hash>, facts: &mut Vec<Fact>) {
        let young = self.none_yet(hash);
        let job = self.jobs.get_or_new(id);
        job.made = job.made.or(young);
        let now = hash.and_then(Hash::failures);
        let is_failure = match (job.made, now) {
            (_, None) => true,
            (Some(before), Some(now)) => now > before,
            (None, Some(_)) => hash.is_some_and(|hash| hash.has_only_failed(at)),
        };
        if is_failure {
            job.made = job.made.map(|before| before.saturating_add(1));
            facts.push(Fact::Ended(Attempt {
                job: id.to_owned(),
                name: name(hash, job),
                worker: hash.and_then(|hash| hash.worker.clone()),
                outcome: JobOutcome::Retried,
                wait: job.wait.or(hash.and_then(Hash::wait)),
                // The hash may tell of the next attempt already.
                run: job.active.map(|active| at.saturating_sub(active)),
                attempts: job.made.or(now),
                at,
            }));
        } else {
            job.made = job.made.or(now);
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
            wait: job.wait.or(hash.and_then(Hash::wait)),
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
