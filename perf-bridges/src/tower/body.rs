//! A request from the beginning of its response to the end of its body.

use super::running::Running;
use bytes::Buf;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use perf_core::Outcome;
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_http::classify::{ClassifiedResponse, ClassifyEos};

pin_project! {
    /// The body of a response: the inner one, whose end is that of the request. Dropped before that,
    /// the request counts as cancelled.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use http_body_util::BodyExt;
    /// use perf_bridges::tower::TimedLayer;
    /// use perf_core::{Outcome, Registry};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// let registry = Registry::new();
    /// let layer = TimedLayer::new().registry(registry.clone());
    /// let service = layer.layer(service_fn(async |_: Request<()>| {
    ///     Ok::<_, std::convert::Infallible>(Response::new("all of it".to_owned()))
    /// }));
    /// futures::executor::block_on(async {
    ///     let response = service.oneshot(Request::new(())).await.unwrap();
    ///     assert_eq!(registry.get("(unmatched)").unwrap().in_flight().unwrap().count, 1);
    ///     assert_eq!(response.collect().await.unwrap().to_bytes(), "all of it");
    /// });
    ///
    /// let snapshot = registry.snapshot();
    /// let labels = [("method", "GET"), ("status", "2xx")];
    /// let requests = snapshot.get_labelled("(unmatched)", &labels).unwrap();
    /// assert_eq!(requests.outcome(Outcome::Ok), 1);
    /// ```
    #[derive(Debug)]
    pub struct TimedBody<B, C>
    where
        C: ClassifyEos,
    {
        #[pin]
        inner: Option<B>,
        // None once the request has ended.
        rest: Option<Rest<C>>,
    }

    impl<B, C> PinnedDrop for TimedBody<B, C>
    where
        C: ClassifyEos,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut rest) = this.rest.take() {
                // What ends with it was called from it.
                rest.running.run(|| this.inner.set(None));
                if rest.left == Some(0) {
                    rest.end(None);
                }
            }
        }
    }
}

/// What remains of a request.
#[derive(Debug)]
pub(super) struct Rest<C> {
    pub(super) running: Running,
    pub(super) verdict: Verdict<C>,
    /// How many bytes of the body are to come, where that is known.
    pub(super) left: Option<u64>,
}

/// How a request ends, if it ends well.
#[derive(Debug)]
pub(super) enum Verdict<C> {
    Known(Outcome),
    /// Depends on the trailers.
    AtEnd(C),
}

impl<F, C> From<ClassifiedResponse<F, C>> for Verdict<C> {
    fn from(classified: ClassifiedResponse<F, C>) -> Self {
        match classified {
            ClassifiedResponse::Ready(result) => Self::Known(outcome(&result)),
            ClassifiedResponse::RequiresEos(at_end) => Self::AtEnd(at_end),
        }
    }
}

fn outcome<F>(result: &Result<(), F>) -> Outcome {
    if result.is_ok() { Outcome::Ok } else { Outcome::Error }
}

impl<C: ClassifyEos> Rest<C> {
    fn end(self, trailers: Option<&HeaderMap>) {
        let outcome = match self.verdict {
            Verdict::Known(outcome) => outcome,
            Verdict::AtEnd(classifier) => outcome(&classifier.classify_eos(trailers)),
        };
        self.running.end(outcome, trailers);
    }

    /// Whether all bytes have come and nothing else matters. Whoever sends them does not ask for
    /// more, and whoever waits for trailers does.
    fn is_complete(&self) -> bool {
        self.left == Some(0) && matches!(self.verdict, Verdict::Known(_))
    }
}

impl<B: Body, C: ClassifyEos> TimedBody<B, C> {
    pub(super) fn new(inner: B, mut rest: Rest<C>, is_bodiless: bool) -> Self {
        let lengths = [rest.left, inner.size_hint().exact()];
        rest.left = lengths.into_iter().flatten().min();
        if is_bodiless || inner.is_end_stream() || rest.is_complete() {
            rest.end(None);
            return Self { inner: Some(inner), rest: None };
        }
        Self { inner: Some(inner), rest: Some(rest) }
    }
}

/// An empty body, of no request: what layers around this one answer with by themselves.
impl<B: Default, C: ClassifyEos> Default for TimedBody<B, C> {
    fn default() -> Self {
        Self { inner: Some(B::default()), rest: None }
    }
}

impl<B: Body, C: ClassifyEos> Body for TimedBody<B, C> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(mut inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        let Some(rest) = this.rest else { return inner.poll_frame(cx) };
        let frame = ready!(rest.running.run(|| inner.as_mut().poll_frame(cx)));
        let sent = frame.as_ref().and_then(|frame| frame.as_ref().ok());
        if let (Some(left), Some(data)) = (&mut rest.left, sent.and_then(Frame::data_ref)) {
            *left = left.saturating_sub(data.remaining() as u64);
        }
        let trailers = sent.and_then(Frame::trailers_ref);
        let has_ended =
            sent.is_none() || trailers.is_some() || inner.is_end_stream() || rest.is_complete();
        if let Some(rest) = this.rest.take_if(|_| has_ended) {
            match frame {
                Some(Err(_)) => rest.running.break_off(),
                _ => rest.end(trailers),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
