//! What is known of each operation, in ticks, as one stripe of a registry holds it.

use crate::{
    buckets::{Buckets, Layout},
    directory,
    outcome::Outcome,
    primitive::heal,
    ring::Event,
    word::Word,
};
use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

/// One stripe: statistics by operation id.
#[derive(Debug, Default)]
pub(crate) struct Table {
    operations: Vec<Option<Box<OpStats>>>,
}

/// Significant digits kept unless asked otherwise.
const PRECISION: u8 = 3;

/// At most kept of series with labels, of which there may be thousands.
const LABELLED_PRECISION: u8 = 2;

/// How a registry records, the same for all its stripes.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Durations above this many ticks are clamped in the histogram.
    limit: u64,
    /// Digits of operations seen from now on.
    precision: AtomicU8,
    /// The layouts of those seen so far.
    layouts: Mutex<HashMap<u32, Layout>>,
}

impl Recording {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, precision: AtomicU8::new(PRECISION), layouts: Mutex::default() }
    }

    pub(crate) fn set_precision(&self, digits: u8) {
        self.precision.store(digits, Relaxed);
    }

    pub(crate) fn layout_of(&self, op: u32) -> Layout {
        *heal(self.layouts.lock()).entry(op).or_insert_with(|| {
            let digits = self.precision.load(Relaxed);
            let labelled = directory::is_labelled(op);
            Layout::new(if labelled { digits.min(LABELLED_PRECISION) } else { digits })
        })
    }
}

impl Table {
    /// Records events in their order.
    #[inline]
    pub(crate) fn record_all(
        &mut self,
        mut events: impl Iterator<Item = Event>,
        recording: &Recording,
    ) {
        let mut next = events.next();
        while let Some(event) = next {
            let stats = self.stats(Word(event.word).op(), recording);
            next = if Word(event.word).is_plain() {
                stats.record_run(event, &mut events, recording.limit)
            } else {
                stats.record(event, recording.limit);
                events.next()
            };
        }
    }

    pub(crate) fn record(&mut self, event: Event, recording: &Recording) {
        self.stats(Word(event.word).op(), recording).record(event, recording.limit);
    }

    #[inline]
    fn stats(&mut self, op: u32, recording: &Recording) -> &mut OpStats {
        let at = op as usize;
        if self.operations.len() <= at {
            self.operations.resize_with(at + 1, || None);
        }
        self.operations[at].get_or_insert_with(|| Box::new(OpStats::new(recording.layout_of(op))))
    }

    /// Every operation seen, with its id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &OpStats)> {
        let operations = self.operations.iter().enumerate();
        operations.filter_map(|(op, stats)| Some((op as u32, stats.as_deref()?)))
    }

    /// Back to zero calls; the operations stay known.
    pub(crate) fn reset(&mut self, recording: &Recording) {
        for (op, stats) in self.operations.iter_mut().enumerate() {
            if let Some(stats) = stats {
                **stats = OpStats::new(recording.layout_of(op as u32));
            }
        }
    }
}

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
#[derive(Debug)]
pub(crate) struct OpStats {
    pub(crate) buckets: Buckets,
    pub(crate) min: u64,
    pub(crate) max: u64,
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
    /// The calls from the caller that was seen last: here, and not in `callers`.
    current: Edge,
    /// The calls from all other callers.
    callers: Vec<Edge>,
}

impl OpStats {
    fn new(layout: Layout) -> Self {
        Self {
            buckets: Buckets::new(layout),
            min: u64::MAX,
            max: 0,
            children: 0,
            nested: 0,
            errors: 0,
            panicked: 0,
            cancelled: 0,
            clamped: 0,
            backward: 0,
            overlaps: 0,
            polls: None,
            current: Edge::default(),
            callers: Vec::new(),
        }
    }

    /// Records a plain event and those after it that say the same but for their times, which is what
    /// a loop makes: what is added up stays in registers. Returns the first event it leaves.
    #[inline]
    fn record_run(
        &mut self,
        first: Event,
        events: &mut impl Iterator<Item = Event>,
        limit: u64,
    ) -> Option<Event> {
        let (mut calls, mut sum, mut min, mut max) = (0, 0_u64, self.min, self.max);
        let mut next = Some(first);
        while let Some(event) = next {
            let ticks = event.end.wrapping_sub(event.start);
            if event.word != first.word || ticks > limit {
                break;
            }
            self.buckets.increment(ticks);
            min = min.min(ticks);
            max = max.max(ticks);
            // A ring's worth of times within the limit.
            sum += ticks;
            calls += 1;
            next = events.next();
        }
        if calls == 0 {
            self.record(first, limit);
            return events.next();
        }
        (self.min, self.max) = (min, max);
        self.count(Word(first.word).parent(), calls, sum);
        next
    }

    /// Counts calls from a caller.
    #[inline]
    fn count(&mut self, caller: u32, calls: u64, ticks: u64) {
        if self.current.caller != caller {
            self.turn_to(caller);
        }
        self.current.calls += calls;
        self.current.ticks = self.current.ticks.saturating_add(ticks);
    }

    fn record(&mut self, event: Event, limit: u64) {
        let word = Word(event.word);
        let ticks = event.end.wrapping_sub(event.start);
        if ticks > limit {
            return self.record_unusual(event, ticks, limit);
        }
        self.buckets.increment(ticks);
        self.account(word, ticks, event.children);
    }

    #[cold]
    fn record_polls(&mut self, event: Event) {
        let polls = self.polls.get_or_insert_default();
        polls.polls += u64::from(Word(event.word).parent());
        polls.busy = polls.busy.saturating_add(event.start);
        polls.longest = polls.longest.max(event.children);
    }

    #[cold]
    fn record_unusual(&mut self, event: Event, ticks: u64, limit: u64) {
        let word = Word(event.word);
        if word.has(Word::POLLS) {
            return self.record_polls(event);
        }
        if ticks > u64::MAX / 2 {
            self.backward += 1;
            self.buckets.increment(0);
            return self.account(word, 0, 0);
        }
        self.clamped += 1;
        self.buckets.increment(limit);
        self.account(word, ticks, event.children);
    }

    #[inline]
    fn account(&mut self, word: Word, ticks: u64, children: u64) {
        self.min = self.min.min(ticks);
        self.max = self.max.max(ticks);
        if children != 0 {
            self.children = self.children.saturating_add(children.min(ticks));
        }
        self.count(word.parent(), 1, ticks);
        if word.is_plain() {
            return;
        }
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

    /// All calls, by caller: their sum is the operation's.
    pub(crate) fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.callers.iter().chain((self.current.calls > 0).then_some(&self.current))
    }

    /// Makes a caller the current one.
    #[cold]
    fn turn_to(&mut self, caller: u32) {
        if self.current.calls > 0 {
            self.callers.push(self.current);
        }
        // Beyond the limit, all further callers are one.
        let known = |callers: &[Edge], caller| callers.iter().position(|e| e.caller == caller);
        let full = self.callers.len() >= MAX_CALLERS;
        let place = known(&self.callers, caller);
        let (place, caller) = match place {
            None if full => (known(&self.callers, directory::OVERFLOW_ID), directory::OVERFLOW_ID),
            place => (place, caller),
        };
        let unknown = Edge { caller, calls: 0, ticks: 0 };
        self.current = place.map_or(unknown, |place| self.callers.swap_remove(place));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn stats(events: &[(Word, u64, u64)]) -> Table {
        let (mut table, recording) = (Table::default(), Recording::new(1000));
        for (word, start, end) in events {
            table.record(Event { word: word.0, start: *start, end: *end, children: 0 }, &recording);
        }
        table
    }

    #[test]
    fn a_backward_clock_gives_zero_and_a_long_call_is_clamped_both_counted() {
        let word = Word::new(1, 0, false, false);
        let table = stats(&[(word, 50, 40), (word, 0, 5000), (word, 10, 20)]);
        let (op, stats) = table.iter().next().unwrap();
        assert_eq!((op, stats.backward, stats.clamped), (1, 1, 1));
        assert_eq!((stats.min, stats.max), (0, 5000));
        assert_eq!(stats.edges().collect::<Vec<_>>(), [&Edge { caller: 0, calls: 3, ticks: 5010 }]);
        let counts: Vec<_> = stats.buckets.iter().collect();
        assert_eq!(counts, [(0, 1), (10, 1), (1000, 1)]);
    }

    #[test]
    fn calls_are_kept_by_caller() {
        let from = |caller| Word::new(9, caller, false, false);
        let table = stats(&[(from(1), 0, 5), (from(2), 0, 7), (from(1), 0, 9)]);
        let (_, stats) = table.iter().next().unwrap();
        let mut edges: Vec<_> = stats.edges().copied().collect();
        edges.sort_by_key(|edge| edge.caller);
        let expected = [(1, 2, 14), (2, 1, 7)];
        assert_eq!(edges, expected.map(|(caller, calls, ticks)| Edge { caller, calls, ticks }));
    }
}
