// What the accepted shapes share. Included by path: by trybuild, by `tests/shapes.rs`, and by the
// crates of `tests/editions`.

use perfkit::{with_registry, Operation, Outcome, Registry};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// What every shape does at least once for each call.
pub(crate) const WORK: Duration = Duration::from_micros(50);

pub(crate) fn work() {
    let start = Instant::now();
    while start.elapsed() < WORK {}
}

/// A call in progress: how it is to be counted.
pub(crate) struct Called(Operation);

/// Runs `f`, after which `name` must have been called so often, in a time that can be: at least
/// `WORK` a call, and no longer than it all took.
pub(crate) fn called(name: &str, calls: u64, f: impl FnOnce()) -> Called {
    let registry = Registry::new();
    let start = Instant::now();
    with_registry(&registry, f);
    let wall = start.elapsed();
    let names = || registry.snapshot().operations().iter().map(Operation::full_name).collect::<Vec<_>>();
    let operation = registry.get(name).unwrap_or_else(|| panic!("no {} in {:?}", name, names()));
    assert_eq!(operation.count(), calls, "calls of {}", name);
    assert!(operation.total() <= wall, "{}: {:?} of {:?}", name, operation.total(), wall);
    // A tick of the clock may be lost to rounding.
    let least = (WORK * calls as u32).saturating_sub(Duration::from_micros(1));
    assert!(operation.sum() >= least, "{}: {:?} is less than {:?}", name, operation.sum(), least);
    Called(operation)
}

impl Called {
    pub(crate) fn errors(&self, calls: u64) -> &Self {
        self.outcome(Outcome::Error, calls)
    }

    pub(crate) fn outcome(&self, outcome: Outcome, calls: u64) -> &Self {
        assert_eq!(self.0.outcome(outcome), calls, "{} of {}", outcome, self.0.full_name());
        self
    }
}

/// Polls until ready.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future: Pin<Box<F>> = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Pending once.
pub(crate) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(move |_| {
        if std::mem::replace(&mut paused, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
