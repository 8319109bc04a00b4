//! What a person wants to know first.

use super::super::{
    app::App,
    model::{AlertView, Figures, Row, Timeline, WindowView, in_flight, nanos},
    problem::{Given, Problem},
    range::{Range, names},
    series::{row, timeline},
};
use crate::{
    health::HealthRegistry,
    view::{Known, View},
    watch::State,
};
use axum::response::Response;
use perf_core::Operation;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};

/// How many operations stand out.
const FIRST: usize = 5;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A window by its name, a duration up to the longest window, or `start`; `5m` unless given.
    pub(super) window: Option<String>,
}

/// Which process this is.
#[derive(Serialize, ToSchema)]
struct Instance {
    host: Option<String>,
    pid: u32,
    /// The program's.
    version: Option<String>,
    /// perfkit's.
    perfkit: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Overview {
    window: WindowView,
    /// All windows that can be asked for.
    windows: Vec<String>,
    /// How many ticks there were.
    tick: u64,
    /// The time from tick to tick.
    interval_ms: u64,
    instance: Instance,
    uptime_ns: u64,
    /// How many series of operations were called.
    operations: usize,
    in_flight: u64,
    /// All operations together.
    calls: Figures,
    /// All operations together.
    timeline: Timeline,
    /// Those with the highest 95th percentile.
    slowest: Vec<Row>,
    /// Those with most failed calls.
    failing: Vec<Row>,
    firing: Vec<AlertView>,
    pending: usize,
    /// How many workers of a fleet there are to look at; `None` where the program shows none.
    workers: Option<usize>,
}

/// What a person wants to know first
///
/// Calls, failures, what is slowest, and what alerts.
#[utoipa::path(
    get,
    path = "/overview",
    tag = "operations",
    params(Asked),
    responses(
        (status = 200, body = Overview),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn overview(
    axum::extract::State(app): axum::extract::State<App>,
    Given(asked): Given<Asked>,
) -> Result<Response, Problem> {
    let key = format!("overview {:?}", asked.window);
    let workers = app.workers();
    app.answer(key, move |view| {
        // Together, so that all of it is of one tick.
        let (known, alerting) = view.read(|state| (Known::of(state), Alerting::of(state)));
        let overview = look(&known, alerting, view, asked.window.as_deref())?;
        Ok(Overview { workers, ..overview })
    })
    .await
}

/// What alerts.
struct Alerting {
    firing: Vec<AlertView>,
    pending: usize,
}

impl Alerting {
    fn of(state: &State) -> Self {
        let firing = state.rules.active().map(AlertView::of).collect();
        Self { firing, pending: state.rules.pending().count() }
    }
}

fn look(
    known: &Known,
    alerting: Alerting,
    view: &View,
    window: Option<&str>,
) -> Result<Overview, Problem> {
    let range = Range::named(window, known)?;
    let called = || range.snapshot.operations().iter().filter(|of| of.count() > 0);
    let intervals = &range.intervals;
    let rows = |chosen: Vec<&Operation>| {
        let figures = |operation| Some((operation, Figures::of(&range.snapshot, [operation])?));
        let rows = chosen.into_iter().take(FIRST).filter_map(figures);
        rows.map(|(operation, figures)| row(operation, figures, range.total, intervals)).collect()
    };
    let mut slowest: Vec<_> = called().collect();
    slowest.sort_by_cached_key(|operation| Reverse(operation.percentile(95.0)));
    let mut failing: Vec<_> = called().filter(|operation| operation.errors() > 0).collect();
    failing.sort_by_key(|operation| Reverse(operation.errors()));
    Ok(Overview {
        windows: names(known),
        tick: view.hub().tick(),
        interval_ms: view.interval_ms(),
        instance: instance(view.health()),
        uptime_ns: nanos(view.health().uptime()),
        operations: called().count(),
        in_flight: in_flight(range.total),
        calls: Figures::of(&range.snapshot, range.snapshot.operations()).unwrap_or_default(),
        timeline: timeline(intervals, |interval| interval.operations().iter().collect()),
        slowest: rows(slowest),
        failing: rows(failing),
        firing: alerting.firing,
        pending: alerting.pending,
        workers: None,
        window: range.window,
    })
}

fn instance(health: &HealthRegistry) -> Instance {
    Instance {
        host: sysinfo::System::host_name(),
        pid: std::process::id(),
        version: health.liveness().version,
        perfkit: env!("CARGO_PKG_VERSION"),
    }
}
