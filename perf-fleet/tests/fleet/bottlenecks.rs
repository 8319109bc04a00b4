use crate::{fleet, tasks};
use perf_fleet::{
    WorkerMetrics,
    bottleneck::{Bottleneck, BottleneckKind as Kind, Severity},
};
use std::time::Duration;

fn found(report: &WorkerMetrics) -> Vec<(Kind, Severity)> {
    let (fleet, _) = fleet();
    fleet.track(&WorkerMetrics { id: "w1".into(), ..report.clone() }).unwrap();
    fleet.bottlenecks().into_iter().map(|found| (found.kind, found.severity)).collect()
}

/// What each value of a field leads to.
fn check(kind: Kind, set: impl Fn(&mut WorkerMetrics, f64), cases: &[(f64, Option<Severity>)]) {
    for (value, expected) in cases {
        let mut report = WorkerMetrics::default();
        set(&mut report, *value);
        let expected: Vec<_> = expected.map(|severity| (kind, severity)).into_iter().collect();
        assert_eq!(found(&report), expected, "{kind} {value}");
    }
}

const MEDIUM: Option<Severity> = Some(Severity::Medium);
const HIGH: Option<Severity> = Some(Severity::High);
const CRITICAL: Option<Severity> = Some(Severity::Critical);

#[test]
fn exactly_a_threshold_is_not_beyond_it() {
    check(
        Kind::ErrorRate,
        |of, value| of.error_rate = Some(value),
        &[
            (0.05, None),
            (0.0501, MEDIUM),
            (0.1, MEDIUM),
            (0.1001, HIGH),
            (0.2, HIGH),
            (0.2001, CRITICAL),
        ],
    );
    check(
        Kind::Duration,
        |of, value| of.mean_seconds = Some(value),
        &[(300.0, None), (300.1, MEDIUM), (600.0, MEDIUM), (600.1, HIGH)],
    );
    check(
        Kind::Workload,
        |of, value| of.workload_percent = Some(value),
        &[(90.0, None), (90.1, HIGH), (95.0, HIGH), (95.1, CRITICAL)],
    );
    check(
        Kind::QueueDepth,
        |of, value| of.queue_depth = Some(value as u64),
        &[
            (50.0, None),
            (51.0, MEDIUM),
            (75.0, MEDIUM),
            (76.0, HIGH),
            (100.0, HIGH),
            (101.0, CRITICAL),
        ],
    );
    check(
        Kind::CacheHitRate,
        |of, value| of.cache_hit_rate = Some(value),
        &[(0.8, None), (0.799, MEDIUM), (0.5, MEDIUM), (0.499, HIGH)],
    );
    check(
        Kind::MessageQueue,
        |of, value| of.message_queue = Some(value as u64),
        &[(1_000.0, None), (1_001.0, HIGH)],
    );
    check(Kind::Cpu, |of, value| of.cpu_percent = Some(value), &[(90.0, None), (90.1, HIGH)]);
    check(Kind::Memory, |of, value| of.memory_percent = Some(value), &[(90.0, None), (90.1, HIGH)]);
    check(Kind::Disk, |of, value| of.disk_percent = Some(value), &[(90.0, None), (90.1, HIGH)]);
}

#[test]
fn five_failures_of_a_hundred_are_not_over_five_percent() {
    for (failed, count) in [(5, 0), (6, 1)] {
        let (fleet, _) = fleet();
        tasks(&fleet.worker("w1"), 100, failed, 1.0);
        assert_eq!(fleet.bottlenecks().len(), count);
    }
}

#[test]
fn a_worker_is_slow_against_its_peers_only() {
    let slow = |means: &[(&str, &str, f64)]| {
        let (fleet, _) = fleet();
        for (id, domain, mean) in means {
            tasks(&fleet.worker(id).domain(domain), 5, 0, *mean);
        }
        let found = fleet.bottlenecks().into_iter();
        let slow = found.filter(|found| found.kind == Kind::SlowWorker);
        slow.map(|found: Bottleneck| (found.worker, found.threshold)).collect::<Vec<_>>()
    };
    let peers = [("a", "x", 1.0), ("b", "x", 2.0), ("c", "y", 1.0)];
    let with = |mean| [&peers[..], &[("d", "x", mean)]].concat();
    assert_eq!(slow(&with(10.0)), []);
    assert_eq!(slow(&with(10.5)), [("d".to_owned(), 10.0)]);
    // Where all are slow, half as much again is what counts.
    let all = [("a", "x", 100.0), ("b", "x", 100.0), ("c", "x", 150.0), ("d", "x", 151.0)];
    assert_eq!(slow(&all), [("d".to_owned(), 150.0)]);
    // One peer is no company.
    assert_eq!(slow(&[("a", "x", 1.0), ("b", "x", 99.0)]), []);
}

#[test]
fn latencies_between_workers() {
    let (fleet, _) = fleet();
    fleet.worker("w1").latency_to("w2", Duration::from_secs(1));
    assert!(fleet.bottlenecks().is_empty());
    fleet.worker("w1").latency_to("w2", Duration::from_millis(1_100));
    let found = &fleet.bottlenecks()[0];
    assert_eq!((found.kind, found.severity), (Kind::Latency, Severity::Medium));
    assert_eq!(found.issue, "It takes 1.1 s from w1 to w2, over 1.0 s.");
}

#[test]
fn the_worst_come_first_each_with_what_to_do() {
    let (fleet, _) = fleet();
    fleet.worker("a").set_queue_depth(60);
    fleet.worker("b").set_queue_depth(500);
    fleet.worker("c").set_queue_depth(200);
    fleet.worker("d").set_workload(91.0);
    let found = fleet.bottlenecks();
    let workers: Vec<_> = found.iter().map(|found| found.worker.as_str()).collect();
    assert_eq!(workers, ["b", "c", "d", "a"]);
    assert!(
        found.iter().all(|found| !found.recommendation.is_empty() && found.issue.ends_with('.'))
    );
    assert!(found[0].metrics.contains(&("queue_depth", 500.0)));
}
