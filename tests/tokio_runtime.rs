//! What tokio tells of its runtimes and tasks.

use perfkit::{Registry, tokio as watch};
use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
};

const WORKERS: usize = 2;

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_time();
    #[cfg(tokio_unstable)]
    builder.enable_metrics_poll_time_histogram();
    builder.build().unwrap()
}

/// Tries again until there is something, for some time.
fn until<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it did not come about");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A poll that is slow.
fn keep_busy() {
    let start = Instant::now();
    while start.elapsed() < 4 * watch::SLOW_POLL {}
}

#[test]
fn a_runtimes_workers_tasks_and_busy_time() {
    let (registry, runtime) = (Registry::new(), runtime());
    for _ in 0..2 {
        // The second time it is known.
        watch::runtime_in(&registry, Some("main"), runtime.handle());
    }
    let labels = [("runtime", "main")];
    // They are whole numbers.
    let gauge = |name: &str| registry.snapshot().gauge(name, &labels).unwrap() as usize;
    assert_eq!(gauge("tokio_workers"), WORKERS);

    let (release, released) = oneshot::channel::<()>();
    let waiting = runtime.spawn(async { drop(released.await) });
    assert_eq!(gauge("tokio_live_tasks"), 1);
    release.send(()).unwrap();
    runtime.block_on(waiting).unwrap();

    // What is queued while both workers are held stays in the queue all share.
    let before = registry.snapshot();
    let barrier = Arc::new(Barrier::new(WORKERS + 1));
    let hold = || {
        let barrier = Arc::clone(&barrier);
        runtime.spawn(async move {
            barrier.wait();
            thread::sleep(Duration::from_millis(50));
            barrier.wait();
        })
    };
    let mut tasks = vec![hold(), hold()];
    barrier.wait();
    tasks.extend((0..10).map(|_| runtime.spawn(async {})));
    assert!(gauge("tokio_global_queue_depth") >= 10);
    barrier.wait();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    // A worker's time counts once it is parked.
    let interval = until(|| {
        let interval = registry.snapshot().since(&before);
        let busy = interval.counter("tokio_busy_ns_total", &labels).unwrap();
        (busy >= 100_000_000).then_some(interval)
    });
    let busy = interval.counter("tokio_busy_ns_total", &labels).unwrap();
    let most = interval.elapsed().as_nanos() as u64 * WORKERS as u64;
    assert!(busy <= most, "{busy} of {most}");
    assert!(interval.counter("tokio_parks_total", &labels).unwrap() > 0);
    let ratio = interval.gauge("tokio_busy_ratio", &labels).unwrap();
    assert!((0.0..=1.0).contains(&ratio), "{ratio}");
    #[cfg(tokio_unstable)]
    {
        let slow = interval.counter("tokio_slow_polls_total", &labels).unwrap();
        let polls = interval.counter("tokio_polls_total", &labels).unwrap();
        assert!((2..=polls).contains(&slow), "{slow} of {polls}");
        assert!(polls >= 12, "{polls}");
    }
}

#[test]
fn tasks_of_one_kind_with_their_slow_polls() {
    let (registry, runtime) = (Registry::new(), runtime());
    let monitor = watch::tasks_in(&registry, "jobs");
    let labels = [("tasks", "jobs")];
    let counter = |name: &str| registry.snapshot().counter(name, &labels).unwrap();
    let run = |tasks: usize| {
        let jobs = (0..tasks).map(|_| {
            runtime.spawn(monitor.instrument(async {
                keep_busy();
                tokio::task::yield_now().await;
            }))
        });
        let jobs: Vec<_> = jobs.collect();
        runtime.block_on(async {
            for job in jobs {
                job.await.unwrap();
            }
        });
    };
    run(10);
    assert_eq!((counter("tokio_tasks_total"), counter("tokio_task_polls_total")), (10, 20));
    assert!(counter("tokio_task_slow_polls_total") >= 10);
    assert!(counter("tokio_task_slow_poll_ns_total") >= 10 * 200_000);

    // What is added up goes on after a reset.
    registry.reset();
    run(5);
    assert_eq!((counter("tokio_tasks_total"), counter("tokio_task_polls_total")), (5, 10));
    let unit = registry.snapshot();
    let unit = unit.metrics().iter().find(|m| m.name() == "tokio_task_poll_ns_total").unwrap();
    assert_eq!(unit.unit(), Some("ns"));
}

#[test]
#[cfg(target_os = "linux")]
fn runtimes_that_are_watched_no_more_leave_nothing_behind() {
    let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let registry = Registry::new();
    let before = open_files();
    for _ in 0..50 {
        let runtime = runtime();
        let seen = watch::runtime_in(&registry, None, runtime.handle());
        assert_eq!(registry.snapshot().gauge("tokio_workers", &[]), Some(WORKERS as f64));
        seen.stop();
    }
    // Other tests of this process may have some open.
    let after = open_files();
    assert!(after < before + 50, "{before} open files became {after}");
    let (first, second) = (watch::tasks_in(&registry, "jobs"), watch::tasks_in(&registry, "jobs"));
    futures::executor::block_on(async {
        first.instrument(async {}).await;
        second.instrument(async {}).await;
    });
    let tasks = registry.snapshot().counter("tokio_tasks_total", &[("tasks", "jobs")]);
    assert_eq!(tasks, Some(2));
}

#[test]
fn the_global_registry_is_the_usual_one() {
    let runtime = runtime();
    watch::runtime(runtime.handle());
    let monitor = watch::tasks("global");
    runtime.block_on(monitor.instrument(async {}));
    let snapshot = perfkit::snapshot();
    assert_eq!(snapshot.gauge("tokio_workers", &[]), Some(WORKERS as f64));
    assert_eq!(snapshot.counter("tokio_tasks_total", &[("tasks", "global")]), Some(1));
}
