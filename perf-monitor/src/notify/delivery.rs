//! The handle of the threads that notify.

use super::{
    Notifier,
    figures::Figures,
    lane::Lane,
    worker::{Worker, caught},
};
use crate::alert::Alert;
use perf_core::Registry;
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long dropping it waits.
const DROP_WAIT: Duration = Duration::from_secs(5);
/// How much longer than its own time a thread is waited for.
const GRACE: Duration = Duration::from_millis(100);

/// Carries alerts to notifiers, each from a thread and a queue of its own.
///
/// Every alert is given to every notifier, in the order it came. Those that come while a notifier is
/// busy go together in its next call. One that fails for now gets the same alerts again after 250 ms,
/// doubled each time up to a minute, plus up to as much at random; or after the time it was asked to
/// wait, an hour at most. Where several fail for good, it gets them again in halves, so that only those
/// that fail alone count as failed; unless it fails whatever it is sent. Then it is given the next. The
/// log says once that a notifier begins to fail and once that that is over.
///
/// An alert arrives once, but for this: where a request gets no answer nobody knows whether it arrived,
/// and it is sent again.
///
/// A queue holds [1,000 alerts](Self::BOUND). At that, what is least missed is dropped and counted: the
/// oldest alert that was resolved while its beginning still waits, both of it; without one, the oldest
/// that began; else the oldest. What is on its way stays.
///
/// A snapshot of the registry shows how it goes: the counter `perfkit_notifications` of alerts, with the
/// labels `notifier` and `result` (`sent`, `retried` once for each time more, `dropped`, `failed`), and
/// the gauge `perfkit_notifications_queued`.
///
/// Dropping it sends what is queued within 5 seconds, and logs what is left.
#[derive(Debug)]
#[must_use = "it stops when this is dropped"]
pub struct Delivery {
    lanes: Vec<(Arc<Lane>, JoinHandle<()>)>,
}

/// Alerts that a notifier had not taken when it was stopped. The first of them may be on their way.
#[derive(Clone, Debug, PartialEq)]
pub struct Undelivered {
    /// The notifier's name.
    pub notifier: String,
    /// In the order they came.
    pub alerts: Vec<Alert>,
}

impl Delivery {
    /// How many alerts wait for one notifier at most.
    pub const BOUND: usize = 1000;

    /// Starts a thread for each of the notifiers; how it goes is counted in the registry.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn new(notifiers: Vec<Box<dyn Notifier>>, registry: &Registry) -> io::Result<Self> {
        let mut delivery = Self { lanes: Vec::new() };
        for notifier in notifiers {
            delivery.lanes.push(start(notifier, registry)?);
        }
        Ok(delivery)
    }

    /// Queues alerts for every notifier. It waits for none.
    pub fn send(&self, alerts: Vec<Alert>) {
        if let Some(((last, _), others)) = self.lanes.split_last() {
            others.iter().for_each(|(lane, _)| lane.send(alerts.iter().cloned()));
            last.send(alerts);
        }
    }

    /// Sends what is queued, and ends the threads; about that long later at most. What is left then, of
    /// each notifier that has something left, is returned, and counted as dropped. A notifier that is
    /// trying again at its own pace tries once more at once; one that was asked to wait longer does not.
    #[must_use = "what was not sent"]
    pub fn stop(mut self, wait: Duration) -> Vec<Undelivered> {
        self.end(wait)
    }

    fn end(&mut self, wait: Duration) -> Vec<Undelivered> {
        let now = Instant::now();
        // Longer than a process lives.
        let by = now.checked_add(wait).unwrap_or(now + Duration::from_secs(1 << 30));
        self.lanes.iter().for_each(|(lane, _)| lane.end(by));
        let ended = self.lanes.drain(..).filter_map(|(lane, thread)| {
            let (is_over, alerts) = lane.rest(by + GRACE);
            // Else the notifier is still at it, and the thread ends with that.
            if is_over {
                let _ = thread.join();
            }
            let notifier = lane.notifier.clone();
            (!alerts.is_empty()).then_some(Undelivered { notifier, alerts })
        });
        ended.collect()
    }
}

fn start(
    notifier: Box<dyn Notifier>,
    registry: &Registry,
) -> io::Result<(Arc<Lane>, JoinHandle<()>)> {
    let name = caught(|| notifier.name().to_owned()).unwrap_or_else(|| "unnamed".into());
    let figures = Figures::new(registry, &name);
    let lane = Arc::new(Lane::new(name, figures, Delivery::BOUND));
    let worker = Worker::new(Arc::clone(&lane), notifier);
    let thread = thread::Builder::new().name("perfkit-notify".into()).spawn(|| worker.run())?;
    Ok((lane, thread))
}

impl Drop for Delivery {
    fn drop(&mut self) {
        for Undelivered { notifier, alerts } in self.end(DROP_WAIT) {
            let alerts = alerts.len();
            tracing::warn!(target: "perfkit", notifier, alerts, "alerts were not sent before the end");
        }
    }
}
