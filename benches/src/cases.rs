//! What perfkit promises, measured: each in a process of its own.

use crate::{
    contenders::{two_reads, untimed},
    measure::{self, Cost, in_turn, nanos_each},
    operations, pauses,
};
use perfkit::{Registry, timed};
use std::{
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// One promise.
pub(crate) struct Case {
    pub(crate) what: &'static str,
    pub(crate) target: f64,
    pub(crate) unit: &'static str,
    pub(crate) measure: fn() -> f64,
}

macro_rules! cases {
    ($($what:literal: $target:literal $unit:literal = $measure:expr;)*) => {
        /// All of them.
        pub(crate) const ALL: &[Case] =
            &[$(Case { what: $what, target: $target, unit: $unit, measure: $measure }),*];
    };
}

cases! {
    "#[timed], 1 thread, wall": 1.15 "× floor" = one_thread;
    "#[timed], sustained, process CPU": 1.15 "× floor" = process_cpu;
    "2 threads on one operation": 1.05 "× 1 thread" = two_threads;
    "100 operations in rotation": 1.15 "× one" = rotation;
    "async fn ready at first poll": 1.15 "× sync" = ready_future;
    "two &str labels, cached, above the floor": 15.0 "ns" = labelled;
    "sample = 64": 0.10 "× floor" = sampled;
    "switched off": 1.0 "ns" = switched_off;
    "an operation of 1 µs to 10 ms, 3 digits": 64.0 "KiB" = || memory(3);
    "an operation of 1 µs to 10 ms, 2 digits": 10.0 "KiB" = || memory(2);
    "memory grown by 10⁹ calls": 64.0 "KiB" = growth;
    "summary after 10⁸ calls of 100 operations": 5.0 "ms" = summary;
    "snapshot of 1,000 operations, 2 threads recording": 20.0 "ms" = pauses::snapshot_ms;
    "calls that snapshots hold up over 10 µs": 5.0 "in 10⁶" = pauses::held_up_per_million;
    "first call of a program": 2.0 "ms" = first_call;
}

const SHORT: u64 = 5_000;

#[inline(never)]
#[timed]
pub(crate) fn sync(n: u64) -> u64 {
    black_box(n)
}

/// perfkit and the floor, above the call that is not timed.
fn against_floor(call: measure::Call) -> (Cost, Cost) {
    measure::time(call, 10_000);
    let [plain, floor, cost] = in_turn([untimed, two_reads, call], SHORT);
    (cost.above(plain), floor.above(plain))
}

fn one_thread() -> f64 {
    let (cost, floor) = against_floor(sync);
    cost.min / floor.min
}

fn process_cpu() -> f64 {
    const CALLS: u64 = 10_000_000;
    let (_, floor) = against_floor(sync);
    let cpu = |call: measure::Call, report: fn()| {
        let runs = (0..10).map(|_| {
            let before = measure::process_cpu();
            measure::time(call, CALLS);
            report();
            nanos_each(measure::process_cpu().saturating_sub(before), CALLS)
        });
        runs.fold(f64::MAX, f64::min)
    };
    let report = || drop(black_box(perfkit::summary().to_string()));
    (cpu(sync, report) - cpu(untimed, || ())) / floor.min
}

fn two_threads() -> f64 {
    measure::time(sync, 10_000);
    let [plain, one] = in_turn([untimed, sync], 4 * SHORT);
    let [plain_of_two, two] = measure::at_once([untimed, sync], 4 * SHORT);
    two.above(plain_of_two).median / one.above(plain).median
}

fn rotation() -> f64 {
    let calls = [untimed, sync, operations::hundred_plain, operations::hundred_timed];
    measure::time(operations::hundred_timed, 100);
    let [plain, one, plain_hundred, hundred] = in_turn(calls, 500);
    hundred.above(plain_hundred).min / 100.0 / one.above(plain).min
}

fn ready<F: Future<Output = u64>>(future: F) -> u64 {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(n) => n,
        Poll::Pending => 0,
    }
}

#[inline(never)]
pub(crate) fn timed_future(n: u64) -> u64 {
    #[timed]
    async fn asynchronous(n: u64) -> u64 {
        black_box(n)
    }
    ready(asynchronous(n))
}

#[inline(never)]
fn untimed_future(n: u64) -> u64 {
    #[expect(clippy::unused_async, reason = "it is ready at the first poll")]
    async fn plain(n: u64) -> u64 {
        black_box(n)
    }
    ready(plain(n))
}

fn ready_future() -> f64 {
    measure::time(timed_future, 10_000);
    let [plain, one, plain_future, future] =
        in_turn([untimed, sync, untimed_future, timed_future], SHORT);
    future.above(plain_future).min / one.above(plain).min
}

/// With two labels.
pub(crate) fn request(n: u64) -> u64 {
    #[inline(never)]
    #[timed(labels(method = method, route = route))]
    fn request(method: &str, route: &str, n: u64) -> u64 {
        black_box((method, route, n)).2
    }
    request("GET", "/users/{id}", n)
}

fn labelled() -> f64 {
    let (cost, floor) = against_floor(request);
    cost.min - floor.min
}

#[inline(never)]
#[timed(sample = 64)]
pub(crate) fn often(n: u64) -> u64 {
    black_box(n)
}

fn sampled() -> f64 {
    let (cost, floor) = against_floor(often);
    cost.min / floor.min
}

fn switched_off() -> f64 {
    perfkit::set_enabled(false);
    let [plain, off] = in_turn([untimed, sync], SHORT);
    off.above(plain).min
}

/// Durations as calls have them: evenly spread over the powers of ten.
fn memory(digits: u8) -> f64 {
    const OPERATIONS: u32 = 200;
    let registry = Registry::new();
    registry.set_precision(digits);
    registry.record("first", Duration::from_micros(1));
    let names: Vec<String> = (0..OPERATIONS).map(|n| format!("operation {n}")).collect();
    let before = measure::resident();
    for name in &names {
        for step in 0..20_000_i32 {
            let seconds = 1e-6 * 10_f64.powf(4.0 * f64::from(step) / 20_000.0);
            registry.record(name, Duration::from_secs_f64(seconds));
        }
    }
    let grown = measure::resident().saturating_sub(before);
    grown as f64 / 1024.0 / f64::from(OPERATIONS)
}

fn growth() -> f64 {
    measure::time(sync, 1_000_000);
    let before = measure::resident();
    measure::time(sync, 1_000_000_000);
    measure::resident().saturating_sub(before) as f64 / 1024.0
}

fn summary() -> f64 {
    measure::time(operations::hundred_timed, 1_000_000);
    let start = Instant::now();
    black_box(perfkit::summary().to_string());
    start.elapsed().as_secs_f64() * 1e3
}

fn first_call() -> f64 {
    let start = Instant::now();
    sync(1);
    start.elapsed().as_secs_f64() * 1e3
}
