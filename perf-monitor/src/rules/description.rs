//! What a rule looks for, for people.

use super::{check::Checked, measure::Measure, rule::Rule, statistic::Statistic, unit};
use crate::{alert::Severity, duration};
use std::fmt::Write;

/// What a rule looks for. [`Rules::descriptions`](super::Rules::descriptions) gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleDescription {
    /// Its name.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// When it fires, in words: `p95 of query * over 5m above 500.0 ms for 2m, with at least 20 calls`.
    pub condition: String,
}

impl RuleDescription {
    pub(super) fn of(checked: &Checked) -> Self {
        let Rule { name, severity, .. } = &checked.rule;
        Self { name: name.clone(), severity: *severity, condition: condition(checked) }
    }
}

fn condition(checked: &Checked) -> String {
    let Rule { measure, of, over, above, hold, minimum, together, .. } = &checked.rule;
    let mut text = measure.to_string();
    // Writing to a text does not fail.
    if !matches!(measure.statistic(), Statistic::Ratio { .. }) {
        let _ = write!(text, " of {of}");
    }
    if *together {
        text.push_str(" together");
    }
    if measure.looks_back() {
        let _ = write!(text, " over {}", duration::written(*over));
    }
    if let Measure::BurnRate { short, .. } = measure {
        let _ = write!(text, " and {}", duration::written(*short));
    }
    let side = if above.is_some() { "above" } else { "below" };
    let threshold = unit::shown(checked.limits.threshold, measure, None);
    let _ = write!(text, " {side} {threshold}");
    if !hold.is_zero() {
        let _ = write!(text, " for {}", duration::written(*hold));
    }
    if *minimum > 0 && measure.looks_back() {
        let calls = if *minimum == 1 { "call" } else { "calls" };
        let _ = write!(text, ", with at least {minimum} {calls}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn conditions_are_sentences() {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
        let hits = Statistic::ratio(&["hits"], &["hits", "misses"]);
        let burn = Measure::BurnRate { objective: 0.999, short: 5 * minute };
        for (rule, text) in [
            (
                Rule::new("r", Statistic::Percentile(95.0))
                    .of("query *")
                    .above(0.5)
                    .hold(2 * minute)
                    .minimum(20),
                "p95 of query * over 5m above 500.0 ms for 2m, with at least 20 calls",
            ),
            (
                Rule::new("r", Statistic::Gauge).of("queue").together().minimum(2).below(1.0),
                "gauge of queue together below 1",
            ),
            (
                Rule::new("r", hits).below(0.8).minimum(1),
                "hits / (hits + misses) over 5m below 80 %, with at least 1 call",
            ),
            (
                Rule::new("r", burn).over(hour).above(14.4),
                "burn rate for 99.90 % of * over 1h and 5m above 14.40×",
            ),
            (
                Rule::new("r", Measure::Slope { of: Statistic::Gauge, points: 3 }).above(60.0),
                "rise of gauge of * above 60 per hour",
            ),
        ] {
            assert_eq!(condition(&Checked::new(rule).unwrap()), text);
        }
    }
}
