//! The state machine against one that looks at all there was, each time anew.

use crate::source::{at, deep, depth, lines, rules};
use perf_monitor::rules::{ABSENT_KEEP, Absent};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
struct Plan {
    hold: u64,
    keep_firing: u64,
    absent: Absent,
}

/// What was seen after how many watched seconds; `None` after a gap.
type Past = (Option<u64>, Option<f64>);

/// The watched time since the first of the last evaluations of which it is so; `None` if it is not so of
/// the last one.
fn since(past: &[Past], restarts: bool, so: impl Fn(Option<f64>) -> bool) -> Option<u64> {
    let last = past.iter().rev().take_while(|(_, value)| so(*value)).count();
    let run = past.get(past.len() - last..)?;
    let after = run.get(1..)?.iter().rev().map(|(step, _)| *step);
    let watched: u64 = if restarts {
        after.map_while(|step| step).sum()
    } else {
        after.map(Option::unwrap_or_default).sum()
    };
    Some(watched)
}

/// Whether it fires, given whether it did and all evaluations since it began or ended.
fn fires(did: bool, past: &[Past], plan: Plan) -> bool {
    let is_bad = |value: Option<f64>| value.is_some_and(|value| value > 10.0);
    if !did {
        return since(past, true, is_bad).is_some_and(|held| held >= plan.hold);
    }
    let is_none = |value: Option<f64>| value.is_none();
    if let Some(absent) = since(past, false, is_none) {
        return plan.absent != Absent::Resolve && absent < ABSENT_KEEP.as_secs();
    }
    // Between evaluations without a value, calm goes on where it was.
    let with_value: Vec<_> = past.iter().filter(|(_, value)| value.is_some()).copied().collect();
    let is_clear = |value: Option<f64>| value.is_some_and(|value| value <= 8.0);
    since(&with_value, false, is_clear).is_none_or(|calm| calm < plan.keep_firing)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn the_same_is_told(
        hold in 0_u64..4,
        keep_firing in 0_u64..4,
        absent in prop_oneof![Just(Absent::Keep), Just(Absent::Resolve)],
        evaluations in prop::collection::vec(
            (
                prop_oneof![8 => Just(60_i64), 1 => Just(240), 1 => Just(6_000), 1 => Just(-300), 1 => Just(0)],
                prop_oneof![
                    5 => Just(Some(20.0)),
                    2 => Just(Some(9.0)),
                    4 => Just(Some(5.0)),
                    4 => Just(None),
                ],
                prop_oneof![2 => Just(1_usize), 1 => 1_usize..18],
            ),
            1..30,
        ),
    ) {
        let plan = Plan { hold: hold * 60, keep_firing: keep_firing * 60, absent };
        let mut rules = rules(
            deep()
                .clear(8.0)
                .hold(Duration::from_secs(plan.hold))
                .keep_firing(Duration::from_secs(plan.keep_firing))
                .absent(absent),
        );
        let (mut now, mut past, mut did) = (1_000_000_u64, Vec::<Past>::new(), false);
        // So that the usual step is known: nine of a minute, and gaps never the most of them.
        (0..9).for_each(|n| drop(rules.evaluate(&depth(5.0), at(now - 540 + 60 * n))));
        now -= 60;
        let each = evaluations.into_iter().flat_map(|(step, value, times)| {
            // Only the first of the same comes at an odd time.
            (0..times).map(move |n| (if n == 0 { step } else { 60 }, value))
        });
        for (n, (step, value)) in each.enumerate() {
            // A minute twice between odd times, so that it stays the usual step.
            let step = if n % 3 == 0 { step } else { 60 };
            now = now.saturating_add_signed(step);
            let watched = (0..=240).contains(&step).then(|| step.unsigned_abs());
            past.push((watched, value));
            let does = fires(did, &past, plan);
            let expected = match (did, does) {
                (false, true) => vec!["+deep"],
                (true, false) => vec!["-deep"],
                _ => vec![],
            };
            prop_assert_eq!(lines(&rules.evaluate(&depth(value), at(now))), expected, "{}", n);
            if did != does {
                // What is told begins with the evaluation it was told at, or after it.
                past.retain(|_| false);
                if does { past.push((None, Some(20.0))) }
            }
            did = does;
        }
    }
}
