//! The metrics facade with its Prometheus recorder, through the macro.

use super::{Contender, metrics_handle};
use std::{hint::black_box, time::Instant};

pub(crate) const CONTENDER: Contender = Contender {
    name: "metrics histogram!",
    keeps: "sketch, 1 %",
    call: timed,
    start: metrics_handle::start,
};

#[inline(never)]
fn timed(n: u64) -> u64 {
    let start = Instant::now();
    let n = black_box(n);
    metrics::histogram!("timed_by_macro").record(start.elapsed());
    n
}
