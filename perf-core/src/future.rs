//! Timing a future: from its first poll until it is ready, or dropped before that.

use crate::{
    directory, enabled,
    lane::Lane,
    local, log,
    outcome::Outcome,
    ring::Event,
    scope::settle_panic,
    site::{CallSite, is_heard},
    timer::record_elsewhere,
    word::Word,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll, ready},
    thread::panicking,
};

pin_project! {
    /// A future that is timed. Made by `#[timed]` and by [`TimedExt::timed`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Timed<F, C> {
        #[pin]
        inner: F,
        classify: C,
        // Last, so that what the future drops when cancelled is within its time.
        call: Call,
    }
}

impl<F: Future, C: FnMut(&F::Output) -> Outcome> Timed<F, C> {
    /// Times `inner` as a call of `site`. `classify` says how it ended.
    #[inline]
    pub fn new(site: &'static CallSite, inner: F, classify: C) -> Self {
        Self { inner, classify, call: Call::new(Some(site), 0) }
    }
}

/// `.timed("name")` on any future.
pub trait TimedExt: Future + Sized {
    /// Times the future under `name`, from its first poll until it is ready; dropped before that,
    /// it counts as cancelled. A future that is never polled is not counted.
    ///
    /// ```
    /// use perf_core::TimedExt;
    ///
    /// let answer = futures::executor::block_on(async { 6 * 7 }.timed("think"));
    /// assert_eq!(answer, 42);
    /// assert_eq!(perf_core::get("think").unwrap().count(), 1);
    /// ```
    fn timed(self, name: &str) -> Timed<Self, fn(&Self::Output) -> Outcome> {
        let op = directory::intern(name).unwrap_or(0);
        Timed { inner: self, classify: |_| Outcome::Ok, call: Call::new(None, op) }
    }
}

impl<F: Future> TimedExt for F {}

impl<F: Future, C: FnMut(&F::Output) -> Outcome> Future for Timed<F, C> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polling = this.call.resume();
        let output = ready!(this.inner.poll(cx));
        drop(polling);
        this.call.finish((this.classify)(&output));
        Poll::Ready(output)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Running,
    /// Finished, or not timed at all.
    Done,
}

/// One call of a future.
#[derive(Debug)]
struct Call {
    site: Option<&'static CallSite>,
    word: Word,
    start: u64,
    registry: u32,
    state: State,
}

/// While a future is polled it is the caller of what it runs; between polls it is nobody's.
struct Polling<'a> {
    call: &'a mut Call,
    lane: &'static Lane,
    depth: u32,
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        self.lane.frames.leave(self.depth);
        // Whoever catches the panic may drop the future only when the thread unwinds no more.
        if panicking() && !self.call.word.has(Word::UNWINDING) {
            self.call.finish(Outcome::Panicked);
        }
    }
}

impl Call {
    fn new(site: Option<&'static CallSite>, op: u32) -> Self {
        Self {
            site,
            word: Word::new(op, 0, false, false),
            start: 0,
            registry: 0,
            state: State::New,
        }
    }

    /// Opens the scope of one poll, the first of which starts the clock.
    #[inline]
    fn resume(&mut self) -> Option<Polling<'_>> {
        match self.state {
            State::New => self.start(),
            State::Running => self.reopen(),
            State::Done => None,
        }
    }

    #[inline]
    fn start(&mut self) -> Option<Polling<'_>> {
        self.state = State::Done;
        if !enabled() {
            return None;
        }
        let op = self.site.map_or_else(|| self.word.op(), CallSite::op);
        let lane = local::current().filter(|_| op != 0)?;
        let entered = lane.frames.enter(op);
        self.word = Word::new(op, entered.parent, entered.nested, panicking());
        self.registry = lane.registry.load(Relaxed);
        self.state = State::Running;
        self.start = lane.clock.ticks();
        Some(Polling { call: self, lane, depth: entered.depth })
    }

    #[inline]
    fn reopen(&mut self) -> Option<Polling<'_>> {
        let lane = self.lane()?;
        let depth = lane.frames.enter(self.word.op()).depth;
        Some(Polling { call: self, lane, depth })
    }

    /// This thread's lane, if it serves the registry the call started in.
    #[inline]
    fn lane(&self) -> Option<&'static Lane> {
        local::current().filter(|lane| lane.registry.load(Relaxed) == self.registry)
    }

    #[inline]
    fn finish(&mut self, outcome: Outcome) {
        if self.state != State::Running {
            return;
        }
        self.state = State::Done;
        self.word.set_outcome(outcome);
        settle_panic(&mut self.word);
        let lane = self.lane();
        let end = match lane {
            Some(lane) => lane.clock.ticks(),
            None => crate::clock::Clock::get().ticks(),
        };
        let event = Event { word: self.word.0, start: self.start, end };
        match lane {
            Some(lane) => lane.record(event),
            None => record_elsewhere(self.registry, event),
        }
        let level = self.site.and_then(|site| site.level);
        if lane.is_some() && is_heard(level) {
            log::call(self.word, level, end.wrapping_sub(self.start));
        }
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        self.finish(Outcome::Cancelled);
    }
}
