//! The last calls of chosen operations, one by one.

use crate::{
    clock::Clock, directory, local::Busy, outcome::Outcome, primitive::heal, registry::Registry,
    ring::Event, word::Word,
};
use rustc_hash::FxHashMap;
use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// How long a call is recent.
const HOUR: Duration = Duration::from_secs(3_600);

/// More calls of one operation are not kept.
pub(crate) const MOST_RECENT: u64 = 1 << 16;

/// One call that ended not long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentCall {
    /// How long it took.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// When the registry took it in: at the next [`snapshot`](Registry::snapshot) or reading of
    /// [`recent`](Registry::recent) after its end, or as soon as its thread had 128 calls together.
    pub taken_in: SystemTime,
}

/// The recent calls of a registry's chosen operations.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// Whether any is chosen: all that is looked at for most programs.
    is_used: AtomicBool,
    chosen: Mutex<Chosen>,
}

#[derive(Debug, Default)]
struct Chosen {
    all: Vec<Kept>,
    /// The place in `all` of each operation seen since the last choice; `None` if it is not chosen.
    of_op: FxHashMap<u32, Option<usize>>,
}

/// The recent calls of one name, whatever their labels.
#[derive(Debug)]
struct Kept {
    name: Box<str>,
    most: usize,
    /// The newest last.
    calls: VecDeque<RecentCall>,
}

impl Recent {
    /// Whether events need to be looked through.
    #[inline]
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Relaxed)
    }

    /// Keeps what is chosen of events that are being taken in.
    #[cold]
    pub(crate) fn keep(&self, events: impl IntoIterator<Item = Event>) {
        let mut chosen = heal(self.chosen.lock());
        let mut now = None;
        for event in events {
            let word = Word(event.word);
            if word.has(Word::NO_CALL) {
                continue;
            }
            if let Some(kept) = chosen.of(word.op()) {
                let taken_in = *now.get_or_insert_with(SystemTime::now);
                let duration = duration_of(event.ticks);
                kept.push(RecentCall { duration, outcome: word.outcome(), taken_in });
            }
        }
    }

    fn choose(&self, name: &str, most: usize) {
        let mut chosen = heal(self.chosen.lock());
        chosen.choose(name, most);
        self.is_used.store(!chosen.all.is_empty(), Relaxed);
    }

    /// Those of a name that are recent at `now`.
    fn calls(&self, name: &str, now: SystemTime) -> Vec<RecentCall> {
        let mut chosen = heal(self.chosen.lock());
        let kept = chosen.all.iter_mut().find(|kept| *kept.name == *name);
        kept.map_or_else(Vec::new, |kept| kept.recent(now))
    }

    /// Forgets the calls so far, not what is chosen.
    pub(crate) fn reset(&self) {
        heal(self.chosen.lock()).all.iter_mut().for_each(|kept| kept.calls.clear());
    }
}

impl Chosen {
    fn choose(&mut self, name: &str, most: usize) {
        self.of_op.clear();
        match self.all.iter_mut().find(|kept| *kept.name == *name) {
            Some(kept) => kept.keep_at_most(most),
            None => self.all.push(Kept { name: name.into(), most, calls: VecDeque::new() }),
        }
        self.all.retain(|kept| kept.most > 0);
    }

    fn of(&mut self, op: u32) -> Option<&mut Kept> {
        let Self { all, of_op } = self;
        let find = || {
            let series = directory::series(op);
            all.iter().position(|kept| *kept.name == *series.name)
        };
        let at = *of_op.entry(op).or_insert_with(find);
        at.and_then(|at| self.all.get_mut(at))
    }
}

impl Kept {
    fn push(&mut self, call: RecentCall) {
        if self.calls.len() >= self.most {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    fn keep_at_most(&mut self, most: usize) {
        self.most = most;
        self.calls.drain(..self.calls.len().saturating_sub(most));
        self.calls.shrink_to_fit();
    }

    fn recent(&mut self, now: SystemTime) -> Vec<RecentCall> {
        // Those of a clock set back meanwhile count as of now.
        let age = |call: &RecentCall| now.duration_since(call.taken_in).unwrap_or_default();
        while self.calls.front().is_some_and(|oldest| age(oldest) > HOUR) {
            self.calls.pop_front();
        }
        self.calls.iter().copied().collect()
    }
}

fn duration_of(ticks: u64) -> Duration {
    // Beyond half of all, it ended before it began.
    let ticks = if ticks > u64::MAX / 2 { 0 } else { ticks };
    Duration::from_nanos(Clock::get().nanos(ticks))
}

impl Registry {
    /// Keeps the last calls of an operation one by one from now on, all its labels together: at most
    /// `calls` of them (and 65,536), 40 bytes each, and none older than an hour. 0 ends that. Of sampled operations
    /// it keeps the calls that were timed.
    ///
    /// Other calls cost no more for it; while any operation is chosen, taking calls in does.
    pub fn keep_recent(&self, name: &str, calls: usize) {
        let Some(_busy) = Busy::enter() else { return };
        // What ended before is not from now on.
        self.core().flush_lanes();
        self.core().recent.choose(name, calls.min(MOST_RECENT as usize));
    }

    /// The last calls of an operation that [`keep_recent`](Self::keep_recent) chose, the newest last;
    /// those of several threads in the order in which they were taken in.
    ///
    /// ```
    /// use std::time::Duration;
    /// let registry = perf_core::Registry::new();
    /// registry.keep_recent("job", 2);
    /// (1..=3).for_each(|n| registry.record("job", Duration::from_secs(n)));
    /// let durations: Vec<_> = registry.recent("job").iter().map(|call| call.duration).collect();
    /// assert_eq!(durations, [2, 3].map(Duration::from_secs));
    /// ```
    #[must_use]
    pub fn recent(&self, name: &str) -> Vec<RecentCall> {
        let Some(_busy) = Busy::enter() else { return Vec::new() };
        self.core().flush_lanes();
        self.core().recent.calls(name, SystemTime::now())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::with_registry;
    use proptest::prelude::*;

    fn seconds(registry: &Registry, name: &str) -> Vec<u64> {
        registry.recent(name).iter().map(|call| call.duration.as_secs()).collect()
    }

    proptest! {
        #[test]
        fn they_are_the_last_of_all_calls(calls in 0_u64..600, most in 0_usize..300) {
            let registry = Registry::new();
            registry.keep_recent("recent::last", most);
            for n in 0..calls {
                registry.record("recent::last", Duration::from_secs(n));
                registry.record("recent::other", Duration::from_secs(n));
            }
            let expected: Vec<u64> = (calls.saturating_sub(most as u64)..calls).collect();
            prop_assert_eq!(seconds(&registry, "recent::last"), expected);
            prop_assert!(registry.recent("recent::other").is_empty());
        }
    }

    #[test]
    fn labels_outcomes_threads_and_direct_calls_are_kept() {
        let registry = Registry::new();
        registry.keep_recent("recent::all", 100);
        registry.record_outcome("recent::all", Duration::from_secs(1), Outcome::Error);
        let labelled = directory::intern_series("recent::all", vec![("kind", "a".into())]).unwrap();
        let event = Event { word: Word::new(labelled, 0, false, false).0, ticks: 0, children: 0 };
        registry.core().record_directly(event);
        registry.record_seconds(directory::intern("recent::all").unwrap(), 3.0, 2);
        let of_thread = registry.clone();
        std::thread::spawn(move || with_registry(&of_thread, || drop(crate::timer("recent::all"))))
            .join()
            .unwrap();
        let calls = registry.recent("recent::all");
        assert_eq!(calls.len(), 5);
        assert_eq!(calls.iter().filter(|call| call.outcome == Outcome::Error).count(), 1);
        assert_eq!(calls.iter().filter(|call| call.duration.as_secs() == 3).count(), 2);
    }

    #[test]
    fn an_hour_later_they_are_forgotten_and_a_clock_set_back_forgets_none() {
        let registry = Registry::new();
        registry.keep_recent("recent::old", 10);
        registry.record("recent::old", Duration::from_secs(1));
        let taken_in = registry.recent("recent::old")[0].taken_in;
        let at = |now| registry.core().recent.calls("recent::old", now).len();
        assert_eq!([at(taken_in - HOUR), at(taken_in + HOUR)], [1, 1]);
        assert_eq!(at(taken_in + HOUR + Duration::from_nanos(1)), 0);
    }

    #[test]
    fn what_is_chosen_can_change() {
        let registry = Registry::new();
        let record = |n| registry.record("recent::choice", Duration::from_secs(n));
        record(0);
        registry.keep_recent("recent::choice", 3);
        (1..6).for_each(record);
        assert_eq!(seconds(&registry, "recent::choice"), [3, 4, 5]);
        registry.keep_recent("recent::choice", 2);
        assert_eq!(seconds(&registry, "recent::choice"), [4, 5]);
        registry.reset();
        record(6);
        assert_eq!(seconds(&registry, "recent::choice"), [6]);
        registry.keep_recent("recent::choice", 0);
        record(7);
        assert!(registry.recent("recent::choice").is_empty());
        assert!(!registry.core().recent.is_used.load(Relaxed));
    }
}
