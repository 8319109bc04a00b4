//! Each kind of rule, and names that break what is not escaped.

use crate::{
    MINUTE,
    support::{Folder, output, python},
    text,
};
use perf_monitor::rules::{
    Absent, Measure, Rule, Selector, Statistic,
    prometheus::{Options, rule_file},
    ready_made,
};
use serde_json::Value;
use std::process::Command;

/// What breaks a text that is not escaped.
const HOSTILE: [&str; 9] = [
    "\"",
    "\\",
    "a\nb",
    "{{ $value }} {{",
    "}} # : - ' %",
    "😱 ünï \u{202e}",
    "\u{1}\u{7f}\u{85}\u{2028}",
    "a.b|c (d) [e] ^f$ +*?",
    "no",
];

/// One of each kind, and some that nobody would write.
fn all_kinds() -> Vec<Rule> {
    let hits = || Statistic::ratio(&["hits"], &["hits", "misses"]);
    let (of, hour) = (Statistic::ErrorRate, 60 * MINUTE);
    let measures = [
        Statistic::Percentile(99.9).into(),
        Statistic::Mean.into(),
        Statistic::Max.into(),
        Statistic::Count.into(),
        Statistic::Rate.into(),
        Statistic::ErrorRate.into(),
        Statistic::InFlight.into(),
        hits().into(),
        Measure::ShareOfHistory { of: Statistic::Mean, history: hour },
        Measure::ShareOfHistory { of: Statistic::Rate, history: hour },
        Measure::ShareOfHistory { of: hits(), history: hour },
        Measure::ErrorSpike { history: hour },
        Measure::BurnRate { objective: 0.999, short: MINUTE },
        Measure::Slope { of, points: 10 },
    ];
    let metrics = [Statistic::Gauge.into(), Statistic::CounterRate.into()];
    let metrics = metrics.map(|of: Measure| Rule::new("", of).of("queue.depth"));
    let each = measures.into_iter().map(|of| Rule::new("", of)).chain(metrics);
    let mut rules = ready_made();
    for (rule, n) in each.zip(0..) {
        for (kind, rule) in [("each", rule.clone()), ("together", rule.clone().together())] {
            let named = named(rule, format!("{kind} {n}")).above(0.5).clear(0.4).minimum(3);
            rules.push(named.family(kind).absent(Absent::Fire).hold(MINUTE));
        }
    }
    for (hostile, n) in HOSTILE.iter().zip(0..) {
        let of = Selector::from(format!("{hostile}*")).with(*hostile, *hostile);
        let rule = Rule::new(format!("{n} {hostile}"), Statistic::ErrorRate).of(of).above(0.1);
        let literal = hostile.replace('{', "{{").replace('}', "}}");
        rules.push(rule.label(format!("{n}{hostile}"), *hostile).description(literal).clear(0.05));
    }
    rules
}

/// The same rule under another name: only files have it after the measure.
fn named(rule: Rule, name: String) -> Rule {
    let mut table = serde_json::to_value(rule).unwrap();
    table["name"] = name.into();
    serde_json::from_value(table).unwrap()
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn promtool_understands_every_kind_of_rule() {
    let folder = Folder::new("rules-kinds");
    let rules = all_kinds();
    let file = rule_file(&rules, &Options::default()).unwrap();
    assert!(file.remarks().all(|remark| !remark.is_left_out), "{file}");
    let path = folder.write("rules.yml", file.to_string());
    // What only might be wrong has it say so, and end well.
    let said = output(Command::new("promtool").args(["check", "rules"]).arg(path), b"");
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
#[ignore = "needs Python's PyYAML: cargo xtask ci"]
fn any_reader_of_yaml_finds_what_was_written() {
    const READ: &str =
        "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer)))";
    let rules = all_kinds();
    let json = python(READ, &[], text(&rules).as_bytes());
    let read: Value = serde_json::from_str(&json).unwrap();
    let group = &read["groups"][0];
    let alerts: Vec<_> = group["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["alert"].is_string())
        .collect();
    for (hostile, n) in HOSTILE.iter().zip(0..) {
        let is_it = |alert: &&&Value| alert["alert"] == format!("{n} {hostile}");
        let alert = alerts.iter().find(is_it).unwrap_or_else(|| panic!("{hostile:?}"));
        // To Prometheus, which fills in what is in double braces.
        let part = hostile.replace('{', "{{ \"{\" }}");
        assert_eq!(alert["annotations"]["description"], part, "{hostile:?}");
        let written = hostile.replace("{{", "{{ \"{{\" }}");
        assert!(alert["labels"].as_object().unwrap().values().any(|value| *value == written));
    }
    assert!(rules.iter().all(|rule| alerts.iter().any(|alert| alert["alert"] == rule.name())));
}
