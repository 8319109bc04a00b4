//! The rows of operations: which, and in which order.

use super::reading::{Reading, Span};
use perf_core::{Operation, human};
use std::{cmp::Ordering, time::Duration};

/// What rows are sorted by: the largest first, names from A to Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SortBy {
    #[default]
    Share,
    Calls,
    Errors,
    P50,
    P99,
    Name,
}

impl SortBy {
    const ALL: [Self; 6] =
        [Self::Share, Self::Calls, Self::Errors, Self::P50, Self::P99, Self::Name];

    pub(super) fn next(self) -> Self {
        self.moved(1)
    }

    pub(super) fn previous(self) -> Self {
        self.moved(Self::ALL.len() - 1)
    }

    fn moved(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// An operation with the figures of a span.
pub(super) struct Row<'a> {
    /// Its full name, as it can be shown.
    pub(super) name: String,
    pub(super) operation: &'a Operation,
    /// Calls a second.
    pub(super) rate: f64,
    /// The share of calls that failed; `None` without a call.
    pub(super) errors: Option<f64>,
    pub(super) p50: Option<Duration>,
    pub(super) p99: Option<Duration>,
    /// Of the time spent in all operations.
    pub(super) share: f64,
    /// Calls a second in each step.
    pub(super) trend: &'a [Option<f64>],
}

/// Of a span, those whose names contain a text, sorted.
pub(super) fn rows<'a>(
    reading: &'a Reading,
    span: Span,
    filter: &str,
    (sort, is_reversed): (SortBy, bool),
) -> Vec<Row<'a>> {
    let snapshot = reading.of(span);
    let seconds = snapshot.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
    let inside = snapshot.total_time().as_secs_f64().max(f64::MIN_POSITIVE);
    let filter = filter.to_lowercase();
    let row = |operation: &'a Operation| {
        let full_name = operation.full_name();
        let trend = reading.calls.get(&full_name).map(Vec::as_slice).unwrap_or_default();
        Row {
            name: human::printable(&full_name),
            operation,
            rate: operation.count() as f64 / seconds,
            errors: operation.error_rate(),
            p50: operation.percentile(50.0),
            p99: operation.percentile(99.0),
            share: operation.total().as_secs_f64() / inside,
            trend,
        }
    };
    let all = snapshot.operations().iter().map(row);
    let mut rows: Vec<_> = all.filter(|row| row.name.to_lowercase().contains(&filter)).collect();
    rows.sort_by(|a, b| {
        let order = compared(a, b, sort);
        if is_reversed { order.reverse() } else { order }
    });
    rows
}

fn compared(a: &Row<'_>, b: &Row<'_>, sort: SortBy) -> Ordering {
    let most = |of: fn(&Row<'_>) -> f64| of(b).total_cmp(&of(a));
    let order = match sort {
        SortBy::Share => most(|row| row.share),
        SortBy::Calls => most(|row| row.rate),
        SortBy::Errors => most(|row| row.errors.unwrap_or(-1.0)),
        SortBy::P50 => b.p50.cmp(&a.p50),
        SortBy::P99 => b.p99.cmp(&a.p99),
        SortBy::Name => Ordering::Equal,
    };
    order.then_with(|| a.name.cmp(&b.name))
}
