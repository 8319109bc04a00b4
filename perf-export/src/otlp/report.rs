//! What is said in the log of how pushing goes: once when it begins to fail and once when that is over,
//! however long it takes.

use super::{PushError, endpoint::Endpoint};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsPartialSuccess;

#[derive(Debug)]
pub(super) struct Report {
    endpoint: Endpoint,
    /// Pushes that failed since the last one that did not.
    failed: u64,
    /// Whether the collector had something to say of the last one.
    is_partial: bool,
}

impl Report {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, failed: 0, is_partial: false }
    }

    pub(super) fn failed(&mut self, error: &PushError) {
        self.failed += 1;
        let endpoint = &self.endpoint;
        if self.failed == 1 {
            tracing::warn!(
                target: "perfkit",
                "OTLP to {endpoint} fails: {error}; the next push that arrives has everything"
            );
        } else {
            tracing::debug!(target: "perfkit", "OTLP to {endpoint} fails: {error}");
        }
    }

    pub(super) fn accepted(&mut self, said: Option<&ExportMetricsPartialSuccess>) {
        let endpoint = &self.endpoint;
        if self.failed > 0 {
            let failed = std::mem::take(&mut self.failed);
            tracing::warn!(target: "perfkit", "OTLP to {endpoint} arrives again, after {failed} failed");
        }
        let was_partial = std::mem::replace(&mut self.is_partial, said.is_some());
        if let Some(said) = said.filter(|_| !was_partial) {
            let (rejected, message) = (said.rejected_data_points, &said.error_message);
            tracing::warn!(target: "perfkit", "OTLP to {endpoint}: {rejected} points rejected: {message}");
        }
    }
}
