//! What time it is for a monitor: the system's, or one that is simulated.

use perf_core::{__bridge::heal, Snapshot};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

/// The clock of a monitor.
#[derive(Debug, Default)]
pub(crate) struct Clock(Option<Simulated>);

/// A time that stands still until it is told.
#[derive(Debug)]
struct Simulated {
    start: (SystemTime, Instant),
    passed_ns: AtomicU64,
    /// When what is recorded began, by the system and simulated.
    began: Mutex<Option<(SystemTime, SystemTime)>>,
}

impl Simulated {
    fn passed(&self) -> Duration {
        Duration::from_nanos(self.passed_ns.load(Relaxed))
    }

    fn now(&self) -> SystemTime {
        self.start.0.checked_add(self.passed()).unwrap_or(self.start.0)
    }
}

impl Clock {
    /// One that stands still at this time.
    pub(crate) fn simulated(start: SystemTime) -> Self {
        let start = (start, Instant::now());
        Self(Some(Simulated { start, passed_ns: AtomicU64::new(0), began: Mutex::default() }))
    }

    pub(crate) fn is_simulated(&self) -> bool {
        self.0.is_some()
    }

    /// How often something is to be done by itself: never, where somebody else moves the time.
    pub(crate) fn every(&self, time: Duration) -> Duration {
        if self.is_simulated() { Duration::MAX } else { time }
    }

    /// Lets simulated time pass. The system's is nobody's to move.
    pub(crate) fn advance(&self, by: Duration) {
        if let Some(simulated) = &self.0 {
            let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
            let add = |passed: u64| Some(passed.saturating_add(by));
            let _ = simulated.passed_ns.fetch_update(Relaxed, Relaxed, add);
        }
    }

    /// For lengths of time.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "nothing is remembered"))]
    pub(crate) fn instant(&self) -> Instant {
        let Some(simulated) = &self.0 else { return Instant::now() };
        let begun = simulated.start.1;
        begun.checked_add(simulated.passed()).unwrap_or(begun)
    }

    /// What the time of day is, where the system says this.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "nothing is remembered"))]
    pub(crate) fn time(&self, system: SystemTime) -> SystemTime {
        self.0.as_ref().map_or(system, Simulated::now)
    }

    /// A cumulative snapshot, as of the simulated time. Those of one beginning keep having one.
    pub(crate) fn dated(&self, snapshot: Snapshot) -> Snapshot {
        let Some(simulated) = &self.0 else { return snapshot };
        let now = simulated.now();
        let mut began = heal(simulated.began.lock());
        let known = began.filter(|(system, _)| *system == snapshot.started());
        let started = known.map_or(now, |(_, started)| started);
        *began = Some((snapshot.started(), started));
        snapshot.dated(started, now)
    }
}
