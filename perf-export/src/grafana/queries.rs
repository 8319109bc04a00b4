//! `PromQL` over what [`prometheus`](crate::prometheus) writes.

use crate::prometheus::names::{CALLS, DURATION, SELF_SECONDS};
use std::fmt::Write;

/// The servers and programs chosen at the top of the dashboard.
const CHOSEN: &str = r#"job=~"$job",instance=~"$instance""#;

/// Over how long rates are taken: Grafana's, never shorter than four scrapes.
const OVER: &str = "$__rate_interval";

/// Which series of operations a panel is about.
pub(super) struct Selector(String);

impl Selector {
    /// All operations.
    pub(super) fn all() -> Self {
        Self(CHOSEN.into())
    }

    /// The operations of these names.
    pub(super) fn operations<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<_> = names.into_iter().map(literal).collect();
        Self(format!(r#"{CHOSEN},operation=~"{}""#, names.join("|")))
    }

    /// Calls a second.
    pub(super) fn rate(&self) -> String {
        format!("sum by (operation) (rate({CALLS}_total{{{}}}[{OVER}]))", self.0)
    }

    /// Calls a second, all operations together.
    pub(super) fn rate_in_all(&self) -> String {
        format!("sum(rate({CALLS}_total{{{}}}[{OVER}]))", self.0)
    }

    /// The share of calls that failed, from 0 to 1.
    pub(super) fn error_ratio(&self) -> String {
        self.failed("sum by (operation)")
    }

    /// The same, all operations together.
    pub(super) fn error_ratio_in_all(&self) -> String {
        self.failed("sum")
    }

    /// Of the calls that were timed: how the others ended nobody knows.
    fn failed(&self, sum: &str) -> String {
        let of = &self.0;
        format!(
            r#"{sum} (rate({CALLS}_total{{{of},outcome=~"error|panic"}}[{OVER}])) / {sum} (rate({CALLS}_total{{{of},outcome!="untimed"}}[{OVER}]))"#
        )
    }

    /// Seconds spent in operations themselves, a second.
    pub(super) fn self_time(&self) -> String {
        format!("sum by (operation) (rate({SELF_SECONDS}_total{{{}}}[{OVER}]))", self.0)
    }

    /// A quantile of the durations, by operation.
    pub(super) fn quantile(&self, quantile: f64) -> String {
        quantile_of(DURATION, &self.0, quantile, &["operation"])
    }

    /// A quantile of the durations of all operations together.
    pub(super) fn quantile_in_all(&self, quantile: f64) -> String {
        quantile_of(DURATION, &self.0, quantile, &[])
    }

    /// How many durations fell in each bucket.
    pub(super) fn heatmap(&self) -> String {
        let of = &self.0;
        let native = format!("sum(increase({DURATION}{{{of}}}[{OVER}]))");
        let classic = format!("sum by (le) (increase({DURATION}_bucket{{{of}}}[{OVER}]))");
        format!("{native} or ({classic} unless on() {native})")
    }
}

/// A quantile of a histogram, whichever kind the server keeps of it.
fn quantile_of(histogram: &str, of: &str, quantile: f64, by: &[&str]) -> String {
    let of_kind = |suffix: &str, by: &[&str]| {
        let by = by.join(", ");
        format!(
            "histogram_quantile({quantile}, sum by ({by}) (rate({histogram}{suffix}{{{of}}}[{OVER}])))"
        )
    };
    format!("{} or {}", of_kind("", by), of_kind("_bucket", &[by, &["le"]].concat()))
}

/// A counter's rise a second.
pub(super) fn rate_of(counter: &str) -> String {
    format!("rate({counter}{{{CHOSEN}}}[{OVER}])")
}

/// A gauge.
pub(super) fn gauge(gauge: &str) -> String {
    format!("{gauge}{{{CHOSEN}}}")
}

/// A quantile of a distribution, its series together.
pub(super) fn quantile_of_values(histogram: &str, quantile: f64) -> String {
    quantile_of(histogram, CHOSEN, quantile, &[])
}

/// A name as it is, in a regular expression that stands in a `PromQL` string.
fn literal(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            // RE2's own, each behind a backslash that is behind one in the string.
            '\\' => text.push_str(r"\\\\"),
            // Nor a variable of Grafana's.
            '$' => text.push_str("[$]"),
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' => {
                let _ = write!(text, r"\\{c}");
            }
            '"' => text.push_str(r#"\""#),
            '\n' => text.push_str(r"\n"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_literally() {
        assert_eq!(literal(r#"a::B<C>.d|"e"\"#), r#"a::B<C>\\.d\\|\"e\"\\\\"#);
        assert_eq!(literal("$job ${job} [[job]]"), r"[$]job [$]\\{job\\} \\[\\[job\\]\\]");
    }
}
