//! The thread that hands snapshots on, and what it shares with its handle.

use crate::{
    alert::Alert, clock::Clock, notify::Delivery, report::Metrics, rules::Rules, windows::Windows,
};
use perf_core::{
    __bridge::{heal, later},
    Registry, Snapshot,
};
use std::{
    cell::Cell,
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// How many beginnings and ends of alerts are kept.
const HISTORY: usize = 1_000;

thread_local! {
    /// Whether this thread is in a turn of some monitor.
    static IS_IN_TURN: Cell<bool> = const { Cell::new(false) };
}

/// What the thread and the handle have together. Locks are taken in the order of the fields, and no code
/// of others' runs while `state` is locked.
pub(crate) struct Shared {
    pub(crate) registry: Registry,
    /// What is watched, if not the registry.
    source: Option<Source>,
    pub(crate) clock: Arc<Clock>,
    /// Held for a whole turn, so that windows get snapshots, and notifiers alerts, in their order.
    turn: Mutex<()>,
    state: Mutex<State>,
    /// Rung when something changes that the thread waits for.
    bell: Condvar,
    /// Those who listen from afar.
    #[cfg(feature = "http")]
    pub(crate) hub: crate::http::Hub,
    /// What is remembered.
    #[cfg(feature = "store")]
    pub(crate) history: crate::history::History,
}

/// Gives cumulative snapshots, as a registry does.
pub(crate) type Source = Box<dyn Fn() -> Snapshot + Send + Sync>;

/// How often things are done.
pub(crate) struct Timing {
    /// How often windows take in what happened, as those who look are told.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nobody looks"))]
    pub(crate) tick: Duration,
    /// How often that is done by itself.
    pub(crate) step: Duration,
    /// How often the rules are looked at.
    pub(crate) check: Duration,
    pub(crate) report: Duration,
    /// What is done with a report.
    pub(crate) emit: fn(&Metrics),
}

pub(crate) struct State {
    /// Others look at them without the lock: a tick changes a copy then, which costs little.
    pub(crate) windows: Arc<Windows>,
    /// The windows that people choose from.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nobody chooses"))]
    pub(crate) shown: Arc<[Duration]>,
    pub(crate) rules: Rules,
    /// The newest last.
    pub(crate) history: VecDeque<Alert>,
    pub(crate) is_stopping: bool,
    is_refusing: bool,
    #[cfg(feature = "http")]
    tick: Duration,
    step: Due,
    check: Due,
    report: Option<Due>,
    emit: fn(&Metrics),
}

/// Something that is done every so often.
struct Due {
    every: Duration,
    next: Instant,
}

impl Due {
    fn new(every: Duration) -> Self {
        Self { every, next: later(Instant::now(), every) }
    }

    /// Whether it is due, and then due again later: what was missed meanwhile is not made up for.
    fn is_now(&mut self, now: Instant) -> bool {
        let is_due = self.next <= now;
        if is_due {
            self.next = later(now, self.every);
        }
        is_due
    }
}

/// What is to be done in a turn.
struct Turn {
    step: bool,
    check: bool,
    report: Option<fn(&Metrics)>,
}

/// A turn of this thread, until it is dropped.
struct InTurn<'a> {
    _held: MutexGuard<'a, ()>,
}

impl Drop for InTurn<'_> {
    fn drop(&mut self) {
        IS_IN_TURN.set(false);
    }
}

/// As in a turn: what asks for one within it, as others' gauges may, gets none, and waits for nobody.
#[cfg(feature = "store")]
pub(crate) struct AsInTurn(bool);

#[cfg(feature = "store")]
impl AsInTurn {
    pub(crate) fn begin() -> Self {
        Self(IS_IN_TURN.replace(true))
    }
}

#[cfg(feature = "store")]
impl Drop for AsInTurn {
    fn drop(&mut self) {
        IS_IN_TURN.set(self.0);
    }
}

impl State {
    pub(crate) fn new(
        windows: Windows,
        mut shown: Vec<Duration>,
        rules: Rules,
        timing: &Timing,
    ) -> Self {
        shown.sort_unstable();
        shown.dedup();
        Self {
            windows: Arc::new(windows),
            shown: shown.into(),
            rules,
            history: VecDeque::new(),
            is_stopping: false,
            is_refusing: false,
            #[cfg(feature = "http")]
            tick: timing.tick,
            step: Due::new(timing.step),
            check: Due::new(timing.check),
            report: Some(Due::new(timing.report)),
            emit: timing.emit,
        }
    }

    /// The time from tick to tick.
    #[cfg(feature = "http")]
    pub(crate) fn tick(&self) -> Duration {
        self.tick
    }

    pub(crate) fn report_every(&mut self, every: Duration) {
        self.report = Some(Due::new(every));
    }

    pub(crate) fn report_no_more(&mut self) {
        self.report = None;
    }

    fn next(&self) -> Instant {
        let report = self.report.as_ref().map(|report| report.next);
        report.into_iter().fold(self.step.next.min(self.check.next), Instant::min)
    }

    /// What is due, if anything.
    fn turn(&mut self, now: Instant) -> Option<Turn> {
        let check = self.check.is_now(now);
        if check {
            // It is a step too. Another one soon after would be an interval of next to nothing.
            self.step.next = later(now, self.step.every);
        }
        let step = self.step.is_now(now);
        let report = self.report.as_mut().is_some_and(|report| report.is_now(now));
        let report = report.then_some(self.emit);
        (check || step || report.is_some()).then_some(Turn { step, check, report })
    }

    /// Takes in a snapshot, and gives what begins and ends; and whether alerts begin to be refused.
    fn check(&mut self, snapshot: Snapshot) -> (Vec<Alert>, bool) {
        let now = snapshot.taken();
        Arc::make_mut(&mut self.windows).push(snapshot);
        let refused = self.rules.refused();
        let told = self.rules.evaluate(&*self.windows, now);
        let is_refusing = self.rules.refused() > refused;
        let begins = is_refusing && !std::mem::replace(&mut self.is_refusing, is_refusing);
        self.history.extend(told.iter().cloned());
        self.history.drain(..self.history.len().saturating_sub(HISTORY));
        (told, begins)
    }
}

impl Shared {
    pub(crate) fn new(
        registry: Registry,
        source: Option<Source>,
        clock: Clock,
        state: State,
    ) -> Self {
        let (turn, state) = (Mutex::new(()), Mutex::new(state));
        Self {
            registry,
            source,
            clock: Arc::new(clock),
            turn,
            state,
            bell: Condvar::new(),
            #[cfg(feature = "http")]
            hub: crate::http::Hub::default(),
            #[cfg(feature = "store")]
            history: crate::history::History::default(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        heal(self.state.lock())
    }

    /// All that there is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let source = self.source.as_ref();
        self.clock.dated(source.map_or_else(|| self.registry.snapshot(), |source| source()))
    }

    pub(crate) fn ring(&self) {
        self.bell.notify_all();
    }

    /// Waits until nobody else is in a turn. `None` if this thread is in one already, which then calls
    /// a gauge or a subscriber that asks for another.
    fn begin(&self) -> Option<InTurn<'_>> {
        if IS_IN_TURN.replace(true) {
            return None;
        }
        Some(InTurn { _held: heal(self.turn.lock()) })
    }

    /// Windows take in what happened.
    pub(crate) fn step(&self) {
        if let Some(_turn) = self.begin() {
            self.take_in();
        }
    }

    fn take_in(&self) {
        // Before the lock: others' gauges are asked for theirs.
        self.push(self.snapshot());
    }

    fn push(&self, snapshot: Snapshot) {
        let mut state = self.state();
        Arc::make_mut(&mut state.windows).push(snapshot);
        self.tell(&state, &[]);
    }

    /// The same, then looks at the rules, and sends what they say.
    pub(crate) fn check(&self, delivery: &Delivery) {
        let Some(_turn) = self.begin() else { return };
        let snapshot = self.snapshot();
        let (told, begins_to_refuse) = {
            let mut state = self.state();
            let checked = state.check(snapshot);
            self.tell(&state, &checked.0);
            checked
        };
        // No longer in the lock: a subscriber may ask for the alerts.
        if begins_to_refuse {
            tracing::warn!(
                target: "perfkit",
                "{} alerts are pending or firing, and more series are bad: no more are kept",
                crate::rules::MAX_ALERTS
            );
        }
        #[cfg(feature = "store")]
        self.history.note(&told);
        delivery.send(told);
    }

    /// Tells those who listen what a tick found.
    #[cfg(feature = "http")]
    fn tell(&self, state: &State, alerts: &[Alert]) {
        if let Some(total) = state.windows.total() {
            self.hub.publish(&crate::http::Found {
                total,
                interval: state.windows.intervals(Duration::ZERO).last(),
                firing: state.rules.active().count(),
                pending: state.rules.pending().count(),
                alerts,
            });
        }
    }

    #[cfg(not(feature = "http"))]
    #[allow(clippy::unused_self, reason = "there is nobody to tell")]
    fn tell(&self, _: &State, _: &[Alert]) {}

    /// Sets the registry to zero, once windows and the store have what was in it.
    /// `false` where what is watched is others'.
    pub(crate) fn reset(&self) -> bool {
        if self.source.is_some() {
            return false;
        }
        let turn = self.begin();
        #[cfg(feature = "store")]
        let taken = self.history.take(&self.registry);
        #[cfg(not(feature = "store"))]
        let taken = self.registry.take();
        if turn.is_some() {
            self.push(self.clock.dated(taken));
        }
        if self.clock.is_simulated() {
            // What is recorded from now on begins now.
            drop(self.snapshot());
        }
        true
    }

    /// Waits until something is due; `None` when the watch is to end.
    fn wait(&self) -> Option<Turn> {
        let mut state = self.state();
        loop {
            if state.is_stopping {
                return None;
            }
            let now = Instant::now();
            if let Some(turn) = state.turn(now) {
                return Some(turn);
            }
            let until = state.next().saturating_duration_since(now);
            state = heal(self.bell.wait_timeout(state, until)).0;
        }
    }
}

impl Turn {
    fn run(&self, shared: &Shared, delivery: &Delivery) {
        // A report, a gauge or a subscriber may panic: that ends this part, not the watch.
        survived(|| match self {
            Self { check: true, .. } => shared.check(delivery),
            Self { step: true, .. } => shared.step(),
            _ => {}
        });
        if let Some(emit) = self.report {
            survived(|| emit(&Metrics::of(&shared.snapshot())));
        }
    }
}

pub(crate) fn survived(part: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(part)).is_err() {
        // Of the subscriber that panicked, perhaps.
        let said =
            || tracing::error!(target: "perfkit", "what was watched panicked; watching goes on");
        let _ = std::panic::catch_unwind(said);
    }
}

/// The thread.
pub(crate) fn watch(shared: &Shared, delivery: &Delivery) {
    while let Some(turn) = shared.wait() {
        turn.run(shared, delivery);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    static REPORTS: AtomicU32 = AtomicU32::new(0);

    fn state(step: u64, check: u64) -> State {
        let [step, check] = [step, check].map(Duration::from_secs);
        let emit = |_: &Metrics| _ = REPORTS.fetch_add(1, Relaxed);
        let timing = Timing { tick: step, step, check, report: Duration::MAX, emit };
        State::new(Windows::default(), Vec::new(), Rules::default(), &timing)
    }

    #[test]
    fn a_check_is_a_step_too() {
        let mut state = state(10, 60);
        let start = Instant::now();
        let mut done = String::new();
        for tenths in 0..1_300 {
            let turn = state.turn(start + Duration::from_millis(100 * tenths));
            done.push_str(match turn {
                Some(Turn { check: true, .. }) => "c",
                Some(Turn { step: true, .. }) => "s",
                _ => "",
            });
        }
        assert!(done.starts_with("sssss"), "{done}");
        assert_eq!(done.matches('c').count(), 2);
        assert!((12..=13).contains(&done.len()), "{done}");
    }

    #[test]
    fn reports_begin_again_as_they_were() {
        let mut state = state(1, 1);
        state.report_no_more();
        let far = Instant::now() + Duration::from_secs(3_600);
        assert!(state.turn(far).unwrap().report.is_none());
        state.report_every(Duration::from_secs(10));
        let emit = state.turn(far).unwrap().report.unwrap();
        emit(&Metrics::default());
        assert_eq!(REPORTS.load(Relaxed), 1);
    }
}
