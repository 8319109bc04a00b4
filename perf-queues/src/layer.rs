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
/// `failed`, and so does a panic: around a layer that tries again that is the job, inside one it is each
/// attempt. A job that is dropped before it ends is not counted.
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
        let mut running = Some(Running { layer: self.layer.clone(), began: Instant::now() });
        let inner = guarded(&mut running, || self.inner.call(job));
        JobFuture { inner, running }
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
        // `None` once it is counted.
        running: Option<Running>,
    }
}

/// A job that is not counted yet.
#[derive(Debug)]
struct Running {
    layer: JobLayer,
    began: Instant,
}

/// Runs a piece of a job, which is counted as failed if that panics.
fn guarded<R>(running: &mut Option<Running>, piece: impl FnOnce() -> R) -> R {
    /// Dropped by a panic only.
    struct Panicked<'a>(&'a mut Option<Running>);

    impl Drop for Panicked<'_> {
        fn drop(&mut self) {
            end(self.0, JobOutcome::Failed);
        }
    }

    let guard = Panicked(running);
    let result = piece();
    std::mem::forget(guard);
    result
}

/// Counts it, once.
fn end(running: &mut Option<Running>, outcome: JobOutcome) {
    if let Some(Running { layer, began }) = running.take() {
        track_job(&layer.registry, &layer.queue, began.elapsed(), outcome);
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for JobFuture<F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(guarded(this.running, || this.inner.poll(context)));
        let outcome = if result.is_ok() { JobOutcome::Completed } else { JobOutcome::Failed };
        end(this.running, outcome);
        Poll::Ready(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use tower::service_fn;

    /// Completed, failed.
    fn counted(registry: &Registry) -> [Option<u64>; 2] {
        ["completed", "failed"].map(|result| {
            let labels = [("queue", "mail"), ("result", result)];
            registry.snapshot().counter("queue_jobs_finished", &labels)
        })
    }

    #[test]
    fn a_job_that_panics_has_failed_and_is_counted_once() {
        let registry = Registry::new();
        let layer = JobLayer::new("mail").registry(&registry);
        let fails_if = |fails: bool| async move {
            std::future::ready(()).await;
            assert!(!fails, "as it is meant to");
            Ok::<(), ()>(())
        };
        let mut service = layer.layer(service_fn(fails_if));
        let mut job = Box::pin(service.call(true));
        for _ in 0..2 {
            let run = || futures::executor::block_on(&mut job);
            catch_unwind(AssertUnwindSafe(run)).unwrap_err();
            assert_eq!(counted(&registry), [None, Some(1)]);
        }
        drop(job);
        futures::executor::block_on(service.call(false)).unwrap();
        assert_eq!(counted(&registry), [Some(1), Some(1)]);
        // One that panics before there is a future.
        let at_once = |()| -> std::future::Ready<Result<(), ()>> { panic!("as it is meant to") };
        let mut service = layer.layer(service_fn(at_once));
        catch_unwind(AssertUnwindSafe(|| drop(service.call(())))).unwrap_err();
        assert_eq!(counted(&registry), [Some(1), Some(2)]);
    }

    #[test]
    fn a_job_that_is_dropped_is_not_counted() {
        let registry = Registry::new();
        let layer = JobLayer::new("mail").registry(&registry);
        let mut service = layer.layer(service_fn(async |()| Ok::<(), ()>(())));
        drop(service.call(()));
        let dropped = AssertUnwindSafe(|| {
            let _job = service.call(());
            panic!("something else");
        });
        catch_unwind(dropped).unwrap_err();
        assert_eq!(counted(&registry), [None, None]);
    }
}
