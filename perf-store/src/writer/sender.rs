//! The thread.

use super::{
    WriterBuilder,
    shared::{Next, Shared},
};
use crate::{
    error::{Result, StoreError},
    model::{Instance, Interval},
    open::open,
    spool::Spool,
    store::Store,
};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// So many hours and days are rolled up before intervals are sent again.
const AT_ONCE: usize = 20;

pub(super) struct Sender {
    options: WriterBuilder,
    shared: Arc<Shared>,
    /// The one whose intervals are written now.
    own: String,
    store: Option<Box<dyn Store>>,
    pauses: ExponentialBackoff,
    /// When to roll up and to forget; at first once something was stored.
    upkeep: Option<Instant>,
    has_kept_up: bool,
    /// Since the last interval that was stored: it may have been stored without an answer.
    has_failed: bool,
}

impl Sender {
    pub(super) fn new(options: WriterBuilder, shared: Arc<Shared>, own: String) -> Self {
        let pauses = pauses(&options);
        Self {
            options,
            shared,
            own,
            store: None,
            pauses,
            upkeep: None,
            has_kept_up: false,
            has_failed: false,
        }
    }

    pub(super) fn run(&mut self) {
        while self.step() {}
        self.shared.end();
    }

    /// Whether it goes on. A panic, as of a subscriber of the log, ends one step.
    fn step(&mut self) -> bool {
        let next = self.shared.next(self.until_upkeep());
        let is_end = matches!(next, Next::Stop);
        let done = catch_unwind(AssertUnwindSafe(|| {
            let sent = self.send_next(next);
            if sent.is_ok() {
                self.keep_up_if_due();
            }
            sent
        }));
        let panicked = || Err(StoreError::Failed("sending to the store panicked".into()));
        match done.unwrap_or_else(|_| panicked()) {
            Ok(()) => self.pauses = pauses(&self.options),
            Err(error) => self.failed(error),
        }
        !is_end
    }

    fn send_next(&mut self, next: Next) -> Result {
        match next {
            Next::Stop | Next::Nothing => Ok(()),
            Next::File(path) => self.send_file(&path),
            Next::Memory(kept) => self.send(None, &kept.0, &kept.1),
        }
    }

    fn send_file(&mut self, path: &Path) -> Result {
        match Spool::read(path) {
            Ok((instance, interval)) => self.send(Some(path), &instance, &interval),
            Err(error @ StoreError::Corrupt { .. }) => {
                self.shared.set_aside(Some(path), 0, &error);
                Ok(())
            }
            Err(_) if !path.exists() => {
                self.shared.gone(path);
                Ok(())
            }
            Err(error) => {
                self.shared.postpone(path);
                Err(error)
            }
        }
    }

    fn send(&mut self, path: Option<&Path>, instance: &Instance, interval: &Interval) -> Result {
        match self.store()?.write(instance, interval) {
            Ok(is_new) => {
                if !is_new && !self.has_failed && instance.id == self.own {
                    let id = &instance.id;
                    tracing::warn!(
                        target: "perf::store",
                        "an instance of the id {id} has been there before: its intervals count once"
                    );
                }
                self.has_failed = false;
                self.shared.stored(path, interval.sequence);
                self.upkeep.get_or_insert_with(Instant::now);
            }
            Err(error) if error.is_of_data() => {
                self.shared.set_aside(path, interval.sequence, &error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn store(&mut self) -> Result<&dyn Store> {
        let store = match self.store.take() {
            Some(store) => store,
            None => open(&self.options.url)?,
        };
        Ok(&**self.store.insert(store))
    }

    fn until_upkeep(&self) -> Duration {
        self.upkeep.map_or(self.options.upkeep, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Rolls up and forgets, if it is time to. When it is to stop, only if it never has: programs that
    /// run for minutes only would never do it.
    fn keep_up_if_due(&mut self) {
        let is_due = self.upkeep.is_some_and(|at| at <= Instant::now());
        let is_too_late =
            self.shared.time_to_stop().is_some_and(|left| self.has_kept_up || left.is_zero());
        if !is_due || is_too_late {
            return;
        }
        self.has_kept_up = true;
        let every = self.options.upkeep;
        match self.keep_up() {
            Ok(is_more) => {
                let pause = if is_more { Duration::ZERO } else { every };
                self.upkeep = Some(Instant::now() + pause);
            }
            Err(error) => {
                // Others can be sent all the same.
                self.upkeep = Some(Instant::now() + every);
                tracing::warn!(target: "perf::store", "intervals cannot be rolled up or forgotten: {error}");
            }
        }
    }

    /// Whether there is more to do.
    fn keep_up(&mut self) -> Result<bool> {
        let retention = self.options.retention;
        let store = self.store()?;
        let now = store.upkeep_time()?;
        let rolled = store.roll_up(now, AT_ONCE);
        let is_more = rolled.as_ref().is_ok_and(|rolled| !rolled.is_done && !rolled.is_busy);
        if !is_more {
            // Though nothing could be rolled up: the disk is not to fill.
            store.retain(now, &retention)?;
        }
        rolled.map(|_| is_more)
    }

    fn failed(&mut self, error: StoreError) {
        self.has_failed = true;
        self.shared.failed(error);
        self.shared.pause(self.pauses.next().unwrap_or(self.options.pauses.1));
    }
}

fn pauses(options: &WriterBuilder) -> ExponentialBackoff {
    let (first, longest) = options.pauses;
    let pauses = ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest);
    pauses.with_jitter().without_max_times().build()
}
