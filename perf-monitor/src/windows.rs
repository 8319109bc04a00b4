//! Stub.

use perf_core::Snapshot;
use std::time::Duration;

/// Stub.
#[derive(Debug, Default)]
pub struct Windows {}

impl Windows {
    /// Windows of these lengths.
    #[must_use]
    pub fn new(_lengths: &[Duration]) -> Self {
        Self {}
    }

    /// Takes in a cumulative snapshot: a tick.
    pub fn push(&mut self, _snapshot: Snapshot) {}

    /// What came in the last so much time before the last tick; `None` while nothing did.
    #[must_use]
    pub fn over(&self, _length: Duration) -> Option<Snapshot> {
        None
    }

    /// The last snapshot: everything since the start.
    #[must_use]
    pub fn total(&self) -> Option<&Snapshot> {
        None
    }
}
