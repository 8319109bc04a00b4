//! Stub.
use perf_core::Snapshot;
/// Stub.
#[must_use]
pub fn dashboard(_: &Snapshot) -> String {
    String::new()
}
