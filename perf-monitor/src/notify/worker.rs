//! The thread of one notifier.

use super::{
    Failure, Notifier,
    http::MOST_OF_A_WAIT,
    lane::{Lane, Paused},
    report::Report,
};
use crate::alert::Alert;
use backon::{BackoffBuilder, ExponentialBuilder};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

/// Doubled each time, and up to twice that at random.
const DELAYS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(60))
    .without_max_times()
    .with_jitter();

pub(super) struct Worker {
    lane: Arc<Lane>,
    notifier: Box<dyn Notifier>,
    most: usize,
    repeat_interval: Option<Duration>,
    report: Report,
}

/// What a user's code gives; `None` if it panics, which is then its hook's to tell.
pub(super) fn caught<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

impl Worker {
    pub(super) fn new(lane: Arc<Lane>, notifier: Box<dyn Notifier>) -> Self {
        Self {
            report: Report::new(lane.notifier.clone()),
            lane,
            most: caught(|| notifier.most()).unwrap_or(1),
            repeat_interval: caught(|| notifier.repeat_interval()).flatten(),
            notifier,
        }
    }

    pub(super) fn run(mut self) {
        while let Some(alerts) = self.lane.next(self.most, self.due()) {
            if !self.deliver(&alerts) {
                break;
            }
        }
        self.lane.over();
    }

    fn due(&self) -> Option<Instant> {
        Instant::now().checked_add(self.repeat_interval?.max(Duration::from_millis(1)))
    }

    /// Sends them until they arrive or are given up; `false` if there is no time left.
    fn deliver(&mut self, alerts: &[Alert]) -> bool {
        let mut delays = DELAYS.build();
        while let Err(failure) = self.send(alerts) {
            if !failure.is_temporary {
                self.report.failed(&failure, alerts.len());
                self.lane.figures.failed.add(self.lane.done());
                return true;
            }
            self.report.late(&failure);
            // What is repeated comes again by itself.
            if alerts.is_empty() {
                return true;
            }
            let delay = delays.next().unwrap_or_default();
            // Never less than the back-off: it might ask for no time at all, for ever.
            let pause = failure.retry_after.unwrap_or_default().min(MOST_OF_A_WAIT).max(delay);
            match self.lane.pause(pause, failure.retry_after.is_some()) {
                Paused::Enough => {}
                Paused::Hurry => delays = DELAYS.build(),
                Paused::Over => return false,
            }
            self.lane.figures.retried.add(alerts.len() as u64);
        }
        self.report.arrived();
        self.lane.figures.sent.add(self.lane.done());
        true
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        let sent = caught(|| self.notifier.send(alerts));
        sent.unwrap_or_else(|| Err(Failure::permanent("the notifier panicked")))
    }
}
