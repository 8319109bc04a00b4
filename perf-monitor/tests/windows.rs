//! What belongs to a window, by times that are written down.

use perf_core::{Outcome, Registry, Snapshot};
use perf_monitor::windows::{Stats, Windows};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Seconds after some start.
fn at(seconds: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1e6 + seconds)
}

/// A registry with a clock that is told the time.
struct Watched {
    registry: Registry,
    started: f64,
    windows: Windows,
}

impl Watched {
    fn new(lengths: &[Duration]) -> Self {
        Self { registry: Registry::new(), started: 0.0, windows: Windows::new(lengths) }
    }

    /// So many calls, then a tick.
    fn tick(&mut self, calls: u64, now: f64) {
        (0..calls).for_each(|_| self.registry.record("job", Duration::from_millis(10)));
        let snapshot = self.registry.snapshot().dated(at(self.started), at(now));
        self.windows.push(snapshot);
    }

    /// The calls in a window, and the seconds that it covers.
    fn over(&self, length: Duration) -> (u64, f64) {
        let window = self.windows.over(length).expect("a tick came");
        let calls = window.get("job").map_or(0, perf_core::Operation::count);
        (calls, window.elapsed().as_secs_f64())
    }
}

#[test]
fn nothing_is_known_before_the_first_tick_and_all_after_it() {
    let mut watched = Watched::new(&[MINUTE]);
    assert!(watched.windows.over(MINUTE).is_none() && watched.windows.total().is_none());
    watched.tick(3, 20.0);
    assert_eq!(watched.over(MINUTE), (3, 20.0));
    assert_eq!(watched.windows.total().unwrap().get("job").unwrap().count(), 3);
}

#[test]
fn an_empty_window_has_no_operation_and_its_gauges() {
    let mut watched = Watched::new(&[MINUTE]);
    watched.registry.gauge("depth", &[]).set(7.0);
    watched.registry.counter("hits", &[]).add(1);
    watched.tick(3, 60.0);
    watched.registry.gauge("depth", &[]).set(8.0);
    watched.tick(0, 120.0);
    let window = watched.windows.over(MINUTE).unwrap();
    assert!(window.operations().is_empty() && window.counter("hits", &[]).is_none());
    assert!(Stats::of(&window, window.operations()).is_none());
    assert_eq!(window.gauge("depth", &[]), Some(8.0));
    assert_eq!((window.started(), window.taken()), (at(60.0), at(120.0)));
}

#[test]
fn an_interval_belongs_if_more_than_half_of_it_lies_within() {
    // The second of two intervals takes 40 s; of the first, from 0 to its end at `end`, the last 20 s
    // lie within.
    for (end, expected) in [(39.9, (3, 79.9)), (40.0, (2, 40.0)), (40.1, (2, 40.0))] {
        let mut watched = Watched::new(&[MINUTE, HOUR]);
        watched.tick(1, end);
        watched.tick(2, end + 40.0);
        let (calls, covered) = watched.over(MINUTE);
        assert_eq!(calls, expected.0, "{end}");
        assert!((covered - expected.1).abs() < 1e-6, "{end}");
        assert_eq!(watched.over(HOUR).0, 3);
    }
}

#[test]
fn the_last_interval_belongs_however_long_and_its_rate_is_right() {
    let mut watched = Watched::new(&[MINUTE, HOUR]);
    watched.tick(60, 60.0);
    // Suspended for two hours.
    watched.tick(72, 60.0 + 7_200.0);
    assert_eq!(watched.over(MINUTE), (72, 7_200.0));
    assert_eq!(watched.over(HOUR), (72, 7_200.0));
    let window = watched.windows.over(MINUTE).unwrap();
    assert_eq!(Stats::of(&window, window.operations()).unwrap().rate(), Some(0.01));
    // A minute later it is no longer the last minute, but most of the last hour is not in it.
    watched.tick(60, 7_320.0);
    assert_eq!(watched.over(MINUTE), (60, 60.0));
    assert_eq!(watched.over(HOUR), (60, 60.0));
}

#[test]
fn a_clock_set_back_moves_the_past_with_it() {
    let mut watched = Watched::new(&[MINUTE, HOUR]);
    watched.tick(1, 60.0);
    watched.tick(2, 120.0);
    // Set back by half an hour in a tick of a minute.
    watched.tick(4, 180.0 - 1_800.0);
    assert_eq!(watched.over(MINUTE), (4, 60.0));
    assert_eq!(watched.over(HOUR), (7, 180.0));
    watched.tick(8, 240.0 - 1_800.0);
    assert_eq!(watched.over(MINUTE), (8, 60.0));
    assert_eq!(watched.over(2 * MINUTE), (12, 120.0));
    assert_eq!(watched.over(HOUR), (15, 240.0));
}

#[test]
fn a_reset_begins_an_interval_of_its_own() {
    let mut watched = Watched::new(&[MINUTE, HOUR]);
    watched.tick(5, 60.0);
    watched.registry.reset();
    watched.started = 100.0;
    watched.tick(2, 120.0);
    assert_eq!(watched.over(Duration::ZERO), (2, 20.0));
    assert_eq!(watched.over(HOUR), (7, 120.0));
}

#[test]
fn another_registry_after_a_restart_adds_to_what_was() {
    let mut watched = Watched::new(&[MINUTE, HOUR]);
    watched.tick(5, 60.0);
    watched.registry = Registry::new();
    watched.started = 660.0;
    watched.tick(2, 720.0);
    assert_eq!(watched.over(MINUTE), (2, 60.0));
    assert_eq!(watched.over(HOUR), (7, 720.0));
}

#[test]
fn two_ticks_at_one_time_lose_nothing_and_have_no_rate_alone() {
    let mut watched = Watched::new(&[MINUTE]);
    watched.tick(1, 0.0);
    let window = watched.windows.over(MINUTE).unwrap();
    assert_eq!(Stats::of(&window, window.operations()).unwrap().rate(), None);
    watched.tick(2, 60.0);
    watched.tick(4, 60.0);
    watched.tick(8, 60.0);
    assert_eq!(watched.over(MINUTE), (14, 60.0));
}

#[test]
fn times_at_the_ends_of_the_clock_are_borne() {
    let mut watched = Watched::new(&[MINUTE, Duration::MAX, Duration::ZERO]);
    watched.tick(1, 1.0);
    watched.tick(2, 2.0);
    assert_eq!(watched.over(Duration::MAX), (3, 2.0));
    assert_eq!(watched.over(Duration::ZERO), (2, 1.0));
    let mut none = Watched::new(&[]);
    none.tick(1, 1.0);
    none.tick(2, 2.0);
    assert_eq!(none.over(HOUR), (2, 1.0));
}

/// One call: when, which operation, how long in nanoseconds, and how it ended.
type Call = (f64, u8, u64, Outcome);

fn call() -> impl Strategy<Value = Call> {
    let outcomes = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];
    let nanos = (0_u32..40).prop_flat_map(|bits| 0_u64..2 << bits);
    (0.0..4_000.0_f64, 0_u8..3, nanos, prop::sample::select(outcomes.to_vec()))
}

fn record(registry: &Registry, (_, operation, nanos, outcome): Call) {
    let (name, duration) = (format!("op{operation}"), Duration::from_nanos(nanos));
    registry.record_outcome(&name, duration, outcome);
}

/// The calls of a time in a registry of their own.
fn expected(calls: &[Call], window: &Snapshot) -> Snapshot {
    let registry = Registry::new();
    let inside = |time: f64| window.started() < at(time) && at(time) <= window.taken();
    calls.iter().filter(|call| inside(call.0)).for_each(|call| record(&registry, *call));
    registry.snapshot()
}

fn near(got: Option<Duration>, exact: Option<Duration>) -> bool {
    let (Some(got), Some(exact)) = (got, exact) else { return got == exact };
    got.abs_diff(exact).as_nanos() <= exact.as_nanos() / 100 + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_window_is_what_one_registry_would_have_recorded(
        mut ticks in prop::collection::vec(prop_oneof![0.1..5.0_f64, 10.0..70.0, 1.0..900.0], 1..120),
        mut calls in prop::collection::vec(call(), 0..300),
    ) {
        let mut now = 0.0;
        ticks.iter_mut().for_each(|tick| { now += *tick; *tick = now; });
        calls.sort_by(|a, b| a.0.total_cmp(&b.0));
        let lengths = [MINUTE, 5 * MINUTE, HOUR];
        let mut watched = Watched::new(&lengths);
        let mut left = calls.iter().peekable();
        for tick in &ticks {
            while let Some(call) = left.next_if(|call| call.0 <= *tick) {
                record(&watched.registry, *call);
            }
            watched.tick(0, *tick);
        }
        for length in lengths {
            let window = watched.windows.over(length).unwrap();
            let expected = expected(&calls, &window);
            prop_assert_eq!(window.operations().len(), expected.operations().len());
            for (got, exact) in window.operations().iter().zip(expected.operations()) {
                prop_assert_eq!((got.name(), got.count()), (exact.name(), exact.count()));
                for outcome in [Outcome::Error, Outcome::Panicked, Outcome::Cancelled] {
                    prop_assert_eq!(got.outcome(outcome), exact.outcome(outcome));
                }
                for percentile in [0.0, 50.0, 95.0, 99.0, 100.0] {
                    let of = |operation: &perf_core::Operation| operation.percentile(percentile);
                    prop_assert!(near(of(got), of(exact)), "{got:?} {exact:?}");
                }
                prop_assert!(got.sum().abs_diff(exact.sum()) <= Duration::from_micros(1));
            }
            // It covers what was asked for, but for half an interval, or a late tick.
            let covered = window.elapsed().as_secs_f64();
            let last = ticks.last().unwrap() - ticks.iter().rev().nth(1).unwrap_or(&0.0);
            let longest = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(ticks[0], f64::max);
            let longest = longest.max(length.as_secs_f64() / 60.0);
            let wanted = length.as_secs_f64().min(*ticks.last().unwrap());
            prop_assert!(covered >= wanted - longest / 2.0 - 1e-6, "{covered} {wanted}");
            prop_assert!(covered <= (wanted + longest / 2.0).max(last) + 1e-6, "{covered} {wanted}");
        }
    }
}
