use crate::{MINUTE, fleet};
use perf_analysis::forecast::Outlook;
use perf_fleet::{
    Figures, TaskRecord,
    predict::{Scaling, ScalingAdvice},
};
use std::time::Duration;

#[test]
fn the_next_task_is_in_its_range_as_often_as_said() {
    let mut random = fastrand::Rng::with_seed(7);
    // Skewed, as durations are: by the square of a uniform one.
    let mut seconds = move || Duration::from_secs_f64(1.0 + 99.0 * random.f64().powi(2));
    let (mut inside, mut rounds) = (0, 0);
    for _ in 0..400 {
        let (fleet, _) = fleet();
        for _ in 0..30 {
            fleet.worker("w1").record(&TaskRecord::new(seconds(), true).kind("k"));
        }
        let range = fleet.predict("k").unwrap().seconds;
        assert!((0.87..=0.95).contains(&range.confidence), "{}", range.confidence);
        for _ in 0..20 {
            let next = seconds().as_secs_f64();
            inside += u32::from((range.low..=range.high).contains(&next));
            rounds += 1;
        }
    }
    let share = f64::from(inside) / f64::from(rounds);
    assert!((share - 0.935).abs() < 0.03, "{share}");
}

#[test]
fn needs_add_up_with_their_uncertainty() {
    let (fleet, _) = fleet();
    let worker = fleet.worker("w1");
    for n in 0..100_u64 {
        let task = TaskRecord::new(Duration::from_secs(if n % 2 == 0 { 9 } else { 11 }), n >= 10);
        worker.record(&task.kind("build").cpu_time(Duration::from_secs(5)).memory_bytes(1 << 20));
        worker.record(&TaskRecord::new(Duration::from_secs(2), true).kind("test"));
    }
    let needs = fleet.needs(&[("build", 10), ("test", 5), ("unknown", 3)]);
    assert_eq!((needs.seconds.expected, needs.unknown), (110.0, 3));
    assert!((needs.seconds.high - (110.0 + 1.96 * 11.0_f64.sqrt())).abs() < 1e-9);
    assert_eq!((needs.cpu_seconds.expected, needs.cpu_seconds.low), (50.0, 50.0));
    assert_eq!(needs.memory_bytes.expected, f64::from(10 << 20));
    assert_eq!(fleet.predict("build").unwrap().success, 0.9);
}

#[test]
fn a_workload_that_does_not_rise_is_never_too_much() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w1");
    assert_eq!(worker.time_until_overload().outlook, Outlook::TooFewPoints);
    for n in 0..40 {
        worker.set_workload(if n % 2 == 0 { 49.0 } else { 51.0 });
        clock.advance(MINUTE);
    }
    assert_eq!(worker.time_until_overload().outlook, Outlook::NoTrend);
    worker.set_workload(85.0);
    assert_eq!(worker.time_until_overload().outlook, Outlook::AlreadyOver);
}

#[test]
fn overloads_to_come_are_in_order() {
    let (fleet, clock) = fleet();
    for n in 0..30 {
        fleet.worker("later").set_workload(40.0 + f64::from(n) / 2.0);
        fleet.worker("sooner").set_workload(50.0 + f64::from(n));
        clock.advance(MINUTE);
    }
    let soon: Vec<_> = fleet.overloads_to_come().into_iter().map(|(id, _)| id).collect();
    assert_eq!(soon, ["sooner", "later"]);
}

#[test]
fn scaling_by_littles_law() {
    let stats = |ended: u64, queue: u64, most: u64| {
        let mut stats = fleet().0.worker("w").stats();
        stats.figures = Figures {
            completed: ended,
            mean_seconds: Some(36.0),
            period_seconds: 3_600.0,
            queue_depth: queue,
            max_concurrent: Some(most),
            ..Figures::default()
        };
        stats
    };
    // 70 an hour of 36 s each: 0.7 are under way.
    let one = Scaling::of(&[stats(70, 0, 1)]);
    assert!((one.concurrency - 0.7).abs() < 1e-12 && (one.utilisation - 0.7).abs() < 1e-12);
    assert_eq!(one.advice, ScalingAdvice::Keep);
    assert_eq!(Scaling::of(&[stats(71, 0, 1)]).advice, ScalingAdvice::Add(1));
    assert_eq!(Scaling::of(&[stats(70, 70, 1)]).advice, ScalingAdvice::Add(1), "those that wait");
    let many = vec![stats(35, 0, 1); 4];
    // 1.4 of 4: below 40 %, and two are enough.
    assert_eq!(Scaling::of(&many).advice, ScalingAdvice::Remove(2));
    assert_eq!(Scaling::of(&vec![stats(40, 0, 1); 4]).advice, ScalingAdvice::Keep);
    assert_eq!(Scaling::of(&[stats(0, 9, 1)]).advice, ScalingAdvice::Unknown);
}
