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
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

/// So many hours and days are rolled up before intervals are sent again.
const AT_ONCE: usize = 20;

pub(super) struct Sender {
    options: WriterBuilder,
    shared: Arc<Shared>,
    store: Option<Box<dyn Store>>,
    pauses: ExponentialBackoff,
    /// When to roll up and to forget.
    upkeep: Instant,
}

impl Sender {
    pub(super) fn new(options: WriterBuilder, shared: Arc<Shared>) -> Self {
        let (pauses, upkeep) = (pauses(&options), Instant::now() + options.upkeep);
        Self { options, shared, store: None, pauses, upkeep }
    }

    pub(super) fn run(&mut self) {
        loop {
            let until_upkeep = self.upkeep.saturating_duration_since(Instant::now());
            let done = match self.shared.next(until_upkeep) {
                Next::Stop => return,
                Next::Nothing => Ok(()),
                Next::File(path) => self.send_file(&path),
                Next::Memory(kept) => self.send(None, &kept.0, &kept.1),
            };
            let done = done.and_then(|()| self.keep_up());
            match done {
                Ok(()) => self.pauses = pauses(&self.options),
                Err(error) => self.failed(error),
            }
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
            Err(error) => Err(error),
        }
    }

    fn send(&mut self, path: Option<&Path>, instance: &Instance, interval: &Interval) -> Result {
        match self.store()?.write(instance, interval) {
            Ok(_) => self.shared.stored(path, interval.sequence),
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

    /// Rolls up and forgets, if it is time to.
    fn keep_up(&mut self) -> Result {
        if Instant::now() < self.upkeep {
            return Ok(());
        }
        let (every, retention) = (self.options.upkeep, self.options.retention);
        let store = self.store()?;
        let now = SystemTime::now();
        let rolled = store.roll_up(now, AT_ONCE)?;
        let is_more = !rolled.is_done && !rolled.is_busy;
        if !is_more {
            store.retain(now, &retention)?;
        }
        self.upkeep = Instant::now() + if is_more { Duration::ZERO } else { every };
        Ok(())
    }

    fn failed(&mut self, error: StoreError) {
        self.shared.failed(error);
        self.shared.pause(self.pauses.next().unwrap_or(self.options.pauses.1));
    }
}

fn pauses(options: &WriterBuilder) -> ExponentialBackoff {
    let (first, longest) = options.pauses;
    let pauses = ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest);
    pauses.with_jitter().without_max_times().build()
}
