//! Every call is counted, whatever becomes of its thread.
#![cfg(feature = "enabled")]

use perfkit::{Registry, timed, timer, with_registry};
use std::{
    cell::RefCell,
    sync::{Arc, Barrier},
    thread,
};

const CALLS: u64 = 1_000_000;

#[timed("counted")]
fn counted(n: u64) -> u64 {
    std::hint::black_box(n)
}

fn call_many() {
    (0..CALLS).for_each(|n| {
        counted(n);
    });
}

#[test]
fn eight_threads_of_a_million_calls_half_gone_half_alive() {
    let registry = Registry::new();
    let snapshot_taken = Arc::new(Barrier::new(5));
    let all_called = Arc::new(Barrier::new(5));

    let exiting: Vec<_> = (0..4)
        .map(|_| {
            let registry = registry.clone();
            thread::spawn(move || with_registry(&registry, call_many))
        })
        .collect();
    exiting.into_iter().for_each(|thread| thread.join().unwrap());

    let living: Vec<_> = (0..4)
        .map(|_| {
            let (registry, called, taken) =
                (registry.clone(), Arc::clone(&all_called), Arc::clone(&snapshot_taken));
            thread::spawn(move || {
                with_registry(&registry, || {
                    call_many();
                    called.wait();
                    taken.wait();
                });
            })
        })
        .collect();
    all_called.wait();
    assert_eq!(registry.get("counted").unwrap().count(), 8 * CALLS);
    snapshot_taken.wait();
    living.into_iter().for_each(|thread| thread.join().unwrap());

    let operation = registry.get("counted").unwrap();
    assert_eq!(operation.count(), 8 * CALLS);
    assert_eq!(operation.histogram().to_hdr().len(), 8 * CALLS);
}

#[test]
fn snapshots_taken_while_threads_record_never_lose_or_double() {
    let registry = Registry::new();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let registry = registry.clone();
            thread::spawn(move || with_registry(&registry, call_many))
        })
        .collect();
    let mut last = 0;
    while !writers.iter().all(thread::JoinHandle::is_finished) {
        let count = registry.get("counted").map_or(0, |operation| operation.count());
        assert!(count >= last, "{count} after {last}");
        last = count;
    }
    writers.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(registry.get("counted").unwrap().count(), 4 * CALLS);
}

#[test]
fn more_threads_than_were_ever_alive_at_once() {
    let registry = Registry::new();
    for _ in 0..200 {
        let registry = registry.clone();
        thread::spawn(move || with_registry(&registry, || (0..10).map(counted).sum::<u64>()))
            .join()
            .unwrap();
    }
    assert_eq!(registry.get("counted").unwrap().count(), 2000);
}

/// Times something when its thread-local is destroyed, before and after perfkit's own.
struct AtExit(&'static str);

impl Drop for AtExit {
    fn drop(&mut self) {
        at_exit();
        drop(timer!(self.0));
    }
}

#[timed("at_exit")]
fn at_exit() {}

thread_local! {
    static BEFORE: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    static AFTER: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    static HELD: RefCell<Option<perfkit::Timer>> = const { RefCell::new(None) };
}

#[test]
fn calls_in_thread_local_destructors_count() {
    thread::spawn(|| {
        BEFORE.set(Some(AtExit("exit_timer")));
        HELD.set(Some(timer!("held")));
        at_exit();
        AFTER.set(Some(AtExit("exit_timer")));
    })
    .join()
    .unwrap();
    assert_eq!(perfkit::get("at_exit").unwrap().count(), 3);
    assert_eq!(perfkit::get("exit_timer").unwrap().count(), 2);
    assert_eq!(perfkit::get("held").unwrap().count(), 1);
}

#[test]
fn a_timer_dropped_on_another_thread_counts_where_it_began() {
    let registry = Registry::new();
    let timer = registry.timer("moved");
    thread::spawn(move || drop(timer)).join().unwrap();
    let operation = registry.get("moved").unwrap();
    assert_eq!((operation.count(), operation.overlaps()), (1, 1));
    // The thread it left is not inside it any more.
    registry.time("later", || ());
    assert_eq!(registry.get("later").unwrap().callers()[0].name, None);
}

#[test]
fn an_operation_is_known_from_its_first_call_on_not_from_that_ones_end() {
    let registry = Registry::new();
    with_registry(&registry, || {
        let first = timer!("counts: first");
        let labelled = timer!("counts: labelled", table = "users");
        let calls: Vec<_> = registry
            .snapshot()
            .operations()
            .iter()
            .map(|operation| (operation.full_name(), operation.count()))
            .collect();
        let none = |name: &str| (name.to_owned(), 0);
        assert_eq!(calls, [none("counts: first"), none("counts: labelled{table=\"users\"}")]);
        drop((labelled, first));
    });
    assert!(registry.snapshot().operations().iter().all(|operation| operation.count() == 1));
}
