//! What the detector finds, and what it leaves alone.

mod support;

use perf_analysis::anomaly::{AnomalyKind, Detector, Statistic, Stretch};
use perf_core::{Operation, OperationParts};
use proptest::prelude::*;
use std::time::Duration;
use support::{Shape, drawn, normal};

const HOUR: Duration = Duration::from_secs(3_600);

/// So many calls, of so many nanoseconds, some failed.
fn calls(count: u64, nanos: u64, errors: u64) -> Operation {
    let buckets = vec![(nanos, count)];
    Operation::from(OperationParts { name: "n".into(), buckets, errors, ..Default::default() })
}

fn found(history: &[Operation], recent: &Operation) -> Vec<Statistic> {
    let history: Vec<_> = history.iter().map(|of| Stretch::new(of, HOUR)).collect();
    let found = Detector::new().inspect(&history, Stretch::new(recent, HOUR));
    found.anomalies.into_iter().map(|anomaly| anomaly.statistic).collect()
}

#[test]
fn latency_drifts_from_ten_percent_on() {
    let history = vec![calls(500, 1_000_000, 0); 8];
    assert_eq!(found(&history, &calls(500, 1_090_000, 0)), []);
    assert_eq!(found(&history, &calls(500, 1_105_000, 0)), [Statistic::Median]);
    assert_eq!(found(&history, &calls(500, 900_000, 0)), [Statistic::Median]);
    let history = vec![calls(1_000, 1_000_000, 0); 8];
    assert_eq!(found(&history, &calls(1_000, 1_105_000, 0)), [Statistic::Median, Statistic::P99]);
}

#[test]
fn eight_stretches_and_thirty_calls_are_needed() {
    let slow = calls(30, 9_000_000, 0);
    assert_eq!(found(&vec![calls(30, 1_000_000, 0); 8], &slow), [Statistic::Median]);
    assert_eq!(found(&vec![calls(30, 1_000_000, 0); 7], &slow), []);
    assert_eq!(found(&vec![calls(29, 1_000_000, 0); 8], &slow), []);
    let few = calls(29, 9_000_000, 0);
    assert_eq!(found(&vec![calls(30, 1_000_000, 0); 8], &few), []);
}

#[test]
fn errors_spike_from_one_point_and_twice_the_usual_on() {
    // A usual share of 1 %: twice that is 2 %.
    let history = vec![calls(10_000, 1_000_000, 100); 8];
    assert_eq!(found(&history, &calls(10_000, 1_000_000, 200)), [Statistic::ErrorShare]);
    assert_eq!(found(&history, &calls(10_000, 1_000_000, 199)), []);
    // No error ever: from 1 % on.
    let history = vec![calls(10_000, 1_000_000, 0); 8];
    assert_eq!(found(&history, &calls(10_000, 1_000_000, 100)), [Statistic::ErrorShare]);
    assert_eq!(found(&history, &calls(10_000, 1_000_000, 99)), []);
    // 1 in 60 usually, 3 of 60: by chance in 8 % of the hours.
    let history = vec![calls(60, 1_000_000, 1); 8];
    assert_eq!(found(&history, &calls(60, 1_000_000, 3)), []);
}

#[test]
fn throughput_drops_below_four_fifths() {
    let history = vec![calls(10_000, 1_000_000, 0); 8];
    assert_eq!(found(&history, &calls(8_000, 1_000_000, 0)), []);
    assert_eq!(found(&history, &calls(7_999, 1_000_000, 0)), [Statistic::Rate]);
    assert_eq!(found(&history, &calls(0, 1_000_000, 0)), [Statistic::Rate]);
    // 25 of 40: by chance once in 130 hours.
    assert_eq!(found(&vec![calls(40, 1_000_000, 0); 8], &calls(25, 1_000_000, 0)), []);
    assert_eq!(
        found(&vec![calls(40, 1_000_000, 0); 8], &calls(10, 1_000_000, 0)),
        [Statistic::Rate]
    );
    assert_eq!(found(&vec![calls(29, 1_000_000, 0); 8], &calls(0, 1_000_000, 0)), []);
    // Every other hour is idle.
    let mut history = vec![calls(1_000, 1_000_000, 0); 10];
    history.iter_mut().step_by(2).for_each(|hour| *hour = calls(0, 1, 0));
    assert_eq!(found(&history, &calls(0, 1, 0)), []);
}

#[test]
fn what_is_skipped_or_has_no_length_is_not_there() {
    let (warm, usual) = (calls(500, 50_000_000, 0), calls(500, 1_000_000, 0));
    let mut history = vec![Stretch::new(&warm, HOUR); 9];
    history.extend([Stretch::new(&usual, HOUR); 8]);
    history.extend([Stretch::new(&usual, Duration::ZERO); 8]);
    let recent = Stretch::new(&usual, HOUR);
    let all = Detector::new().inspect(&history, recent);
    assert_eq!((all.stretches, all.anomalies.len()), (17, 1));
    let skipped = Detector::new().skip_first(9).inspect(&history, recent);
    assert_eq!((skipped.stretches, skipped.anomalies.len()), (8, 0));
}

/// The share of runs in which anything is found where every hour is like the others: with hours that
/// differ in their level by so much.
fn false_alarms(hours: usize, count: f64, differ: f64) -> f64 {
    const RUNS: u32 = 1_000;
    let mut rng = fastrand::Rng::with_seed(hours as u64 + count as u64);
    let mut hour = || {
        let level = (differ * normal(&mut rng)).exp();
        let calls =
            (count * (differ * normal(&mut rng)).exp() + count.sqrt() * normal(&mut rng)) as usize;
        let hour = drawn(&mut rng, ("n", Shape::LogNormal(1.0)), (3, calls), level);
        let mut parts = OperationParts::from(&hour);
        parts.errors = (0..calls).filter(|_| rng.f64() < 0.01).count() as u64;
        Operation::from(parts)
    };
    let wrong = (0..RUNS).filter(|_| {
        let history: Vec<_> = (0..hours).map(|_| hour()).collect();
        !found(&history, &hour()).is_empty()
    });
    wrong.count() as f64 / f64::from(RUNS)
}

#[test]
fn hours_like_the_others_are_rarely_unusual() {
    for (hours, count, differ) in
        [(8, 50.0, 0.0), (24, 100.0, 0.0), (24, 100.0, 0.1), (8, 300.0, 0.1), (8, 1_200.0, 0.05)]
    {
        let share = false_alarms(hours, count, differ);
        println!(
            "false alarms: {:.1} % of 1000 hours against {hours} of about {count} calls, levels differing by {:.0} %",
            share * 100.0,
            differ * 100.0
        );
        assert!(share < 0.01, "{share}");
    }
}

#[test]
fn what_is_planted_is_found() {
    let mut rng = fastrand::Rng::with_seed(5);
    let mut hour = |calls, times| drawn(&mut rng, ("n", Shape::LogNormal(0.5)), (2, calls), times);
    let runs = 200;
    let mut kinds = [0; 3];
    for _ in 0..runs {
        let history: Vec<_> = (0..24).map(|_| hour(1_000, 1.0)).collect();
        let mut failing = OperationParts::from(&hour(1_000, 1.0));
        failing.errors = 50;
        let planted = [hour(1_000, 1.25), Operation::from(failing), hour(500, 1.0)];
        let expected = [Statistic::Median, Statistic::ErrorShare, Statistic::Rate];
        for ((recent, expected), kind) in planted.iter().zip(expected).zip(&mut kinds) {
            *kind += u32::from(found(&history, recent).contains(&expected));
        }
    }
    println!("found: {kinds:?} of {runs} hours 25 % slower, with 5 % errors, with half the calls");
    assert!(kinds.iter().all(|found| *found >= runs * 95 / 100), "{kinds:?}");
}

fn any_stretch() -> impl Strategy<Value = (Operation, Duration)> {
    let count = prop_oneof![0..100_u64, any::<u64>()];
    let parts = (prop::collection::vec((any::<u64>(), count), 0..5), any::<[u64; 2]>());
    (parts, any::<Duration>()).prop_map(|((buckets, [errors, skipped]), length)| {
        let parts = OperationParts { buckets, errors, skipped, ..Default::default() };
        (Operation::from(parts), length)
    })
}

proptest! {
    #[test]
    fn nothing_panics(
        history in prop::collection::vec(any_stretch(), 0..12), recent in any_stretch(),
        odd: f64, least in 0_u64..50,
    ) {
        let detector = Detector::new().least_stretches(3).least_calls(least).threshold(odd);
        let detector = detector.least_shift(odd).chance(odd).drop_below(odd);
        let history: Vec<_> = history.iter().map(|(of, length)| Stretch::new(of, *length)).collect();
        let found = detector.inspect(&history, Stretch::new(&recent.0, recent.1));
        prop_assert!(serde_json::to_string(&found).is_ok());
        for anomaly in found.anomalies {
            prop_assert!((0.0..=1.0).contains(&anomaly.p));
            prop_assert!(anomaly.kind != AnomalyKind::ThroughputDrop || anomaly.value < anomaly.usual);
            prop_assert!(!anomaly.to_string().is_empty());
        }
    }
}
