//! Everything that expands to a path of perfkit, where perfkit has another name.

#![deny(warnings)]

use stopwatch::{
    sync::{MutexExt as _, site},
    timed, timer,
};

/// Sync, with labels and a scope.
#[must_use]
#[timed("sync", crate = stopwatch, labels(n = n))]
pub fn sync(n: u32) -> u32 {
    let _t = timer!("scope", n = n);
    let _plain = timer!("plain scope");
    n
}

/// A `Result`.
///
/// # Errors
/// Always.
#[timed("fallible", crate = stopwatch, in_flight)]
pub fn fallible() -> Result<(), String> {
    Err("always".into())
}

/// Async, with polls.
#[must_use]
#[timed("asynchronous", crate = stopwatch, poll)]
pub async fn asynchronous() -> u32 {
    std::future::ready(3).await
}

/// A lock.
///
/// # Panics
/// If it is poisoned.
pub fn locked(lock: &std::sync::Mutex<u32>) {
    *lock.lock_timed(site!("lock")).unwrap() += 1;
}

/// Methods by their block.
#[derive(Debug)]
pub struct Block;

#[timed(crate = stopwatch)]
impl Block {
    /// A method.
    pub fn method(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;

    #[test]
    fn everything_is_counted() {
        let registry = stopwatch::Registry::new();
        stopwatch::with_registry(&registry, || {
            assert_eq!(sync(2), 2);
            assert!(fallible().is_err());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let mut future = std::pin::pin!(asynchronous());
            assert!(future.as_mut().poll(&mut context).is_ready());
            Block.method();
            locked(&std::sync::Mutex::new(0));
        });
        let snapshot = registry.snapshot();
        let names: Vec<_> =
            snapshot.operations().iter().map(stopwatch::Operation::full_name).collect();
        assert_eq!(
            names,
            [
                "asynchronous",
                "fallible",
                "lock{phase=\"hold\"}",
                "lock{phase=\"wait\"}",
                "perfkit_renamed::Block::method",
                "plain scope",
                "scope{n=\"2\"}",
                "sync{n=\"2\"}",
            ]
        );
    }
}
