//! What operations allocate. Alone in its process, for the allocator is the process's.

use perfkit::{
    Allocations, Registry, TimedExt, alloc::CountingAllocator, timed, timer, with_registry,
};
use std::{
    hint::black_box,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Waker},
    thread,
};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

fn allocate(bytes: usize) {
    drop(black_box(Vec::<u8>::with_capacity(bytes)));
}

/// What each operation allocated: its name, all and its own.
fn allocated(run: impl FnOnce()) -> Vec<(String, Allocations)> {
    let registry = Registry::new();
    with_registry(&registry, run);
    let snapshot = registry.snapshot();
    let operations = snapshot.operations().iter();
    operations.map(|o| (o.full_name(), o.allocations().unwrap_or_default())).collect()
}

fn amounts(count: u64, bytes: u64, self_count: u64, self_bytes: u64) -> Allocations {
    Allocations { count, bytes, self_count, self_bytes }
}

#[track_caller]
fn assert_allocated<const N: usize>(
    got: &[(String, Allocations)],
    expected: [(&str, Allocations); N],
) {
    assert_eq!(got, expected.map(|(name, amounts)| (name.to_owned(), amounts)));
}

#[timed("outer")]
fn outer() {
    allocate(100);
    for _ in 0..3 {
        inner();
    }
    allocate(50);
}

#[timed("inner")]
fn inner() {
    allocate(10);
    let _t = timer!("innermost");
    allocate(1);
}

#[test]
fn exact_bytes_with_and_without_those_of_the_calls_made() {
    let expected = [
        ("inner", amounts(6, 33, 3, 30)),
        ("innermost", amounts(3, 3, 3, 3)),
        ("outer", amounts(8, 183, 2, 150)),
    ];
    assert_allocated(&allocated(outer), expected);
    // Half a million allocations, through many drains of the ring.
    let got = allocated(|| (0..62_500).for_each(|_| outer()));
    let times = |n: u64, a: Allocations| {
        amounts(n * a.count, n * a.bytes, n * a.self_count, n * a.self_bytes)
    };
    assert_allocated(&got, expected.map(|(name, amounts)| (name, times(62_500, amounts))));
}

#[test]
fn what_counts_as_an_allocation() {
    let got = allocated(|| {
        allocate(5); // Outside of any operation.
        let timer = timer("grown");
        let mut bytes: Vec<u8> = Vec::with_capacity(100); // 100
        bytes.reserve_exact(300); // 200 more
        bytes.shrink_to(10); // none
        drop(black_box(vec![0_u8; 1000])); // zeroed: 1000
        drop(black_box(String::new())); // none
        drop(black_box(Box::new(7_u64))); // 8
        drop(black_box(bytes));
        drop(timer);
    });
    assert_allocated(&got, [("grown", amounts(4, 1308, 4, 1308))]);
}

#[test]
fn recursion_of_any_depth_counts_the_outermost_and_each_its_own() {
    #[timed("down")]
    fn down(n: u64) {
        allocate(8);
        if n > 1 {
            down(n - 1);
        }
    }
    const DEPTH: u64 = 5_000;
    let registry = Registry::new();
    let deep = registry.clone();
    let thread = thread::Builder::new().stack_size(64 << 20);
    thread.spawn(move || with_registry(&deep, || down(DEPTH))).unwrap().join().unwrap();
    let got = registry.get("down").unwrap().allocations().unwrap();
    assert_eq!(got, amounts(DEPTH, 8 * DEPTH, DEPTH, 8 * DEPTH));
}

#[test]
fn async_functions_count_what_their_polls_allocate() {
    #[timed("task")]
    async fn task(bytes: usize) {
        allocate(bytes);
        tokio::task::yield_now().await;
        allocate(bytes);
        async {
            allocate(1);
            tokio::task::yield_now().await;
            allocate(1);
        }
        .timed("part")
        .await;
    }
    let got = allocated(|| {
        let (mut a, mut b) = (pin!(task(100)), pin!(task(1000)));
        let mut context = Context::from_waker(Waker::noop());
        // In turn, so that their polls mix.
        let mut left = 2;
        while left > 0 {
            let both = [a.as_mut().poll(&mut context), b.as_mut().poll(&mut context)];
            left -= both.iter().filter(|poll| poll.is_ready()).count();
        }
    });
    let expected = [("part", amounts(4, 4, 4, 4)), ("task", amounts(8, 2204, 4, 2200))];
    assert_allocated(&got, expected);
}

#[test]
fn spans_count_and_labels_and_a_panic() {
    let registry = Registry::new();
    let subscriber = tracing_subscriber::registry().with(perfkit::layer());
    tracing::subscriber::with_default(subscriber, || {
        with_registry(&registry, || {
            let span = tracing::info_span!("span");
            span.in_scope(|| {
                allocate(100);
                let _t = timer!("labelled", table = "users", shard = 7);
                allocate(10);
            });
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let _t = timer!("panics");
                allocate(5);
                std::panic::resume_unwind(Box::new(()));
            }));
        });
    });
    let get = |name: &str, labels: &[(&str, &str)]| {
        registry.snapshot().get_labelled(name, labels).unwrap().allocations().unwrap()
    };
    assert_eq!(get("span", &[]), amounts(2, 110, 1, 100));
    let labelled = get("labelled", &[("table", "users"), ("shard", "7")]);
    assert_eq!(labelled, amounts(1, 10, 1, 10));
    // `resume_unwind` boxes what it carries on the way.
    assert!(get("panics", &[]).bytes >= 5);
}

#[test]
fn a_discarded_scope_and_one_that_outlives_its_caller_leave_it_to_those_around() {
    let got = allocated(|| {
        let _around = timer!("around");
        let discarded = timer!("discarded");
        allocate(7);
        drop(timer!("kept"));
        discarded.discard();
    });
    let none = Allocations::default();
    assert_allocated(&got, [("around", amounts(1, 7, 1, 7)), ("discarded", none), ("kept", none)]);

    let got = allocated(|| {
        let first = timer!("first");
        let second = timer!("second");
        allocate(3);
        drop(first);
        allocate(4);
        drop(second);
    });
    assert_allocated(&got, [("first", none), ("second", amounts(2, 7, 2, 7))]);
}

#[test]
fn perfkits_own_allocations_are_not_the_programs() {
    // First calls allocate, for perfkit: that is not the program's.
    let got = allocated(|| {
        let _t = timer!("around");
        for n in 0..100 {
            drop(timer!("first calls", n = n));
            timer(&"x".repeat(n)).discard();
        }
    });
    let around = got.iter().find(|(name, _)| name == "around").unwrap().1;
    // The strings' own.
    assert_eq!(around, amounts(99, (0..100).sum(), 99, (0..100).sum()));
}

#[test]
fn errors_by_kind_and_spans_in_themselves() {
    #[timed("fails", err(kind = |_| "bad"))]
    fn fails() -> Result<(), u8> {
        Err(7)
    }
    let registry = Registry::new();
    let subscriber = tracing_subscriber::registry().with(perfkit::layer());
    tracing::subscriber::with_default(subscriber, || {
        with_registry(&registry, || {
            let _t = timer!("caller");
            (0..10).for_each(|_| assert!(fails().is_err()));
            let span = tracing::info_span!("twice");
            span.in_scope(|| span.in_scope(|| allocate(1000)));
        });
    });
    let snapshot = registry.snapshot();
    let fails = snapshot.get_labelled("fails", &[("error_type", "bad")]).unwrap();
    assert_eq!((fails.count(), fails.allocations()), (10, None));
    let twice = snapshot.get("twice").unwrap();
    assert_eq!(twice.allocations(), Some(amounts(1, 1000, 1, 1000)));
    assert_eq!(twice.polls().unwrap().polls, 1);
}

#[test]
fn intervals_and_merged_snapshots_add_up_and_the_summary_shows_it() {
    let registry = Registry::new();
    with_registry(&registry, outer);
    let before = registry.snapshot();
    with_registry(&registry, outer);
    let after = registry.snapshot();
    let of = |snapshot: &perfkit::Snapshot| snapshot.get("outer").unwrap().allocations().unwrap();
    assert_eq!(of(&after.since(&before)), of(&before));
    let mut merged = before.clone();
    merged.merge(&before);
    assert_eq!(of(&merged), of(&after));
    let summary = perfkit::Summary::new(after).to_string();
    let outer = summary.lines().find(|line| line.starts_with("outer")).unwrap();
    let figures: Vec<_> = outer.split_whitespace().rev().take(5).collect();
    assert_eq!(figures, ["B", "300", "B", "366", "16"], "{summary}");
}
