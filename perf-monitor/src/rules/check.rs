//! A rule that makes sense, with its texts read.

use super::{
    measure::Measure,
    rule::Rule,
    selector::Selector,
    state::{Seen, Timing},
    statistic::Statistic,
    template::Template,
};
use crate::duration;
use std::fmt;

/// A rule makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The rule's name.
    pub rule: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {:?}: {}", self.rule, self.problem)
    }
}

impl std::error::Error for RuleError {}

/// Where a value becomes bad, and where it is good again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    pub(super) threshold: f64,
    pub(super) clear: f64,
    pub(super) is_above: bool,
}

impl Limits {
    pub(super) fn judge(self, value: f64) -> Seen {
        match (self.is_beyond(value, self.threshold), self.is_beyond(value, self.clear)) {
            (true, _) => Seen::Breach,
            (false, true) => Seen::NotClear,
            (false, false) => Seen::Clear,
        }
    }

    fn is_beyond(self, value: f64, limit: f64) -> bool {
        if self.is_above { value > limit } else { value < limit }
    }

    fn of(rule: &Rule) -> Result<Self, String> {
        let (threshold, is_above) = match (rule.above, rule.below) {
            (Some(threshold), None) => (threshold, true),
            (None, Some(threshold)) => (threshold, false),
            _ => return Err("expected one of above and below".into()),
        };
        let limits = Self { threshold, clear: rule.clear.unwrap_or(threshold), is_above };
        let Self { clear, .. } = limits;
        if !threshold.is_finite() || !clear.is_finite() {
            return Err("thresholds must be finite".into());
        }
        if limits.is_beyond(clear, threshold) {
            let (side, word) = if is_above { ("above", "at most") } else { ("below", "at least") };
            return Err(format!(
                "clear = {clear} is itself {side} {threshold}: it must be {word} that"
            ));
        }
        let is_ratio = [threshold, clear].iter().all(|value| (0.0..=1.0).contains(value));
        if rule.measure == Measure::Now(Statistic::ErrorRate) && !is_ratio {
            return Err("an error rate is from 0 to 1: write 0.05 or \"5 %\"".into());
        }
        if matches!(rule.measure, Measure::BurnRate { .. }) && !is_above {
            return Err("a burn rate is too high above a threshold, not below".into());
        }
        Ok(limits)
    }
}

/// What is set by itself, and by Alertmanager's names.
const RESERVED: [&str; 4] = ["alertname", "severity", "operation", "metric"];

/// A rule that has been checked.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) rule: Rule,
    pub(super) limits: Limits,
    pub(super) timing: Timing,
    pub(super) summary: Template,
    pub(super) description: Template,
}

impl Checked {
    pub(super) fn new(rule: Rule) -> Result<Self, RuleError> {
        let error = |problem| RuleError { rule: rule.name.clone(), problem };
        check_names(&rule).map_err(error)?;
        check_measure(&rule).map_err(error)?;
        let limits = Limits::of(&rule).map_err(error)?;
        let subject = rule.measure.subject();
        let summary = match &*rule.summary {
            "" => &format!("{{{subject}}}: {{measure}} is {{value}}, threshold {{threshold}}"),
            summary => summary,
        };
        let allowed = ["rule", "severity", subject, "measure", "value", "threshold", "window"];
        let template = |name, text| {
            Template::parse(text, &allowed).map_err(|problem| error(format!("{name}: {problem}")))
        };
        let summary = template("summary", summary)?;
        let description = template("description", &rule.description)?;
        let Rule { hold, keep_firing, absent, .. } = rule;
        let is_of_time = rule.measure.is_of_time();
        let timing = Timing { hold, keep_firing, absent, is_of_time };
        Ok(Self { rule, limits, timing, summary, description })
    }
}

fn check_names(rule: &Rule) -> Result<(), String> {
    if rule.name.is_empty() {
        return Err("a rule needs a name".into());
    }
    match rule.labels.keys().find(|key| key.is_empty() || RESERVED.contains(&&***key)) {
        Some(key) => Err(format!("the label {key:?} cannot be given: it has its own meaning")),
        None => Ok(()),
    }
}

fn check_measure(rule: &Rule) -> Result<(), String> {
    let over = rule.over;
    if over.is_zero() {
        return Err("the window (over) must not be empty".into());
    }
    check_statistic(rule, rule.measure.statistic())?;
    match &rule.measure {
        Measure::ShareOfHistory { of, .. } if !rule.measure.looks_back() => Err(format!(
            "{of} is of now, and has no share of its history: use slope, or a threshold of its own"
        )),
        Measure::ShareOfHistory { history, .. } | Measure::ErrorSpike { history }
            if *history <= over =>
        {
            let over = duration::written(over);
            Err(format!("the history must be longer than the window (over), which is {over}"))
        }
        Measure::BurnRate { short, .. } if short.is_zero() || *short >= over => {
            let over = duration::written(over);
            Err(format!("the short window must be shorter than the window (over), which is {over}"))
        }
        Measure::BurnRate { objective, .. } if !(*objective > 0.0 && *objective < 1.0) => {
            Err("the objective must be above 0 and below 1: write 0.999 or \"99.9 %\"".into())
        }
        Measure::Slope { points, .. } if !(3..=1_000).contains(points) => {
            Err("a slope needs 3 to 1000 points".into())
        }
        _ => Ok(()),
    }
}

fn check_statistic(rule: &Rule, statistic: &Statistic) -> Result<(), String> {
    match statistic {
        Statistic::Percentile(percentile) if !(0.0..=100.0).contains(percentile) => {
            Err("a percentile is from 0 to 100".into())
        }
        Statistic::Ratio { part, whole } if part.is_empty() || whole.is_empty() => {
            Err("a ratio needs counters, part and whole".into())
        }
        Statistic::Ratio { .. } if rule.of != Selector::default() => {
            Err("a ratio names its counters itself: leave out of".into())
        }
        _ => Ok(()),
    }
}
