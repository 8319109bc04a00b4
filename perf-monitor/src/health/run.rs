//! Checks on threads of their own, which may hang.

use super::{
    check::{Check, CheckResult},
    report::CheckReport,
    shown::shown,
    status::Status,
};
use perf_core::__bridge::heal;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// A check, and what it last found.
pub(super) struct Entry {
    pub(super) check: Check,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// When the run under way began. While there is one, no other is started.
    running: Option<(Instant, SystemTime)>,
    last: Option<(Instant, CheckReport)>,
}

impl Entry {
    pub(super) fn new(check: Check) -> Self {
        Self { check, state: Mutex::default(), ended: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a check does is never done with the lock held.
        heal(self.state.lock())
    }

    /// Starts a run, unless one is under way or the last one is recent enough.
    pub(super) fn start(self: &Arc<Self>) {
        let mut state = self.state();
        let is_fresh = |(ended, _): &(Instant, _)| ended.elapsed() < self.check.interval;
        if state.running.is_some() || state.last.as_ref().is_some_and(is_fresh) {
            return;
        }
        state.running = Some((Instant::now(), SystemTime::now()));
        let entry = Arc::clone(self);
        let thread = thread::Builder::new().name("perfkit-check".to_owned());
        if let Err(error) = thread.spawn(move || entry.run()) {
            self.end(&mut state, CheckResult::down(format!("no thread to check it on: {error}")));
        }
    }

    fn run(&self) {
        let found = catch_unwind(AssertUnwindSafe(|| (self.check.run)()));
        let found = found.unwrap_or_else(|panic| {
            CheckResult::down(format!("the check panicked: {}", message_of(&*panic)))
        });
        self.end(&mut self.state(), found);
        self.ended.notify_all();
    }

    fn end(&self, state: &mut State, found: CheckResult) {
        if let Some((began, at)) = state.running.take() {
            let took = began.elapsed();
            let is_late = took > self.check.timeout;
            let found = if is_late { self.timed_out() } else { found };
            state.last = Some((Instant::now(), self.report(found, took, at)));
        }
    }

    /// What the run under way finds, or the last one found.
    pub(super) fn wait(&self) -> CheckReport {
        let mut state = self.state();
        while let Some((began, at)) = state.running {
            let left = self.check.timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                return self.report(self.timed_out(), began.elapsed(), at);
            }
            state = heal(self.ended.wait_timeout(state, left)).0;
        }
        let last = state.last.as_ref().map(|(_, report)| report.clone());
        let never = || CheckResult::down("not checked yet");
        last.unwrap_or_else(|| self.report(never(), Duration::ZERO, SystemTime::now()))
    }

    fn timed_out(&self) -> CheckResult {
        CheckResult::down(format!("timed out after {:?}", self.check.timeout))
    }

    fn report(&self, found: CheckResult, duration: Duration, time: SystemTime) -> CheckReport {
        let check = &self.check;
        CheckReport {
            name: check.name.clone(),
            status: found.status,
            output: found.message.filter(|_| found.status != Status::Up).as_deref().map(shown),
            observed: found.observed,
            is_critical: check.is_critical,
            component_type: check.component_type.clone(),
            duration,
            time,
        }
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
