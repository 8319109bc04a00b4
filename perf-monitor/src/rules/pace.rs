//! How much time was watched between two evaluations.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// A step so many times the usual one is a gap: nobody watched meanwhile.
const GAP: u32 = 4;
/// Before any step is known, one longer than that is a gap.
const FIRST_GAP: Duration = Duration::from_secs(600);
/// The usual step is the median of so many.
const STEPS: usize = 9;

/// What passed since the last evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// The time that was watched; zero after a gap.
    pub(super) watched: Duration,
    /// The clock was set back or far ahead, or the machine slept.
    pub(super) is_gap: bool,
}

/// The times of evaluations.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    last: Option<SystemTime>,
    /// What is asked for, where that is known. Ticks in between are no reason to take it for a gap.
    asked: Duration,
    steps: VecDeque<Duration>,
}

impl Pace {
    /// Evaluations are to come that often.
    pub(super) fn ask(&mut self, every: Duration) {
        self.asked = every;
    }

    /// An evaluation begins.
    pub(super) fn step(&mut self, now: SystemTime) -> Step {
        let Some(last) = self.last.replace(now) else { return Step::default() };
        let gap = Step { watched: Duration::ZERO, is_gap: true };
        let Ok(passed) = now.duration_since(last) else { return gap };
        let longest = self.usual().map_or(FIRST_GAP, |usual| usual.saturating_mul(GAP));
        let longest = longest.max(self.asked.saturating_mul(GAP));
        self.learn(passed);
        if passed > longest { gap } else { Step { watched: passed, is_gap: false } }
    }

    /// Gaps too: the steps may have become longer.
    fn learn(&mut self, passed: Duration) {
        if passed.is_zero() {
            return;
        }
        self.steps.push_back(passed);
        if self.steps.len() > STEPS {
            self.steps.pop_front();
        }
    }

    /// The lower median.
    fn usual(&self) -> Option<Duration> {
        let mut steps: Vec<_> = self.steps.iter().copied().collect();
        steps.sort_unstable();
        steps.get(steps.len().checked_sub(1)? / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The watched seconds at each of these times; `None` for a gap.
    fn watched(times: impl IntoIterator<Item = u64>) -> Vec<Option<u64>> {
        let mut pace = Pace::default();
        let mut step = |at| pace.step(SystemTime::UNIX_EPOCH + Duration::from_secs(at));
        let watched = |step: Step| (!step.is_gap).then_some(step.watched.as_secs());
        times.into_iter().map(|at| watched(step(at))).collect()
    }

    #[test]
    fn steps_are_watched_and_gaps_are_not() {
        let steps = watched([0, 60, 120, 360, 601, 660, 600, 660]);
        let expected = [Some(0), Some(60), Some(60), Some(240), None, Some(59), None, Some(60)];
        assert_eq!(steps, expected);
    }

    #[test]
    fn the_first_step_may_be_ten_minutes() {
        assert_eq!(watched([0, 600, 3_001]), [Some(0), Some(600), None]);
        assert_eq!(watched([0, 601, 661]), [Some(0), None, Some(60)]);
    }

    #[test]
    fn ticks_in_between_do_not_make_what_is_asked_for_a_gap() {
        let mut pace = Pace::default();
        pace.ask(Duration::from_secs(60));
        let mut step = |at| pace.step(SystemTime::UNIX_EPOCH + Duration::from_secs(at));
        assert!((0..20).chain([80, 320]).all(|at| !step(at).is_gap));
        assert!(step(561).is_gap);
    }

    #[test]
    fn longer_steps_become_usual() {
        let steps = watched((0..9).map(|n| n * 10).chain((1..9).map(|n| 80 + n * 100)));
        assert_eq!(steps[9..].iter().filter(|step| step.is_none()).count(), 5);
        assert_eq!(steps.last().unwrap(), &Some(100));
    }

    #[test]
    fn the_same_time_again_is_nothing() {
        assert_eq!(watched([0, 60, 60, 60, 120]), [Some(0), Some(60), Some(0), Some(0), Some(60)]);
    }
}
