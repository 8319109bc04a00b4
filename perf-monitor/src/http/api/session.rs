//! Sessions, for browsers: an `EventSource` can send a cookie, but no header.

use super::super::{app::App, problem::Problem};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    token: String,
}

/// Begin a session
///
/// The cookie stands for the token from then on.
#[utoipa::path(
    post,
    path = "/session",
    tag = "session",
    request_body = Token,
    responses(
        (status = 204),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin(
    State(app): State<App>,
    cookies: CookieJar,
    asked: HeaderMap,
    token: Result<Json<Token>, JsonRejection>,
) -> Result<(CookieJar, StatusCode), Problem> {
    let Json(Token { token }) = token?;
    if !app.access.has_token() {
        return Ok((cookies, StatusCode::NO_CONTENT));
    }
    let wrong = || Problem::new(StatusCode::UNAUTHORIZED, "this is not the token");
    let cookie = app.access.begin(&token, &asked).ok_or_else(wrong)?;
    Ok((cookies.add(cookie), StatusCode::NO_CONTENT))
}

/// End a session
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub(super) async fn end(
    State(app): State<App>,
    cookies: CookieJar,
    asked: HeaderMap,
) -> (CookieJar, StatusCode) {
    let cookies = app.access.end(&asked).into_iter().fold(cookies, CookieJar::add);
    (cookies, StatusCode::NO_CONTENT)
}
