//! The requests of HTTP and gRPC services, on the server's side and the client's.
//!
//! [`TimedLayer`] wraps any [`tower`] service from `http::Request` to `http::Response`: axum's
//! routers, tonic's servers and channels, hyper's services, hyper-util's client. Each request is a
//! call of the operation its route names, from the moment the service is called until the body of
//! the response has ended or is dropped.
//!
//! | | |
//! |---|---|
//! | operation | axum's route, `/users/{id}`; what [`TimedLayer::route`] says; for gRPC, `package.Service/Method`; else `(unmatched)`. Never the path itself |
//! | label `method` | `GET`, `HEAD`, `POST`, `PUT`, `DELETE`, `CONNECT`, `OPTIONS`, `TRACE`, `PATCH`, or `other` |
//! | label `status` | `1xx` to `5xx`, or `other`; `error` where the inner service returned an `Err`; `none` where the response had not begun |
//! | the same for gRPC | `OK`, `NOT_FOUND` and so on; `error`; `none` where the status had not come |
//! | outcome | error, as the [classifier](classify) says: from status 500 on, for gRPC all but `OK`; an `Err`, and an error in the body. Panic. Cancelled: dropped before the response began, or before its body ended |
//! | in flight | [`Operation::in_flight`](perf_core::Operation::in_flight) of the operation without labels |
//!
//! A body has ended when it says so, when it has given as many bytes as it said it had, and at once
//! where a response has none: to `HEAD` and `CONNECT`, and with statuses 1xx, 204 and 304.
//!
//! What is timed while a request is polled, in a handler or in the body's stream, has it as its
//! caller.
//!
//! ```
//! use http::{Request, Response};
//! use perf_bridges::tower::TimedLayer;
//! use perf_core::{Outcome, Registry};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! let registry = Registry::new();
//! let route = |request: &http::request::Parts| {
//!     request.uri.path().starts_with("/users/").then(|| "/users/{id}".to_owned())
//! };
//! let service = ServiceBuilder::new()
//!     .layer(TimedLayer::new().route(route).registry(registry.clone()))
//!     .service(service_fn(async |_: Request<()>| Response::builder().status(500).body(String::new())));
//!
//! let request = Request::get("/users/7").body(()).unwrap();
//! futures::executor::block_on(service.oneshot(request)).unwrap();
//!
//! let snapshot = registry.snapshot();
//! let labels = [("method", "GET"), ("status", "5xx")];
//! let requests = snapshot.get_labelled("/users/{id}", &labels).unwrap();
//! assert_eq!((requests.count(), requests.outcome(Outcome::Error)), (1, 1));
//! ```
//!
//! [`tower`]: tower_service

mod body;
mod future;
mod layer;
mod names;
mod running;
mod status;

pub use body::TimedBody;
pub use future::TimedFuture;
pub use layer::{TimedLayer, TimedService};
/// What makes a response a failure: tower-http's classifiers, which [`TimedLayer`] takes.
///
/// ```
/// use perf_bridges::tower::{TimedLayer, classify::StatusInRangeAsFailures};
///
/// let failures = StatusInRangeAsFailures::new(400..=599);
/// let layer = TimedLayer::with_classifier(failures.into_make_classifier());
/// # drop(layer);
/// ```
pub use tower_http::classify;
