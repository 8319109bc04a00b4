//! Beginning anew.

use super::super::{
    app::{App, For},
    problem::Problem,
};
use crate::view::View;
use axum::{extract::State, http::StatusCode};

/// Set all statistics to zero
///
/// Only where the server has a token.
#[utoipa::path(
    post,
    path = "/reset",
    tag = "operations",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn reset(State(app): State<App>) -> Result<StatusCode, Problem> {
    if !app.access.has_token() {
        let why = "a server without a token resets nothing: set http.token or PERFKIT_HTTP_TOKEN";
        return Err(Problem::new(StatusCode::FORBIDDEN, why));
    }
    if app.run(For::Answers, View::reset).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let why = "what is shown is not this program's own: it is set to zero where it is recorded";
    Err(Problem::new(StatusCode::CONFLICT, why))
}
