//! The report, for programs and for people.

use super::super::{
    app::{App, For},
    model::{finite, nanos},
    problem::Problem,
};
use crate::{
    http::accept::best,
    report::{Metrics, Runs, Uptime},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

/// Shares are in percent, durations in milliseconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RunsView {
    total_runs: u64,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    error_rate: Option<f64>,
    success_rate: Option<f64>,
    runs_per_hour: Option<f64>,
    avg_ms: Option<f64>,
    min_ms: Option<f64>,
    max_ms: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Report {
    /// Such as `1h 23m 45s`.
    uptime: String,
    uptime_ns: u64,
    /// All operations together.
    #[serde(flatten)]
    all: RunsView,
    operations: BTreeMap<String, RunsView>,
}

/// The report since the start
///
/// By `Accept` as JSON, as a table (`text/plain`), or as a page to keep (`text/html`).
#[utoipa::path(
    get,
    path = "/report",
    tag = "operations",
    responses(
        (status = 200, content(
            (Report = "application/json"), (String = "text/plain"), (String = "text/html")
        )),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn report(State(app): State<App>, asked: HeaderMap) -> Result<Response, Problem> {
    let kind = best(&asked, &["application/json", "text/plain", "text/html"]);
    app.run(For::Answers, move |view| {
        let snapshot = view.snapshot();
        match kind {
            "text/html" => {
                let headers = [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    // It needs nothing of where it comes from, and can do nothing there.
                    (header::CONTENT_SECURITY_POLICY, "sandbox allow-scripts allow-downloads"),
                ];
                (headers, perf_export::html::write(&snapshot)).into_response()
            }
            "text/plain" => Metrics::of(&snapshot).to_string().into_response(),
            _ => Json(Report::of(&Metrics::of(&snapshot))).into_response(),
        }
    })
    .await
}

impl Report {
    fn of(metrics: &Metrics) -> Self {
        let operations = metrics.operations.iter();
        Self {
            uptime: Uptime(metrics.uptime).to_string(),
            uptime_ns: nanos(metrics.uptime),
            all: RunsView::of(&metrics.all),
            operations: operations.map(|(name, runs)| (name.clone(), RunsView::of(runs))).collect(),
        }
    }
}

impl RunsView {
    fn of(runs: &Runs) -> Self {
        let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        Self {
            total_runs: runs.total,
            succeeded: runs.succeeded,
            failed: runs.failed,
            cancelled: runs.cancelled,
            error_rate: runs.error_percent,
            success_rate: runs.success_percent,
            runs_per_hour: runs.per_hour.and_then(finite),
            avg_ms: ms(runs.avg),
            min_ms: ms(runs.min),
            max_ms: ms(runs.max),
            p50_ms: ms(runs.p50),
            p95_ms: ms(runs.p95),
            p99_ms: ms(runs.p99),
        }
    }
}
