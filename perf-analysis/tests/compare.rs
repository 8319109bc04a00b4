//! What comparisons say of given durations.

mod support;

use perf_analysis::compare::{Comparison, ErrorVerdict, Report, Verdict};
use perf_core::{Operation, OperationParts};
use proptest::prelude::*;
use support::operation;

fn any_operation() -> impl Strategy<Value = Operation> {
    let bucket = (any::<u64>(), prop_oneof![1..1_000_u64, any::<u64>()]);
    let buckets = prop::collection::vec(bucket, 0..40);
    let rest = (any::<[u64; 4]>(), any::<[Option<u64>; 2]>(), any::<u8>());
    (0..3_u8, buckets, rest).prop_map(|(name, buckets, (counts, ends, digits))| {
        Operation::from(OperationParts {
            name: name.to_string(),
            digits,
            buckets,
            sum_ns: counts[0],
            errors: counts[1],
            panicked: counts[2],
            skipped: counts[3],
            min_ns: ends[0],
            max_ns: ends[1],
            ..Default::default()
        })
    })
}

fn ordinary() -> impl Strategy<Value = Operation> {
    let durations =
        prop::collection::vec((0_u32..40).prop_flat_map(|bits| 0_u64..2 << bits), 0..300);
    (durations, 1..4_u8).prop_map(|(durations, digits)| operation("n", digits, &durations))
}

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Slower => Verdict::Faster,
        Verdict::Faster => Verdict::Slower,
        other => other,
    }
}

fn verdicts(report: &Report) -> Vec<Verdict> {
    report.operations.iter().flat_map(|of| of.percentiles.iter().map(|p| p.verdict)).collect()
}

proptest! {
    #[test]
    fn with_itself_everything_is_the_same(a in prop::collection::vec(any_operation(), 0..4)) {
        let report = Comparison::new().least_effect(0.0).of(&a, &a);
        for of in &report.operations {
            prop_assert!(matches!(of.verdict, Verdict::Same | Verdict::TooFewSamples));
            prop_assert!(matches!(of.errors.verdict, ErrorVerdict::Same | ErrorVerdict::TooFewSamples));
            prop_assert!(of.superiority.is_none_or(|share| (share - 0.5).abs() < 1e-9));
        }
        prop_assert!(report.only_before.is_empty() && report.only_after.is_empty());
    }

    #[test]
    fn sides_swapped_verdicts_are_mirrored(a in ordinary(), b in ordinary()) {
        let comparison = Comparison::new();
        let there = comparison.of(std::slice::from_ref(&a), std::slice::from_ref(&b));
        let back = comparison.of(&[b], &[a]);
        let mirrored: Vec<_> = verdicts(&back).into_iter().map(mirrored).collect();
        prop_assert_eq!(verdicts(&there), mirrored);
        let sum = there.operations[0].superiority.zip(back.operations[0].superiority);
        prop_assert!(sum.is_none_or(|(there, back)| (there + back - 1.0).abs() < 1e-9));
    }

    #[test]
    fn nothing_panics(
        a in prop::collection::vec(any_operation(), 0..4),
        b in prop::collection::vec(any_operation(), 0..4),
        percentiles in prop::collection::vec(any::<f64>(), 0..4),
        significance: f64,
        least_effect: f64,
    ) {
        let comparison = Comparison::new().significance(significance).least_effect(least_effect);
        for comparison in [comparison.clone(), comparison.percentiles(percentiles)] {
            let report = comparison.of(&a, &b);
            for change in report.operations.iter().flat_map(|of| &of.percentiles) {
                prop_assert!(change.p.is_none_or(|p| (0.0..=1.0).contains(&p)));
                prop_assert!(change.p_adjusted.is_none_or(|p| (0.0..=1.0).contains(&p)));
                prop_assert!(change.low.is_none_or(f64::is_finite));
            }
            prop_assert!(serde_json::to_string(&report).is_ok());
        }
    }
}

#[test]
fn samples_that_are_missing_are_counted() {
    let (ten, thousand) = (operation("n", 3, &[1_000; 10]), operation("n", 3, &[1_000; 1_000]));
    let report = Comparison::new().of(&[ten], &[thousand]);
    let missing: Vec<_> = report.operations[0]
        .percentiles
        .iter()
        .map(|p| (p.missing_before, p.missing_after))
        .collect();
    assert_eq!(missing, [(10, 0), (90, 0), (990, 0)]);
    assert_eq!(report.operations[0].verdict, Verdict::TooFewSamples);
}

#[test]
fn below_the_least_effect_it_is_the_same_however_certain() {
    let [before, after] = [1_000_000, 1_008_000].map(|nanos| [operation("n", 3, &[nanos; 1_500])]);
    assert_eq!(verdicts(&Comparison::new().of(&before, &after)), [Verdict::Same; 3]);
    let fine = Comparison::new().least_effect(0.005);
    assert_eq!(verdicts(&fine.of(&before, &after)), [Verdict::Slower; 3]);
}

#[test]
fn buckets_next_to_each_other_are_no_change_at_any_precision() {
    for digits in 1..=3 {
        let low = operation("n", digits, &[1_000_000; 1_500]);
        let next = low.histogram().buckets().next().unwrap().high_ns + 1;
        let report = Comparison::new().of(&[low], &[operation("n", digits, &[next; 1_500])]);
        assert_eq!(report.operations[0].verdict, Verdict::Same, "{digits}");
    }
}

#[test]
fn slower_and_faster_at_once_is_mixed() {
    let before: Vec<u64> = [[1_000_000; 800], [10_000_000; 800]].concat();
    let after: Vec<u64> = [[1_000_000; 200], [8_000_000; 200]].concat();
    let (before, after) = (operation("n", 3, &before), operation("n", 3, &after));
    let report = Comparison::new().percentiles([25.0, 75.0]).of(&[before], &[after]);
    assert_eq!(verdicts(&report), [Verdict::Same, Verdict::Faster]);
    assert_eq!(report.operations[0].verdict, Verdict::Faster);
    let after = operation("n", 3, &[[2_000_000; 800], [8_000_000; 800]].concat());
    let before = operation("n", 3, &before_values());
    let report = Comparison::new().percentiles([25.0, 75.0]).of(&[before], &[after]);
    assert_eq!(report.operations[0].verdict, Verdict::Mixed);
    assert!((report.worst().unwrap().slower_by().unwrap() - 1.0).abs() < 0.01);
}

fn before_values() -> Vec<u64> {
    [[1_000_000; 800], [10_000_000; 800]].concat()
}

#[test]
fn calls_that_were_not_timed_are_no_samples() {
    let sampled = |nanos| {
        let parts =
            OperationParts { buckets: vec![(nanos, 15)], skipped: 985, ..Default::default() };
        [Operation::from(parts)]
    };
    let report = Comparison::new().of(&sampled(1_000), &sampled(2_000));
    let of = &report.operations[0];
    assert_eq!((of.calls_before, of.samples_before), (1_000, 15));
    assert_eq!(of.verdict, Verdict::TooFewSamples);
}

#[test]
fn instances_of_one_name_are_merged() {
    let half = operation("n", 3, &[1_000; 10]);
    let report = Comparison::new().percentiles([50.0]).of(&[half.clone(), half.clone()], &[half]);
    assert_eq!((report.operations[0].samples_before, report.operations[0].samples_after), (20, 10));
}

#[test]
fn a_report_as_json_has_figures_in_nanoseconds_and_shares() {
    let slow = operation("n", 3, &[2_000; 30]);
    let report =
        Comparison::new().percentiles([50.0]).of(&[operation("n", 3, &[1_000; 30])], &[slow]);
    let json = serde_json::to_value(&report).unwrap();
    let n = &json["operations"][0];
    assert_eq!((&n["verdict"], &n["mean_after_ns"]), (&"slower".into(), &2_000.into()));
    assert_eq!(
        (&n["percentiles"][0]["before_ns"], &n["errors"]["verdict"]),
        (&1_000.into(), &"same".into())
    );
    assert_eq!((&n["percentiles"][0]["shift"], &json["tests"]), (&1.0.into(), &1.into()));
}
