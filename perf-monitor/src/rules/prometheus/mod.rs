//! Rules for a Prometheus that scrapes the programs: a file of recording and alerting rules.
//!
//! Whoever has Prometheus and Alertmanager can have the same rules looked at there, over all processes,
//! even while one of them is down.
//!
//! ```
//! use perf_monitor::rules::{Rule, Statistic, prometheus::{Options, rule_file}};
//!
//! let slow = Rule::new("slow queries", Statistic::Percentile(95.0)).of("query").above(0.5);
//! let file = rule_file(&[slow], &Options::default())?;
//! assert!(file.to_string().contains("histogram_quantile(0.95, rate("));
//! assert_eq!(file.remarks().count(), 0);
//! # Ok::<(), perf_monitor::rules::RuleError>(())
//! ```
//!
//! The expressions are for what `/metrics` exposes ([`perf_export::prometheus`]), whichever kind of histograms the server keeps: Prometheus asks for text
//! with classic ones unless it is set to scrape native ones. Prometheus 2.42 or later reads them.
//!
//! | perfkit | Prometheus |
//! |---|---|
//! | [`above`](Rule::above), [`below`](Rule::below) | the expression |
//! | [`hold`](Rule::hold), [`keep_firing`](Rule::keep_firing) | `for`, `keep_firing_for` |
//! | [`clear`](Rule::clear) | what `ALERTS` says still fires goes on, until it is clear |
//! | [`minimum`](Rule::minimum) | `and increase(…) >= …` |
//! | [`family`](Rule::family) | `unless` something worse fires by `ALERTS`; when that ends, `for` begins anew |
//! | [`absent`](Rule::absent) | `fire` is a second alert with the label `absent`, over all processes; `keep` is as `resolve` |
//! | [`together`](Rule::together) | a sum of each process, by `job` and `instance` |
//! | severity, labels | labels |
//! | summary, description | annotations, with `{{ $labels.… }}` and `{{ $value }}` |
//!
//! What Prometheus cannot tell is left out, and said: in the file's comments and by
//! [`RuleFile::remarks`]. These are true of all rules:
//!
//! - Each process is looked at for itself, by the labels of its target, where perfkit over a store sees all
//!   as one.
//! - Counts are Prometheus's estimates from what it scraped. Calls before a series was first scraped are not
//!   in them.
//! - A value that vanishes resolves its alert at once.
//! - A label of the rule, `severity` among them, takes the place of a series' label of that key. Where series
//!   differ by that label alone, Prometheus refuses to evaluate the rule: have them looked at
//!   [`together`](Rule::together), or call the label otherwise.
//! - They are looked at for all programs that the server scrapes: one file is for one server, and bounds that
//!   depend on the program, such as those of CPU, are the same for all.
//! - `*` in a pattern does not stand for a line break before Prometheus 3.
//! - A metric is looked for by the name it has without a unit, unless [`Options::units_of`] says which
//!   unit it has.

mod alert;
mod names;
mod series;
mod text;
mod value;
mod yaml;

use super::{
    check::{Checked, RuleError},
    engine::Rules,
    rule::Rule,
};
use alert::{Alert, Draft, Recorded};
use perf_core::Snapshot;
use std::{cmp::Reverse, fmt, iter, time::Duration};

/// What a rule file is made with.
#[derive(Clone, Debug)]
pub struct Options {
    every: Duration,
    units: Option<Snapshot>,
}

impl Default for Options {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), units: None }
    }
}

impl Options {
    /// How often perfkit looks at the rules, a minute at first: slopes are of so many values that far
    /// apart.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// A snapshot of the program, which says what units its metrics have: they are part of the names that
    /// Prometheus knows.
    ///
    /// ```
    /// use perf_monitor::rules::{Rule, Statistic, prometheus::{Options, rule_file}};
    /// let registry = perf_core::Registry::new();
    /// registry.describe("heap", Some("By"), "Memory of the interpreter.");
    /// let full = Rule::new("full", Statistic::Gauge).of("heap").above(1e9);
    /// let file = rule_file(&[full], &Options::default().units_of(&registry.snapshot()))?;
    /// assert!(file.to_string().contains("heap_bytes > 1000000000"));
    /// # Ok::<(), perf_monitor::rules::RuleError>(())
    /// ```
    #[must_use]
    pub fn units_of(mut self, program: &Snapshot) -> Self {
        self.units = Some(program.clone());
        self
    }
}

/// What is to be known of a rule that became Prometheus's, or why it could not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// The rule's name.
    pub rule: String,
    /// What differs.
    pub text: String,
    /// Whether the rule is not in the file.
    pub is_left_out: bool,
}

/// A rule file of Prometheus. Its text is YAML.
#[derive(Clone, Debug)]
pub struct RuleFile {
    recorded: Vec<Recorded>,
    alerts: Vec<Alert>,
    left_out: Vec<Remark>,
}

/// Rules as a rule file of Prometheus.
///
/// # Errors
///
/// As [`Rules::new`]: a rule makes no sense, or has the name of another.
pub fn rule_file(rules: &[Rule], options: &Options) -> Result<RuleFile, RuleError> {
    let rules = Rules::new(rules.to_vec())?;
    let units = options.units.as_ref();
    let mut file = RuleFile { recorded: Vec::new(), alerts: Vec::new(), left_out: Vec::new() };
    let mut drafts = Vec::new();
    for checked in in_order(rules.checked()) {
        match Draft::new(checked, units, options.every) {
            Ok(draft) => drafts.push(draft),
            Err(remark) => file.left_out.push(remark),
        }
    }
    for draft in &drafts {
        let value = draft.expr_to_record().map(|expr| file.record(expr, draft));
        let worse: Vec<_> = drafts.iter().filter(|other| is_worse(other, draft)).collect();
        file.alerts.extend(draft.alerts(value.as_deref(), &worse, units));
    }
    Ok(file)
}

/// The worst of a family first: the others look whether it fires.
fn in_order(checked: &[Checked]) -> Vec<&Checked> {
    let mut all: Vec<_> = checked.iter().enumerate().collect();
    let first = |at: usize, of: &Checked| {
        let is_of_it =
            |other: &&Checked| other.rule.family.is_some() && other.rule.family == of.rule.family;
        checked.iter().position(|other| is_of_it(&other)).unwrap_or(at)
    };
    all.sort_by_key(|(at, of)| (first(*at, of), Reverse(of.rule.severity)));
    all.into_iter().map(|(_, checked)| checked).collect()
}

fn is_worse(other: &Draft<'_>, draft: &Draft<'_>) -> bool {
    let [other, rule] = [other, draft].map(|draft| &draft.checked.rule);
    rule.family.is_some() && other.family == rule.family && other.severity > rule.severity
}

impl RuleFile {
    /// What is to be known of single rules, in the order of the file; then what is not in it.
    pub fn remarks(&self) -> impl Iterator<Item = Remark> {
        let of_alerts = self.alerts.iter().flat_map(|alert| {
            alert.remarks.iter().map(|text| Remark {
                rule: alert.name.clone(),
                text: text.clone(),
                is_left_out: false,
            })
        });
        of_alerts.chain(self.left_out.iter().cloned())
    }

    /// The name of the series that an expression is recorded as.
    fn record(&mut self, expr: &str, draft: &Draft<'_>) -> String {
        if let Some((name, _)) = self.recorded.iter().find(|(_, known)| known == expr) {
            return name.clone();
        }
        let called = draft.called();
        let is_free = |name: &String| self.recorded.iter().all(|(taken, _)| taken != name);
        let numbered = (2..).map(|n| format!("{called}_{n}"));
        // There is no end to them.
        let name = iter::once(called.clone()).chain(numbered).find(is_free).unwrap_or_default();
        self.recorded.push((name.clone(), expr.to_owned()));
        name
    }
}

/// What a reader of the file should know.
const HEADER: [&str; 3] = [
    "Rules of perfkit for Prometheus 2.42 or later, which scrapes /metrics of the programs.",
    "They are one group: what is recorded first is what the alerts below look at, and of a family the worst \
     comes first.",
    "Each process is looked at for itself. A value that vanishes resolves its alert at once. A metric that \
     the program gives a unit has it in its name.",
];

impl fmt::Display for RuleFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = yaml::Writer::default();
        HEADER.iter().for_each(|text| out.comment(text));
        for Remark { rule, text, .. } in &self.left_out {
            out.comment(&format!("Not here: {rule:?}: {text}."));
        }
        out.line("groups:");
        out.deeper(1);
        out.item("name", "perfkit");
        out.line(if self.alerts.is_empty() { "  rules: []" } else { "  rules:" });
        out.deeper(2);
        for (name, expr) in &self.recorded {
            out.item("record", name);
            out.block("expr", expr);
        }
        self.alerts.iter().for_each(|alert| alert.write(&mut out));
        f.write_str(&out.text)
    }
}
