//! What the process and its host use.

use super::super::{
    app::App,
    hub::Gauge as Of,
    model::{Figures, Labels, Row, finite},
    problem::Problem,
    range::{Range, START},
    series::row,
};
use crate::view::View;
use axum::{extract::State, response::Response};
use perf_core::Snapshot;
use serde::Serialize;
use std::collections::VecDeque;
use utoipa::ToSchema;

/// The operation of probes, see [`Probes`](crate::system::Probes).
const LATENCY: &str = "network_latency";

/// A gauge over time.
#[derive(Serialize, ToSchema)]
struct Gauge {
    name: String,
    /// A UCUM code: `s`, `By`, or `1` for shares.
    unit: Option<String>,
    description: Option<String>,
    labels: Labels,
    /// The last one.
    value: Option<f64>,
    /// One for each of the times.
    values: Vec<Option<f64>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Resources {
    taken_unix_ms: Vec<u64>,
    gauges: Vec<Gauge>,
    /// The time to connect to each target that is probed.
    latency: Vec<Row>,
}

/// Resources
///
/// Gauges whose names begin with `process_` or `system_`, at the last 720 ticks, and the way to other
/// hosts.
#[utoipa::path(
    get,
    path = "/resources",
    tag = "watch",
    responses(
        (status = 200, body = Resources),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resources(State(app): State<App>) -> Result<Response, Problem> {
    app.answer("resources".into(), look).await
}

fn look(view: &View) -> Result<Resources, Problem> {
    let readings = view.hub().readings();
    let known = view.known();
    let range = Range::named(Some(START), &known)?;
    let probed = range.snapshot.series(LATENCY).filter_map(|series| {
        let figures = Figures::of(&range.snapshot, [series])?;
        Some(row(series, figures, range.total, &range.intervals))
    });
    Ok(Resources {
        gauges: readings.gauges.iter().map(|gauge| Gauge::of(gauge, range.total)).collect(),
        latency: probed.collect(),
        taken_unix_ms: readings.times.into(),
    })
}

impl Gauge {
    fn of(((name, labels), values): (&Of, &VecDeque<f64>), total: &Snapshot) -> Self {
        let about = total.description(name);
        Self {
            unit: about.and_then(|about| about.unit.as_deref()).map(str::to_owned),
            description: about.map(|about| about.text.to_string()),
            name: name.clone(),
            labels: labels.iter().cloned().collect(),
            value: values.back().copied().and_then(finite),
            values: values.iter().copied().map(finite).collect(),
        }
    }
}
