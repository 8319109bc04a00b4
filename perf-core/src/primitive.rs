//! The synchronisation primitives of [`ring`](crate::ring): std's, or loom's under `--cfg loom`.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// An array made on the heap from the start: a thread's stack may be small.
pub(crate) fn boxed_array<T, const N: usize>(make: impl FnMut(usize) -> T) -> Box<[T; N]> {
    let elements: Box<[T]> = (0..N).map(make).collect();
    match elements.try_into() {
        Ok(array) => array,
        Err(_) => unreachable!("{N} were made"),
    }
}

/// A lock is taken whether or not a panic once passed through it: what we guard is counts, and a
/// timed program must not be brought down by its timer.
pub fn heal<G>(lock: LockResult<G>) -> G {
    lock.unwrap_or_else(PoisonError::into_inner)
}

/// The same for a lock that is only tried: `None` when somebody else holds it.
pub(crate) fn heal_try<G>(lock: TryLockResult<G>) -> Option<G> {
    match lock {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
