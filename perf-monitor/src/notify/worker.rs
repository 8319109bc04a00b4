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

/// Says that the thread is done, however it ends.
struct Over(Arc<Lane>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over();
    }
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

    pub(super) fn run(self) {
        // After the notifier, whose own end may take as long as it likes: nobody joins the thread before.
        let _over = Over(Arc::clone(&self.lane));
        let mut worker = self;
        worker.work();
    }

    fn work(&mut self) {
        let mut due = self.due();
        while let Some(alerts) = self.lane.next(self.most, due) {
            if !self.deliver(&alerts) {
                break;
            }
            if alerts.is_empty() {
                due = self.due();
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        Instant::now().checked_add(self.repeat_interval?.max(Duration::from_millis(1)))
    }

    /// Sends them until they arrive or are given up; `false` if there is no time left.
    fn deliver(&mut self, alerts: &[Alert]) -> bool {
        let mut delays = DELAYS.build();
        while let Err(failure) = self.send(alerts) {
            if !failure.is_temporary {
                return self.refused(alerts, &failure);
            }
            self.tell(|report| report.late(&failure));
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
        self.tell(Report::arrived);
        self.lane.figures.sent.add(self.lane.done(alerts.len()));
        true
    }

    /// Gives one up. Of several it may be one only that is refused: they are sent in halves.
    fn refused(&mut self, alerts: &[Alert], failure: &Failure) -> bool {
        if failure.is_for_all || alerts.len() < 2 {
            self.tell(|report| report.failed(failure, alerts));
            self.lane.figures.failed.add(self.lane.done(alerts.len()));
            return true;
        }
        let (first, second) = alerts.split_at(alerts.len() / 2);
        [first, second].into_iter().all(|half| {
            let is_time = !self.lane.is_late();
            if is_time {
                self.lane.figures.retried.add(half.len() as u64);
            }
            is_time && self.deliver(half)
        })
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        let sent = caught(|| self.notifier.send(alerts));
        sent.unwrap_or_else(|| Err(Failure::permanent("the notifier panicked")))
    }

    /// The log may panic too; alerts are not to be sent twice for that, nor none any more.
    fn tell(&mut self, tell: impl FnOnce(&mut Report)) {
        let _ = caught(|| tell(&mut self.report));
    }
}
