use crate::{HOUR, MINUTE, fleet, tasks};
use perf_fleet::{TaskRecord, efficiency::InsightKind};
use std::time::Duration;

#[test]
fn efficiency_is_the_sum_of_its_parts() {
    let (fleet, _) = fleet();
    let worker = fleet.worker("w1");
    tasks(&worker, 2, 1, 90.0);
    tasks(&worker, 2, 0, 270.0);
    let efficiency = worker.efficiency().unwrap();
    // A mean of 180 s, which is the objective, and a standard deviation of 90 s.
    assert_eq!((efficiency.speed, efficiency.success, efficiency.tasks), (1.0, 0.75, 4));
    assert!((efficiency.consistency - 2.0 / 3.0).abs() < 1e-12);
    assert!((efficiency.score - (0.4 + 0.2 * 2.0 / 3.0 + 0.3)).abs() < 1e-12);
}

fn kinds(seed: u64, medians: &[(&str, &str, f64)]) -> perf_fleet::Fleet {
    let (fleet, _) = fleet();
    let mut random = fastrand::Rng::with_seed(seed);
    for (id, kind, seconds) in medians {
        for _ in 0..80 {
            let seconds = seconds * random.f64().mul_add(0.6, 0.7);
            let task = TaskRecord::new(Duration::from_secs_f64(seconds), true).kind(kind);
            fleet.worker(id).record(&task);
        }
    }
    fleet
}

#[test]
fn specialisations_are_found_where_they_are_significant() {
    let cases = [
        ("a", "build", 50.0),
        ("a", "test", 100.0),
        ("b", "build", 100.0),
        ("b", "test", 30.0),
        ("c", "build", 100.0),
        ("c", "test", 100.0),
    ];
    let found = kinds(1, &cases).specialisations();
    let found: Vec<_> = found.iter().map(|of| (of.worker.as_str(), of.kind.as_str())).collect();
    assert_eq!(found, [("b", "test"), ("a", "build")]);
}

#[test]
fn where_all_are_alike_nobody_is_special() {
    // A false one in 5 % of cases, at most: of 40 none, one, two or, seldom, more.
    let alike: Vec<_> = ["a", "b", "c", "d"].iter().map(|id| (*id, "build", 100.0)).collect();
    let false_ones = (0..40).filter(|seed| !kinds(*seed, &alike).specialisations().is_empty());
    assert!(false_ones.count() <= 5);
}

#[test]
fn a_kind_is_measured_against_the_whole_fleet() {
    let (fleet, _) = fleet();
    for (id, seconds) in [("a", 10), ("b", 30)] {
        let task = TaskRecord::new(Duration::from_secs(seconds), true).kind("build");
        fleet.worker(id).record(&task);
    }
    let speed = |id| fleet.kinds(id)[0].efficiency.speed;
    assert_eq!(speed("a"), 1.0);
    assert!((speed("b") - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn insights_at_their_boundaries() {
    let (fleet, clock) = fleet();
    let kinds =
        |fleet: &perf_fleet::Fleet| fleet.insights().iter().map(|of| of.kind).collect::<Vec<_>>();
    let worker = fleet.worker("w1");
    clock.advance(HOUR);
    worker.set_workload(85.0);
    // Of the last 59 minutes and 40 seconds, as much as there is of 60 minutes.
    tasks(&worker, 100, 4, 1.0);
    assert_eq!(kinds(&fleet), []);
    worker.set_workload(85.1);
    tasks(&worker, 1, 1, 1.0);
    assert_eq!(kinds(&fleet), [InsightKind::FrequentErrors, InsightKind::HighUtilisation]);
    // 101 tasks an hour before, and now 80 % of that or fewer; at the very end of a minute.
    clock.advance(2 * HOUR - MINUTE + Duration::from_nanos(19_999_999_999));
    worker.set_workload(50.0);
    tasks(&worker, 41, 0, 1.0);
    let throughput = worker.throughput();
    assert_eq!((throughput.hour.round(), throughput.history), (41.0, Some(101.0)));
    assert_eq!(kinds(&fleet), [InsightKind::LowThroughput]);
    tasks(&worker, 40, 0, 1.0);
    assert_eq!(kinds(&fleet), []);
}

#[test]
fn a_variance_of_efficiency_above_a_tenth_stands_out() {
    let (fleet, _) = fleet();
    for (id, failed) in [("a", 0), ("b", 0), ("c", 100), ("d", 100)] {
        // Slow and failing: 0.4 × 0.1 + 0.2; fast and well: 1.
        let seconds = if failed > 0 { 1_800.0 } else { 1.0 };
        tasks(&fleet.worker(id), 100, failed, seconds);
    }
    let insights = fleet.insights();
    let variance = insights.iter().find(|of| of.kind == InsightKind::EfficiencyVariance).unwrap();
    assert!((variance.value - 0.38_f64.powi(2)).abs() < 1e-9, "{}", variance.value);
    assert!(variance.worker.is_none() && variance.text.contains("0.144"));
}

#[test]
fn recovery_takes_from_the_first_bad_minute_to_the_next_good_one() {
    let (fleet, clock) = fleet();
    let (worker, start) = (fleet.worker("w1"), fleet.now());
    for failed in [0, 1, 1, 1, 0, 0, 1, 0, 1] {
        tasks(&worker, 10, failed, 1.0);
        clock.advance(MINUTE);
    }
    let recovery = worker.recovery(start, fleet.now());
    assert_eq!((recovery.episodes, recovery.mean_seconds), (2, Some(120.0)));
    assert_eq!((recovery.longest_seconds, recovery.is_ongoing), (Some(180.0), true));
}
