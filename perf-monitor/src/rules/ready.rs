//! Rules that most programs want.

use super::{
    rule::Rule,
    statistic::Statistic::{self, ErrorRate, Gauge, Mean, Percentile},
};
use crate::alert::Severity::{self, Critical, High, Medium};
use std::{num::NonZero, time::Duration};

/// Rules that most programs want; where there is nothing that they look at, they do nothing.
///
/// | rules | look at | bad | severity |
/// |---|---|---|---|
/// | `error_rate_…` | each operation with 20 calls in 5 min | share of failed calls > 5 / 10 / 20 % | medium / high / critical |
/// | `mean_…` | each operation with a call in 1 h | mean > 300 / 600 s | high / critical |
/// | `p95_medium` | each operation with 20 calls in 5 min | p95 > 5 s | medium |
/// | `coverage_medium` | gauge `coverage`, a ratio | < 0.80 | medium |
/// | `queue_depth_…` | gauge `queue_depth` | > 50 / 75 / 100 | medium / high / critical |
/// | `agent_queue_depth_…` | gauge `agent_queue_depth` | > 50 / 75 / 100 | medium / high / critical |
/// | `message_queue_depth_high` | gauge `message_queue_depth` | > 1,000 | high |
/// | `cache_hits_…` | counters `cache_hits`, `cache_misses`, 20 in 5 min | hits of both < 80 / 50 % | medium / high |
/// | `process_cpu_…` | gauge `process_cpu_ratio` | > 85 / 90 % of the CPUs that the process may use | high / critical |
/// | `system_cpu_…` | gauge `system_cpu_ratio` | > 85 / 90 % | high / critical |
/// | `system_memory_…` | gauge `system_memory_used_ratio` | > 85 / 90 % | high / critical |
///
/// Each label set of an operation or metric is by itself. The rules of a line are a
/// [family](Rule::family): only the worst severity fires. Gauges must be so for 2 minutes. Each begins to
/// be clear a little on the good side of its threshold: at 9/10 of it, or 1.05 times it where it is a lower
/// bound.
///
/// ```
/// use perf_monitor::rules::{Rules, ready_made};
/// assert!(Rules::new(ready_made()).is_ok());
/// ```
#[must_use]
pub fn ready_made() -> Vec<Rule> {
    let cpus = std::thread::available_parallelism().map_or(1, NonZero::get);
    ready_made_for(cpus as f64)
}

/// A program's own rules, and of those that are ready made the ones whose name is not taken, as a
/// [`Monitor`](crate::Monitor) has them.
///
/// ```
/// use perf_monitor::rules::{Rule, Statistic, ready_made, with_ready_made};
/// let own = Rule::new("p95_medium", Statistic::Percentile(95.0)).above(2.0);
/// assert_eq!(with_ready_made(vec![own], ready_made()).len(), ready_made().len());
/// ```
#[must_use]
pub fn with_ready_made(mut own: Vec<Rule>, ready: Vec<Rule>) -> Vec<Rule> {
    let is_free = |ready: &Rule| own.iter().all(|rule| rule.name() != ready.name());
    let free: Vec<_> = ready.into_iter().filter(is_free).collect();
    own.extend(free);
    own
}

/// The same for a program that may use so many CPUs, wherever it runs: for rules that others look at, see
/// [`prometheus`](super::prometheus).
///
/// ```
/// use perf_monitor::rules::{ready_made, ready_made_for};
/// assert_eq!(ready_made_for(0.5).len(), ready_made().len());
/// ```
#[must_use]
pub fn ready_made_for(cpus: f64) -> Vec<Rule> {
    let queue = [(Medium, 50.0), (High, 75.0), (Critical, 100.0)];
    let usage = [(High, 0.85), (Critical, 0.90)];
    let errors = [(Medium, 0.05), (High, 0.10), (Critical, 0.20)];
    let hits = || Statistic::ratio(&["cache_hits"], &["cache_hits", "cache_misses"]);
    [
        family("error_rate", &errors, |bound| calls(ErrorRate).above(bound).clear(bound * 0.9)),
        family("mean", &[(High, 300.0), (Critical, 600.0)], |bound| {
            let rule = calls(Mean).minimum(1).over(Duration::from_secs(3_600));
            rule.above(bound).clear(bound * 0.9)
        }),
        family("p95", &[(Medium, 5.0)], |bound| {
            calls(Percentile(95.0)).above(bound).clear(bound * 0.9)
        }),
        family("coverage", &[(Medium, 0.80)], |bound| {
            gauge("coverage").below(bound).clear(bound * 1.05)
        }),
        high("queue_depth", "queue_depth", &queue),
        high("agent_queue_depth", "agent_queue_depth", &queue),
        high("message_queue_depth", "message_queue_depth", &[(High, 1_000.0)]),
        family("cache_hits", &[(Medium, 0.80), (High, 0.50)], |bound| {
            calls(hits()).below(bound).clear(bound * 1.05)
        }),
        high(
            "process_cpu",
            "process_cpu_ratio",
            &usage.map(|(severity, of)| (severity, of * cpus)),
        ),
        high("system_cpu", "system_cpu_ratio", &usage),
        high("system_memory", "system_memory_used_ratio", &usage),
    ]
    .concat()
}

/// A rule for each severity.
fn family(name: &str, bounds: &[(Severity, f64)], rule: impl Fn(f64) -> Rule) -> Vec<Rule> {
    let of = |(severity, bound): &(Severity, f64)| {
        let rule = rule(*bound).severity(*severity).family(name);
        Rule { name: format!("{name}_{severity}"), ..rule }
    };
    bounds.iter().map(of).collect()
}

/// Gauges that are bad when they are high.
fn high(name: &str, metric: &str, bounds: &[(Severity, f64)]) -> Vec<Rule> {
    family(name, bounds, |bound| gauge(metric).above(bound).clear(bound * 0.9))
}

/// Of so many calls that one bad one does not decide.
fn calls(statistic: Statistic) -> Rule {
    Rule::new("", statistic).minimum(20)
}

fn gauge(metric: &str) -> Rule {
    Rule::new("", Gauge).of(metric).hold(Duration::from_secs(120))
}
