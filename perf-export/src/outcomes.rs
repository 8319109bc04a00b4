//! Calls by how they ended.

use perf_core::{Operation, Outcome};

/// All of them, in the order formats have them.
pub(crate) const OUTCOMES: [Outcome; 4] =
    [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];

/// The calls whose outcome nobody saw: those that were counted but not timed.
pub(crate) fn untimed(operation: &Operation) -> u64 {
    operation.count().saturating_sub(operation.timed())
}
