//! Gauges that are brought up to date before each snapshot.

use super::resources::{Resources, describe};
use perf_core::{Refresh, Registry};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// How old the figures may be.
const FRESH: Duration = Duration::from_secs(1);

/// What [`watch`] began. Stopped or dropped, the figures stay as they are.
#[derive(Debug)]
#[must_use = "the figures are kept up to date only as long as it lives"]
pub struct Watch(Refresh);

impl Watch {
    /// Ends it.
    pub fn stop(self) {}
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Keeps these up to date in a registry, at each snapshot but at most once a second:
///
/// | name | unit | what it is |
/// |---|---|---|
/// | `process_cpu_seconds` | s | CPU time of the process, a counter in whole seconds |
/// | `process_cpu_ratio` | 1 | CPUs the process kept busy since the figures before: 0 to the number of CPUs |
/// | `process_resident_memory_bytes` | By | memory of the process in RAM |
/// | `process_virtual_memory_bytes` | By | its address space |
/// | `process_open_fds` | | its open files and sockets |
/// | `process_max_fds` | | how many it may have |
/// | `process_threads` | | its threads (Linux) |
/// | `process_start_time_seconds` | s | when it began, since 1970 |
/// | `system_cpu_ratio` | 1 | share of all CPUs that was busy, 0 to 1 |
/// | `system_memory_used_ratio` | 1 | share of memory that is not available, 0 to 1 |
/// | `system_memory_available_bytes` | By | memory that programs can still get |
/// | `system_load1`, `system_load5`, `system_load15` | | threads that run or wait to, on average over so many minutes (not on Windows) |
///
/// The names are Prometheus' own where it has some
/// (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>). Memory is that of the
/// control group where it has a limit below the host's, as in a container. What the system does not tell
/// is absent; so are the two ratios of CPU time until a second has passed.
pub fn watch(registry: &Registry) -> Watch {
    describe(registry);
    let mut resources = Resources::new();
    resources.refresh(registry);
    let state = Mutex::new((Instant::now(), resources));
    Watch(registry.on_snapshot(move |registry| {
        // Held, somebody else is at it.
        let Ok(mut state) = state.try_lock() else { return };
        let (refreshed, resources) = &mut *state;
        if refreshed.elapsed() >= FRESH {
            *refreshed = Instant::now();
            resources.refresh(registry);
        }
    }))
}
