//! Waiting for locks and channels, and holding locks.

use futures::{FutureExt, executor::block_on};
use perfkit::{
    Operation, Outcome, Registry, Snapshot,
    sync::{
        CondvarExt as _, Held, MutexExt as _, ReceiverExt as _, RwLockExt as _, Site,
        SyncSenderExt as _,
        parking_lot::RwLockExt as _,
        site,
        tokio::{
            MutexExt as _, ReceiverExt as _, RwLockExt as _, SemaphoreExt as _, SenderExt as _,
            WatchReceiverExt as _,
        },
    },
    timed, timer, with_registry,
};
use quanta::Instant;
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier, Condvar, Mutex, RwLock,
        mpsc::{channel, sync_channel},
    },
    thread,
    time::Duration,
};

const PAUSE: Duration = Duration::from_millis(20);

/// What happened in a registry of its own.
fn recorded(f: impl FnOnce()) -> Snapshot {
    let registry = Registry::new();
    with_registry(&registry, f);
    registry.snapshot()
}

fn phase<'a>(snapshot: &'a Snapshot, name: &str, phase: &str) -> &'a Operation {
    let found = snapshot.get_labelled(name, &[("phase", phase)]);
    found.unwrap_or_else(|| panic!("no {phase} of {name} in {snapshot:?}"))
}

/// Calls and errors.
fn counts(snapshot: &Snapshot, name: &str, of: &str) -> [u64; 2] {
    let operation = phase(snapshot, name, of);
    [operation.count(), operation.errors()]
}

/// Runs `f` on four threads, 500 times on each.
fn on_four_threads(f: impl Fn() + Sync) -> Snapshot {
    let registry = Registry::new();
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| with_registry(&registry, || (0..500).for_each(|_| f())));
        }
    });
    registry.snapshot()
}

/// Each of these operations was counted on each of four threads, waiting and holding.
fn assert_counted(snapshot: &Snapshot, names: &[&str]) {
    for name in names {
        for of in ["wait", "hold"] {
            assert_eq!(counts(snapshot, name, of), [2000, 0], "{name} {of}");
        }
    }
    assert_eq!(snapshot.operations().len(), 2 * names.len());
}

#[test]
fn every_wait_and_every_holding_is_counted() {
    let (mutex, rw) = (Mutex::new(0), RwLock::new(0));
    let snapshot = on_four_threads(|| {
        *mutex.lock_timed(site!("mutex")).unwrap() += 1;
        *rw.write_timed(site!("write")).unwrap() += 1;
        assert!(*rw.read_timed(site!("read")).unwrap() > 0);
    });
    assert_eq!((*mutex.lock().unwrap(), *rw.read().unwrap()), (2000, 2000));
    assert_counted(&snapshot, &["mutex", "write", "read"]);
}

/// The same for both versions of `parking_lot`.
macro_rules! parking_lot {
    ($test:ident, $parking_lot:ident) => {
        #[test]
        fn $test() {
            use perfkit::sync::$parking_lot::{MutexExt as _, RwLockExt as _};
            use $parking_lot::{Mutex, RwLock};

            let (mutex, rw) = (Mutex::new(0), RwLock::new(0));
            let snapshot = on_four_threads(|| {
                *mutex.lock_timed(site!("mutex")) += 1;
                *rw.write_timed(site!("write")) += 1;
                assert!(*rw.read_timed(site!("read")) > 0);
                assert!(*rw.upgradable_read_timed(site!("upgradable")) > 0);
            });
            assert_eq!((*mutex.lock(), *rw.read()), (2000, 2000));
            assert_counted(&snapshot, &["mutex", "write", "read", "upgradable"]);
        }
    };
}

parking_lot!(so_is_every_one_of_parking_lot, parking_lot);
parking_lot!(so_is_every_one_of_parking_lot_0_12, parking_lot_0_12);

#[test]
fn so_is_every_one_of_tokio() {
    let mutex = Arc::new(tokio::sync::Mutex::new(0));
    let rw = tokio::sync::RwLock::new(0);
    let slots = Arc::new(tokio::sync::Semaphore::new(3));
    let snapshot = on_four_threads(|| {
        block_on(async {
            *mutex.lock_timed(site!("mutex")).await += 1;
            *mutex.clone().lock_owned_timed(site!("owned")).await += 1;
            *rw.write_timed(site!("write")).await += 1;
            assert!(*rw.read_timed(site!("read")).await > 0);
            drop(slots.acquire_timed(site!("permit")).await);
            drop(slots.acquire_many_timed(2, site!("permits")).await);
            drop(slots.clone().acquire_owned_timed(site!("owned permit")).await);
        });
    });
    assert_eq!(block_on(async { (*mutex.lock().await, *rw.read().await) }), (4000, 2000));
    assert_eq!(slots.available_permits(), 3);
    let names = ["mutex", "owned", "write", "read", "permit", "permits", "owned permit"];
    assert_counted(&snapshot, &names);
}

/// Runs something while it holds a lock.
type Lock<'a> = &'a (dyn Fn(&dyn Fn()) + Sync);

/// One thread holds a lock for a while, and another wants it meanwhile. Whether that waited until
/// the first no longer held it.
fn one_holds_while_another_waits(lock: Lock<'_>) -> bool {
    let (first, second, both) = (Registry::new(), Registry::new(), Barrier::new(2));
    let (asked, released) = thread::scope(|threads| {
        let holder = threads.spawn(|| {
            let released = Cell::new(Instant::now());
            with_registry(&first, || {
                lock(&|| {
                    both.wait();
                    let _slept = timer!("slept");
                    thread::sleep(PAUSE);
                    released.set(Instant::now());
                });
            });
            released.get()
        });
        both.wait();
        let asked = Instant::now();
        with_registry(&second, || {
            let _whole = timer!("whole");
            lock(&|| ());
        });
        (asked, holder.join().unwrap())
    });
    let (first, second) = (first.snapshot(), second.snapshot());
    assert!(phase(&first, "contended", "hold").sum() >= first.get("slept").unwrap().sum());
    let (wait, hold) = (phase(&second, "contended", "wait"), phase(&second, "contended", "hold"));
    assert!(wait.sum() + hold.sum() <= second.get("whole").unwrap().sum());
    assert_eq!((wait.count(), hold.count()), (1, 1));
    wait.sum() >= released.saturating_duration_since(asked)
}

#[test]
fn waiting_takes_as_long_as_another_still_holds() {
    let (mutex, rw, parked) = (Mutex::new(()), RwLock::new(()), parking_lot::RwLock::new(()));
    let (task, slots) = (tokio::sync::Mutex::new(()), tokio::sync::Semaphore::new(1));
    let locks: [Lock<'_>; 5] = [
        &|inside| {
            let _held = mutex.lock_timed(site!("contended")).unwrap();
            inside();
        },
        &|inside| {
            let _held = rw.write_timed(site!("contended")).unwrap();
            inside();
        },
        &|inside| {
            let _held = parked.write_timed(site!("contended"));
            inside();
        },
        &|inside| {
            let _held = block_on(task.lock_timed(site!("contended")));
            inside();
        },
        &|inside| {
            let _held = block_on(slots.acquire_timed(site!("contended"))).unwrap();
            inside();
        },
    ];
    for lock in locks {
        // The operating system may keep the second thread from asking until it is too late.
        assert!((0..20).any(|_| one_holds_while_another_waits(lock)));
    }
}

#[timed("waiter")]
fn waiter(lock: &Mutex<()>) {
    let (_sender, receiver) = channel::<()>();
    assert!(receiver.recv_timeout_timed(PAUSE, site!("waited for")).is_err());
    let _held = lock.lock_timed(site!("waited for")).unwrap();
    thread::sleep(PAUSE);
    drop(timer!("inside"));
}

#[test]
fn waiting_is_a_call_of_the_waiting_function_and_holding_is_not() {
    let snapshot = recorded(|| waiter(&Mutex::new(())));
    let [recv, wait, hold] = ["recv", "wait", "hold"].map(|of| phase(&snapshot, "waited for", of));
    let (waiter, inside) = (snapshot.get("waiter").unwrap(), snapshot.get("inside").unwrap());
    for called in [recv, wait, inside] {
        assert_eq!(called.callers()[0].name.as_deref(), Some("waiter"));
    }
    let elsewhere = recv.sum() + wait.sum() + inside.sum();
    // Each is rounded to nanoseconds.
    let own = waiter.sum().checked_sub(elsewhere).unwrap();
    assert!(waiter.self_time().abs_diff(own) <= Duration::from_nanos(4), "{snapshot:?}");
    assert!(recv.sum() >= PAUSE && hold.sum() >= PAUSE && waiter.self_time() >= PAUSE);
}

#[test]
fn a_wait_that_is_given_up_is_cancelled() {
    let lock = tokio::sync::Mutex::new(());
    let slots = tokio::sync::Semaphore::new(0);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let snapshot = recorded(|| {
        let _taken = lock.try_lock();
        assert!(lock.lock_timed(site!("taken")).now_or_never().is_none());
        assert!(slots.acquire_timed(site!("none left")).now_or_never().is_none());
        assert!(receiver.recv_timed(site!("silence")).now_or_never().is_none());
        sender.try_send(1).unwrap();
        // Never asked for, so never waited for.
        drop(lock.lock_timed(site!("taken")));
    });
    for (name, of) in [("taken", "wait"), ("none left", "wait"), ("silence", "recv")] {
        assert_eq!(phase(&snapshot, name, of).outcome(Outcome::Cancelled), 1);
    }
    assert_eq!(snapshot.operations().len(), 3);
}

#[test]
fn futures_are_send() {
    fn is_send<T: Send>(_: T) {}
    let lock = Arc::new(tokio::sync::RwLock::new(0));
    let slots = Arc::new(tokio::sync::Semaphore::new(1));
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<u8>(1);
    is_send(lock.read_timed(site!("sent")));
    is_send(lock.write_timed(site!("sent")));
    is_send(slots.clone().acquire_owned_timed(site!("sent")));
    is_send(sender.send_timed(1, site!("sent")));
    is_send(receiver.recv_timed(site!("sent")));
    is_send(async move {
        let mutex = tokio::sync::Mutex::new(0);
        let mut held = mutex.lock_timed(site!("sent")).await;
        std::future::ready(()).await;
        *held += 1;
    });
}

#[test]
fn a_closed_channel_is_an_error() {
    let snapshot = recorded(|| {
        let (sender, receiver) = sync_channel(1);
        drop((receiver, sender.send_timed(1, site!("std"))));
        assert!(sender.send_timed(2, site!("std")).is_err());
        let (sender, receiver) = channel::<u8>();
        sender.send(1).unwrap();
        drop(sender);
        assert_eq!(receiver.recv_timed(site!("std")), Ok(1));
        assert!(receiver.recv_timed(site!("std")).is_err());
        block_on(every_channel_of_tokio());
    });
    for (name, of) in [
        ("std", "send"),
        ("std", "recv"),
        ("mpsc", "send"),
        ("mpsc", "recv"),
        ("unbounded", "recv"),
        ("broadcast", "recv"),
        ("watch", "recv"),
    ] {
        assert_eq!(counts(&snapshot, name, of), [2, 1], "{name} {of}");
    }
    assert_eq!(counts(&snapshot, "reserve", "send"), [1, 1]);
    assert_eq!(counts(&snapshot, "lagged", "recv"), [1, 1]);
    assert_eq!(counts(&snapshot, "semaphore", "wait"), [1, 1]);
    assert_eq!(snapshot.operations().len(), 10);
}

/// Uses each once as it is and once closed.
async fn every_channel_of_tokio() {
    use tokio::sync::{Semaphore, broadcast, mpsc, watch};

    let (sender, mut receiver) = mpsc::channel(1);
    assert!(sender.send_timed(1, site!("mpsc")).await.is_ok());
    receiver.close();
    assert!(sender.send_timed(2, site!("mpsc")).await.is_err());
    assert!(sender.reserve_timed(site!("reserve")).await.is_err());
    assert_eq!(receiver.recv_timed(site!("mpsc")).await, Some(1));
    assert_eq!(receiver.recv_timed(site!("mpsc")).await, None);

    let (sender, mut receiver) = mpsc::unbounded_channel();
    sender.send(1).unwrap();
    drop(sender);
    assert_eq!(receiver.recv_timed(site!("unbounded")).await, Some(1));
    assert_eq!(receiver.recv_timed(site!("unbounded")).await, None);

    let (sender, mut receiver) = broadcast::channel(1);
    (1..=2).for_each(|n| assert!(sender.send(n).is_ok()));
    drop(sender);
    assert!(receiver.recv_timed(site!("lagged")).await.is_err());
    assert_eq!(receiver.recv_timed(site!("broadcast")).await, Ok(2));
    assert!(receiver.recv_timed(site!("broadcast")).await.is_err());

    let (sender, mut receiver) = watch::channel(1);
    sender.send(2).unwrap();
    assert!(receiver.changed_timed(site!("watch")).await.is_ok());
    drop(sender);
    assert!(receiver.changed_timed(site!("watch")).await.is_err());

    let slots = Semaphore::new(1);
    slots.close();
    assert!(slots.acquire_timed(site!("semaphore")).await.is_err());
}

#[test]
fn a_full_channel_makes_the_sender_wait() {
    let (sender, receiver) = sync_channel(1);
    let other = sender.clone();
    let registry = Registry::new();
    thread::scope(|threads| {
        let sending = threads.spawn(|| {
            with_registry(&registry, || {
                (1..=2).for_each(|n| sender.send_timed(n, site!("full")).unwrap());
            });
        });
        while other.try_send(0).is_ok() {
            assert_eq!(receiver.recv(), Ok(0));
        }
        thread::sleep(PAUSE);
        assert!(!sending.is_finished());
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
    });
    assert_eq!(counts(&registry.snapshot(), "full", "send"), [2, 0]);

    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let snapshot = recorded(|| {
        assert_eq!(sender.send_timed(1, site!("full")).now_or_never(), Some(Ok(())));
        assert_eq!(sender.capacity(), 0);
        let mut second = Box::pin(sender.send_timed(2, site!("full")));
        assert_eq!((&mut second).now_or_never(), None);
        assert_eq!(receiver.try_recv(), Ok(1));
        assert_eq!(second.now_or_never(), Some(Ok(())));
        assert_eq!((sender.capacity(), receiver.len()), (0, 1));
    });
    assert_eq!(counts(&snapshot, "full", "send"), [2, 0]);
}

#[test]
fn waiting_for_a_signal_is_not_holding_the_lock() {
    let (lock, signal) = (Mutex::new(false), Condvar::new());
    let notifier = Registry::new();
    let snapshot = recorded(|| {
        thread::scope(|threads| {
            let mut held = lock.lock_timed(site!("signal")).unwrap();
            threads.spawn(|| {
                // Free only while the other waits for the signal.
                let mut guard = lock.lock().unwrap();
                with_registry(&notifier, || {
                    let _t = timer!("meanwhile");
                    thread::sleep(PAUSE);
                });
                *guard = true;
                signal.notify_one();
            });
            while !*held {
                held = signal.wait_timed(held, site!("signal")).unwrap();
            }
        });
    });
    let (wait, hold) = (phase(&snapshot, "signal", "wait"), phase(&snapshot, "signal", "hold"));
    assert!(wait.count() >= 2 && wait.count() == hold.count());
    assert!(wait.sum() >= notifier.get("meanwhile").unwrap().sum());
}

#[test]
fn an_owned_guard_goes_home_from_another_thread() {
    let lock = Arc::new(tokio::sync::Mutex::new(1));
    let registry = Registry::new();
    let held =
        with_registry(&registry, || block_on(lock.clone().lock_owned_timed(site!("abroad"))));
    assert!(lock.try_lock().is_err());
    thread::spawn(move || drop(held)).join().unwrap();
    assert_eq!(lock.try_lock().map(|guard| *guard).ok(), Some(1));
    assert_eq!(counts(&registry.snapshot(), "abroad", "hold"), [1, 0]);
}

#[test]
fn a_poisoned_lock_is_held_all_the_same() {
    let (lock, signal) = (Mutex::new(1), Condvar::new());
    let snapshot = recorded(|| {
        let panics = || {
            let mut held = lock.lock_timed(site!("poisoned")).unwrap();
            *held = 2;
            panic!("while holding");
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        let held = lock.lock_timed(site!("poisoned")).unwrap_err().into_inner();
        assert_eq!((*held, format!("{held} {held:?}")), (2, "2 2".into()));
        // Ended, and not begun again.
        let guard = held.into_guard();
        drop(signal.wait_timeout(guard, Duration::ZERO));
    });
    assert_eq!(counts(&snapshot, "poisoned", "wait"), [2, 1]);
    assert_eq!(counts(&snapshot, "poisoned", "hold"), [2, 0]);
}

#[test]
fn a_guard_is_released_before_its_holding_is_recorded() {
    /// Takes long to release.
    struct Slow;
    impl Drop for Slow {
        fn drop(&mut self) {
            let _t = timer!("releasing");
            thread::sleep(PAUSE);
        }
    }
    static NAMED: Site = Site::new("slow");
    let snapshot = recorded(|| drop(Held::new(Slow, &NAMED)));
    let hold = phase(&snapshot, "slow", "hold");
    assert!(hold.sum() >= snapshot.get("releasing").unwrap().sum());
}
