//! What a comparison says, as cells: a row for each percentile, and for failures that changed.

use crate::{
    args::Compare,
    cells::{Cells, Row, Tone, known},
};
use perf_analysis::compare::{
    ErrorChange, ErrorVerdict, OperationChange, PercentileChange, Report, Verdict,
};
use perf_core::human;

const TITLES: [&str; COLUMNS] =
    ["operation", "samples", "of", "before", "after", "change", "between", "verdict"];
const WORDY: [bool; COLUMNS] = [true, false, true, false, false, false, false, true];
const COLUMNS: usize = 8;
const VERDICT: usize = 7;

/// Of what changed, or of everything; the worst first.
pub(super) fn rows(report: &Report, compare: &Compare) -> Cells<COLUMNS> {
    let is_of_interest = |change: &&OperationChange| {
        compare.all
            || !matches!(change.verdict, Verdict::Same | Verdict::TooFewSamples)
            || !matches!(change.errors.verdict, ErrorVerdict::Same | ErrorVerdict::TooFewSamples)
    };
    let mut changes: Vec<_> = report.operations.iter().filter(is_of_interest).collect();
    let by = |change: &OperationChange| change.slower_by().unwrap_or(f64::NEG_INFINITY);
    changes.sort_by(|a, b| by(b).total_cmp(&by(a)));
    let rows = changes.into_iter().flat_map(of_operation).collect();
    Cells { titles: TITLES, words: WORDY, spare: &[1, 6], rows }
}

fn of_operation(change: &OperationChange) -> Vec<Row<COLUMNS>> {
    let mut rows: Vec<_> = change.percentiles.iter().map(of_percentile).collect();
    if matches!(change.errors.verdict, ErrorVerdict::Rose | ErrorVerdict::Fell) {
        rows.push(of_errors(&change.errors));
    }
    // The name stands at the first of its rows only.
    if let Some(first) = rows.first_mut() {
        let samples = [change.samples_before, change.samples_after].map(human::count);
        first.cells[0] = human::printable(&change.full_name());
        first.cells[1] = samples.join(" → ");
    }
    rows
}

fn of_percentile(change: &PercentileChange) -> Row<COLUMNS> {
    let time = |nanos| known(nanos, |nanos| human::spaced(nanos).to_string());
    let tone = match change.verdict {
        Verdict::Slower => Tone::Worse,
        Verdict::Faster => Tone::Better,
        _ => Tone::None,
    };
    let mut cells = [const { String::new() }; COLUMNS];
    cells[2] = format!("p{}", change.percentile);
    cells[3] = time(change.before_ns);
    cells[4] = time(change.after_ns);
    cells[5] = percent(change.shift);
    if change.verdict == Verdict::TooFewSamples {
        let missing = change.missing_before.max(change.missing_after);
        cells[VERDICT] = format!("needs {} more", human::count(missing));
    } else {
        cells[6] = between(change.low, change.high);
        cells[VERDICT] = change.verdict.to_string();
    }
    Row { cells, tone }
}

fn of_errors(change: &ErrorChange) -> Row<COLUMNS> {
    let share = |share| known(share, |share: f64| format!("{:.2} %", share * 100.0));
    let tone = match change.verdict {
        ErrorVerdict::Rose => Tone::Worse,
        _ => Tone::Better,
    };
    let mut cells = [const { String::new() }; COLUMNS];
    "errors".clone_into(&mut cells[2]);
    cells[3] = share(change.before);
    cells[4] = share(change.after);
    cells[VERDICT] = change.verdict.to_string();
    Row { cells, tone }
}

fn percent(share: Option<f64>) -> String {
    match share {
        Some(share) => format!("{:+.1} %", share * 100.0),
        None => "unbounded".to_owned(),
    }
}

/// `-2.1…+1.4 %`
fn between(low: Option<f64>, high: Option<f64>) -> String {
    let end = |share: Option<f64>, unbounded: &str| match share {
        Some(share) => format!("{:+.1}", share * 100.0),
        None => unbounded.to_owned(),
    };
    format!("{}…{} %", end(low, "-∞"), end(high, "+∞"))
}

/// The word for an operation as a whole.
fn verdict(change: &OperationChange) -> &'static str {
    match (change.verdict, change.errors.verdict) {
        (Verdict::Slower, _) => "slower",
        (Verdict::Mixed, _) => "slower here and faster there",
        (_, ErrorVerdict::Rose) => "more errors",
        (Verdict::Faster, _) => "faster",
        (_, ErrorVerdict::Fell) => "fewer errors",
        (Verdict::TooFewSamples, _) => "too few samples",
        _ => "same",
    }
}

const WORDS: [&str; 7] = [
    "slower",
    "slower here and faster there",
    "more errors",
    "faster",
    "fewer errors",
    "same",
    "too few samples",
];

/// What was compared, and how sure it is.
pub(super) fn summary(report: &Report) -> Vec<String> {
    let count = |wanted| report.operations.iter().filter(|of| verdict(of) == wanted).count();
    let counts = WORDS.map(|word| (word, count(word))).into_iter().filter(|(_, count)| *count > 0);
    let counts: Vec<_> = counts.map(|(word, count)| format!("{count} {word}")).collect();
    let counts = if counts.is_empty() { "nothing in common".into() } else { counts.join(", ") };
    let mut lines = vec![format!(
        "{counts} ({} tests; a false alarm among all of them in {} % of comparisons)",
        report.tests,
        report.significance * 100.0
    )];
    for (when, names) in [("before", &report.only_before), ("after", &report.only_after)] {
        if !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| human::printable(name)).collect();
            lines.push(format!("only {when}: {}", names.join(", ")));
        }
    }
    lines
}
