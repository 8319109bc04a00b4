//! All that is known of one operation.

use super::super::{
    app::App,
    model::{
        Curve, Figures, Heat, Labels, Relation, Timeline, WindowView, labels_of, millis, nanos,
    },
    problem::{Given, Named, Problem},
    range::{Range, names},
    series::{Selection, heat, percentile_curve, timeline},
};
use crate::{view::Known, windows::Stats};
use axum::{extract::State, response::Response};
use perf_core::{Operation, RecentCall, Snapshot};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeMap};
use utoipa::{IntoParams, ToSchema};

/// The most series of an operation that are listed.
const SERIES: usize = 100;

/// How many of a label's `=` may be the one after its key.
const SPLITS: usize = 32;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A window by its name, a duration up to the longest window, or `start`; `5m` unless given.
    window: Option<String>,
    /// Only the series with this label, `key=value`. May be repeated.
    #[serde(default)]
    label: Vec<String>,
    /// Only the series with just these labels, instead of all that have them too.
    #[serde(default)]
    exact: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ByName {
    /// The operation's name.
    #[param(example = "checkout")]
    name: String,
    /// As there.
    window: Option<String>,
    /// As there.
    #[serde(default)]
    label: Vec<String>,
    /// As there.
    #[serde(default)]
    exact: bool,
}

/// The figures of one window.
#[derive(Serialize, ToSchema)]
struct InWindow {
    window: WindowView,
    #[serde(flatten)]
    figures: Figures,
}

/// One series of an operation.
#[derive(Serialize, ToSchema)]
struct Series {
    labels: Labels,
    count: u64,
    error_rate: Option<f64>,
    p50_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
}

/// Calls that run now.
#[derive(Serialize, ToSchema)]
struct Running {
    count: u64,
    oldest_ns: u64,
}

/// A call that ended not long ago.
#[derive(Serialize, ToSchema)]
struct Recent {
    taken_unix_ms: u64,
    duration_ns: u64,
    outcome: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Details {
    name: String,
    labels: Labels,
    description: Option<String>,
    window: WindowView,
    /// Each window with a call.
    windows: Vec<InWindow>,
    /// Those with most calls.
    series: Vec<Series>,
    series_count: usize,
    calls: Option<Figures>,
    timeline: Timeline,
    heat: Heat,
    curve: Curve,
    callers: Vec<Relation>,
    callees: Vec<Relation>,
    in_flight: Option<Running>,
    /// The last calls, the newest last, where they are kept.
    recent: Vec<Recent>,
}

/// One operation
///
/// Its figures in all windows, over time, as a percentile curve and a heat map; who calls it, and whom
/// it calls. All series of the name are taken together that have the labels asked for.
#[utoipa::path(
    get,
    path = "/operations/{name}",
    tag = "operations",
    params(("name" = String, Path, description = "The operation's name", example = "checkout"), Asked),
    responses(
        (status = 200, body = Details),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn operation(
    State(app): State<App>,
    Named(name): Named,
    Given(asked): Given<Asked>,
) -> Result<Response, Problem> {
    details(app, name, asked).await
}

/// One operation, by a name that cannot be part of a path
///
/// As `/operations/{name}`: browsers take `.` and `..` for something else there, and a path has an end.
#[utoipa::path(
    get,
    path = "/operation",
    tag = "operations",
    params(ByName),
    responses(
        (status = 200, body = Details),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn operation_by_name(
    State(app): State<App>,
    Given(ByName { name, window, label, exact }): Given<ByName>,
) -> Result<Response, Problem> {
    details(app, name, Asked { window, label, exact }).await
}

async fn details(app: App, name: String, asked: Asked) -> Result<Response, Problem> {
    let key = format!("operation {name:?} {asked:?}");
    if !asked.label.iter().all(|label| label.contains('=')) {
        return Err(Problem::bad_request("label: expected key=value"));
    }
    app.answer(key, move |view| {
        let recent = view.registry().recent(&name);
        let recent = recent.iter().map(Recent::of).collect();
        let known = view.known();
        let pairs = asked.label.iter().filter_map(|label| split(label, &name, &known));
        let selection =
            Selection { labels: pairs.collect(), name: name.clone(), exact: asked.exact };
        let details = look(&known, asked.window.as_deref(), &selection)?;
        Ok(Details { recent, ..details })
    })
    .await
}

/// A key and a value. A key may have `=` in it: then they are those that a series has.
fn split(label: &str, name: &str, known: &Known) -> Option<(String, String)> {
    let at = |(at, _)| (&label[..at], &label[at + 1..]);
    let mut pairs = label.match_indices('=').map(at).take(SPLITS);
    let has = |(key, value): &(&str, &str)| {
        let mut all = known.windows.total().into_iter().flat_map(|total| total.series(name));
        all.any(|series| series.label(key) == Some(value))
    };
    let (key, value) = pairs.clone().find(has).or_else(|| pairs.next())?;
    Some((key.to_owned(), value.to_owned()))
}

fn look(known: &Known, window: Option<&str>, selection: &Selection) -> Result<Details, Problem> {
    let range = Range::named(window, known)?;
    if selection.of(range.total).next().is_none() {
        return Err(Problem::not_found("there is no such operation"));
    }
    let in_range = || selection.of(&range.snapshot).filter(|series| series.count() > 0);
    let stats = Stats::of(&range.snapshot, in_range());
    let calls = stats.as_ref().map(Stats::calls);
    let select = |interval| selection.of(interval).collect();
    let relations = |callers: &[perf_core::Caller]| {
        callers.iter().map(|caller| Relation::of(caller.name.as_deref(), caller)).collect()
    };
    Ok(Details {
        name: selection.name.clone(),
        labels: selection.labels.iter().cloned().collect(),
        description: range.total.description(&selection.name).map(|of| of.text.to_string()),
        windows: in_all_windows(known, selection)?,
        series: series(in_range()),
        series_count: in_range().count(),
        calls: stats.as_ref().map(Figures::of_stats),
        timeline: timeline(&range.intervals, select),
        heat: heat(&range.intervals, select),
        curve: calls.map(percentile_curve).unwrap_or_default(),
        callers: calls.map(|calls| relations(calls.callers())).unwrap_or_default(),
        callees: callees(&range.snapshot, &selection.name),
        in_flight: running(selection.of(range.total)),
        recent: Vec::new(),
        window: range.window,
    })
}

fn in_all_windows(known: &Known, selection: &Selection) -> Result<Vec<InWindow>, Problem> {
    let mut all = Vec::new();
    for name in names(known) {
        let range = Range::named(Some(&name), known)?;
        let figures = Figures::of(&range.snapshot, selection.of(&range.snapshot));
        all.extend(figures.map(|figures| InWindow { window: range.window, figures }));
    }
    Ok(all)
}

fn series<'a>(all: impl Iterator<Item = &'a Operation>) -> Vec<Series> {
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|series| Reverse(series.count()));
    all.truncate(SERIES);
    let at = |series: &Operation, percentile| series.percentile(percentile).map(nanos);
    let one = |series: &Operation| Series {
        labels: labels_of(series.labels()),
        count: series.count(),
        error_rate: series.error_rate(),
        p50_ns: at(series, 50.0),
        p95_ns: at(series, 95.0),
        p99_ns: at(series, 99.0),
    };
    all.into_iter().map(one).collect()
}

/// Whom it calls, those with the most time first.
fn callees(window: &Snapshot, name: &str) -> Vec<Relation> {
    let mut all: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for operation in window.operations() {
        let calls = operation.callers().iter().filter(|of| of.name.as_deref() == Some(name));
        for caller in calls {
            let (calls, time) = all.entry(operation.name()).or_default();
            *calls = calls.saturating_add(caller.calls);
            *time = time.saturating_add(caller.time_ns);
        }
    }
    let relation = |(name, (calls, time_ns)): (&str, (u64, u64))| Relation {
        name: Some(name.to_owned()),
        calls,
        time_ns,
    };
    let mut all: Vec<_> = all.into_iter().map(relation).collect();
    all.sort_by_key(|callee| Reverse(callee.time_ns));
    all
}

fn running<'a>(series: impl Iterator<Item = &'a Operation>) -> Option<Running> {
    let all: Vec<_> = series.filter_map(Operation::in_flight).collect();
    (!all.is_empty()).then(|| Running {
        count: all.iter().map(|calls| calls.count).sum(),
        oldest_ns: all.iter().map(|calls| calls.oldest_ns).max().unwrap_or_default(),
    })
}

impl Recent {
    fn of(call: &RecentCall) -> Self {
        Self {
            taken_unix_ms: millis(call.taken_in),
            duration_ns: nanos(call.duration),
            outcome: call.outcome.as_str(),
        }
    }
}
