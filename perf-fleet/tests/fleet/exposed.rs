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
