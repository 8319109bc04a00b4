//! One `tracing` span as a call: timed from the first time it is entered until it is closed.

use crate::{
    allocations::Taken,
    clock::Clock,
    enabled, labels,
    lane::Lane,
    local,
    outcome::Outcome,
    polls::{Polled, Polls},
    registry::{Core, Registry},
    ring::Event,
    timer::record_in,
    word::Word,
};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread::panicking,
};

/// A span. It may be entered again and again, on several threads, on more than one at once.
#[derive(Debug)]
pub struct SpanCall {
    word: Word,
    start: u64,
    /// Ticks of the calls made from it.
    children: u64,
    allocated: Taken,
    registry: u32,
    state: State,
    entries: Polled,
    /// The first of those under way, which are seldom more than one.
    entry: Option<Entry>,
    more: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not entered yet.
    New,
    Running,
    /// A timed call of the same operation stands for it.
    Shadowed,
}

/// One entry of a span, under way on a thread.
#[derive(Debug)]
struct Entry {
    thread: u64,
    /// The lane and the depth of its scope, if it has one.
    scope: Option<(&'static Lane, u32)>,
    /// When it began; `None` inside another entry on the same thread, whose time has it.
    begun: Option<u64>,
    /// A timed call of the same operation directly inside is the same call.
    is_first: bool,
    is_unwinding: bool,
}

impl SpanCall {
    /// A span of an operation.
    #[must_use]
    pub fn new(op: u32) -> Self {
        Self {
            word: Word::new(op, 0, false, false),
            start: 0,
            children: 0,
            allocated: Taken::default(),
            registry: 0,
            state: State::New,
            entries: Polled::default(),
            entry: None,
            more: Vec::new(),
        }
    }

    /// Its operation.
    #[must_use]
    pub fn operation(&self) -> u32 {
        self.word.op()
    }

    /// It is entered on this thread. Returns whether it begins herewith, and without a caller.
    pub fn enter(&mut self, registry: Option<&Registry>) -> bool {
        let core = registry.map(Registry::core);
        match self.state {
            State::New => enabled() && self.word.op() != 0 && self.begin(core),
            State::Running => {
                self.enter_again(core);
                false
            }
            State::Shadowed => false,
        }
    }

    fn begin(&mut self, core: Option<&Arc<Core>>) -> bool {
        let Some(lane) = local::lane_in(core) else {
            self.begin_late(core);
            return false;
        };
        let op = self.word.op();
        let Some(entered) = lane.frames.enter_span(op, true) else {
            self.state = State::Shadowed;
            return false;
        };
        self.word = Word::new(op, entered.parent, entered.nested, panicking());
        self.registry = lane.registry.load(Relaxed);
        self.state = State::Running;
        self.start = lane.clock.ticks();
        self.push(Some((lane, entered.depth)), Some(self.start), true);
        entered.parent == 0
    }

    /// Begins where there is no lane: while the thread is being torn down.
    #[cold]
    fn begin_late(&mut self, core: Option<&Arc<Core>>) {
        let Some(core) = core.cloned().or_else(local::core) else { return local::lose() };
        self.registry = core.id;
        self.state = State::Running;
        self.start = Clock::get().ticks();
        self.push(None, Some(self.start), false);
    }

    fn enter_again(&mut self, core: Option<&Arc<Core>>) {
        let thread = local::token();
        if self.entry.iter().chain(&self.more).any(|entry| entry.thread == thread) {
            return self.push(None, None, false);
        }
        let scope = self.lane(core).and_then(|lane| {
            let entered = lane.frames.enter_span(self.word.op(), false)?;
            Some((lane, entered.depth))
        });
        self.push(scope, Some(Clock::get().ticks()), false);
    }

    fn push(&mut self, scope: Option<(&'static Lane, u32)>, begun: Option<u64>, is_first: bool) {
        let is_unwinding = panicking();
        let entry = Entry { thread: local::token(), scope, begun, is_first, is_unwinding };
        if self.entry.is_none() {
            self.entry = Some(entry);
        } else {
            let _own = local::own_work();
            self.more.push(entry);
        }
    }

    /// This thread's lane, if it serves the registry the span began in.
    fn lane(&self, core: Option<&Arc<Core>>) -> Option<&'static Lane> {
        let lane = local::lane_in(core);
        lane.filter(|lane| lane.registry.load(Relaxed) == self.registry)
    }

    /// Says from which operation it was called, where that cannot be seen on its thread.
    pub fn set_caller(&mut self, op: u32) {
        self.word.set_parent(op);
    }

    /// It is left on this thread.
    pub fn exit(&mut self) {
        let Some(entry) = self.take_entry() else { return };
        if let Some(begun) = entry.begun {
            self.entries.add(Clock::get().ticks().saturating_sub(begun));
        }
        let serves = |(lane, _): &(&Lane, u32)| {
            lane.registry.load(Relaxed) == self.registry && local::owns(lane)
        };
        if let Some((lane, depth)) = entry.scope.filter(serves) {
            self.close_scope(lane, depth, entry.is_first);
        }
        if panicking() && !entry.is_unwinding {
            self.word.set_outcome(Outcome::Panicked);
        }
    }

    fn close_scope(&mut self, lane: &Lane, depth: u32, is_first: bool) {
        let op = self.word.op();
        if is_first && lane.frames.is_taken(depth) {
            lane.frames.leave_out(depth, op);
            self.state = State::Shadowed;
        } else if let Some(left) = lane.frames.leave_checked(depth, op, 0) {
            self.children = self.children.saturating_add(left.children);
            self.allocated.add(left.allocated);
        } else {
            self.word.0 |= Word::OVERLAP;
        }
    }

    /// The last entry on this thread. None if it was entered on another, which its guards forbid, or
    /// where that was not timed.
    fn take_entry(&mut self) -> Option<Entry> {
        let thread = local::token();
        if let Some(at) = self.more.iter().rposition(|entry| entry.thread == thread) {
            return Some(self.more.remove(at));
        }
        self.entry.take_if(|entry| entry.thread == thread)
    }

    /// Counts it in the series of these labels, which came after it was made.
    pub fn relabel(&mut self, name: &str, labels: &[(&str, &str)]) {
        let op = labels::series_of(name, labels);
        if op != 0 && op != self.word.op() {
            self.word.set_op(op);
            // Whatever is open around it is another series, as far as can be told.
            self.word.0 &= !Word::NESTED;
        }
    }

    /// It is closed: recorded, as an error unless it panicked, unless it was never entered, or a timed
    /// call of the same operation has been.
    pub fn close(mut self, registry: Option<&Registry>, is_error: bool) {
        if self.state != State::Running {
            return;
        }
        let lane = self.lane(registry.map(Registry::core));
        let end = lane.map_or_else(|| Clock::get().ticks(), |lane| lane.clock.ticks());
        let ticks = end.wrapping_sub(self.start);
        if let Some(lane) = lane {
            lane.frames.charge(self.word.parent(), end.saturating_sub(self.start));
        }
        if is_error && self.word.outcome() != Outcome::Panicked {
            self.word.set_outcome(Outcome::Error);
        }
        let (polls, busy, longest) = self.entries.told();
        let record = |event| record_in(lane, self.registry, event);
        record(Event { word: self.word.0, ticks, children: self.children });
        record(Event::polls(self.word.op(), polls, busy, longest));
        self.allocated.record(self.word, record);
    }
}

impl Drop for SpanCall {
    /// An entry that has not been left never will be: nobody knows the span any more.
    fn drop(&mut self) {
        for (lane, depth) in self.entry.iter().chain(&self.more).filter_map(|entry| entry.scope) {
            if lane.registry.load(Relaxed) == self.registry {
                lane.frames.bury(depth, self.word.op());
            }
        }
    }
}
