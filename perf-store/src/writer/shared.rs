//! What the thread and its owner share.

use crate::{
    error::{Result, StoreError},
    model::{Instance, Interval},
    spool::Spool,
};
use perf_core::__bridge::heal;
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// So many intervals are kept in memory where the spool does not take them.
const IN_MEMORY: usize = 60;

/// How a [`Writer`](crate::Writer) is doing.
///
/// ```
/// let status = perf_store::WriterStatus::default();
/// assert_eq!((status.stored, status.dropped, status.error), (0, 0, None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterStatus {
    /// Intervals the store has taken since the start, or had already.
    pub stored: u64,
    /// Intervals that wait.
    pub waiting: u64,
    /// Intervals that are lost: dropped from a full spool, or from memory.
    pub dropped: u64,
    /// Files that were of no use, and are kept under another name.
    pub set_aside: u64,
    /// What hindered the store last; `None` once it works again.
    pub error: Option<StoreError>,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    File(PathBuf),
    Memory(Box<(Instance, Interval)>),
    Nothing,
    Stop,
}

/// No code of others' runs while it is locked: a subscriber of the log may ask for the status.
#[derive(Debug)]
struct State {
    /// `None` while its folder cannot be used, which is tried again for each interval.
    spool: Option<Spool>,
    memory: VecDeque<(Instance, Interval)>,
    status: WriterStatus,
    /// When to stop at the latest.
    stop: Option<Instant>,
    has_ended: bool,
}

#[derive(Debug)]
pub(super) struct Shared {
    folder: PathBuf,
    /// The most bytes in it.
    limit: u64,
    state: Mutex<State>,
    changed: Condvar,
}

impl State {
    fn remove(&mut self, path: &Path) {
        if let Some(spool) = &mut self.spool {
            spool.remove(path);
        }
    }

    /// How many intervals the store has not taken.
    fn waiting(&self) -> u64 {
        (self.spool.as_ref().map_or(0, Spool::len) + self.memory.len()) as u64
    }

    fn keep_in_memory(&mut self, instance: &Instance, interval: Interval) {
        self.memory.push_back((instance.clone(), interval));
        // The first one may be on its way just now.
        if self.memory.len() > IN_MEMORY {
            self.memory.remove(1);
            self.status.dropped += 1;
        }
    }
}

impl Shared {
    pub(super) fn new(folder: PathBuf, limit: u64) -> Self {
        let opened = Spool::open(&folder, limit);
        if let Err(error) = &opened {
            tracing::error!(target: "perf::store", "intervals are kept in memory only: {error}");
        }
        let state = State {
            spool: opened.ok(),
            memory: VecDeque::new(),
            status: WriterStatus::default(),
            stop: None,
            has_ended: false,
        };
        Self { folder, limit, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        heal(self.state.lock())
    }

    pub(super) fn put(&self, instance: &Instance, interval: Interval) -> Result {
        let mut state = self.state();
        let (put, dropped) = self.spooled(&mut state, instance, &interval);
        state.status.dropped += dropped;
        if put.is_err() {
            state.keep_in_memory(instance, interval);
        }
        drop(state);
        self.changed.notify_all();
        if dropped > 0 {
            tracing::warn!(target: "perf::store", dropped, "the spool is full: its oldest intervals are lost");
        }
        put
    }

    /// Whether the spool has taken it, and how many others it has dropped for it.
    fn spooled(
        &self,
        state: &mut State,
        instance: &Instance,
        interval: &Interval,
    ) -> (Result, u64) {
        let opened = match state.spool.take() {
            Some(spool) => Ok(spool),
            None => Spool::open(&self.folder, self.limit),
        };
        let mut spool = match opened {
            Ok(spool) => spool,
            Err(error) => return (Err(error), 0),
        };
        let before = spool.dropped();
        let put = spool.put(instance, interval);
        let dropped = spool.dropped() - before;
        // Where somebody has removed the folder it is made anew the next time.
        state.spool = Some(spool).filter(|_| put.is_ok() || self.folder.is_dir());
        (put, dropped)
    }

    /// Waits for something to do, no longer than this.
    pub(super) fn next(&self, patience: Duration) -> Next {
        let until = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if state.stop.is_some_and(|stop| Instant::now() >= stop) {
                return Next::Stop;
            }
            if let Some(path) = state.spool.as_ref().and_then(Spool::oldest) {
                return Next::File(path);
            }
            if let Some(kept) = state.memory.front() {
                return Next::Memory(Box::new(kept.clone()));
            }
            if state.stop.is_some() {
                return Next::Stop;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Nothing;
            }
            state = self.waited(state, left);
        }
    }

    fn waited<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        heal(self.changed.wait_timeout(state, time)).0
    }

    /// Waits so long, or until it is to stop.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.state();
        loop {
            let until = state.stop.map_or(until, |stop| until.min(stop));
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.waited(state, left);
        }
    }

    /// How long it may still go on, once it is to stop.
    pub(super) fn time_to_stop(&self) -> Option<Duration> {
        self.state().stop.map(|stop| stop.saturating_duration_since(Instant::now()))
    }

    pub(super) fn stop(&self, latest: Instant) {
        let mut state = self.state();
        state.stop = Some(state.stop.map_or(latest, |stop| stop.min(latest)));
        drop(state);
        self.changed.notify_all();
    }

    /// The thread is no more.
    pub(super) fn end(&self) {
        self.state().has_ended = true;
        self.changed.notify_all();
    }

    /// Waits for the thread, but for no longer than this: a server that does not answer may keep it. What
    /// is in memory only is lost then, and counted.
    pub(super) fn wait_for_the_end(&self, until: Instant) -> WriterStatus {
        let mut state = self.state();
        while !state.has_ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.waited(state, left);
        }
        state.status.dropped += state.memory.len() as u64;
        state.memory.clear();
        drop(state);
        self.status()
    }

    pub(super) fn status(&self) -> WriterStatus {
        let state = self.state();
        WriterStatus { waiting: state.waiting(), ..state.status.clone() }
    }

    /// Waits until nothing waits, or until then.
    pub(super) fn settle(&self, until: Instant) -> WriterStatus {
        let mut state = self.state();
        while state.waiting() > 0 && !state.has_ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.waited(state, left);
        }
        drop(state);
        self.status()
    }

    /// The store has it.
    pub(super) fn stored(&self, path: Option<&Path>, sequence: u64) {
        let mut state = self.state();
        match path {
            Some(path) => state.remove(path),
            None => state.memory.retain(|(_, kept)| kept.sequence != sequence),
        }
        state.status.stored += 1;
        state.status.error = None;
        drop(state);
        self.changed.notify_all();
    }

    /// Nobody will ever want it.
    pub(super) fn set_aside(&self, path: Option<&Path>, sequence: u64, why: &StoreError) {
        let mut state = self.state();
        let spool = state.spool.as_mut();
        let kept = path.zip(spool).and_then(|(path, spool)| spool.set_aside(path, why));
        if kept.is_some() {
            state.status.set_aside += 1;
        } else {
            state.memory.retain(|(_, kept)| path.is_some() || kept.sequence != sequence);
            state.status.dropped += 1;
        }
        drop(state);
        self.changed.notify_all();
        tracing::error!(
            target: "perf::store", kept = ?kept, "an interval cannot be stored: {why}"
        );
    }

    /// It is gone, as another process has sent it.
    pub(super) fn gone(&self, path: &Path) {
        self.state().remove(path);
        self.changed.notify_all();
    }

    /// It cannot be read just now. Others are not to wait for it.
    pub(super) fn postpone(&self, path: &Path) {
        if let Some(spool) = &mut self.state().spool {
            spool.postpone(path);
        }
    }

    /// Tells of a failure once, not at every try.
    pub(super) fn failed(&self, error: StoreError) {
        let told = error.to_string();
        let is_new = self.state().status.error.replace(error).is_none();
        if is_new {
            tracing::warn!(target: "perf::store", "the store cannot be used, intervals wait: {told}");
        }
    }
}
