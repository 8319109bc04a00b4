//! What an orchestrator asks, and health for those who look closer.

use super::{
    accept::best,
    app::{App, For},
    problem::Problem,
};
use crate::health::{Health, HealthRegistry};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::future::{Ready, ready};
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

/// What is said without asking a check, at once: nothing that hangs may have the program killed.
fn at_once(
    app: &App,
    asked: &HeaderMap,
    of: fn(&HealthRegistry) -> Health,
) -> Ready<Result<Response, Problem>> {
    ready(Ok(said(app, asked, of(app.view.health()))))
}

async fn checked(
    app: &App,
    asked: &HeaderMap,
    of: fn(&HealthRegistry) -> Health,
) -> Result<Response, Problem> {
    let health = app.run(For::Checks, move |view| of(view.health())).await?;
    Ok(said(app, asked, health))
}

fn said(app: &App, asked: &HeaderMap, mut health: Health) -> Response {
    if !app.access.allows(asked) {
        // What is wrong with a database is not for everybody.
        health.checks.clear();
    }
    let status = StatusCode::from_u16(health.http_status()).unwrap_or(StatusCode::OK);
    let kind = best(asked, &[HEALTH_JSON, "application/json"]);
    let body = if kind == HEALTH_JSON { health.to_health_json() } else { health.to_plain_json() };
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

macro_rules! probe {
    ($name:ident, $path:literal, $how:ident, $of:expr, $(#[doc = $doc:literal])+) => {
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
            $how(&app, &asked, $of).await
        }
    };
}

probe!(livez, "/livez", at_once, HealthRegistry::liveness,
    /// Whether the process runs
);
probe!(readyz, "/readyz", checked, HealthRegistry::readiness,
    /// Whether it should be sent work
    ///
    /// Not while it is draining, or something it cannot do without is down.
);
probe!(startupz, "/startupz", at_once, HealthRegistry::startup,
    /// Whether it has started
);
probe!(health, "/health", checked, HealthRegistry::health,
    /// How well it is
    ///
    /// By `Accept` as `application/health+json` or plain JSON; what was checked only with the token.
);
