//! `sample`, `poll`, `in_flight`, `err`, `ok`, `err(kind)`.
#![cfg(feature = "enabled")]

use futures::executor::block_on;
use perfkit::{Operation, Outcome, Registry, Summary, timed, with_registry};
use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

fn get(name: &str, f: impl FnOnce()) -> Operation {
    let registry = Registry::new();
    with_registry(&registry, f);
    registry.get(name).unwrap()
}

#[timed("sampled", sample = 64)]
fn sampled(n: u64) -> u64 {
    std::hint::black_box(n)
}

#[timed("sampled_async", sample = 10)]
async fn sampled_async() {}

#[timed("sampled_errors", sample = 2, err(kind = |kind| *kind))]
fn sampled_errors(n: u32) -> Result<u32, &'static str> {
    if n.is_multiple_of(2) { Err("even") } else { Ok(n) }
}

#[test]
fn a_sampled_call_is_counted_and_one_in_so_many_timed() {
    let registry = Registry::new();
    let spawn = |calls: u64| {
        let registry = registry.clone();
        thread::spawn(move || {
            with_registry(&registry, || (0..calls).map(sampled).fold(0, u64::wrapping_add))
        })
    };
    // Threads that come and go, so that lanes change hands.
    for calls in [1, 63, 64, 65, 1_000_000, 17] {
        spawn(calls).join().unwrap();
    }
    let alive = with_registry(&registry, || (0..1234).map(sampled).fold(0, u64::wrapping_add));
    assert_ne!(alive, 0);
    let operation = registry.get("sampled").unwrap();
    assert_eq!(operation.count(), 1 + 63 + 64 + 65 + 1_000_000 + 17 + 1234);
    assert!(operation.is_sampled());
    let timed = operation.count() / 64;
    assert!(operation.timed().abs_diff(timed) <= 7, "{} of {timed}", operation.timed());
    assert!(operation.total() > operation.mean().unwrap() * 1_000_000);

    let earlier = registry.snapshot();
    with_registry(&registry, || (0..640).for_each(|n| assert_eq!(sampled(n), n)));
    let interval = registry.snapshot().since(&earlier);
    assert_eq!(interval.get("sampled").unwrap().count(), 640);
    let summary = Summary::new(interval).to_string();
    assert!(summary.contains("sampled #") && summary.contains("# timed in part"), "{summary}");

    registry.reset();
    assert_eq!(registry.get("sampled").unwrap().count(), 0);
    with_registry(&registry, || (0..100).for_each(|n| assert_eq!(sampled(n), n)));
    assert_eq!(registry.get("sampled").unwrap().count(), 100);

    let operation = get("sampled_errors", || {
        (0..12).for_each(|n| assert_eq!(sampled_errors(n).is_err(), n.is_multiple_of(2)));
    });
    assert_eq!((operation.count(), operation.timed()), (6, 0), "those skipped are kept");

    let operation = get("sampled_async", || (0..95).for_each(|_| block_on(sampled_async())));
    assert_eq!((operation.count(), operation.timed()), (95, 10));
}

#[timed("polled", poll)]
async fn polled(polls: u32) {
    for _ in 0..polls {
        spin(Duration::from_millis(2));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    spin(Duration::from_millis(4));
}

fn spin(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {}
}

#[test]
fn polls_tell_busy_from_idle() {
    let registry = Registry::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    with_registry(&registry, || {
        runtime.block_on(async {
            polled(3).await;
            // Given up after its first poll.
            let given_up = tokio::time::timeout(Duration::from_millis(1), polled(1)).await;
            assert!(given_up.is_err());
        });
    });
    let operation = registry.get("polled").unwrap();
    let polls = operation.polls().unwrap();
    assert_eq!((operation.count(), operation.outcome(Outcome::Cancelled)), (2, 1));
    assert!(polls.polls >= 5, "{polls:?}");
    let busy = Duration::from_nanos(polls.busy_ns);
    assert!(busy >= Duration::from_millis(3 * 2 + 4 + 2), "{polls:?}");
    assert!(busy + Duration::from_millis(3 * 5) <= operation.sum(), "{polls:?}");
    assert!(polls.longest_ns >= 4_000_000 && polls.longest_ns <= polls.busy_ns, "{polls:?}");
    assert_eq!(get("sampled", || assert_eq!(sampled(1), 1)).polls(), None);
}

#[timed("waits", in_flight)]
fn waits(for_it: &mpsc::Receiver<()>) {
    let _ = for_it.recv();
}

#[timed("waits_async", in_flight)]
async fn waits_async() {
    std::future::pending::<()>().await;
}

#[test]
fn running_calls_and_the_age_of_the_oldest() {
    let registry = Registry::new();
    let (senders, threads): (Vec<_>, Vec<_>) = (0..3)
        .map(|_| {
            let (send, receive) = mpsc::channel();
            let registry = registry.clone();
            (send, thread::spawn(move || with_registry(&registry, || waits(&receive))))
        })
        .unzip();
    let running = || registry.get("waits").and_then(|operation| operation.in_flight());
    while running().is_none_or(|running| running.count < 3) {
        thread::yield_now();
    }
    let before = running().unwrap();
    thread::sleep(Duration::from_millis(2));
    let after = running().unwrap();
    assert!(after.oldest_ns >= before.oldest_ns + 2_000_000, "{before:?} {after:?}");
    assert_eq!(registry.get("waits").unwrap().count(), 0);

    drop(senders);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let operation = registry.get("waits").unwrap();
    assert_eq!(operation.count(), 3);
    assert_eq!(operation.in_flight().map(|calls| (calls.count, calls.oldest_ns)), Some((0, 0)));

    with_registry(&registry, || {
        let mut future = Box::pin(waits_async());
        assert!(futures::FutureExt::now_or_never(future.as_mut()).is_none());
        assert_eq!(registry.get("waits_async").unwrap().in_flight().unwrap().count, 1);
        drop(future);
        assert_eq!(registry.get("waits_async").unwrap().in_flight().unwrap().count, 0);
    });
}

#[derive(Debug)]
enum Failure {
    Timeout,
    Refused,
}

impl Failure {
    fn kind(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Refused => "refused",
        }
    }
}

type Outcomeful<T> = Result<T, Failure>;

#[timed("kinds", err(kind = |e| e.kind().to_owned()))]
fn kinds(n: u16) -> Result<u16, Failure> {
    match n {
        0 => Err(Failure::Timeout),
        1..10 => Err(Failure::Refused),
        _ => Ok(n),
    }
}

#[timed("kinds_async", err(kind = Failure::kind), labels(n = n % 2))]
async fn kinds_async(n: u16) -> Outcomeful<u16> {
    kinds(n)
}

#[timed("seen", err)]
fn seen(fail: bool) -> Outcomeful<()> {
    if fail { Err(Failure::Timeout) } else { Ok(()) }
}

#[timed("unseen", ok)]
fn unseen() -> Result<(), Failure> {
    Err(Failure::Timeout)
}

#[test]
fn errors_by_kind_by_request_and_not_at_all() {
    let registry = Registry::new();
    with_registry(&registry, || {
        for n in [0, 1, 2, 10] {
            drop(kinds(n));
        }
        drop(block_on(kinds_async(3)));
        drop((seen(true), seen(false), unseen()));
    });
    let snapshot = registry.snapshot();
    let kinds: Vec<_> =
        snapshot.series("kinds").map(|o| (o.full_name(), o.count(), o.errors())).collect();
    assert_eq!(
        kinds,
        [
            ("kinds".to_owned(), 1, 0),
            ("kinds{error_type=\"refused\"}".to_owned(), 3, 3),
            ("kinds{error_type=\"timeout\"}".to_owned(), 1, 1),
        ]
    );
    let failed = snapshot.get_labelled("kinds_async", &[("n", "1"), ("error_type", "refused")]);
    assert_eq!(failed.unwrap().errors(), 1);
    assert_eq!(snapshot.get("seen").unwrap().errors(), 1);
    assert_eq!(
        (snapshot.get("unseen").unwrap().errors(), snapshot.get("unseen").unwrap().count()),
        (0, 1)
    );
}

/// Sizes of futures: what timing adds.
mod sizes {
    use super::timed;
    use std::hint::black_box;

    pub(super) async fn plain() {
        let local = [0_u8; 4096];
        std::future::ready(()).await;
        black_box(&local);
    }

    #[timed]
    pub(super) async fn one() {
        let local = [0_u8; 4096];
        std::future::ready(()).await;
        black_box(&local);
    }

    #[timed]
    pub(super) async fn two() {
        one().await;
    }

    #[timed]
    pub(super) async fn three() {
        two().await;
    }

    #[timed]
    pub(super) async fn four() {
        three().await;
    }
}

#[test]
fn sizes_of_timed_futures_grow_by_what_the_timing_needs() {
    let plain = size_of_val(&sizes::plain());
    let one = size_of_val(&sizes::one());
    let four = size_of_val(&sizes::four());
    // Shown by `cargo test --test options sizes -- --nocapture`; ARCHITECTURE.md has the figures.
    println!("plain {plain}, timed {one}, four timed in a chain {four} bytes");
    assert!(one <= plain + 64, "{plain} became {one}");
    assert!(four * 10 <= plain * 22, "{plain} became {four}");
}

#[test]
fn sampled_calls_of_an_exiting_thread_leave_others_their_place() {
    #[timed(name = "options_exiting", sample = 64)]
    fn exiting() {}
    struct AtExit;
    impl Drop for AtExit {
        fn drop(&mut self) {
            (0..5000).for_each(|_| exiting());
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit });
    thread::spawn(|| {
        AT_EXIT.with(|_| ());
        exiting();
    })
    .join()
    .unwrap();

    #[timed(name = "options_after", sample = 64)]
    fn after() {}
    (0..6400).for_each(|_| after());
    let after = perfkit::get("options_after").unwrap();
    assert_eq!((after.count(), after.timed()), (6400, 100));
}
