//! 10,000 workers: how long a tick takes, and how much memory.
//!
//! `cargo test --release -p perf-fleet --test scale -- --ignored --nocapture --test-threads 1` prints the
//! figures.

use perf_core::Registry;
use perf_fleet::{
    Fleet, FleetBuilder, ManualClock, Worker,
    balance::{Job, Strategy},
};
use std::time::{Duration, Instant};

const WORKERS: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

fn filled(builder: FleetBuilder, minutes: u32) -> (Fleet, Vec<Worker>) {
    let clock = ManualClock::new();
    let fleet = builder.clock(clock.clone()).build();
    let worker = |n: usize| {
        let worker = fleet.worker(&format!("AGENT_{n:05}")).domain(&format!("D{}", n % 5));
        worker.max_concurrent(4)
    };
    let workers: Vec<_> = (0..WORKERS).map(worker).collect();
    for minute in 0..minutes {
        for (n, worker) in workers.iter().enumerate() {
            busy(worker, n as u64 + u64::from(minute));
        }
        clock.advance(MINUTE);
    }
    (fleet, workers)
}

fn busy(worker: &Worker, n: u64) {
    for task in 0..5 {
        worker.record_task(
            Duration::from_millis(10_000 + 7_919 * (n + task) % 60_000),
            !n.is_multiple_of(50),
        );
    }
    worker.cache(9, 1);
    worker.set_queue_depth(n % 7);
    worker.set_workload((n % 100) as f64);
}

/// The shortest of some runs, and what was made.
fn shortest<R>(what: &str, mut run: impl FnMut() -> R) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        drop(run());
        start.elapsed()
    };
    let took = (0..5).map(timed).min().unwrap_or_default();
    println!("{what}: {took:.1?}");
    took
}

#[test]
#[ignore = "measures"]
fn a_tick_of_ten_thousand_workers() {
    let registry = Registry::new();
    let start = Instant::now();
    let (fleet, _) = filled(Fleet::builder().registry(&registry), 60);
    println!("an hour of {WORKERS} workers, 3,000,000 tasks: {:.1?}", start.elapsed());
    let tick = shortest("snapshot, 2,000 workers with series of their own", || registry.snapshot());
    assert!(tick <= Duration::from_millis(500), "{tick:?}");
    shortest("what is known of each", || fleet.stats());
    shortest("bottlenecks", || fleet.bottlenecks());
    shortest("insights", || fleet.insights());
    shortest("rebalance, least loaded", || fleet.rebalance(Strategy::LeastLoaded));
    shortest("evacuate", || fleet.evacuate("AGENT_00099"));
    let jobs: Vec<_> = (0..1_000).map(|n| Job::new(&format!("j{n}"))).collect();
    shortest("assignment of 1,000 tasks", || fleet.assign(&jobs));
    let now = fleet.now();
    shortest("report of the hour", || fleet.generate_report(now - 60 * MINUTE, now, None));

    perf_core::set_label_cap(7_000);
    let registry = Registry::new();
    let (_fleet, _) = filled(Fleet::builder().registry(&registry).series(7_000), 3);
    let tick = shortest("snapshot, 7,000 workers with series of their own", || registry.snapshot());
    assert!(tick <= Duration::from_millis(500), "{tick:?}");
}

#[test]
#[ignore = "measures"]
fn memory_of_a_worker() {
    let bytes = |what: &str, registry: Option<&Registry>, minutes: u32| {
        let mut kept = None;
        let info = allocation_counter::measure(|| {
            let builder = Fleet::builder();
            let builder = match registry {
                Some(registry) => builder.registry(registry),
                None => builder,
            };
            kept = Some(filled(builder, minutes));
        });
        let each = info.bytes_current / i64::try_from(WORKERS).unwrap();
        println!("{what}: {each} bytes a worker");
        each
    };
    assert!(bytes("that has done nothing", None, 0) < 2_000);
    assert!(bytes("busy for an hour", None, 60) < 20_000);
    assert!(bytes("the same, 2,000 of them with series", Some(&Registry::new()), 60) < 25_000);
    assert!(bytes("busy for 30 hours", None, 1_800) < 80_000);
}
