use crate::{fleet, tasks};
use perf_fleet::{
    TaskRecord,
    balance::{Job, Load, Strategy as By, imbalance, pairing, rebalance},
};
use proptest::prelude::*;
use std::time::Duration;

const ALL: [By; 4] = [By::RoundRobin, By::LeastLoaded, By::CapabilityBased, By::PerformanceBased];

#[test]
fn imbalance_is_the_share_of_tasks_in_the_wrong_place() {
    let of = |queues: &[u64]| {
        let (fleet, _) = fleet();
        for (n, depth) in queues.iter().enumerate() {
            fleet.worker(&format!("w{n}")).set_queue_depth(*depth);
        }
        fleet.distribution().imbalance
    };
    assert_eq!([of(&[]), of(&[0, 0]), of(&[5, 5, 5])], [0.0; 3]);
    assert_eq!([of(&[10, 0]), of(&[8, 2]), of(&[9, 1])], [0.5, 0.3, 0.4]);
    assert!((of(&[10, 0, 0, 0, 0]) - 0.8).abs() < 1e-12);
}

#[test]
fn exactly_three_tenths_is_left_alone() {
    for (queue, is_needed) in [(8, false), (9, true)] {
        let (fleet, _) = fleet();
        fleet.worker("a").set_queue_depth(queue);
        fleet.worker("b").set_queue_depth(10 - queue);
        assert_eq!(fleet.rebalance(By::LeastLoaded).is_needed, is_needed);
    }
}

#[test]
fn each_strategy_chooses_its_own_way() {
    let (fleet, _) = fleet();
    let source = fleet.worker("source").domain("x").capability("rust");
    source.set_queue_depth(40);
    let able = fleet.worker("able").domain("x").capability("rust").capability("c");
    able.set_queue_depth(3);
    tasks(&able, 5, 0, 100.0);
    tasks(&fleet.worker("fast").domain("y"), 5, 0, 1.0);
    tasks(&fleet.worker("idle").domain("y"), 5, 0, 100.0);
    fleet.worker("fast").set_queue_depth(2);
    let to = |strategy| fleet.rebalance(strategy).moves[0].to.clone();
    assert_eq!(to(By::LeastLoaded), "idle");
    assert_eq!(to(By::PerformanceBased), "fast");
    let plan = fleet.rebalance(By::CapabilityBased);
    assert!(plan.moves.iter().all(|moved| moved.to == "able"), "{plan:?}");
    let plan = fleet.rebalance(By::RoundRobin);
    let first: Vec<_> = plan.moves.iter().take(3).map(|moved| moved.to.as_str()).collect();
    assert_eq!(first, ["able", "fast", "idle"]);
    assert!(
        ALL.map(|by| fleet.rebalance(by))
            .iter()
            .all(|plan| plan.imbalance_after < plan.imbalance_before)
    );
}

#[test]
fn the_overloaded_and_the_failing_are_given_nothing() {
    let (fleet, _) = fleet();
    fleet.worker("source").set_queue_depth(100);
    tasks(&fleet.worker("broken"), 10, 10, 1.0);
    fleet.worker("full").set_workload(86.0);
    let _well = fleet.worker("well");
    for by in ALL {
        assert!(fleet.rebalance(by).moves.iter().all(|moved| moved.to == "well"));
    }
}

#[test]
fn with_more_slots_than_work_a_task_takes_its_time() {
    let (fleet, _) = fleet();
    let many = fleet.worker("many").max_concurrent(10);
    tasks(&many, 1, 0, 5.0);
    tasks(&fleet.worker("one").max_concurrent(1), 1, 0, 1.0);
    assert_eq!(many.expected_seconds(), 5.0);
    assert_eq!(fleet.worker("one").expected_seconds(), 1.0);
    many.set_queue_depth(9);
    assert_eq!(many.expected_seconds(), 5.0);
    assert_eq!(fleet.distribution().loads[0].drain_seconds(), 5.0);
    many.set_queue_depth(19);
    assert_eq!(many.expected_seconds(), 10.0);
    many.set_queue_depth(0);
    // A task there takes 5 s however many slots are free: the first four go where one takes 1 s.
    fleet.worker("source").set_queue_depth(30);
    let plan = fleet.rebalance(By::PerformanceBased);
    let to: Vec<_> = plan.moves.iter().map(|of| (of.to.as_str(), of.to_seconds_after)).collect();
    assert_eq!(to, [("one", 3.0), ("many", 12.5)]);
    assert!(plan.moves[0].effect.ends_with("; one in 3.0 s."), "{}", plan.moves[0].effect);
    let new = fleet.worker("new").max_concurrent(4);
    assert_eq!(new.expected_seconds(), 0.0);
    let _task = new.task("k");
    assert_eq!(new.expected_seconds(), 180.0);
}

#[test]
fn a_task_is_not_given_to_who_is_busy_with_one() {
    let (fleet, _) = fleet();
    let busy = fleet.worker("a");
    let _under_way = [busy.task("k"), busy.task("k")];
    let _idle = fleet.worker("b");
    let jobs = ["1", "2"].map(Job::new);
    let assignment = fleet.assign(&jobs);
    assert_eq!((assignment.pairs.len(), assignment.pairs[0].worker.as_str()), (1, "b"));
    // With the slot that is free there is no wait; without, it is for what runs.
    let (fleet, _) = crate::fleet();
    let worker = fleet.worker("w").max_concurrent(2);
    let _one = worker.task("k");
    assert_eq!(fleet.assign(&jobs[..1]).total_seconds, 180.0);
    worker.set_queue_depth(2);
    assert_eq!(fleet.assign(&jobs[..1]).total_seconds, 360.0);
}

#[test]
fn the_overloaded_are_given_a_task_last() {
    let (fleet, _) = fleet();
    let full = fleet.worker("a").max_concurrent(100).capability("gpu");
    full.set_workload(94.0);
    tasks(&full, 1, 0, 1.0);
    let well = fleet.worker("b").max_concurrent(2);
    tasks(&well, 1, 0, 1_000.0);
    let jobs = [Job::new("1"), Job::new("2"), Job::new("3"), Job::new("4").needs("gpu")];
    let assignment = fleet.assign(&jobs);
    let of = |id| assignment.pairs.iter().filter(|pair| pair.worker == id).count();
    assert_eq!((of("a"), of("b"), assignment.total_seconds), (2, 2, 2_002.0));
    full.set_workload(95.0);
    assert_eq!(fleet.assign(&jobs).unassigned, ["3", "4"]);
}

#[test]
fn tasks_of_an_evacuated_worker_go_to_who_can_do_them() {
    let (fleet, _) = fleet();
    fleet.worker("bad").capability("gpu").set_queue_depth(4);
    let _idle = fleet.worker("cpu").max_concurrent(8);
    let gpu = fleet.worker("gpu").capability("gpu").capability("cpu");
    gpu.set_queue_depth(3);
    let to = || {
        let moves = fleet.evacuate("bad").moves;
        moves.into_iter().map(|of| (of.to, of.tasks)).collect::<Vec<_>>()
    };
    assert_eq!(to(), [("gpu".to_owned(), 4)]);
    gpu.set_workload(99.0);
    assert_eq!(to(), [("gpu".to_owned(), 4)]);
    fleet.remove("gpu");
    assert_eq!(to(), [("cpu".to_owned(), 4)]);
}

#[test]
fn a_workload_above_what_it_can_is_what_waits() {
    let (fleet, _) = fleet();
    let worker = fleet.worker("w").max_concurrent(2);
    worker.set_workload(300.0);
    let load = || fleet.distribution().loads.remove(0);
    for (queue, running, demand) in [(0, 6.0, 6.0), (1, 5.0, 6.0), (4, 2.0, 6.0), (9, 2.0, 11.0)] {
        worker.set_queue_depth(queue);
        assert_eq!((load().running, load().demand()), (running, demand));
    }
}

#[test]
fn round_robin_deals_portions() {
    let (fleet, _) = fleet();
    for n in 0..1_000 {
        fleet.worker(&format!("s{n:03}")).set_queue_depth(1_000);
        let _target = fleet.worker(&format!("t{n:03}"));
    }
    let loads = fleet.distribution().loads;
    let start = std::time::Instant::now();
    let plan = rebalance(&loads, By::RoundRobin, 0.3);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!((plan.imbalance_after, plan.moves.len()), (0.0, 10_000));
    assert!(plan.moves.iter().all(|of| of.tasks == 50));
    let mut pairs: Vec<_> = plan.moves.iter().map(|of| (&of.from, &of.to)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    assert_eq!(pairs.len(), plan.moves.len());
}

#[test]
fn an_evacuated_worker_is_left_with_nothing() {
    let (fleet, _) = fleet();
    let worker = fleet.worker("bad").max_concurrent(4);
    let _under_way = [worker.task("a"), worker.task("b")];
    worker.set_queue_depth(7);
    let _large = fleet.worker("large").max_concurrent(8);
    let _small = fleet.worker("small");
    let plan = fleet.evacuate("bad");
    let given: Vec<_> = plan.moves.iter().map(|moved| (moved.to.as_str(), moved.tasks)).collect();
    assert_eq!(given, [("large", 8), ("small", 1)]);
    assert_eq!((plan.unplaced, plan.moves[1].from_seconds_after), (0, 0.0));
    assert!(!fleet.evacuate("unknown").is_needed);
}

#[test]
fn a_million_tasks_are_evacuated_too() {
    let (fleet, _) = fleet();
    fleet.worker("bad").set_queue_depth(1_000_003);
    let _others = ["a", "b", "c"].map(|id| fleet.worker(id));
    let plan = fleet.evacuate("bad");
    assert_eq!(plan.moves.iter().map(|moved| moved.tasks).sum::<u64>(), 1_000_003);
    assert!(plan.imbalance_after < 0.001);
}

#[test]
fn assignment_is_optimal_where_greed_is_not() {
    let (fleet, _) = fleet();
    for (id, build, test) in [("a", 10, 20), ("b", 20, 90)] {
        for _ in 0..3 {
            for (kind, seconds) in [("build", build), ("test", test)] {
                let task = TaskRecord::new(Duration::from_secs(seconds), true).kind(kind);
                fleet.worker(id).record(&task);
            }
        }
    }
    // Greed would give "build" to a for 10 s, and leave "test" to b for 90 s.
    let assignment = fleet.assign(&[Job::new("1").kind("build"), Job::new("2").kind("test")]);
    assert_eq!(assignment.total_seconds, 40.0);
    let needs =
        fleet.assign(&[Job::new("1").needs("gpu"), Job::new("2"), Job::new("3"), Job::new("4")]);
    assert_eq!((needs.pairs.len(), needs.unassigned.len()), (2, 2));
    assert_eq!(needs.unassigned[0], "1");
}

fn loads() -> impl Strategy<Value = Vec<Load>> {
    let one = (0.0..50.0_f64, 0_u64..200, 1_u8..9, 0.1..500.0_f64, any::<bool>(), 0_u8..3);
    prop::collection::vec(one, 0..30).prop_map(|all| {
        let load = |(n, (running, queued, capacity, seconds, is_fit, domain))| Load {
            worker: format!("w{n}"),
            domain: format!("d{domain}"),
            running,
            queued,
            capacity: f64::from(capacity),
            task_seconds: seconds,
            success: 1.0,
            is_fit,
            capabilities: Vec::new(),
        };
        all.into_iter().enumerate().map(load).collect()
    })
}

fn costs() -> impl Strategy<Value = Vec<Vec<Option<f64>>>> {
    (1_usize..8, 0_usize..8).prop_flat_map(|(rows, columns)| {
        let cell = prop::option::weighted(0.9, 0.0..100.0_f64);
        prop::collection::vec(prop::collection::vec(cell, columns), rows)
    })
}

/// How many pairs, and what they cost.
fn total(costs: &[Vec<Option<f64>>], pairs: &[Option<usize>]) -> (usize, f64) {
    let cost = |(row, pair): (&Vec<Option<f64>>, &Option<usize>)| row[(*pair)?];
    let all: Vec<f64> = costs.iter().zip(pairs).filter_map(cost).collect();
    (all.len(), all.iter().sum())
}

fn greedy(costs: &[Vec<Option<f64>>]) -> Vec<Option<usize>> {
    let mut taken = Vec::new();
    let choose = |row: &Vec<Option<f64>>| {
        let free = row.iter().enumerate().filter(|(at, _)| !taken.contains(at));
        let known = free.filter_map(|(at, cost)| Some((at, (*cost)?)));
        let best = known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at);
        taken.extend(best);
        best
    };
    costs.iter().map(choose).collect()
}

/// The best of all there are.
fn best(costs: &[Vec<Option<f64>>], taken: &mut Vec<usize>) -> (usize, f64) {
    let Some((row, rest)) = costs.split_first() else { return (0, 0.0) };
    let mut found = best(rest, taken);
    for (at, cost) in row.iter().enumerate() {
        let Some(cost) = cost.filter(|_| !taken.contains(&at)) else { continue };
        taken.push(at);
        let (pairs, sum) = best(rest, taken);
        taken.pop();
        let this = (pairs + 1, sum + cost);
        if this.0 > found.0 || (this.0 == found.0 && this.1 < found.1) {
            found = this;
        }
    }
    found
}

proptest! {
    #[test]
    fn rebalancing_never_makes_it_worse(loads in loads(), by in prop::sample::select(&ALL[..])) {
        let plan = rebalance(&loads, by, 0.0);
        prop_assert!(plan.imbalance_after <= plan.imbalance_before + 1e-12, "{plan:?}");
        let queued = |id: &str| loads.iter().find(|load| load.worker == id).unwrap().queued;
        for moved in &plan.moves {
            let from: u64 =
                plan.moves.iter().filter(|of| of.from == moved.from).map(|of| of.tasks).sum();
            prop_assert!(moved.tasks > 0 && from <= queued(&moved.from));
            prop_assert!(loads.iter().any(|load| load.worker == moved.to && load.is_fit));
        }
        let shares: f64 = plan.new_tasks.iter().map(|of| of.share).sum();
        prop_assert!(plan.new_tasks.is_empty() || (shares - 1.0).abs() < 1e-9);
        let before: f64 = imbalance(&loads);
        prop_assert!((plan.imbalance_before - before).abs() < 1e-12);
    }

    #[test]
    fn pairing_is_optimal_and_no_worse_than_greed(costs in costs()) {
        let pairs = pairing(&costs);
        let mut columns: Vec<_> = pairs.iter().flatten().collect();
        columns.sort_unstable();
        columns.dedup();
        prop_assert_eq!(columns.len(), pairs.iter().flatten().count(), "no column twice");
        let (count, sum) = total(&costs, &pairs);
        let (greedy_count, greedy_sum) = total(&costs, &greedy(&costs));
        prop_assert!(count >= greedy_count);
        prop_assert!(count > greedy_count || sum <= greedy_sum + 0.01);
        if costs.len() <= 5 {
            let (best_count, best_sum) = best(&costs, &mut Vec::new());
            prop_assert_eq!(count, best_count);
            // Costs are taken to three decimals.
            prop_assert!((sum - best_sum).abs() < 0.01, "{} {}", sum, best_sum);
        }
    }
}

#[test]
fn pairing_takes_anything() {
    assert_eq!(pairing(&[]), []);
    assert_eq!(pairing(&[vec![], vec![]]), [None, None]);
    assert_eq!(pairing(&[vec![Some(f64::NAN), Some(f64::INFINITY), Some(-1.0)]]), [Some(2)]);
    // Rows of different lengths, and more than a batch of them.
    let many: Vec<_> = (0..450).map(|n| vec![Some(1.0); n % 7]).collect();
    assert_eq!(pairing(&many).iter().flatten().count(), 6);
}

#[test]
fn a_worker_with_room_for_many_is_given_many() {
    let (fleet, _) = fleet();
    let busy = fleet.worker("large").max_concurrent(u64::MAX);
    let _under_way = busy.task("a");
    let full = fleet.worker("full").max_concurrent(1);
    let _too = full.task("a");
    let _small = fleet.worker("small");
    let jobs: Vec<_> = (0..500).map(|n| Job::new(&format!("j{n}"))).collect();
    let assignment = fleet.assign(&jobs);
    assert_eq!((assignment.pairs.len(), assignment.unassigned.len()), (500, 0));
    let of = |id| assignment.pairs.iter().filter(|pair| pair.worker == id).count();
    assert_eq!(of("full"), 0);
    assert!(of("small") <= 1 && of("large") >= 499);
}
