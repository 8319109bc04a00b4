//! Stub.
use perf_core::Snapshot;
/// Stub.
#[must_use]
pub fn log(_: &[Snapshot]) -> String {
    String::new()
}
/// Stub.
#[must_use]
pub fn percentiles(_: &Snapshot) -> String {
    String::new()
}
