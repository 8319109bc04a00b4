//! The last minutes and hours: windows of any length, merged from one set of intervals.
//!
//! What happened between two ticks is an interval. A window is the merge of the intervals that belong
//! to it, so that its percentiles are those of its calls: nothing is averaged.
//!
//! - The interval that ended last belongs to every window, whatever its length: a window is never
//!   shorter than a tick. An older one belongs if more than half of it lies within.
//! - What a window covers is its [`started`](Snapshot::started) to its [`taken`](Snapshot::taken), which
//!   is up to half an interval more or less than asked for, and more after a late tick. Rates are
//!   right because they are of the time that is covered.
//! - Intervals that are older than a window are merged until they are a sixtieth of the next longer
//!   one. So memory is bounded, however often the ticks come, by about 120 intervals for each length. An
//!   interval takes some 400 bytes for an operation with calls, and 16 for each bucket they fall in:
//!   measured, 200 operations take 6 MiB with 10 calls of each in a tick a minute, 20 MiB with 100, and
//!   20 MiB with one in a tick a second. The windows last asked for are kept besides, until the next
//!   tick. Beyond 1,000 operations, as by a label with too many values, intervals are longer in turn,
//!   up to a fourth of a window.
//! - Where the clock was set back between two ticks, the interval counts as long as the one before it,
//!   and what is older moves back with the clock. One set forward looks like a long interval, as after
//!   a suspended system.
//! - After a reset, or with another registry, an interval begins where that began. Calls between the
//!   last tick and a reset are in no interval; that time counts as covered where older ones belong to
//!   the window. [`Monitor::reset`](crate::Monitor::reset) ticks first, so that none is lost.

mod blocks;
mod stats;

pub use stats::Stats;

use blocks::Blocks;
use perf_core::Snapshot;
use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

/// Significant digits that durations keep in a window: percentiles are within 1 %.
pub const DIGITS: u8 = 2;

/// How many intervals a window is cut into where ticks come often enough.
const STEPS: usize = 60;

/// Where there are more operations than this, intervals are fewer in turn, down to [`FEWEST_STEPS`].
const MANY: usize = 1_000;

/// A window begins up to an eighth of its length too early or too late then.
const FEWEST_STEPS: usize = 4;

/// The windows of one registry. See the [module](self) for what belongs to which. A clone costs little: it
/// shares what it holds with the other.
///
/// ```
/// use perf_core::Registry;
/// use perf_monitor::windows::{Stats, Windows};
/// use std::time::{Duration, SystemTime};
///
/// let minute = Duration::from_secs(60);
/// let start = SystemTime::UNIX_EPOCH;
/// let (registry, mut windows) = (Registry::new(), Windows::new(&[minute, 60 * minute]));
/// for n in 1..=3 {
///     registry.record("job", Duration::from_millis(100));
///     // The times of a tick each minute.
///     windows.push(registry.snapshot().dated(start, start + n * minute));
/// }
/// let last = windows.over(minute).unwrap();
/// let all = windows.over(60 * minute).unwrap();
/// assert_eq!((last.get("job").unwrap().count(), last.elapsed()), (1, minute));
/// assert_eq!((all.get("job").unwrap().count(), all.elapsed()), (3, 3 * minute));
/// ```
#[derive(Clone, Debug)]
pub struct Windows {
    /// Rising.
    lengths: Vec<Duration>,
    /// The newest last, none of them overlapping.
    intervals: VecDeque<Arc<Snapshot>>,
    /// The window of each length, once it is asked for.
    merged: Vec<OnceLock<Arc<Snapshot>>>,
    blocks: Blocks,
    last: Option<Arc<Snapshot>>,
    /// The length of the last interval that the clock could tell.
    tick: Duration,
}

impl Default for Windows {
    /// Windows of 1 and 5 minutes and an hour.
    fn default() -> Self {
        Self::new(&[60, 300, 3_600].map(Duration::from_secs))
    }
}

impl Windows {
    /// Windows of these lengths, in any order. The longest says how much is kept; without any it is
    /// the last interval.
    #[must_use]
    pub fn new(lengths: &[Duration]) -> Self {
        let mut lengths = lengths.to_vec();
        lengths.sort_unstable();
        lengths.dedup();
        let mut windows = Self {
            lengths,
            intervals: VecDeque::new(),
            merged: Vec::new(),
            blocks: Blocks::default(),
            last: None,
            tick: Duration::ZERO,
        };
        windows.forget_merged();
        windows
    }

    /// The lengths, the shortest first.
    #[must_use]
    pub fn lengths(&self) -> &[Duration] {
        &self.lengths
    }

    /// Takes in a cumulative snapshot: a tick. Snapshots are those of one registry, in the order they
    /// were taken; of the first, the interval is all that it holds.
    pub fn push(&mut self, snapshot: Snapshot) {
        let interval = self.last.as_ref().map(|last| snapshot.since(last));
        let interval = interval.unwrap_or_else(|| snapshot.clone()).condensed(DIGITS);
        let interval = self.in_order(interval);
        self.end_before(interval.started());
        let end = interval.taken();
        self.intervals.push_back(Arc::new(interval));
        self.last = Some(Arc::new(snapshot));
        self.forget();
        self.merge_old(end);
        self.forget_merged();
        let mut blocks = mem::take(&mut self.blocks);
        blocks.update(self.lengths.iter().map(|length| (*length, self.older(*length))));
        self.blocks = blocks;
    }

    /// What happened in the last so much time before the last tick, by the rules of the
    /// [module](self): any length, though one that [`new`](Self::new) was not told of may be covered
    /// less closely, or not in full. `None` before the first tick.
    ///
    /// Operations without a call are absent, and so are counters that did not rise. Gauges are as they
    /// were at the last tick. Calls under way are only in [`total`](Self::total).
    #[must_use]
    pub fn over(&self, length: Duration) -> Option<Snapshot> {
        let state = self.last.as_ref()?.state();
        let known = self.known(length).cloned();
        let mut window = known.or_else(|| self.merge_all(length))?;
        window.merge(&state.dated(window.started(), window.taken()));
        Some(window)
    }

    /// A window that [`new`](Self::new) was told of, without the gauges: where only operations are looked
    /// at, nothing need be copied.
    pub(crate) fn known(&self, length: Duration) -> Option<&Snapshot> {
        let place = self.lengths.binary_search(&length).ok()?;
        self.merged(place)
    }

    /// The intervals that belong to the last so much time, the oldest first: as short as a tick where they
    /// are new, and up to a sixtieth of the longest window where they are old.
    ///
    /// ```
    /// use perf_core::Registry;
    /// use perf_monitor::windows::Windows;
    /// use std::time::{Duration, SystemTime};
    ///
    /// let minute = Duration::from_secs(60);
    /// let start = SystemTime::UNIX_EPOCH;
    /// let (registry, mut windows) = (Registry::new(), Windows::new(&[5 * minute]));
    /// for n in 1..=3 {
    ///     registry.record("job", Duration::from_millis(100));
    ///     windows.push(registry.snapshot().dated(start, start + n * minute));
    /// }
    /// let counts = windows.intervals(2 * minute).map(|interval| interval.get("job").unwrap().count());
    /// assert_eq!(counts.collect::<Vec<_>>(), [1, 1]);
    /// ```
    pub fn intervals(&self, length: Duration) -> impl Iterator<Item = &Snapshot> {
        self.intervals.range(self.first(length)..).map(|interval| &**interval)
    }

    /// The window of a length that is known, merged once a tick.
    fn merged(&self, place: usize) -> Option<&Snapshot> {
        let merged = self.merged.get(place)?;
        if merged.get().is_none() {
            // Whoever comes first.
            let _ = merged.set(Arc::new(self.merge_all(*self.lengths.get(place)?)?));
        }
        merged.get().map(|merged| &**merged)
    }

    /// What belongs to a window: that of the next shorter length, and what is older.
    fn merge_all(&self, length: Duration) -> Option<Snapshot> {
        let shorter = self.shorter(length).and_then(|place| self.merged(place));
        let newest = || self.intervals.back().map(|newest| &**newest);
        let mut window = shorter.or_else(newest)?.clone();
        self.blocks.add(&mut window, length, &self.older(length));
        Some(window)
    }

    /// The place of the next shorter length that is known.
    fn shorter(&self, length: Duration) -> Option<usize> {
        self.lengths.partition_point(|known| *known < length).checked_sub(1)
    }

    /// The intervals that belong to a window and to no shorter one that is known.
    fn older(&self, length: Duration) -> Vec<&Snapshot> {
        let shorter = self.shorter(length).and_then(|place| self.lengths.get(place));
        let newest = self.intervals.len().saturating_sub(1);
        let from = shorter.map_or(newest, |length| self.first(*length));
        let first = self.first(length);
        self.intervals.range(first..from.max(first)).map(|interval| &**interval).collect()
    }

    /// The place of the first interval that belongs to a window; the last one always does.
    fn first(&self, length: Duration) -> usize {
        let Some(last) = self.intervals.back() else { return 0 };
        let end = last.taken();
        let older = self.intervals.partition_point(|interval| !belongs(interval, end, length));
        older.min(self.intervals.len() - 1)
    }

    fn forget_merged(&mut self) {
        self.merged = self.lengths.iter().map(|_| OnceLock::new()).collect();
    }

    /// The last snapshot: everything since the start.
    #[must_use]
    pub fn total(&self) -> Option<&Snapshot> {
        self.last.as_deref()
    }

    /// The interval with times that a clock set back in it does not turn round.
    fn in_order(&mut self, interval: Snapshot) -> Snapshot {
        let (started, taken) = (interval.started(), interval.taken());
        if let Ok(tick) = taken.duration_since(started) {
            self.tick = tick;
            return interval;
        }
        interval.dated(earlier(taken, self.tick), taken)
    }

    /// Moves the intervals so far back with the clock, if they end after `start`.
    fn end_before(&mut self, start: SystemTime) {
        let end = self.intervals.back().map_or(start, |last| last.taken());
        let by = between(start, end);
        if by.is_zero() {
            return;
        }
        let moved = |old: Arc<Snapshot>| {
            let (started, taken) = (earlier(old.started(), by), earlier(old.taken(), by));
            Arc::new(Arc::unwrap_or_clone(old).dated(started, taken))
        };
        self.intervals = mem::take(&mut self.intervals).into_iter().map(moved).collect();
    }

    /// Drops what belongs to no window any more.
    fn forget(&mut self) {
        let longest = self.lengths.last().copied().unwrap_or_default();
        self.intervals.drain(..self.first(longest));
    }

    /// Merges neighbours that no window needs apart.
    fn merge_old(&mut self, end: SystemTime) {
        let mut merged: VecDeque<Arc<Snapshot>> = VecDeque::with_capacity(self.intervals.len());
        for interval in mem::take(&mut self.intervals) {
            match merged.back_mut().filter(|older| self.may_be_one(older, &interval, end)) {
                Some(older) => Arc::make_mut(older).merge(&interval),
                None => merged.push_back(interval),
            }
        }
        self.intervals = merged;
    }

    /// So many that memory stays bounded whatever labels there are.
    fn steps(&self) -> u32 {
        let operations = self.last.as_ref().map_or(0, |last| last.operations().len());
        let steps = (STEPS * MANY / operations.max(1)).clamp(FEWEST_STEPS, STEPS);
        u32::try_from(steps).unwrap_or(1)
    }

    fn may_be_one(&self, older: &Snapshot, newer: &Snapshot, end: SystemTime) -> bool {
        let age = between(newer.taken(), end);
        // The shortest window it may belong to is the one that asks most.
        let shortest = self.lengths.iter().find(|length| **length > age);
        let step = shortest.map_or(Duration::ZERO, |length| *length / self.steps());
        let together = between(older.started(), newer.taken());
        together <= step.max(older.elapsed())
    }
}

/// Whether more than half of an interval lies in the time of this length before `end`.
fn belongs(interval: &Snapshot, end: SystemTime, length: Duration) -> bool {
    let Some(edge) = end.checked_sub(length) else { return true };
    between(edge, interval.taken()).saturating_mul(2) > interval.elapsed()
}

/// Zero if the second is not the later one.
fn between(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default()
}

/// The same time if there is none so early.
fn earlier(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_sub(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn blocks_are_what_their_intervals_are() {
        let (registry, mut windows) = (Registry::new(), Windows::default());
        for n in 1..=900 {
            registry.record("job", Duration::from_micros(n * 7 % 1_000));
            windows.push(registry.snapshot().dated(START, START + seconds(n * 10)));
            if n % 60 == 0 {
                let mut plain = windows.clone();
                plain.blocks = Blocks::default();
                plain.forget_merged();
                for length in [60, 300, 3_600].map(seconds) {
                    assert_eq!(windows.over(length), plain.over(length));
                }
            }
        }
        assert!((8..=16).contains(&windows.blocks.len()), "{}", windows.blocks.len());
    }

    #[test]
    fn many_operations_have_fewer_intervals() {
        let intervals = |operations: u64| {
            let (registry, mut windows) = (Registry::new(), Windows::new(&[seconds(60)]));
            (0..operations).for_each(|n| registry.record(&format!("job {n}"), seconds(1)));
            (1..=120)
                .for_each(|n| windows.push(registry.snapshot().dated(START, START + seconds(n))));
            windows.intervals.len()
        };
        assert_eq!(intervals(1), 60);
        assert!(intervals(6_000) <= 2 * 10);
    }
}
