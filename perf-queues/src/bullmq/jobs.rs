//! What is known of jobs that are under way.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Half of how many jobs of a queue are remembered. Jobs can be gone from Redis without a word, so something
/// has to be forgotten: those of which nothing has been heard for the longest time.
const HALF: usize = 20_000;

/// The most of those to be forgotten that are kept for a worker having them: a job may run for long.
const MOST_ACTIVE: usize = 2_000;

/// Times are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// When its delay is to be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<u64>,
    /// Since when it could be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ready: Option<u64>,
    /// When a worker took it, while that one has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) active: Option<u64>,
    /// How long it had waited then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wait: Option<u64>,
    /// Failed attempts that have been counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) made: Option<u32>,
    /// Whether it was added so soon after what is not known that its hash does not tell it from older ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_early: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    young: HashMap<String, Job>,
    old: HashMap<String, Job>,
    /// Whether some were forgotten whose attempts cannot be told from those of a new job.
    pub(super) has_forgotten: bool,
}

impl Job {
    /// Whether it is not as if it were new.
    fn is_under_way(&self) -> bool {
        self.active.is_some() || self.made != Some(0) || self.is_early
    }
}

impl Jobs {
    /// A job that is known already.
    pub(super) fn get(&mut self, id: &str) -> Option<&mut Job> {
        if let Some((id, job)) = self.old.remove_entry(id) {
            self.put(id, job);
        }
        self.young.get_mut(id)
    }

    pub(super) fn get_or_new(&mut self, id: &str) -> &mut Job {
        if self.get(id).is_none() {
            self.put(id.to_owned(), Job::default());
        }
        self.young.entry(id.to_owned()).or_default()
    }

    pub(super) fn put(&mut self, id: String, job: Job) {
        if self.young.len() >= HALF {
            self.forget();
        }
        self.old.remove(&id);
        self.young.insert(id, job);
    }

    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Forgets those of which nothing has been heard for the longest time, half of them or so.
    pub(super) fn forget(&mut self) {
        let mut old = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        let active = old.extract_if(|_, job| job.active.is_some()).take(MOST_ACTIVE);
        self.old.extend(active);
        self.has_forgotten |= old.values().any(Job::is_under_way);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Job> {
        self.young.remove(id).or_else(|| self.old.remove(id))
    }

    /// Whether it is known how many attempts at it have failed.
    pub(super) fn knows_attempts(&self, id: &str) -> bool {
        let job = self.young.get(id).or_else(|| self.old.get(id));
        job.is_some_and(|job| job.made.is_some())
    }

    /// Those that a worker has, of which there are never very many.
    pub(super) fn active(&self) -> impl Iterator<Item = (&String, &Job)> {
        self.young.iter().chain(&self.old).filter(|(_, job)| job.active.is_some())
    }

    /// Those that are to be tried, of which it cannot be seen later that they have not failed yet, with their
    /// failures; first those heard of last.
    pub(super) fn tried(&self) -> impl Iterator<Item = (&String, u32)> {
        let all = self.young.iter().chain(&self.old).filter(|(_, job)| job.active.is_none());
        all.filter_map(|(id, job)| Some((id, job.made.filter(|made| *made > 0 || job.is_early)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_heard_of_last_are_kept() {
        let mut jobs = Jobs::default();
        jobs.get_or_new("kept").made = Some(3);
        for n in 0..5 * HALF {
            jobs.get_or_new(&n.to_string());
            assert_eq!(jobs.get("kept").and_then(|job| job.made), Some(3));
        }
        assert!(jobs.len() <= 2 * HALF);
        assert!(jobs.get("0").is_none() && jobs.get(&(5 * HALF - 1).to_string()).is_some());
        assert!(jobs.remove("kept").is_some() && jobs.get("kept").is_none());
        assert!(std::mem::take(&mut jobs.has_forgotten));
        // Nor are those forgotten that a worker has, of which some are kept.
        jobs = Jobs::default();
        for n in 0..MOST_ACTIVE + 10 {
            jobs.get_or_new(&n.to_string()).active = Some(1);
        }
        (0..3).for_each(|_| jobs.forget());
        assert_eq!((jobs.len(), jobs.active().count()), (MOST_ACTIVE, MOST_ACTIVE));
        // Forgetting those that are new is no loss.
        jobs = Jobs::default();
        for n in 0..5 * HALF {
            jobs.put(n.to_string(), Job { made: Some(0), ..Job::default() });
        }
        assert!(!jobs.has_forgotten);
    }
}
