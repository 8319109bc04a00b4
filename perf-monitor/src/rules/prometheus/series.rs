//! The series that a rule is about, and what is added up of them.

use super::{names, text};
use crate::rules::{
    rule::Rule,
    selector::{Pattern, Selector},
};
use perf_core::{MetricValue, Snapshot};
use std::time::Duration;

/// What becomes of a series before it is added up.
#[derive(Clone, Copy)]
pub(super) enum Range {
    Increase,
    /// The same, so long ago.
    IncreaseBefore(Duration),
    Rate,
}

/// Which calls.
#[derive(Clone, Copy)]
pub(super) enum Calls {
    All,
    /// Those whose end and duration are known.
    Timed,
    Failed,
}

/// The series of one rule.
pub(super) struct Series<'a> {
    pub(super) rule: &'a Rule,
    /// Which says what units metrics have.
    pub(super) units: Option<&'a Snapshot>,
}

impl Series<'_> {
    /// Calls of a window, those of all outcomes together.
    pub(super) fn calls(&self, range: Range, which: Calls, over: Duration) -> String {
        let outcome = match which {
            Calls::All => "",
            Calls::Timed => r#"outcome!="untimed""#,
            Calls::Failed => r#"outcome=~"error|panic""#,
        };
        let selected = with(names::CALLS, &[&*matchers(&self.rule.of, "operation"), outcome]);
        let sum =
            if self.rule.together { "sum by (job, instance)" } else { "sum without (outcome)" };
        format!("{sum} ({})", ranged(range, &selected, over))
    }

    /// A part of the histogram of durations, a second.
    pub(super) fn durations(&self, suffix: &str, over: Duration) -> String {
        let family = format!("{}{suffix}", names::DURATION);
        let selected = with(&family, &[&*matchers(&self.rule.of, "operation")]);
        let rate = ranged(Range::Rate, &selected, over);
        match suffix {
            _ if !self.rule.together => rate,
            "_bucket" => format!("sum by (job, instance, le) ({rate})"),
            _ => format!("sum by (job, instance) ({rate})"),
        }
    }

    pub(super) fn in_flight(&self) -> String {
        let running = with(names::IN_FLIGHT, &[&*matchers(&self.rule.of, "operation")]);
        self.summed(running)
    }

    pub(super) fn gauge(&self) -> Result<String, String> {
        let gauge = self.metric(&self.rule.of, MetricValue::Gauge(0.0))?;
        Ok(self.summed(gauge))
    }

    /// A counter in a window.
    pub(super) fn counter(&self, range: Range, over: Duration) -> Result<String, String> {
        let counter = self.metric(&self.rule.of, MetricValue::Counter(0))?;
        Ok(self.summed(ranged(range, &counter, over)))
    }

    /// The sum of several counters in a window, of those with the same labels.
    pub(super) fn counters(
        &self,
        range: Range,
        of: &[Selector],
        over: Duration,
    ) -> Result<String, String> {
        let each = of.iter().map(|of| self.metric(of, MetricValue::Counter(0)));
        let each = each.collect::<Result<Vec<_>, _>>()?;
        if let [only] = &each[..] {
            return Ok(self.summed(ranged(range, only, over)));
        }
        // Without names they would be the same series.
        let parts = each.iter().zip(1..).map(|(counter, n)| {
            let increase = ranged(range, counter, over);
            format!("label_replace({increase}, \"perfkit_part\", \"{n}\", \"\", \"\")")
        });
        let parts: Vec<_> = parts.collect();
        let sum = if self.rule.together {
            "sum by (job, instance)"
        } else {
            "sum without (perfkit_part)"
        };
        Ok(format!("{sum} (\n    {})", parts.join("\n    or ")))
    }

    fn summed(&self, each: String) -> String {
        if self.rule.together { format!("sum by (job, instance) ({each})") } else { each }
    }

    /// One metric, whose name must be said: names are nothing to tell kinds apart by.
    fn metric(&self, of: &Selector, value: MetricValue) -> Result<String, String> {
        let name = of.name.as_str();
        if name.contains('*') || name.starts_with('!') {
            return Err(format!(
                "{name:?} may be any kind of metric to Prometheus: write a rule for each"
            ));
        }
        let series = names::metric(name, names::unit(self.units, name), value);
        Ok(with(&series, &[&*labels(of, "metric").join(",")]))
    }
}

/// A selector of `PromQL`.
fn with(family: &str, matchers: &[&str]) -> String {
    let all: Vec<_> = matchers.iter().copied().filter(|one| !one.is_empty()).collect();
    if all.is_empty() { family.to_owned() } else { format!("{family}{{{}}}", all.join(",")) }
}

fn ranged(range: Range, selected: &str, over: Duration) -> String {
    let over = text::duration(over);
    match range {
        Range::Increase => format!("increase({selected}[{over}])"),
        Range::IncreaseBefore(ago) => {
            format!("increase({selected}[{over}] offset {})", text::duration(ago))
        }
        Range::Rate => format!("rate({selected}[{over}])"),
    }
}

/// By name and labels.
fn matchers(of: &Selector, subject: &str) -> String {
    let name = matcher(subject, &of.name);
    let all: Vec<_> = name.into_iter().chain(labels(of, subject)).collect();
    all.join(",")
}

fn labels(of: &Selector, subject: &str) -> Vec<String> {
    let each = of.labels.iter();
    each.filter_map(|(key, pattern)| matcher(&names::key(key, subject), pattern)).collect()
}

/// `None` where anything will do.
fn matcher(key: &str, pattern: &Pattern) -> Option<String> {
    let pattern = pattern.as_str();
    let (is_not, text) = pattern.strip_prefix('!').map_or((false, pattern), |but| (true, but));
    if pattern == "*" {
        return None;
    }
    let (sign, text) = match (text.contains('*'), is_not) {
        (false, false) => ("=", text.to_owned()),
        (false, true) => ("!=", text.to_owned()),
        (true, false) => ("=~", text::expression(text)),
        (true, true) => ("!~", text::expression(text)),
    };
    Some(format!("{key}{sign}{}", text::quoted(&text)))
}
