//! Each measure, with figures worked out by hand.

use crate::source::{MILLISECOND, Parts, Written, at, minutes, rules};
use perf_core::{InFlightCalls, OperationParts};
use perf_monitor::rules::{Absent, Measure, Rule, Rules, Selector, Statistic};

/// The values of a rule that anything breaks, by its series.
fn values(rule: Rule, source: &Written) -> Vec<(String, f64)> {
    let told = rules(rule.above(-1e9)).evaluate(source, at(0)).into_iter();
    let series = |labels: std::collections::BTreeMap<String, String>| {
        labels.into_values().collect::<Vec<_>>().join(" ")
    };
    told.map(|alert| (series(alert.labels), alert.value)).collect()
}

fn value(rule: Rule, source: &Written) -> Option<f64> {
    let values = values(rule, source);
    assert!(values.len() <= 1, "{values:?}");
    values.first().map(|(_, value)| *value)
}

#[track_caller]
fn assert_near(value: Option<f64>, expected: f64) {
    let value = value.unwrap();
    assert!((value / expected - 1.0).abs() < 1e-3, "{value} {expected}");
}

fn of(measure: impl Into<Measure>) -> Rule {
    Rule::new("r", measure)
}

/// 90 calls of 10 ms, 10 of 100 ms, of which 4 failed.
fn work() -> Parts {
    Parts::default().calls("work", &[(10 * MILLISECOND, 90), (100 * MILLISECOND, 10)], 4)
}

#[test]
fn statistics_of_calls() {
    let source = Written::five_minutes(&work());
    assert_near(value(of(Statistic::Percentile(50.0)), &source), 0.010);
    assert_near(value(of(Statistic::Percentile(90.0)), &source), 0.010);
    assert_near(value(of(Statistic::Percentile(90.1)), &source), 0.100);
    assert_near(value(of(Statistic::Percentile(99.9)), &source), 0.100);
    assert_eq!(value(of(Statistic::Mean), &source), Some(0.019));
    assert_eq!(value(of(Statistic::Min), &source), Some(0.010));
    assert_eq!(value(of(Statistic::Max), &source), Some(0.100));
    assert_eq!(value(of(Statistic::Count), &source), Some(100.0));
    assert_eq!(value(of(Statistic::Rate), &source), Some(100.0 / 300.0));
}

#[test]
fn error_rate_counts_panics_and_no_cancelled_calls() {
    let operation = OperationParts {
        name: "work".into(),
        buckets: vec![(MILLISECOND, 50)],
        errors: 4,
        panicked: 1,
        cancelled: 10,
        ..OperationParts::default()
    };
    let source = Written::five_minutes(&Parts::default().operation(operation));
    let rule = Rule::new("r", Statistic::ErrorRate).above(0.099);
    let told = rules(rule).evaluate(&source, at(0));
    assert_near(told.first().map(|alert| alert.value), 0.1);
}

#[test]
fn an_empty_window_has_no_durations_but_a_rate() {
    let source = Written::total(work()).window(minutes(5), Parts::default());
    assert_eq!(value(of(Statistic::Percentile(95.0)), &source), None);
    assert_eq!(value(of(Statistic::Mean), &source), None);
    assert_eq!(value(of(Statistic::Count), &source), Some(0.0));
    assert_eq!(value(of(Statistic::Rate), &source), Some(0.0));
    assert_eq!(value(of(Statistic::Rate).of("other"), &source), None);
    assert_eq!(value(of(Statistic::Count), &Written::total(work())), None);
}

#[test]
fn each_or_together() {
    let table = |parts: Parts, table, ms, n, errors| {
        parts.labelled_calls("query", &[("table", table)], &[(ms * MILLISECOND, n)], errors)
    };
    let parts = table(table(Parts::default(), "a", 10, 30, 0), "b", 30, 10, 2);
    let source = Written::five_minutes(&parts.calls("other", &[(MILLISECOND, 1)], 0));
    let rule = || of(Statistic::Mean).of("query");
    assert_eq!(
        values(rule(), &source),
        [("query a".to_owned(), 0.010), ("query b".to_owned(), 0.030)]
    );
    assert_eq!(values(rule().together(), &source), [("query".to_owned(), 0.015)]);
    let max = of(Statistic::Max).of("query*").together();
    assert_eq!(values(max, &source), [("query*".to_owned(), 0.030)]);
    let count = of(Statistic::Count).of("*").together();
    assert_eq!(values(count, &source), [("*".to_owned(), 41.0)]);
    let b = rule().of(Selector::from("query").with("table", "!a"));
    assert_eq!(values(b, &source), [("query b".to_owned(), 0.030)]);
}

#[test]
fn gauges_and_calls_in_flight_are_of_the_last_snapshot() {
    let running = |name: &str, count| OperationParts {
        name: name.into(),
        in_flight: Some(InFlightCalls { count, oldest_ns: 5 }),
        ..OperationParts::default()
    };
    let parts = Parts::default().operation(running("a", 3)).operation(running("b", 4));
    let parts = parts.calls("c", &[(1, 1)], 0);
    let parts = parts.gauge("depth", &[("q", "1")], 7.0).gauge("depth", &[("q", "2")], -2.0);
    let source = Written::total(parts.counter("depth", &[], 9));
    let in_flight = of(Statistic::InFlight);
    assert_eq!(values(in_flight.clone(), &source), [("a".to_owned(), 3.0), ("b".to_owned(), 4.0)]);
    assert_eq!(value(in_flight.together(), &source), Some(7.0));
    let gauge = of(Statistic::Gauge).of("depth").minimum(100);
    assert_eq!(values(gauge.clone(), &source).len(), 2);
    assert_eq!(value(gauge.together(), &source), Some(5.0));
}

#[test]
fn counters() {
    let counters = |hits, misses| {
        let parts = Parts::default().counter("hits", &[("c", "x")], hits);
        parts.counter("misses", &[("c", "x")], misses).counter("hits", &[("c", "y")], 0)
    };
    let source = Written::five_minutes(&counters(60, 15));
    let rate = of(Statistic::CounterRate).of("hits");
    assert_eq!(values(rate.clone(), &source), [("x hits".into(), 0.2), ("y hits".into(), 0.0)]);
    assert_eq!(value(rate.together(), &source), Some(0.2));
    // Of y there is nothing to take a share of.
    let ratio = of(Statistic::ratio(&["hits"], &["hits", "misses"]));
    assert_eq!(values(ratio.clone(), &source), [("x hits".to_owned(), 0.8)]);
    assert_eq!(values(ratio.clone().together(), &source), [("hits".to_owned(), 0.8)]);
    assert_eq!(value(ratio.clone().minimum(75), &source), Some(0.8));
    assert_eq!(value(ratio.clone().minimum(76), &source), None);
    let source = Written::total(counters(60, 15)).window(minutes(5), counters(0, 3));
    assert_eq!(value(ratio, &source), Some(0.0));
    let none = Written::total(counters(60, 15)).window(minutes(5), Parts::default());
    assert_eq!(value(of(Statistic::CounterRate).of("hits").together(), &none), Some(0.0));
}

fn calls(n: u64, errors: u64) -> Parts {
    Parts::default().calls("work", &[(10 * MILLISECOND, n)], errors)
}

fn five_of_sixty(now: Parts, hour: Parts) -> Written {
    Written::total(hour.clone()).window(minutes(5), now).window(minutes(60), hour)
}

#[test]
fn share_of_its_own_history() {
    let share = |of: Statistic| self::of(Measure::ShareOfHistory { of, history: minutes(60) });
    // 60 in 5 min is 0.2 a second; 1,200 in an hour is a third: 60 % of it.
    let source = five_of_sixty(calls(60, 0), calls(1_200, 0));
    assert_near(value(share(Statistic::Rate), &source), 0.6);
    assert_near(value(share(Statistic::Mean), &source), 1.0);
    assert_eq!(value(share(Statistic::Mean).minimum(61), &source), None);
    // How many calls there are now is what is measured.
    assert_near(value(share(Statistic::Rate).minimum(1_200), &source), 0.6);
    assert_eq!(value(share(Statistic::Rate).minimum(1_201), &source), None);
    let stopped = five_of_sixty(Parts::default(), calls(1_200, 0));
    assert_eq!(value(share(Statistic::Rate), &stopped), Some(0.0));
    let never = five_of_sixty(calls(0, 0), calls(0, 0));
    assert_eq!(value(share(Statistic::Rate), &never), None);
    let low = share(Statistic::Rate).below(0.8);
    assert_eq!(rules(low).evaluate(&source, at(0)).len(), 1);
}

#[test]
fn error_spike() {
    let spike = || of(Measure::ErrorSpike { history: minutes(60) });
    // 12 of 60 are 20 %; before, 23 of 1,150 were 2 %.
    let source = five_of_sixty(calls(60, 12), calls(1_210, 35));
    assert_near(value(spike(), &source), 10.0);
    assert_eq!(value(spike().minimum(61), &source), None);
    // Before, none of 1,000: as if one of them.
    assert_near(value(spike(), &five_of_sixty(calls(100, 5), calls(1_100, 5))), 50.0);
    assert_eq!(value(spike(), &five_of_sixty(calls(100, 0), calls(1_100, 0))), Some(0.0));
    // Nothing before to compare with.
    assert_eq!(value(spike(), &five_of_sixty(calls(100, 5), calls(100, 5))), None);
}

#[test]
fn burn_rate_needs_both_windows() {
    let burn = || of(Measure::BurnRate { objective: 0.999, short: minutes(5) }).over(minutes(60));
    let source = |now, hour| five_of_sixty(calls(1_000, now), calls(10_000, hour));
    assert_near(value(burn(), &source(20, 150)), 15.0);
    assert_near(value(burn(), &source(10, 150)), 10.0);
    let mut rules = rules(burn().above(14.4));
    let mut told = |now, hour, second| rules.evaluate(&source(now, hour), at(second)).len();
    assert_eq!([told(10, 150, 0), told(20, 100, 60), told(20, 150, 120)], [0, 0, 1]);
    // It ends as soon as the short window is good, while the long one is not yet.
    assert_eq!(told(1, 150, 180), 1);
    assert_eq!(value(burn(), &five_of_sixty(Parts::default(), calls(10, 1))), None);
}

#[test]
fn slope_of_the_last_evaluations() {
    let depth = |value| Written::total(Parts::default().gauge("depth", &[], value));
    let rule = of(Measure::Slope { of: Statistic::Gauge, points: 3 }).of("depth").above(59.0);
    let mut rules = rules(rule);
    let mut told = |minute: u64, value| {
        let told = rules.evaluate(&depth(value), at(60 * minute));
        told.first().map(|alert| (alert.value.round(), alert.ended.is_none()))
    };
    // One a minute is 60 an hour.
    assert_eq!([told(0, 5.0), told(1, 6.0)], [None; 2]);
    assert_eq!(told(2, 7.0), Some((60.0, true)));
    // 6, 7, 7: (−1·−2/3 + 1·1/3) / 2 = half a point a minute.
    assert_eq!(told(3, 7.0), Some((30.0, false)));
    // Over a night nothing is known.
    assert_eq!([told(500, 90.0), told(501, 95.0)], [None; 2]);
    assert_eq!(told(502, 100.0), Some((300.0, true)));
}

#[test]
fn shortly_after_the_start_there_is_no_history() {
    let share = Measure::ShareOfHistory { of: Statistic::Rate, history: minutes(60) };
    let low = || of(share.clone()).below(0.8);
    // The hour is what there is: minutes of which the first had a burst.
    let started = |covered: u64| {
        let hour = Written::total(calls(1_200, 0)).window(minutes(5), calls(60, 0));
        hour.covered(minutes(60), calls(1_200, 0), minutes(covered))
    };
    assert_eq!(value(low(), &started(6)), None);
    assert_eq!(value(low(), &started(19)), None);
    assert!(value(low(), &started(20)).is_some());
    // Nor is that an absence.
    let mut rules = rules(low().absent(Absent::Fire));
    assert_eq!(rules.evaluate(&started(6), at(0)), []);
}

#[test]
fn a_slope_over_what_is_infinite_is_no_value() {
    let depth = |value| Written::total(Parts::default().gauge("depth", &[], value));
    let rise = Measure::Slope { of: Statistic::Gauge, points: 3 };
    let mut rules = rules(of(rise).of("depth").above(59.0));
    let mut told = |minute: u64, value| rules.evaluate(&depth(value), at(60 * minute)).len();
    assert_eq!([told(0, 5.0), told(1, 6.0), told(2, 7.0)], [0, 0, 1]);
    assert_eq!(told(3, f64::INFINITY), 0, "it is not clear");
}

#[test]
fn what_is_of_now_has_no_history() {
    for of in [Statistic::Gauge, Statistic::InFlight] {
        let share = Measure::ShareOfHistory { of, history: minutes(60) };
        let error = Rules::new(vec![Rule::new("r", share).above(1.0)]).unwrap_err();
        assert!(error.problem.contains("is of now"), "{error}");
    }
}
