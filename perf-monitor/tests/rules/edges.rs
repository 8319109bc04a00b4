//! Exactly at the threshold, at hold, at the minimum; and values that tremble.

use crate::source::{
    MILLISECOND, Parts, Written, at, deep, depth, each_minute, lines, minutes, rules, told,
};
use perf_monitor::rules::{MAX_ALERTS, Rule, Rules, Statistic};
use std::time::Duration;

#[test]
fn at_the_threshold_it_is_good() {
    let next = 10.0_f64.next_up();
    assert_eq!(each_minute(deep(), &[10.0, next, 10.0]), ["", "+deep", "-deep"]);
}

#[test]
fn exactly_at_hold_it_fires() {
    let rule = || deep().hold(Duration::from_secs(120));
    assert_eq!(told(rule(), &[(0, 20.0), (60, 20.0), (119, 20.0), (120, 20.0)]).concat(), "+deep");
    let told = told(rule(), &[(0, 20.0), (60, 20.0), (119, 20.0)]);
    assert_eq!(told.concat(), "");
}

#[test]
fn it_clears_at_its_own_threshold() {
    let rule = || deep().clear(8.0);
    let told = each_minute(rule(), &[9.0, 11.0, 9.0, 8.0_f64.next_up(), 8.0, 9.0]);
    assert_eq!(told, ["", "+deep", "", "", "-deep", ""]);
    // What is only not clear does not keep it pending.
    let told = each_minute(rule().hold(minutes(2)), &[11.0, 9.0, 11.0, 11.0]);
    assert_eq!(told.concat(), "");
}

#[test]
fn it_keeps_firing_until_it_is_clear_for_long_enough() {
    let rule = deep().keep_firing(minutes(2));
    let told = each_minute(rule, &[20., 5., 5., 20., 5., 5., 5., 5.]);
    assert_eq!(told, ["+deep", "", "", "", "", "", "-deep", ""]);
}

#[test]
fn a_value_that_trembles_is_one_alert() {
    let trembles: Vec<_> = (0..60).map(|n| if n % 2 == 0 { 10.5 } else { 9.5 }).collect();
    let alerts = |rule| each_minute(rule, &trembles).concat().matches('+').count();
    assert_eq!(alerts(deep()), 30);
    assert_eq!(alerts(deep().clear(9.0)), 1);
    assert_eq!(alerts(deep().keep_firing(minutes(2))), 1);
    assert_eq!(alerts(deep().hold(minutes(1))), 0);
}

#[test]
fn with_fewer_calls_than_the_minimum_there_is_no_value() {
    let rule = Rule::new("slow", Statistic::Mean).above(0.1).minimum(20);
    let calls =
        |n| Written::five_minutes(&Parts::default().calls("a", &[(200 * MILLISECOND, n)], 0));
    let mut rules = rules(rule);
    assert_eq!(rules.evaluate(&calls(19), at(0)), []);
    assert_eq!(lines(&rules.evaluate(&calls(20), at(60))), ["+slow"]);
    // No value is not a good value.
    assert_eq!(rules.evaluate(&calls(19), at(120)), []);
    assert_eq!(rules.active().count(), 1);
}

#[test]
fn what_is_not_a_number_is_no_value() {
    assert_eq!(each_minute(deep(), &[f64::NAN, 20.0, f64::NAN, f64::INFINITY]).concat(), "+deep");
}

#[test]
fn each_series_is_by_itself_in_the_order_of_rules_and_labels() {
    let deep = |name: &str| Rule::new(name, Statistic::Gauge).of("depth").above(10.0);
    let mut rules = Rules::new(vec![deep("z"), deep("a")]).unwrap();
    let queues = |one, two| {
        let parts = Parts::default().gauge("depth", &[("queue", "two")], two);
        Written::total(parts.gauge("depth", &[("queue", "one")], one))
    };
    let order = |rules: &mut Rules, source: &Written, second| {
        let told = rules.evaluate(source, at(second)).into_iter();
        told.map(|alert| format!("{}{}", alert.rule, alert.labels["queue"])).collect::<Vec<_>>()
    };
    assert_eq!(order(&mut rules, &queues(20., 20.), 0), ["zone", "ztwo", "aone", "atwo"]);
    assert_eq!(order(&mut rules, &queues(20., 5.), 60), ["ztwo", "atwo"]);
    assert_eq!(rules.active().map(|alert| &*alert.labels["queue"]).collect::<Vec<_>>(), ["one"; 2]);
}

#[test]
fn a_series_that_vanishes_is_resolved_and_forgotten() {
    let mut rules = rules(deep());
    rules.evaluate(&depth(20.0), at(0));
    let gone: Vec<_> =
        (1..=20).flat_map(|n| rules.evaluate(&Written::default(), at(60 * n))).collect();
    assert_eq!((lines(&gone), gone[0].ended), (vec!["-deep".into()], Some(at(60 * 16))));
    assert_eq!(rules.active().count() + rules.pending().count(), 0);
}

#[test]
fn alerts_are_bounded() {
    let many = (0..=MAX_ALERTS)
        .fold(Parts::default(), |parts, n| parts.gauge("depth", &[("n", &n.to_string())], 20.0));
    let mut rules = rules(deep());
    assert_eq!(rules.evaluate(&Written::total(many), at(0)).len(), MAX_ALERTS);
    assert_eq!((rules.active().count(), rules.refused()), (MAX_ALERTS, 1));
}

#[test]
fn a_series_keeps_the_labels_that_tell_it_from_others() {
    let labels = [("operation", "x"), ("team", "own")];
    let parts = Parts::default().labelled_calls("a", &labels, &[(MILLISECOND, 1)], 0);
    let rule = Rule::new("called", Statistic::Count).above(0.0).label("team", "rule");
    let told = rules(rule).evaluate(&Written::five_minutes(&parts), at(0));
    let labels: Vec<_> =
        told[0].labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(labels, ["exported_operation=x", "operation=a", "team=own"]);
}
