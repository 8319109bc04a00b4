//! Snapshots of a thousand operations while two threads record them: how long they take, and how
//! many calls they make wait.

use crate::{measure::Call, operations};
use perfkit::{Registry, with_registry};
use std::{
    fs,
    hint::black_box,
    ops::AddAssign,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// A call that took longer was held up.
const HELD_UP_NANOS: u64 = 10_000;
const PHASES: usize = 40;
const PHASE: Duration = Duration::from_millis(200);

/// The median time of a snapshot.
pub(crate) fn snapshot_ms() -> f64 {
    measure().0
}

/// How many calls in a million took over 10 µs while snapshots were taken, one after the other, more
/// than while the same was done with a registry that nobody records in: interrupts and a third busy
/// thread hold up calls too. The median of all pairs of phases.
pub(crate) fn held_up_per_million() -> f64 {
    let (_, phases) = measure();
    let pairs = phases.chunks_exact(2).map(|pair| pair[1].per_million() - pair[0].per_million());
    let mut more: Vec<f64> = pairs.collect();
    more.sort_by(f64::total_cmp);
    more[more.len() / 2].max(0.0)
}

#[derive(Clone, Copy, Default)]
struct Calls {
    all: u64,
    held_up: u64,
}

impl Calls {
    fn per_million(self) -> f64 {
        self.held_up as f64 * 1e6 / self.all.max(1) as f64
    }
}

impl AddAssign for Calls {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.held_up += other.held_up;
    }
}

/// Snapshots for the length of a phase: the time of each, in ms.
fn read_on(registry: &Registry) -> Vec<f64> {
    let phase = Instant::now();
    let mut snapshots = Vec::new();
    while phase.elapsed() < PHASE {
        let start = Instant::now();
        black_box(registry.snapshot());
        snapshots.push(start.elapsed().as_secs_f64() * 1e3);
    }
    snapshots
}

/// Two threads call a thousand operations in turn, in phases: while snapshots of another registry are
/// taken, and while their own are. Returns the median time of a snapshot in ms, and the calls of each phase.
fn measure() -> (f64, Vec<Calls>) {
    operations::ALL.iter().for_each(|operation| {
        (0..200).for_each(|n| {
            operation(n);
        });
    });
    let other = Registry::new();
    with_registry(&other, || {
        operations::ALL.iter().for_each(|operation| {
            operation(1);
        });
    });
    let phase = AtomicUsize::new(0);
    let mut snapshots = Vec::new();
    let mut calls = vec![Calls::default(); PHASES];
    thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| record(&phase)));
        for _ in 0..PHASES / 2 {
            read_on(&other);
            phase.fetch_add(1, Relaxed);
            snapshots.extend(read_on(Registry::global()));
            phase.fetch_add(1, Relaxed);
        }
        for thread in threads {
            let theirs = thread.join().expect("no panic");
            calls.iter_mut().zip(theirs).for_each(|(calls, theirs)| *calls += theirs);
        }
    });
    snapshots.sort_by(f64::total_cmp);
    (snapshots[snapshots.len() / 2], calls)
}

/// The calls of a thread in each phase. A stretch of a thousand counts if it lay in one phase and the
/// CPU was not taken away from the thread meanwhile; that it waited for a lock counts.
fn record(phase: &AtomicUsize) -> Vec<Calls> {
    let clock = quanta::Clock::new();
    let mut calls = vec![Calls::default(); PHASES];
    loop {
        let before = (phase.load(Relaxed), preempted());
        let Some(calls) = calls.get_mut(before.0) else { return calls };
        let held_up =
            operations::ALL.iter().filter(|call| nanos(&clock, **call) > HELD_UP_NANOS).count();
        if (phase.load(Relaxed), preempted()) == before {
            *calls += Calls { all: operations::ALL.len() as u64, held_up: held_up as u64 };
        }
    }
}

fn nanos(clock: &quanta::Clock, operation: Call) -> u64 {
    let start = clock.raw();
    black_box(operation(1));
    clock.delta_as_nanos(start, clock.raw())
}

/// How often the CPU was taken away from this thread.
fn preempted() -> Option<String> {
    let status = fs::read_to_string("/proc/thread-self/status").ok()?;
    status.lines().find(|line| line.starts_with("nonvoluntary")).map(str::to_owned)
}
