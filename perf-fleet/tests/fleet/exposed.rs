use crate::{HOUR, MINUTE, tasks};
use perf_core::Registry;
use perf_export::prometheus::{self, Options};
use perf_fleet::{DURATION_BOUNDS, DURATION_METRIC, Fleet, ManualClock};
use std::time::Duration;

#[test]
fn metrics_have_the_names_and_labels_that_were_asked_for() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let fleet = Fleet::builder().registry(&registry).clock(clock).build();
    let worker = fleet.worker("AGENT_54").name("Accessibility").domain("Platform");
    tasks(&worker, 4, 1, 90.0);
    worker.cache(3, 1);
    worker.set_workload(65.0);
    worker.set_queue_depth(5);
    let _task = worker.task("build");
    let options = Options::default().bounds(DURATION_METRIC, &DURATION_BOUNDS);
    let text = prometheus::text(&registry.snapshot(), &options);
    let labels = r#"agent_domain="Platform",agent_id="AGENT_54",agent_name="Accessibility""#;
    let health = worker.stats().health.total;
    for (name, value) in [
        ("agent_tasks_completed_total", "3".to_owned()),
        ("agent_tasks_failed_total", "1".to_owned()),
        ("agent_task_duration_seconds_sum", "360".to_owned()),
        ("agent_task_duration_seconds_count", "4".to_owned()),
        ("agent_error_rate", "0.25".to_owned()),
        ("agent_cache_hit_rate", "0.75".to_owned()),
        ("agent_workload_percentage", "65".to_owned()),
        ("agent_health_score", health.to_string()),
        ("agent_queue_depth", "5".to_owned()),
        ("agent_concurrent_tasks", "1".to_owned()),
    ] {
        let line = format!("{name}{{{labels}}} {value}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    for (bound, count) in [("60", 0), ("120", 4), ("600", 4)] {
        let line =
            format!("agent_task_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains("# TYPE agent_task_duration_seconds histogram\n"));
    assert!(text.contains("# TYPE agent_tasks_completed_total counter\n"));
}

#[test]
fn gauges_are_right_when_a_snapshot_is_taken() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let fleet = Fleet::builder().registry(&registry).clock(clock.clone()).build();
    let worker = fleet.worker("w1");
    tasks(&worker, 2, 1, 1.0);
    let labels = [("agent_id", "w1"), ("agent_name", "w1"), ("agent_domain", "")];
    let errors = || registry.snapshot().gauge("agent_error_rate", &labels).unwrap();
    assert_eq!(errors(), 0.5);
    clock.advance(HOUR - MINUTE);
    tasks(&worker, 2, 0, 1.0);
    assert_eq!(errors(), 0.25);
    clock.advance(MINUTE);
    assert_eq!(errors(), 0.0);
    clock.advance(HOUR);
    assert!(errors().is_nan(), "no task, no rate");
}

#[test]
fn a_fleet_that_is_gone_is_not_asked_any_more() {
    let registry = Registry::new();
    let fleet = Fleet::builder().registry(&registry).build();
    fleet.worker("w1").set_queue_depth(3);
    drop(fleet);
    assert!(registry.snapshot().metrics().is_empty());
}

#[test]
fn workers_beyond_the_limit_share_series() {
    let registry = Registry::new();
    let fleet = Fleet::builder().registry(&registry).series(1).build();
    for (id, seconds) in [("a", 1), ("b", 2), ("c", 3)] {
        fleet.worker(id).record_task(Duration::from_secs(seconds), true);
        fleet.worker(id).set_queue_depth(seconds);
    }
    let of = |id| {
        [("agent_id", id), ("agent_name", id), ("agent_domain", if id == "a" { "" } else { id })]
    };
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("agent_tasks_completed_total", &of("a")), Some(1));
    assert_eq!(snapshot.counter("agent_tasks_completed_total", &of("(others)")), Some(2));
    assert_eq!(snapshot.distribution(DURATION_METRIC, &of("(others)")).unwrap().sum(), 5.0);
    assert_eq!(snapshot.gauge("agent_queue_depth", &of("(others)")), Some(5.0));
    assert_eq!(snapshot.gauge("agent_queue_depth", &of("a")), Some(1.0));
}

fn labels<'a>(id: &'a str, name: &'a str, domain: &'a str) -> [(&'a str, &'a str); 3] {
    [("agent_id", id), ("agent_name", name), ("agent_domain", domain)]
}

#[test]
fn alerts_end_when_a_worker_is_removed() {
    let registry = Registry::new();
    let fleet = Fleet::builder().registry(&registry).series(1).build();
    for id in ["w", "x"] {
        fleet.worker(id).set_queue_depth(500);
        tasks(&fleet.worker(id), 1, 1, 1.0);
    }
    let gauges = |labels: &[(&str, &str)]| {
        let snapshot = registry.snapshot();
        ["agent_queue_depth", "agent_health_score", "agent_error_rate"]
            .map(|name| snapshot.gauge(name, labels).unwrap())
    };
    let others = labels("(others)", "(others)", "(others)");
    for labels in [labels("w", "w", ""), others] {
        assert_eq!((gauges(&labels)[0], gauges(&labels)[2]), (500.0, 1.0));
    }
    let held = fleet.worker("w");
    fleet.remove("w");
    fleet.remove("x");
    held.set_queue_depth(7);
    for labels in [labels("w", "w", ""), others] {
        let [queue, health, errors] = gauges(&labels);
        assert!(queue == 0.0 && health.is_nan() && errors.is_nan());
        let failed = registry.snapshot().counter("agent_tasks_failed_total", &labels);
        assert_eq!(failed, Some(1), "what was counted stays");
    }
    // One of that id that comes again has them again.
    fleet.worker("w").set_queue_depth(2);
    assert_eq!(gauges(&labels("w", "w", ""))[0], 2.0);
}

#[test]
fn workers_that_come_and_go_do_not_fill_the_registry() {
    let registry = Registry::new();
    let fleet = Fleet::builder().registry(&registry).series(2).build();
    for n in 0..1_000 {
        let id = format!("pod{n}");
        let worker = fleet.worker(&id);
        tasks(&worker, 1, 0, 1.0);
        if n % 100 == 0 {
            let _ = registry.snapshot();
        }
        tasks(&worker.name(&format!("name{n}")), 1, 0, 1.0);
        fleet.remove(&id);
    }
    let snapshot = registry.snapshot();
    let of = snapshot.metrics().iter().filter(|of| of.name() == "agent_tasks_completed_total");
    assert_eq!(of.count(), 3);
    // The first has used up both, by its two names.
    let count =
        |labels: [(&str, &str); 3]| snapshot.counter("agent_tasks_completed_total", &labels);
    assert_eq!(count(labels("pod0", "pod0", "")), Some(1));
    assert_eq!(count(labels("pod0", "name0", "")), Some(1));
    assert_eq!(count(labels("(others)", "(others)", "(others)")), Some(1_998));
}

#[test]
fn a_name_that_is_said_later_is_the_label() {
    let registry = Registry::new();
    let fleet = Fleet::builder().registry(&registry).build();
    let worker = fleet.worker("w");
    worker.set_queue_depth(9);
    tasks(&worker, 1, 0, 1.0);
    let _ = registry.snapshot();
    let worker = worker.name("N").domain("D");
    tasks(&worker, 2, 0, 1.0);
    let snapshot = registry.snapshot();
    let count =
        |labels: [(&str, &str); 3]| snapshot.counter("agent_tasks_completed_total", &labels);
    assert_eq!(count(labels("w", "w", "")), Some(1));
    assert_eq!(count(labels("w", "N", "D")), Some(2));
    assert_eq!(snapshot.gauge("agent_queue_depth", &labels("w", "N", "D")), Some(9.0));
    assert_eq!(snapshot.gauge("agent_queue_depth", &labels("w", "w", "")), Some(0.0));
    assert!(snapshot.gauge("agent_health_score", &labels("w", "w", "")).unwrap().is_nan());
}
