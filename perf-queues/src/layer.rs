//! Workers that are tower services.

use crate::{job::JobOutcome, meters::track_job};
use perf_core::Registry;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};
use tower_layer::Layer;
use tower_service::Service;

/// Counts and times each job a tower service is called with, as [`track_job`] does. An `Err` counts as
/// `failed`: around a layer that tries again that is the job, inside one it is each attempt. A job that is
/// dropped before it ends is not counted.
///
/// apalis' workers take it by `WorkerBuilder::layer`.
///
/// ```
/// use perf_queues::JobLayer;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// let registry = perf_core::Registry::new();
/// let service = ServiceBuilder::new()
///     .layer(JobLayer::new("thumbnails").registry(&registry))
///     .service(service_fn(async |size: u32| if size > 0 { Ok(size) } else { Err("empty") }));
/// futures::executor::block_on(service.oneshot(0)).unwrap_err();
///
/// let labels = [("queue", "thumbnails"), ("result", "failed")];
/// assert_eq!(registry.snapshot().counter("queue_jobs_finished", &labels), Some(1));
/// ```
#[derive(Clone, Debug)]
pub struct JobLayer {
    queue: Arc<str>,
    registry: Registry,
}

impl JobLayer {
    /// Of a queue's jobs, in the global registry.
    ///
    /// ```
    /// let layer = perf_queues::JobLayer::new("thumbnails");
    /// ```
    #[must_use]
    pub fn new(queue: &str) -> Self {
        Self { queue: Arc::from(queue), registry: Registry::global().clone() }
    }

    /// In another registry.
    ///
    /// ```
    /// let layer = perf_queues::JobLayer::new("mail").registry(&perf_core::Registry::new());
    /// ```
    #[must_use]
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }
}

impl<S> Layer<S> for JobLayer {
    type Service = JobService<S>;

    fn layer(&self, inner: S) -> JobService<S> {
        JobService { inner, layer: self.clone() }
    }
}

/// A service whose jobs are counted, see [`JobLayer`].
///
/// ```
/// use perf_queues::{JobLayer, JobService};
/// use tower::Layer;
/// let service: JobService<u8> = JobLayer::new("mail").layer(1);
/// ```
#[derive(Clone, Debug)]
pub struct JobService<S> {
    inner: S,
    layer: JobLayer,
}

impl<S: Service<R>, R> Service<R> for JobService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = JobFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, job: R) -> Self::Future {
        let (layer, began) = (self.layer.clone(), Instant::now());
        JobFuture { inner: self.inner.call(job), layer, began }
    }
}

pin_project! {
    /// A job under way, see [`JobLayer`].
    ///
    /// ```
    /// fn is_future<F: Future<Output = Result<(), ()>>>() {}
    /// is_future::<perf_queues::JobFuture<std::future::Ready<Result<(), ()>>>>();
    /// ```
    #[derive(Debug)]
    pub struct JobFuture<F> {
        #[pin]
        inner: F,
        layer: JobLayer,
        began: Instant,
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for JobFuture<F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(context));
        let outcome = if result.is_ok() { JobOutcome::Completed } else { JobOutcome::Failed };
        track_job(&this.layer.registry, &this.layer.queue, this.began.elapsed(), outcome);
        Poll::Ready(result)
    }
}
