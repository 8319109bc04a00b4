//! One queue: its place in the stream, what is counted, and what is told of it.

use super::{
    client::{BATCH, Reader},
    event::{Event, Kind},
    gauges::Gauges,
    id::EntryId,
    machine::{Attempt, Fact, Machine},
    place::{Gap, Place},
    position::{Position, Positions},
    reply::Entry,
    status::{JobCounts, QueueState, QueueStatus, Totals, shown},
};
use crate::job::{FinishedJob, JobOutcome};
use perf_core::Registry;
use redis::RedisError;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::{Duration, Instant, SystemTime},
};

pub(super) struct Queue {
    name: String,
    /// The beginning of its keys, `bull:mail`.
    pub(super) prefix: String,
    pub(super) stream: String,
    /// Whether there is more to be read at once.
    pub(super) has_more: bool,
    /// `None` until Redis' clock has been asked.
    place: Option<Place>,
    machine: Machine,
    totals: Totals,
    gauges: Gauges,
    state: QueueState,
    jobs: JobCounts,
    is_paused: bool,
    /// What is still to be told.
    facts: Vec<Fact>,
    /// What the registry has been told of gaps.
    told: Totals,
    news: News,
    missing_since: Option<Instant>,
}

/// Whether there is something new.
#[derive(Default)]
struct News {
    to_save: bool,
    /// It has been looked at, or its state has changed.
    to_show: bool,
}

impl Queue {
    /// It goes on from its position, if one is known.
    pub(super) fn new(
        name: &str,
        prefix: &str,
        positions: &Positions,
        registry: &Registry,
    ) -> Self {
        let prefix = format!("{prefix}:{name}");
        let saved = positions.queues.get(&prefix).cloned();
        let mut queue = Self {
            name: name.to_owned(),
            stream: format!("{prefix}:events"),
            has_more: false,
            prefix,
            place: None,
            machine: Machine::default(),
            totals: Totals::default(),
            gauges: Gauges::new(registry, name),
            state: QueueState::Starting,
            jobs: JobCounts::default(),
            is_paused: false,
            facts: Vec::new(),
            told: Totals::default(),
            news: News::default(),
            missing_since: None,
        };
        if let Some(saved) = saved {
            queue.place = Some(saved.place);
            (queue.totals, queue.told) = (saved.totals, saved.totals);
            queue.machine = Machine::restored(saved.known);
        }
        queue
    }

    /// Where nothing is known from before, it is watched from then on.
    pub(super) fn begin(&mut self, at: EntryId) {
        if self.place.is_none() {
            self.place = Some(Place::new(at));
            self.machine.begin(at.ms);
            self.news.to_save = true;
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.place.is_some()
    }

    pub(super) fn is_missing_for(&self, time: Duration) -> bool {
        self.missing_since.is_some_and(|since| since.elapsed() >= time)
    }

    /// The stream and what has been read of it, for who waits for more.
    pub(super) fn awaited(&self) -> Option<(String, EntryId)> {
        let place = self.place.as_ref().filter(|_| self.state.is_connected())?;
        Some((self.stream.clone(), place.last))
    }

    /// Reads the next entries; how much there is to be told of them. When it fails nothing has changed.
    pub(super) fn read(&mut self, reader: &mut Reader) -> Result<usize, RedisError> {
        let Some(place) = &mut self.place else { return Ok(0) };
        let news = reader.news(&self.stream, place.last)?;
        let ids = wanted(&news.entries, &self.machine);
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let hashes = reader.hashes(&self.prefix, &ids)?;

        let before = place.clone();
        let gap = place.look(news.info.as_ref());
        self.totals.lost(gap);
        let known = self.facts.len();
        if gap != Gap::None {
            self.machine.begin(news.entries.first().map_or(before.last, |entry| entry.0).ms);
        }
        let new = news.entries.into_iter().filter(|(id, _)| place.advance(*id));
        let events = new.filter_map(|(_, event)| event).collect();
        self.machine.take_all(events, &hashes, &mut self.facts);
        if place.seen && self.state == QueueState::Missing {
            (self.state, self.news.to_show) = (QueueState::Connected, true);
            self.missing_since = None;
        }
        self.has_more = news.count >= BATCH && place.last > before.last;
        if !self.has_more {
            self.machine.settle(&mut self.facts);
        }
        self.news.to_save |= *place != before || gap != Gap::None || self.facts.len() > known;
        self.facts[known..].iter().for_each(|fact| self.totals.count(fact));
        Ok(self.facts.len() - known)
    }

    /// Looks how many jobs are where.
    pub(super) fn look(&mut self, reader: &mut Reader) -> Result<(), RedisError> {
        let (jobs, is_paused, is_there) = reader.counts(&self.prefix)?;
        (self.jobs, self.is_paused) = (jobs, is_paused);
        let is_seen = self.place.as_ref().is_some_and(|place| place.seen);
        let is_back = matches!(self.state, QueueState::Away { .. });
        if is_back {
            tracing::info!(target: "perfkit", queue = self.name, "the queue can be seen again");
        }
        self.state = if is_there || is_seen { QueueState::Connected } else { QueueState::Missing };
        let is_missing = self.state == QueueState::Missing;
        self.missing_since = is_missing.then(|| self.missing_since.unwrap_or_else(Instant::now));
        self.news.to_show = true;
        self.gauges.set(&jobs, is_paused);
        Ok(())
    }

    /// It cannot be seen.
    pub(super) fn away(&mut self, error: &str) {
        self.gauges.down();
        let error = error.to_owned();
        (self.missing_since, self.has_more) = (None, false);
        if let QueueState::Away { error: known, .. } = &mut self.state {
            self.news.to_show |= *known != error;
            *known = error;
            return;
        }
        self.news.to_show = true;
        tracing::warn!(target: "perfkit", queue = self.name, "the queue cannot be seen: {error}");
        self.state = QueueState::Away { since: SystemTime::now(), error };
    }

    /// What is to be saved, if that has changed.
    pub(super) fn changed(&mut self) -> Option<Position> {
        let place = self.place.as_ref().filter(|_| std::mem::take(&mut self.news.to_save))?;
        let known = self.machine.saved(place.last.ms);
        Some(Position { place: place.clone(), totals: self.totals, known })
    }

    /// Tells the registry, and whoever listens, what has been read.
    pub(super) fn tell(&mut self, by_name: bool, mut listener: impl FnMut(&FinishedJob)) {
        for fact in std::mem::take(&mut self.facts) {
            match fact {
                Fact::Stalled => self.gauges.stalled(),
                Fact::Ended(attempt) => {
                    let job = finished(&self.name, attempt);
                    self.gauges.ended(&job, by_name);
                    listener(&job);
                }
            }
        }
        let told = std::mem::replace(&mut self.told, self.totals);
        self.gauges.lost(
            self.totals.gaps.saturating_sub(told.gaps),
            self.totals.events_missed.saturating_sub(told.events_missed),
        );
    }

    /// How it is, if it has been looked at or its state has changed.
    pub(super) fn take_shown(&mut self) -> Option<QueueStatus> {
        std::mem::take(&mut self.news.to_show).then(|| self.status())
    }

    pub(super) fn status(&self) -> QueueStatus {
        QueueStatus {
            queue: self.name.clone(),
            state: self.state.clone(),
            jobs: self.jobs,
            is_paused: self.is_paused,
            totals: self.totals,
            last_id: self.place.as_ref().and_then(|place| shown(place.last)),
        }
    }
}

/// Has queues forget jobs, those with the most first, until so many are remembered of all.
pub(super) fn shed(queues: &mut BTreeMap<String, Queue>, most: usize) {
    let jobs = |queue: &Queue| queue.machine.jobs.len();
    while queues.values().map(jobs).sum::<usize>() > most {
        let Some(largest) = queues.values_mut().max_by_key(|queue| jobs(queue)) else { return };
        let (before, now) =
            (jobs(largest), largest.place.as_ref().map_or(0, |place| place.last.ms));
        largest.machine.forget(now);
        // What is young now is forgotten the next time.
        if jobs(largest) == before {
            largest.machine.forget(now);
        }
        if jobs(largest) == before {
            return;
        }
    }
}

/// The jobs whose hashes are to be read: whose attempts may have ended, or are not known.
fn wanted(entries: &[Entry], machine: &Machine) -> BTreeSet<String> {
    let mut added = HashSet::new();
    let mut is_wanted = |event: &&Event| match event.kind {
        Kind::Added { .. } => {
            added.insert(event.job.clone());
            false
        }
        Kind::Again => true,
        Kind::Active => !added.contains(&event.job) && !machine.jobs.knows_attempts(&event.job),
        _ => event.may_end_an_attempt(),
    };
    let events = entries.iter().filter_map(|(_, event)| event.as_ref());
    events.filter(&mut is_wanted).map(|event| event.job.clone()).collect()
}

impl Totals {
    fn count(&mut self, fact: &Fact) {
        let total = match fact {
            Fact::Stalled => &mut self.stalled,
            Fact::Ended(attempt) => match attempt.outcome {
                JobOutcome::Completed => &mut self.completed,
                JobOutcome::Failed => &mut self.failed,
                JobOutcome::Retried => &mut self.retried,
            },
        };
        *total = total.saturating_add(1);
    }
}

fn finished(queue: &str, attempt: Attempt) -> FinishedJob {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(attempt.at));
    FinishedJob {
        name: attempt.name.unwrap_or_default(),
        worker: attempt.worker,
        wait: attempt.wait.map(Duration::from_millis),
        run: attempt.run.map(Duration::from_millis),
        attempts: attempt.attempts,
        at: at.unwrap_or(SystemTime::UNIX_EPOCH),
        ..FinishedJob::new(queue, &attempt.job, attempt.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(queues: &BTreeMap<String, Queue>) -> Vec<usize> {
        queues.values().map(|queue| queue.machine.jobs.len()).collect()
    }

    #[test]
    fn so_many_jobs_are_remembered_of_all_queues() {
        let registry = Registry::new();
        let queue = |(name, jobs): (&str, usize)| {
            let mut queue = Queue::new(name, "bull", &Positions::default(), &registry);
            for n in 0..jobs {
                queue.machine.jobs.get_or_new(&n.to_string()).made = Some(0);
            }
            (name.to_owned(), queue)
        };
        let mut queues: BTreeMap<_, _> = [("a", 10), ("b", 700), ("c", 300)].map(queue).into();
        shed(&mut queues, 1_010);
        assert_eq!(remembered(&queues), [10, 700, 300]);
        shed(&mut queues, 1_000);
        assert_eq!(remembered(&queues), [10, 0, 300]);
        // Those that a worker has are kept.
        let jobs = &mut queues.get_mut("c").unwrap().machine.jobs;
        (0..300).for_each(|n| jobs.get_or_new(&n.to_string()).active = Some(1));
        shed(&mut queues, 5);
        assert_eq!(remembered(&queues), [10, 0, 300]);
    }
}
