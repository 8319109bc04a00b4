//! What a monitor knows, for those that only read it.

use crate::{
    health::HealthRegistry,
    http::Hub,
    watch::{Shared, State},
};
use perf_core::Registry;
use std::sync::Arc;

/// A monitor as seen from its HTTP side. It outlives the monitor: then it stays as it was.
#[derive(Clone)]
pub(crate) struct View {
    shared: Arc<Shared>,
    health: HealthRegistry,
}

impl View {
    pub(crate) fn new(shared: Arc<Shared>, health: HealthRegistry) -> Self {
        Self { shared, health }
    }

    /// Looks at windows and rules as they were at the last tick. No tick comes in meanwhile.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.state())
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn health(&self) -> &HealthRegistry {
        &self.health
    }

    /// See [`Monitor::reset`](crate::Monitor::reset).
    pub(crate) fn reset(&self) {
        self.shared.reset();
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.shared.hub
    }
}
