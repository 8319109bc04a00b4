//! A comparison as a table, JSON, CSV or Markdown.

use crate::{
    args::Compare,
    failure::{Outcome, of},
    output::{Format, color, width},
};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use perf_analysis::compare::{ErrorVerdict, OperationChange, PercentileChange, Report, Verdict};
use std::{fmt::Write, time::Duration};

pub(super) fn shown(report: &Report, compare: &Compare) -> String {
    match compare.format {
        Format::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        Format::Csv => csv(report).unwrap_or_default(),
        Format::Table => table(report, compare),
        Format::Md => markdown(report, compare),
    }
}

/// Those that changed, or all; the worst first.
fn rows<'a>(report: &'a Report, compare: &Compare) -> Vec<&'a OperationChange> {
    let is_of_interest = |change: &&OperationChange| {
        compare.all
            || !matches!(change.verdict, Verdict::Same | Verdict::TooFewSamples)
            || !matches!(change.errors.verdict, ErrorVerdict::Same | ErrorVerdict::TooFewSamples)
    };
    let mut rows: Vec<_> = report.operations.iter().filter(is_of_interest).collect();
    let by = |change: &OperationChange| change.slower_by().unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|a, b| by(b).total_cmp(&by(a)));
    rows
}

fn titles(report: &Report) -> Vec<String> {
    let percentiles = report.operations.first().map(|of| &*of.percentiles).unwrap_or_default();
    let mut titles = vec!["operation".to_owned(), "calls".to_owned()];
    titles.extend(percentiles.iter().map(|of| format!("p{}", of.percentile)));
    titles.extend(["errors".to_owned(), "verdict".to_owned()]);
    titles
}

fn cells(change: &OperationChange) -> Vec<String> {
    let mut cells =
        vec![change.full_name(), format!("{} → {}", change.samples_before, change.samples_after)];
    cells.extend(change.percentiles.iter().map(percentile));
    cells.push(errors(change));
    cells.push(verdict(change).to_owned());
    cells
}

/// `12 ms → 15 ms, +25.0 % (+21.4 % to +28.7 %)`
fn percentile(change: &PercentileChange) -> String {
    let duration = |nanos: Option<u64>| match nanos {
        Some(nanos) => format!("{:.1?}", Duration::from_nanos(nanos)),
        None => "–".to_owned(),
    };
    let (before, after) = (duration(change.before_ns), duration(change.after_ns));
    if change.verdict == Verdict::TooFewSamples {
        return format!("{before} → {after}");
    }
    let told = change.to_string();
    let shift = told.split_once(' ').map_or("", |(_, shift)| shift);
    format!("{before} → {after}, {shift}")
}

fn errors(change: &OperationChange) -> String {
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:.1} %", share * 100.0),
        None => "–".to_owned(),
    };
    let (before, after) = (percent(change.errors.before), percent(change.errors.after));
    if before == after { after } else { format!("{before} → {after}") }
}

fn verdict(change: &OperationChange) -> &'static str {
    match (change.verdict, change.errors.verdict) {
        (Verdict::Slower, _) => "slower",
        (Verdict::Mixed, _) => "mixed",
        (_, ErrorVerdict::Rose) => "more errors",
        (Verdict::Faster, _) => "faster",
        (_, ErrorVerdict::Fell) => "fewer errors",
        (Verdict::TooFewSamples, _) => "too few samples",
        _ => "same",
    }
}

fn hue(verdict: &str) -> Option<Color> {
    match verdict {
        "slower" | "more errors" => Some(Color::Red),
        "mixed" => Some(Color::Yellow),
        "faster" | "fewer errors" => Some(Color::Green),
        _ => None,
    }
}

fn table(report: &Report, compare: &Compare) -> String {
    let rows = rows(report, compare);
    let mut text = String::new();
    if !rows.is_empty() {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(titles(report));
        if width() < usize::MAX {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width()).unwrap_or(u16::MAX));
        }
        if color() {
            table.enforce_styling();
        }
        for change in rows {
            let mut cells: Vec<_> = cells(change).into_iter().map(Cell::new).collect();
            if let (Some(last), Some(hue)) = (cells.pop(), hue(verdict(change))) {
                cells.push(if color() {
                    last.fg(hue).add_attribute(Attribute::Bold)
                } else {
                    last
                });
            } else {
                cells.push(Cell::new(verdict(change)));
            }
            table.add_row(cells);
        }
        text = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        text.push('\n');
    }
    text + &summary(report)
}

/// What was compared, and how sure it is.
fn summary(report: &Report) -> String {
    let count = |wanted: &str| report.operations.iter().filter(|of| verdict(of) == wanted).count();
    let words =
        ["slower", "mixed", "more errors", "faster", "fewer errors", "same", "too few samples"];
    let counts = words.map(|word| (word, count(word)));
    let counts: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    let counts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let counts = if counts.is_empty() { "nothing in common".into() } else { counts.join(", ") };
    let mut text = format!(
        "{counts}; {} tests, intervals at {} %, chance below {} % over all\n",
        report.tests,
        report.confidence * 100.0,
        report.significance * 100.0
    );
    for (when, names) in [("before", &report.only_before), ("after", &report.only_after)] {
        if !names.is_empty() {
            // Into a string anything can be written.
            let _ = writeln!(text, "only {when}: {}", names.join(", "));
        }
    }
    text
}

fn markdown(report: &Report, compare: &Compare) -> String {
    let rows = rows(report, compare);
    let mut text = String::new();
    if !rows.is_empty() {
        let titles = titles(report);
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        text += &line(&titles);
        text += &format!("|{}\n", "---|".repeat(titles.len()));
        for change in rows {
            let mut cells = cells(change);
            if let Some(last) = cells.last_mut().filter(|last| hue(last).is_some()) {
                *last = format!("**{last}**");
            }
            text += &line(&cells);
        }
        text.push('\n');
    }
    text + &escaped(&summary(report)).replace('\n', "  \n")
}

/// What Markdown would take for its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if matches!(letter, '|' | '\\' | '`' | '_' | '<' | '[' | ']') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A line for each percentile of each operation.
fn csv(report: &Report) -> Outcome<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let wrong = of("CSV");
    writer
        .write_record([
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
        ])
        .map_err(&wrong)?;
    let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
    let nanos = |nanos: Option<u64>| nanos.map(|n| n.to_string()).unwrap_or_default();
    for operation in &report.operations {
        for of in &operation.percentiles {
            writer
                .write_record([
                    operation.full_name(),
                    operation.samples_before.to_string(),
                    operation.samples_after.to_string(),
                    of.percentile.to_string(),
                    nanos(of.before_ns),
                    nanos(of.after_ns),
                    number(of.shift),
                    number(of.low),
                    number(of.high),
                    number(of.p_adjusted),
                    verdict_of(of.verdict).to_owned(),
                ])
                .map_err(&wrong)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| crate::failure::Failure::new(error.error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn verdict_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Mixed => "mixed",
        Verdict::TooFewSamples => "too few samples",
        _ => "same",
    }
}
