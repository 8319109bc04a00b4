//! Timing allocates nothing: not while it is switched off, and not on a thread that has been
//! through the place before. In a binary of its own, for it has an allocator that counts.
#![cfg(feature = "enabled")]

use allocation_counter::measure;
use futures::FutureExt;
use perfkit::{
    sync::{MutexExt as _, ReceiverExt as _, SyncSenderExt as _, site},
    timed, timer,
};
use std::{
    hint::black_box,
    sync::{
        LazyLock, Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

/// Of seven functions and scopes.
const CALLS: u64 = 1_000_000;

#[timed("plain")]
fn plain(pause: Duration) {
    spin(pause);
}

#[timed("fallible")]
fn fallible(n: u64, pause: Duration) -> Result<(), u64> {
    spin(pause);
    if n.is_multiple_of(3) { Err(n) } else { Ok(()) }
}

#[timed(name = "labelled", labels(parity = if n.is_multiple_of(2) { "even" } else { "odd" }))]
fn labelled(n: u64, pause: Duration) {
    spin(pause);
}

#[timed(name = "shown", labels(remainder = n % 2))]
fn shown(n: u64, pause: Duration) {
    spin(pause);
}

#[timed(name = "sampled", sample = 64)]
fn sampled(n: u64) {
    black_box(n);
}

#[timed("asynchronous")]
async fn asynchronous(pause: Duration) {
    spin(pause);
    std::future::ready(()).await;
}

/// A lock and a channel, with both of its ends.
static SHARED: LazyLock<(SyncSender<u64>, Mutex<Receiver<u64>>)> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1);
    (sender, Mutex::new(receiver))
});

fn synchronised(n: u64) {
    let (sender, receiver) = &*SHARED;
    let Ok(receiver) = receiver.lock_timed(site!("lock")) else { return };
    black_box(sender.send_timed(n, site!("channel")).is_ok());
    black_box(receiver.recv_timed(site!("channel")).is_ok());
    #[cfg(feature = "tokio")]
    {
        use perfkit::sync::tokio::MutexExt as _;

        static TASKS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        black_box(TASKS.lock_timed(site!("tasks")).now_or_never());
    }
}

fn spin(pause: Duration) {
    let start = Instant::now();
    while !pause.is_zero() && start.elapsed() < pause {
        std::hint::spin_loop();
    }
}

/// One of everything, each call with a caller.
fn everything(n: u64, pause: Duration) {
    let _t = timer!("scope");
    plain(pause);
    black_box(fallible(n, pause).is_ok());
    labelled(n, pause);
    shown(n, pause);
    sampled(n);
    black_box(asynchronous(pause).now_or_never());
}

/// The operating system may take the CPU away at any moment, which makes a long call; and counts of
/// durations are allocated when the first of their size comes. So each has been seen before.
fn see_every_duration() {
    for step in 0..46 {
        let pause = Duration::from_secs_f64(10e-9 * 2_f64.powf(f64::from(step) / 2.0));
        everything(0, pause);
        everything(1, pause);
        for name in ["plain", "fallible", "sampled", "asynchronous", "scope"] {
            (0..8).for_each(|times| perfkit::record(name, pause * (1 << times)));
        }
    }
    // The last of them are still in the thread's ring.
    drop(perfkit::snapshot());
}

#[test]
fn neither_the_disabled_path_nor_the_hot_path_allocates() {
    LazyLock::force(&SHARED);
    perfkit::set_enabled(false);
    // The very first call included.
    let off = measure(|| {
        (0..1000).for_each(|n| {
            everything(n, Duration::ZERO);
            synchronised(n);
        });
    });
    assert_eq!(off.count_total, 0, "{off:?}");
    assert!(perfkit::snapshot().operations().is_empty());

    perfkit::set_enabled(true);
    let first = measure(|| everything(1, Duration::ZERO));
    assert!(first.count_total > 0, "the counting allocator is in place");
    (0..1000).for_each(|n| everything(n, Duration::ZERO));
    see_every_duration();
    let run = || measure(|| (0..CALLS / 7).for_each(|n| everything(n, Duration::ZERO)));
    let mut hot = run();
    if hot.count_total > 0 {
        // A labelled call was held up longer than any before; it cannot be again.
        hot = run();
    }
    assert_eq!(hot.count_total, 0, "{hot:?}");
    let plain = perfkit::get("plain").map_or(0, |plain| plain.count());
    assert!(plain >= 1001 + CALLS / 7, "the calls were timed: {plain}");

    // Waits of every duration cannot be made; but few runs are held up longer than any before.
    synchronised(0);
    let run = |_| measure(|| (0..1000).for_each(synchronised)).count_total;
    assert!((0..100).map(run).any(|allocations| allocations == 0));
    let locked = perfkit::snapshot().get_labelled("lock", &[("phase", "hold")]).cloned();
    assert!(locked.is_some_and(|locked| locked.count() > 1000));
}
