//! Checks of what a program needs, and what they add up to.
//!
//! A check runs on a thread of its own, at most one at a time, only when somebody asks and what it last
//! found is older than its interval. One that hangs counts as down; its thread is left to end by itself,
//! and until then no other is started for it, unless it is registered anew.
//!
//! ```
//! use perf_monitor::health::{Check, CheckResult, HealthRegistry, Status};
//!
//! let health = HealthRegistry::new().version(env!("CARGO_PKG_VERSION"));
//! health.register_check("disk", || Ok::<(), std::io::Error>(()));
//! health.register_async_check("database", || async { Err("connection refused") });
//! health.register(Check::new("cache", || CheckResult::degraded("cold")).optional());
//! assert_eq!(health.health().status, Status::Down);
//!
//! health.unregister("database");
//! assert_eq!(health.health().status, Status::Degraded);
//! ```

mod check;
mod report;
mod run;
mod shown;
mod status;

pub use check::{Check, CheckResult, Observed};
pub use report::{CheckReport, Health};
pub use status::Status;

use perf_core::__bridge::heal;
use run::Entry;
use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

/// The checks of a program. Clones are one registry.
#[derive(Clone)]
pub struct HealthRegistry {
    version: Option<Arc<str>>,
    release_id: Option<Arc<str>>,
    shared: Arc<Shared>,
}

struct Shared {
    began: Instant,
    has_started: AtomicBool,
    is_draining: AtomicBool,
    entries: Mutex<BTreeMap<String, Arc<Entry>>>,
}

impl HealthRegistry {
    /// Without a check. Uptime counts from here.
    #[must_use]
    pub fn new() -> Self {
        let shared = Shared {
            began: Instant::now(),
            has_started: AtomicBool::new(false),
            is_draining: AtomicBool::new(false),
            entries: Mutex::default(),
        };
        Self { version: None, release_id: None, shared: Arc::new(shared) }
    }

    /// With the program's version.
    #[must_use]
    pub fn version(self, version: impl Into<Arc<str>>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// With the release of it, such as a commit.
    #[must_use]
    pub fn release_id(self, release_id: impl Into<Arc<str>>) -> Self {
        Self { release_id: Some(release_id.into()), ..self }
    }

    /// Adds a check, in place of another of its name.
    pub fn register(&self, check: Check) {
        self.entries().insert(check.name.clone(), Arc::new(Entry::new(check)));
    }

    /// Adds a check by a function, see [`Check::new`].
    pub fn register_check<R: Into<CheckResult>>(
        &self,
        name: impl Into<String>,
        check: impl Fn() -> R + Send + Sync + 'static,
    ) {
        self.register(Check::new(name, check));
    }

    /// Adds a check by a future, see [`Check::from_async`].
    pub fn register_async_check<F: Future<Output: Into<CheckResult>>>(
        &self,
        name: impl Into<String>,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) {
        self.register(Check::from_async(name, check));
    }

    /// Takes a check away, if there is such a one.
    pub fn unregister(&self, name: &str) {
        self.entries().remove(name);
    }

    /// Asks all checks, in parallel, and waits for the slowest or its timeout.
    #[must_use]
    pub fn health(&self) -> Health {
        self.report(None, self.ask(|_| true))
    }

    /// Whether the process runs, which it does: no check can make a program be killed.
    ///
    /// ```
    /// use perf_monitor::health::{HealthRegistry, Status};
    /// assert_eq!(HealthRegistry::new().liveness().status, Status::Up);
    /// ```
    #[must_use]
    pub fn liveness(&self) -> Health {
        self.report(None, Vec::new())
    }

    /// Whether it should be sent work: what it cannot do without works, and it is not draining.
    ///
    /// ```
    /// use perf_monitor::health::{HealthRegistry, Status};
    /// let health = HealthRegistry::new();
    /// health.set_draining(true);
    /// assert_eq!(health.readiness().status, Status::Down);
    /// ```
    #[must_use]
    pub fn readiness(&self) -> Health {
        let is_draining = self.shared.is_draining.load(Relaxed);
        self.report(is_draining.then_some("draining"), self.ask(|check| check.is_critical))
    }

    /// Whether it has [`started`](Self::started).
    #[must_use]
    pub fn startup(&self) -> Health {
        let has_started = self.shared.has_started.load(Relaxed);
        self.report((!has_started).then_some("starting"), Vec::new())
    }

    /// The program has started.
    ///
    /// ```
    /// use perf_monitor::health::{HealthRegistry, Status};
    /// let health = HealthRegistry::new();
    /// assert_eq!(health.startup().status, Status::Down);
    /// health.started();
    /// assert_eq!(health.startup().status, Status::Up);
    /// ```
    pub fn started(&self) {
        self.shared.has_started.store(true, Relaxed);
    }

    /// Whether to send the program no more work, as before it ends.
    pub fn set_draining(&self, is_draining: bool) {
        self.shared.is_draining.store(is_draining, Relaxed);
    }

    /// How long it has been running.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.shared.began.elapsed()
    }

    #[cfg(feature = "store")]
    pub(crate) fn version_text(&self) -> Option<&str> {
        self.version.as_deref()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Entry>>> {
        heal(self.shared.entries.lock())
    }

    /// Starts all that is to be asked before it waits for any.
    fn ask(&self, wanted: impl Fn(&Check) -> bool) -> Vec<CheckReport> {
        let entries: Vec<_> = self.entries().values().cloned().collect();
        let wanted = || entries.iter().filter(|entry| wanted(&entry.check));
        wanted().for_each(Entry::start);
        wanted().map(|entry| entry.wait()).collect()
    }

    fn report(&self, wrong: Option<&str>, checks: Vec<CheckReport>) -> Health {
        let worst = checks.iter().map(CheckReport::counts_as).max().unwrap_or(Status::Up);
        Health {
            status: wrong.map_or(worst, |_| Status::Down),
            output: wrong.map(str::to_owned),
            checks,
            uptime: self.uptime(),
            version: self.version.as_deref().map(str::to_owned),
            release_id: self.release_id.as_deref().map(str::to_owned),
            time: SystemTime::now(),
        }
    }
}

impl Default for HealthRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HealthRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthRegistry").field("version", &self.version).finish_non_exhaustive()
    }
}
