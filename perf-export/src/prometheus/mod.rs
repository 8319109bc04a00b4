//! Stub.
use perf_core::Snapshot;
/// Stub.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {}
/// Stub.
#[must_use]
pub fn text(_: &Snapshot, _: &Options) -> String {
    String::new()
}
/// Stub.
#[must_use]
pub fn openmetrics(_: &Snapshot, _: &Options) -> String {
    String::new()
}
