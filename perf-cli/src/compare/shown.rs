//! A comparison as a table, JSON, CSV or Markdown.

use super::rows::{rows, summary};
use crate::{
    args::Compare,
    cells::{csv, escaped},
    failure::{Outcome, of},
    output::Format,
};
use perf_analysis::compare::Report;

pub(super) fn shown(report: &Report, compare: &Compare) -> Outcome<String> {
    match compare.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(report).map_err(of("JSON"))?;
            Ok(text + "\n")
        }
        Format::Csv => percentiles(report),
        Format::Table => Ok(table(report, compare)),
        Format::Md => Ok(markdown(report, compare)),
    }
}

fn table(report: &Report, compare: &Compare) -> String {
    let cells = rows(report, compare);
    let text = if cells.rows.is_empty() { String::new() } else { cells.table() + "\n" };
    summary(report).into_iter().fold(text, |text, line| text + &line + "\n")
}

fn markdown(report: &Report, compare: &Compare) -> String {
    let cells = rows(report, compare);
    let text = if cells.rows.is_empty() { String::new() } else { cells.markdown() + "\n" };
    let lines = summary(report).into_iter().map(|line| escaped(&line));
    text + &lines.collect::<Vec<_>>().join("  \n") + "\n"
}

const COLUMNS: [&str; 11] = [
    "operation",
    "samples_before",
    "samples_after",
    "percentile",
    "before_ns",
    "after_ns",
    "shift",
    "low",
    "high",
    "p_adjusted",
    "verdict",
];

/// A line for each percentile of each operation, whether it changed or not; then one for its share of failed
/// calls, where times are shares.
fn percentiles(report: &Report) -> Outcome<String> {
    let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
    let nanos = |nanos: Option<u64>| nanos.map(|n| n.to_string()).unwrap_or_default();
    let changes = report
        .operations
        .iter()
        .flat_map(|operation| operation.percentiles.iter().map(move |change| (operation, change)));
    let rows = changes.map(|(operation, change)| {
        [
            operation.full_name(),
            operation.samples_before.to_string(),
            operation.samples_after.to_string(),
            change.percentile.to_string(),
            nanos(change.before_ns),
            nanos(change.after_ns),
            number(change.shift),
            number(change.low),
            number(change.high),
            number(change.p_adjusted),
            change.verdict.to_string(),
        ]
    });
    let errors = report.operations.iter().map(|operation| {
        let errors = &operation.errors;
        [
            operation.full_name(),
            operation.samples_before.to_string(),
            operation.samples_after.to_string(),
            "errors".to_owned(),
            // Shares, not durations.
            number(errors.before),
            number(errors.after),
            String::new(),
            String::new(),
            String::new(),
            number(errors.p_adjusted),
            errors.verdict.to_string(),
        ]
    });
    csv(&COLUMNS, rows.chain(errors))
}
