//! What a monitor remembers, and how that goes: for the program that it watches.

use crate::{Monitor, health::Check};
use perf_store::{Store, StoreError, WriterStatus};
use std::time::{Duration, SystemTime};

impl Monitor {
    /// How it goes with the store, if the settings say one: what it has taken, and what waits for
    /// it.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config};
    /// let folder = std::env::temp_dir().join(format!("perfkit-status-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let url = format!("sqlite:{}", folder.join("perfkit.db").display());
    /// let config = Config::from_toml(&format!("store.url = '{url}'"))?;
    /// let registry = perf_core::Registry::new();
    /// let monitor = Monitor::builder().config(config).registry(&registry).start()?;
    /// registry.record("job", std::time::Duration::from_millis(3));
    /// monitor.remember_now();
    /// assert_eq!(monitor.store_status().unwrap().dropped, 0);
    ///
    /// # let from = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    /// let _ = monitor.stop();
    /// let store = perf_store::open(&url)?;
    /// let query = perf_store::Query::new(from, std::time::SystemTime::now());
    /// assert_eq!(store.operations(&query.name("job"))?[0].value.count(), 1);
    /// # drop(store); std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn store_status(&self) -> Option<WriterStatus> {
        self.shared.history.status()
    }

    /// A check of the store, for the health checks, if the settings name a store: down while it
    /// does not take what happened. The program can do without it for a while, and is degraded
    /// meanwhile.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config, health::Status};
    /// # let folder = std::env::temp_dir().join(format!("perfkit-check-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let url = format!("sqlite:{}", folder.join("perfkit.db").display());
    /// let config = Config::from_toml(&format!("store.url = '{url}'"))?;
    /// let monitor = Monitor::builder().config(config).start()?;
    /// if let Some(check) = monitor.store_check() {
    ///     monitor.health().register(check);
    /// }
    /// assert_eq!(monitor.health().health().status, Status::Up);
    /// # drop(monitor); std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn store_check(&self) -> Option<Check> {
        self.shared.history.check()
    }

    /// Ends the interval that is remembered now, beside doing so each
    /// [`store.interval`](crate::config::StoreSettings::interval). It waits for the disk, not for
    /// the store.
    pub fn remember_now(&self) {
        self.shared.history.record();
    }

    /// Ends the interval that is remembered now, as [`remember_now`](Self::remember_now) does, and
    /// waits until the store has it and all before it. Returns when the interval ended: up to then,
    /// nothing is missing from [the store](Self::store).
    ///
    /// Each call makes one more interval: it is for a report or a command, not for a loop. It waits: within an
    /// async runtime call it by `spawn_blocking`.
    ///
    /// # Errors
    ///
    /// The settings name no store; or it has not taken all within `patience`, and what hinders it.
    /// What happened is sent later then.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config};
    /// # use perf_store::Query;
    /// # use std::time::Duration;
    /// # let folder = std::env::temp_dir().join(format!("perfkit-now-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let url = format!("sqlite:{}", folder.join("perfkit.db").display());
    /// let config = Config::from_toml(&format!("store.url = '{url}'"))?;
    /// let registry = perf_core::Registry::new();
    /// let monitor = Monitor::builder().config(config).registry(&registry).start()?;
    /// registry.counter("orders", &[]).add(3);
    ///
    /// let now = monitor.store_now(Duration::from_secs(5))?;
    /// let day = Query::new(now - Duration::from_secs(86_400), now).name("orders");
    /// assert_eq!(monitor.store()?.counters(&day)?[0].value, 3);
    /// # drop(monitor); std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn store_now(&self, patience: Duration) -> Result<SystemTime, StoreError> {
        self.shared.history.settle(patience)
    }

    /// Opens the store that the settings name, to ask it: beside what this monitor has written,
    /// there is what earlier runs have, and other instances. It is a connection of its own.
    ///
    /// # Errors
    ///
    /// The settings name no store; and what hinders it, see [`open`](perf_store::open).
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config};
    /// let monitor = Monitor::builder().config(Config::from_toml("")?).start()?;
    /// let error = monitor.store().unwrap_err();
    /// assert_eq!(error.to_string(), "no store is set: it is named by store.url or PERFKIT_STORE");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn store(&self) -> Result<Box<dyn Store>, StoreError> {
        self.shared.history.open()
    }
}
