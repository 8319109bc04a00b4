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
        // Only OpenMetrics knows a name for all of a counter's samples.
        let is_total = family.kind == Kind::Counter && !self.open;
        let name =
            format_args!("{}{}", family.name, if is_total { "_total" } else { "" }).to_string();
        if !family.help.is_empty() {
            let help = Escaped { text: family.help, quotes: self.open };
            self.line(format_args!("# HELP {name} {help}"));
        }
        self.line(format_args!("# TYPE {name} {}", word(family.kind)));
        if self.open && !family.unit.is_empty() {
            self.line(format_args!("# UNIT {name} {}", family.unit));
        }
        let bounds = self.bounds(family);
        for series in &family.series {
            self.series(family, &bounds, series);
        }
    }

    /// The values of `le`.
    fn bounds(&self, family: &Family<'_>) -> Vec<String> {
        let text =
            |bound| if self.open { Float(bound).to_string() } else { Number(bound).to_string() };
        let of_histogram = family.kind == Kind::Histogram;
        let infinite = of_histogram.then_some(f64::INFINITY);
        family.bounds.iter().copied().chain(infinite).map(text).collect()
    }

    fn series(&mut self, family: &Family<'_>, bounds: &[String], series: &Series<'_>) {
        let labels = labels(series);
        let name = &*family.name;
        let total = if family.kind == Kind::Counter { "_total" } else { "" };
        match series.value {
            Value::Count(count) => self.sample(name, total, &labels, count),
            Value::Number(number) => self.sample(name, total, &labels, Number(number)),
            Value::Values(values) => self.histogram(family, bounds, &labels, values),
        }
        if let Some(created) = self.created.take().filter(|_| family.kind != Kind::Gauge) {
            self.sample(name, "_created", &labels, &created);
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
        let name = &*family.name;
        let comma = if labels.is_empty() { "" } else { "," };
        for (bound, count) in bounds.iter().zip(values.cumulative(family.bounds)) {
            self.line(format_args!("{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}"));
        }
        // OpenMetrics has no sum where it could fall, and no count without a sum.
        let falls = values.is_negative() || family.bounds.first().is_some_and(|bound| *bound < 0.0);
        if !(self.open && falls) {
            self.sample(name, "_sum", labels, Number(values.sum()));
            self.sample(name, "_count", labels, values.count());
        }
    }

    fn sample(&mut self, name: &str, suffix: &str, labels: &str, value: impl Display) {
        if labels.is_empty() {
            self.line(format_args!("{name}{suffix} {value}"));
        } else {
            self.line(format_args!("{name}{suffix}{{{labels}}} {value}"));
        }
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        // A string can always be written to.
        let _ = writeln!(self.out, "{line}");
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
