//! Rules as Prometheus's, as far as that shows without one. `prometheus_consumers` has one.

use perf_core::Registry;
use perf_monitor::{
    alert::Severity,
    rules::{
        Absent, Measure, Rule, Selector, Statistic,
        prometheus::{Options, rule_file},
        ready_made, ready_made_for,
    },
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn file(rules: &[Rule]) -> String {
    rule_file(rules, &Options::default()).unwrap().to_string()
}

/// What it says of a rule, and whether that is not in the file.
fn remarks(rules: &[Rule]) -> Vec<(String, bool)> {
    let file = rule_file(rules, &Options::default()).unwrap();
    file.remarks().map(|remark| (remark.text, remark.is_left_out)).collect()
}

#[test]
fn a_whole_file() {
    let slow = Rule::new("slow queries", Statistic::Percentile(95.0))
        .of(Selector::from("query *").with("table", "!sessions"))
        .above(0.5)
        .clear(0.4)
        .hold(2 * MINUTE)
        .keep_firing(5 * MINUTE)
        .minimum(20)
        .severity(Severity::High)
        .label("team", "storage")
        .summary("{operation}: {measure} is {value}, {labels.team}")
        .description("{{see}} {labels.http.route} over {window}");
    let text = r#"groups:
  - name: perfkit
    rules:
      - record: perfkit:slow_queries
        expr: |-
          (histogram_quantile(0.95, rate(perfkit_operation_duration_seconds{operation=~"query .*",table!="sessions"}[5m]))
            or histogram_quantile(0.95, rate(perfkit_operation_duration_seconds_bucket{operation=~"query .*",table!="sessions"}[5m])))
          and sum without (outcome) (increase(perfkit_operation_calls_total{operation=~"query .*",table!="sessions",outcome!="untimed"}[5m])) >= 20
      - alert: "slow queries"
        expr: |-
          perfkit:slow_queries > 0.5
          or (perfkit:slow_queries > 0.4
            and ignoring (alertname, alertstate, severity, team) ALERTS{alertname="slow queries",alertstate="firing"})
        for: 2m
        keep_firing_for: 5m
        labels:
          severity: high
          team: storage
        annotations:
          summary: "{{ $labels.operation }}: p95 is {{ $value | humanizeDuration }}, storage"
          description: "{{ \"{\" }}see} {{ $labels.http_route }} over 5m"
"#;
    let file = file(&[slow]);
    assert!(file.ends_with(text), "{file}");
    assert!(file.lines().take_while(|line| *line != "groups:").all(|line| line.starts_with('#')));
}

#[test]
fn everything_that_is_ready_made_is_translated() {
    let file = rule_file(&ready_made(), &Options::default()).unwrap();
    assert_eq!(file.remarks().collect::<Vec<_>>(), []);
    let text = file.to_string();
    assert_eq!(text.matches("- alert: ").count(), ready_made().len());
    // Three severities look at one series, the worst first.
    assert_eq!(text.matches("- record: perfkit:error_rate\n").count(), 1);
    let at = |rule: &str| text.find(&format!("- alert: {rule}\n")).unwrap();
    assert!(at("error_rate_critical") < at("error_rate_high"));
    assert!(at("error_rate_high") < at("error_rate_medium"));
}

#[test]
fn cpus_are_those_of_the_program() {
    let of = |cpus| file(&ready_made_for(cpus));
    assert!(of(4.0).contains("process_cpu_ratio > 3.6\n"));
    assert!(of(0.5).contains("process_cpu_ratio > 0.45\n"));
}

#[test]
fn what_cannot_be_told_is_left_out_and_said() {
    let gauges = Rule::new("any gauge", Statistic::Gauge).of("queue_*").above(1.0);
    let shortest = Rule::new("shortest", Statistic::Min).below(1.0);
    let lowest = Rule::new("lowest", Statistic::Percentile(0.0)).above(1.0);
    let ratio = Statistic::ratio(&["hits_*"], &["hits", "misses"]);
    let all = [gauges, shortest, lowest, Rule::new("some ratio", ratio).below(0.5)];
    let said = remarks(&all);
    assert!(said.len() == 4 && said.iter().all(|(_, is_left_out)| *is_left_out), "{said:?}");
    let text = file(&all);
    assert!(text.contains("# Not here: \"any gauge\": \"queue_*\" may be any kind of metric"));
    assert!(text.contains("rules: []") && !text.contains("- alert"), "{text}");
}

#[test]
fn what_differs_is_said_where_it_stands() {
    let p99 = |threshold| Rule::new("slow", Statistic::Percentile(99.0)).above(threshold);
    assert_eq!(remarks(&[p99(0.5)]), []);
    assert!(remarks(&[p99(0.6)])[0].0.contains("0.6 s is within a classic bucket"));
    // Nothing is longer than the last bound, there.
    assert!(remarks(&[p99(10.0)])[0].0.contains("end at 10 s"));
    assert!(remarks(&[p99(30.0)])[0].0.contains("end at 10 s"));
    let slope = Measure::Slope { of: Statistic::Gauge, points: 5 };
    let rising = Rule::new("rising", slope).of("queue_depth").above(60.0);
    assert!(remarks(std::slice::from_ref(&rising))[0].0.contains("of the last 5m"));
    let often = rule_file(&[rising], &Options::default().every(MINUTE / 4)).unwrap();
    assert!(often.to_string().contains("deriv((queue_depth)[1m15s:15s]) * 3600"), "{often}");
    let absent = Rule::new("gone", Statistic::Gauge).of("beat").below(0.0).absent(Absent::Fire);
    assert!(
        file(&[absent]).contains("# that there is nothing to measure is told of all processes")
    );
}

#[test]
fn series_that_are_not_the_same_are_not_recorded_as_one() {
    let of = |name: &str, over| {
        Rule::new(name, Statistic::ErrorRate).family("errors").over(over * MINUTE).above(0.1)
    };
    let text = file(&[of("a", 5), of("b", 10), of("c", 5)]);
    assert_eq!(text.matches("- record: perfkit:errors\n").count(), 1);
    assert_eq!(text.matches("- record: perfkit:errors_2\n").count(), 1);
    assert_eq!(text.matches("perfkit:errors > 0.1").count(), 2);
}

#[test]
fn units_are_part_of_names() {
    let registry = Registry::new();
    registry.describe("coverage", Some("1"), "Share of lines that tests run.");
    registry.describe("sent", Some("By"), "What was sent.");
    let options = Options::default().units_of(&registry.snapshot());
    let low = Rule::new("low", Statistic::Gauge).of("coverage").below(0.8);
    let much = Rule::new("much", Statistic::CounterRate).of("sent").above(1e6);
    let text = rule_file(&[low, much], &options).unwrap().to_string();
    assert!(text.contains("coverage_ratio < 0.8"), "{text}");
    assert!(text.contains("rate(sent_bytes_total[5m])"), "{text}");
    assert!(text.contains("{{ $value | humanize1024 }}B/s"), "{text}");
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let odd = Rule::new("odd", Statistic::Mean).above(5.0).clear(6.0);
    assert!(rule_file(&[odd], &Options::default()).is_err());
    let one = || Rule::new("one", Statistic::Mean).above(5.0);
    assert!(rule_file(&[one(), one()], &Options::default()).is_err());
}
