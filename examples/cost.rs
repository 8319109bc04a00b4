//! What timing a call costs here: ns above the same empty function untimed, and as a share of two
//! reads of the clock. The minimum of 300 rounds of 20,000 calls, kinds in turn.
//!
//! `cargo run --release --example cost`

use perfkit::{Builder, Format, timed, timer};
use std::hint::black_box;

const ROUNDS: usize = 300;
const CALLS: u64 = 20_000;

#[inline(never)]
fn plain(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[timed("timed")]
fn timed_function(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
fn scope(n: u64) -> u64 {
    let _t = timer!("scope");
    black_box(n)
}

fn main() {
    let _perf = Builder::new().format(Format::None).init();
    let clock = quanta::Clock::new();
    let floor = |n: u64| {
        let start = clock.raw();
        let n = black_box(n);
        black_box(clock.raw().wrapping_sub(start));
        n
    };
    let off = |n: u64| timed_function(n);
    let kinds: [(&str, &dyn Fn(u64) -> u64); 5] = [
        ("untimed", &plain),
        ("two clock reads", &floor),
        ("#[timed]", &timed_function),
        ("timer!", &scope),
        ("switched off", &off),
    ];
    let mut best = [f64::MAX; 5];
    for _ in 0..ROUNDS {
        for ((name, call), best) in kinds.iter().zip(&mut best) {
            perfkit::set_enabled(*name != "switched off");
            let start = clock.raw();
            (0..CALLS).for_each(|n| {
                black_box(call(n));
            });
            let nanos = clock.delta_as_nanos(start, clock.raw());
            *best = best.min(nanos as f64 / CALLS as f64);
        }
    }
    for ((name, _), cost) in kinds.iter().zip(best).skip(1) {
        let (cost, floor) = (cost - best[0], best[1] - best[0]);
        println!("{name:16} {cost:5.1} ns  {:5.2} of two clock reads", cost / floor);
    }
}
