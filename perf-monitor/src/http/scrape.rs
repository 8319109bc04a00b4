//! Prometheus' endpoint.

use super::{
    app::{App, For},
    problem::Problem,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use perf_export::prometheus::{Options, respond};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// What Prometheus scrapes
///
/// By `Accept` as text, OpenMetrics or protobuf with native histograms; by `Accept-Encoding` compressed.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "scrape",
    tag = "operations",
    responses(
        (status = 200, content(
            (String = "text/plain"), (String = "application/openmetrics-text"),
            (String = "application/vnd.google.protobuf")
        )),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
async fn metrics(State(app): State<App>, asked: HeaderMap) -> Result<Response, Problem> {
    app.run(For::Scrapes, move |view| {
        let of = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let (accept, encodings) = (of(header::ACCEPT), of(header::ACCEPT_ENCODING));
        let answer = respond(&view.snapshot(), accept, encodings, &options());
        let mut response = answer.body.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        if let Some(encoding) = answer.content_encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    })
    .await
}

/// Tasks of workers take minutes where calls take milliseconds.
fn options() -> Options {
    let options = Options::default();
    #[cfg(feature = "fleet")]
    let options = options.bounds(perf_fleet::DURATION_METRIC, &perf_fleet::DURATION_BOUNDS);
    options
}
