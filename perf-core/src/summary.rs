//! The summary: a snapshot as a table for people. No output of its own, no globals.

use crate::{
    columns::{Column, Mark, TRUSTED_COSTS, nanos},
    grid::{SummaryTable, grid, shorten, widths},
    human::{self, printable},
    metrics_table,
    operation::Operation,
    overhead::overhead,
    snapshot::Snapshot,
};
use comfy_table::Table;
use std::{cmp::Reverse, fmt, str::FromStr, time::Duration};

/// The table of a snapshot, as text by [`Display`](fmt::Display).
///
/// ```
/// use std::time::Duration;
///
/// let registry = perf_core::Registry::new();
/// registry.record("load", Duration::from_millis(12));
/// let summary = perf_core::Summary::new(registry.snapshot()).percentiles(&[50.0, 99.9]);
/// let text = summary.to_string();
/// assert!(text.contains("load") && text.contains("12.0 ms") && text.contains("p99.9"));
/// ```
#[derive(Clone, Debug)]
pub struct Summary {
    snapshot: Snapshot,
    options: Options,
}

/// How a summary looks.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) percentiles: Vec<f64>,
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    pub(crate) width: usize,
    pub(crate) color: bool,
}

impl Options {
    /// Those from 0 to 100, each once.
    pub(crate) fn set_percentiles(&mut self, percentiles: &[f64]) {
        self.percentiles.clear();
        for percentile in percentiles.iter().filter(|p| (0.0..=100.0).contains(*p)) {
            if !self.percentiles.contains(percentile) {
                self.percentiles.push(*percentile);
            }
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            percentiles: vec![50.0, 95.0, 99.0],
            sort: Sort::Total,
            limit: usize::MAX,
            width: usize::MAX,
            color: false,
        }
    }
}

/// What a summary is sorted by: the largest first, names from A to Z.
///
/// ```
/// assert_eq!("self".parse(), Ok(perf_core::Sort::SelfTime));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The time of outermost calls.
    #[default]
    Total,
    /// The time spent in the operation itself.
    SelfTime,
    /// The number of calls.
    Calls,
    /// The mean duration.
    Mean,
    /// The longest duration.
    Max,
    /// The number of failed calls.
    Errors,
    /// The name.
    Name,
}

impl Sort {
    const NAMES: [(&'static str, Self); 7] = [
        ("total", Self::Total),
        ("self", Self::SelfTime),
        ("calls", Self::Calls),
        ("mean", Self::Mean),
        ("max", Self::Max),
        ("errors", Self::Errors),
        ("name", Self::Name),
    ];
}

impl FromStr for Sort {
    type Err = UnknownSort;

    fn from_str(name: &str) -> Result<Self, UnknownSort> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, sort)| *sort).ok_or(UnknownSort)
    }
}

/// The text names no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSort;

impl fmt::Display for UnknownSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of total, self, calls, mean, max, errors, name")
    }
}

impl std::error::Error for UnknownSort {}

/// A scope whose median is below this many times the cost of timing had nothing in it.
const NOTHING_COSTS: u32 = 2;

/// A name is shortened to this many columns before a column of figures is left out.
const SHORTEST_NAME: usize = 24;

impl Summary {
    /// The summary of a snapshot: sorted by total time, p50, p95 and p99, no limit of rows or
    /// width, no colour.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self::with(snapshot, Options::default())
    }

    pub(crate) fn with(snapshot: Snapshot, options: Options) -> Self {
        Self { snapshot, options }
    }

    /// Shows these percentiles, each 0 to 100; others are left out.
    #[must_use]
    pub fn percentiles(mut self, percentiles: &[f64]) -> Self {
        self.options.set_percentiles(percentiles);
        self
    }

    /// Sorts by this.
    #[must_use]
    pub fn sort(mut self, sort: Sort) -> Self {
        self.options.sort = sort;
        self
    }

    /// Shows at most this many operations, and says how many more there are.
    #[must_use]
    pub fn limit(mut self, operations: usize) -> Self {
        self.options.limit = operations;
        self
    }

    /// Keeps the table's lines within this many columns, of which it needs some 30: names are
    /// shortened, then figures left out.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.options.width = columns;
        self
    }

    /// Uses the colours of an ANSI terminal.
    #[must_use]
    pub fn color(mut self, color: bool) -> Self {
        self.options.color = color;
        self
    }

    /// The operations to show, in order: those that were called.
    fn rows(&self) -> Vec<&Operation> {
        let mut rows: Vec<_> =
            self.snapshot.operations().iter().filter(|o| o.count() > 0).collect();
        match self.options.sort {
            Sort::Total => rows.sort_by_key(|o| Reverse(o.total())),
            Sort::SelfTime => rows.sort_by_key(|o| Reverse(o.self_time())),
            Sort::Calls => rows.sort_by_key(|o| Reverse(o.count())),
            Sort::Mean => rows.sort_by_key(|o| Reverse(o.mean())),
            Sort::Max => rows.sort_by_key(|o| Reverse(o.max())),
            Sort::Errors => rows.sort_by_key(|o| Reverse(o.errors())),
            Sort::Name => {}
        }
        rows
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let metrics = metrics_table::tables(self.snapshot.metrics(), &self.options);
        if rows.is_empty() && metrics.is_empty() {
            return writeln!(f, "perfkit: no timed operation has been called");
        }
        if !rows.is_empty() {
            self.operations(f, &rows)?;
        }
        for (at, table) in metrics.iter().enumerate() {
            if at > 0 || !rows.is_empty() {
                writeln!(f)?;
            }
            let mut grid = grid(table);
            let figures: usize = widths(&grid).iter().skip(1).map(|width| width + 2).sum();
            shorten(&mut grid, self.options.width.saturating_sub(figures).max(8));
            self.lines(f, &grid, &table.notes)?;
        }
        Ok(())
    }
}

impl Summary {
    /// Its tables, those that have rows: of operations, of counters and gauges, of distributions. No
    /// width bounds them.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// registry.record("load", std::time::Duration::from_millis(12));
    /// let tables = perf_core::Summary::new(registry.snapshot()).tables();
    /// assert_eq!(tables[0].titles[..4], ["operation", "calls", "errors", "total"]);
    /// assert_eq!(tables[0].rows[0][..4], ["load", "1", "0", "12.0 ms"]);
    /// ```
    #[must_use]
    pub fn tables(&self) -> Vec<SummaryTable> {
        let rows = self.rows();
        let shown = self.shown(&rows);
        let (table, marks) = self.table_of(shown, &self.columns(shown));
        let notes = self.notes(&rows, shown.len(), &marks);
        let operations = (!rows.is_empty()).then_some(SummaryTable { notes, ..table });
        let metrics = metrics_table::tables(self.snapshot.metrics(), &self.options);
        operations.into_iter().chain(metrics).collect()
    }

    fn shown<'a, 'b>(&self, rows: &'a [&'b Operation]) -> &'a [&'b Operation] {
        &rows[..rows.len().min(self.options.limit)]
    }

    fn operations(&self, f: &mut fmt::Formatter<'_>, rows: &[&Operation]) -> fmt::Result {
        let shown = self.shown(rows);
        let (table, marks) = self.table(shown);
        self.lines(f, &table, &self.notes(rows, shown.len(), &marks))
    }

    fn lines(&self, f: &mut fmt::Formatter<'_>, table: &Table, notes: &[String]) -> fmt::Result {
        for (at, line) in table.lines().enumerate() {
            // The header, and the rule below it.
            let style = if at == 0 { "1" } else { "2" };
            self.line(f, line.trim_end(), (at < 2).then_some(style))?;
        }
        notes.iter().try_for_each(|note| self.line(f, note, Some("2")))
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, text: &str, style: Option<&str>) -> fmt::Result {
        match style.filter(|_| self.options.color) {
            Some(style) => writeln!(f, "\u{1b}[{style}m{text}\u{1b}[0m"),
            None => writeln!(f, "{text}"),
        }
    }

    fn columns(&self, rows: &[&Operation]) -> Vec<Column> {
        let mut columns = vec![Column::Calls, Column::Errors, Column::Total, Column::SelfShare];
        columns.extend([Column::Mean, Column::Min]);
        columns.extend(self.options.percentiles.iter().map(|p| Column::Percentile(*p)));
        columns.push(Column::Max);
        if rows.iter().any(|operation| operation.polls().is_some()) {
            columns.push(Column::Busy);
        }
        if rows.iter().any(|operation| operation.allocations().is_some()) {
            columns.extend([Column::Allocations, Column::Allocated, Column::SelfAllocated]);
        }
        columns
    }

    /// The table within the width, and the marks it uses.
    fn table(&self, rows: &[&Operation]) -> (Table, Vec<Mark>) {
        let mut columns = self.columns(rows);
        loop {
            let (cells, marks) = self.table_of(rows, &columns);
            let mut table = grid(&cells);
            let widths = widths(&table);
            // Two columns between figures.
            let figures: usize = widths.iter().skip(1).map(|width| width + 2).sum();
            let room = self.options.width.saturating_sub(figures);
            let name = widths.first().copied().unwrap_or(0);
            if name <= room {
                return (table, marks);
            }
            if room >= SHORTEST_NAME.min(name) || columns.len() <= 2 {
                shorten(&mut table, room.max(8));
                return (table, marks);
            }
            let least = columns.iter().copied().min_by_key(|column| column.worth());
            columns.retain(|column| Some(*column) != least);
        }
    }

    fn table_of(&self, rows: &[&Operation], columns: &[Column]) -> (SummaryTable, Vec<Mark>) {
        let all = self.snapshot.total_time();
        let (mut marks, mut titles) = (Vec::new(), vec!["operation".to_owned()]);
        let mut cells: Vec<_> = rows.iter().map(|row| vec![shown_name(row)]).collect();
        for column in columns {
            let figures = rows.iter().map(|row| column.figure(row, all));
            let (figures, of_column): (Vec<_>, Vec<_>) = figures.unzip();
            // Figures stay aligned: where one bears a mark, the others leave room for it.
            let gap = if of_column.iter().any(|mark| *mark != Mark::None) { " " } else { "" };
            let signed = figures.into_iter().zip(&of_column).map(|(figure, mark)| match mark {
                Mark::None => figure + gap,
                mark => figure + mark.sign(),
            });
            titles.push(column.title() + gap);
            cells.iter_mut().zip(signed).for_each(|(row, figure)| row.push(figure));
            marks.extend(of_column);
        }
        (SummaryTable { titles, rows: cells, notes: Vec::new() }, marks)
    }

    /// What the figures rest on.
    fn notes(&self, rows: &[&Operation], shown: usize, marks: &[Mark]) -> Vec<String> {
        let calls: u64 = rows.iter().map(|operation| operation.count()).sum();
        let inside = self.snapshot.total_time();
        let mut notes = vec![format!(
            "{} operations, {} calls, {} inside them, in {} of running",
            rows.len(),
            human::count(calls),
            human::spaced(nanos(inside)),
            human::spaced(nanos(self.snapshot.elapsed())),
        )];
        if shown < rows.len() {
            notes.push(format!("{} more operations not shown", rows.len() - shown));
        }
        let cost = Duration::from_nanos(calls.saturating_mul(nanos(overhead())));
        notes.push(format!(
            "timing a call costs {} here: {} in all, {} of the time measured",
            human::spaced(nanos(overhead())),
            human::spaced(nanos(cost)),
            human::percent(cost, inside),
        ));
        if marks.contains(&Mark::CostMatters) {
            notes.push(format!("~ the median is under {TRUSTED_COSTS} × that cost"));
        }
        if marks.contains(&Mark::FewSamples) {
            notes.push(
                "* too few calls for this percentile: p95 wants 20, p99 100, p99.9 1,000".into(),
            );
        }
        if rows.iter().any(|operation| operation.is_sampled()) {
            notes.push(
                "# timed in part: times of all calls are estimates, outcomes of those timed".into(),
            );
        }
        notes.extend(ended_at_once(rows));
        notes.extend(self.anomalies(rows));
        notes
    }

    fn anomalies(&self, rows: &[&Operation]) -> impl Iterator<Item = String> {
        let sum = |of: fn(&Operation) -> u64| rows.iter().map(|operation| of(operation)).sum();
        let anomalies: [(u64, &str); 4] = [
            (sum(Operation::clamped), "lasted over 100 days: clamped in the percentiles"),
            (sum(Operation::backward), "ended before they began, by the clock: counted as zero"),
            (sum(Operation::overlaps), "overlapped others: self times around them are approximate"),
            (self.snapshot.lost(), "could not be kept: perfkit was called from inside itself"),
        ];
        anomalies
            .into_iter()
            .filter(|(calls, _)| *calls > 0)
            .map(|(calls, what)| format!("! {} calls {what}", human::count(calls)))
    }
}

/// Scopes that take no time to speak of: a timer that was not kept.
fn ended_at_once(rows: &[&Operation]) -> Option<String> {
    let at_once = rows.iter().filter(|operation| {
        operation.is_scope && operation.percentile(50.0) <= Some(overhead() * NOTHING_COSTS)
    });
    let names: Vec<_> = at_once.map(|operation| printable(&operation.full_name())).collect();
    let (first, more) = (names.first()?, names.len() - 1);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "? {first}{more} ended at once: a timer must be kept, `let _t = timer!(…)`, not `let _`"
    ))
}

/// A row's name, marked where not every call was timed.
fn shown_name(operation: &Operation) -> String {
    printable(&operation.full_name()) + if operation.is_sampled() { " #" } else { "" }
}
