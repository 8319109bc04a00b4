//! Locks that a panic elsewhere does not spoil.

use std::sync::{LockResult, PoisonError};

/// The guard, whether or not somebody panicked with it: what is behind these locks is whole between any
/// two statements.
pub(crate) fn heal<T>(result: LockResult<T>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}
