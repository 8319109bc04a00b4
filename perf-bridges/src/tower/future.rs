//! A request until its response begins.

use super::{
    TimedBody,
    body::{Rest, Verdict},
    running::Running,
};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_http::classify::ClassifyResponse;

pin_project! {
    /// The future of a [`TimedService`](super::TimedService). Dropped before it is ready, the
    /// request counts as cancelled.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use perf_bridges::tower::TimedLayer;
    /// use perf_core::{Outcome, Registry};
    /// use tower::{Layer, Service, service_fn};
    ///
    /// let registry = Registry::new();
    /// let layer = TimedLayer::new().registry(registry.clone());
    /// let mut service = layer.layer(service_fn(|_: Request<()>| {
    ///     std::future::pending::<Result<Response<String>, ()>>()
    /// }));
    /// drop(service.call(Request::new(())));
    ///
    /// let snapshot = registry.snapshot();
    /// let labels = [("method", "GET"), ("status", "none")];
    /// let requests = snapshot.get_labelled("(unmatched)", &labels).unwrap();
    /// assert_eq!(requests.outcome(Outcome::Cancelled), 1);
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TimedFuture<F, C> {
        #[pin]
        inner: Option<F>,
        // None once it is ready.
        request: Option<(C, Running)>,
    }

    impl<F, C> PinnedDrop for TimedFuture<F, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some((_, running)) = this.request {
                // What ends with it was called from it.
                running.run(|| this.inner.set(None));
            }
        }
    }
}

impl<F, C> TimedFuture<F, C> {
    pub(super) fn new(inner: F, classifier: C, running: Running) -> Self {
        Self { inner: Some(inner), request: Some((classifier, running)) }
    }
}

impl<F, B, E, C> Future for TimedFuture<F, C>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    C: ClassifyResponse,
{
    type Output = Result<Response<TimedBody<B, C::ClassifyEos>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Polled after it was ready, which nobody may: it stays pending.
        let (Some(inner), Some((_, running))) = (this.inner.as_pin_mut(), this.request.as_mut())
        else {
            return Poll::Pending;
        };
        let result = ready!(running.run(|| inner.poll(cx)));
        let Some((classifier, running)) = this.request.take() else { return Poll::Pending };
        Poll::Ready(match result {
            Ok(response) => Ok(begin(response, classifier, running)),
            Err(error) => {
                running.fail();
                Err(error)
            }
        })
    }
}

/// The response has begun.
fn begin<B: Body, C: ClassifyResponse>(
    response: Response<B>,
    classifier: C,
    mut running: Running,
) -> Response<TimedBody<B, C::ClassifyEos>> {
    let (status, headers) = (response.status(), response.headers());
    running.head(status, headers);
    let length =
        headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    let is_bodiless = running.is_bodiless(status);
    let verdict = Verdict::from(classifier.classify_response(&response));
    let rest = Rest { running, verdict, left: if is_bodiless { Some(0) } else { length } };
    response.map(|body| TimedBody::new(body, rest, is_bodiless))
}
