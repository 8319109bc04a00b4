//! Arguments are dropped in the order they would be without the attribute: the last one first.
#![cfg(feature = "enabled")]

use futures::{FutureExt, executor::block_on};
use perfkit::timed;
use std::cell::RefCell;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

fn dropped(f: impl FnOnce()) -> Vec<&'static str> {
    DROPPED.take();
    f();
    DROPPED.take()
}

#[timed]
fn sync(first: Noisy, (second, third): (Noisy, Noisy), _guard: Noisy) -> Result<usize, ()> {
    let _local = Noisy("local");
    Ok(third.0.len() + first.0.len() + second.0.len())
}

#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
fn sync_untimed(first: Noisy, (second, third): (Noisy, Noisy), _guard: Noisy) -> Result<usize, ()> {
    let _local = Noisy("local");
    Ok(third.0.len() + first.0.len() + second.0.len())
}

#[timed]
async fn asynchronous(first: Noisy, second: Noisy, _guard: Noisy, wait: bool) -> usize {
    let _local = Noisy("local");
    if wait {
        std::future::pending::<()>().await;
    }
    second.0.len() + first.0.len()
}

struct Fields {
    connection: Noisy,
    lock: Noisy,
}

impl Fields {
    #[timed]
    fn consume(self) -> Result<usize, ()> {
        Ok(self.lock.0.len())
    }
}

#[test]
fn as_without_the_attribute() {
    let arguments = || (Noisy("first"), (Noisy("second"), Noisy("third")), Noisy("guard"));
    let (a, b, c) = arguments();
    let plain = dropped(|| assert!(sync_untimed(a, b, c).is_ok()));
    let (a, b, c) = arguments();
    assert_eq!(dropped(|| assert!(sync(a, b, c).is_ok())), plain);

    let call = |wait| asynchronous(Noisy("first"), Noisy("second"), Noisy("guard"), wait);
    let expected = ["local", "guard", "second", "first"];
    assert_eq!(dropped(|| assert_eq!(block_on(call(false)), 11)), expected);
    assert_eq!(dropped(|| assert!(call(true).now_or_never().is_none())), expected);

    let fields = Fields { connection: Noisy("connection"), lock: Noisy("lock") };
    assert_eq!(fields.connection.0, "connection");
    assert_eq!(dropped(|| assert!(fields.consume().is_ok())), ["connection", "lock"]);
}
