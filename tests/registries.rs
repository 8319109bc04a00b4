//! Registries of one's own, and `PerformanceTracker`.
#![cfg(feature = "enabled")]

use perfkit::{PerformanceTracker, Registry, timed, timer, with_registry};
use std::{thread, time::Duration};

#[timed("work")]
fn work() {}

fn count(registry: &Registry, name: &str) -> u64 {
    registry.get(name).map_or(0, |operation| operation.count())
}

#[test]
fn two_registries_never_mix() {
    let (a, b) = (Registry::new(), Registry::new());
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || {
                with_registry(&a, || (0..1000).for_each(|_| work()));
                with_registry(&b, || {
                    work();
                    with_registry(&a, || drop(timer!("inner")));
                    // Back in `b`, also after a panic.
                    let caught = std::panic::catch_unwind(|| {
                        with_registry(&a, || panic!("thread {n}"));
                    });
                    assert!(caught.is_err());
                    drop(timer!("outer"));
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!((count(&a, "work"), count(&b, "work")), (8000, 8));
    assert_eq!((count(&a, "inner"), count(&b, "inner")), (8, 0));
    assert_eq!((count(&a, "outer"), count(&b, "outer")), (0, 8));
    assert!(Registry::global().get("work").is_none());
}

#[test]
fn callers_are_of_the_same_registry() {
    let (a, b) = (Registry::new(), Registry::new());
    with_registry(&a, || {
        let _t = timer!("of a");
        with_registry(&b, work);
    });
    assert_eq!(b.get("work").unwrap().callers()[0].name, None);
    assert_eq!(a.get("of a").unwrap().self_time(), a.get("of a").unwrap().total());
}

#[test]
fn many_short_lived_registries_reuse_their_lanes() {
    for n in 0..5000 {
        let registry = Registry::new();
        with_registry(&registry, || (0..n % 7).for_each(|_| work()));
        assert_eq!(count(&registry, "work"), n % 7);
    }
}

#[test]
fn a_timer_may_outlive_its_registry() {
    let registry = Registry::new();
    let timer = registry.timer("orphan");
    drop(registry);
    let next = Registry::new();
    with_registry(&next, work);
    drop(timer);
    assert_eq!(next.snapshot().operations().len(), 1);
}

#[test]
fn a_timer_of_one_registry_dropped_inside_another_goes_home() {
    let (home, away) = (Registry::new(), Registry::new());
    let timer = with_registry(&home, || timer!("guest"));
    with_registry(&away, || drop(timer));
    assert_eq!((count(&home, "guest"), count(&away, "guest")), (1, 0));
}

#[test]
fn a_tracker_tells_count_total_avg_min_and_max() {
    let tracker = PerformanceTracker::new();
    for millis in [2, 4] {
        let _t = tracker.measure("llm_call");
        thread::sleep(Duration::from_millis(millis));
    }
    assert_eq!(tracker.time("rank", || 42), 42);

    let operations = tracker.operations();
    let names: Vec<_> = operations.iter().map(|operation| &*operation.name).collect();
    assert_eq!(names, ["llm_call", "rank"]);
    let call = &operations[0];
    assert_eq!(call.count, 2);
    assert!(call.min >= Duration::from_millis(2) && call.max >= Duration::from_millis(4));
    assert!(call.avg.abs_diff((call.min + call.max) / 2) <= Duration::from_nanos(2));
    assert!(call.total.abs_diff(call.min + call.max) <= Duration::from_nanos(2));
    assert_eq!(tracker.total_time(), call.total + operations[1].total);
    let summary = tracker.summary().to_string();
    assert!(summary.contains("llm_call") && summary.contains("rank"), "{summary}");
}

#[test]
fn trackers_are_shared_between_threads_and_nest() {
    let tracker = PerformanceTracker::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let _outer = tracker.measure("outer");
                    tracker.time("inner", || ());
                }
            });
        }
    });
    let snapshot = tracker.registry().snapshot();
    let inner = snapshot.get("inner").unwrap();
    assert_eq!(inner.count(), 400);
    assert_eq!(
        (inner.callers()[0].name.as_deref(), inner.callers()[0].calls),
        (Some("outer"), 400)
    );
}
