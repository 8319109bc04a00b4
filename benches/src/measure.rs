//! How a call is measured: kinds in turn, many short sections, the minimum and the median.

use serde::{Deserialize, Serialize};
use std::{
    hint::black_box,
    sync::atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire},
    },
    thread,
    time::{Duration, Instant},
};

pub(crate) type Call = fn(u64) -> u64;

/// ns for each call.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Cost {
    pub(crate) min: f64,
    pub(crate) median: f64,
}

impl Cost {
    fn of(mut sections: Vec<f64>) -> Self {
        sections.sort_by(f64::total_cmp);
        Self { min: sections[0], median: sections[sections.len() / 2] }
    }

    /// What is left when the cost of the same call, not timed, is taken off.
    pub(crate) fn above(self, untimed: Self) -> Self {
        Self { min: self.min - untimed.min, median: self.median - untimed.median }
    }
}

/// Sections of each kind.
const ROUNDS: usize = 300;
/// Between rounds, for those who have a thread in the background: it may keep up with bursts.
const REST: Duration = Duration::from_millis(2);

/// What each of `calls` costs, on one thread.
pub(crate) fn in_turn<const K: usize>(calls: [Call; K], times: u64) -> [Cost; K] {
    let mut sections = [(); K].map(|()| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        thread::sleep(REST);
        for (call, sections) in calls.iter().zip(&mut sections) {
            sections.push(nanos_each(time(*call, times), times));
        }
    }
    sections.map(Cost::of)
}

/// What each of `calls` costs each of two threads that make it at once: a section lasts until both
/// have made all their calls.
pub(crate) fn at_once<const K: usize>(calls: [Call; K], times: u64) -> [Cost; K] {
    let arrived = AtomicUsize::new(0);
    let thread = || {
        let mut sections = [(); K].map(|()| Vec::with_capacity(ROUNDS));
        for _ in 0..ROUNDS {
            thread::sleep(REST);
            for (call, sections) in calls.iter().zip(&mut sections) {
                meet(&arrived);
                sections.push(nanos_each(time(*call, times), times));
            }
        }
        sections
    };
    let [first, second] = thread::scope(|scope| {
        [scope.spawn(thread), scope.spawn(thread)].map(|thread| thread.join().expect("no panic"))
    });
    let mut both = first.into_iter().zip(second);
    [(); K].map(|()| {
        let (first, second) = both.next().expect("one of each kind");
        Cost::of(first.into_iter().zip(second).map(|(first, second)| first.max(second)).collect())
    })
}

/// Waits for the other of two threads, without sleeping: both go on within a fraction of a µs.
fn meet(arrived: &AtomicUsize) {
    let both = arrived.fetch_add(1, AcqRel) / 2 * 2 + 2;
    while arrived.load(Acquire) < both {
        std::hint::spin_loop();
    }
}

/// How long so many calls take.
pub(crate) fn time(call: Call, times: u64) -> Duration {
    let start = Instant::now();
    for n in 0..times {
        black_box(call(black_box(n)));
    }
    start.elapsed()
}

pub(crate) fn nanos_each(duration: Duration, times: u64) -> f64 {
    duration.as_nanos() as f64 / times as f64
}

/// The CPU time of the process so far, of all threads, those that ended too.
pub(crate) fn process_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Bytes of memory the process has now.
pub(crate) fn resident() -> usize {
    memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem)
}
