//! Clients, panics, callers, and the contract of a service.

use crate::{assert_counts, counts, kind, run, serve, wait_until};
use axum::{Router, body::Body, http::Request, routing::get};
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use perfkit::{Operation, Outcome, Registry, timed, tower::TimedLayer};
use std::{
    convert::Infallible,
    future::{Ready, pending, ready},
    net::TcpListener,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tower::{Layer, Service, ServiceExt};

#[test]
fn a_client_that_is_refused_gets_an_error() {
    run(async {
        let registry = Registry::new();
        let layer = TimedLayer::new()
            .route(|request| Some(request.uri.host()?.to_owned()))
            .registry(registry.clone());
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let client = layer.layer(client);
        // Nobody listens there any more.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let request = Request::put(format!("http://{address}/")).body(Full::default()).unwrap();
        assert!(client.oneshot(request).await.is_err());
        let refused = kind("127.0.0.1", "PUT", "error", Outcome::Error);
        assert_eq!(counts(&registry), [(refused, 1)].into());
    });
}

async fn get_from(app: Router, path: &str) {
    let address = serve(app).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.get(format!("http://{address}{path}").parse().unwrap()).await;
    if let Ok(response) = response {
        let _ = response.collect().await;
    }
}

async fn panics() {
    panic!("asked to");
}

fn chunks() -> Body {
    Body::from_stream(stream::iter(0..2).map(|n| {
        assert!(n < 1, "asked to");
        Ok::<_, Infallible>("chunk")
    }))
}

#[test]
fn panics_in_handlers_and_bodies() {
    run(async {
        let registry = Registry::new();
        let app = Router::new()
            .route("/handler", get(panics))
            .route("/body", get(async || chunks()))
            .layer(TimedLayer::new().registry(registry.clone()));
        get_from(app.clone(), "/handler").await;
        get_from(app, "/body").await;
        let expected = [
            (kind("/handler", "GET", "none", Outcome::Panicked), 1),
            (kind("/body", "GET", "2xx", Outcome::Panicked), 1),
        ];
        assert_counts(&registry, &expected.into()).await;
    });
}

#[timed("called by a handler")]
async fn called_by_a_handler() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[timed("called by a body")]
fn called_by_a_body() -> Result<&'static str, Infallible> {
    std::thread::sleep(Duration::from_millis(1));
    Ok("body")
}

#[timed("given up")]
async fn given_up() {
    pending().await
}

/// The series of a name that has calls.
fn of(name: &str) -> Option<Operation> {
    perfkit::snapshot().series(name).find(|series| series.count() > 0).cloned()
}

/// Whether a time is another, but for what is rounded to nanoseconds.
fn is_about(a: Duration, b: Duration) -> bool {
    a.abs_diff(b) < Duration::from_nanos(20)
}

#[test]
fn what_runs_in_a_request_has_it_as_its_caller() {
    run(async {
        let answer = async || {
            called_by_a_handler().await;
            Body::from_stream(stream::once(async { called_by_a_body() }))
        };
        let app = Router::new()
            .route("/callers/{id}", get(answer))
            .route("/callers/given/up", get(given_up))
            .layer(TimedLayer::new());
        get_from(app.clone(), "/callers/7").await;
        let request = Request::get("/callers/given/up").body(Body::empty()).unwrap();
        let mut future = Box::pin(app.oneshot(request));
        assert!(future.as_mut().now_or_never().is_none());
        drop(future);

        let route = "/callers/{id}";
        wait_until(|| of(route).is_some()).await;
        let by_handler = of("called by a handler").unwrap();
        let by_body = of("called by a body").unwrap();
        for called in [&by_handler, &by_body] {
            assert_eq!(called.callers()[0].name.as_deref(), Some(route));
        }
        let request = of(route).unwrap();
        assert!(is_about(request.self_time() + by_handler.sum() + by_body.sum(), request.sum()));

        let request = of("/callers/given/up").unwrap();
        let given_up = of("given up").unwrap();
        assert_eq!(request.outcome(Outcome::Cancelled), 1);
        assert_eq!(given_up.callers()[0].name.as_deref(), Some("/callers/given/up"));
        assert!(is_about(request.self_time() + given_up.sum(), request.sum()));
    });
}

/// Layers around it may answer by themselves.
#[test]
fn its_body_may_be_an_empty_one() {
    fn is_default<B: Default>(_: &Response<B>) {}
    let mut service = TimedLayer::new().registry(Registry::new()).layer(Strict::default());
    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
    let answered = service.call(Request::new(())).now_or_never().unwrap();
    is_default(&answered.unwrap());
}

/// Insists on being asked whether it is ready, as services may.
#[derive(Debug, Default)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<()>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready));
        ready(Ok(Response::default()))
    }
}

#[test]
fn the_service_that_was_ready_is_called() {
    let mut service = TimedLayer::new().registry(Registry::new()).layer(Strict::default());
    for _ in 0..2 {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready());
        let other = service.clone();
        assert!(service.call(Request::new(())).now_or_never().is_some());
        service = other;
    }
}
