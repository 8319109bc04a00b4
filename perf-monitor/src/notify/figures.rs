//! What a snapshot knows of deliveries.

use perf_core::{Counter, Gauge, Registry};

const COUNT: &str = "perfkit_notifications";
const QUEUED: &str = "perfkit_notifications_queued";

/// Those of one notifier; all are in alerts. Notifiers of one name count together.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) sent: Counter,
    pub(super) retried: Counter,
    pub(super) dropped: Counter,
    pub(super) failed: Counter,
    pub(super) queued: Gauge,
}

impl Figures {
    pub(super) fn new(registry: &Registry, notifier: &str) -> Self {
        registry.describe(COUNT, Some("{alert}"), "Alerts on their way to a notifier, by result");
        registry.describe(QUEUED, Some("{alert}"), "Alerts that wait for a notifier");
        let count = |result| registry.counter(COUNT, &[("notifier", notifier), ("result", result)]);
        Self {
            sent: count("sent"),
            retried: count("retried"),
            dropped: count("dropped"),
            failed: count("failed"),
            queued: registry.gauge(QUEUED, &[("notifier", notifier)]),
        }
    }
}
