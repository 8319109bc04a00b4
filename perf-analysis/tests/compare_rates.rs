//! How often comparisons are wrong, over many runs with durations drawn at random.

mod support;

use perf_analysis::compare::{Comparison, ErrorVerdict, Verdict};
use perf_core::{Operation, OperationParts};
use support::{Shape, drawn, normal, operation};

const RUNS: u32 = 400;

/// One operation of each shape.
fn set(rng: &mut fastrand::Rng, digits: u8, calls: usize, times: f64) -> Vec<Operation> {
    let named = Shape::ALL.map(|shape| (format!("{shape:?}"), shape));
    named.iter().map(|(name, shape)| drawn(rng, (name, *shape), (digits, calls), times)).collect()
}

/// The share of runs with any verdict but "same", where nothing changed.
fn false_alarms(digits: u8, calls: usize, times: f64) -> f64 {
    let mut rng = fastrand::Rng::with_seed(u64::from(digits) * 7919 + calls as u64);
    let comparison = Comparison::new().least_effect(0.0);
    let wrong = (0..RUNS).filter(|_| {
        let before = set(&mut rng, digits, calls, times);
        let report = comparison.of(&before, &set(&mut rng, digits, calls, times));
        report.operations.iter().any(|of| of.verdict != Verdict::Same)
    });
    wrong.count() as f64 / f64::from(RUNS)
}

#[test]
fn where_nothing_changed_at_most_one_report_in_twenty_says_so() {
    // Twice the deviation of a share of 5 % over 400 runs is 2.2 %.
    for (digits, calls, times) in
        [(3, 1_500, 1.0), (3, 4_000, 1.0), (2, 4_000, 1.0), (1, 4_000, 1.0), (2, 1_500, 1.0007)]
    {
        let share = false_alarms(digits, calls, times);
        println!(
            "false alarms: {:.2} % of {RUNS} reports of 4 operations × 3 percentiles, {digits} digits, {calls} calls",
            share * 100.0
        );
        assert!(share <= 0.072, "{share}");
    }
}

#[test]
fn a_percentile_in_a_gap_between_two_modes_is_no_false_alarm() {
    const RUNS: u32 = 2_000;
    let mut rng = fastrand::Rng::with_seed(70);
    // 70 % of the calls are fast: the median of one side's slow ones is 25 times as long.
    let comparison = Comparison::new().percentiles([70.0]);
    let mut side = || [drawn(&mut rng, ("n", Shape::Bimodal), (3, 500), 1.0)];
    let wrong = |_: &u32| comparison.of(&side(), &side()).operations[0].verdict != Verdict::Same;
    let share = (0..RUNS).filter(wrong).count() as f64 / f64::from(RUNS);
    println!("false alarms: {:.2} % of {RUNS} comparisons of p70 between two modes", share * 100.0);
    // Twice the deviation of a share of 5 % over 2,000 runs is 1 %.
    assert!(share <= 0.06, "{share}");
}

#[test]
fn error_shares_rarely_seem_to_differ_and_doubled_ones_do() {
    const RUNS: u32 = 2_000;
    let mut rng = fastrand::Rng::with_seed(4);
    for (calls, share, changed) in [(1_000, 0.01, 0.04), (20_000, 0.02, 0.03)] {
        let mut side = |share: f64| {
            let errors = (0..calls).filter(|_| rng.f64() < share).count() as u64;
            let parts =
                OperationParts { buckets: vec![(1_000, calls)], errors, ..Default::default() };
            [Operation::from(parts)]
        };
        let mut found = |after: f64| {
            let of = |_: &u32| {
                let report = Comparison::new().of(&side(share), &side(after));
                report.operations[0].errors.verdict != ErrorVerdict::Same
            };
            (0..RUNS).filter(of).count() as f64 / f64::from(RUNS)
        };
        let (same, other) = (found(share), found(changed));
        println!(
            "errors: {:.2} % false alarms, {:.1} % of changes from {share} to {changed} found, {calls} calls",
            same * 100.0,
            other * 100.0
        );
        assert!(same <= 0.05 && other >= 0.9, "{same} {other}");
    }
}

#[test]
fn ten_percent_are_found_among_ten_thousand_calls() {
    const POWER_RUNS: u32 = 100;
    for digits in [3, 2] {
        let mut rng = fastrand::Rng::with_seed(11);
        let mut found = [0_u32; 4];
        for _ in 0..POWER_RUNS {
            let before = set(&mut rng, digits, 10_000, 1.0);
            let report = Comparison::new().of(&before, &set(&mut rng, digits, 10_000, 1.1));
            let names = Shape::ALL.map(|shape| format!("{shape:?}"));
            for (found, name) in found.iter_mut().zip(names) {
                let of = report.operations.iter().find(|of| of.name == name).unwrap();
                *found += u32::from(of.verdict == Verdict::Slower);
            }
        }
        for (shape, found) in Shape::ALL.iter().zip(found) {
            println!(
                "power: {found} of {POWER_RUNS} found slower by 10 %, {shape:?}, {digits} digits, 10,000 calls"
            );
            assert!(found * 100 >= POWER_RUNS * 95, "{shape:?} {digits}: {found}");
        }
    }
}

#[test]
fn intervals_hold_the_true_shift() {
    for (digits, calls, times) in
        [(3, 2_000, 1.0), (3, 2_000, 1.25), (2, 10_000, 1.25), (3, 100, 1.25)]
    {
        let mut rng = fastrand::Rng::with_seed(digits.into());
        let (mut held, mut all) = (0_u32, 0_u32);
        for _ in 0..RUNS {
            let before = set(&mut rng, digits, calls, 1.0);
            let report = Comparison::new().of(&before, &set(&mut rng, digits, calls, times));
            for change in report.operations.iter().flat_map(|of| &of.percentiles) {
                if change.verdict != Verdict::TooFewSamples {
                    let low = change.low.unwrap_or(f64::NEG_INFINITY);
                    let high = change.high.unwrap_or(f64::INFINITY);
                    held += u32::from(low <= times - 1.0 && times - 1.0 <= high);
                    all += 1;
                }
            }
        }
        let share = f64::from(held) / f64::from(all);
        println!(
            "coverage: {:.2} % of {all} intervals at 95 % hold a shift of {times}, {digits} digits, {calls} calls",
            share * 100.0
        );
        assert!(share >= 0.93, "{share}");
    }
}

#[test]
fn calls_that_resemble_the_ones_before_them_raise_false_alarms_as_documented() {
    let mut shares = [0.0; 3];
    for (share, follow) in shares.iter_mut().zip([0.0, 0.5, 0.9]) {
        let mut rng = fastrand::Rng::with_seed(6);
        let mut side = || {
            let mut level = normal(&mut rng);
            let durations: Vec<u64> = (0..2_000)
                .map(|_| {
                    let new = (1.0_f64 - follow * follow).sqrt() * normal(&mut rng);
                    level = follow * level + new;
                    (1e6 * (0.5 * level).exp()) as u64
                })
                .collect();
            [operation("n", 3, &durations)]
        };
        let comparison = Comparison::new();
        let wrong =
            |_: &u32| comparison.of(&side(), &side()).operations[0].verdict != Verdict::Same;
        *share = (0..RUNS).filter(wrong).count() as f64 / f64::from(RUNS);
        println!(
            "false alarms: {:.1} % of {RUNS} comparisons of calls with an autocorrelation of {follow}",
            *share * 100.0
        );
    }
    assert!(shares[0] <= 0.072 && shares[1] > shares[0] && shares[2] > 0.3, "{shares:?}");
}
