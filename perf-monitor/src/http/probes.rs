//! What an orchestrator asks, and health for those who look closer.

use super::{accept::best, app::App, problem::Problem};
use crate::{health::Health, view::View};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

const HEALTH_JSON: &str = "application/health+json";

/// The paths, all of them answered without a token.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(livez))
        .routes(routes!(readyz))
        .routes(routes!(startupz))
        .routes(routes!(health))
}

async fn answer(app: App, asked: HeaderMap, of: fn(&View) -> Health) -> Result<Response, Problem> {
    let mut health = app.run(of).await?;
    if !app.access.allows(&asked) {
        // What is wrong with a database is not for everybody.
        health.checks.clear();
    }
    let status = StatusCode::from_u16(health.http_status()).unwrap_or(StatusCode::OK);
    let kind = best(&asked, &[HEALTH_JSON, "application/json"]);
    let body = if kind == HEALTH_JSON { health.to_health_json() } else { health.to_plain_json() };
    Ok((status, [(header::CONTENT_TYPE, kind)], body).into_response())
}

macro_rules! probe {
    ($name:ident, $path:literal, $of:expr, $(#[doc = $doc:literal])+) => {
        $(#[doc = $doc])+
        #[utoipa::path(
            get,
            path = $path,
            tag = "health",
            responses(
                (status = 200, content((Value = "application/health+json"), (Value = "application/json"))),
                (status = 503, content((Value = "application/health+json"), (Value = "application/json"))),
            )
        )]
        async fn $name(State(app): State<App>, asked: HeaderMap) -> Result<Response, Problem> {
            answer(app, asked, $of).await
        }
    };
}

probe!(livez, "/livez", |view| view.health().liveness(),
    /// Whether the process runs
);
probe!(readyz, "/readyz", |view| view.health().readiness(),
    /// Whether it should be sent work
    ///
    /// Not while it is draining, or something it cannot do without is down.
);
probe!(startupz, "/startupz", |view| view.health().startup(),
    /// Whether it has started
);
probe!(health, "/health", |view| view.health().health(),
    /// How well it is
    ///
    /// By `Accept` as `application/health+json` or plain JSON; what was checked only with the token.
);
