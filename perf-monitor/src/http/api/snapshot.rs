//! All that the registry holds.

use super::super::{
    app::{App, For, answered},
    problem::Problem,
};
use crate::view::View;
use axum::{extract::State, response::Response};
use perf_export::json;

/// Percentiles beside the histograms they are of.
const PERCENTILES: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

/// A snapshot, taken now
///
/// The JSON document that perfkit writes and reads, without loss: `perfkit::export::json`.
#[utoipa::path(
    get,
    path = "/snapshot",
    tag = "operations",
    responses(
        (status = 200, body = Object),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn snapshot(State(app): State<App>) -> Result<Response, Problem> {
    let write = |view: &View| json::write(&view.snapshot(), &PERCENTILES);
    let body = app.run(For::Answers, write).await?;
    Ok(answered(body.into()))
}
