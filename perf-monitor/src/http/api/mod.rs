//! The API, version 1. Each handler is a question to what is known at the last tick.

#![allow(unused_qualifications, reason = "utoipa's macro names what it is given")]

mod alerts;
mod events;
#[cfg(feature = "fleet")]
mod fleet;
mod graph;
mod metrics;
mod operation;
mod operations;
mod overview;
mod report;
mod reset;
mod resources;
mod session;
mod snapshot;

use super::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// All that is answered with the token only.
pub(super) fn guarded() -> OpenApiRouter<App> {
    let router = OpenApiRouter::new();
    #[cfg(feature = "fleet")]
    let router = router.routes(routes!(fleet::fleet)).routes(routes!(fleet::worker));
    router
        .routes(routes!(overview::overview))
        .routes(routes!(operations::operations))
        .routes(routes!(operation::operation))
        .routes(routes!(operation::operation_by_name))
        .routes(routes!(graph::graph))
        .routes(routes!(alerts::alerts))
        .routes(routes!(resources::resources))
        .routes(routes!(metrics::metrics))
        .routes(routes!(report::report))
        .routes(routes!(snapshot::snapshot))
        .routes(routes!(reset::reset))
        .routes(routes!(events::events))
}

/// Where the token is given.
pub(super) fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(session::begin, session::end))
}
