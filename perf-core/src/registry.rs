//! The registry: where the events of all threads come together.

use crate::{
    clock::{Clock, MAX_DURATION},
    collect, directory,
    in_flight::Running,
    instruments::Instruments,
    lane::Lane,
    local::{self, Busy},
    operation::Operation,
    outcome::Outcome,
    primitive::{heal, heal_try},
    recent::{MOST_RECENT, Recent},
    ring::Event,
    snapshot::Snapshot,
    table::{Recording, Table},
    timer::Timer,
    word::Word,
};
use once_cell::sync::Lazy;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// A set of operations and their statistics, cumulative since its start or last [`reset`].
///
/// Call sites record in [`Registry::global`] unless [`with_registry`] says otherwise. A registry
/// of one's own is for tests, and for parts of a program that report apart. Cloning gives another
/// handle to the same registry.
///
/// ```
/// use perf_core::{Registry, with_registry};
/// use std::time::Duration;
///
/// let registry = Registry::new();
/// registry.record("parse", Duration::from_micros(7));
/// assert_eq!(registry.get("parse").unwrap().count(), 1);
/// assert!(Registry::global().get("parse").is_none());
/// ```
///
/// [`reset`]: Registry::reset
#[derive(Clone)]
pub struct Registry {
    handle: Arc<Handle>,
}

/// When the last handle goes, the registry's lanes are free for others.
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _busy = Busy::enter();
        let lanes = heal(self.core.lanes.lock()).clone();
        lanes.into_iter().for_each(|lane| lane.detach(&self.core));
    }
}

/// What lanes and snapshots see of a registry.
pub(crate) struct Core {
    /// Unique in the process, never 0.
    pub(crate) id: u32,
    pub(crate) lanes: Mutex<Vec<&'static Lane>>,
    pub(crate) stripes: Box<[Mutex<Table>]>,
    /// Held by whoever goes through all stripes, one by one: a snapshot or a reset.
    pub(crate) reading: Mutex<()>,
    /// The stripe a snapshot copies just now, or [`NOT_COPYING`].
    pub(crate) copying: AtomicUsize,
    pub(crate) started: Mutex<SystemTime>,
    /// Calls that sampled sites counted without timing them, by operation.
    pub(crate) skipped: Mutex<HashMap<u32, u64>>,
    /// Operations whose call sites have been hit: they are in snapshots before their first call ends.
    pub(crate) begun: Mutex<BTreeSet<u32>>,
    /// The calls under way, where sites ask for that.
    pub(crate) running: Mutex<Running>,
    pub(crate) recording: Recording,
    pub(crate) instruments: Instruments,
    pub(crate) recent: Recent,
    /// What is run before a snapshot.
    pub(crate) sources: Mutex<Vec<Source>>,
    pub(crate) refreshing: AtomicBool,
}

/// Brings numbers up to date that somebody else keeps.
pub(crate) type Source = Arc<dyn Fn(&Registry) + Send + Sync>;

/// How often a stripe that is held is tried again before another one is: some microseconds.
const PATIENCE: usize = 100;
/// Ticks of a call that ended before it began.
const BACKWARD: u64 = u64::MAX;
/// No stripe has this place.
pub(crate) const NOT_COPYING: usize = usize::MAX;

/// Every registry that is alive, by its id, for the timer that ends on a thread of another registry.
static ALIVE: Mutex<BTreeMap<u32, Weak<Core>>> = Mutex::new(BTreeMap::new());

impl Registry {
    /// An empty registry.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// assert!(registry.snapshot().operations().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        static IDS: AtomicU32 = AtomicU32::new(1);
        let id = IDS.fetch_add(1, Relaxed);
        let core = Arc::new(Core::new(id));
        let mut alive = heal(ALIVE.lock());
        alive.retain(|_, core| core.strong_count() > 0);
        alive.insert(id, Arc::downgrade(&core));
        Self { handle: Arc::new(Handle { core }) }
    }

    /// The registry of the process, made on first use.
    ///
    /// ```
    /// perf_core::record("boot", std::time::Duration::from_millis(3));
    /// assert_eq!(perf_core::Registry::global().get("boot").unwrap().count(), 1);
    /// ```
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: Lazy<Registry> = Lazy::new(Registry::new);
        &GLOBAL
    }

    /// Everything recorded so far by all threads, running ones included. Changes nothing.
    ///
    /// Called from inside perfkit's own aggregation (a timed global allocator could do that), it
    /// is empty.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.refresh();
        collect::snapshot(self.core(), None)
    }

    /// The statistics of one operation, `None` if it has never been called here.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Operation> {
        let op = directory::find(name)?;
        collect::snapshot(self.core(), Some(op)).get(name).cloned()
    }

    /// Sets all counts, times and histograms to zero. Operations and counters stay known, with no
    /// calls and at 0; calls under way are counted when they end; gauges stay as they are.
    pub fn reset(&self) {
        drop(collect::take(self.core()));
    }

    /// Everything recorded so far, and then as [`reset`](Self::reset), in one: what other threads record
    /// meanwhile is in this snapshot or in a later one, and in no other.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// registry.record("job", std::time::Duration::from_millis(3));
    /// assert_eq!(registry.take().get("job").unwrap().count(), 1);
    /// assert_eq!(registry.snapshot().get("job").unwrap().count(), 0);
    /// ```
    #[must_use = "what was recorded is nowhere else any more"]
    pub fn take(&self) -> Snapshot {
        self.refresh();
        let core = self.core();
        match collect::take(core) {
            Some(taken) => collect::of_taken(core, taken),
            None => collect::snapshot(core, None),
        }
    }

    /// Records a call with labels that took so long and ended so, however it was timed. The number of label sets
    /// is bounded, see [`set_label_cap`](crate::set_label_cap).
    ///
    /// ```
    /// use perf_core::{Outcome, Registry};
    /// use std::time::Duration;
    ///
    /// let registry = Registry::new();
    /// let labels = [("queue", "mail")];
    /// registry.record_labelled("job", &labels, Duration::from_millis(3), Outcome::Error);
    /// let job = registry.snapshot().get_labelled("job", &labels).unwrap().clone();
    /// assert_eq!((job.count(), job.errors()), (1, 1));
    /// ```
    pub fn record_labelled(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        duration: Duration,
        outcome: Outcome,
    ) {
        if !crate::enabled() {
            return;
        }
        match crate::labels::series_of(name, labels) {
            0 => {}
            op => self.record_call(op, duration, outcome),
        }
    }

    /// Starts timing a scope under a name of any lifetime; it ends when the timer is dropped.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// {
    ///     let _t = registry.timer(&format!("step_{}", 1));
    /// }
    /// assert_eq!(registry.get("step_1").unwrap().count(), 1);
    /// ```
    pub fn timer(&self, name: &str) -> Timer {
        match directory::intern(name) {
            Some(op) if crate::enabled() => Timer::start(self.core(), op),
            _ => Timer::off(),
        }
    }

    /// The same with labels, whose number of sets is bounded, see [`set_label_cap`](crate::set_label_cap).
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// let timer = registry.timer_labelled("connect", &[("target", "db:5432")]);
    /// drop(timer);
    /// let snapshot = registry.snapshot();
    /// assert_eq!(snapshot.get_labelled("connect", &[("target", "db:5432")]).unwrap().count(), 1);
    /// ```
    pub fn timer_labelled(&self, name: &str, labels: &[(&str, &str)]) -> Timer {
        if !crate::enabled() {
            return Timer::off();
        }
        match crate::labels::series_of(name, labels) {
            0 => Timer::off(),
            op => Timer::start(self.core(), op),
        }
    }

    /// Times a closure and returns what it returns.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// assert_eq!(registry.time("sum", || (1..=4).sum::<i32>()), 10);
    /// assert_eq!(registry.get("sum").unwrap().count(), 1);
    /// ```
    pub fn time<R>(&self, name: &str, f: impl FnOnce() -> R) -> R {
        let _timer = self.timer(name);
        f()
    }

    /// Records a call that was timed elsewhere, as [`Outcome::Ok`].
    ///
    /// Durations above [`MAX_DURATION`] are clamped in the histogram and counted as
    /// [`Operation::clamped`]; minimum, maximum and sum stay exact up to 2^62 clock ticks (at
    /// least 36 years).
    pub fn record(&self, name: &str, duration: Duration) {
        self.record_outcome(name, duration, Outcome::Ok);
    }

    /// Records a call that was timed elsewhere.
    ///
    /// ```
    /// use perf_core::{Outcome, Registry};
    /// let registry = Registry::new();
    /// registry.record_outcome("fetch", std::time::Duration::from_secs(1), Outcome::Error);
    /// assert_eq!(registry.get("fetch").unwrap().outcome(Outcome::Error), 1);
    /// ```
    pub fn record_outcome(&self, name: &str, duration: Duration, outcome: Outcome) {
        if !crate::enabled() {
            return;
        }
        if let Some(op) = directory::intern(name) {
            self.record_call(op, duration, outcome);
        }
    }

    fn record_call(&self, op: u32, duration: Duration, outcome: Outcome) {
        let mut word = Word::new(op, 0, false, false);
        word.set_outcome(outcome);
        let ticks = Clock::get().ticks_of(duration);
        self.core().record(Event { word: word.0, ticks, children: 0 });
    }

    /// Records calls of an operation that took so many seconds each; below zero, they ended before
    /// they began.
    pub(crate) fn record_seconds(&self, op: u32, seconds: f64, times: u64) {
        if !crate::enabled() {
            return;
        }
        // What no `Duration` holds is clamped all the same.
        let duration = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        let ticks = if seconds < 0.0 { BACKWARD } else { Clock::get().ticks_of(duration) };
        let event = Event { word: Word::new(op, 0, false, false).0, ticks, children: 0 };
        if times == 1 {
            return self.core().record(event);
        }
        match Busy::enter() {
            Some(_busy) => {
                let core = self.core();
                if core.recent.is_used() {
                    let kept = times.min(MOST_RECENT) as usize;
                    core.recent.keep(std::iter::repeat_n(event, kept));
                }
                core.stripe(&mut 0).record_many(event, times, &core.recording);
            }
            None => local::lose(),
        }
    }

    /// Sets how many significant digits the histograms of operations first seen from now on keep:
    /// 1 to 5, 3 by default. At 3 digits an operation takes 4 KiB for each power of two its
    /// durations span, and at most 8 KiB for all below 2,048 ticks of the clock (a microsecond or
    /// so); at 2 digits an eighth of that. Series with labels keep at most 2. Values outside 1–5 are
    /// taken as the nearest.
    pub fn set_precision(&self, digits: u8) {
        self.core().recording.set_precision(digits);
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.handle.core
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("id", &self.core().id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Core {
    fn new(id: u32) -> Self {
        // One more than can record at once, so that a snapshot need not stop anybody.
        let stripes = std::thread::available_parallelism().map_or(4, usize::from).min(64) + 1;
        Self {
            id,
            lanes: Mutex::default(),
            stripes: (0..stripes).map(|_| Mutex::default()).collect(),
            reading: Mutex::new(()),
            copying: AtomicUsize::new(NOT_COPYING),
            started: Mutex::new(SystemTime::now()),
            skipped: Mutex::default(),
            begun: Mutex::default(),
            running: Mutex::default(),
            recording: Recording::new(Clock::get().ticks_of(MAX_DURATION)),
            instruments: Instruments::default(),
            recent: Recent::default(),
            sources: Mutex::default(),
            refreshing: AtomicBool::new(false),
        }
    }

    /// The first stripe nobody holds, from the preferred one on. Only if all are held does this
    /// wait.
    ///
    /// A snapshot holds a stripe only to copy one operation, which is worth waiting for: to move
    /// means to begin all operations anew in another stripe. Another recorder is not: two that
    /// share a stripe slow each other down.
    #[inline]
    pub(crate) fn stripe(&self, preferred: &mut usize) -> MutexGuard<'_, Table> {
        let stripe = self.stripes.get(*preferred);
        match stripe.and_then(|stripe| heal_try(stripe.try_lock())) {
            Some(table) => table,
            None => self.another_stripe(preferred),
        }
    }

    #[cold]
    fn another_stripe(&self, preferred: &mut usize) -> MutexGuard<'_, Table> {
        let count = self.stripes.len();
        for _ in 0..PATIENCE {
            if self.copying.load(Relaxed) != *preferred {
                break;
            }
            std::hint::spin_loop();
            if let Some(table) = heal_try(self.stripes[*preferred % count].try_lock()) {
                return table;
            }
        }
        for at in (*preferred..count).chain(0..*preferred) {
            if let Some(table) = self.stripes.get(at).and_then(|s| heal_try(s.try_lock())) {
                *preferred = at;
                return table;
            }
        }
        heal(self.stripes[*preferred % count].lock())
    }

    /// Records on this thread's lane, or past it while the thread is being torn down.
    pub(crate) fn record(self: &Arc<Self>, event: Event) {
        match local::lane_for(self) {
            Some(lane) => lane.record(event),
            None => self.record_directly(event),
        }
    }

    #[cold]
    pub(crate) fn record_directly(&self, event: Event) {
        let Some(_busy) = Busy::enter() else {
            return local::lose();
        };
        if self.recent.is_used() {
            self.recent.keep([event]);
        }
        self.stripe(&mut 0).record(event, &self.recording);
    }

    /// Brings in what the lanes still hold. The caller is [`Busy`].
    pub(crate) fn flush_lanes(&self) {
        let lanes = heal(self.lanes.lock()).clone();
        lanes.iter().for_each(|lane| lane.flush_to(self));
    }

    /// The registry of this id, if it is still alive.
    pub(crate) fn by_id(id: u32) -> Option<Arc<Self>> {
        heal(ALIVE.lock()).get(&id)?.upgrade()
    }
}

/// Runs `f` with everything timed on this thread going to `registry`: call sites, timers and
/// futures first polled here. Nests; undone on return and on panic. Other threads are untouched.
///
/// ```
/// use perf_core::{Registry, with_registry};
///
/// let registry = Registry::new();
/// with_registry(&registry, || {
///     let _t = perf_core::timer("inside");
/// });
/// assert_eq!(registry.get("inside").unwrap().count(), 1);
/// assert!(perf_core::get("inside").is_none());
/// ```
pub fn with_registry<R>(registry: &Registry, f: impl FnOnce() -> R) -> R {
    let _restore = local::redirect(registry.core());
    f()
}
