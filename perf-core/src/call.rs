//! One call that runs in pieces: a future's polls, a span's entries, a response and its body.

use crate::{
    allocations::Taken,
    clock::Clock,
    enabled,
    labels::{self, Label},
    lane::Lane,
    local, log,
    outcome::Outcome,
    polls::{Polls, Unpolled},
    registry::Core,
    ring::Event,
    scope::set_error_type,
    site::{CallSite, is_heard},
    timer::record_in,
    word::Word,
};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread::panicking,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Running,
    /// Finished, or not timed at all.
    Done,
}

/// One call of a future.
#[derive(Debug)]
pub struct Call<P: Polls = Unpolled> {
    site: Option<&'static CallSite>,
    word: Word,
    start: u64,
    /// Ticks of the calls made from it.
    children: u64,
    allocated: Taken,
    registry: u32,
    state: State,
    polls: P,
}

/// A piece of a call, under way on this thread.
#[derive(Debug)]
pub(crate) struct Open {
    /// The lane and the depth of its scope, if it has one.
    scope: Option<(&'static Lane, u32)>,
    /// When it began, where the pieces are timed.
    begun: u64,
}

impl<P: Polls> Call<P> {
    /// A call of a site.
    #[inline]
    #[must_use]
    pub fn at(site: &'static CallSite) -> Self {
        Self::new(Some(site), 0, State::New)
    }

    /// A call of a site, timed if it is one in so many; every one is counted.
    #[inline]
    #[must_use]
    pub fn sample(site: &'static CallSite) -> Self {
        let is_due = enabled() && site.is_due();
        Self::new(Some(site), 0, if is_due { State::New } else { State::Done })
    }

    /// A call of a site's series with these labels.
    #[inline]
    #[must_use]
    pub fn labelled(site: &'static CallSite, labels: labels::At<'_>) -> Self {
        let op = if enabled() { labels::series(site, labels) } else { 0 };
        Self::new(Some(site), op, if op == 0 { State::Done } else { State::New })
    }

    /// A call of an operation; of none, it does nothing.
    pub(crate) fn of(op: u32) -> Self {
        Self::new(None, op, if op == 0 { State::Done } else { State::New })
    }

    #[inline]
    fn new(site: Option<&'static CallSite>, op: u32, state: State) -> Self {
        Self {
            site,
            word: Word::new(op, 0, false, false),
            start: 0,
            children: 0,
            allocated: Taken::default(),
            registry: 0,
            state,
            polls: P::default(),
        }
    }

    /// Sets how the call ended; a panic overrides it.
    #[inline]
    pub fn set_outcome(&mut self, outcome: Outcome) {
        self.word.set_outcome(outcome);
    }

    /// Counts the call as an error of this kind, in the series labelled `error_type`.
    #[cold]
    pub fn set_error_type(&mut self, kind: Label<'_>) {
        set_error_type(&mut self.word, kind);
    }

    /// Counts the call as one of another operation.
    pub(crate) fn set_op(&mut self, op: u32) {
        self.word.set_op(op);
    }

    /// Whether it has begun and not ended.
    pub(crate) fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Begins a piece, the first of which starts the clock. In the registry given, else in the
    /// current one.
    #[inline]
    pub(crate) fn enter(&mut self, core: Option<&Arc<Core>>) -> Option<Open> {
        match self.state {
            State::New => self.start(core),
            State::Running => Some(self.reopen(core)),
            State::Done => None,
        }
    }

    #[inline]
    fn start(&mut self, core: Option<&Arc<Core>>) -> Option<Open> {
        self.state = State::Done;
        if !enabled() {
            return None;
        }
        let op = match (self.word.op(), self.site) {
            (0, Some(site)) => site.op(),
            (op, _) => op,
        };
        if op == 0 {
            return None;
        }
        let Some(lane) = local::lane_in(core) else { return self.start_late(op, core) };
        let entered = lane.frames.enter(op);
        self.word = Word::new(op, entered.parent, entered.nested, panicking());
        self.registry = lane.registry.load(Relaxed);
        self.state = State::Running;
        self.start = lane.clock.ticks();
        Some(Open { scope: Some((lane, entered.depth)), begun: self.start })
    }

    #[cold]
    fn start_late(&mut self, op: u32, core: Option<&Arc<Core>>) -> Option<Open> {
        let Some(core) = core.cloned().or_else(local::core) else {
            local::lose();
            return None;
        };
        self.word = Word::new(op, 0, false, panicking());
        self.registry = core.id;
        self.state = State::Running;
        self.start = Clock::get().ticks();
        Some(Open { scope: None, begun: self.start })
    }

    #[inline]
    fn reopen(&mut self, core: Option<&Arc<Core>>) -> Open {
        let scope = self.lane(core).map(|lane| (lane, lane.frames.enter(self.word.op()).depth));
        let begun = scope.filter(|_| P::TIMED).map_or(0, |(lane, _)| lane.clock.ticks());
        Open { scope, begun }
    }

    /// Ends a piece.
    #[inline]
    pub(crate) fn exit(&mut self, open: &Open) {
        if let Some((lane, depth)) = open.scope {
            if P::TIMED {
                self.polls.add(lane.clock.ticks().saturating_sub(open.begun));
            }
            let left = lane.frames.suspend(depth);
            self.children = self.children.saturating_add(left.children);
            self.allocated.add(left.allocated);
        }
        // Here, for whoever catches the panic may drop the future only when the thread unwinds no
        // more; and a future dropped by somebody else's panic did not panic itself.
        if panicking() && !self.word.has(Word::UNWINDING) {
            self.word.set_outcome(Outcome::Panicked);
            self.finish(None);
        }
    }

    /// This thread's lane, if it serves the registry the call started in.
    #[inline]
    fn lane(&self, core: Option<&Arc<Core>>) -> Option<&'static Lane> {
        local::lane_in(core).filter(|lane| lane.registry.load(Relaxed) == self.registry)
    }

    /// Ends the call, once.
    #[inline]
    pub(crate) fn finish(&mut self, core: Option<&Arc<Core>>) {
        if self.state != State::Running {
            return;
        }
        self.state = State::Done;
        let lane = self.lane(core);
        let record = |event| record_in(lane, self.registry, event);
        let end = lane.map_or_else(|| Clock::get().ticks(), |lane| lane.clock.ticks());
        let ticks = end.wrapping_sub(self.start);
        record(Event { word: self.word.0, ticks, children: self.children });
        self.allocated.record(self.word, record);
        if let Some(lane) = lane {
            lane.frames.charge(self.word.parent(), end.saturating_sub(self.start));
        }
        if P::TIMED {
            let (polls, busy, longest) = self.polls.told();
            record(Event::polls(self.word.op(), polls, busy, longest));
        }
        if lane.is_some() && is_heard(self.site.and_then(|site| site.level)) {
            log::call(self.word, self.site, ticks);
        }
    }
}

impl<P: Polls> Drop for Call<P> {
    #[inline]
    fn drop(&mut self) {
        if self.state == State::Running {
            self.word.set_outcome(Outcome::Cancelled);
            self.finish(None);
        }
    }
}
