//! A table of operations.

use super::super::{
    app::App,
    model::{Figures, Row, WindowView},
    problem::{Given, Problem},
    range::Range,
    series::{row, same},
};
use axum::{extract::State, response::Response};
use perf_core::{Operation, Snapshot};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use utoipa::{IntoParams, ToSchema};

/// The most rows of one answer.
const MOST: usize = 5_000;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    #[default]
    Total,
    #[serde(rename = "self")]
    Own,
    Count,
    Rate,
    Errors,
    Mean,
    P50,
    P95,
    P99,
    Max,
    Name,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Desc,
    Asc,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A window by its name, a duration up to the longest window, or `start`; `5m` unless given.
    window: Option<String>,
    /// Words that all occur in the name or the labels; upper and lower case are the same.
    #[serde(default)]
    q: String,
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// How many rows at most.
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 5000, default = 200)]
    limit: usize,
    /// How many rows to leave out first.
    #[serde(default)]
    #[param(default = 0)]
    offset: usize,
}

fn usual() -> usize {
    200
}

#[derive(Serialize, ToSchema)]
pub(super) struct Operations {
    window: WindowView,
    /// How many rows there are that were asked for.
    found: usize,
    /// How many there are in the window.
    all: usize,
    #[allow(clippy::struct_field_names, reason = "it is what users of the API see")]
    operations: Vec<Row>,
}

/// Operations in a window
///
/// A row for each series: an operation with its labels. Those without a call in the window, but with one
/// that runs, have rows too.
#[utoipa::path(
    get,
    path = "/operations",
    tag = "operations",
    params(Asked),
    responses(
        (status = 200, body = Operations),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn operations(
    State(app): State<App>,
    Given(asked): Given<Asked>,
) -> Result<Response, Problem> {
    if !(1..=MOST).contains(&asked.limit) {
        return Err(Problem::bad_request(format!("limit: expected 1 to {MOST}")));
    }
    let key = format!("operations {asked:?}");
    app.answer(key, move |view| {
        Ok(look(&Range::named(asked.window.as_deref(), &view.known())?, &asked))
    })
    .await
}

fn look(range: &Range<'_>, asked: &Asked) -> Operations {
    let words: Vec<_> = asked.q.split_whitespace().map(str::to_lowercase).collect();
    let called = range.snapshot.operations().iter().filter(|of| of.count() > 0);
    let running = range.total.operations().iter().filter(|of| runs_only(of, &range.snapshot));
    let candidates: Vec<_> = called.chain(running).collect();
    let wanted = candidates.iter().filter(|operation| has_all(operation, &words));
    let figures = |operation| Figures::of(&range.snapshot, [operation]).unwrap_or_default();
    let mut found: Vec<(&Operation, Figures)> = wanted.map(|of| (*of, figures(of))).collect();
    found.sort_by(|one, other| compare(one, other, asked));
    let rows = found.iter().skip(asked.offset).take(asked.limit);
    let rows = rows.map(|(of, figures)| row(of, figures.clone(), range.total, &range.intervals));
    Operations {
        window: range.window.clone(),
        operations: rows.collect(),
        found: found.len(),
        all: candidates.len(),
    }
}

/// Whether there is a call of it that runs, and none that ended in the window.
fn runs_only(operation: &Operation, window: &Snapshot) -> bool {
    operation.in_flight().is_some_and(|calls| calls.count > 0)
        && same(operation, window).is_none_or(|of| of.count() == 0)
}

fn has_all(operation: &Operation, words: &[String]) -> bool {
    words.is_empty() || {
        // Labels as the dashboard shows them, and as Prometheus does.
        let mut text = operation.full_name();
        for (key, value) in operation.labels() {
            text.extend([" ", key, "=", value]);
        }
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

/// Rows without a value come last in either order; of equals the name decides.
fn compare(one: &(&Operation, Figures), other: &(&Operation, Figures), asked: &Asked) -> Ordering {
    let name = |(operation, _): &(&Operation, Figures)| operation.full_name();
    let by_name = || name(one).cmp(&name(other));
    let turned = |ordering: Ordering| match asked.order {
        Order::Asc => ordering,
        Order::Desc => ordering.reverse(),
    };
    if let Sort::Name = asked.sort {
        return turned(by_name());
    }
    let ordering = match (value(&one.1, asked.sort), value(&other.1, asked.sort)) {
        (Some(one), Some(other)) => turned(one.total_cmp(&other)),
        (one, other) => other.is_some().cmp(&one.is_some()),
    };
    ordering.then_with(by_name)
}

fn value(figures: &Figures, sort: Sort) -> Option<f64> {
    let time = |nanos: Option<u64>| nanos.map(|nanos| nanos as f64);
    match sort {
        Sort::Total => time(Some(figures.total_ns)),
        Sort::Own => time(Some(figures.self_ns)),
        Sort::Count => time(Some(figures.count)),
        Sort::Rate => figures.rate,
        Sort::Errors => time(Some(figures.errors())),
        Sort::Mean => time(figures.mean_ns),
        Sort::P50 => time(figures.p50_ns),
        Sort::P95 => time(figures.p95_ns),
        Sort::P99 => time(figures.p99_ns),
        Sort::Max => time(figures.max_ns),
        Sort::Name => None,
    }
}
