//! What the polls of a future take: its busy time, where that is asked for.

use std::fmt::Debug;

/// Whether and how the polls of a call are timed.
pub trait Polls: Debug + Default {
    /// Whether they are.
    const TIMED: bool;

    /// Adds a poll of so many ticks.
    fn add(&mut self, ticks: u64);

    /// When the call has ended: how many there were, their ticks in all, and those of the longest.
    fn told(&self) -> (u64, u64, u64);
}

/// They are not timed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unpolled;

impl Polls for Unpolled {
    const TIMED: bool = false;

    #[inline]
    fn add(&mut self, _: u64) {}

    #[inline]
    fn told(&self) -> (u64, u64, u64) {
        (0, 0, 0)
    }
}

/// They are timed. All in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Polled {
    polls: u64,
    busy: u64,
    longest: u64,
}

impl Polls for Polled {
    const TIMED: bool = true;

    #[inline]
    fn add(&mut self, ticks: u64) {
        self.polls += 1;
        self.busy = self.busy.saturating_add(ticks);
        self.longest = self.longest.max(ticks);
    }

    fn told(&self) -> (u64, u64, u64) {
        (self.polls, self.busy, self.longest)
    }
}
