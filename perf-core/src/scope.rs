//! The guard in a timed sync function.

use crate::{
    directory,
    labels::{self, Label},
    lane::Lane,
    local, log,
    outcome::Outcome,
    ring::Event,
    site::{CallSite, is_heard},
    word::Word,
};
use std::thread::panicking;

/// Times the block it lives in. It is a local of a function the macro wrote, so it ends on the
/// thread and in the order it should: nothing of that is checked.
#[derive(Debug)]
#[must_use]
pub struct Scope {
    site: &'static CallSite,
    /// `None` when not timing (`word` is 0 then), and while the thread is being torn down.
    lane: Option<&'static Lane>,
    word: Word,
    depth: u32,
    start: u64,
}

impl Scope {
    /// Starts timing.
    #[inline]
    pub fn enter(site: &'static CallSite) -> Self {
        if crate::enabled() { Self::start(site) } else { Self::off(site) }
    }

    /// Starts timing one call in so many; every one is counted.
    #[inline]
    pub fn sample(site: &'static CallSite) -> Self {
        if crate::enabled() && site.is_due() { Self::start(site) } else { Self::off(site) }
    }

    /// Starts timing in the series of these labels.
    #[inline]
    pub fn labelled(site: &'static CallSite, labels: labels::At<'_>) -> Self {
        if crate::enabled() { Self::start_labelled(site, labels) } else { Self::off(site) }
    }

    /// Starts timing, switched on or not.
    pub(crate) fn start(site: &'static CallSite) -> Self {
        Self::start_as(site, site.op())
    }

    fn start_labelled(site: &'static CallSite, labels: labels::At<'_>) -> Self {
        Self::start_as(site, labels::series(site, labels))
    }

    #[expect(clippy::inline_always, reason = "a call more is a nanosecond more")]
    #[inline(always)]
    fn start_as(site: &'static CallSite, op: u32) -> Self {
        if op == 0 {
            return Self::off(site);
        }
        let Some(lane) = local::current() else {
            return Self::enter_late(site, op);
        };
        let entered = lane.frames.enter(op);
        let word = Word::new(op, entered.parent, entered.nested, panicking());
        Self { site, lane: Some(lane), word, depth: entered.depth, start: lane.clock.ticks() }
    }

    #[inline]
    fn off(site: &'static CallSite) -> Self {
        Self { site, lane: None, word: Word(0), depth: 0, start: 0 }
    }

    #[cold]
    fn enter_late(site: &'static CallSite, op: u32) -> Self {
        if local::is_busy() {
            local::lose();
            return Self::off(site);
        }
        let word = Word::new(op, 0, false, panicking());
        Self { site, lane: None, word, depth: 0, start: crate::clock::Clock::get().ticks() }
    }

    fn leave(&mut self) {
        let Some(lane) = self.lane else { return leave_late(self.word, self.start) };
        let end = lane.clock.ticks();
        let mut word = self.word;
        settle_panic(&mut word);
        let left = lane.frames.leave(self.depth, end.saturating_sub(self.start));
        let ticks = end.wrapping_sub(self.start);
        lane.record(Event { word: word.0, ticks, children: left.children });
        left.allocated.record(word, |event| lane.record(event));
        if is_heard(self.site.level) {
            log::call(word, Some(self.site), ticks);
        }
    }

    /// Sets how the call ended; a panic overrides it.
    #[inline]
    pub fn set_outcome(&mut self, outcome: Outcome) {
        if self.is_timing() {
            self.word.set_outcome(outcome);
        }
    }

    /// Counts the call as an error of this kind, in the series labelled `error_type`.
    #[cold]
    pub fn set_error_type(&mut self, kind: Label<'_>) {
        if self.is_timing() {
            set_error_type(&mut self.word, kind);
        }
    }

    #[inline]
    fn is_timing(&self) -> bool {
        self.word != Word(0)
    }
}

impl Drop for Scope {
    /// All that is copied into the timed function; the rest is a call, hidden behind the clock.
    #[inline]
    fn drop(&mut self) {
        if self.is_timing() {
            self.leave();
        }
    }
}

/// Marks an error, and moves the call to the series labelled with its kind.
#[cold]
pub(crate) fn set_error_type(word: &mut Word, kind: Label<'_>) {
    let _own = local::own_work();
    word.set_outcome(Outcome::Error);
    let op = Some(word.op()).filter(|op| *op != 0);
    if let Some(op) = op.and_then(|op| directory::with_label(op, "error_type", kind.text())) {
        word.set_op(op);
    }
}

/// A panic that began after the call did is the call's outcome.
#[inline]
pub(crate) fn settle_panic(word: &mut Word) {
    if panicking() && !word.has(Word::UNWINDING) {
        word.set_outcome(Outcome::Panicked);
    }
}

#[cold]
fn leave_late(mut word: Word, start: u64) {
    settle_panic(&mut word);
    let ticks = crate::clock::Clock::get().ticks().wrapping_sub(start);
    local::record_directly(Event { word: word.0, ticks, children: 0 });
}
