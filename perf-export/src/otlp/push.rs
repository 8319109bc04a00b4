//! The thread that pushes.

use super::{
    PushError, Resource,
    builder::Builder,
    encode,
    post::{Client, Failure, Retry},
    report::Report,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use perf_core::Registry;
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender},
    time::{Duration, Instant},
};

/// Doubled each time, and up to twice that at random.
const DELAYS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(30))
    .without_max_times()
    .with_jitter();

/// A push that somebody waits for.
pub(super) struct Wanted {
    pub(super) end: Instant,
    pub(super) is_last: bool,
    pub(super) done: SyncSender<Result<(), PushError>>,
}

/// How long a push is tried.
#[derive(Clone, Copy)]
struct Patience {
    /// No request is begun after this but the first.
    retries_until: Instant,
    /// None is waited for longer.
    end: Instant,
    /// Whether to try again where nobody answered.
    when_away: bool,
}

pub(super) struct Pusher {
    client: Client,
    registry: Registry,
    resource: Resource,
    interval: Duration,
    timeout: Duration,
    export_timeout: Duration,
    wanted: Receiver<Wanted>,
    /// What came while a push waited for its next try.
    next: Option<Wanted>,
    report: Report,
}

/// What ends a time of waiting.
enum Woken {
    ByTime,
    ByWish(Wanted),
    Alone,
}

impl Pusher {
    pub(super) fn new(builder: &Builder, client: Client, wanted: Receiver<Wanted>) -> Self {
        Self {
            report: Report::new(client.endpoint.clone()),
            client,
            registry: builder.registry.clone(),
            resource: builder.resource.clone(),
            interval: builder.interval,
            timeout: builder.timeout,
            export_timeout: builder.export_timeout,
            wanted,
            next: None,
        }
    }

    /// Pushes at each interval and when wanted, until the last time.
    pub(super) fn run(mut self) {
        let mut due = Instant::now() + self.interval;
        loop {
            match self.wait(due) {
                Woken::ByTime => {
                    // How it went is reported; nobody waits for it.
                    let _ = self.push(self.patience());
                    due = (due + self.interval).max(Instant::now());
                }
                Woken::ByWish(Wanted { end, is_last, done }) => {
                    let patience = Patience { retries_until: end, end, when_away: false };
                    // Whoever wanted it may have gone.
                    let _ = done.send(self.push(patience));
                    if is_last {
                        return;
                    }
                }
                Woken::Alone => return,
            }
        }
    }

    /// That of a push nobody waits for.
    fn patience(&self) -> Patience {
        let now = Instant::now();
        let retries_until = now + self.interval.min(self.export_timeout);
        Patience { retries_until, end: now + self.export_timeout, when_away: true }
    }

    fn wait(&mut self, until: Instant) -> Woken {
        if let Some(next) = self.next.take() {
            return Woken::ByWish(next);
        }
        match self.wanted.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(wanted) => Woken::ByWish(wanted),
            Err(RecvTimeoutError::Timeout) => Woken::ByTime,
            Err(RecvTimeoutError::Disconnected) => Woken::Alone,
        }
    }

    /// Sends what there is, again and again until it is accepted or patience ends; a wish for a push ends
    /// it at once, for that one sends all that this would.
    fn push(&mut self, patience: Patience) -> Result<(), PushError> {
        let mut delays = DELAYS.build();
        loop {
            let Failure { error, retry } = match self.send(patience.end) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let delay = delays.next().unwrap_or_default();
            let wait = match retry {
                // Never less than the back-off: it might ask for no time at all, for ever.
                Retry::Asked(wait) => Some(wait.unwrap_or_default().max(delay)),
                Retry::Away => patience.when_away.then_some(delay),
                Retry::No => None,
            };
            if !wait.is_some_and(|wait| self.may_retry(wait, patience)) {
                self.report.failed(&error);
                return Err(error);
            }
        }
    }

    /// The newest figures each time.
    fn send(&mut self, end: Instant) -> Result<(), Failure> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure { error: PushError::Late, retry: Retry::No });
        }
        let request = encode(&self.registry.snapshot(), &self.resource);
        let said = self.client.post(request, self.timeout.min(left))?;
        self.report.accepted(said.as_ref());
        Ok(())
    }

    /// Waits until the next try, if there is to be one.
    fn may_retry(&mut self, wait: Duration, patience: Patience) -> bool {
        let now = Instant::now();
        if wait >= patience.retries_until.saturating_duration_since(now) {
            return false;
        }
        match self.wait(now + wait) {
            Woken::ByTime => true,
            Woken::ByWish(wanted) => {
                self.next = Some(wanted);
                false
            }
            Woken::Alone => false,
        }
    }
}
