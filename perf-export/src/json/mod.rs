//! Stub.
use perf_core::Snapshot;
/// Stub.
#[must_use]
pub fn write(_: &Snapshot, _: &[f64]) -> String {
    String::new()
}
/// Stub.
#[must_use]
pub fn line(_: &Snapshot, _: &[f64]) -> String {
    String::new()
}
