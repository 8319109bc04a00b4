//! Families, and the rules that are ready made.

use crate::source::{MILLISECOND, Parts, Written, at, depth, lines, minutes};
use perf_monitor::{
    alert::Severity,
    rules::{Rule, Rules, Statistic, ready_made},
};

fn family() -> Rules {
    let bound = |severity: Severity, bound| {
        let rule = Rule::new(severity.as_str(), Statistic::Gauge).of("depth").above(bound);
        rule.severity(severity).family("deep")
    };
    let bounds = [(Severity::Medium, 50.0), (Severity::High, 75.0), (Severity::Critical, 100.0)];
    Rules::new(bounds.map(|(severity, value)| bound(severity, value)).into()).unwrap()
}

#[test]
fn only_the_worst_of_a_family_fires() {
    let mut rules = family();
    for (minute, (value, told)) in (0..).zip([
        (60.0, vec!["+medium"]),
        (110.0, vec!["-medium", "+critical"]),
        (110.0, vec![]),
        (80.0, vec!["+high", "-critical"]),
        (60.0, vec!["+medium", "-high"]),
        (10.0, vec!["-medium"]),
        (200.0, vec!["+critical"]),
        (10.0, vec!["-critical"]),
    ]) {
        assert_eq!(lines(&rules.evaluate(&depth(value), at(60 * minute))), told, "{minute}");
        assert!(rules.active().count() <= 1);
    }
}

#[test]
fn one_that_fires_again_began_then() {
    let mut rules = family();
    rules.evaluate(&depth(60.0), at(0));
    rules.evaluate(&depth(110.0), at(60));
    let told = rules.evaluate(&depth(60.0), at(120));
    assert_eq!((&*told[0].rule, told[0].started), ("medium", at(120)));
    assert_eq!((&*told[1].rule, told[1].ended), ("critical", Some(at(120))));
}

#[test]
fn other_series_are_not_of_the_family() {
    let queue = |parts: Parts, name, value| parts.gauge("depth", &[("queue", name)], value);
    let parts = queue(queue(Parts::default(), "a", 60.0), "b", 110.0);
    assert_eq!(lines(&family().evaluate(&Written::total(parts), at(0))), ["+medium", "+critical"]);
}

/// What fires of the ready made after three minutes of this in every window.
fn firing(parts: &Parts) -> Vec<String> {
    let source = Written::five_minutes(parts).window(minutes(60), parts.clone());
    let mut rules = Rules::new(ready_made()).unwrap();
    (0..=2).for_each(|minute| drop(rules.evaluate(&source, at(60 * minute))));
    rules.active().map(|alert| alert.rule.clone()).collect()
}

#[test]
fn ready_made_rules_fire_beyond_their_bounds() {
    let gauge = |name: &str, value| Parts::default().gauge(name, &[], value);
    let calls = |milliseconds: u64, n, errors| {
        Parts::default().calls("work", &[(milliseconds * MILLISECOND, n)], errors)
    };
    let cache = |hits, misses| {
        Parts::default().counter("cache_hits", &[], hits).counter("cache_misses", &[], misses)
    };
    let cpus = std::thread::available_parallelism().unwrap().get() as f64;
    for (parts, rules) in [
        (Parts::default(), ""),
        (calls(1, 100, 5), ""),
        (calls(1, 100, 6), "error_rate_medium"),
        (calls(1, 100, 10), "error_rate_medium"),
        (calls(1, 100, 11), "error_rate_high"),
        (calls(1, 100, 21), "error_rate_critical"),
        (calls(1, 19, 19), ""),
        (calls(300_000, 1, 0), ""),
        (calls(300_001, 1, 0), "mean_high"),
        (calls(600_001, 1, 0), "mean_critical"),
        (calls(5_000, 20, 0), ""),
        (calls(5_010, 20, 0), "p95_medium"),
        (gauge("coverage", 0.80), ""),
        (gauge("coverage", 0.79), "coverage_medium"),
        (gauge("queue_depth", 50.0), ""),
        (gauge("queue_depth", 51.0), "queue_depth_medium"),
        (gauge("queue_depth", 76.0), "queue_depth_high"),
        (gauge("queue_depth", 101.0), "queue_depth_critical"),
        (gauge("agent_queue_depth", 101.0), "agent_queue_depth_critical"),
        (gauge("message_queue_depth", 1_000.0), ""),
        (gauge("message_queue_depth", 1_001.0), "message_queue_depth_high"),
        (cache(80, 20), ""),
        (cache(79, 21), "cache_hits_medium"),
        (cache(50, 50), "cache_hits_medium"),
        (cache(49, 51), "cache_hits_high"),
        (cache(0, 19), ""),
        (gauge("process_cpu_ratio", 0.85 * cpus), ""),
        (gauge("process_cpu_ratio", 0.86 * cpus), "process_cpu_high"),
        (gauge("system_cpu_ratio", 0.91), "system_cpu_critical"),
        (gauge("system_memory_used_ratio", 0.86), "system_memory_high"),
        (gauge("system_memory_used_ratio", 0.91), "system_memory_critical"),
    ] {
        assert_eq!(firing(&parts).join(" "), rules);
    }
}
