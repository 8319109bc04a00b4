//! Counters, gauges and distributions.

use super::super::{
    app::App,
    model::{Labels, finite, labels_of},
    problem::Problem,
};
use crate::view::Known;
use axum::{extract::State, response::Response};
use perf_core::{Metric, MetricValue, Snapshot};
use serde::Serialize;
use utoipa::ToSchema;

/// The most metrics of an answer.
const MOST: usize = 5_000;

/// One of the program's own numbers.
#[derive(Default, Serialize, ToSchema)]
struct MetricView {
    name: String,
    /// `counter`, `gauge` or `distribution`.
    kind: &'static str,
    /// A UCUM code.
    unit: Option<String>,
    description: Option<String>,
    labels: Labels,
    /// Of counters and gauges.
    value: Option<f64>,
    /// Of distributions, as are the rest.
    count: Option<u64>,
    mean: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Metrics {
    /// How many there are; the first 5,000 are in the answer.
    all: usize,
    metrics: Vec<MetricView>,
}

/// Counters, gauges and distributions
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "watch",
    responses(
        (status = 200, body = Metrics),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    app.answer("metrics".into(), |view| Ok(look(&view.known()))).await
}

fn look(known: &Known) -> Metrics {
    let all = known.windows.total().map(Snapshot::metrics).unwrap_or_default();
    Metrics { all: all.len(), metrics: all.iter().take(MOST).map(MetricView::of).collect() }
}

impl MetricView {
    fn of(metric: &Metric) -> Self {
        let named = Self {
            name: metric.name().to_owned(),
            unit: metric.unit().map(str::to_owned),
            description: metric.description().map(str::to_owned),
            labels: labels_of(metric.labels()),
            ..Self::default()
        };
        match metric.value() {
            MetricValue::Counter(count) => {
                Self { kind: "counter", value: Some(*count as f64), ..named }
            }
            MetricValue::Gauge(value) => Self { kind: "gauge", value: finite(*value), ..named },
            MetricValue::Distribution(values) => Self {
                kind: "distribution",
                count: Some(values.count()),
                mean: values.mean(),
                p50: values.percentile(50.0),
                p95: values.percentile(95.0),
                p99: values.percentile(99.0),
                max: values.max(),
                ..named
            },
        }
    }
}
