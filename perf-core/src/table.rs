//! What is known of each operation, in ticks, as one stripe of a registry holds it.

use crate::{
    buckets::{Buckets, Layout},
    outcome::Outcome,
    ring::Event,
    word::Word,
};

/// One stripe: statistics by operation id.
#[derive(Debug, Default)]
pub(crate) struct Table {
    operations: Vec<Option<Box<OpStats>>>,
}

/// How a registry records, the same for all its stripes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recording {
    /// Durations above this many ticks are clamped in the histogram.
    pub(crate) limit: u64,
    /// The layout of operations seen from now on.
    pub(crate) layout: Layout,
}

impl Table {
    #[inline]
    pub(crate) fn record(&mut self, event: Event, recording: Recording) {
        let op = Word(event.word).op() as usize;
        match self.operations.get_mut(op) {
            Some(Some(stats)) => stats.record(event, recording.limit),
            _ => self.add(op, recording.layout).record(event, recording.limit),
        }
    }

    /// Every operation seen, with its id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &OpStats)> {
        let operations = self.operations.iter().enumerate();
        operations.filter_map(|(op, stats)| Some((op as u32, stats.as_deref()?)))
    }

    /// Back to zero calls; the operations stay known.
    pub(crate) fn reset(&mut self, layout: Layout) {
        self.operations.iter_mut().flatten().for_each(|stats| **stats = OpStats::new(layout));
    }

    #[cold]
    fn add(&mut self, op: usize, layout: Layout) -> &mut OpStats {
        if self.operations.len() <= op {
            self.operations.resize_with(op + 1, || None);
        }
        self.operations[op].insert(Box::new(OpStats::new(layout)))
    }
}

/// Calls of an operation from one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// The caller's operation id; 0 for none.
    pub(crate) caller: u32,
    pub(crate) calls: u64,
    pub(crate) ticks: u64,
}

/// One operation's statistics. Times are in ticks.
#[derive(Debug)]
pub(crate) struct OpStats {
    pub(crate) buckets: Buckets,
    pub(crate) min: u64,
    pub(crate) max: u64,
    /// Time of calls inside an open call of the same operation.
    pub(crate) nested: u64,
    /// Calls by outcome, `Ok` excepted: it is the rest.
    pub(crate) errors: u64,
    pub(crate) panicked: u64,
    pub(crate) cancelled: u64,
    pub(crate) clamped: u64,
    pub(crate) backward: u64,
    pub(crate) overlaps: u64,
    /// All calls, by caller: their sum is the operation's.
    pub(crate) edges: Vec<Edge>,
    /// Where in `edges` the last caller stands.
    last_edge: usize,
}

impl OpStats {
    fn new(layout: Layout) -> Self {
        Self {
            buckets: Buckets::new(layout),
            min: u64::MAX,
            max: 0,
            nested: 0,
            errors: 0,
            panicked: 0,
            cancelled: 0,
            clamped: 0,
            backward: 0,
            overlaps: 0,
            edges: Vec::new(),
            last_edge: 0,
        }
    }

    #[inline]
    fn record(&mut self, event: Event, limit: u64) {
        let word = Word(event.word);
        let ticks = event.end.wrapping_sub(event.start);
        if ticks > limit {
            return self.record_unusual(word, ticks, limit);
        }
        self.buckets.increment(ticks);
        self.account(word, ticks);
    }

    #[cold]
    fn record_unusual(&mut self, word: Word, ticks: u64, limit: u64) {
        if ticks > u64::MAX / 2 {
            self.backward += 1;
            self.buckets.increment(0);
            return self.account(word, 0);
        }
        self.clamped += 1;
        self.buckets.increment(limit);
        self.account(word, ticks);
    }

    #[inline]
    fn account(&mut self, word: Word, ticks: u64) {
        self.min = self.min.min(ticks);
        self.max = self.max.max(ticks);
        let edge = self.edge(word.parent());
        edge.calls += 1;
        edge.ticks = edge.ticks.saturating_add(ticks);
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

    #[inline]
    fn edge(&mut self, caller: u32) -> &mut Edge {
        let known = self.edges.get(self.last_edge).is_some_and(|edge| edge.caller == caller);
        if !known {
            self.find_edge(caller);
        }
        &mut self.edges[self.last_edge]
    }

    #[cold]
    fn find_edge(&mut self, caller: u32) {
        let found = self.edges.iter().position(|edge| edge.caller == caller);
        self.last_edge = found.unwrap_or_else(|| {
            self.edges.push(Edge { caller, calls: 0, ticks: 0 });
            self.edges.len() - 1
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const RECORDING: fn() -> Recording = || Recording { limit: 1000, layout: Layout::new(3) };

    fn stats(events: &[(Word, u64, u64)]) -> Table {
        let mut table = Table::default();
        for (word, start, end) in events {
            table.record(Event { word: word.0, start: *start, end: *end }, RECORDING());
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
        assert_eq!(stats.edges, [Edge { caller: 0, calls: 3, ticks: 5010 }]);
        let counts: Vec<_> = stats.buckets.iter().collect();
        assert_eq!(counts, [(0, 1), (10, 1), (1000, 1)]);
    }

    #[test]
    fn calls_are_kept_by_caller() {
        let from = |caller| Word::new(9, caller, false, false);
        let table = stats(&[(from(1), 0, 5), (from(2), 0, 7), (from(1), 0, 9)]);
        let (_, stats) = table.iter().next().unwrap();
        assert_eq!(
            stats.edges,
            [Edge { caller: 1, calls: 2, ticks: 14 }, Edge { caller: 2, calls: 1, ticks: 7 },]
        );
    }
}
