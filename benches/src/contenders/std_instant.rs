//! The standard library's clock.

use super::{Contender, no_report};
use std::{hint::black_box, time::Instant};

pub(crate) const CONTENDER: Contender = Contender {
    name: "two std::time::Instant",
    keeps: "nothing",
    call: timed,
    start: no_report,
};

#[inline(never)]
fn timed(n: u64) -> u64 {
    let start = Instant::now();
    let n = black_box(n);
    black_box(start.elapsed());
    n
}
