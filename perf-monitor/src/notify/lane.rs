//! What a delivery and the thread of one notifier share.

use super::{figures::Figures, queue::Queue};
use crate::alert::Alert;
use perf_core::__bridge::heal;
use std::{
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) notifier: String,
    state: Mutex<State>,
    changed: Condvar,
    pub(super) figures: Figures,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    /// When whoever stops it goes away.
    end: Option<Instant>,
    /// Whether the thread is done.
    is_over: bool,
}

/// What ends a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paused {
    /// It was as long as it should be.
    Enough,
    /// It is being stopped: what is left is sent now or never.
    Hurry,
    /// It is being stopped, and there is no time left.
    Over,
}

impl Lane {
    pub(super) fn new(notifier: String, figures: Figures, bound: usize) -> Self {
        let state = State { queue: Queue::new(bound), end: None, is_over: false };
        Self { notifier, state: Mutex::new(state), changed: Condvar::new(), figures }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        heal(self.state.lock())
    }

    /// Until something changes, or then.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        let Some(until) = until else {
            return heal(self.changed.wait(state));
        };
        let left = until.saturating_duration_since(Instant::now());
        heal(self.changed.wait_timeout(state, left)).0
    }

    pub(super) fn send(&self, alerts: impl IntoIterator<Item = Alert>) {
        let mut state = self.lock();
        let before = state.queue.len();
        let dropped = state.queue.push(alerts);
        self.figures.dropped.add(dropped as u64);
        self.figures.queued.add(state.queue.len() as f64 - before as f64);
        self.changed.notify_all();
    }

    /// Waits for alerts, which stay in the queue; none of them when it is `due`, however many wait.
    /// `None` at the end.
    pub(super) fn next(&self, most: usize, due: Option<Instant>) -> Option<Vec<Alert>> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if state.end.is_some_and(|end| end <= now || state.queue.len() == 0) {
                return None;
            }
            if state.end.is_none() && due.is_some_and(|due| due <= now) {
                return Some(Vec::new());
            }
            if state.queue.len() > 0 {
                return Some(state.queue.batch(most));
            }
            state = self.wait(state, due);
        }
    }

    /// The first so many that [`next`](Self::next) gave are sent, or given up; how many they were.
    pub(super) fn done(&self, count: usize) -> u64 {
        let done = self.lock().queue.done(count);
        self.figures.queued.add(-(done as f64));
        done as u64
    }

    /// Waits until the next try. What the other side asks for is kept to; a pause of our own ends when
    /// it is being stopped.
    pub(super) fn pause(&self, pause: Duration, is_asked: bool) -> Paused {
        let until = Instant::now() + pause;
        let mut state = self.lock();
        let was_ending = state.end.is_some();
        loop {
            let now = Instant::now();
            if state.end.is_some_and(|end| end <= now || is_asked && end < until) {
                return Paused::Over;
            }
            if state.end.is_some() && !was_ending && !is_asked {
                return Paused::Hurry;
            }
            if until <= now {
                return Paused::Enough;
            }
            let wake = state.end.map_or(until, |end| end.min(until));
            state = self.wait(state, Some(wake));
        }
    }

    /// Whether it is being stopped, and there is no time left.
    pub(super) fn is_late(&self) -> bool {
        self.lock().end.is_some_and(|end| end <= Instant::now())
    }

    /// Sends what is queued until then.
    pub(super) fn end(&self, by: Instant) {
        self.lock().end = Some(by);
        self.changed.notify_all();
    }

    /// The thread is done.
    pub(super) fn over(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Waits until the thread is done, or then; whether it is, and what is left, which counts as dropped.
    pub(super) fn rest(&self, by: Instant) -> (bool, Vec<Alert>) {
        let mut state = self.lock();
        while !state.is_over && Instant::now() < by {
            state = self.wait(state, Some(by));
        }
        let rest = state.queue.rest();
        self.figures.dropped.add(rest.len() as u64);
        self.figures.queued.add(-(rest.len() as f64));
        (state.is_over, rest)
    }
}
