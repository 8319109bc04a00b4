//! The layer, and the service it makes of another.

use super::{TimedBody, TimedFuture, names::Names, running::Running};
use http::{Request, Response, request::Parts};
use http_body::Body;
use perf_core::Registry;
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tower_http::classify::{
    GrpcErrorsAsFailures, MakeClassifier, ServerErrorsAsFailures, SharedClassifier,
};
use tower_layer::Layer;
use tower_service::Service;

/// Times the requests of the services it wraps, see the [module](super).
///
/// With the feature `axum`, on a router:
///
/// ```
/// # #[cfg(feature = "axum")]
/// # fn main() {
/// use axum::{Router, body::Body, routing::get};
/// use http::Request;
/// use perf_bridges::tower::TimedLayer;
/// use tower::ServiceExt;
///
/// let app: Router = Router::new()
///     .route("/users/{id}", get(async || "Ada"))
///     .layer(TimedLayer::new());
///
/// let request = Request::get("/users/7").body(Body::empty()).unwrap();
/// let response = futures::executor::block_on(app.oneshot(request)).unwrap();
/// drop(response); // without its body having been read
///
/// let snapshot = perf_core::snapshot();
/// let labels = [("method", "GET"), ("status", "2xx")];
/// let users = snapshot.get_labelled("/users/{id}", &labels).unwrap();
/// assert_eq!(users.outcome(perf_core::Outcome::Cancelled), 1);
/// # }
/// # #[cfg(not(feature = "axum"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct TimedLayer<M = SharedClassifier<ServerErrorsAsFailures>> {
    make_classifier: M,
    pub(super) names: Names,
    pub(super) is_grpc: bool,
    pub(super) registry: Option<Registry>,
}

impl TimedLayer {
    /// For HTTP: statuses from 500 on are errors. Named by axum's routes, where there is axum and a
    /// route matched; without the feature `axum` or [`route`](Self::route), all is `(unmatched)`.
    ///
    /// ```
    /// let layer = perf_bridges::tower::TimedLayer::new();
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_classifier(SharedClassifier::new(ServerErrorsAsFailures::new()))
    }
}

impl Default for TimedLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl TimedLayer<SharedClassifier<GrpcErrorsAsFailures>> {
    /// For gRPC: every status but `OK` is an error. Named by the methods called, as
    /// `grpc.health.v1.Health/Check`.
    ///
    /// Anybody may call methods there are not: a call answered with `UNIMPLEMENTED` is
    /// `(unmatched)`. At most 1,000 methods have names. The first 500 have theirs at once; a further
    /// one only once it is answered `OK`, so what runs before is called from `(unmatched)`.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use perf_bridges::tower::TimedLayer;
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// let service = TimedLayer::grpc().layer(service_fn(async |_: Request<()>| {
    ///     Response::builder().header("grpc-status", "5").body(String::new())
    /// }));
    /// let request = Request::post("/shop.Orders/Find").body(()).unwrap();
    /// futures::executor::block_on(service.oneshot(request)).unwrap();
    ///
    /// let snapshot = perf_core::snapshot();
    /// let labels = [("method", "POST"), ("status", "NOT_FOUND")];
    /// assert_eq!(snapshot.get_labelled("shop.Orders/Find", &labels).unwrap().errors(), 1);
    /// ```
    #[must_use]
    pub fn grpc() -> Self {
        Self::grpc_with_classifier(SharedClassifier::new(GrpcErrorsAsFailures::new()))
    }
}

impl<M> TimedLayer<M> {
    /// Like [`new`](TimedLayer::new), with another way to tell failures.
    ///
    /// ```
    /// use perf_bridges::tower::{TimedLayer, classify::StatusInRangeAsFailures};
    ///
    /// let failures = StatusInRangeAsFailures::new_for_client_and_server_errors();
    /// let layer = TimedLayer::with_classifier(failures.into_make_classifier());
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn with_classifier(make_classifier: M) -> Self {
        Self { make_classifier, names: Names::Matched, is_grpc: false, registry: None }
    }

    /// Like [`grpc`](TimedLayer::grpc), with another way to tell failures.
    ///
    /// ```
    /// use perf_bridges::tower::{TimedLayer, classify::*};
    ///
    /// let failures = GrpcErrorsAsFailures::new().with_success(GrpcCode::NotFound);
    /// let layer = TimedLayer::grpc_with_classifier(SharedClassifier::new(failures));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn grpc_with_classifier(make_classifier: M) -> Self {
        Self { make_classifier, names: Names::methods(), is_grpc: true, registry: None }
    }

    /// Names requests by this function of their head; `None` is `(unmatched)`. There must be no more
    /// names than routes: each is kept for good.
    ///
    /// ```
    /// use perf_bridges::tower::TimedLayer;
    ///
    /// // A client's: by host.
    /// let layer = TimedLayer::new().route(|request| Some(request.uri.host()?.to_owned()));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn route<F>(mut self, route: F) -> Self
    where
        F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    {
        self.names = Names::Route(Arc::new(route));
        self
    }

    /// Sends the requests to a registry of one's own; by default, to that which is current where a
    /// request begins. What is timed inside them goes where it would without.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// let layer = perf_bridges::tower::TimedLayer::new().registry(registry.clone());
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }
}

impl<S, M: Clone> Layer<S> for TimedLayer<M> {
    type Service = TimedService<S, M>;

    fn layer(&self, inner: S) -> Self::Service {
        TimedService { inner, layer: self.clone() }
    }
}

/// A service whose requests are timed. Made by [`TimedLayer`].
///
/// It is ready when the inner one is, and can be cloned and sent where that can.
///
/// ```
/// use perf_bridges::tower::{TimedLayer, TimedService};
/// use tower::Layer;
///
/// let service: TimedService<&str> = TimedLayer::new().layer("any service");
/// # drop(service);
/// ```
#[derive(Clone, Debug)]
pub struct TimedService<S, M = SharedClassifier<ServerErrorsAsFailures>> {
    inner: S,
    layer: TimedLayer<M>,
}

impl<S, M, B, RB> Service<Request<B>> for TimedService<S, M>
where
    S: Service<Request<B>, Response = Response<RB>>,
    RB: Body,
    M: MakeClassifier,
{
    type Response = Response<TimedBody<RB, M::ClassifyEos>>;
    type Error = S::Error;
    type Future = TimedFuture<S::Future, M::Classifier>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let classifier = self.layer.make_classifier.make_classifier(&request);
        let (head, body) = request.into_parts();
        let mut running = Running::begin(&self.layer, &head);
        // Not a clone of the inner service: only this one has been found ready.
        let future = running.run(|| self.inner.call(Request::from_parts(head, body)));
        TimedFuture::new(future, classifier, running)
    }
}
