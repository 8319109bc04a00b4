//! Two reads of the CPU's time-stamp counter: nothing that times a call can cost less.

use super::{Contender, no_report};
use std::{hint::black_box, sync::OnceLock};

pub(crate) const CONTENDER: Contender = Contender {
    name: "two clock reads",
    keeps: "nothing: the floor",
    call: two_reads,
    start: no_report,
};

static CLOCK: OnceLock<quanta::Clock> = OnceLock::new();

#[inline(never)]
pub(crate) fn two_reads(n: u64) -> u64 {
    let clock = CLOCK.get_or_init(quanta::Clock::new);
    let start = clock.raw();
    let n = black_box(n);
    black_box(clock.raw().wrapping_sub(start));
    n
}
