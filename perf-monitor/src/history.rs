//! What happened, handed to a store from a thread of its own.
//!
//! The thread takes a snapshot each interval, whatever the watch does meanwhile, and gives what is new to
//! perf-store's writer: that writes it to the disk, and brings it to the store. So rules and windows wait
//! for neither.

use crate::{
    alert::Alert,
    clock::Clock,
    config::StoreSettings,
    health::{Check, CheckReport, CheckResult, HealthRegistry, Status},
    setup::StartError,
    watch::{AsInTurn, Shared, survived},
};
use perf_core::{
    __bridge::{heal, later},
    Counter, Gauge, Registry, Snapshot,
};
use perf_store::{
    AlertChange, HealthChange, Instance, Retention, Store, StoreError, Writer, WriterBuilder,
    WriterHandle, WriterStatus,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, OnceLock},
    thread,
    time::{Duration, Instant, SystemTime},
};

const COUNT: &str = "perfkit_store_intervals";
const QUEUED: &str = "perfkit_store_intervals_queued";

/// So many alerts are kept for an interval, should it not end.
const MOST_CHANGES: usize = 10_000;

/// What a monitor remembers, once it is started.
#[derive(Default)]
pub(crate) struct History {
    recorder: OnceLock<Arc<Recorder>>,
    /// Apart from the recorder, which others' gauges may hold up.
    writer: OnceLock<WriterHandle>,
    url: OnceLock<SecretString>,
    /// Alerts that began or ended since the last interval.
    changes: Arc<Mutex<Vec<AlertChange>>>,
}

impl History {
    /// Begins, if the settings name a store. That need not be there.
    pub(crate) fn start(
        &self,
        settings: &StoreSettings,
        shared: &Shared,
        health: &HealthRegistry,
    ) -> Result<(), StartError> {
        let (registry, clock) = (&shared.registry, &shared.clock);
        let Some(url) = settings.url().map_err(StartError::Config)? else { return Ok(()) };
        let instance = Instance::new(health.version_text().unwrap_or_default());
        let writer = writer(settings, &url).start(instance).map_err(StartError::Store)?;
        let _ = (self.writer.set(writer.handle()), self.url.set(url));
        let recorder = Recorder {
            registry: registry.clone(),
            health: health.clone(),
            changes: Arc::clone(&self.changes),
            clock: Arc::clone(clock),
            every: settings.interval,
            taking: Mutex::new(Some(Taking::new(writer, registry, clock))),
            is_stopping: Mutex::new(false),
            bell: Condvar::new(),
        };
        let recorder = self.recorder.get_or_init(|| Arc::new(recorder));
        let running = Arc::clone(recorder);
        let thread = thread::Builder::new().name("perfkit-history".into());
        thread.spawn(move || running.run()).map(drop).map_err(StartError::Thread)
    }

    pub(crate) fn note(&self, alerts: &[Alert]) {
        if self.recorder.get().is_some() {
            let mut changes = heal(self.changes.lock());
            changes.extend(alerts.iter().map(change_of));
            let too_many = changes.len().saturating_sub(MOST_CHANGES);
            changes.drain(..too_many);
        }
    }

    /// Ends the interval now.
    pub(crate) fn record(&self) {
        if let Some(recorder) = self.recorder.get() {
            recorder.record(Vec::new());
        }
    }

    /// The same, if it is as long as it is to be.
    pub(crate) fn record_if_due(&self) {
        if let Some(recorder) = self.recorder.get().filter(|recorder| recorder.is_due()) {
            recorder.record(Vec::new());
        }
    }

    /// Ends the interval, says when that was, and waits until the store has all, for no longer than this.
    pub(crate) fn settle(&self, patience: Duration) -> Result<SystemTime, StoreError> {
        let (recorder, writer) = self.recorder.get().zip(self.writer.get()).ok_or_else(no_store)?;
        let lost = |status: &WriterStatus| status.dropped + status.set_aside;
        let lost_before = lost(&writer.status());
        let within =
            || StoreError::Failed("the monitor has ended, or asks for a gauge just now".into());
        let ended = recorder.record(Vec::new()).ok_or_else(within)?;
        let status = writer.settle(patience);
        if lost(&status) > lost_before {
            return Err(StoreError::Failed(
                "intervals were lost meanwhile: the log says why".into(),
            ));
        }
        if status.waiting == 0 {
            return Ok(ended);
        }
        let waiting = status.waiting;
        let slow =
            || StoreError::Unavailable(format!("{waiting} intervals still wait for the store"));
        Err(status.error.unwrap_or_else(slow))
    }

    /// A connection to the store.
    pub(crate) fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        perf_store::open(self.url.get().ok_or_else(no_store)?.expose_secret())
    }

    pub(crate) fn status(&self) -> Option<WriterStatus> {
        self.writer.get().map(WriterHandle::status)
    }

    pub(crate) fn check(&self) -> Option<Check> {
        let writer = self.writer.get()?.clone();
        let check = Check::new("store", move || found(&writer.status()));
        Some(check.optional().component_type("datastore"))
    }

    /// Takes what a registry holds, which is set to zero, and keeps it. Nothing comes between.
    pub(crate) fn take(&self, registry: &Registry) -> Snapshot {
        self.recorder.get().map_or_else(|| registry.take(), |recorder| recorder.take())
    }

    /// Ends the last interval, and sends what waits for no longer than this.
    pub(crate) fn stop(&self, patience: Duration) {
        if let Some(recorder) = self.recorder.get() {
            recorder.stop(patience);
        }
    }
}

fn found(status: &WriterStatus) -> CheckResult {
    CheckResult::from(status.error.as_ref().map_or(Ok(()), Err)).observed(
        "intervals waiting",
        status.waiting as f64,
        "intervals",
    )
}

fn no_store() -> StoreError {
    StoreError::Url("no store is set: it is named by store.url or PERFKIT_STORE".into())
}

fn change_of(alert: &Alert) -> AlertChange {
    AlertChange {
        rule: alert.rule.clone(),
        labels: alert.labels.clone(),
        severity: alert.severity.as_str().to_owned(),
        status: alert.status.as_str().to_owned(),
        value: Some(alert.value).filter(|value| !value.is_nan()),
        threshold: Some(alert.threshold).filter(|threshold| !threshold.is_nan()),
        at: alert.ended.unwrap_or(alert.started),
        summary: alert.summary.clone(),
    }
}

/// Takes a snapshot each interval.
struct Recorder {
    registry: Registry,
    health: HealthRegistry,
    changes: Arc<Mutex<Vec<AlertChange>>>,
    clock: Arc<Clock>,
    every: Duration,
    /// `None` once it is stopped.
    taking: Mutex<Option<Taking>>,
    is_stopping: Mutex<bool>,
    bell: Condvar,
}

thread_local! {
    /// Whether this thread ends an interval just now, and asks others' gauges.
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
}

/// The state from one interval to the next.
struct Taking {
    writer: Writer,
    /// What there was at the end of the last interval.
    last: Snapshot,
    ended: Instant,
    statuses: BTreeMap<String, Status>,
    figures: Figures,
}

/// How the store does, in the registry that it is the store of.
struct Figures {
    stored: Counter,
    dropped: Counter,
    set_aside: Counter,
    queued: Gauge,
    last: WriterStatus,
}

impl Figures {
    fn new(registry: &Registry) -> Self {
        registry.describe(
            COUNT,
            Some("{interval}"),
            "Intervals on their way to the store, by result",
        );
        registry.describe(QUEUED, Some("{interval}"), "Intervals that wait for the store");
        let count = |result| registry.counter(COUNT, &[("result", result)]);
        Self {
            stored: count("stored"),
            dropped: count("dropped"),
            set_aside: count("set_aside"),
            queued: registry.gauge(QUEUED, &[]),
            last: WriterStatus::default(),
        }
    }

    fn update(&mut self, status: WriterStatus) {
        self.stored.add(status.stored - self.last.stored);
        self.dropped.add(status.dropped - self.last.dropped);
        self.set_aside.add(status.set_aside - self.last.set_aside);
        self.queued.set(status.waiting as f64);
        self.last = status;
    }
}

impl Taking {
    fn new(writer: Writer, registry: &Registry, clock: &Clock) -> Self {
        let (last, figures) = (registry.snapshot(), Figures::new(registry));
        Self { writer, last, ended: clock.instant(), statuses: BTreeMap::new(), figures }
    }
}

/// Until it is dropped.
struct Recording;

impl Drop for Recording {
    fn drop(&mut self) {
        IS_RECORDING.set(false);
    }
}

impl Recorder {
    fn run(&self) {
        let every = self.clock.every(self.every);
        let mut next = later(Instant::now(), every);
        while self.wait(next) {
            survived(|| _ = self.record(self.health_changes()));
            next = later(Instant::now(), every);
        }
    }

    /// Whether the interval is as long as it is to be.
    fn is_due(&self) -> bool {
        if IS_RECORDING.get() {
            return false;
        }
        let taking = heal(self.taking.lock());
        let now = self.clock.instant();
        taking.as_ref().is_some_and(|taking| now.duration_since(taking.ended) >= self.every)
    }

    /// Whether it goes on.
    fn wait(&self, until: Instant) -> bool {
        let mut is_stopping = heal(self.is_stopping.lock());
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if *is_stopping || left.is_zero() {
                return !*is_stopping;
            }
            is_stopping = heal(self.bell.wait_timeout(is_stopping, left)).0;
        }
    }

    /// Ends an interval, and says when. From within a gauge that it asks, it does nothing.
    fn record(&self, health: Vec<HealthChange>) -> Option<SystemTime> {
        if IS_RECORDING.replace(true) {
            return None;
        }
        let _recording = (Recording, AsInTurn::begin());
        let mut taking = heal(self.taking.lock());
        Some(self.keep(taking.as_mut()?, self.registry.snapshot(), health))
    }

    /// Ends an interval with what the registry is set to zero after.
    fn take(&self) -> Snapshot {
        if IS_RECORDING.replace(true) {
            return self.registry.take();
        }
        let _recording = (Recording, AsInTurn::begin());
        let mut taking = heal(self.taking.lock());
        let taken = self.registry.take();
        if let Some(taking) = taking.as_mut() {
            self.keep(taking, taken.clone(), Vec::new());
        }
        taken
    }

    /// The interval's end.
    fn keep(&self, taking: &mut Taking, now: Snapshot, health: Vec<HealthChange>) -> SystemTime {
        // The clock of the day may have been set meanwhile.
        let ended = self.clock.instant();
        let length = ended.duration_since(std::mem::replace(&mut taking.ended, ended));
        let new = now.since(&taking.last);
        let taken = self.clock.time(new.taken());
        let started = taken.checked_sub(length).unwrap_or(new.started());
        let new = new.dated(started, taken);
        taking.last = now;
        let changes = std::mem::take(&mut *heal(self.changes.lock()));
        // It has said so, and what can be kept is.
        let _ = taking.writer.write(new, changes, health);
        taking.figures.update(taking.writer.status());
        taken
    }

    fn stop(&self, patience: Duration) {
        *heal(self.is_stopping.lock()) = true;
        self.bell.notify_all();
        // The thread is not waited for: it may be asking a check that hangs.
        survived(|| _ = self.record(Vec::new()));
        let taking = heal(self.taking.lock()).take();
        let Some(status) = taking.map(|taking| taking.writer.stop(patience)) else { return };
        if status.dropped > 0 {
            let dropped = status.dropped;
            tracing::warn!(target: "perfkit", "{dropped} intervals are lost: nothing could keep them");
        }
        if status.waiting > 0 {
            let (waiting, error) = (status.waiting, status.error);
            let why = error.map(|error| format!(": {error}")).unwrap_or_default();
            tracing::warn!(
                target: "perfkit",
                "{waiting} intervals wait for the store, and are sent at the next start{why}"
            );
        }
    }

    /// Asks all checks, and says which of them are not as they were.
    fn health_changes(&self) -> Vec<HealthChange> {
        let found = self.health.health().checks;
        let mut taking = heal(self.taking.lock());
        let Some(taking) = taking.as_mut() else { return Vec::new() };
        let now = found.iter().map(|check| (check.name.clone(), check.status)).collect();
        let before = std::mem::replace(&mut taking.statuses, now);
        let is_new = |check: &&CheckReport| before.get(&check.name) != Some(&check.status);
        found.iter().filter(is_new).map(health_change).collect()
    }
}

fn health_change(check: &CheckReport) -> HealthChange {
    HealthChange {
        check: check.name.clone(),
        status: check.status.draft_str().to_owned(),
        at: check.time,
        message: check.output.clone().unwrap_or_default(),
    }
}

fn writer(settings: &StoreSettings, url: &SecretString) -> WriterBuilder {
    let url = url.expose_secret();
    let spool = settings.spool.clone().unwrap_or_else(|| perf_store::spool_beside(url));
    WriterBuilder::new(url, spool)
        .spool_bytes(u64::from(settings.spool_megabytes) << 20)
        .retention(Retention::days(settings.retention_days))
}
