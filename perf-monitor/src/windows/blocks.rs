//! Neighbouring intervals of long windows as one, kept from tick to tick: a window is then the merge of a
//! few blocks, and of the intervals at its ends.

use perf_core::Snapshot;
use std::{
    collections::BTreeMap,
    mem,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// So many blocks to a window: with 60 intervals, about as many as there are intervals in a block.
const BLOCKS: u32 = 8;

/// When its first interval begins, and its last one ends.
type Span = (SystemTime, SystemTime);

/// The blocks of all windows. No more is in them than in their intervals.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    all: BTreeMap<Span, Arc<Snapshot>>,
    /// Those of a window, which follow one another, as one.
    joined: BTreeMap<Duration, (Vec<Span>, Arc<Snapshot>)>,
}

impl Blocks {
    /// Brings the blocks up to date with the intervals of each window that belong to no shorter one.
    pub(super) fn update<'a>(
        &mut self,
        windows: impl Iterator<Item = (Duration, Vec<&'a Snapshot>)>,
    ) {
        let mut known = mem::take(&mut self.all);
        for (length, intervals) in windows {
            let groups: Vec<_> = groups(&intervals, length).collect();
            let mut spans = Vec::new();
            for (at, group) in groups.iter().enumerate() {
                let Some(span) = span(group) else { continue };
                // At the ends of a window, the next tick may change them.
                let is_whole = at > 0 && at + 1 < groups.len() && group.len() > 1;
                let block = self.all.remove(&span).or_else(|| known.remove(&span));
                let block =
                    block.or_else(|| is_whole.then(|| merged(group)).flatten().map(Arc::new));
                if let Some(block) = block {
                    self.all.insert(span, block);
                    spans.push(span);
                }
            }
            self.join(length, spans);
        }
    }

    /// Keeps these blocks as one, too.
    fn join(&mut self, length: Duration, spans: Vec<Span>) {
        if self.joined.get(&length).is_some_and(|(known, _)| *known == spans) {
            return;
        }
        let blocks: Vec<_> =
            spans.iter().filter_map(|span| self.all.get(span)).map(Arc::as_ref).collect();
        match merged(&blocks).filter(|_| blocks.len() > 1) {
            Some(joined) => self.joined.insert(length, (spans, Arc::new(joined))),
            None => self.joined.remove(&length),
        };
    }

    /// Merges the intervals of a window that belong to no shorter one into that.
    pub(super) fn add(&self, window: &mut Snapshot, length: Duration, intervals: &[&Snapshot]) {
        let mut joined = self.joined.get(&length);
        for group in groups(intervals, length) {
            let span = span(group);
            let is_in =
                |(spans, _): &&(Vec<Span>, _)| span.is_some_and(|span| spans.contains(&span));
            if let Some((_, all)) = self.joined.get(&length).filter(is_in) {
                // With the first of them, all.
                joined.take().into_iter().for_each(|_| window.merge(all));
                continue;
            }
            match span.and_then(|span| self.all.get(&span)) {
                Some(block) => window.merge(block),
                None => group.iter().for_each(|interval| window.merge(interval)),
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

/// Those that end in the same part of the clock's time are a block.
fn groups<'a, 'b>(
    intervals: &'a [&'b Snapshot],
    length: Duration,
) -> impl Iterator<Item = &'a [&'b Snapshot]> {
    let part = (length / BLOCKS).as_nanos().max(1);
    let of = move |interval: &Snapshot| {
        let taken = interval.taken().duration_since(SystemTime::UNIX_EPOCH);
        taken.unwrap_or_default().as_nanos() / part
    };
    intervals.chunk_by(move |earlier, later| of(earlier) == of(later))
}

/// Intervals do not overlap: those of the same span are the same.
fn span(group: &[&Snapshot]) -> Option<Span> {
    Some((group.first()?.started(), group.last()?.taken()))
}

fn merged(group: &[&Snapshot]) -> Option<Snapshot> {
    let (first, others) = group.split_first()?;
    let mut all = (*first).clone();
    others.iter().for_each(|other| all.merge(other));
    Some(all)
}
