//! Tables for spreadsheets, data frames and databases: comma-separated values with a header
//! (<https://www.rfc-editor.org/rfc/rfc4180>).
//!
//! Columns have the names and units that [`json`](crate::json) has. A cell is empty where there is no
//! value, as for the mean of no calls.
//!
//! *Labels* are in one cell, sorted by key: `key=value;key=value`.
//!
//! *In text*, a backslash stands before each backslash, and before `;` and `=` of keys and values of labels;
//! NUL is `\0`, for it would end the cell in many programs. Then, if a cell begins with a character that
//! makes it a formula in spreadsheets (`=`, `+`, `-`, `@` and their full-width forms, tab, carriage
//! return, line feed: <https://owasp.org/www-community/attacks/CSV_Injection>) or with `'`, a `'` is put
//! in front. So to have a text back: take off one `'` in front if there is one, then the backslashes.
//!
//! *Numbers* stay as they are; of those that are not finite there are `NaN`, `Infinity` and `-Infinity`.

use crate::{
    json::named,
    outcomes::{OUTCOMES, untimed},
};
use perf_core::{Metric, MetricValue, Operation, Snapshot};
use std::{sync::Arc, time::Duration};

/// A row for each operation and set of labels, with these percentiles (each 0 to 100; others are left
/// out). What snapshots hold beyond the columns is in [`json`](crate::json).
///
/// | column | |
/// |---|---|
/// | `name`, `labels` | text |
/// | `count` | calls that ended; those that were `sample`d away too |
/// | `ok`, `errors`, `panicked`, `cancelled` | calls that were timed, by outcome |
/// | `skipped` | calls that were not timed |
/// | `total_ns`, `sum_ns`, `self_ns` | as [`Operation::total`], [`sum`](Operation::sum), [`self_time`](Operation::self_time) |
/// | `mean_ns`, `stddev_ns`, `min_ns`, `max_ns`, `p50_ns`, … | of one call, in nanoseconds as all times |
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let text = perf_export::csv::write(&registry.snapshot(), &[99.0]);
/// assert_eq!(text, "name,labels,count,ok,errors,panicked,cancelled,skipped,total_ns,sum_ns,self_ns,\
///                   mean_ns,stddev_ns,min_ns,max_ns,p99_ns\n\
///                   work,,1,1,0,0,0,0,2000000,2000000,2000000,2000000,0,2000000,2000000,2000000\n");
/// ```
#[must_use]
pub fn write(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    const COLUMNS: [&str; 15] = [
        "name",
        "labels",
        "count",
        "ok",
        "errors",
        "panicked",
        "cancelled",
        "skipped",
        "total_ns",
        "sum_ns",
        "self_ns",
        "mean_ns",
        "stddev_ns",
        "min_ns",
        "max_ns",
    ];
    let percentiles = named(percentiles, "_ns");
    table(
        &COLUMNS,
        &percentiles,
        snapshot.operations().iter().map(|of| operation(of, &percentiles)),
    )
}

/// A row for each counter, gauge and distribution, with these percentiles of distributions (each 0 to
/// 100; others are left out).
///
/// | column | |
/// |---|---|
/// | `name`, `labels` | text |
/// | `kind` | `counter`, `gauge` or `distribution` |
/// | `unit` | text, a UCUM code as `By` |
/// | `value` | of counters and gauges |
/// | `count`, `sum`, `mean`, `min`, `max`, `p50`, … | of distributions |
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.gauge("queue_depth", &[("queue", "mail")]).set(-2.5);
/// let text = perf_export::csv::metrics(&registry.snapshot(), &[]);
/// assert_eq!(text, "name,labels,kind,unit,value,count,sum,mean,min,max\n\
///                   queue_depth,queue=mail,gauge,,-2.5,,,,,\n");
/// ```
#[must_use]
pub fn metrics(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    const COLUMNS: [&str; 10] =
        ["name", "labels", "kind", "unit", "value", "count", "sum", "mean", "min", "max"];
    let percentiles = named(percentiles, "");
    table(&COLUMNS, &percentiles, snapshot.metrics().iter().map(|of| metric(of, &percentiles)))
}

fn operation(operation: &Operation, percentiles: &[(f64, String)]) -> Vec<String> {
    let counts = [operation.count()].into_iter();
    let counts = counts.chain(OUTCOMES.map(|outcome| operation.outcome(outcome)));
    let counts = counts.chain([untimed(operation)]);
    let sums = [operation.total(), operation.sum(), operation.self_time()].map(Some);
    let times = [operation.mean(), operation.stddev(), operation.min(), operation.max()];
    let times = sums.into_iter().chain(times);
    let times = times.chain(percentiles.iter().map(|(at, _)| operation.percentile(*at)));
    let nanos = |time: Option<Duration>| optional(time.map(|time| time.as_nanos()));
    let names = [text(operation.name()), labels(operation.labels())].into_iter();
    names.chain(counts.map(|count| count.to_string())).chain(times.map(nanos)).collect()
}

fn metric(metric: &Metric, percentiles: &[(f64, String)]) -> Vec<String> {
    let (kind, value, values) = match metric.value() {
        MetricValue::Counter(count) => ("counter", count.to_string(), None),
        MetricValue::Gauge(value) => ("gauge", number(*value), None),
        MetricValue::Distribution(values) => ("distribution", String::new(), Some(values)),
    };
    let unit = metric.unit().map_or_else(String::new, text);
    let names = [text(metric.name()), labels(metric.labels()), kind.to_owned(), unit, value];
    let figures = [
        values.map(|of| of.count().to_string()),
        values.map(|of| number(of.sum())),
        values.and_then(|of| of.mean().map(number)),
        values.and_then(|of| of.min().map(number)),
        values.and_then(|of| of.max().map(number)),
    ];
    let percentile = |at| values.and_then(|of| of.percentile(at).map(number));
    let figures = figures.into_iter().chain(percentiles.iter().map(|(at, _)| percentile(*at)));
    names.into_iter().chain(figures.map(optional)).collect()
}

fn table(
    columns: &[&str],
    percentiles: &[(f64, String)],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // Into memory anything can be written, and all rows are of one length.
    let _ = writer
        .write_record(columns.iter().copied().chain(percentiles.iter().map(|(_, name)| &**name)));
    rows.for_each(|row| drop(writer.write_record(row)));
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        // With an exponent where that is shorter.
        value => format!("{value:?}"),
    }
}

fn text(value: &str) -> String {
    harmless(escaped(value, &['\\']))
}

fn labels(labels: &[(Arc<str>, Arc<str>)]) -> String {
    let escaped = |text: &str| escaped(text, &['\\', ';', '=']);
    let pairs = labels.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value)));
    harmless(pairs.collect::<Vec<_>>().join(";"))
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\0' {
            all.push_str("\\0");
            continue;
        }
        if special.contains(&c) {
            all.push('\\');
        }
        all.push(c);
    }
    all
}

/// Nothing a spreadsheet would calculate.
fn harmless(cell: String) -> String {
    const FIRST: [char; 12] = ['\'', '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];
    if cell.starts_with(FIRST) { format!("'{cell}") } else { cell }
}
