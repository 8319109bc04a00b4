//! How calls end: sync and async, in error, by panic, cancelled.
#![cfg(feature = "enabled")]

use futures::{FutureExt, executor::block_on};
use perfkit::{Operation, Outcome, Registry, TimedExt, timed, timer, with_registry};
use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

fn outcomes(operation: &Operation) -> [u64; 4] {
    [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled]
        .map(|outcome| operation.outcome(outcome))
}

fn of(name: &str, f: impl FnOnce()) -> [u64; 4] {
    let registry = Registry::new();
    with_registry(&registry, f);
    outcomes(&registry.get(name).unwrap())
}

fn caught(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

#[timed("sync")]
fn sync(n: u32) -> Result<u32, String> {
    let even = if n.is_multiple_of(2) { Ok(n) } else { Err(format!("{n} is odd")) };
    assert!(n < 10, "too large");
    let n = even?;
    if n > 4 {
        return Err("large".into());
    }
    Ok(n)
}

#[timed("alias")]
fn alias(fail: bool) -> std::io::Result<()> {
    if fail { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(()) }
}

#[timed("infallible")]
fn infallible(panics: bool) {
    assert!(!panics, "asked to");
}

#[test]
fn sync_results_and_panics() {
    let calls = || {
        assert!(sync(2).is_ok());
        assert!(sync(3).is_err());
        assert!(sync(8).is_err());
        caught(|| drop(sync(12)));
    };
    assert_eq!(of("sync", calls), [1, 2, 1, 0]);
    assert_eq!(of("alias", || drop((alias(true), alias(false)))), [1, 1, 0, 0]);
    assert_eq!(of("infallible", || caught(|| infallible(true))), [0, 0, 1, 0]);
}

/// A type of the user's own that happens to be called `Result`.
mod own {
    pub(super) struct Result(pub(super) bool);

    #[perfkit::timed("own")]
    pub(super) fn own() -> Result {
        Result(false)
    }
}

#[test]
fn a_result_of_ones_own_is_no_error() {
    assert_eq!(of("own", || assert!(!own::own().0)), [1, 0, 0, 0]);
}

/// Runs a timed call while its thread unwinds already.
struct WhileUnwinding;

impl Drop for WhileUnwinding {
    fn drop(&mut self) {
        infallible(false);
    }
}

#[test]
fn a_call_made_while_unwinding_did_not_panic_itself() {
    let calls = || {
        caught(|| {
            let _guard = WhileUnwinding;
            panic!("outside");
        });
    };
    assert_eq!(of("infallible", calls), [1, 0, 0, 0]);
}

#[timed("asynchronous")]
async fn asynchronous(n: u32) -> Result<u32, String> {
    if n == 0 {
        return Err("zero".into());
    }
    let half = half(n).await?;
    assert!(half < 100, "too large");
    Ok(half)
}

async fn half(n: u32) -> Result<u32, String> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { pending().await }
}

#[test]
fn async_results_panics_and_cancellation() {
    let calls = || {
        assert_eq!(block_on(asynchronous(4)), Ok(2));
        assert!(block_on(asynchronous(0)).is_err());
        caught(|| drop(block_on(asynchronous(1000))));
        // Polled once, then dropped while pending.
        assert!(asynchronous(1).now_or_never().is_none());
    };
    assert_eq!(of("asynchronous", calls), [1, 1, 1, 1]);
}

#[test]
fn a_panic_caught_around_the_poll_is_a_panic_even_if_the_future_is_dropped_later() {
    let calls = || {
        let mut future = Box::pin(asynchronous(1000));
        caught(|| drop(future.as_mut().now_or_never()));
        drop(future);
    };
    assert_eq!(of("asynchronous", calls), [0, 0, 1, 0]);
}

#[test]
fn a_future_never_polled_is_not_counted() {
    let registry = Registry::new();
    with_registry(&registry, || drop(asynchronous(2)));
    assert!(registry.get("asynchronous").is_none());
}

#[test]
fn timers_fail_are_discarded_and_stop() {
    let calls = || {
        let mut timer = timer!("timer");
        timer.fail();
        drop(timer);
        timer!("timer").discard();
        caught(|| {
            let _t = timer!("timer");
            panic!("inside");
        });
        assert!(timer!("timer").stop() < Duration::from_secs(60));
    };
    assert_eq!(of("timer", calls), [1, 1, 1, 0]);
}

#[test]
fn any_future_can_be_timed() {
    let calls = || {
        assert_eq!(block_on(async { 5 }.timed("any")), 5);
        assert!(pending::<()>().timed("any").now_or_never().is_none());
    };
    assert_eq!(of("any", calls), [1, 0, 0, 1]);
}

#[timed("outer")]
async fn outer() {
    inner().await;
    sync_child();
    futures::join!(inner(), inner());
}

#[timed("inner")]
async fn inner() {
    yield_once().await;
    sync_child();
}

#[timed("sync_child")]
fn sync_child() {}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[test]
fn what_a_future_runs_has_it_as_caller_across_polls() {
    let registry = Registry::new();
    with_registry(&registry, || {
        // Two tasks in turns on one thread.
        block_on(async { futures::join!(outer(), outer()) });
    });
    let snapshot = registry.snapshot();
    let callers = |name| -> Vec<(Option<String>, u64)> {
        let callers = snapshot.get(name).unwrap().callers().iter();
        callers.map(|caller| (caller.name.as_deref().map(str::to_owned), caller.calls)).collect()
    };
    assert_eq!(callers("outer"), [(None, 2)]);
    assert_eq!(callers("inner"), [(Some("outer".into()), 6)]);
    assert_eq!(callers("sync_child"), [(Some("inner".into()), 6), (Some("outer".into()), 2)]);
}
