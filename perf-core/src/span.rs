//! One `tracing` span as a call: timed from the first time it is entered until it is closed.

use crate::{
    allocations::Taken,
    clock::Clock,
    directory, enabled, labels,
    lane::Lane,
    local,
    outcome::Outcome,
    polls::{Polled, Polls},
    registry::Registry,
    ring::Event,
    timer::record_elsewhere,
    word::Word,
};
use std::{sync::atomic::Ordering::Relaxed, thread::panicking};

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

/// One entry of a span, under way on the thread of its lane.
#[derive(Debug)]
struct Entry {
    lane: &'static Lane,
    depth: u32,
    begun: u64,
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
        let is_new = self.state == State::New;
        if self.state == State::Shadowed || (is_new && !enabled()) {
            return false;
        }
        let core = registry.map(Registry::core);
        let Some(lane) = core.map_or_else(local::current, local::lane_for) else { return false };
        let op = self.word.op();
        if op == 0 {
            return false;
        }
        let Some(entered) = lane.frames.enter_span(op) else {
            self.state = State::Shadowed;
            return false;
        };
        let begun = lane.clock.ticks();
        if is_new {
            self.word = Word::new(op, entered.parent, entered.nested, panicking());
            self.registry = lane.registry.load(Relaxed);
            self.start = begun;
            self.state = State::Running;
        }
        let entry = Entry { lane, depth: entered.depth, begun };
        match self.entry {
            None => self.entry = Some(entry),
            Some(_) => self.more.push(entry),
        }
        is_new && entered.parent == 0
    }

    /// Says from which operation it was called, where that cannot be seen on its thread.
    pub fn set_caller(&mut self, op: u32) {
        self.word.set_parent(op);
    }

    /// It is left on this thread.
    pub fn exit(&mut self) {
        let Some(entry) = self.take_entry() else { return };
        self.entries.add(entry.lane.clock.ticks().saturating_sub(entry.begun));
        let (frames, op) = (&entry.lane.frames, self.word.op());
        if frames.is_taken(entry.depth) {
            frames.leave_out(entry.depth, op);
            self.state = State::Shadowed;
        } else if let Some(left) = frames.leave_checked(entry.depth, op, 0) {
            self.children = self.children.saturating_add(left.children);
            self.allocated.add(left.allocated);
        } else {
            self.word.0 |= Word::OVERLAP;
        }
        if panicking() && !self.word.has(Word::UNWINDING) {
            self.word.set_outcome(Outcome::Panicked);
        }
    }

    /// The last entry on this thread. None if it was entered on another, which its guards forbid, or
    /// where that was not timed.
    fn take_entry(&mut self) -> Option<Entry> {
        if let Some(at) = self.more.iter().rposition(|entry| local::owns(entry.lane)) {
            return Some(self.more.remove(at));
        }
        self.entry.take_if(|entry| local::owns(entry.lane))
    }

    /// It is closed: recorded with these labels, as an error unless it panicked, unless it was never
    /// entered, or a timed call of the same operation has been.
    pub fn close(mut self, is_error: bool, labels: &[(&'static str, &str)]) {
        if self.state != State::Running {
            return;
        }
        let lane = local::current().filter(|lane| lane.registry.load(Relaxed) == self.registry);
        let end = lane.map_or_else(|| Clock::get().ticks(), |lane| lane.clock.ticks());
        let ticks = end.wrapping_sub(self.start);
        if let Some(lane) = lane {
            lane.frames.charge(self.word.parent(), end.saturating_sub(self.start));
        }
        if is_error && self.word.outcome() != Outcome::Panicked {
            self.word.set_outcome(Outcome::Error);
        }
        self.label(labels);
        let (polls, busy, longest) = self.entries.told();
        let record = |event| match lane {
            Some(lane) => lane.record(event),
            None => record_elsewhere(self.registry, event),
        };
        record(Event { word: self.word.0, ticks, children: self.children });
        record(Event::polls(self.word.op(), polls, busy, longest));
        self.allocated.record(self.word, record);
    }

    /// Counts it in the series of its labels.
    fn label(&mut self, labels: &[(&'static str, &str)]) {
        if labels.is_empty() {
            return;
        }
        let name = directory::series(self.word.op()).name;
        let op = labels::series_of(&name, labels);
        if op != 0 {
            self.word.set_op(op);
        }
    }
}
