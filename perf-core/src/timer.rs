//! `Timer`: the guard of `timer!` and of a registry's own timers.

use crate::{
    clock::Clock,
    directory, enabled,
    frame::Left,
    labels,
    lane::Lane,
    local, log,
    outcome::Outcome,
    registry::Core,
    ring::Event,
    scope::settle_panic,
    site::{CallSite, is_heard},
    word::Word,
};
use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread::panicking,
    time::Duration,
};

/// Times from its making until it is dropped. `Send`: it may be kept across `.await` and dropped
/// on another thread; its duration is right all the same, while self time and callers of what ran
/// meanwhile are then approximate.
///
/// ```
/// let timer = perf_core::timer("load");
/// let took = timer.stop();
/// assert_eq!(perf_core::get("load").unwrap().max(), Some(took));
/// ```
#[must_use = "a timer ends when it is dropped: keep it, as in `let _t = timer!(…)`"]
pub struct Timer {
    /// Where it started; `None` when not timing (`registry` is 0 then), and while the thread is
    /// being torn down.
    lane: Option<&'static Lane>,
    site: Option<&'static CallSite>,
    registry: u32,
    depth: u32,
    word: Word,
    start: u64,
}

impl Timer {
    /// A timer of a call site, on the current registry. For `timer!`.
    #[doc(hidden)]
    #[inline]
    pub fn at(site: &'static CallSite) -> Self {
        if enabled() { Self::current(site.op(), Some(site)) } else { Self::off() }
    }

    /// A timer of a call site's series with these labels. For `timer!`.
    #[doc(hidden)]
    #[inline]
    pub fn labelled(site: &'static CallSite, labels: labels::At<'_>) -> Self {
        if enabled() {
            Self::current(labels::series(site, labels), Some(site))
        } else {
            Self::off()
        }
    }

    /// A timer of a name with labels. For `timer!`.
    #[doc(hidden)]
    pub fn named(name: &str, labels: labels::At<'_>) -> Self {
        if enabled() { Self::current(labels::look_up(name, labels), None) } else { Self::off() }
    }

    /// A timer of an operation, on the current registry; of none if its id could not be had.
    #[inline]
    fn current(op: u32, site: Option<&'static CallSite>) -> Self {
        if op == 0 {
            return Self::off();
        }
        match local::current() {
            Some(lane) => Self::on(lane, op, site),
            None => Self::without_lane(op),
        }
    }

    /// A timer of an operation, on a given registry.
    pub(crate) fn start(core: &Arc<Core>, op: u32) -> Self {
        match local::lane_for(core) {
            Some(lane) => Self::on(lane, op, None),
            None => Self::late(core, op),
        }
    }

    #[cold]
    fn without_lane(op: u32) -> Self {
        if let Some(core) = local::core() {
            return Self::late(&core, op);
        }
        local::lose();
        Self::off()
    }

    /// A timer that records nothing.
    #[doc(hidden)]
    pub fn off() -> Self {
        Self { lane: None, site: None, registry: 0, depth: 0, word: Word(0), start: 0 }
    }

    #[inline]
    fn on(lane: &'static Lane, op: u32, site: Option<&'static CallSite>) -> Self {
        let entered = lane.frames.enter_loosely(op);
        let word = Word::new(op, entered.parent, entered.nested, panicking());
        let registry = lane.registry.load(Relaxed);
        let start = lane.clock.ticks();
        Self { lane: Some(lane), site, registry, depth: entered.depth, word, start }
    }

    #[cold]
    fn late(core: &Core, op: u32) -> Self {
        let word = Word::new(op, 0, false, panicking());
        let start = Clock::get().ticks();
        Self { lane: None, site: None, registry: core.id, depth: 0, word, start }
    }

    /// Marks the call as failed: its outcome will be [`Outcome::Error`].
    ///
    /// ```
    /// let mut timer = perf_core::timer("import");
    /// timer.fail();
    /// drop(timer);
    /// assert_eq!(perf_core::get("import").unwrap().errors(), 1);
    /// ```
    pub fn fail(&mut self) {
        self.word.set_outcome(Outcome::Error);
    }

    /// Ends it without recording anything.
    ///
    /// ```
    /// perf_core::timer("not this one").discard();
    /// assert!(perf_core::get("not this one").is_none());
    /// ```
    pub fn discard(mut self) {
        match self.lane_here() {
            Some(lane) => lane.frames.leave_out(self.depth, self.word.op()),
            None => self.bury(),
        }
        self.registry = 0;
    }

    /// The time since it was made; zero when timing is switched off.
    ///
    /// ```
    /// let timer = perf_core::timer("wait");
    /// let first = timer.elapsed();
    /// assert!(timer.elapsed() >= first);
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        if self.registry == 0 {
            return Duration::ZERO;
        }
        let clock = Clock::get();
        Duration::from_nanos(clock.nanos(clock.ticks().saturating_sub(self.start)))
    }

    /// Ends it, and returns the duration it recorded; zero when timing is switched off.
    #[must_use = "drop the timer if the duration is not wanted"]
    pub fn stop(mut self) -> Duration {
        if self.registry == 0 {
            return Duration::ZERO;
        }
        let clock = Clock::get();
        let end = clock.ticks();
        self.finish(end);
        Duration::from_nanos(clock.nanos(end.saturating_sub(self.start)))
    }

    #[inline]
    fn finish(&mut self, end: u64) {
        settle_panic(&mut self.word);
        let ticks = end.wrapping_sub(self.start);
        if let Some(lane) = self.lane_here() {
            let left = self.leave(lane, end.saturating_sub(self.start));
            lane.record(Event { word: self.word.0, ticks, children: left.children });
            left.allocated.record(self.word, |event| lane.record(event));
        } else {
            self.word.0 |= Word::OVERLAP;
            self.bury();
            record_elsewhere(self.registry, Event { word: self.word.0, ticks, children: 0 });
        }
        // It has ended, even if whoever listens to the log panics.
        self.registry = 0;
        let level = self.site.and_then(|site| site.level);
        // Not while the thread is being torn down: a subscriber's own thread-locals may be gone.
        if self.lane.is_some() && is_heard(level) {
            log::call(self.word, self.site, ticks);
        }
    }

    /// The lane to record on, if it is this thread's.
    #[inline]
    fn lane_here(&self) -> Option<&'static Lane> {
        self.lane.filter(|lane| self.is_served_by(lane) && local::owns(lane))
    }

    #[inline]
    fn is_served_by(&self, lane: &Lane) -> bool {
        lane.registry.load(Relaxed) == self.registry
    }

    /// Closes the scope, after so many ticks.
    #[inline]
    fn leave(&mut self, lane: &Lane, ticks: u64) -> Left {
        let left = lane.frames.leave_checked(self.depth, self.word.op(), ticks);
        left.unwrap_or_else(|| {
            self.word.0 |= Word::OVERLAP;
            Left::default()
        })
    }

    /// Closes the scope on another thread than it was opened on.
    #[cold]
    fn bury(&self) {
        let serving = self.lane.filter(|lane| self.is_served_by(lane));
        serving.into_iter().for_each(|lane| lane.frames.bury(self.depth, self.word.op()));
    }
}

impl Drop for Timer {
    #[inline]
    fn drop(&mut self) {
        if self.registry == 0 {
            return;
        }
        let end = match self.lane {
            Some(lane) => lane.clock.ticks(),
            None => Clock::get().ticks(),
        };
        self.finish(end);
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = directory::series(self.word.op()).to_string();
        let mut timer = f.debug_struct("Timer");
        timer.field("operation", &name).field("elapsed", &self.elapsed()).finish_non_exhaustive()
    }
}

/// Records on a lane of this thread that serves the registry, else elsewhere.
#[inline]
pub(crate) fn record_in(lane: Option<&'static Lane>, registry: u32, event: Event) {
    match lane {
        Some(lane) => lane.record(event),
        None => record_elsewhere(registry, event),
    }
}

/// Records for a registry this thread may not be on. Nothing is left to record in if it is gone.
#[cold]
fn record_elsewhere(registry: u32, event: Event) {
    if let Some(core) = Core::by_id(registry) {
        core.record(event);
    }
}

/// Starts timing a scope on the current registry, under a name of any lifetime. `timer!` does the
/// same; with a literal name it is faster.
///
/// ```
/// let table = "users";
/// let _t = perf_core::timer(&format!("load {table}"));
/// ```
pub fn timer(name: &str) -> Timer {
    match directory::intern(name) {
        Some(op) if enabled() => Timer::current(op, None),
        _ => Timer::off(),
    }
}
