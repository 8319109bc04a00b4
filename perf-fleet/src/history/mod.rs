//! What a worker did, minute by minute, in bounded memory.
//!
//! Minutes are kept for two hours; older ones are merged into quarters of an hour, which are kept for as
//! long as the fleet's history is. A minute in which nothing happened takes no memory.

mod amount;
mod bucket;
mod period;
mod sparse;

pub(crate) use amount::Amount;
pub(crate) use bucket::{Bucket, Weighted, nanos};
pub(crate) use period::Period;
use sparse::Sparse;

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// Minutes kept one by one.
const MINUTES: u32 = 120;
/// Minutes that a task under way goes back at most when it is looked at: ten weeks.
const MOST_BUSY: u32 = 100_000;
/// Minutes in the buckets after these.
const QUARTER: u32 = 15;

/// The minute that a time is in, since 1970; the nearest that a `u32` holds.
pub(crate) fn minute(at: SystemTime) -> u32 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs() / 60).unwrap_or(u32::MAX)
}

pub(crate) fn time(minute: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(minute) * 60)
}

#[derive(Debug, Default)]
pub(crate) struct History {
    minutes: VecDeque<Bucket>,
    quarters: VecDeque<Bucket>,
}

impl History {
    /// The last minute that something is kept of.
    pub(crate) fn last(&self) -> Option<u32> {
        self.minutes.back().map(|bucket| bucket.start)
    }

    /// The minute under way: after the clock went back, the last one there is.
    pub(crate) fn current(&self, minute: u32) -> u32 {
        self.last().map_or(minute, |last| last.max(minute))
    }

    /// The first minute that is kept by itself.
    fn recent(&self) -> u32 {
        self.last().map_or(0, |last| last.saturating_sub(MINUTES - 1))
    }

    /// The minutes that [`range`](Self::range) looks at, as the first one and the first one after: of what
    /// is kept by the quarter of an hour, whole quarters.
    pub(crate) fn covered(&self, from: u32, to: u32) -> (u32, u32) {
        let recent = self.recent();
        let quarter =
            |minute: u32| if minute < recent { minute - minute % QUARTER } else { minute };
        (quarter(from), quarter(to))
    }

    /// Where seconds up to an instant, of which so many are in its minute, go: minutes and their parts, the
    /// latest first; none that is older than `kept`.
    pub(crate) fn add_busy(&mut self, (minute, into): (u32, f64), busy: (f64, f64), kept: u32) {
        let (mut left, tasks) = busy;
        let minute = self.current(minute);
        let mut parts = Vec::new();
        let (mut at, mut room) = (minute, into);
        while left > 0.0 && minute - at <= kept.min(MOST_BUSY) {
            let part = left.min(room);
            parts.push((at, part));
            left -= part;
            room = 60.0;
            let Some(before) = at.checked_sub(1) else { break };
            at = before;
        }
        for (at, part) in parts.into_iter().rev() {
            self.bucket(at, kept).busy += part * tasks;
        }
    }

    /// The bucket of a minute, which is the last one there is if the clock went back. Forgets what is
    /// older than `kept` minutes.
    pub(crate) fn bucket(&mut self, minute: u32, kept: u32) -> &mut Bucket {
        let last = self.minutes.back().map_or(0, |bucket| bucket.start);
        if self.minutes.is_empty() || last < minute {
            self.age(minute, kept);
            self.minutes.push_back(Bucket { start: minute, ..Bucket::default() });
        }
        let at = self.minutes.len() - 1;
        &mut self.minutes[at]
    }

    fn age(&mut self, minute: u32, kept: u32) {
        while self.minutes.front().is_some_and(|old| old.start.saturating_add(MINUTES) <= minute) {
            let Some(mut old) = self.minutes.pop_front() else { break };
            old.start -= old.start % QUARTER;
            match self.quarters.back_mut() {
                Some(quarter) if quarter.start == old.start => quarter.merge(&old),
                _ => self.quarters.push_back(old),
            }
        }
        let is_old = |old: &Bucket| old.start.saturating_add(kept) < minute;
        while self.quarters.front().is_some_and(is_old) {
            self.quarters.pop_front();
        }
    }

    /// What began in `from..to`, oldest first. A quarter is in what its first minute is in, of ranges that
    /// begin and end with a quarter.
    pub(crate) fn range<'a>(
        &'a self,
        from: u32,
        to: u32,
    ) -> impl DoubleEndedIterator<Item = &'a Bucket> {
        let (first, end) = self.covered(from, to);
        let part = |of: &'a VecDeque<Bucket>, from: u32, to: u32| {
            let at = |minute: u32| of.partition_point(|bucket| bucket.start < minute);
            let (from, to) = (at(from), at(to));
            of.range(from..to.max(from))
        };
        part(&self.quarters, first, end).chain(part(&self.minutes, from, to))
    }

    /// All buckets, oldest first, and the minutes of each.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = (&Bucket, u32)> {
        // The last quarter may not be full yet.
        let recent = self.recent();
        let of = move |bucket: &Bucket| recent.saturating_sub(bucket.start).clamp(1, QUARTER);
        let quarters = self.quarters.iter().map(move |bucket| (bucket, of(bucket)));
        quarters.chain(self.minutes.iter().map(|bucket| (bucket, 1)))
    }

    /// Everything in `from..to`, as one bucket.
    pub(crate) fn sum(&self, from: u32, to: u32) -> Bucket {
        let mut sum = Bucket { start: from, ..Bucket::default() };
        self.range(from, to).for_each(|bucket| sum.merge(bucket));
        sum
    }

    /// The same without the distribution of the durations, which is cheaper.
    pub(crate) fn figures(&self, from: u32, to: u32) -> Bucket {
        let mut sum = Bucket { start: from, ..Bucket::default() };
        self.range(from, to).for_each(|bucket| sum.merge_figures(bucket));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_memory_is_bounded(
            steps in prop::collection::vec(0_u32..40, 1..300),
            cut in 0_u32..12_000,
        ) {
            let mut history = History::default();
            let mut now = 30_000_000;
            for step in &steps {
                now += step;
                history.bucket(now, u32::MAX).completed += 1;
            }
            prop_assert_eq!(history.sum(0, u32::MAX).completed, steps.len() as u64);
            let cut = 30_000_000 + cut;
            let [before, after] = [history.sum(0, cut), history.sum(cut, u32::MAX)];
            prop_assert_eq!(before.completed + after.completed, steps.len() as u64);
            prop_assert!(history.minutes.len() <= MINUTES as usize);
            let starts: Vec<_> = history.range(0, u32::MAX).map(|bucket| bucket.start).collect();
            prop_assert!(starts.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn a_day_of_minutes_is_216_buckets() {
        let mut history = History::default();
        for minute in 30_000_000..30_000_000 + 3 * 1_440 {
            history.bucket(minute, 1_440).completed += 1;
        }
        // 120 minutes, and the quarters of the other 22 hours.
        let kept = history.minutes.len() + history.quarters.len();
        assert!((208..=216).contains(&kept), "{kept}");
    }

    #[test]
    fn a_clock_that_goes_back_adds_to_the_last_minute() {
        let mut history = History::default();
        history.bucket(100, 1_440).completed += 1;
        history.bucket(90, 1_440).completed += 1;
        assert_eq!(history.sum(100, 101).completed, 2);
    }
}
