//! A stretch of time that is nobody's caller: how long something was held.

use crate::{
    clock::Clock, enabled, local, ring::Event, site::CallSite, timer::record_in, word::Word,
};
use std::sync::atomic::Ordering::Relaxed;

/// Timed from its making until it is dropped, on any thread. Unlike a scope it has no part in the
/// self time of what it was made in.
#[derive(Debug)]
#[must_use]
pub struct Stretch {
    word: Word,
    /// 0 when not timing.
    registry: u32,
    start: u64,
}

impl Stretch {
    /// Begins one of a site, in the current registry.
    #[inline]
    pub fn begin(site: &'static CallSite) -> Self {
        let op = if enabled() { site.op() } else { 0 };
        // Switched off, it makes no lane either.
        match (op != 0).then(local::current).flatten() {
            Some(lane) => Self {
                word: Word::new(op, lane.frames.innermost(), false, false),
                registry: lane.registry.load(Relaxed),
                start: lane.clock.ticks(),
            },
            None => Self { word: Word(0), registry: 0, start: 0 },
        }
    }
}

impl Drop for Stretch {
    #[inline]
    fn drop(&mut self) {
        if self.registry == 0 {
            return;
        }
        let ticks = Clock::get().ticks().wrapping_sub(self.start);
        let event = Event { word: self.word.0, ticks, children: 0 };
        let lane = local::current().filter(|lane| lane.registry.load(Relaxed) == self.registry);
        record_in(lane, self.registry, event);
    }
}
