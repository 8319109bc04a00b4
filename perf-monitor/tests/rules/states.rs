//! Every transition: pending, firing, resolved, and back.

use crate::source::{
    MILLISECOND, MINUTE, Parts, Written, at, deep, depth, each_minute, lines, minutes, rules, told,
};
use perf_monitor::{
    alert::{Alert, Severity, Status},
    rules::{ABSENT_KEEP, Absent, Rule, Statistic},
};
use std::{collections::BTreeMap, time::Duration};

#[test]
fn inactive_pending_firing_resolved() {
    let told = each_minute(deep().hold(minutes(2)), &[5., 20., 20., 20., 20., 5., 5.]);
    assert_eq!(told, ["", "", "", "+deep", "", "-deep", ""]);
}

#[test]
fn without_hold_it_fires_at_once() {
    assert_eq!(each_minute(deep(), &[20., 5., 20.]), ["+deep", "-deep", "+deep"]);
}

#[test]
fn pending_goes_back_when_it_is_good_or_there_is_no_value() {
    let rule = || deep().hold(minutes(2));
    assert_eq!(each_minute(rule(), &[20., 20., 5., 20., 20., 20.]).concat(), "+deep");
    let told = each_minute(rule(), &[Some(20.), Some(20.), None, Some(20.), Some(20.), Some(20.)]);
    assert_eq!(told, ["", "", "", "", "", "+deep"]);
}

#[test]
fn below_is_the_other_way_round() {
    let rule = || Rule::new("deep", Statistic::Gauge).of("depth").below(10.0).clear(12.0);
    assert_eq!(each_minute(rule(), &[10., 9., 11., 12.]), ["", "+deep", "", "-deep"]);
}

#[test]
fn an_alert_says_all_there_is() {
    let rule = deep()
        .severity(Severity::High)
        .label("team", "storage")
        .hold(MINUTE)
        .summary(
            "{metric} {value} > {threshold} over {window}: {severity} {labels.team}{labels.no}",
        )
        .description("{rule} by {measure}");
    let mut rules = rules(rule);
    assert_eq!(rules.evaluate(&depth(20.0), at(0)), []);
    let (pending, held) = rules.pending().next().unwrap();
    assert_eq!((pending.value, pending.started, held), (20.0, at(0), Duration::ZERO));
    assert_eq!(rules.active().count(), 0);

    let labels = [("metric", "depth"), ("team", "storage")];
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let begun = Alert {
        rule: "deep".into(),
        labels: BTreeMap::from(labels),
        severity: Severity::High,
        status: Status::Firing,
        value: 21.5,
        threshold: 10.0,
        started: at(60),
        ended: None,
        summary: "depth 21.50 > 10 over 5m: high storage".into(),
        description: "deep by gauge".into(),
    };
    assert_eq!(rules.evaluate(&depth(21.5), at(60)), std::slice::from_ref(&begun));
    assert_eq!(rules.active().collect::<Vec<_>>(), [&begun]);
    assert_eq!(rules.pending().count(), 0);

    assert_eq!(rules.evaluate(&depth(30.0), at(120)), []);
    let now = rules.active().next().unwrap();
    assert_eq!((now.value, now.started), (30.0, at(60)));

    let ended = Alert {
        status: Status::Resolved,
        value: 3.0,
        ended: Some(at(180)),
        summary: "depth 3 > 10 over 5m: high storage".into(),
        ..begun
    };
    assert_eq!(rules.evaluate(&depth(3.0), at(180)), [ended]);
    assert_eq!(rules.active().count() + rules.pending().count(), 0);
}

#[test]
fn a_firing_one_without_a_value_stays_for_a_while() {
    let depths: Vec<_> = [Some(20.0)].into_iter().chain([None; 18]).collect();
    let told = each_minute(deep(), &depths);
    // The first evaluation without a value begins the fifteen minutes.
    assert_eq!(ABSENT_KEEP, minutes(15));
    assert_eq!(told.iter().position(|line| line == "-deep"), Some(16));
    assert_eq!(told.concat(), "+deep-deep");
    // A value in between begins them anew.
    let depths: Vec<_> =
        [Some(20.0)].into_iter().chain([None; 10]).chain([Some(11.0)]).chain([None; 10]).collect();
    assert_eq!(each_minute(deep(), &depths).concat(), "+deep");
}

#[test]
fn or_is_resolved_at_once() {
    let rule = deep().absent(Absent::Resolve);
    let mut rules = rules(rule);
    rules.evaluate(&depth(20.0), at(0));
    let ended = rules.evaluate(&depth(None), at(60));
    assert_eq!(lines(&ended), ["-deep"]);
    assert_eq!((ended[0].value, &*ended[0].summary), (20.0, "depth: gauge is 20, threshold 10"));
}

#[test]
fn absence_may_fire_itself() {
    let rule = || deep().absent(Absent::Fire).hold(MINUTE);
    let told = each_minute(rule(), &[None, None, Some(5.0), None, Some(20.0), Some(20.0)]);
    assert_eq!(told, ["", "+deep", "-deep", "", "+deep", ""]);
    let mut rules = rules(rule().hold(Duration::ZERO));
    let begun = rules.evaluate(&Written::default(), at(0));
    assert!(begun[0].value.is_nan());
    assert_eq!(begun[0].labels["metric"], "depth");
    assert_eq!(begun[0].summary, "depth: gauge is no data, threshold 10");
}

#[test]
fn absence_ends_with_the_first_series() {
    let rule = Rule::new("deep", Statistic::Gauge).of("dep*").above(10.0).absent(Absent::Fire);
    let mut rules = rules(rule);
    assert_eq!(lines(&rules.evaluate(&depth(None), at(0))), ["+deep"]);
    let told = rules.evaluate(&depth(20.0), at(60));
    assert_eq!(lines(&told), ["-deep", "+deep"]);
    assert_eq!([&told[0], &told[1]].map(|alert| &*alert.labels["metric"]), ["dep*", "depth"]);
}

#[test]
fn after_a_gap_pending_begins_again_and_firing_stays() {
    let rule = || deep().hold(minutes(2));
    // A night's sleep in the middle of the two minutes.
    let night = [(0, 20.0), (60, 20.0), (30_000, 20.0), (30_060, 20.0), (30_120, 20.0)];
    assert_eq!(told(rule(), &night), ["", "", "", "", "+deep"]);
    let fired = [(0, 20.0), (60, 20.0), (120, 20.0), (30_000, 20.0), (30_060, 5.0)];
    assert_eq!(told(rule(), &fired), ["", "", "+deep", "", "-deep"]);
    // Without hold, what is seen after the gap is bad now.
    assert_eq!(told(deep(), &[(0, 5.0), (60, 5.0), (30_000, 20.0)]).concat(), "+deep");
}

#[test]
fn a_gap_counts_neither_as_calm_nor_as_absent() {
    let rule = deep().keep_firing(minutes(2));
    let calm = [(0, 20.0), (60, 5.0), (120, 5.0), (9_000, 5.0), (9_060, 5.0)];
    assert_eq!(told(rule, &calm), ["+deep", "", "", "", "-deep"]);
    let absent = [(0, Some(20.0)), (60, None), (120, None), (9_000, None), (9_060, None)];
    assert_eq!(told(deep(), &absent).concat(), "+deep");
}

#[test]
fn with_the_clock_set_back_pending_begins_again() {
    let back = [(600, 20.0), (660, 20.0), (60, 20.0), (120, 20.0), (180, 20.0)];
    assert_eq!(told(deep().hold(minutes(2)), &back), ["", "", "", "", "+deep"]);
    // An alert never ends before it began.
    let mut rules = rules(deep());
    rules.evaluate(&depth(20.0), at(600));
    let ended = rules.evaluate(&depth(5.0), at(60));
    assert_eq!((ended[0].started, ended[0].ended), (at(600), Some(at(600))));
}

#[test]
fn evaluated_twice_at_one_time_nothing_is_told_twice() {
    let twice = [(0, 20.0), (0, 20.0), (60, 20.0), (60, 20.0), (120, 5.0), (120, 5.0)];
    assert_eq!(told(deep().hold(MINUTE), &twice), ["", "", "+deep", "", "-deep", ""]);
}

#[test]
fn after_a_gap_how_often_something_happens_begins_no_alert() {
    let calls = |n| Written::five_minutes(&Parts::default().calls("a", &[(MILLISECOND, n)], 0));
    let quiet = || Rule::new("quiet", Statistic::Rate).below(1.0);
    let told = |rates: &[(u64, u64)]| {
        let mut rules = rules(quiet());
        let told = rates.iter().map(|(second, n)| lines(&rules.evaluate(&calls(*n), at(*second))));
        told.map(|lines| lines.concat()).collect::<Vec<_>>()
    };
    // The first window after the night holds the night.
    assert_eq!(told(&[(0, 600), (60, 600), (30_000, 1), (30_060, 600)]).concat(), "");
    assert_eq!(told(&[(0, 600), (60, 600), (30_000, 1), (30_060, 1)])[3], "+quiet");
    // Without a gap it is told at once, and what fires stays.
    assert_eq!(told(&[(0, 1), (60, 1), (30_000, 1), (30_060, 600)]), ["+quiet", "", "", "-quiet"]);
}

#[test]
fn absence_is_over_with_a_value_that_is_not_bad() {
    let rule = deep().clear(8.0).absent(Absent::Fire);
    assert_eq!(each_minute(rule, &[None, Some(9.0)]), ["+deep", "-deep"]);
    // One that fires by its value ends by it.
    let rule = deep().clear(8.0).absent(Absent::Fire);
    assert_eq!(each_minute(rule, &[Some(11.0), Some(9.0), Some(8.0)]), ["+deep", "", "-deep"]);
}
