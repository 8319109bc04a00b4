//! The figures are right: percentiles, self time, recursion, merge, since.
#![cfg(feature = "enabled")]
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow here should fail the test")]

use perfkit::{Outcome, Registry, Snapshot, timed, timer, with_registry};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A fixed pseudo-random sequence: splitmix64.
fn random(seed: u64) -> impl Iterator<Item = u64> {
    (1_u64..).map(move |n| {
        let z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

#[test]
fn percentiles_of_a_million_durations_are_within_a_thousandth() {
    // From 100 ns to some 100 s, evenly in the logarithm.
    let mut durations: Vec<u64> = random(7)
        .take(1_000_000)
        .map(|n| (100.0 * 10_f64.powf((n >> 11) as f64 / (1_u64 << 53) as f64 * 9.0)) as u64)
        .collect();
    let registry = Registry::new();
    durations.iter().for_each(|nanos| registry.record("known", Duration::from_nanos(*nanos)));
    durations.sort_unstable();
    let operation = registry.get("known").unwrap();

    assert_eq!(operation.count(), 1_000_000);
    for percentile in [0.0, 0.1, 1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0]
    {
        let rank = ((percentile / 100.0 * 1e6_f64).ceil() as usize).max(1);
        let exact = durations[rank - 1] as f64;
        let got = operation.percentile(percentile).unwrap().as_nanos() as f64;
        assert!((got - exact).abs() <= exact / 1000.0, "p{percentile}: {got} instead of {exact}");
    }
    let close = |got: Duration, exact: f64, share: f64| {
        let got = got.as_nanos() as f64;
        assert!((got - exact).abs() <= exact * share, "{got} instead of {exact}");
    };
    let mean = durations.iter().map(|n| *n as f64).sum::<f64>() / 1e6;
    let variance = durations.iter().map(|n| (*n as f64 - mean).powi(2)).sum::<f64>() / 1e6;
    close(operation.min().unwrap(), durations[0] as f64, 1e-2);
    close(operation.max().unwrap(), durations[999_999] as f64, 1e-8);
    close(operation.mean().unwrap(), mean, 1e-5);
    close(operation.stddev().unwrap(), variance.sqrt(), 1e-3);
}

fn spin(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {}
}

#[timed("parent")]
fn parent() {
    spin(Duration::from_millis(4));
    child();
    {
        let _t = timer!("scope");
        spin(Duration::from_millis(3));
        child();
    }
    child();
}

#[timed("child")]
fn child() {
    spin(Duration::from_millis(2));
}

/// What the calls since may have taken: their clock and this one need not agree to the last digit.
fn measured(start: Instant) -> Duration {
    start.elapsed().mul_f64(1.01)
}

fn assert_within_5_percent(got: Duration, expected: Duration) {
    let difference = got.abs_diff(expected);
    assert!(difference * 20 <= expected, "{got:?} instead of {expected:?}");
}

#[test]
fn self_time_is_total_without_direct_children() {
    let registry = Registry::new();
    with_registry(&registry, || (0..10).for_each(|_| parent()));
    let snapshot = registry.snapshot();
    let [parent, scope, child] =
        ["parent", "scope", "child"].map(|name| snapshot.get(name).unwrap());

    assert_eq!((parent.count(), scope.count(), child.count()), (10, 10, 30));
    let (from_parent, from_scope) = (&child.callers()[0], &child.callers()[1]);
    assert_eq!(from_parent.name.as_deref(), Some("parent"));
    assert_eq!((from_parent.calls, from_scope.calls), (20, 10));
    let child_in_scope = Duration::from_nanos(from_scope.time_ns);
    let child_in_parent = Duration::from_nanos(from_parent.time_ns);
    assert_within_5_percent(scope.self_time(), scope.total() - child_in_scope);
    assert_within_5_percent(parent.self_time(), parent.total() - scope.total() - child_in_parent);
    // The clock may be late at a pre-empted spin's end, but never early.
    assert!(parent.self_time() >= Duration::from_millis(39));
    assert_eq!(child.self_time(), child.total());
    assert_within_5_percent(snapshot.total_time(), parent.total());
}

#[timed("fib")]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[timed("even")]
fn even(n: u32) -> bool {
    n == 0 || odd(n - 1)
}

#[timed("odd")]
fn odd(n: u32) -> bool {
    n != 0 && even(n - 1)
}

fn scoped(n: u32) {
    let _t = timer!("scoped");
    if n > 0 {
        scoped(n - 1);
        scoped(n - 1);
    }
}

#[test]
fn recursion_counts_every_call_and_the_time_of_the_outermost() {
    let registry = Registry::new();
    let start = Instant::now();
    with_registry(&registry, || {
        assert_eq!(fib(18), 2584);
        assert!(even(300));
        scoped(8);
    });
    let wall = measured(start);
    let snapshot = registry.snapshot();
    let total = |name| snapshot.get(name).unwrap().total();

    assert_eq!(snapshot.get("fib").unwrap().count(), 8361);
    assert_eq!(snapshot.get("even").unwrap().count(), 151);
    assert_eq!(snapshot.get("odd").unwrap().count(), 150);
    assert_eq!(snapshot.get("scoped").unwrap().count(), 511);
    // `odd` is inside `even`; the other three follow one another.
    assert!(total("fib") + total("even") + total("scoped") <= wall);
    assert!(total("odd") <= total("even"));
    assert!(snapshot.total_time() <= wall);
    assert!(snapshot.get("fib").unwrap().sum() > total("fib"));
}

#[test]
fn a_duration_out_of_range_is_clamped_counted_and_shown() {
    let registry = Registry::new();
    let long = Duration::from_secs(200 * 24 * 3600);
    registry.record("long", long);
    registry.record("long", Duration::MAX);
    registry.record("long", Duration::from_secs(1));
    let operation = registry.get("long").unwrap();
    assert_eq!((operation.count(), operation.clamped()), (3, 2));
    assert!(operation.max().unwrap() > long && operation.sum() > long);
    let highest = operation.histogram().buckets().next_back().unwrap();
    let limit = perfkit::MAX_DURATION.as_nanos() as u64;
    assert!(highest.low_ns.abs_diff(limit) <= limit / 500 && highest.count == 2, "{highest:?}");
    let summary = perfkit::Summary::new(registry.snapshot()).to_string();
    assert!(summary.contains("! 2 calls lasted over 100 days"), "{summary}");
}

#[derive(Clone, Debug)]
struct Call(usize, u64, Outcome);

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let outcomes = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];
    let call = (0..3_usize, 0..10_000_000_u64, prop::sample::select(outcomes.to_vec()))
        .prop_map(|(name, nanos, outcome)| Call(name, nanos, outcome));
    prop::collection::vec(call, 0..50)
}

fn record(registry: &Registry, calls: &[Call]) {
    for Call(name, nanos, outcome) in calls {
        let name = ["a", "b", "c"][*name];
        registry.record_outcome(name, Duration::from_nanos(*nanos), *outcome);
    }
}

fn recorded(calls: &[Call]) -> Snapshot {
    let registry = Registry::new();
    record(&registry, calls);
    registry.snapshot()
}

/// Sums are rounded to nanoseconds once a registry, so they may differ by one each.
fn assert_same(ours: &Snapshot, theirs: &Snapshot, exact_range: bool) {
    let called = |snapshot: &Snapshot| {
        snapshot.operations().iter().filter(|o| o.count() > 0).cloned().collect::<Vec<_>>()
    };
    let (ours, theirs) = (called(ours), called(theirs));
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!((ours.name(), ours.histogram()), (theirs.name(), theirs.histogram()));
        for outcome in [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled] {
            assert_eq!(ours.outcome(outcome), theirs.outcome(outcome));
        }
        assert!(ours.total().abs_diff(theirs.total()) <= Duration::from_nanos(3));
        if exact_range {
            assert_eq!((ours.min(), ours.max()), (theirs.min(), theirs.max()));
        } else {
            let (ours, theirs) = (ours.max().unwrap(), theirs.max().unwrap());
            // A bucket, and half of one where ticks became nanoseconds.
            assert!(ours.abs_diff(theirs) <= theirs / 500 + Duration::from_nanos(1));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merge_is_recording_everything_in_one_registry(a in calls(), b in calls(), c in calls()) {
        let whole = recorded(&[&a[..], &b, &c].concat());
        let [a, b, c] = [a, b, c].map(|calls| recorded(&calls));
        let mut left = a.clone();
        left.merge(&b);
        left.merge(&c);
        let mut right = c;
        right.merge(&a);
        right.merge(&b);
        assert_same(&left, &whole, true);
        prop_assert_eq!(left.operations(), right.operations());
    }

    #[test]
    fn since_is_the_interval(before in calls(), after in calls()) {
        let registry = Registry::new();
        record(&registry, &before);
        let earlier = registry.snapshot();
        record(&registry, &after);
        let interval = registry.snapshot().since(&earlier);
        assert_same(&interval, &recorded(&after), false);
        for operation in interval.operations().iter().filter(|operation| operation.count() > 0) {
            prop_assert!(operation.min() <= operation.max());
            prop_assert!(operation.percentile(50.0) <= operation.max());
        }
        assert_eq!(interval.started(), earlier.taken());
    }
}

#[test]
fn after_a_reset_everything_is_zero_and_since_starts_anew() {
    let registry = Registry::new();
    registry.record("a", Duration::from_millis(5));
    let earlier = registry.snapshot();
    registry.reset();
    assert_eq!(registry.get("a").unwrap().count(), 0);
    assert_eq!(registry.get("a").unwrap().mean(), None);
    registry.record("a", Duration::from_millis(7));
    let interval = registry.snapshot().since(&earlier);
    assert_eq!(interval.get("a").unwrap().count(), 1);
    assert!(interval.get("a").unwrap().max().unwrap() >= Duration::from_nanos(6_999_999));
}

/// What a generated call does.
#[derive(Clone, Debug)]
enum Step {
    Spin,
    Call(Vec<Step>),
    Fail,
    Panic,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![4 => Just(Step::Spin), 1 => Just(Step::Fail), 1 => Just(Step::Panic)];
    let step = leaf
        .prop_recursive(4, 40, 5, |inner| prop::collection::vec(inner, 0..5).prop_map(Step::Call));
    prop::collection::vec(step, 0..6)
}

/// Counts what really happened: calls, errors, panics.
type Tally = std::cell::Cell<[u64; 3]>;

fn add(tally: &Tally, which: usize) {
    let mut counts = tally.get();
    counts[which] += 1;
    tally.set(counts);
}

#[timed("random", err)]
fn random_calls(steps: &[Step], tally: &Tally) -> Result<(), ()> {
    add(tally, 0);
    for step in steps {
        match step {
            Step::Spin => spin(Duration::from_micros(3)),
            Step::Call(steps) if steps.len() % 2 == 0 => drop(random_calls(steps, tally)),
            Step::Call(steps) => other_calls(steps, tally),
            Step::Fail => {
                add(tally, 1);
                return Err(());
            }
            Step::Panic => {
                add(tally, 2);
                std::panic::resume_unwind(Box::new(()));
            }
        }
    }
    Ok(())
}

/// Catches panics of what it calls.
#[timed("random")]
fn other_calls(steps: &[Step], tally: &Tally) {
    add(tally, 0);
    let _scope = timer!("scope");
    let call = std::panic::AssertUnwindSafe(|| random_calls(steps, tally));
    drop(std::panic::catch_unwind(call));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_nesting_of_calls_panics_and_returns_adds_up(steps in steps()) {
        let (registry, tally) = (Registry::new(), Tally::default());
        let start = Instant::now();
        with_registry(&registry, || other_calls(&steps, &tally));
        let wall = measured(start);
        let snapshot = registry.snapshot();
        let random = snapshot.get("random").unwrap();
        let [calls, errors, _] = tally.get();
        let outcomes = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];
        prop_assert_eq!(random.count(), calls);
        prop_assert_eq!(outcomes.map(|outcome| random.outcome(outcome)).iter().sum::<u64>(), calls);
        prop_assert_eq!(random.outcome(Outcome::Error), errors);
        prop_assert!(snapshot.total_time() <= wall);
        prop_assert!(random.total() <= wall);
        let sums: Duration = random.total() - random.self_time().min(random.total());
        prop_assert!(sums <= wall);
    }
}

#[test]
fn what_is_taken_is_taken_once() {
    let registry = Registry::new();
    let (threads, calls) = (3, 60_000_u64);
    let mut total = (0, 0, 0);
    std::thread::scope(|scope| {
        let busy = || {
            let (count, sizes) =
                (registry.counter("hits", &[]), registry.distribution("sizes", &[]));
            for n in 0..calls {
                registry.record("job", Duration::from_nanos(n));
                count.add(1);
                sizes.record(1.0);
            }
        };
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(busy)).collect();
        let mut add = |taken: Snapshot| {
            total.0 += taken.get("job").map_or(0, perfkit::Operation::count);
            total.1 += taken.counter("hits", &[]).unwrap_or(0);
            total.2 += taken.distribution("sizes", &[]).map_or(0, perfkit::ValueHistogram::count);
        };
        while !all.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            add(registry.take());
        }
        all.into_iter().for_each(|thread| thread.join().unwrap());
        add(registry.take());
    });
    assert_eq!(total, (threads * calls, threads * calls, threads * calls));
}
