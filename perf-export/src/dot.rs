//! Stub.
use perf_core::Snapshot;
/// Stub.
#[must_use]
pub fn write(_: &Snapshot) -> String {
    String::new()
}
