//! Rules over figures that are written down: `promtool` evaluates them minute by minute.

use crate::{
    MINUTE,
    support::{Folder, output},
    text,
};
use perf_monitor::{
    alert::Severity,
    rules::{Absent, Measure, Rule, Statistic},
};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// Figures minute by minute, in `promtool`'s way, and what is to fire when.
struct Case {
    rules: Vec<Rule>,
    series: Vec<(&'static str, &'static str)>,
    /// At which minute, by the alert's name, these values of `instance`, `operation` or others fire.
    fires: Vec<(u32, &'static str, Vec<Value>)>,
}

impl Case {
    /// As `promtool test rules` reads it.
    fn written(&self, rules: &Path) -> Value {
        let series: Vec<_> = self
            .series
            .iter()
            .map(|(series, values)| json!({"series": series, "values": values}))
            .collect();
        let fires: Vec<_> = self
            .fires
            .iter()
            .map(|(minute, name, labels)| {
                let alerts: Vec<_> =
                    labels.iter().map(|labels| json!({"exp_labels": labels})).collect();
                json!({"eval_time": format!("{minute}m"), "alertname": name, "exp_alerts": alerts})
            })
            .collect();
        json!({
            "rule_files": [rules], "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": fires}],
        })
    }

    fn run(&self, name: &str) {
        let folder = Folder::new(&format!("rules-{name}"));
        // Texts are another test's.
        let without: Vec<_> = text(&self.rules)
            .lines()
            .filter(|line| !line.trim_start().starts_with("summary: "))
            .map(|line| line.replace("annotations:", "annotations: {}") + "\n")
            .collect();
        let rules = folder.write("rules.yml", without.concat());
        let test = folder.write("test.yml", self.written(&rules).to_string());
        output(Command::new("promtool").args(["test", "rules"]).arg(test), b"");
    }
}

const OK: &str =
    r#"perfkit_operation_calls_total{job="shop",instance="a",operation="pay",outcome="ok"}"#;
const ERROR: &str =
    r#"perfkit_operation_calls_total{job="shop",instance="a",operation="pay",outcome="error"}"#;

/// The labels of an alert about `pay`.
fn pay(severity: &str) -> Value {
    json!({"job": "shop", "instance": "a", "operation": "pay", "severity": severity})
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn errors_fire_and_are_over_when_they_are_clear() {
    let rule = Rule::new("errors", Statistic::ErrorRate).of("pay").above(0.2).clear(0.1);
    let rule = rule.over(2 * MINUTE).hold(2 * MINUTE).minimum(20).severity(Severity::High);
    Case {
        rules: vec![rule],
        // Of 100 calls a minute 50 fail, from minute 20 on 15, from 30 on 5.
        series: vec![(OK, "0+50x20 1085+85x9 1945+95x20"), (ERROR, "0+50x20 1015+15x9 1155+5x20")],
        fires: vec![
            (2, "errors", vec![]),
            (5, "errors", vec![pay("high")]),
            // 15 % is below the threshold, and not yet clear.
            (28, "errors", vec![pay("high")]),
            (33, "errors", vec![]),
        ],
    }
    .run("clear");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn a_few_calls_are_too_few_and_15_percent_alone_is_not_enough() {
    let rule = Rule::new("errors", Statistic::ErrorRate).of("pay").above(0.2).clear(0.1);
    let few = rule.clone().over(2 * MINUTE).minimum(20).severity(Severity::High);
    Case {
        rules: vec![few],
        series: vec![(OK, "0+1x20"), (ERROR, "0+5x20")],
        fires: vec![(15, "errors", vec![])],
    }
    .run("few");
    Case {
        rules: vec![rule],
        series: vec![(OK, "0+85x20"), (ERROR, "0+15x20")],
        fires: vec![(15, "errors", vec![])],
    }
    .run("alone");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn of_a_family_only_the_worst_fires() {
    let of = |name: &str, severity, bound| {
        let rule = Rule::new(name, Statistic::Gauge).of("queue_depth").above(bound);
        rule.clear(bound - 5.0).severity(severity).family("queue")
    };
    let labels = |queue: &str, severity: &str| {
        json!({
            "job": "shop", "instance": "a", "queue": queue, "metric": "queue_depth",
            "severity": severity,
        })
    };
    let (a, b) = (r#"queue_depth{job="shop",instance="a",queue="mail"}"#, "mail");
    let (c, d) = (r#"queue_depth{job="shop",instance="a",queue="push"}"#, "push");
    Case {
        rules: vec![
            of("deep", Severity::Medium, 50.0),
            of("deeper", Severity::High, 75.0),
            of("deepest", Severity::Critical, 100.0),
        ],
        // Another queue is not silenced by this one.
        series: vec![(a, "60 60 80 120 120 97 94 77 60 46 40"), (c, "60x10")],
        fires: vec![
            (1, "deep", vec![labels(b, "medium"), labels(d, "medium")]),
            (2, "deep", vec![labels(d, "medium")]),
            (2, "deeper", vec![labels(b, "high")]),
            (3, "deeper", vec![]),
            (4, "deepest", vec![labels(b, "critical")]),
            // Not yet clear of 95.
            (5, "deepest", vec![labels(b, "critical")]),
            (6, "deepest", vec![]),
            (6, "deeper", vec![labels(b, "high")]),
            (8, "deeper", vec![]),
            (8, "deep", vec![labels(b, "medium"), labels(d, "medium")]),
            (10, "deep", vec![labels(d, "medium")]),
        ],
    }
    .run("family");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn ratios_count_what_is_missing_as_nothing() {
    let hits = Statistic::ratio(&["hits"], &["hits", "misses"]);
    let rule = Rule::new("cold", hits).below(0.5).minimum(10);
    let labels =
        |cache: &str| json!({"cache": cache, "job": "j", "metric": "hits", "severity": "medium"});
    Case {
        rules: vec![rule],
        series: vec![
            (r#"hits_total{job="j",cache="warm"}"#, "0+90x10"),
            (r#"misses_total{job="j",cache="warm"}"#, "0+10x10"),
            (r#"hits_total{job="j",cache="cool"}"#, "0+10x10"),
            (r#"misses_total{job="j",cache="cool"}"#, "0+90x10"),
            // Never hit; never missed.
            (r#"misses_total{job="j",cache="cold"}"#, "0+90x10"),
            (r#"hits_total{job="j",cache="hot"}"#, "0+90x10"),
            // Too little.
            (r#"misses_total{job="j",cache="idle"}"#, "0+1x10"),
        ],
        fires: vec![(8, "cold", vec![labels("cool"), labels("cold")])],
    }
    .run("ratio");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn burn_rates_need_both_windows_and_spikes_a_history() {
    let measure = Measure::BurnRate { objective: 0.99, short: 5 * MINUTE };
    let burn = Rule::new("burn", measure).over(60 * MINUTE).above(10.0);
    let spike = Measure::ErrorSpike { history: 60 * MINUTE };
    let spike = Rule::new("spike", spike).over(5 * MINUTE).above(5.0);
    Case {
        rules: vec![burn, spike],
        // 1 % fail; from minute 90 on half; from 130 on nothing does.
        series: vec![
            (OK, "0+99x90 8960+50x40 11060+100x60"),
            (ERROR, "0+1x90 140+50x40 2140+0x60"),
        ],
        fires: vec![
            (89, "burn", vec![]),
            (89, "spike", vec![]),
            // 50 % against 1 %; of the hour it is too little yet.
            (97, "spike", vec![pay("medium")]),
            (97, "burn", vec![]),
            (120, "burn", vec![pay("medium")]),
            // Of the hour it is still too much, of the last minutes no more.
            (140, "burn", vec![]),
        ],
    }
    .run("burn");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn shares_need_a_history_and_slopes_two_values() {
    let share = Measure::ShareOfHistory { of: Statistic::Rate, history: 60 * MINUTE };
    let quiet = Rule::new("quiet", share.clone()).of("pay").over(5 * MINUTE).below(0.5);
    let busy = Rule::new("busy", share).of("pay").over(5 * MINUTE).above(1.5);
    let slope = Measure::Slope { of: Statistic::Gauge, points: 5 };
    let rising = Rule::new("rising", slope).of("heap").above(100.0);
    let heap = json!({"instance": "a", "metric": "heap", "severity": "medium"});
    Case {
        rules: vec![quiet, busy, rising],
        // From minute 90 on a tenth as many.
        series: vec![(OK, "0+100x90 9010+10x60"), (r#"heap{instance="a"}"#, "7x10 9+2x20 50x40")],
        fires: vec![
            // Over an hour it would be far less, of which there were but minutes.
            (10, "busy", vec![]),
            (80, "quiet", vec![]),
            (97, "quiet", vec![pay("medium")]),
            (9, "rising", vec![]),
            // 2 a minute are 120 an hour.
            (17, "rising", vec![heap]),
            (45, "rising", vec![]),
        ],
    }
    .run("share");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn nothing_to_measure_fires_where_that_is_asked_for() {
    let rule = |name: &str, absent| {
        Rule::new(name, Statistic::Gauge).of("beat").below(0.5).absent(absent).hold(2 * MINUTE)
    };
    let nothing = json!({"absent": "true", "metric": "beat", "severity": "medium"});
    Case {
        rules: vec![rule("gone", Absent::Fire), rule("kept", Absent::Keep)],
        series: vec![(r#"beat{instance="a"}"#, "1x10 stale _x20")],
        fires: vec![
            (9, "gone", vec![]),
            (12, "gone", vec![]),
            (15, "gone", vec![nothing]),
            (15, "kept", vec![]),
        ],
    }
    .run("absent");
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn together_is_a_sum_of_each_process() {
    let rule = Rule::new("errors", Statistic::ErrorRate).of("*").together().above(0.2).minimum(20);
    let slow = Rule::new("slow", Statistic::Percentile(90.0)).of("p*").together().above(1.0);
    let labels = |operation: &str, instance: &str| {
        json!({
            "job": "shop", "instance": instance, "operation": operation, "severity": "medium",
        })
    };
    let bucket = |le: &str, instance: &str| -> &'static str {
        let labels = format!("job=\"shop\",instance=\"{instance}\",operation=\"pay\",le=\"{le}\"");
        format!("perfkit_operation_duration_seconds_bucket{{{labels}}}").leak()
    };
    Case {
        rules: vec![rule, slow],
        series: vec![
            (OK, "0+50x20"),
            (ERROR, "0+50x20"),
            (
                r#"perfkit_operation_calls_total{job="shop",instance="b",operation="pay",outcome="ok"}"#,
                "0+90x20",
            ),
            (
                r#"perfkit_operation_calls_total{job="shop",instance="b",operation="x",outcome="error"}"#,
                "0+10x20",
            ),
            (bucket("1", "a"), "0+99x20"),
            (bucket("2.5", "a"), "0+100x20"),
            (bucket("+Inf", "a"), "0+100x20"),
            (bucket("1", "b"), "0+50x20"),
            (bucket("2.5", "b"), "0+100x20"),
            (bucket("+Inf", "b"), "0+100x20"),
        ],
        fires: vec![
            (15, "errors", vec![labels("*", "a")]),
            // There are no calls of `a` that were counted as slow.
            (15, "slow", vec![labels("p*", "b")]),
        ],
    }
    .run("together");
}
