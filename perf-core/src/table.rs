//! What is known of each operation, in ticks, as one stripe of a registry holds it.

use crate::{
    buckets::Layout,
    directory,
    primitive::heal,
    ring::{Event, Slot},
    stats::OpStats,
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
    /// Records events in their order. By itself, and with all that is rare out of it: this is what
    /// a call costs beside reading the clock.
    #[inline(never)]
    pub(crate) fn record_all(&mut self, mut slots: &[Slot], recording: &Recording) {
        let limit = recording.limit;
        while let [first, rest @ ..] = slots {
            let word = first.word();
            let stats = match self.operations.get_mut(word.op() as usize) {
                Some(Some(stats)) => stats,
                _ => self.add(word.op(), recording),
            };
            if !stats.expects(word) {
                stats.record(first.event(), limit);
            } else if let [a, b, c, ..] = rest
                && [a, b, c].iter().all(|next| next.word() == word)
            {
                // As a loop makes them.
                slots = stats.record_run(slots, limit);
                continue;
            } else {
                stats.record_expected(first.ticks(), limit);
            }
            slots = rest;
        }
    }

    pub(crate) fn record(&mut self, event: Event, recording: &Recording) {
        let op = Word(event.word).op();
        self.add(op, recording).record(event, recording.limit);
    }

    /// Records a plain event some times.
    pub(crate) fn record_many(&mut self, event: Event, times: u64, recording: &Recording) {
        let op = Word(event.word).op();
        self.add(op, recording).record_many(event, times, recording.limit);
    }

    /// The statistics of an operation, new if need be.
    #[cold]
    fn add(&mut self, op: u32, recording: &Recording) -> &mut OpStats {
        let at = op as usize;
        if self.operations.len() <= at {
            self.operations.resize_with(at + 1, || None);
        }
        self.operations[at].get_or_insert_with(|| Box::new(OpStats::new(recording.layout_of(op))))
    }

    /// One operation, if it has been seen.
    pub(crate) fn get(&self, op: u32) -> Option<&OpStats> {
        self.operations.get(op as usize)?.as_deref()
    }

    /// The first operation seen whose id is at least this, with its id.
    pub(crate) fn next(&self, from: u32) -> Option<(u32, &OpStats)> {
        let mut operations = self.operations.iter().enumerate().skip(from as usize);
        operations.find_map(|(op, stats)| Some((op as u32, stats.as_deref()?)))
    }

    /// What is in it. It goes back to zero calls; the operations stay known.
    pub(crate) fn take(&mut self, recording: &Recording) -> Self {
        let fresh = |op| Box::new(OpStats::new(recording.layout_of(op as u32)));
        let known = self.operations.iter().enumerate();
        let fresh = known.map(|(op, stats)| stats.as_ref().map(|_| fresh(op))).collect();
        Self { operations: std::mem::replace(&mut self.operations, fresh) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: u64 = 1 << 40;

    /// What is known of each operation, in a form to compare.
    fn known(table: &Table) -> Vec<impl PartialEq + std::fmt::Debug> {
        let first = table.next(0);
        let seen = std::iter::successors(first, |(op, _)| table.next(op + 1));
        let all = seen.map(|(op, stats)| {
            let mut edges: Vec<_> = stats.edges().collect();
            edges.sort_by_key(|edge| edge.caller);
            let times = (stats.min, stats.max, stats.children, stats.nested);
            let rare = (stats.errors, stats.clamped, stats.backward);
            (op, edges, times, rare, stats.buckets.iter().collect::<Vec<_>>())
        });
        all.collect()
    }

    /// Few operations, callers and durations, so that there are runs; and anything, so that there
    /// are exceptions.
    fn event() -> impl Strategy<Value = Event> {
        let ticks = prop_oneof![8 => 24_u64..30, 2 => 0..LIMIT * 2, 1 => any::<u64>()];
        let children = prop_oneof![4 => Just(0), 1 => 0_u64..60];
        (1_u32..4, 0_u32..2, ticks, children, 0_u8..12).prop_map(
            |(op, parent, ticks, children, mark)| {
                let mut word = Word::new(op, parent, mark == 0, mark == 1);
                if mark == 2 {
                    word.set_outcome(crate::outcome::Outcome::Error);
                }
                let with_children = if children == 0 { 0 } else { Word::CHILDREN };
                Event { word: word.0 | with_children, ticks, children }
            },
        )
    }

    proptest! {
        #[test]
        fn taken_together_or_one_by_one_is_the_same(
            runs in prop::collection::vec((event(), 1_usize..9), 0..200)
        ) {
            let events = runs.into_iter().flat_map(|(event, times)| vec![event; times]);
            let slots: Vec<Slot> = events.map(Slot::of).collect();
            let recording = Recording::new(LIMIT);
            let (mut together, mut one_by_one) = (Table::default(), Table::default());
            together.record_all(&slots, &recording);
            slots.iter().for_each(|slot| one_by_one.record(slot.event(), &recording));
            prop_assert_eq!(known(&together), known(&one_by_one));
        }
    }
}
