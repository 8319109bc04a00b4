//! Tasks: a guard around one under way, and the record of one that ended.

use crate::{id::cut, worker::Worker};
use std::time::Duration;

/// The longest time that is believed: some 30 years.
const LONGEST: Duration = Duration::from_secs(1_000_000_000);

/// A task under way. It ends by [`ok`](Self::ok) or [`fail`](Self::fail).
///
/// Dropped without either, it has failed: by a panic, by a `?` that returned early, or as a future that
/// was dropped. Without a panic it is counted as cancelled, too. A task that nobody said succeeded must
/// not make its worker look well.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// let worker = fleet.worker("w1");
/// worker.task("build").ok();
/// worker.task("build").fail();
/// drop(worker.task("build"));
/// let figures = worker.stats().figures;
/// assert_eq!((figures.completed, figures.failed, figures.cancelled), (1, 2, 1));
/// ```
#[derive(Debug)]
#[must_use = "dropped, a task has failed"]
pub struct Task {
    worker: Worker,
    /// Tasks that were under way there when it began.
    others: u64,
    kind: String,
    started: Duration,
    panicking: bool,
    record: TaskRecord,
    is_over: bool,
}

impl Task {
    pub(crate) fn begin(worker: Worker, kind: &str) -> Self {
        let others = worker.begin();
        let started = worker.clock().elapsed();
        Self {
            worker,
            others,
            kind: cut(kind).to_owned(),
            started,
            panicking: std::thread::panicking(),
            record: TaskRecord::new(Duration::ZERO, false),
            is_over: false,
        }
    }

    /// How long it has been under way.
    ///
    /// ```
    /// let clock = perf_fleet::ManualClock::new();
    /// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
    /// let task = fleet.worker("w1").task("build");
    /// clock.advance(std::time::Duration::from_secs(3));
    /// assert_eq!(task.elapsed().as_secs(), 3);
    /// # task.ok();
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.worker.clock().elapsed().saturating_sub(self.started)
    }

    /// What it took of the machine, as far as that is known: for [predictions](crate::predict).
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let mut task = fleet.worker("w1").task("build");
    /// task.used(Some(std::time::Duration::from_secs(2)), Some(64 << 20));
    /// task.ok();
    /// ```
    pub fn used(&mut self, cpu_time: Option<Duration>, memory_bytes: Option<u64>) {
        self.record.cpu_time = cpu_time;
        self.record.memory_bytes = memory_bytes;
    }

    /// It ended well.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// fleet.worker("w1").task("build").ok();
    /// assert_eq!(fleet.worker("w1").stats().figures.completed, 1);
    /// ```
    pub fn ok(mut self) {
        self.end(true, false);
    }

    /// It failed.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// fleet.worker("w1").task("build").fail();
    /// assert_eq!(fleet.worker("w1").stats().figures.failed, 1);
    /// ```
    pub fn fail(mut self) {
        self.end(false, false);
    }

    fn end(&mut self, ok: bool, cancelled: bool) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.record.duration = Some(self.elapsed());
        self.record.ok = ok;
        self.record.kind = Some(std::mem::take(&mut self.kind));
        self.worker.end(&self.record, Some(Guarded { others: self.others, cancelled }));
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let panicked = std::thread::panicking() && !self.panicking;
        self.end(false, !panicked);
    }
}

/// What is known of a task that a guard was there for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guarded {
    pub(crate) others: u64,
    pub(crate) cancelled: bool,
}

/// A task that ended.
///
/// ```
/// use perf_fleet::TaskRecord;
/// use std::time::Duration;
/// let record = TaskRecord::new(Duration::from_secs(90), true)
///     .kind("build")
///     .cpu_time(Duration::from_secs(60))
///     .memory_bytes(512 << 20);
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").record(&record);
/// assert_eq!(fleet.worker("w1").stats().figures.busy_seconds, 90.0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskRecord {
    /// What kind of task it was, if that was said.
    pub kind: Option<String>,
    /// How long it took, if that is known. More than 1e9 seconds counts as that.
    pub duration: Option<Duration>,
    /// Whether it ended well.
    pub ok: bool,
    /// The processor time it took.
    pub cpu_time: Option<Duration>,
    /// The memory it took, in bytes.
    pub memory_bytes: Option<u64>,
}

impl TaskRecord {
    /// A task that took so long, and ended well or not.
    ///
    /// ```
    /// let record = perf_fleet::TaskRecord::new(std::time::Duration::from_secs(1), false);
    /// assert!(!record.ok && record.kind.is_none());
    /// ```
    #[must_use]
    pub fn new(duration: Duration, ok: bool) -> Self {
        Self { duration: Some(duration), ..Self::untimed(ok) }
    }

    /// A task that ended well or not, of which nobody knows how long it took: it only counts.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// worker.record(&perf_fleet::TaskRecord::untimed(true));
    /// let figures = worker.stats().figures;
    /// assert_eq!((figures.completed, figures.mean_seconds), (1, None));
    /// ```
    #[must_use]
    pub fn untimed(ok: bool) -> Self {
        Self { kind: None, duration: None, ok, cpu_time: None, memory_bytes: None }
    }

    /// How long it took, as far as that is believed.
    pub(crate) fn believed(&self) -> Option<Duration> {
        self.duration.map(|duration| duration.min(LONGEST))
    }

    /// Of this kind. A worker's tasks of one kind are compared with others' of the same.
    ///
    /// ```
    /// # use perf_fleet::TaskRecord;
    /// let record = TaskRecord::new(std::time::Duration::ZERO, true).kind("build");
    /// assert_eq!(record.kind.as_deref(), Some("build"));
    /// ```
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }

    /// It took this processor time.
    ///
    /// ```
    /// # use perf_fleet::TaskRecord;
    /// # use std::time::Duration;
    /// let record = TaskRecord::new(Duration::ZERO, true).cpu_time(Duration::from_secs(1));
    /// assert_eq!(record.cpu_time, Some(Duration::from_secs(1)));
    /// ```
    #[must_use]
    pub fn cpu_time(mut self, time: Duration) -> Self {
        self.cpu_time = Some(time);
        self
    }

    /// It took this memory.
    ///
    /// ```
    /// # use perf_fleet::TaskRecord;
    /// let record = TaskRecord::new(std::time::Duration::ZERO, true).memory_bytes(1 << 20);
    /// assert_eq!(record.memory_bytes, Some(1_048_576));
    /// ```
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = Some(bytes);
        self
    }
}
