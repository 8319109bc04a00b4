//! What is kept is bounded, whatever comes. In a binary of its own, for it has an allocator that counts.

use allocation_counter::measure;
use perf_core::Registry;
use perf_monitor::{
    rules::{Rules, ready_made},
    windows::Windows,
};
use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

const OPERATIONS: u64 = 500;

/// The CPU time of this thread, or where that is not told, since some time: not that of others on a busy
/// machine.
fn time() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|told| told.split(' ').next()?.parse().ok());
    told.map_or_else(|| BEGAN.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

/// Monitoring by a clock that is told the time.
struct Simulation {
    registry: Registry,
    windows: Windows,
    names: Vec<String>,
    /// How many different durations there are, as a power of two.
    bits: u32,
    seconds: u64,
    seed: u64,
    rules: Rules,
    /// What each tick took, with the rules.
    ticks: Vec<Duration>,
}

impl Simulation {
    fn new(operations: u64, bits: u32) -> Self {
        let names = (0..operations).map(|n| format!("operation_{n}")).collect();
        let windows = Windows::default();
        Self {
            registry: Registry::new(),
            windows,
            names,
            bits,
            seconds: 0,
            seed: 1,
            rules: Rules::new(ready_made()).unwrap(),
            ticks: Vec::new(),
        }
    }

    /// A tick every so many seconds, with calls of 1 to some 10 ms of each operation before it.
    fn run(&mut self, until: u64, every: u64, calls: u64) {
        while self.seconds < until {
            self.seconds += every;
            for name in &self.names {
                for _ in 0..calls {
                    self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let one_of = (self.seed >> (64 - self.bits)) as f64;
                    let spread = 1.0 + one_of / 2_f64.powf(self.bits.into());
                    let duration = Duration::from_secs_f64(1e-3 * spread.powi(3));
                    self.registry.record(name, duration);
                }
            }
            let start = SystemTime::UNIX_EPOCH;
            let now = start + Duration::from_secs(self.seconds);
            let snapshot = self.registry.snapshot().dated(start, now);
            let begun = time();
            self.windows.push(snapshot);
            self.rules.evaluate(&self.windows, now);
            self.ticks.push(time().saturating_sub(begun));
        }
    }

    /// Bytes of all intervals; what is merged from them and kept too is no more than that.
    fn bytes(&self) -> i64 {
        let mut kept = Vec::new();
        let copied = || kept.extend(self.windows.intervals(Duration::MAX).cloned());
        measure(copied).bytes_current
    }
}

#[test]
fn an_hour_of_500_operations_keeps_no_more_at_its_end_than_in_its_middle() {
    let mut simulation = None;
    let first = measure(|| simulation = Some(Simulation::new(OPERATIONS, 5))).bytes_current;
    let simulation = simulation.as_mut().unwrap();
    let mut live = first;
    // The longest window fills first.
    let [full, halfway, end] = [60, 90, 120].map(|minutes| {
        live += measure(|| simulation.run(60 * minutes, 30, 2)).bytes_current;
        live
    });
    for (what, bytes) in [("halfway", halfway), ("at the end", end)] {
        let share = bytes as f64 / full as f64;
        assert!((0.95..1.05).contains(&share), "{what}: {bytes} bytes after {full}");
    }
    assert!(simulation.bytes() > full / 10, "of that, much is windows");
    println!("{OPERATIONS} operations: {full} bytes, {halfway} halfway, {end} at the end");
}

#[test]
fn keeping_recent_calls_allocates_nothing_once_there_are_enough() {
    let registry = Registry::new();
    registry.keep_recent("kept", 100);
    let record = |calls: u64| {
        for nanos in 0..calls {
            registry.record("kept", Duration::from_nanos(nanos % 64));
            registry.record("other", Duration::from_nanos(nanos % 64));
        }
    };
    record(1_000);
    assert_eq!(measure(|| record(10_000)).count_total, 0);
    assert_eq!(registry.recent("kept").len(), 100);
}

/// `cargo test -p perf-monitor --release --test memory -- --nocapture figures`.
#[test]
fn figures_are_printed_of_what_an_hour_costs() {
    let all = [(200, 60, 10), (200, 10, 5), (500, 60, 10), (500, 10, 5)];
    // Only optimised they are worth the wait.
    let these = if cfg!(debug_assertions) { &all[..1] } else { &all[..] };
    for (operations, every, calls) in these.iter().copied() {
        let mut simulation = Simulation::new(operations, 24);
        let mib = [10, 30, 60].map(|minutes| {
            simulation.run(60 * minutes, every, calls);
            simulation.bytes() as f64 / f64::from(1 << 20)
        });
        let ticks = &mut simulation.ticks;
        ticks.sort_unstable();
        let [min, median, max] = [0, ticks.len() / 2, ticks.len() - 1].map(|at| ticks[at]);
        println!(
            "{operations} operations, a tick every {every} s with {calls} calls each: intervals of \
             {:.1} / {:.1} / {:.1} MiB after 10 / 30 / 60 min; a tick with the ready-made rules took \
             {min:.1?} / {median:.1?} / {max:.1?} (min / median / max)",
            mib[0], mib[1], mib[2]
        );
        assert!(mib[2] < 50.0);
    }
}
