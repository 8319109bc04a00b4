//! A rule's alerts, as Prometheus writes rules.

use super::{Remark, series::Series, text, value, yaml};
use crate::{
    duration,
    rules::{check::Checked, measure::Measure, state::Absent, template::LABEL, unit},
};
use perf_core::Snapshot;
use std::{collections::BTreeMap, time::Duration};

/// A series that is recorded: its name and its expression.
pub(super) type Recorded = (String, String);

/// One alerting rule.
#[derive(Clone, Debug)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) remarks: Vec<String>,
    pub(super) expr: String,
    pub(super) hold: Duration,
    pub(super) keep_firing: Duration,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: Vec<(&'static str, String)>,
}

/// A rule on its way to alerts.
pub(super) struct Draft<'a> {
    pub(super) checked: &'a Checked,
    /// The labels that Prometheus does not see in what the rule measures.
    labels: BTreeMap<String, String>,
    value: value::Value,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        checked: &'a Checked,
        units: Option<&Snapshot>,
        every: Duration,
    ) -> Result<Self, Remark> {
        let rule = &checked.rule;
        let left_out = |text| Remark { rule: rule.name.clone(), text, is_left_out: true };
        let value = value::of(&Series { rule, units }, every).map_err(left_out)?;
        Ok(Self { checked, labels: labels(checked), value })
    }

    /// The expression to record, where it is more than a selector.
    pub(super) fn expr_to_record(&self) -> Option<&str> {
        (!self.value.is_plain).then_some(&self.value.expr)
    }

    /// What a recorded series is best called after.
    pub(super) fn called(&self) -> String {
        let rule = &self.checked.rule;
        let name = rule.family.as_ref().unwrap_or(&rule.name);
        format!("perfkit:{}", text::slug(name))
    }

    /// The alerts; `value` is the recorded series, and `worse` the rules of its family that silence it.
    pub(super) fn alerts(
        &self,
        value: Option<&str>,
        worse: &[&Draft<'_>],
        units: Option<&Snapshot>,
    ) -> Vec<Alert> {
        let value = value.unwrap_or(&self.value.expr);
        let mut alerts = vec![Alert {
            name: self.checked.rule.name.clone(),
            remarks: self.remarks(),
            expr: self.condition(value, worse),
            hold: self.checked.rule.hold,
            keep_firing: self.checked.rule.keep_firing,
            labels: self.all_labels(),
            annotations: self.annotations(units, false),
        }];
        if self.checked.rule.absent == Absent::Fire {
            alerts.push(self.nothing(value, units));
        }
        alerts
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = self.value.remarks.clone();
        let reserved = self.checked.rule.labels.keys().filter(|key| label_key(key) != **key);
        remarks
            .extend(reserved.map(|key| format!("the label {key:?} is {:?} here", label_key(key))));
        remarks
    }

    /// Beyond the threshold; or while it fires, not yet clear; and nothing worse fires.
    fn condition(&self, value: &str, worse: &[&Draft<'_>]) -> String {
        let limits = self.checked.limits;
        let sign = if limits.is_above { '>' } else { '<' };
        let [threshold, clear] = [limits.threshold, limits.clear].map(text::number);
        let mut expr = format!("{value} {sign} {threshold}");
        if clear != threshold {
            let still = firing(&[self], self);
            expr = format!("{expr}\nor ({value} {sign} {clear}\n  and {still})");
        }
        if !worse.is_empty() {
            let lines = expr.replace('\n', "\n  ");
            let bad = if clear == threshold { expr } else { format!("({lines})") };
            expr = format!("{bad}\nunless {}", firing(worse, self));
        }
        expr
    }

    /// That there is nothing to measure, of all processes.
    fn nothing(&self, value: &str, units: Option<&Snapshot>) -> Alert {
        let rule = &self.checked.rule;
        let (subject, whole) = subject(self.checked);
        let mut labels = self.all_labels();
        labels.insert(subject.to_owned(), text::literal(&whole));
        // It is another alert than that of a value.
        labels.insert("absent".to_owned(), "true".to_owned());
        Alert {
            name: rule.name.clone(),
            remarks: vec![
                "that there is nothing to measure is told of all processes together".into(),
            ],
            expr: format!("absent({value})"),
            hold: rule.hold,
            keep_firing: rule.keep_firing,
            labels,
            annotations: self.annotations(units, true),
        }
    }

    fn all_labels(&self) -> BTreeMap<String, String> {
        let severity = self.checked.rule.severity.to_string();
        let own = self.labels.iter().map(|(key, value)| (key.clone(), text::literal(value)));
        own.chain([("severity".to_owned(), severity)]).collect()
    }

    /// The texts, with places for what only Prometheus knows.
    fn annotations(
        &self,
        units: Option<&Snapshot>,
        is_absent: bool,
    ) -> Vec<(&'static str, String)> {
        let rule = &self.checked.rule;
        let (subject, whole) = subject(self.checked);
        let own = self.labels.get("metric").and_then(|metric| super::names::unit(units, metric));
        let of_label = |key: &str| match self.labels.get(&label_key(key)) {
            Some(value) => text::part(value),
            None if is_absent && key == subject => text::part(&whole),
            None => format!("{{{{ $labels.{} }}}}", series_key(key, subject)),
        };
        let place = |name: &str| match name {
            "rule" => text::part(&rule.name),
            "severity" => rule.severity.to_string(),
            "measure" => text::part(&rule.measure.to_string()),
            "value" if is_absent => unit::shown(f64::NAN, &rule.measure, own),
            "value" => shown(&rule.measure, own),
            "threshold" => unit::shown(self.checked.limits.threshold, &rule.measure, own),
            "window" => duration::written(rule.over),
            name => of_label(name.strip_prefix(LABEL).unwrap_or(name)),
        };
        let texts =
            [("summary", &self.checked.summary), ("description", &self.checked.description)];
        let filled = texts.map(|(key, template)| (key, template.map(text::part, place)));
        filled.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// What all alerts of a rule are about, as a label.
fn subject(checked: &Checked) -> (&'static str, String) {
    let subject = checked.rule.measure.subject();
    let whole = crate::rules::reading::whole_labels(&checked.rule).remove(subject);
    (subject, whole.unwrap_or_default())
}

/// The rule's labels; and what it is about, where no series of Prometheus's says it.
fn labels(checked: &Checked) -> BTreeMap<String, String> {
    let own = checked.rule.labels.iter();
    let mut labels: BTreeMap<_, _> =
        own.map(|(key, value)| (label_key(key), value.clone())).collect();
    let (subject, whole) = subject(checked);
    if subject == "metric" || checked.rule.together {
        labels.insert(subject.to_owned(), whole);
    }
    labels
}

fn label_key(key: &str) -> String {
    super::names::key(key, "metric")
}

/// What tells a series apart, as Prometheus has it.
fn series_key(key: &str, subject: &str) -> String {
    if key == subject { key.to_owned() } else { super::names::key(key, subject) }
}

/// The alerts of these rules that fire, for the series of another.
fn firing(rules: &[&Draft<'_>], of: &Draft<'_>) -> String {
    let keys = rules.iter().chain([&of]).flat_map(|draft| draft.labels.keys().map(|key| &**key));
    let mut ignored: Vec<_> =
        ["alertname", "alertstate", "severity"].into_iter().chain(keys).collect();
    ignored[3..].sort_unstable();
    ignored.dedup();
    let any: Vec<_> = rules.iter().map(|draft| text::exactly(&draft.checked.rule.name)).collect();
    let name = match rules {
        [only] => format!("alertname={}", text::quoted(&only.checked.rule.name)),
        _ => format!("alertname=~{}", text::quoted(&any.join("|"))),
    };
    format!("ignoring ({}) ALERTS{{{name},alertstate=\"firing\"}}", ignored.join(", "))
}

/// The value with its unit, in Go's template.
fn shown(measure: &Measure, own: Option<&str>) -> String {
    use crate::rules::statistic::Statistic;
    let plain = "{{ $value | humanize }}";
    let statistic = |of: &Statistic| match of {
        Statistic::Percentile(_) | Statistic::Mean | Statistic::Min | Statistic::Max => {
            "{{ $value | humanizeDuration }}".to_owned()
        }
        Statistic::ErrorRate | Statistic::Ratio { .. } => {
            "{{ $value | humanizePercentage }}".to_owned()
        }
        Statistic::Rate => format!("{plain}/s"),
        Statistic::CounterRate => format!("{}/s", with_unit(own)),
        Statistic::Count | Statistic::InFlight => plain.to_owned(),
        Statistic::Gauge => with_unit(own),
    };
    match measure {
        Measure::Now(of) => statistic(of),
        Measure::ShareOfHistory { .. } => "{{ $value | humanizePercentage }}".to_owned(),
        Measure::ErrorSpike { .. } | Measure::BurnRate { .. } => format!("{plain}×"),
        Measure::Slope { of, .. } => format!("{} per hour", statistic(of)),
    }
}

/// A metric's own unit, a UCUM code.
fn with_unit(own: Option<&str>) -> String {
    match own {
        Some("By") => "{{ $value | humanize1024 }}B".to_owned(),
        Some("s") => "{{ $value | humanizeDuration }}".to_owned(),
        Some(unit) if !matches!(unit, "" | "1") && !unit.starts_with('{') => {
            format!("{{{{ $value | humanize }}}} {}", text::part(unit))
        }
        _ => "{{ $value | humanize }}".to_owned(),
    }
}

impl Alert {
    pub(super) fn write(&self, out: &mut yaml::Writer) {
        for remark in &self.remarks {
            out.comment(remark);
        }
        out.item("alert", &self.name);
        out.block("expr", &self.expr);
        for (key, time) in [("for", self.hold), ("keep_firing_for", self.keep_firing)] {
            if !time.is_zero() {
                out.field(key, &text::duration(time));
            }
        }
        out.map("labels", self.labels.iter().map(|(key, value)| (&**key, &**value)));
        let annotations = self.annotations.iter().map(|(key, value)| (*key, &**value));
        out.map("annotations", annotations);
    }
}
