use crate::{HOUR, MINUTE, fleet, tasks};
use perf_fleet::{Fleet, TaskRecord, WorkerMetrics};
use std::time::{Duration, SystemTime};

#[test]
fn a_guard_tells_how_its_task_ended() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w1").max_concurrent(4);
    let (good, bad, dropped) = (worker.task("a"), worker.task("b"), worker.task("c"));
    clock.advance(Duration::from_secs(10));
    good.ok();
    bad.fail();
    drop(dropped);
    let panicking = worker.clone();
    let panicked = std::thread::spawn(move || {
        let _task = panicking.task("d");
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    let figures = worker.stats().figures;
    assert_eq!((figures.completed, figures.failed, figures.cancelled), (1, 3, 1));
    assert_eq!((figures.concurrent, figures.error_rate), (0, Some(0.75)));
    assert_eq!((figures.busy_seconds, figures.mean_seconds), (30.0, Some(7.5)));
}

#[test]
fn a_task_that_ends_while_the_thread_unwinds_from_before_is_no_panic_of_its_own() {
    struct OnDrop(perf_fleet::Worker);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.task("clean up").ok();
            drop(self.0.task("cancelled"));
        }
    }
    let (fleet, _) = fleet();
    let worker = fleet.worker("w1");
    let on_drop = OnDrop(worker.clone());
    let _ = std::thread::spawn(move || {
        let _on_drop = on_drop;
        panic!("on purpose");
    })
    .join();
    let figures = worker.stats().figures;
    assert_eq!((figures.completed, figures.failed, figures.cancelled), (1, 1, 1));
}

#[test]
fn figures_are_those_of_the_window() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w1");
    tasks(&worker, 4, 4, 1.0);
    clock.advance(30 * MINUTE);
    tasks(&worker, 4, 0, 3.0);
    let figures = worker.stats().figures;
    assert_eq!((figures.error_rate, figures.mean_seconds), (Some(0.5), Some(2.0)));
    assert_eq!((figures.stddev_seconds, figures.per_hour()), (Some(1.0), Some(16.0)));
    clock.advance(30 * MINUTE);
    let figures = worker.stats().figures;
    assert_eq!((figures.error_rate, figures.mean_seconds), (Some(0.0), Some(3.0)));
    assert_eq!(figures.idle_seconds, Some(1_800.0));
    clock.advance(HOUR);
    assert_eq!(worker.stats().figures.error_rate, None);
}

#[test]
fn a_workload_that_was_said_is_forgotten_after_the_window() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w1").max_concurrent(2);
    worker.set_workload(90.0);
    assert_eq!(worker.stats().figures.workload, Some(90.0));
    clock.advance(2 * HOUR);
    assert_eq!(worker.stats().figures.workload, Some(0.0));
}

fn report() -> WorkerMetrics {
    WorkerMetrics { id: "AGENT_54".into(), ..WorkerMetrics::default() }
}

#[test]
fn a_report_is_taken_as_a_whole() {
    let (fleet, _) = fleet();
    let all = WorkerMetrics {
        name: Some("Accessibility".into()),
        domain: Some("Platform".into()),
        error_rate: Some(0.02),
        success_rate: Some(0.98),
        mean_seconds: Some(220.0),
        workload_percent: Some(65.0),
        queue_depth: Some(5),
        cache_hit_rate: Some(0.98),
        concurrent_tasks: Some(3),
        metadata: [("version".to_owned(), "1.2".to_owned())].into(),
        capabilities: vec!["axe".to_owned()],
        max_concurrent_tasks: Some(8),
        last_active: Some(fleet.now() - 2 * MINUTE),
        ..report()
    };
    fleet.track(&all).unwrap();
    let stats = fleet.worker("AGENT_54").stats();
    assert_eq!((stats.name.as_str(), stats.domain.as_str()), ("Accessibility", "Platform"));
    assert_eq!(
        (stats.metadata["version"].as_str(), stats.capabilities[0].as_str()),
        ("1.2", "axe")
    );
    assert_eq!(stats.figures.idle_seconds, Some(120.0));
    assert_eq!((stats.figures.concurrent, stats.figures.queue_depth), (3, 5));
    assert!((stats.health.total - 94.0).abs() <= 2.0);
}

#[test]
fn totals_count_what_is_new_and_begin_anew_after_a_restart() {
    let (fleet, _) = fleet();
    for (completed, failed) in [(10, 1), (15, 1), (3, 2)] {
        let said = WorkerMetrics {
            tasks_completed: Some(completed),
            tasks_failed: Some(failed),
            mean_seconds: Some(2.0),
            ..report()
        };
        fleet.track(&said).unwrap();
    }
    let figures = fleet.worker("AGENT_54").stats().figures;
    // Five more, and those since the restart: of these, two failed, which is more than one.
    assert_eq!((figures.completed, figures.failed, figures.mean_seconds), (8, 2, Some(2.0)));
    assert_eq!(figures.busy_seconds, 20.0);
}

#[test]
fn the_first_totals_are_of_no_known_time() {
    let registry = perf_core::Registry::new();
    let fleet = Fleet::builder().registry(&registry).build();
    let said = |completed, failed| WorkerMetrics {
        tasks_completed: Some(completed),
        tasks_failed: Some(failed),
        cache_hits: Some(completed),
        mean_seconds: Some(30.0),
        ..report()
    };
    fleet.track(&said(1_000_000, 50_000)).unwrap();
    let figures = fleet.worker("AGENT_54").stats().figures;
    assert_eq!((figures.ended(), figures.mean_seconds), (0, Some(30.0)));
    assert_eq!((figures.cache_hit_rate, figures.error_rate), (None, None));
    let labels = [("agent_id", "AGENT_54"), ("agent_name", "AGENT_54"), ("agent_domain", "")];
    let count = |name: &str| registry.snapshot().counter(name, &labels);
    assert_eq!(count("agent_tasks_completed_total"), Some(1_000_000));
    fleet.track(&said(1_000_003, 50_001)).unwrap();
    assert_eq!(count("agent_tasks_completed_total"), Some(1_000_003));
    assert_eq!(count("agent_tasks_failed_total"), Some(50_001));
    let snapshot = registry.snapshot();
    let durations = snapshot.distribution(perf_fleet::DURATION_METRIC, &labels).unwrap();
    assert_eq!((durations.count(), durations.sum()), (4, 120.0));
    let figures = fleet.worker("AGENT_54").stats().figures;
    assert_eq!((figures.completed, figures.failed, figures.error_rate), (3, 1, Some(0.25)));
}

#[test]
fn what_was_timed_goes_before_a_mean_that_was_said() {
    let (fleet, _) = fleet();
    fleet.track(&WorkerMetrics { mean_seconds: Some(9.0), ..report() }).unwrap();
    let mean = || fleet.worker("AGENT_54").stats().figures.mean_seconds;
    assert_eq!(mean(), Some(9.0));
    fleet.worker("AGENT_54").record_task(Duration::from_secs(3), true);
    assert_eq!(mean(), Some(3.0));
}

#[test]
fn reported_rates_weigh_as_many_tasks_as_they_are_of() {
    let (fleet, _) = fleet();
    for (completed, failed, rate) in [(0, 0, 0.9), (75, 0, 0.0), (75, 25, 1.0), (75, 25, 0.5)] {
        let said = WorkerMetrics {
            tasks_completed: Some(completed),
            tasks_failed: Some(failed),
            error_rate: Some(rate),
            ..report()
        };
        fleet.track(&said).unwrap();
    }
    let figures = fleet.worker("AGENT_54").stats().figures;
    assert_eq!((figures.error_rate, figures.success_rate), (Some(0.25), Some(0.75)));
}

#[test]
fn exactly_five_percent_is_not_a_little_more() {
    let cases: [(WorkerMetrics, u32); 3] = [
        (WorkerMetrics { success_rate: Some(0.95), ..report() }, 1),
        (WorkerMetrics { error_rate: Some(0.05), ..report() }, 3),
        (WorkerMetrics { cache_hit_rate: Some(0.8), ..report() }, 3),
    ];
    for (said, times) in cases {
        let (fleet, _) = fleet();
        (0..times).for_each(|_| fleet.track(&said).unwrap());
        let figures = fleet.worker("AGENT_54").stats().figures;
        assert_eq!(figures.error_rate, said.cache_hit_rate.is_none().then_some(0.05));
        assert_eq!(figures.cache_hit_rate, said.cache_hit_rate);
        assert!(fleet.bottlenecks().is_empty());
    }
}

#[test]
fn what_is_wrong_is_refused_by_name_and_nothing_of_it_is_taken() {
    let (fleet, _) = fleet();
    let now = fleet.now();
    let long = "x".repeat(129);
    let id = |id: &str| WorkerMetrics { id: id.into(), ..WorkerMetrics::default() };
    let cases: Vec<(WorkerMetrics, &str)> = vec![
        (id(""), "id"),
        (id("a b"), "id"),
        (id("é"), "id"),
        (id("a\nb"), "id"),
        (id(&long), "id"),
        (WorkerMetrics { error_rate: Some(f64::NAN), ..report() }, "error_rate"),
        (WorkerMetrics { error_rate: Some(1.01), ..report() }, "error_rate"),
        (WorkerMetrics { success_rate: Some(-0.01), ..report() }, "success_rate"),
        (WorkerMetrics { cache_hit_rate: Some(f64::INFINITY), ..report() }, "cache_hit_rate"),
        (WorkerMetrics { mean_seconds: Some(-1.0), ..report() }, "mean_seconds"),
        (WorkerMetrics { mean_seconds: Some(f64::INFINITY), ..report() }, "mean_seconds"),
        (WorkerMetrics { objective_seconds: Some(0.0), ..report() }, "objective_seconds"),
        (WorkerMetrics { workload_percent: Some(-0.1), ..report() }, "workload_percent"),
        (WorkerMetrics { cpu_percent: Some(f64::NEG_INFINITY), ..report() }, "cpu_percent"),
        (WorkerMetrics { memory_percent: Some(100.1), ..report() }, "memory_percent"),
        (WorkerMetrics { disk_percent: Some(f64::NAN), ..report() }, "disk_percent"),
        (WorkerMetrics { max_concurrent_tasks: Some(0), ..report() }, "max_concurrent_tasks"),
        (WorkerMetrics { name: Some("x".repeat(257)), ..report() }, "name"),
        (WorkerMetrics { domain: Some("x".repeat(257)), ..report() }, "domain"),
        (
            WorkerMetrics { metadata: [("k".into(), "x".repeat(257))].into(), ..report() },
            "metadata",
        ),
        (
            WorkerMetrics { metadata: [("x".repeat(257), "v".into())].into(), ..report() },
            "metadata",
        ),
        (WorkerMetrics { capabilities: vec!["x".repeat(257)], ..report() }, "capabilities"),
        (WorkerMetrics { mean_seconds: Some(1.1e9), ..report() }, "mean_seconds"),
        (WorkerMetrics { objective_seconds: Some(1.1e9), ..report() }, "objective_seconds"),
        (WorkerMetrics { workload_percent: Some(f64::MAX), ..report() }, "workload_percent"),
        (WorkerMetrics { cpu_percent: Some(1.1e6), ..report() }, "cpu_percent"),
        (WorkerMetrics { last_active: Some(now + 2 * MINUTE), ..report() }, "last_active"),
    ];
    for (mut wrong, field) in cases {
        wrong.queue_depth = Some(7);
        let error = fleet.track(&wrong).unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.to_string().contains(field) && error.to_string().contains("has to be"));
    }
    assert!(fleet.workers().is_empty());
    let edge = WorkerMetrics {
        error_rate: Some(1.0),
        success_rate: Some(0.0),
        memory_percent: Some(100.0),
        mean_seconds: Some(1e9),
        workload_percent: Some(1e6),
        name: Some("x".repeat(256)),
        last_active: Some(now + MINUTE),
        ..report()
    };
    fleet.track(&edge).unwrap();
}

#[test]
fn a_report_is_read_from_json_and_unknown_fields_are_refused() {
    let good = r#"{"id": "w1", "error_rate": 0.25, "queue_depth": 3}"#;
    let report: WorkerMetrics = serde_json::from_str(good).unwrap();
    assert_eq!((report.error_rate, report.queue_depth), (Some(0.25), Some(3)));
    let wrong = serde_json::from_str::<WorkerMetrics>(r#"{"id": "w1", "eror_rate": 0.25}"#);
    assert!(wrong.unwrap_err().to_string().contains("eror_rate"));
}

#[test]
fn nothing_panics_whatever_comes() {
    let (fleet, clock) = fleet();
    for id in ["", "\0", "😱", &"x".repeat(1 << 20), "ok"] {
        let worker = fleet.worker(id).name(id).domain(id).capability(id).metadata(id, id);
        for duration in [Duration::ZERO, Duration::MAX] {
            worker.record_task(duration, true);
            worker.latency_to(id, duration);
        }
        for percent in [f64::NAN, f64::INFINITY, -1.0, f64::MAX, 1e300] {
            worker.set_workload(percent);
        }
        worker.set_queue_depth(u64::MAX);
        worker.set_message_queue(u64::MAX);
        worker.cache(u64::MAX, u64::MAX);
        let _ = worker.max_concurrent(0).objective(Duration::ZERO).task(id);
    }
    clock.advance(Duration::MAX);
    assert!(fleet.stats().iter().all(|stats| (0.0..=100.0).contains(&stats.health.total)));
    let _ = (fleet.bottlenecks(), fleet.insights(), fleet.distribution(), fleet.scaling());
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    let report = fleet.generate_report(far, SystemTime::UNIX_EPOCH, None);
    let _ = (report.to_json(), report.to_markdown(), report.to_html());
    let _ = fleet.rebalance(perf_fleet::balance::Strategy::PerformanceBased);
    let _ = (fleet.evacuate("ok"), fleet.assign(&[perf_fleet::balance::Job::new("")]));
}

#[test]
fn ten_threads_lose_nothing() {
    let fleet = Fleet::builder().build();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            let worker = fleet.worker("w1");
            scope.spawn(move || {
                for n in 0..1_000 {
                    let task = worker.task("t");
                    if n % 10 == 0 { task.fail() } else { task.ok() }
                }
            });
        }
    });
    let figures = fleet.worker("w1").stats().figures;
    assert_eq!((figures.completed, figures.failed, figures.concurrent), (9_000, 1_000, 0));
}

#[test]
fn what_is_kept_of_a_worker_is_bounded() {
    let (fleet, _) = fleet();
    let worker = fleet.worker("w1");
    for n in 0..1_000 {
        let name = format!("n{n}");
        let record = TaskRecord::new(Duration::from_secs(1), true).kind(&name);
        worker.record(&record);
        worker.latency_to(&name, Duration::from_secs(1));
        let _ = worker.clone().metadata(&name, "x").capability(&name);
    }
    let stats = worker.stats();
    assert_eq!(
        (stats.latencies.len(), stats.metadata.len(), stats.capabilities.len()),
        (64, 64, 64)
    );
    let kinds = fleet.kinds("w1");
    assert_eq!(kinds.len(), 65);
    let others = kinds.iter().find(|of| of.kind == "(others)").unwrap();
    assert_eq!(others.efficiency.tasks, 936);
    assert_eq!(stats.figures.completed, 1_000);
}

#[test]
fn texts_and_numbers_have_limits() {
    let (fleet, _) = fleet();
    // 255 bytes of whole characters, of two bytes each but for the first.
    let (long, kept) = (format!("x{}", "é".repeat(5_000_000)), format!("x{}", "é".repeat(127)));
    let worker = fleet.worker("w").name(&long).domain(&long).capability(&long);
    let worker = worker.metadata(&long, &long).metadata("k", &"y".repeat(257));
    worker.latency_to(&long, Duration::MAX);
    worker.set_workload(1e300);
    worker.record(&TaskRecord::new(Duration::MAX, true).kind(&long));
    worker.task(&long).ok();
    let stats = worker.stats();
    assert_eq!((&stats.name, &stats.domain), (&kept, &kept));
    assert_eq!((&stats.capabilities[0], &stats.metadata[&kept]), (&kept, &kept));
    assert_eq!((stats.metadata["k"].len(), stats.latencies[&kept]), (256, 1e9));
    assert_eq!((stats.figures.workload, stats.figures.busy_seconds.round()), (Some(1e6), 1e9));
    let kinds = fleet.kinds("w");
    assert_eq!((kinds.len(), &kinds[0].kind, kinds[0].efficiency.tasks), (1, &kept, 2));
}

#[test]
fn a_task_of_unknown_time_only_counts() {
    let (fleet, _) = fleet();
    let worker = fleet.worker("w");
    for ok in [true, true, false] {
        worker.record(&TaskRecord::untimed(ok).kind("k"));
    }
    let figures = worker.stats().figures;
    assert_eq!((figures.completed, figures.failed, figures.mean_seconds), (2, 1, None));
    assert!(fleet.kinds("w").is_empty() && fleet.predict("k").is_none());
    assert!(fleet.specialisations().is_empty());
    worker.record(&TaskRecord::new(Duration::from_secs(5), true).kind("k"));
    let figures = worker.stats().figures;
    assert_eq!((figures.completed, figures.mean_seconds), (3, Some(5.0)));
    assert_eq!(fleet.predict("k").unwrap().seconds.expected, 5.0);
}

#[test]
fn a_thousand_ids_more_than_there_may_be_are_one_worker() {
    let fleet = Fleet::builder().max_workers(10).build();
    for n in 0..1_010 {
        fleet.worker(&format!("w{n}")).record_task(Duration::from_secs(1), true);
    }
    assert_eq!(fleet.workers().len(), 11);
    assert_eq!(fleet.worker("overflow").stats().figures.completed, 1_000);
    let unknown = WorkerMetrics { id: "new".into(), ..WorkerMetrics::default() };
    assert_eq!(fleet.track(&unknown).unwrap_err().field, "id");
}
