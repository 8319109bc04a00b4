//! Timing a future: from its first poll until it is ready, or dropped before that.

use crate::{
    clock::Clock,
    directory, enabled,
    labels::{self, Label},
    lane::Lane,
    local, log,
    outcome::Outcome,
    polls::{Polls, Unpolled},
    ring::Event,
    scope::set_error_type,
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
    pub struct Timed<F, C, P = Unpolled>
    where
        P: Polls,
    {
        #[pin]
        inner: F,
        classify: C,
        // Last, so that what the future drops when cancelled is within its time.
        call: Call<P>,
    }
}

impl<F: Future, C: FnMut(&F::Output, &mut Call<P>), P: Polls> Timed<F, C, P> {
    /// Times `inner` as `call`. `classify` tells the call how it ended, if not well.
    #[inline]
    pub fn new(call: Call<P>, inner: F, classify: C) -> Self {
        Self { inner, classify, call }
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
    fn timed(self, name: &str) -> Timed<Self, fn(&Self::Output, &mut Call)> {
        Timed::new(Call::of(directory::intern(name).unwrap_or(0)), self, |_, _| ())
    }
}

impl<F: Future> TimedExt for F {}

impl<F: Future, C: FnMut(&F::Output, &mut Call<P>), P: Polls> Future for Timed<F, C, P> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polling = this.call.resume();
        let output = ready!(this.inner.poll(cx));
        drop(polling);
        (this.classify)(&output, this.call);
        this.call.finish();
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
pub struct Call<P: Polls = Unpolled> {
    site: Option<&'static CallSite>,
    word: Word,
    start: u64,
    /// Ticks of the calls made from it.
    children: u64,
    registry: u32,
    state: State,
    polls: P,
}

/// While a future is polled it is the caller of what it runs; between polls it is nobody's.
struct Polling<'a, P: Polls> {
    call: &'a mut Call<P>,
    /// The lane and the depth of the poll's scope, if it has one.
    scope: Option<(&'static Lane, u32)>,
}

impl<P: Polls> Drop for Polling<'_, P> {
    #[inline]
    fn drop(&mut self) {
        if let Some((lane, depth)) = self.scope {
            if P::TIMED {
                self.call.polls.end(lane.clock.ticks());
            }
            let children = lane.frames.suspend(depth);
            self.call.children = self.call.children.saturating_add(children);
        }
        // Here, for whoever catches the panic may drop the future only when the thread unwinds no
        // more; and a future dropped by somebody else's panic did not panic itself.
        if panicking() && !self.call.word.has(Word::UNWINDING) {
            self.call.word.set_outcome(Outcome::Panicked);
            self.call.finish();
        }
    }
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

    fn of(op: u32) -> Self {
        Self::new(None, op, if op == 0 { State::Done } else { State::New })
    }

    #[inline]
    fn new(site: Option<&'static CallSite>, op: u32, state: State) -> Self {
        let word = Word::new(op, 0, false, false);
        Self { site, word, start: 0, children: 0, registry: 0, state, polls: P::default() }
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

    /// Opens the scope of one poll, the first of which starts the clock.
    #[inline]
    fn resume(&mut self) -> Option<Polling<'_, P>> {
        match self.state {
            State::New => self.start(),
            State::Running => Some(self.reopen()),
            State::Done => None,
        }
    }

    #[inline]
    fn start(&mut self) -> Option<Polling<'_, P>> {
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
        let Some(lane) = local::current() else { return self.start_late(op) };
        let entered = lane.frames.enter(op);
        self.word = Word::new(op, entered.parent, entered.nested, panicking());
        self.registry = lane.registry.load(Relaxed);
        self.state = State::Running;
        self.start = lane.clock.ticks();
        self.polls.begin(self.start);
        Some(Polling { call: self, scope: Some((lane, entered.depth)) })
    }

    #[cold]
    fn start_late(&mut self, op: u32) -> Option<Polling<'_, P>> {
        let Some(core) = local::core() else {
            local::lose();
            return None;
        };
        self.word = Word::new(op, 0, false, panicking());
        self.registry = core.id;
        self.state = State::Running;
        self.start = Clock::get().ticks();
        Some(Polling { call: self, scope: None })
    }

    #[inline]
    fn reopen(&mut self) -> Polling<'_, P> {
        let scope = self.lane().map(|lane| (lane, lane.frames.enter(self.word.op()).depth));
        if let Some((lane, _)) = scope.filter(|_| P::TIMED) {
            self.polls.begin(lane.clock.ticks());
        }
        Polling { call: self, scope }
    }

    /// This thread's lane, if it serves the registry the call started in.
    #[inline]
    fn lane(&self) -> Option<&'static Lane> {
        local::current().filter(|lane| lane.registry.load(Relaxed) == self.registry)
    }

    #[inline]
    fn finish(&mut self) {
        if self.state != State::Running {
            return;
        }
        self.state = State::Done;
        let lane = self.lane();
        let record = |event| match lane {
            Some(lane) => lane.record(event),
            None => record_elsewhere(self.registry, event),
        };
        let end = lane.map_or_else(|| Clock::get().ticks(), |lane| lane.clock.ticks());
        let ticks = end.wrapping_sub(self.start);
        record(Event { word: self.word.0, ticks, children: self.children });
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
            self.finish();
        }
    }
}
