//! One operation's statistics, as one stripe of a registry holds them.

use crate::{
    buckets::{Buckets, Layout},
    directory,
    outcome::Outcome,
    ring::{Event, Slot},
    word::Word,
};

/// Callers kept apart for each operation; the calls of further ones count as from
/// [`OVERFLOW`](directory::OVERFLOW).
const MAX_CALLERS: usize = 256;

/// Calls of an operation from one caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    /// The caller's operation id; 0 for none.
    pub(crate) caller: u32,
    pub(crate) calls: u64,
    pub(crate) ticks: u64,
}

/// The polls of an operation's calls. Times are in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Polled {
    pub(crate) polls: u64,
    pub(crate) busy: u64,
    pub(crate) longest: u64,
}

/// One operation's statistics. Times are in ticks.
///
/// What every call touches lies in two cache lines: in the order given, `repr(C)` sees to that.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct OpStats {
    /// What plain calls from the current caller say.
    word: Word,
    pub(crate) min: u64,
    pub(crate) max: u64,
    /// The calls from the current caller, which is the last one seen: here, and not in `callers`.
    calls: u64,
    ticks: u64,
    pub(crate) buckets: Buckets,
    /// The calls from all other callers.
    callers: Vec<Edge>,
    /// Time of the calls made from there, of each call no more than its own.
    pub(crate) children: u64,
    /// Time of calls inside an open call of the same operation.
    pub(crate) nested: u64,
    /// Calls by outcome, `Ok` excepted: it is the rest.
    pub(crate) errors: u64,
    pub(crate) panicked: u64,
    pub(crate) cancelled: u64,
    pub(crate) clamped: u64,
    pub(crate) backward: u64,
    pub(crate) overlaps: u64,
    /// Where polls are timed.
    pub(crate) polls: Option<Polled>,
}

impl OpStats {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            word: Word(0),
            min: u64::MAX,
            max: 0,
            calls: 0,
            ticks: 0,
            buckets: Buckets::new(layout),
            callers: Vec::new(),
            children: 0,
            nested: 0,
            errors: 0,
            panicked: 0,
            cancelled: 0,
            clamped: 0,
            backward: 0,
            overlaps: 0,
            polls: None,
        }
    }

    /// Becomes a copy, in the memory it has.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.buckets.copy(&other.buckets);
        self.callers.clone_from(&other.callers);
        let buckets = std::mem::replace(&mut self.buckets, Buckets::new(other.buckets.layout()));
        *self = Self { buckets, callers: std::mem::take(&mut self.callers), ..*other };
    }

    /// Whether an event is a plain call from the current caller.
    #[inline]
    pub(crate) fn expects(&self, word: Word) -> bool {
        self.word == word
    }

    /// Records a plain call from the current caller.
    #[inline]
    pub(crate) fn record_expected(&mut self, ticks: u64, limit: u64) {
        let sum = self.tally(ticks, 1, limit);
        self.count(1, sum);
    }

    /// Records the plain calls from the current caller at the start of `slots`, and returns the
    /// rest. By itself, so that what is added up stays in registers.
    #[inline(never)]
    pub(crate) fn record_run<'a>(&mut self, slots: &'a [Slot], limit: u64) -> &'a [Slot] {
        let other = slots.iter().position(|slot| slot.word() != self.word);
        let (run, rest) = slots.split_at(other.unwrap_or(slots.len()));
        let mut common = Common::default();
        let mut sum = 0_u64;
        for slot in run {
            let ticks = slot.ticks();
            if !common.count(ticks) && !common.admit(ticks) {
                sum = sum.saturating_add(self.tally_apart(ticks, limit));
            }
        }
        for (ticks, calls) in common.0 {
            if calls > 0 {
                sum = sum.saturating_add(self.tally(ticks, calls, limit));
            }
        }
        self.count(run.len() as u64, sum);
        rest
    }

    #[inline(never)]
    fn tally_apart(&mut self, ticks: u64, limit: u64) -> u64 {
        self.tally(ticks, 1, limit)
    }

    /// Records any event.
    #[inline(never)]
    pub(crate) fn record(&mut self, event: Event, limit: u64) {
        let word = Word(event.word);
        if word.has(Word::POLLS) {
            return self.record_polls(event);
        }
        if self.word != word.plain() {
            self.turn_to(word.plain());
        }
        let ticks = self.tally(event.ticks, 1, limit);
        self.count(1, ticks);
        self.children = self.children.saturating_add(event.children.min(ticks));
        match word.outcome() {
            Outcome::Ok => {}
            Outcome::Error => self.errors += 1,
            Outcome::Panicked => self.panicked += 1,
            Outcome::Cancelled => self.cancelled += 1,
        }
        if word.has(Word::NESTED) {
            self.nested = self.nested.saturating_add(ticks);
        }
        if word.has(Word::OVERLAP) {
            self.overlaps += 1;
        }
    }

    /// Adds calls of one duration, and returns their sum.
    #[inline]
    fn tally(&mut self, ticks: u64, calls: u32, limit: u64) -> u64 {
        if !self.buckets.add_short(ticks, calls) {
            return self.tally_long(ticks, calls, limit);
        }
        self.bound(ticks);
        ticks * u64::from(calls)
    }

    #[inline(never)]
    fn tally_long(&mut self, ticks: u64, calls: u32, limit: u64) -> u64 {
        if ticks > u64::MAX / 2 {
            self.backward += u64::from(calls);
            return self.tally_long(0, calls, limit);
        }
        if ticks > limit {
            self.clamped += u64::from(calls);
        }
        self.buckets.add(ticks.min(limit), calls);
        self.bound(ticks);
        ticks.saturating_mul(u64::from(calls))
    }

    /// Keeps minimum and maximum. They rarely change: a branch each, where `min` and `max` would
    /// write every time.
    #[inline]
    fn bound(&mut self, ticks: u64) {
        if ticks < self.min {
            self.min = ticks;
        }
        if ticks > self.max {
            self.max = ticks;
        }
    }

    /// Counts calls from the current caller.
    #[inline]
    fn count(&mut self, calls: u64, ticks: u64) {
        self.calls += calls;
        self.ticks = self.ticks.saturating_add(ticks);
    }

    #[cold]
    fn record_polls(&mut self, event: Event) {
        let polls = self.polls.get_or_insert_default();
        polls.polls += u64::from(Word(event.word).parent());
        polls.busy = polls.busy.saturating_add(event.ticks);
        polls.longest = polls.longest.max(event.children);
    }

    /// All calls, by caller: their sum is the operation's.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge> {
        let current = Some(self.current()).filter(|edge| edge.calls > 0);
        self.callers.iter().copied().chain(current)
    }

    fn current(&self) -> Edge {
        Edge { caller: self.word.parent(), calls: self.calls, ticks: self.ticks }
    }

    /// Makes the caller in a plain word the current one.
    #[cold]
    fn turn_to(&mut self, word: Word) {
        if self.calls > 0 {
            self.callers.push(self.current());
        }
        // Beyond the limit, all further callers are one.
        let known = |callers: &[Edge], caller| callers.iter().position(|e| e.caller == caller);
        let full = self.callers.len() >= MAX_CALLERS;
        let (place, word) = match known(&self.callers, word.parent()) {
            None if full => {
                let overflow = Word::new(word.op(), directory::OVERFLOW_ID, false, false);
                (known(&self.callers, directory::OVERFLOW_ID), overflow)
            }
            place => (place, word),
        };
        let edge = place.map(|place| self.callers.swap_remove(place)).unwrap_or_default();
        (self.word, self.calls, self.ticks) = (word, edge.calls, edge.ticks);
    }
}

/// The first three durations of a run, and how many calls took each. A clock of coarse ticks gives
/// short calls hardly more, and counting them here spares adding one and one in the same place of
/// memory, each waiting for the one before.
struct Common([(u64, u32); 3]);

impl Default for Common {
    /// Durations nobody has counted. Should a clock that ran backward give one, it is counted as
    /// any other.
    #[inline]
    fn default() -> Self {
        Self([(u64::MAX, 0), (u64::MAX - 1, 0), (u64::MAX - 2, 0)])
    }
}

impl Common {
    /// Counts a call, if its duration is one of the three. Without a branch.
    #[inline]
    fn count(&mut self, ticks: u64) -> bool {
        let [first, second, third] = &mut self.0;
        let is = (first.0 == ticks, second.0 == ticks, third.0 == ticks);
        first.1 += u32::from(is.0);
        second.1 += u32::from(is.1);
        third.1 += u32::from(is.2);
        is.0 | is.1 | is.2
    }

    /// Counts a call as the first of its duration, if there is a place left.
    #[inline]
    fn admit(&mut self, ticks: u64) -> bool {
        // Not a loop, nor a reference to the place: that keeps all three out of registers.
        let [first, second, third] = &mut self.0;
        if first.1 == 0 {
            *first = (ticks, 1);
        } else if second.1 == 0 {
            *second = (ticks, 1);
        } else if third.1 == 0 {
            *third = (ticks, 1);
        } else {
            return false;
        }
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const LIMIT: u64 = 1 << 20;

    fn stats(events: &[(Word, u64)]) -> OpStats {
        let mut stats = OpStats::new(Layout::new(3));
        for (word, ticks) in events {
            stats.record(Event { word: word.0, ticks: *ticks, children: 0 }, LIMIT);
        }
        stats
    }

    #[test]
    fn a_backward_clock_gives_zero_and_a_long_call_is_clamped_both_counted() {
        let word = Word::new(1, 0, false, false);
        let stats = stats(&[(word, u64::MAX - 9), (word, 1 << 21), (word, 10)]);
        assert_eq!((stats.backward, stats.clamped), (1, 1));
        assert_eq!((stats.min, stats.max), (0, 1 << 21));
        assert_eq!(
            stats.edges().collect::<Vec<_>>(),
            [Edge { caller: 0, calls: 3, ticks: (1 << 21) + 10 }]
        );
        let counts: Vec<_> = stats.buckets.iter().collect();
        assert_eq!(counts, [(0, 1), (10, 1), (Layout::new(3).index(LIMIT), 1)]);
    }

    #[test]
    fn calls_are_kept_by_caller() {
        let from = |caller| Word::new(9, caller, false, false);
        let stats = stats(&[(from(1), 5), (from(2), 7), (from(1), 9)]);
        let mut edges: Vec<_> = stats.edges().collect();
        edges.sort_by_key(|edge| edge.caller);
        let expected = [(1, 2, 14), (2, 1, 7)];
        assert_eq!(edges, expected.map(|(caller, calls, ticks)| Edge { caller, calls, ticks }));
    }
}
