//! What figures are of: of which time, and of how much of it.

use crate::{HOUR, MINUTE, fleet, tasks};
use perf_fleet::{
    Clock, Fleet, ManualClock, Status, WorkerMetrics, Workload,
    balance::{Job, Strategy},
    bottleneck::BottleneckKind,
    efficiency::InsightKind,
    predict::ScalingAdvice,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const SECOND: Duration = Duration::from_secs(1);

fn report() -> WorkerMetrics {
    WorkerMetrics { id: "w".into(), ..WorkerMetrics::default() }
}

/// A fleet whose clock begins with a minute.
fn whole() -> (Fleet, ManualClock) {
    let (fleet, clock) = fleet();
    clock.advance(20 * SECOND);
    (fleet, clock)
}

#[test]
fn one_task_on_one_slot_is_not_too_much() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w").max_concurrent(1);
    let _other = fleet.worker("other");
    let task = worker.task("k");
    assert_eq!(worker.stats().figures.workload, Some(0.0));
    clock.advance(30 * SECOND);
    let stats = worker.stats();
    assert_eq!((stats.figures.workload, stats.health.status), (Some(50.0), Status::Healthy));
    assert!(fleet.bottlenecks().is_empty());
    task.ok();
    // 30 seconds of 60, of 240, and of the last five minutes, of which the latest has just begun.
    for (more, workload) in [(30, 50.0), (180, 12.5), (60, 0.0)] {
        clock.advance(more * SECOND);
        assert_eq!(worker.stats().figures.workload, Some(workload), "{more}");
    }
}

#[test]
fn a_workload_is_an_average_over_time() {
    for (seconds, expected) in [(59, 59.0 / 60.0), (1, 1.0 / 60.0)] {
        let (fleet, clock) = whole();
        let worker = fleet.worker("w").max_concurrent(2);
        let start = fleet.now();
        for _ in 0..60 {
            let tasks = [worker.task("k"), worker.task("k")];
            clock.advance(seconds * SECOND);
            let [first, second] = tasks;
            first.ok();
            clock.advance(MINUTE - seconds * SECOND);
            drop(second);
        }
        let report = fleet.worker_report("w", start, fleet.now()).unwrap();
        let percent = 100.0 * f64::midpoint(1.0, expected);
        assert!((report.stats.figures.workload.unwrap() - percent).abs() < 1e-9);
        assert!((worker.stats().figures.workload.unwrap() - percent).abs() < 1e-9);
        let half = fleet.worker_report("w", start + 30 * MINUTE, fleet.now()).unwrap();
        assert!((half.stats.figures.workload.unwrap() - percent).abs() < 1e-9);
    }
}

#[test]
fn a_long_task_counts_while_it_runs() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w").max_concurrent(2);
    let task = worker.task("k");
    clock.advance(3 * HOUR);
    let figures = worker.stats().figures;
    assert_eq!((figures.workload, figures.idle_seconds), (Some(50.0), Some(0.0)));
    let start = fleet.now() - HOUR;
    let report = fleet.worker_report("w", start, fleet.now()).unwrap();
    assert_eq!(report.stats.figures.workload, Some(50.0));
    assert_eq!(report.stats.health.status, Status::Healthy);
    // 24 points, of which each knows of it.
    assert!(report.health.iter().all(|point| point.health.is_some()));
    task.ok();
    clock.advance(30 * MINUTE);
    let report = fleet.worker_report("w", fleet.now() - HOUR, fleet.now()).unwrap();
    assert_eq!(report.stats.figures.workload, Some(25.0));
    assert_eq!(worker.stats().figures.workload, Some(0.0));
}

#[test]
fn a_full_worker_is_full() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w").max_concurrent(1);
    let _task = worker.task("k");
    clock.advance(5 * MINUTE);
    let stats = worker.stats();
    assert_eq!(
        (stats.figures.workload, stats.workload_status),
        (Some(100.0), Some(Workload::Failing))
    );
}

#[test]
fn a_reported_number_of_tasks_under_way_counts_over_time() {
    let (fleet, clock) = whole();
    let of = |tasks| WorkerMetrics {
        concurrent_tasks: Some(tasks),
        max_concurrent_tasks: Some(4),
        ..report()
    };
    fleet.track(&of(4)).unwrap();
    clock.advance(MINUTE);
    fleet.track(&of(1)).unwrap();
    clock.advance(MINUTE);
    assert_eq!(fleet.worker("w").stats().figures.workload, Some(62.5));
    // Of a worker that is not heard of any more, not for good.
    for _ in 0..70 {
        clock.advance(MINUTE);
        let _ = fleet.stats();
    }
    let figures = fleet.worker("w").stats().figures;
    assert_eq!((figures.concurrent, figures.workload), (0, Some(0.0)));
}

#[test]
fn tasks_that_are_over_are_not_under_way() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w").max_concurrent(2);
    let both = [worker.task("k"), worker.task("k")];
    clock.advance(5 * MINUTE);
    both.into_iter().for_each(perf_fleet::Task::ok);
    assert_eq!(worker.stats().figures.workload, Some(100.0));
    assert_eq!(fleet.distribution().loads[0].demand(), 0.0);
    assert!(!fleet.evacuate("w").is_needed);
}

#[test]
fn rates_are_of_the_time_that_a_worker_was_there() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w");
    tasks(&worker, 10, 5, 60.0);
    // A minute at least.
    assert_eq!(worker.stats().figures.per_hour(), Some(600.0));
    clock.advance(10 * MINUTE);
    let figures = worker.stats().figures;
    assert_eq!((figures.period_seconds, figures.window_seconds), (600.0, 3_600.0));
    assert_eq!((figures.per_hour(), figures.errors_per_hour()), (Some(60.0), Some(30.0)));
    let kinds: Vec<_> = fleet.insights().iter().map(|insight| insight.kind).collect();
    assert_eq!(kinds, [InsightKind::FrequentErrors]);
    clock.advance(2 * HOUR);
    assert_eq!(worker.stats().figures.period_seconds, 3_540.0);
}

#[test]
fn a_young_fleet_that_is_busy_is_not_made_smaller() {
    let (fleet, clock) = whole();
    let workers = ["a", "b", "c", "d"].map(|id| fleet.worker(id).max_concurrent(1));
    let mut advice = Vec::new();
    for _ in 0..10 {
        clock.advance(MINUTE);
        workers.iter().for_each(|worker| worker.record_task(MINUTE, true));
        advice.push(fleet.scaling().advice);
    }
    assert_eq!(advice[..5], [ScalingAdvice::Unknown; 5]);
    assert_eq!(advice[5..], [ScalingAdvice::Add(2); 5]);
    let scaling = fleet.scaling();
    assert!((scaling.utilisation - 1.0).abs() < 1e-9, "{}", scaling.utilisation);
    let of = |start| fleet.generate_report(start, fleet.now(), None).totals.per_hour;
    assert_eq!(of(fleet.now() - HOUR), Some(216.0), "the last minute has just begun");
}

#[test]
fn minutes_are_divided_by_minutes() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w");
    clock.advance(HOUR);
    tasks(&worker, 10, 0, 60.0);
    clock.advance(10 * SECOND);
    tasks(&worker, 10, 10, 60.0);
    let report = fleet.generate_report(fleet.now() - 2 * SECOND, fleet.now(), None);
    // In the 50 seconds of the minute under way; a minute is the least.
    assert_eq!((report.totals.completed, report.totals.per_hour), (10, Some(1_200.0)));
    // Of what is kept by the quarter of an hour, whole quarters.
    let (fleet, clock) = whole();
    let worker = fleet.worker("w");
    let start = fleet.now();
    for _ in 0..300 {
        tasks(&worker, 1, 0, 1.0);
        clock.advance(MINUTE);
    }
    for minutes in [7, 15, 50, 100, 179, 181, 200, 290] {
        let report = fleet.generate_report(start, start + minutes * MINUTE, None);
        assert!(report.totals.per_hour.unwrap() <= 60.0 + 1e-9, "{minutes}");
        if minutes > 16 {
            assert!((report.totals.per_hour.unwrap() - 60.0).abs() < 1e-9, "{minutes}");
        }
    }
}

#[test]
fn throughput_is_of_the_time_that_has_passed() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w");
    for seconds in 1..=4_000 {
        worker.record_task(SECOND, true);
        clock.advance(SECOND);
        let of = worker.throughput();
        let expected = if seconds < 60 { f64::from(seconds) * 60.0 } else { 3_600.0 };
        assert_eq!([of.minute, of.five_minutes, of.hour], [expected; 3], "{seconds}");
    }
}

#[test]
fn a_window_longer_than_the_history_is_kept_too() {
    let clock = ManualClock::new();
    let fleet = Fleet::builder().clock(clock.clone()).window(72 * HOUR).build();
    let worker = fleet.worker("w");
    for _ in 0..72 * 4 {
        worker.record_task(SECOND, true);
        clock.advance(15 * MINUTE);
    }
    let figures = worker.stats().figures;
    assert_eq!((figures.completed, figures.per_hour()), (288, Some(4.0)));
}

/// A clock that can be set.
#[derive(Clone, Debug)]
struct Set(Arc<AtomicU64>);

impl Clock for Set {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

#[test]
fn a_clock_set_back_hides_nothing() {
    let clock = Set(Arc::new(AtomicU64::new(1_000_000_020)));
    let fleet = Fleet::builder().clock(clock.clone()).build();
    let worker = fleet.worker("w");
    worker.record_task(SECOND, true);
    clock.0.fetch_sub(7_200, Relaxed);
    for _ in 0..49 {
        worker.record_task(SECOND, false);
    }
    let stats = worker.stats();
    assert_eq!((stats.figures.completed, stats.figures.failed), (1, 49));
    assert_eq!((stats.figures.error_rate, stats.health.status), (Some(0.98), Status::Failing));
    assert_eq!(fleet.bottlenecks()[0].kind, BottleneckKind::ErrorRate);
    let now = fleet.now();
    let report = fleet.generate_report(now - HOUR, now, None);
    assert_eq!((report.totals.failed, report.counts.failing), (49, 1));
    assert_eq!(worker.throughput().hour, 3_000.0, "50 in a minute");
    worker.set_workload(40.0);
    assert_eq!(worker.stats().figures.workload, Some(40.0));
}

#[test]
fn whatever_a_worker_says_is_a_sign_of_life() {
    let signs: [fn(&perf_fleet::Worker); 3] =
        [|w| w.set_queue_depth(1), |w| w.set_workload(50.0), |w| w.cache(1, 0)];
    for sign in signs {
        let (fleet, clock) = fleet();
        let worker = fleet.worker("w");
        assert_eq!(worker.stats().figures.idle_seconds, None);
        sign(&worker);
        clock.advance(MINUTE);
        assert_eq!(worker.stats().figures.idle_seconds, Some(60.0));
    }
}

#[test]
fn a_worker_not_heard_of_for_an_hour_is_given_nothing() {
    let (fleet, clock) = fleet();
    tasks(&fleet.worker("silent"), 5, 0, 1.0);
    clock.advance(HOUR);
    fleet.worker("busy").set_queue_depth(20);
    fleet.worker("alive").set_queue_depth(0);
    let status = || fleet.worker("silent").stats().health.status;
    let to = || {
        let moves = fleet.rebalance(Strategy::LeastLoaded).moves;
        moves.into_iter().map(|moved| moved.to).collect::<Vec<_>>()
    };
    assert_eq!((status(), to().len()), (Status::Healthy, 2));
    clock.advance(SECOND);
    assert_eq!((status(), to()), (Status::Degraded, vec!["alive".to_owned()]));
    let jobs = ["a", "b", "c", "d"].map(Job::new);
    let pairs = fleet.assign(&jobs).pairs;
    assert!(pairs.iter().all(|pair| pair.worker != "silent"), "{pairs:?}");
}

#[test]
fn a_gauge_is_what_was_last_known_before_the_end() {
    let (fleet, clock) = whole();
    let worker = fleet.worker("w");
    worker.set_queue_depth(90);
    worker.set_queue_depth(200);
    worker.set_workload(91.0);
    clock.advance(2 * HOUR);
    let now = fleet.now();
    let report = fleet.worker_report("w", now - HOUR, now).unwrap();
    assert_eq!(report.stats.figures.queue_depth, 200);
    assert_eq!(report.bottlenecks.len(), fleet.bottlenecks().len());
    // A workload that is said counts for the window.
    assert_eq!(report.stats.figures.workload, None);
    let report = fleet.worker_report("w", now - HOUR, now - HOUR - 30 * MINUTE).unwrap();
    assert_eq!(report.stats.figures.workload, Some(91.0));
    worker.set_queue_depth(7);
    clock.advance(MINUTE);
    let report = fleet.worker_report("w", now - HOUR, now).unwrap();
    assert_eq!(report.stats.figures.queue_depth, 200, "before it was 7");
    let report = fleet.worker_report("w", now, fleet.now()).unwrap();
    assert_eq!(report.stats.figures.queue_depth, 7);
}

#[test]
fn what_is_only_known_of_now_is_not_said_of_yesterday() {
    let (fleet, clock) = whole();
    tasks(&fleet.worker("w"), 1, 0, 1.0);
    clock.advance(48 * HOUR);
    let said = WorkerMetrics {
        cpu_percent: Some(99.0),
        memory_percent: Some(99.0),
        disk_percent: Some(99.0),
        message_queue: Some(2_000),
        concurrent_tasks: Some(3),
        ..report()
    };
    fleet.track(&said).unwrap();
    fleet.worker("w").latency_to("x", 2 * SECOND);
    let now = fleet.now();
    assert_eq!(fleet.generate_report(now - HOUR, now, None).bottlenecks.len(), 5);
    let yesterday = fleet.worker_report("w", now - 30 * HOUR, now - 29 * HOUR).unwrap();
    let figures = yesterday.stats.figures;
    assert!(yesterday.bottlenecks.is_empty() && yesterday.stats.latencies.is_empty());
    assert_eq!([figures.cpu_percent, figures.memory_percent, figures.idle_seconds], [None; 3]);
    assert_eq!((figures.disk_percent, figures.message_queue, figures.concurrent), (None, 0, 0));
}

#[test]
fn health_is_compared_of_the_same_workers() {
    let (fleet, clock) = whole();
    for id in ["a", "b", "c"] {
        tasks(&fleet.worker(id), 10, 10, 1.0);
    }
    clock.advance(HOUR);
    tasks(&fleet.worker("a"), 10, 10, 1.0);
    tasks(&fleet.worker("new"), 10, 0, 1.0);
    clock.advance(HOUR);
    let comparison = fleet.generate_report(fleet.now() - HOUR, fleet.now(), None).comparison;
    let health = |from, to| fleet.worker_report("a", from, to).unwrap().stats.health.total;
    let now = fleet.now();
    assert_eq!(comparison.average_health_before, Some(health(now - 2 * HOUR, now - HOUR)));
    assert_eq!(comparison.average_health, Some(health(now - HOUR, now)));
}

#[test]
fn a_hundred_million_look_ups_a_minute_are_counted() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w");
    for _ in 0..50 {
        worker.cache(90_000_000, 10_000_000);
        worker.cache(5_000_000_000, 0);
        worker.cache(0, 5_000_000_000);
        clock.advance(MINUTE);
    }
    let rate = 5_090_000_000.0 / 10_100_000_000.0;
    assert_eq!(worker.stats().figures.cache_hit_rate, Some(rate));
}
