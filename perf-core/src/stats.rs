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

/// What an operation's calls allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocated {
    pub(crate) count: Amount,
    pub(crate) bytes: Amount,
}

/// With and without the calls made from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) all: u64,
    pub(crate) own: u64,
}

/// One operation's statistics. Times are in ticks.
///
/// What every short call touches lies in the first cache line, but for its count: in the order given,
/// `repr(C)` sees to that.
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
    /// Where an allocator counts.
    pub(crate) allocated: Option<Allocated>,
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
            allocated: None,
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

    /// Records the plain calls from the current caller at the start of `slots`, by four, and returns
    /// the rest. By itself, so that it stays in registers.
    #[inline(never)]
    pub(crate) fn record_run<'a>(&mut self, slots: &'a [Slot], limit: u64) -> &'a [Slot] {
        let (word, mut rest, mut sum) = (self.word, slots, 0_u64);
        loop {
            let mut brief = Brief::default();
            let before = rest.len();
            for _ in 0..Brief::FOURS {
                let [a, b, c, d, others @ ..] = rest else { break };
                if [a, b, c, d].iter().any(|slot| slot.word() != word) {
                    break;
                }
                rest = others;
                let ticks = [a, b, c, d].map(Slot::ticks);
                if !brief.count(ticks) {
                    sum = sum.saturating_add(self.tally_apart(ticks, limit));
                }
            }
            sum = sum.saturating_add(self.tally_brief(&brief, limit));
            if before - rest.len() < 4 * Brief::FOURS {
                break;
            }
        }
        self.count((slots.len() - rest.len()) as u64, sum);
        rest
    }

    /// Adds what has been counted apart.
    #[inline(never)]
    fn tally_brief(&mut self, brief: &Brief, limit: u64) -> u64 {
        let mut sum = 0_u64;
        brief.each(|ticks, calls| sum = sum.saturating_add(self.tally(ticks, calls, limit)));
        sum
    }

    #[inline(never)]
    fn tally_apart(&mut self, ticks: [u64; 4], limit: u64) -> u64 {
        let each = ticks.into_iter();
        each.fold(0, |sum: u64, ticks| sum.saturating_add(self.tally(ticks, 1, limit)))
    }

    /// Records any event.
    #[inline(never)]
    pub(crate) fn record(&mut self, event: Event, limit: u64) {
        let word = Word(event.word);
        if word.has(Word::NO_CALL) {
            return self.record_aside(event);
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

    /// Records a plain event some times.
    pub(crate) fn record_many(&mut self, event: Event, times: u64, limit: u64) {
        let word = Word(event.word).plain();
        if self.word != word {
            self.turn_to(word);
        }
        let ticks = self.tally_long(event.ticks, times, limit);
        self.count(times, ticks);
    }

    /// Adds calls of one duration, and returns their sum.
    #[inline]
    fn tally(&mut self, ticks: u64, calls: u32, limit: u64) -> u64 {
        if !self.buckets.add_short(ticks, calls) {
            return self.tally_long(ticks, u64::from(calls), limit);
        }
        self.bound(ticks);
        ticks * u64::from(calls)
    }

    #[inline(never)]
    fn tally_long(&mut self, ticks: u64, calls: u64, limit: u64) -> u64 {
        if ticks > u64::MAX / 2 {
            self.backward = self.backward.saturating_add(calls);
            return self.tally_long(0, calls, limit);
        }
        if ticks > limit {
            self.clamped = self.clamped.saturating_add(calls);
        }
        self.buckets.add(ticks.min(limit), calls);
        self.bound(ticks);
        ticks.saturating_mul(calls)
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
        self.calls = self.calls.saturating_add(calls);
        self.ticks = self.ticks.saturating_add(ticks);
    }

    /// Records what is known of a call beside its time.
    #[cold]
    fn record_aside(&mut self, event: Event) {
        let word = Word(event.word);
        if word.has(Word::POLLS) {
            return self.record_polls(event);
        }
        let allocated = self.allocated.get_or_insert_default();
        let amount =
            if word.has(Word::ALLOCATIONS) { &mut allocated.count } else { &mut allocated.bytes };
        // What an open call of the same operation contains is in that.
        if !word.has(Word::NESTED) {
            amount.all = amount.all.saturating_add(event.ticks);
        }
        amount.own = amount.own.saturating_add(event.children);
    }

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

/// Durations counted in [`Brief`]: below this many ticks, 16 to 64 ns for most clocks.
const BRIEF: usize = 64;

/// Counts of the shortest durations, by fours. Calls that short take the same few ticks over and
/// over, and adding one and one in the same place of memory means to wait for it each time: so the
/// first of four is counted in one place, the second in another.
struct Brief([[u8; BRIEF]; 4]);

impl Default for Brief {
    #[inline]
    fn default() -> Self {
        Self([[0; BRIEF]; 4])
    }
}

impl Brief {
    /// As many as all four places of a duration can be added up for in a `u8`.
    const FOURS: usize = u8::MAX as usize / 4;

    /// Counts four durations, if all are short enough.
    #[inline]
    fn count(&mut self, ticks: [u64; 4]) -> bool {
        let [a, b, c, d] = ticks;
        if (a | b | c | d) >= BRIEF as u64 {
            return false;
        }
        for (counts, ticks) in self.0.iter_mut().zip(ticks) {
            counts[ticks as usize % BRIEF] += 1;
        }
        true
    }

    /// The durations, and how many calls took each.
    #[inline]
    fn each(&self, mut take: impl FnMut(u64, u32)) {
        let [a, b, c, d] = &self.0;
        let counts: [u8; BRIEF] = std::array::from_fn(|at| a[at] + b[at] + c[at] + d[at]);
        for (eight, first) in counts.as_chunks::<8>().0.iter().zip((0..).step_by(8)) {
            // Most are empty.
            if u64::from_ne_bytes(*eight) != 0 {
                let used = (first..).zip(eight).filter(|(_, calls)| **calls > 0);
                used.for_each(|(ticks, calls)| take(ticks, u32::from(*calls)));
            }
        }
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
