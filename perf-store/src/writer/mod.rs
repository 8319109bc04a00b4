//! A thread that brings intervals to a store.

mod sender;
mod shared;

use crate::{
    error::Result,
    model::{AlertChange, HealthChange, Instance, Interval},
    open::Place,
    store::Retention,
};
use perf_core::{__bridge::later, Snapshot, SnapshotParts};
use sender::Sender;
use shared::Shared;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

pub use shared::WriterStatus;

/// How long the last question to the store may take, beyond the patience there is.
const LAST_ANSWER: Duration = Duration::from_millis(100);

/// How a [`Writer`] works.
///
/// ```
/// use perf_store::WriterBuilder;
/// let builder = WriterBuilder::new("sqlite:perfkit.db", "spool").digits(3).spool_bytes(1 << 20);
/// ```
#[derive(Clone)]
pub struct WriterBuilder {
    url: String,
    folder: PathBuf,
    bytes: u64,
    digits: u8,
    pauses: (Duration, Duration),
    upkeep: Duration,
    retention: Retention,
}

/// Without the URL, in which there may be a password.
impl std::fmt::Debug for WriterBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriterBuilder").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl WriterBuilder {
    /// Writes to the store of a URL, see [`open`](crate::open), by way of a spool in a folder.
    #[must_use]
    pub fn new(url: &str, folder: impl AsRef<Path>) -> Self {
        Self {
            url: url.to_owned(),
            folder: folder.as_ref().to_owned(),
            bytes: 64 << 20,
            digits: 2,
            pauses: (Duration::from_millis(500), Duration::from_secs(30)),
            upkeep: Duration::from_secs(300),
            retention: Retention::default(),
        }
    }

    /// The most bytes the spool may have. Otherwise 64 MiB.
    #[must_use]
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// The significant digits that durations keep, 1 to 5. Otherwise 2: percentiles are within 1 %.
    #[must_use]
    pub fn digits(mut self, digits: u8) -> Self {
        self.digits = digits;
        self
    }

    /// How long to wait after the first failure, and at most. Otherwise half a second and 30 s.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.pauses = (first, longest);
        self
    }

    /// How often to roll up and to forget what is old. Otherwise every 5 minutes.
    #[must_use]
    pub fn upkeep_every(mut self, time: Duration) -> Self {
        self.upkeep = time;
        self
    }

    /// How long to keep what is stored. Otherwise [`Retention::default`].
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Starts the thread. The store need not be there, and where the spool cannot be used intervals are
    /// kept in memory, as [`Writer::write`] says, and the log has an error.
    ///
    /// # Errors
    ///
    /// The URL is not understood, or there is no thread to be had.
    pub fn start(self, instance: Instance) -> Result<Writer> {
        Place::of(&self.url)?;
        let shared = Arc::new(Shared::new(self.folder.clone(), self.bytes));
        let digits = self.digits;
        let mut sender = Sender::new(self, Arc::clone(&shared), instance.id.clone());
        let thread = thread::Builder::new().name("perfkit-store".into());
        thread.spawn(move || sender.run()).map_err(|error| {
            crate::StoreError::Failed(format!("no thread for the store: {error}"))
        })?;
        Ok(Writer { shared, instance, digits, sequence: 0 })
    }
}

/// Brings intervals to a store, in order, and waits for it while it is away.
///
/// ```
/// use perf_store::{Instance, WriterBuilder};
/// use std::time::Duration;
///
/// let folder = std::env::temp_dir().join(format!("perfkit-writer-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let url = format!("sqlite:{}", folder.join("perfkit.db").display());
/// let mut writer = WriterBuilder::new(&url, folder.join("spool")).start(Instance::new("1.4.0"))?;
///
/// let registry = perf_core::Registry::new();
/// let before = registry.snapshot();
/// registry.record("job", Duration::from_millis(2));
/// writer.write(registry.snapshot().since(&before), Vec::new(), Vec::new())?;
///
/// let status = writer.stop(Duration::from_secs(10));
/// assert_eq!((status.stored, status.waiting), (1, 0));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    instance: Instance,
    digits: u8,
    sequence: u64,
}

/// How a [`Writer`] is doing, from any thread, whatever the writer does just now.
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("perfkit-handle-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let url = format!("sqlite:{}", folder.join("perfkit.db").display());
/// # use perf_store::{Instance, WriterBuilder};
/// let writer = WriterBuilder::new(&url, folder.join("spool")).start(Instance::new("1.4.0"))?;
/// let handle = writer.handle();
/// assert_eq!(handle.status().waiting, 0);
/// # drop(writer); std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct WriterHandle(Arc<Shared>);

impl WriterHandle {
    /// How it goes.
    #[must_use]
    pub fn status(&self) -> WriterStatus {
        self.0.status()
    }

    /// Waits until the store has taken all that there is, and no longer than this. What an earlier run or
    /// another program has left in the same spool is waited for too. Says how it goes then.
    ///
    /// ```
    /// # use perf_store::{Instance, Query, Store as _, WriterBuilder, open};
    /// # use std::time::{Duration, SystemTime};
    /// # let folder = std::env::temp_dir().join(format!("perfkit-settle-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let url = format!("sqlite:{}", folder.join("perfkit.db").display());
    /// # let mut writer = WriterBuilder::new(&url, folder.join("spool")).start(Instance::new("1"))?;
    /// let registry = perf_core::Registry::new();
    /// registry.counter("hits", &[]).add(3);
    /// let snapshot = registry.snapshot();
    /// let now = snapshot.taken();
    /// writer.write(snapshot, Vec::new(), Vec::new())?;
    /// assert_eq!(writer.handle().settle(Duration::from_secs(10)).waiting, 0);
    /// let last = Query::new(now - Duration::from_secs(60), now);
    /// assert_eq!(open(&url)?.counters(&last)?[0].value, 3);
    /// # drop(writer); std::fs::remove_dir_all(folder).unwrap();
    /// # Ok::<_, perf_store::StoreError>(())
    /// ```
    #[must_use = "it tells whether something still waits"]
    pub fn settle(&self, patience: Duration) -> WriterStatus {
        self.0.settle(later(Instant::now(), patience))
    }
}

/// What waits stays in the spool, for the next start.
impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.stop(Instant::now());
    }
}

impl Writer {
    /// Takes what happened since the last time. It waits for the disk, and not for the store: once it
    /// returns, no more than a power cut in the disk's own cache can lose the interval, and being killed
    /// does not.
    ///
    /// # Errors
    ///
    /// It could not be written to the spool, as on a full disk. Then it is kept in memory, and sent after
    /// what is in the spool; so are no more than 60.
    pub fn write(
        &mut self,
        snapshot: Snapshot,
        alerts: Vec<AlertChange>,
        health: Vec<HealthChange>,
    ) -> Result {
        let snapshot = kept(snapshot, self.digits);
        let interval = Interval { sequence: self.sequence, snapshot, alerts, health };
        self.sequence += 1;
        self.shared.put(&self.instance, interval)
    }

    /// How it goes.
    #[must_use]
    pub fn status(&self) -> WriterStatus {
        self.shared.status()
    }

    /// The same, for whoever does not have the writer.
    #[must_use]
    pub fn handle(&self) -> WriterHandle {
        WriterHandle(Arc::clone(&self.shared))
    }

    /// Sends what waits, but not for longer than this; the rest is sent at the next start. A store that
    /// does not answer is not waited for either.
    #[must_use = "it tells whether something still waits"]
    pub fn stop(self, patience: Duration) -> WriterStatus {
        let until = later(Instant::now(), patience);
        self.shared.stop(until);
        self.shared.wait_for_the_end(until + LAST_ANSWER)
    }
}

/// What the store keeps of a snapshot: no descriptions, and nobody's callers.
fn kept(snapshot: Snapshot, digits: u8) -> Snapshot {
    let state = snapshot.state();
    let mut snapshot = snapshot.condensed(digits);
    snapshot.merge(&state);
    let mut parts = SnapshotParts::from(&snapshot);
    parts.descriptions.clear();
    parts.operations.iter_mut().for_each(|operation| operation.callers.clear());
    parts.into()
}
