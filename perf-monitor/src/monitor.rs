//! The thread that hands snapshots on.

use crate::{
    alert::Alert,
    health::HealthRegistry,
    notify::{Delivery, Undelivered},
    report::{Metrics, SHORTEST_INTERVAL, checked_interval},
    rules::Rules,
    setup::{Setup, StartError},
    system::{Probes, Watch},
    windows::Windows,
};
use perf_core::{__bridge::heal, RecentCall, Registry, Snapshot};
use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
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
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Taken when it stops.
    delivery: Option<Arc<Delivery>>,
    health: HealthRegistry,
    /// Kept for as long as they are wanted.
    _watch: Option<Watch>,
    _probes: Option<Probes>,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("registry", &self.shared.registry).finish_non_exhaustive()
    }
}

/// What the thread and the handle have together.
struct Shared {
    registry: Registry,
    state: Mutex<State>,
    /// Rung when something changes that the thread waits for.
    bell: Condvar,
}

struct State {
    windows: Windows,
    rules: Rules,
    /// How often windows take in what happened, and how often the rules are looked at.
    step: Duration,
    interval: Duration,
    /// When the next of each is due.
    next_step: Instant,
    next_check: Instant,
    report: Option<Report>,
    is_stopping: bool,
}

/// The periodic report.
pub(crate) struct Report {
    pub(crate) every: Duration,
    pub(crate) emit: fn(&Metrics),
    next: Instant,
}

impl Report {
    pub(crate) fn new(every: Duration, emit: fn(&Metrics)) -> Self {
        Self { every, emit, next: later(Instant::now(), every) }
    }
}

impl Monitor {
    pub(crate) fn run(setup: Setup) -> Result<Self, StartError> {
        let now = Instant::now();
        let Setup { registry, windows, rules, step, interval, report, delivery, .. } = setup;
        let state = State {
            windows,
            rules,
            step,
            interval,
            next_step: later(now, step),
            next_check: later(now, interval),
            report,
            is_stopping: false,
        };
        let shared = Arc::new(Shared { registry, state: Mutex::new(state), bell: Condvar::new() });
        // What there is before the first tick began before it.
        heal(shared.state.lock()).windows.push(shared.registry.snapshot());
        let delivery = Arc::new(delivery);
        let (watched, sent) = (Arc::clone(&shared), Arc::clone(&delivery));
        let thread = thread::Builder::new().name("perfkit-monitor".into());
        let thread = thread.spawn(move || watch(&watched, &sent)).map_err(StartError::Thread)?;
        Ok(Self {
            shared,
            thread: Some(thread),
            delivery: Some(delivery),
            health: setup.health,
            _watch: setup.watch,
            _probes: setup.probes,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        heal(self.shared.state.lock())
    }

    /// Takes a snapshot and looks at the rules now, beside doing so at each interval.
    pub fn tick(&self) {
        if let Some(delivery) = &self.delivery {
            check(&self.shared, delivery);
        }
    }

    /// What happened in the last so much time, up to the last tick; `None` while nothing did. Any length
    /// up to the longest window is known.
    #[must_use]
    pub fn window(&self, length: Duration) -> Option<Snapshot> {
        self.state().windows.over(length)
    }

    /// The alerts that fire now.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.state().rules.active().cloned().collect()
    }

    /// What happened since the start, or the last [`reset`](Self::reset), as of now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.shared.registry.snapshot())
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

    /// Reports as an event of `tracing` every so often, from now on. An interval under ten seconds is
    /// refused: it is a minute then, and a warning says so.
    pub fn start_reporting(&self, every: Duration) {
        let (every, warning) = checked_interval(every, SHORTEST_INTERVAL);
        if let Some(warning) = warning {
            tracing::warn!(target: "perfkit", "{warning}");
        }
        self.state().report = Some(Report::new(every, Metrics::emit));
        self.shared.bell.notify_all();
    }

    /// Reports no more.
    pub fn stop_reporting(&self) {
        self.state().report = None;
    }

    /// Sets the registry to zero, see [`Registry::reset`]. Windows keep what was in them.
    pub fn reset(&self) {
        self.shared.registry.reset();
    }

    /// Ends the thread after a last tick, and sends what is still to be sent, for at most five seconds.
    /// Returns what could not be.
    #[must_use = "alerts that were not sent are in it"]
    pub fn stop(mut self) -> Vec<Undelivered> {
        self.end()
    }

    fn end(&mut self) -> Vec<Undelivered> {
        let Some(thread) = self.thread.take() else { return Vec::new() };
        self.tick();
        self.state().is_stopping = true;
        self.shared.bell.notify_all();
        // It has caught whatever panicked in it.
        let _ = thread.join();
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

/// The thread.
fn watch(shared: &Shared, delivery: &Delivery) {
    while let Some(due) = wait(shared) {
        // Somebody's gauge may panic, or a subscriber: that ends this turn, not the watch.
        let turn = std::panic::AssertUnwindSafe(|| due.run(shared, delivery));
        if std::panic::catch_unwind(turn).is_err() {
            tracing::error!(target: "perfkit", "what was watched panicked; watching goes on");
        }
    }
}

/// What is to be done in a turn.
struct Due {
    step: bool,
    check: bool,
    report: Option<fn(&Metrics)>,
}

impl Due {
    fn run(&self, shared: &Shared, delivery: &Delivery) {
        if self.check {
            check(shared, delivery);
        } else if self.step {
            step(shared);
        }
        if let Some(emit) = self.report {
            emit(&Metrics::of(&shared.registry.snapshot()));
        }
    }
}

/// Waits until something is due; `None` when the watch is to end.
fn wait(shared: &Shared) -> Option<Due> {
    let mut state = heal(shared.state.lock());
    loop {
        if state.is_stopping {
            return None;
        }
        let now = Instant::now();
        let due = state.due(now);
        if due.check || due.step || due.report.is_some() {
            return Some(due);
        }
        let until = state.next().saturating_duration_since(now);
        state = heal(shared.bell.wait_timeout(state, until)).0;
    }
}

impl State {
    fn next(&self) -> Instant {
        let report = self.report.as_ref().map(|report| report.next);
        report.into_iter().fold(self.next_step.min(self.next_check), Instant::min)
    }

    /// What is due, which is then due again later: what was missed meanwhile is not made up for.
    fn due(&mut self, now: Instant) -> Due {
        let is_due = |next: &mut Instant, every| {
            let is_due = *next <= now;
            if is_due {
                *next = later(now, every);
            }
            is_due
        };
        let step = is_due(&mut self.next_step, self.step);
        let check = is_due(&mut self.next_check, self.interval);
        let report = self.report.as_mut().filter(|report| report.next <= now);
        let report = report.map(|report| {
            report.next = later(now, report.every);
            report.emit
        });
        Due { step, check, report }
    }
}

fn step(shared: &Shared) {
    // Before the lock: others' gauges are asked for theirs.
    let snapshot = shared.registry.snapshot();
    heal(shared.state.lock()).windows.push(snapshot);
}

fn check(shared: &Shared, delivery: &Delivery) {
    let snapshot = shared.registry.snapshot();
    let mut state = heal(shared.state.lock());
    let State { windows, rules, .. } = &mut *state;
    windows.push(snapshot);
    // In the lock, so that what one check found is sent before what the next one does.
    delivery.send(rules.evaluate(windows, SystemTime::now()));
}

/// A time that far away is never.
fn later(now: Instant, by: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
    now.checked_add(by.min(FAR)).unwrap_or(now)
}
