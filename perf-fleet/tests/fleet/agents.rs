//! 105 simulated agents in 5 domains, some of which fail or have too much to do.

use perf_fleet::{
    Fleet, FleetBuilder, ManualClock, TaskRecord, balance::Strategy, bottleneck::BottleneckKind,
};
use std::time::Duration;

const DOMAINS: [&str; 5] = ["Platform", "Frontend", "Backend", "Data", "Security"];
const EACH: usize = 21;

/// Agents that work for so many minutes, by a seed. In each domain the 20th fails a third of its tasks, and
/// the 21st has too much to do.
fn agents(builder: FleetBuilder, minutes: u32, seed: u64) -> (Fleet, ManualClock) {
    let clock = ManualClock::new();
    let fleet = builder.clock(clock.clone()).build();
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..minutes {
        for n in 0..DOMAINS.len() * EACH {
            work(&fleet, n, &mut random);
        }
        clock.advance(Duration::from_secs(60));
    }
    (fleet, clock)
}

fn work(fleet: &Fleet, n: usize, random: &mut fastrand::Rng) {
    let (domain, role) = (DOMAINS[n / EACH], n % EACH + 1);
    let worker = fleet
        .worker(&format!("AGENT_{:03}", n + 1))
        .name(&format!("{domain} {role}"))
        .domain(domain)
        .capability(domain)
        .max_concurrent(4);
    let failing = if role == 20 { 0.33 } else { 0.01 };
    let kind = ["review", "build", "test"][random.usize(..3)];
    let seconds = 120.0 * random.f64().mul_add(0.5, 0.75);
    let task = TaskRecord::new(Duration::from_secs_f64(seconds), random.f64() >= failing);
    worker.record(&task.kind(kind));
    worker.cache(random.u64(90..100), random.u64(..5));
    let (workload, queue) = if role == 21 { (97.0, 150) } else { (60.0, random.u64(..4)) };
    worker.set_workload(workload);
    worker.set_queue_depth(queue);
}

#[test]
fn a_report_of_all_agents_finds_those_that_need_help() {
    let (fleet, _) = agents(Fleet::builder(), 60, 54);
    let report = fleet.generate_report(fleet.now() - Duration::from_secs(3_600), fleet.now(), None);
    assert_eq!((report.counts.workers, report.counts.healthy), (105, 95));
    assert_eq!(report.counts.failing, 10, "five that fail, and five with too much to do");
    assert_eq!(report.totals.completed + report.totals.failed, 60 * 105);
    assert!(report.average_health.unwrap() > 85.0);
    assert_eq!((report.top.len(), report.bottlenecks.len()), (10, 15));
    let of = |kind| report.bottlenecks.iter().filter(|found| found.kind == kind).count();
    assert_eq!(of(BottleneckKind::ErrorRate), 5);
    assert_eq!((of(BottleneckKind::Workload), of(BottleneckKind::QueueDepth)), (5, 5));
    assert!(report.recommendations.iter().any(|text| text.starts_with("Rebalance:")));
    let one =
        fleet.generate_report(fleet.now() - Duration::from_secs(3_600), fleet.now(), Some("Data"));
    assert_eq!((one.counts.workers, one.bottleneck_count), (21, 3));
}

#[test]
fn rebalancing_helps_by_every_strategy() {
    let (fleet, _) = agents(Fleet::builder(), 5, 7);
    for strategy in [
        Strategy::RoundRobin,
        Strategy::LeastLoaded,
        Strategy::CapabilityBased,
        Strategy::PerformanceBased,
    ] {
        let plan = fleet.rebalance(strategy);
        assert!(plan.is_needed && plan.imbalance_before > 0.5, "{}", plan.imbalance_before);
        assert!(plan.imbalance_after < 0.1, "{strategy} {}", plan.imbalance_after);
        assert!(plan.moves.iter().all(|of| of.from_seconds_after < of.from_seconds_before));
    }
    let by_capability = fleet.rebalance(Strategy::CapabilityBased);
    let domain = |id: &str| fleet.get(id).unwrap().stats().domain;
    assert!(by_capability.moves.iter().all(|of| domain(&of.from) == domain(&of.to)));
}

#[test]
fn metrics_of_all_agents_are_in_the_registry() {
    let registry = perf_core::Registry::new();
    let (_fleet, _) = agents(Fleet::builder().registry(&registry), 3, 1);
    let snapshot = registry.snapshot();
    let count = |name: &str| snapshot.metrics().iter().filter(|of| of.name() == name).count();
    for name in [
        "agent_tasks_completed_total",
        "agent_tasks_failed_total",
        "agent_task_duration_seconds",
        "agent_error_rate",
        "agent_cache_hit_rate",
        "agent_workload_percentage",
        "agent_health_score",
        "agent_queue_depth",
        "agent_concurrent_tasks",
    ] {
        assert_eq!(count(name), 105, "{name}");
    }
}
