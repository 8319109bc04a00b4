//! What a monitor knows, for those that only read it.

use crate::{
    health::HealthRegistry,
    http::Hub,
    watch::{Shared, State},
    windows::Windows,
};
use perf_core::{Registry, Snapshot};
use std::{sync::Arc, time::Duration};

/// A monitor as seen from its HTTP side. It outlives the monitor: then it stays as it was.
#[derive(Clone)]
pub(crate) struct View {
    shared: Arc<Shared>,
    health: HealthRegistry,
    tick: Duration,
}

/// The windows at one tick. The monitor goes on to the next one while somebody looks at them.
pub(crate) struct Known {
    pub(crate) windows: Arc<Windows>,
    /// The windows that people choose from.
    pub(crate) shown: Arc<[Duration]>,
}

impl Known {
    pub(crate) fn of(state: &State) -> Self {
        Self { windows: Arc::clone(&state.windows), shown: Arc::clone(&state.shown) }
    }
}

impl View {
    pub(crate) fn new(shared: Arc<Shared>, health: HealthRegistry) -> Self {
        let tick = shared.state().tick();
        Self { shared, health, tick }
    }

    /// The time from tick to tick, in milliseconds.
    pub(crate) fn interval_ms(&self) -> u64 {
        u64::try_from(self.tick.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn known(&self) -> Known {
        self.read(Known::of)
    }

    /// Looks at windows and rules as they were at the last tick. No tick comes in meanwhile: it is for
    /// what does not take long.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.state())
    }

    /// All that there is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.shared.snapshot()
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn health(&self) -> &HealthRegistry {
        &self.health
    }

    /// See [`Monitor::reset`](crate::Monitor::reset).
    pub(crate) fn reset(&self) -> bool {
        self.shared.reset()
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.shared.hub
    }
}
