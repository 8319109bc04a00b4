//! Services of workers for [tower](https://docs.rs/tower), and a balancer over them.
//!
//! A [`WorkerService`] records each request as a task of its worker, and says how loaded that is: tower's
//! balancer then compares two services at random, and takes the one that will be done first ("the power of
//! two choices", Michael Mitzenmacher, 1996).

use crate::{task::Task, worker::Worker};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower::{Layer, balance::p2c::Balance, discover::ServiceList, load::Load};
use tower_service::Service;

/// A service whose requests are tasks of a worker. A response that is an `Err` is a task that failed, one
/// whose future is dropped is one that was cancelled.
///
/// ```
/// use perf_fleet::tower::WorkerService;
/// use tower_service::Service as _;
/// let fleet = perf_fleet::Fleet::builder().build();
/// let echo = tower::service_fn(|n: u32| std::future::ready(Ok::<_, std::io::Error>(n)));
/// let mut service = WorkerService::new(echo, fleet.worker("w1"), "echo");
/// let response = service.call(7);
/// assert_eq!(fleet.worker("w1").stats().figures.concurrent, 1);
/// # drop(response);
/// ```
#[derive(Clone, Debug)]
pub struct WorkerService<S> {
    inner: S,
    worker: Worker,
    kind: Arc<str>,
}

impl<S> WorkerService<S> {
    /// The requests of `inner` are tasks of `worker`, of a kind.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let service = perf_fleet::tower::WorkerService::new((), fleet.worker("w1"), "echo");
    /// ```
    pub fn new(inner: S, worker: Worker, kind: &str) -> Self {
        Self { inner, worker, kind: kind.into() }
    }

    /// Its worker.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let service = perf_fleet::tower::WorkerService::new((), fleet.worker("w1"), "echo");
    /// assert_eq!(service.worker().id(), "w1");
    /// ```
    #[must_use]
    pub fn worker(&self) -> &Worker {
        &self.worker
    }
}

impl<S, Request> Service<Request> for WorkerService<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = WorkerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let task = Some(self.worker.task(&self.kind));
        WorkerFuture { inner: self.inner.call(request), task }
    }
}

/// When one more request would be answered well, in seconds: [`Worker::expected_seconds`].
impl<S> Load for WorkerService<S> {
    type Metric = f64;

    fn load(&self) -> f64 {
        self.worker.expected_seconds()
    }
}

/// Makes the requests of a service tasks of a worker: [`WorkerService`] as a layer.
///
/// ```
/// use perf_fleet::tower::WorkerLayer;
/// use tower::{Layer, Service as _};
/// let fleet = perf_fleet::Fleet::builder().build();
/// let echo = tower::service_fn(|n: u32| std::future::ready(Ok::<_, std::io::Error>(n)));
/// let mut service = WorkerLayer::new(fleet.worker("w1"), "echo").layer(echo);
/// let _response = service.call(7);
/// assert_eq!(fleet.worker("w1").stats().figures.concurrent, 1);
/// ```
#[derive(Clone, Debug)]
pub struct WorkerLayer {
    worker: Worker,
    kind: Arc<str>,
}

impl WorkerLayer {
    /// Tasks of a kind, of this worker.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let layer = perf_fleet::tower::WorkerLayer::new(fleet.worker("w1"), "echo");
    /// ```
    #[must_use]
    pub fn new(worker: Worker, kind: &str) -> Self {
        Self { worker, kind: kind.into() }
    }
}

impl<S> Layer<S> for WorkerLayer {
    type Service = WorkerService<S>;

    fn layer(&self, inner: S) -> WorkerService<S> {
        WorkerService::new(inner, self.worker.clone(), &self.kind)
    }
}

pin_project! {
    /// A response of a [`WorkerService`].
    ///
    /// ```
    /// use perf_fleet::tower::WorkerService;
    /// use tower_service::Service as _;
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let echo = tower::service_fn(|n: u32| std::future::ready(Ok::<_, std::io::Error>(n)));
    /// drop(WorkerService::new(echo, fleet.worker("w1"), "echo").call(7));
    /// assert_eq!(fleet.worker("w1").stats().figures.cancelled, 1);
    /// ```
    #[derive(Debug)]
    pub struct WorkerFuture<F> {
        #[pin]
        inner: F,
        task: Option<Task>,
    }
}

impl<F, T, E> Future for WorkerFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx));
        if let Some(task) = this.task.take() {
            if response.is_ok() { task.ok() } else { task.fail() }
        }
        Poll::Ready(response)
    }
}

/// The balancer: of two services at random, the less loaded one.
///
/// ```
/// # use perf_fleet::tower::WorkerService;
/// fn of<S>(service: WorkerService<S>) -> perf_fleet::tower::Balancer<S, u32>
/// where
///     S: tower::Service<u32, Error = std::io::Error>,
/// {
///     perf_fleet::tower::balance(vec![service])
/// }
/// ```
pub type Balancer<S, Request> = Balance<ServiceList<Vec<WorkerService<S>>>, Request>;

/// Balances requests over services of workers, by what those really do.
///
/// For workers that come and go, give tower's [`Balance`] a `Discover` of `WorkerService`s.
///
/// ```
/// use perf_fleet::tower::{WorkerService, balance};
/// let fleet = perf_fleet::Fleet::builder().build();
/// let echo = tower::service_fn(|n: u32| std::future::ready(Ok::<_, std::io::Error>(n)));
/// let services = ["w1", "w2"].map(|id| WorkerService::new(echo, fleet.worker(id), "echo"));
/// let balancer = balance::<_, u32>(services.into());
/// assert!(balancer.is_empty(), "they are looked for when it is first polled");
/// ```
#[must_use]
pub fn balance<S, Request>(services: Vec<WorkerService<S>>) -> Balancer<S, Request>
where
    S: Service<Request>,
    S::Error: Into<tower::BoxError>,
{
    Balance::new(ServiceList::new(services))
}
