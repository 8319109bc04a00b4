//! The handle of the thread that watches.

use crate::{
    alert::Alert,
    config::{ConfigError, HttpSettings, StoreSettings},
    health::HealthRegistry,
    notify::{Delivery, Undelivered},
    report::{Metrics, SHORTEST_INTERVAL, checked_interval},
    rules::RuleDescription,
    setup::{Setup, StartError},
    system::{Probes, Watch},
    watch::{Shared, State, watch},
};
use perf_core::{RecentCall, Registry, Snapshot};
#[cfg(feature = "http")]
use std::net::SocketAddr;
use std::{
    fmt,
    sync::{Arc, MutexGuard},
    thread::{self, JoinHandle},
    time::Duration,
};

/// How long [`Drop`] waits for what is still to be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Watches a registry from a thread of its own, until it is stopped or dropped.
///
/// ```
/// use perf_core::Registry;
/// use perf_monitor::{Monitor, notify::Log, rules::{Rule, Statistic}};
///
/// let registry = Registry::new();
/// let slow = Rule::new("slow jobs", Statistic::Mean).of("job").above(0.5);
/// let monitor =
///     Monitor::builder().registry(&registry).rule(slow).notifier(Log).start()?;
///
/// registry.record("job", std::time::Duration::from_secs(1));
/// monitor.tick();
/// registry.record("job", std::time::Duration::from_secs(1));
/// monitor.tick();
/// assert_eq!(monitor.alerts()[0].rule, "slow jobs");
/// assert_eq!(monitor.metrics().all.total, 2);
/// assert!(monitor.stop().is_empty(), "all was sent");
/// # Ok::<(), perf_monitor::StartError>(())
/// ```
pub struct Monitor {
    pub(crate) shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Taken when it stops.
    delivery: Option<Arc<Delivery>>,
    health: HealthRegistry,
    #[cfg(feature = "http")]
    server: Option<crate::http::Server>,
    /// Kept for as long as they are wanted.
    _watch: Option<Watch>,
    _probes: Option<Probes>,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("registry", &self.shared.registry).finish_non_exhaustive()
    }
}

impl Monitor {
    pub(crate) fn run(setup: Setup) -> Result<Self, StartError> {
        let mut windows = setup.windows;
        setup.earlier.into_iter().for_each(|snapshot| windows.push(snapshot));
        let state = State::new(windows, setup.shown, setup.rules, &setup.timing);
        let shared = Arc::new(Shared::new(setup.registry, setup.source, setup.clock, state));
        // What there is before the first tick began before it.
        shared.step();
        let delivery = Arc::new(setup.delivery);
        let (watched, sent) = (Arc::clone(&shared), Arc::clone(&delivery));
        let thread = thread::Builder::new().name("perfkit-monitor".into());
        let thread = thread.spawn(move || watch(&watched, &sent)).map_err(StartError::Thread)?;
        Ok(Self {
            shared,
            thread: Some(thread),
            delivery: Some(delivery),
            health: setup.health,
            #[cfg(feature = "http")]
            server: None,
            _watch: setup.watch,
            _probes: setup.probes,
        })
    }

    /// Serves it, where the settings say a port. A port that cannot be had is an error in the log: it is
    /// no reason not to watch.
    #[cfg(feature = "http")]
    pub(crate) fn listen(&mut self, settings: &HttpSettings) -> Result<(), ConfigError> {
        let Some(http) = crate::http::Http::configured(settings)? else { return Ok(()) };
        match http.serve(self) {
            Ok(server) => {
                let address = server.address();
                tracing::info!(target: "perfkit", "serving http://{address}/");
                self.server = Some(server);
            }
            Err(error) => tracing::error!(target: "perfkit", "nothing is served: {error}"),
        }
        Ok(())
    }

    #[cfg(not(feature = "http"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "there is nothing to serve")]
    pub(crate) fn listen(&mut self, settings: &HttpSettings) -> Result<(), ConfigError> {
        if settings.port.is_some() {
            tracing::error!(target: "perfkit", "nothing is served without the feature `http`");
        }
        Ok(())
    }

    /// Remembers, where the settings say a store.
    #[cfg(feature = "store")]
    pub(crate) fn remember(&mut self, settings: &StoreSettings) -> Result<(), StartError> {
        self.shared.history.start(settings, &self.shared, &self.health)
    }

    #[cfg(not(feature = "store"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "there is nothing to start")]
    pub(crate) fn remember(&mut self, settings: &StoreSettings) -> Result<(), StartError> {
        if settings.url.is_some() || settings.url_file.is_some() {
            tracing::error!(target: "perfkit", "nothing is remembered without the feature `store`");
        }
        Ok(())
    }

    /// Where it serves, if the settings say a port, and that could be had.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(crate::http::Server::address)
    }

    /// What it knows, for those that only read it.
    #[cfg(feature = "http")]
    pub(crate) fn view(&self) -> crate::view::View {
        crate::view::View::new(Arc::clone(&self.shared), self.health.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Takes a snapshot and looks at the rules now, beside doing so at each interval. A tick that is
    /// under way is waited for. From within one, by a gauge or a subscriber that it calls, it does
    /// nothing.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config};
    /// let registry = perf_core::Registry::new();
    /// let monitor = Monitor::builder().config(Config::from_toml("")?).registry(&registry).start()?;
    /// registry.record("job", std::time::Duration::from_millis(3));
    /// monitor.tick();
    /// let minute = monitor.window(std::time::Duration::from_secs(60)).unwrap();
    /// assert_eq!(minute.get("job").unwrap().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tick(&self) {
        if let Some(delivery) = &self.delivery {
            self.shared.check(delivery);
        }
    }

    /// Lets [simulated](crate::Builder::simulated) time pass, and then ticks; and ends the interval that is
    /// remembered, where it has become as long as the settings say. The system's time passes by itself:
    /// where nothing is simulated, this only ticks.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config};
    /// # use std::time::{Duration, SystemTime};
    /// let registry = perf_core::Registry::new();
    /// let monitor = Monitor::builder()
    ///     .config(Config::from_toml("")?)
    ///     .registry(&registry)
    ///     .simulated(SystemTime::UNIX_EPOCH)
    ///     .start()?;
    /// for _ in 0..3 {
    ///     registry.record("job", Duration::from_secs(2));
    ///     monitor.advance(Duration::from_secs(60));
    /// }
    /// let minute = monitor.window(Duration::from_secs(60)).unwrap();
    /// assert_eq!((minute.get("job").unwrap().count(), minute.elapsed().as_secs()), (1, 60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.tick();
        #[cfg(feature = "store")]
        if self.shared.clock.is_simulated() {
            self.shared.history.record_if_due();
        }
    }

    /// What happened in the last so much time, up to the last tick; `None` while nothing did. Any length
    /// up to the longest window is known.
    #[must_use]
    pub fn window(&self, length: Duration) -> Option<Snapshot> {
        // Merged without the lock.
        let windows = Arc::clone(&self.state().windows);
        windows.over(length)
    }

    /// The alerts that fire now.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.state().rules.active().cloned().collect()
    }

    /// The alerts that would fire if it stayed as it is, each with how long it has been so. Their
    /// `started` is when they became pending.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config, rules::{Rule, Statistic}};
    /// let registry = perf_core::Registry::new();
    /// let full = Rule::new("full", Statistic::Gauge).of("queue").above(50.0);
    /// let monitor = Monitor::builder()
    ///     .config(Config::from_toml("")?)
    ///     .registry(&registry)
    ///     .rule(full.hold(std::time::Duration::from_secs(60)))
    ///     .start()?;
    /// registry.gauge("queue", &[]).set(80.0);
    /// monitor.tick();
    /// assert_eq!(monitor.pending()[0].0.rule, "full");
    /// assert!(monitor.alerts().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pending(&self) -> Vec<(Alert, Duration)> {
        self.state().rules.pending().map(|(alert, held)| (alert.clone(), held)).collect()
    }

    /// The last 1,000 times that an alert began or ended, newest last: each as it was told, with its
    /// `status` and times.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config, rules::{Rule, Statistic}};
    /// # let registry = perf_core::Registry::new();
    /// # let full = Rule::new("full", Statistic::Gauge).of("queue").above(50.0);
    /// # let monitor = Monitor::builder()
    /// #     .config(Config::from_toml("")?)
    /// #     .registry(&registry)
    /// #     .rule(full)
    /// #     .start()?;
    /// for depth in [80.0, 20.0] {
    ///     registry.gauge("queue", &[]).set(depth);
    ///     monitor.tick();
    /// }
    /// let history = monitor.alert_history();
    /// assert_eq!(history[0].ended, None);
    /// assert!(history[1].ended >= Some(history[0].started));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn alert_history(&self) -> Vec<Alert> {
        self.state().history.iter().cloned().collect()
    }

    /// What each rule looks for, in their order.
    ///
    /// ```
    /// # use perf_monitor::{Monitor, config::Config, rules::{Rule, Statistic}};
    /// # let config = Config::from_toml("ready_made_rules = false")?;
    /// let full = Rule::new("full", Statistic::Gauge).of("queue").above(50.0);
    /// let monitor = Monitor::builder().config(config).rule(full).start()?;
    /// assert_eq!(monitor.rules()[0].condition, "gauge of queue above 50");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rules(&self) -> Vec<RuleDescription> {
        self.state().rules.descriptions().collect()
    }

    /// What happened since the start, or the last [`reset`](Self::reset), as of now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.shared.snapshot())
    }

    /// The last calls of an operation that was [chosen](crate::Builder::keep_recent), newest last.
    #[must_use]
    pub fn recent(&self, operation: &str) -> Vec<RecentCall> {
        self.shared.registry.recent(operation)
    }

    /// The health checks.
    #[must_use]
    pub fn health(&self) -> &HealthRegistry {
        &self.health
    }

    /// The registry that is watched.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// Reports every so often, from now on, to where the settings or [`report`](crate::Builder::report)
    /// say. An interval under ten seconds is refused: it is a minute then, and a warning says so.
    pub fn start_reporting(&self, every: Duration) {
        let (every, warning) = checked_interval(every, SHORTEST_INTERVAL);
        if let Some(warning) = warning {
            tracing::warn!(target: "perfkit", "{warning}");
        }
        self.state().report_every(every);
        self.shared.ring();
    }

    /// Reports no more.
    pub fn stop_reporting(&self) {
        self.state().report_no_more();
    }

    /// Sets the registry to zero, see [`Registry::reset`], after the windows have taken in what happened
    /// until then. They keep it, and so do alerts: only [`metrics`](Self::metrics) and the report begin
    /// anew. A rule looks back over the reset as if there had been none. What is remembered is kept, too.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Ends the thread after a last tick, and sends what is still to be sent, for at most five seconds to
    /// the store and five to those who are told.
    /// Returns what could not be.
    #[must_use = "alerts that were not sent are in it"]
    pub fn stop(mut self) -> Vec<Undelivered> {
        self.end()
    }

    fn end(&mut self) -> Vec<Undelivered> {
        let Some(thread) = self.thread.take() else { return Vec::new() };
        self.tick();
        self.state().is_stopping = true;
        self.shared.ring();
        // One of its own gauges may have held the last handle: it cannot wait for itself, and ends by
        // itself.
        if thread.thread().id() != thread::current().id() {
            // It has caught whatever panicked in it.
            let _ = thread.join();
        }
        #[cfg(feature = "http")]
        self.shared.hub.end();
        #[cfg(feature = "store")]
        self.shared.history.stop(PATIENCE);
        let delivery = self.delivery.take().and_then(Arc::into_inner);
        delivery.map_or_else(Vec::new, |delivery| delivery.stop(PATIENCE))
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        for left in self.end() {
            let (count, notifier) = (left.alerts.len(), left.notifier);
            tracing::warn!(target: "perfkit", "{count} alerts were not sent by {notifier}");
        }
    }
}
