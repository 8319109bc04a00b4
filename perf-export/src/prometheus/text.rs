//! The text formats: 0.0.4, and OpenMetrics 1.0.

use super::{
    families::{Family, Kind, Series, Value},
    histogram::Values,
    number::{Float, Number},
};
use std::fmt::{self, Display, Write};

/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
pub(super) fn plain(families: &[Family<'_>]) -> String {
    let mut text = Text { out: String::new(), open: false, created: None };
    families.iter().for_each(|family| text.family(family));
    text.out
}

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>, with the time of each series' beginning,
/// in seconds since 1970, where there is one.
pub(super) fn openmetrics(families: &[Family<'_>], created: Option<f64>) -> String {
    let created = created.map(|seconds| seconds.to_string());
    let mut text = Text { out: String::new(), open: true, created };
    families.iter().for_each(|family| text.family(family));
    text.out.push_str("# EOF\n");
    text.out
}

struct Text {
    out: String,
    /// OpenMetrics.
    open: bool,
    created: Option<String>,
}

impl Text {
    fn family(&mut self, family: &Family<'_>) {
        let open = self.open;
        // Only OpenMetrics knows a name for all of a counter's samples.
        let total = if family.kind == Kind::Counter && !open { "_total" } else { "" };
        let mut described = |what, text: &dyn Display| {
            self.line(&["# ", what, " ", &family.name, total, " "], text);
        };
        if !family.help.is_empty() {
            described("HELP", &Escaped { text: family.help, quotes: open });
        }
        described("TYPE", &word(family.kind));
        if open && !family.unit.is_empty() {
            described("UNIT", &family.unit);
        }
        let bounds = self.bounds(family);
        for series in &family.series {
            self.series(family, &bounds, series);
        }
    }

    /// The ends of the labels of a histogram's buckets.
    fn bounds(&self, family: &Family<'_>) -> Vec<String> {
        let text = |bound: &dyn Display| format!("le=\"{bound}\"}} ");
        let of = |bound| if self.open { text(&Float(bound)) } else { text(&Number(bound)) };
        family.bounds.iter().copied().chain([f64::INFINITY]).map(of).collect()
    }

    fn series(&mut self, family: &Family<'_>, bounds: &[String], series: &Series<'_>) {
        let labels = labels(series);
        let total = if family.kind == Kind::Counter { "_total" } else { "" };
        match series.value {
            Value::Count(count) => self.sample(family, total, &labels, count),
            Value::Number(number) => self.sample(family, total, &labels, Number(number)),
            Value::Values(values) => self.histogram(family, bounds, &labels, values),
        }
        if family.kind != Kind::Gauge
            && let Some(created) = self.created.take()
        {
            self.sample(family, "_created", &labels, &created);
            self.created = Some(created);
        }
    }

    fn histogram(
        &mut self,
        family: &Family<'_>,
        bounds: &[String],
        labels: &str,
        values: Values<'_>,
    ) {
        let comma = if labels.is_empty() { "" } else { "," };
        let counts = values.cumulative(family.bounds);
        for (bound, count) in bounds.iter().zip(&counts) {
            self.line(&[&family.name, "_bucket{", labels, comma, bound], count);
        }
        // OpenMetrics has no sum where it could fall, and no count without a sum.
        let falls = values.is_negative() || family.bounds.first().is_some_and(|bound| *bound < 0.0);
        if !(self.open && falls) {
            self.sample(family, "_sum", labels, Number(values.sum()));
            self.sample(family, "_count", labels, counts.last().copied().unwrap_or_default());
        }
    }

    fn sample(&mut self, family: &Family<'_>, suffix: &str, labels: &str, value: impl Display) {
        let (open, close) = if labels.is_empty() { ("", " ") } else { ("{", "} ") };
        self.line(&[&family.name, suffix, open, labels, close], value);
    }

    fn line(&mut self, parts: &[&str], value: impl Display) {
        parts.iter().for_each(|part| self.out.push_str(part));
        // A string can always be written to.
        let _ = writeln!(self.out, "{value}");
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    }
}

/// Without braces.
fn labels(series: &Series<'_>) -> String {
    let mut text = String::new();
    for (key, value) in series.labels() {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{key}=\"{}\"", Escaped { text: value, quotes: true });
    }
    text
}

struct Escaped<'a> {
    text: &'a str,
    quotes: bool,
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |c| c == '\\' || c == '\n' || (c == '"' && self.quotes);
        for part in self.text.split_inclusive(escaped) {
            let (before, escape) = match part.as_bytes().last() {
                Some(b'\\') => (part.len() - 1, "\\\\"),
                Some(b'\n') => (part.len() - 1, "\\n"),
                Some(b'"') if self.quotes => (part.len() - 1, "\\\""),
                _ => (part.len(), ""),
            };
            f.write_str(part.get(..before).unwrap_or_default())?;
            f.write_str(escape)?;
        }
        Ok(())
    }
}
