//! The layer that times the spans of `tracing`.

use perfkit::{Outcome, Registry, Snapshot, TimedExt, timed, timer};
use std::{sync::mpsc, thread, time::Duration};
use tracing::{Instrument, Level, error, field, info, info_span, instrument, warn};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

/// Runs something under the layer, in a registry of its own.
fn observed(run: impl FnOnce()) -> Snapshot {
    observed_by(|layer| layer, run)
}

fn observed_by(
    configure: impl FnOnce(perfkit::SpanLayer) -> perfkit::SpanLayer,
    run: impl FnOnce(),
) -> Snapshot {
    let registry = Registry::new();
    let layer = configure(perfkit::layer());
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || perfkit::with_registry(&registry, run));
    registry.snapshot()
}

fn sleep(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

/// But for the rounding of ticks to nanoseconds.
fn is_same(a: Duration, b: Duration) -> bool {
    a.abs_diff(b) <= Duration::from_nanos(5)
}

#[track_caller]
fn assert_counts(snapshot: &Snapshot, expected: &[(&str, u64)]) {
    let counts: Vec<_> = snapshot.operations().iter().map(|o| (o.full_name(), o.count())).collect();
    let expected: Vec<_> = expected.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    assert_eq!(counts, expected);
}

#[test]
fn a_span_is_a_call_with_its_own_time_its_caller_and_its_idle_time() {
    let snapshot = observed(|| {
        let outer = info_span!("outer");
        outer.in_scope(|| {
            sleep(4);
            info_span!("inner").in_scope(|| sleep(8));
        });
        sleep(6);
        outer.in_scope(|| sleep(2));
    });
    let (outer, inner) = (snapshot.get("outer").unwrap(), snapshot.get("inner").unwrap());
    assert_eq!((outer.count(), inner.count()), (1, 1));
    let polls = outer.polls().unwrap();
    assert_eq!((polls.polls, inner.polls().unwrap().polls), (2, 1));
    let millis = Duration::from_millis;
    assert!(outer.sum() >= millis(20) && outer.idle().unwrap() >= millis(6), "{outer:?}");
    assert_eq!(outer.sum(), Duration::from_nanos(polls.busy_ns) + outer.idle().unwrap());
    assert!(outer.self_time() >= millis(12));
    let with_inner = outer.self_time() + inner.sum();
    assert!(is_same(outer.sum(), with_inner), "{outer:?} {inner:?}");
    assert_eq!(inner.callers()[0].name.as_deref(), Some("outer"));
    assert_eq!(outer.callers()[0].name, None);
}

#[test]
fn spans_and_timed_scopes_call_each_other() {
    #[timed("timed")]
    fn timed_function() {
        info_span!("in timed").in_scope(|| drop(timer!("scope")));
    }
    let snapshot = observed(|| info_span!("around").in_scope(timed_function));
    for (name, by) in [("timed", "around"), ("in timed", "timed"), ("scope", "in timed")] {
        let (inner, outer) = (snapshot.get(name).unwrap(), snapshot.get(by).unwrap());
        assert_eq!(inner.callers()[0].name.as_deref(), Some(by), "{inner:?}");
        assert!(outer.self_time() < outer.sum());
    }
}

#[test]
fn recursion_counts_every_call_and_the_outermost_time() {
    #[instrument]
    fn down(n: u32) {
        sleep(1);
        if n > 0 {
            down(n - 1);
        }
    }
    let snapshot = observed(|| down(4));
    let down = snapshot.get("down").unwrap();
    assert_eq!(down.count(), 5);
    assert!(is_same(down.total(), down.max().unwrap()), "{down:?}");
}

#[test]
fn what_makes_a_span_an_error() {
    #[derive(Debug)]
    struct Failed;
    #[instrument(err(Debug))]
    fn instrumented(fails: bool) -> Result<(), Failed> {
        if fails { Err(Failed) } else { Ok(()) }
    }
    let spans = || {
        info_span!("event").in_scope(|| error!("broken"));
        info_span!("warning").in_scope(|| warn!("odd"));
        info_span!("field of an event").in_scope(|| warn!(error = ?Failed, "retrying"));
        info_span!("field", error = field::Empty).in_scope(|| ());
        let late = info_span!("late field", error = field::Empty);
        late.record("error", "it did");
        late.in_scope(|| ());
        info_span!("not true", error = false).in_scope(|| ());
        info_span!("nothing", error = "").in_scope(|| info!(error = ?None::<String>, "fine"));
        info_span!("zero").in_scope(|| info!(error = 0, "code"));
        let failed = info_span!("status", otel.status_code = field::Empty);
        failed.in_scope(|| failed.record("otel.status_code", "ERROR"));
        info_span!("good status", otel.status_code = "OK").in_scope(|| ());
        info_span!("outer").in_scope(|| info_span!("inner").in_scope(|| error!("inside")));
        let _ = (instrumented(true), instrumented(false));
    };
    let errors = |snapshot: &Snapshot| {
        let failed = snapshot.operations().iter().filter(|o| o.errors() > 0);
        failed.map(|o| (o.name().to_owned(), o.errors())).collect::<Vec<_>>()
    };
    let expected = ["event", "field of an event", "inner", "instrumented", "late field", "status"];
    assert_eq!(errors(&observed(spans)), expected.map(|name| (name.to_owned(), 1)));

    let snapshot = observed_by(|layer| layer.error_level(None).error_fields(&[]), spans);
    assert_eq!(errors(&snapshot), []);
    let snapshot = observed_by(|layer| layer.error_level(Level::WARN).error_fields(&[]), spans);
    let expected = ["event", "field of an event", "inner", "instrumented", "warning"];
    assert_eq!(errors(&snapshot), expected.map(|name| (name.to_owned(), 1)));
}

#[test]
fn chosen_fields_become_labels() {
    #[instrument(skip(_secret), fields(rows = field::Empty))]
    fn query(table: &str, schema: &String, _secret: &str) {
        tracing::Span::current().record("rows", table.len());
    }
    let snapshot = observed_by(
        |layer| layer.labels(&["table", "schema", "rows"]),
        || {
            let schema = "main".to_owned();
            query("users", &schema, "hush");
            query("users", &schema, "hush");
            query("jobs", &schema, "hush");
            info_span!("without").in_scope(|| ());
        },
    );
    let expected = [
        ("query{rows=\"4\",schema=\"main\",table=\"jobs\"}", 1),
        ("query{rows=\"5\",schema=\"main\",table=\"users\"}", 2),
        ("without", 1),
    ];
    assert_counts(&snapshot, &expected);
}

#[test]
fn spans_of_one_name_are_told_apart_by_target_if_asked() {
    let spans = || {
        let inner = || info_span!(target: "app::orders", "get", id = 1).in_scope(|| ());
        info_span!(target: "app::users", "get").in_scope(inner);
    };
    assert_counts(&observed(spans), &[("get", 2)]);
    let snapshot = observed_by(|layer| layer.with_target(true).labels(&["id"]), spans);
    let expected = [("app::orders::get{id=\"1\"}", 1), ("app::users::get", 1)];
    assert_counts(&snapshot, &expected);
}

#[test]
fn labels_are_under_the_cap() {
    perfkit::set_label_cap(10);
    let snapshot = observed_by(
        |layer| layer.labels(&["id"]),
        || (0..100).for_each(|id| info_span!("many", id).in_scope(|| ())),
    );
    assert_eq!(snapshot.series("many").count(), 11);
    let overflow = snapshot.get_labelled("many", &[("overflow", "true")]).unwrap();
    assert_eq!(overflow.count(), 90);
}

#[test]
fn spans_in_any_order_and_never_entered_and_cloned_and_closed_late() {
    let snapshot = observed(|| {
        drop(info_span!("never entered"));
        let span = info_span!("cloned");
        let clones = vec![span.clone(); 5];
        clones.iter().for_each(|clone| clone.in_scope(|| ()));
        drop(span);
        drop(clones);
        let (a, b) = (info_span!("a"), info_span!("b"));
        let (in_a, in_b) = (a.enter(), b.enter());
        drop(in_a);
        drop(in_b);
        let child = info_span!(parent: &a, "child");
        drop(a);
        child.in_scope(|| ());
        let twice = info_span!("entered in itself");
        twice.in_scope(|| twice.in_scope(|| ()));
    });
    let expected = [("a", 1), ("b", 1), ("child", 1), ("cloned", 1), ("entered in itself", 1)];
    assert_counts(&snapshot, &expected);
    assert_eq!(snapshot.get("cloned").unwrap().polls().unwrap().polls, 5);
    assert_eq!(snapshot.get("a").unwrap().overlaps(), 1);
    assert_eq!(snapshot.get("child").unwrap().callers()[0].name.as_deref(), Some("a"));
    // Scopes that follow are as if nothing had been.
    assert_eq!(snapshot.get("cloned").unwrap().callers()[0].name, None);
}

#[test]
fn a_span_entered_on_several_threads_at_once_is_one_call() {
    let registry = Registry::new();
    let layer = perfkit::layer().registry(registry.clone());
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    let in_dispatch = |run: &dyn Fn()| tracing::dispatcher::with_default(&dispatch, run);
    let (send, receive) = mpsc::channel();
    in_dispatch(&|| send.send(info_span!("shared")).unwrap());
    let span = receive.recv().unwrap();
    let barrier = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (span, barrier) = (span.clone(), &barrier);
            let work = move || {
                span.in_scope(|| {
                    barrier.wait();
                    sleep(5);
                    info_span!("part").in_scope(|| ());
                    barrier.wait();
                });
            };
            scope.spawn(move || in_dispatch(&work));
        }
    });
    drop(span);
    let snapshot = registry.snapshot();
    assert_counts(&snapshot, &[("part", 4), ("shared", 1)]);
    let shared = snapshot.get("shared").unwrap();
    let polls = shared.polls().unwrap();
    assert_eq!(polls.polls, 4);
    assert!(Duration::from_nanos(polls.busy_ns) > shared.sum() * 2, "{shared:?}");
    assert_eq!(snapshot.get("part").unwrap().callers()[0].name.as_deref(), Some("shared"));
}

#[test]
fn a_panic_is_the_spans_outcome() {
    let snapshot = observed(|| {
        let panics = || info_span!("panics").in_scope(|| panic!("on purpose"));
        assert!(std::panic::catch_unwind(panics).is_err());
    });
    assert_eq!(snapshot.get("panics").unwrap().outcome(Outcome::Panicked), 1);
}

#[test]
fn a_filter_selects_spans() {
    let registry = Registry::new();
    let layer = perfkit::layer().registry(registry.clone()).with_filter(LevelFilter::INFO);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let outer = info_span!("wanted");
        outer.in_scope(|| {
            tracing::debug_span!("unwanted").in_scope(|| info_span!("inner").in_scope(|| ()));
        });
    });
    let snapshot = registry.snapshot();
    assert_counts(&snapshot, &[("inner", 1), ("wanted", 1)]);
    assert_eq!(snapshot.get("inner").unwrap().callers()[0].name.as_deref(), Some("wanted"));
}

#[test]
fn switched_off_it_counts_nothing() {
    let snapshot = observed(|| {
        perfkit::set_enabled(false);
        info_span!("off").in_scope(|| ());
        perfkit::set_enabled(true);
    });
    assert_counts(&snapshot, &[]);
}

#[test]
fn a_registry_of_ones_own_has_self_times_and_clones_have_their_own_spans() {
    let registry = Registry::new();
    let layer = perfkit::layer().registry(registry.clone());
    let dispatch = |layer| tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    let (first, second) = (dispatch(layer.clone()), dispatch(layer));
    // Both give it the same id.
    let a = tracing::dispatcher::with_default(&first, || info_span!("a"));
    let b = tracing::dispatcher::with_default(&second, || info_span!("b"));
    a.in_scope(|| ());
    b.in_scope(|| ());
    drop((a, b));
    tracing::dispatcher::with_default(&first, || {
        info_span!("outer").in_scope(|| info_span!("inner").in_scope(|| sleep(20)));
    });
    let snapshot = registry.snapshot();
    assert_counts(&snapshot, &[("a", 1), ("b", 1), ("inner", 1), ("outer", 1)]);
    let outer = snapshot.get("outer").unwrap();
    assert!(outer.self_time() < outer.sum() / 2, "{outer:?}");
}

#[test]
fn values_may_do_what_they_like_when_they_are_shown() {
    struct Chatty;
    impl std::fmt::Debug for Chatty {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            error!("while it is shown");
            info_span!("inside").in_scope(|| f.write_str("chatty"))
        }
    }
    let snapshot = observed_by(
        |layer| layer.labels(&["what"]),
        || {
            let span = info_span!("span", what = field::Empty);
            let _in = span.enter();
            span.record("what", field::debug(Chatty));
        },
    );
    let span = snapshot.get_labelled("span", &[("what", "chatty")]).unwrap();
    assert_eq!((span.count(), span.errors()), (1, 1));
}

#[test]
fn the_series_of_a_name_in_one_another_each_have_their_time() {
    let snapshot = observed_by(
        |layer| layer.labels(&["n"]),
        || {
            let inner = || info_span!("q", n = 2).in_scope(|| sleep(5));
            info_span!("q", n = 1).in_scope(inner);
        },
    );
    let inner = snapshot.get_labelled("q", &[("n", "2")]).unwrap();
    assert_eq!(inner.total(), inner.sum());
}

#[test]
fn somebody_elses_panic_is_not_a_spans() {
    let snapshot = observed(|| {
        let mut future = Box::pin(std::future::pending::<()>().instrument(info_span!("waiting")));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        let owner = std::panic::AssertUnwindSafe(move || {
            let _future = future;
            panic!("on purpose");
        });
        assert!(std::panic::catch_unwind(owner).is_err());
    });
    let waiting = snapshot.get("waiting").unwrap();
    assert_eq!((waiting.count(), waiting.outcome(Outcome::Panicked)), (1, 0));
}

#[test]
fn spans_left_open_are_in_nobodys_way() {
    #[timed("leaves one open")]
    fn leaves_one_open() -> tracing::span::EnteredSpan {
        info_span!("kept").entered()
    }
    let snapshot = observed(|| {
        let kept: Vec<_> = (0..200).map(|_| leaves_one_open()).collect();
        info_span!("outer").in_scope(|| drop(timer!("inner")));
        drop(kept);
    });
    let inner = snapshot.get("inner").unwrap();
    assert_eq!(inner.callers()[0].name.as_deref(), Some("outer"));
    assert_eq!(snapshot.get("kept").unwrap().count(), 200);
}

#[test]
fn a_discarded_timer_does_not_stand_for_its_span() {
    let snapshot = observed(|| info_span!("x").in_scope(|| timer!("x").discard()));
    assert_counts(&snapshot, &[("x", 1)]);
}

/// One function with both attributes, in either order, sync and async.
mod twins {
    use super::*;

    #[timed("sync")]
    #[instrument(name = "sync")]
    fn timed_outside(n: u32) {
        if n > 0 {
            timed_outside(n - 1);
        }
        drop(timer!("child"));
    }

    #[instrument(name = "sync")]
    #[timed("sync")]
    fn timed_inside(n: u32) {
        if n > 0 {
            timed_inside(n - 1);
        }
        drop(timer!("child"));
    }

    #[timed("async")]
    #[instrument(name = "async")]
    async fn async_timed_outside() {
        tokio::task::yield_now().await;
        async { drop(timer!("child")) }.instrument(info_span!("between")).await;
    }

    #[instrument(name = "async")]
    #[timed("async")]
    async fn async_timed_inside() {
        tokio::task::yield_now().await;
        async { drop(timer!("child")) }.instrument(info_span!("between")).await;
    }

    fn check(snapshot: &Snapshot, name: &str, calls: u64, between: &str) {
        let twin = snapshot.get(name).unwrap();
        assert_eq!(twin.count(), calls, "{twin:?}");
        let calls_of = |name: &str, by: &str| {
            let callers = snapshot.get(name).unwrap().callers();
            callers.iter().filter(|c| c.name.as_deref() == Some(by)).map(|c| c.calls).sum::<u64>()
        };
        assert_eq!((calls_of(between, name), calls_of(name, "caller")), (calls, 1));
        let around = snapshot.get("caller").unwrap();
        let taken_off = around.self_time() + twin.total();
        assert!(is_same(around.sum(), taken_off), "{around:?} {twin:?}");
    }

    #[test]
    fn sync_functions_are_counted_once() {
        for twin in [timed_outside, timed_inside] {
            let snapshot = observed(|| {
                let _t = timer!("caller");
                twin(3);
            });
            check(&snapshot, "sync", 4, "child");
            let sync = snapshot.get("sync").unwrap();
            assert!(is_same(sync.total(), sync.max().unwrap()), "recursion: {sync:?}");
        }
    }

    #[test]
    fn async_functions_are_counted_once() {
        for is_outside in [true, false] {
            let run = async {
                if is_outside { async_timed_outside().await } else { async_timed_inside().await }
            };
            let snapshot = observed(|| futures::executor::block_on(run.timed("caller")));
            check(&snapshot, "async", 1, "between");
        }
    }

    #[test]
    fn with_the_same_labels_too() {
        #[timed("labelled", labels(table = table))]
        #[instrument(name = "labelled")]
        fn labelled(table: &str) {}
        let snapshot = observed_by(|layer| layer.labels(&["table"]), || labelled("users"));
        assert_counts(&snapshot, &[("labelled{table=\"users\"}", 1)]);
    }

    #[test]
    fn under_their_usual_names_they_are_two_operations() {
        #[timed]
        #[instrument]
        fn both() {}
        let snapshot = observed(|| (0..10).for_each(|_| both()));
        let counts: Vec<_> = snapshot.operations().iter().map(perfkit::Operation::count).collect();
        assert_eq!(counts, [10, 10]);
    }
}
