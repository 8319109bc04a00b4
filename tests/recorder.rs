//! The recorder of the `metrics` facade.

use metrics::{
    Key, Label, Level, Metadata, Recorder, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram,
};
use perfkit::{MetricsRecorder, Registry};
use std::{thread, time::Duration};

const THREADS: u64 = 4;
const TIMES: u64 = 10_000;

fn recorder() -> (Registry, MetricsRecorder) {
    let registry = Registry::new();
    (registry.clone(), MetricsRecorder::new(registry))
}

/// Runs the same on four threads at once.
fn on_threads(recorder: &MetricsRecorder, run: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for n in 0..THREADS {
            let run = &run;
            scope.spawn(move || metrics::with_local_recorder(recorder, || run(n)));
        }
    });
}

#[test]
fn counters_are_exact() {
    let (registry, recorder) = recorder();
    on_threads(&recorder, |thread| {
        let handle = counter!("handle");
        for _ in 0..TIMES {
            handle.increment(2);
            counter!("macro", "route" => "/a", "method" => "GET").increment(1);
            // In another order it is the same series.
            counter!("macro", "method" => "GET", "route" => "/a").increment(1);
            counter!("by thread", "thread" => thread.to_string()).increment(1);
        }
        counter!("absolute").absolute(100 - thread);
        counter!("absolute").absolute(7);
        let _ = counter!("registered only");
    });
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("handle", &[]), Some(2 * THREADS * TIMES));
    let labels = [("route", "/a"), ("method", "GET")];
    assert_eq!(snapshot.counter("macro", &labels), Some(2 * THREADS * TIMES));
    for thread in 0..THREADS {
        let thread = thread.to_string();
        assert_eq!(snapshot.counter("by thread", &[("thread", &thread)]), Some(TIMES));
    }
    assert_eq!(snapshot.counter("absolute", &[]), Some(100));
    assert_eq!(snapshot.counter("registered only", &[]), Some(0));
    assert_eq!(snapshot.metrics().len(), 4 + THREADS as usize);
}

#[test]
fn gauges_are_exact_and_stay() {
    let (registry, recorder) = recorder();
    on_threads(&recorder, |thread| {
        let handle = gauge!("moving");
        for _ in 0..TIMES {
            handle.increment(2.5);
            gauge!("moving").decrement(1.5);
        }
        gauge!("set", "thread" => thread.to_string()).set(thread as f64 + 0.25);
    });
    let before = registry.snapshot();
    assert_eq!(before.gauge("moving", &[]), Some((THREADS * TIMES) as f64));
    assert_eq!(before.gauge("set", &[("thread", "3")]), Some(3.25));
    // They latch: through intervals and a reset.
    assert_eq!(registry.snapshot().since(&before).gauge("set", &[("thread", "3")]), Some(3.25));
    registry.reset();
    assert_eq!(registry.snapshot().gauge("moving", &[]), Some((THREADS * TIMES) as f64));
}

#[test]
fn histograms_of_seconds_are_operations_and_others_keep_their_unit() {
    let (registry, recorder) = recorder();
    metrics::with_local_recorder(&recorder, || {
        describe_histogram!("query", Unit::Seconds, "Queries");
        describe_histogram!("upload", Unit::Bytes, "Sizes of uploads");
        describe_histogram!("latency", Unit::Milliseconds, "As it was measured");
    });
    on_threads(&recorder, |_| {
        let upload = histogram!("upload", "kind" => "image");
        for n in 0..TIMES {
            histogram!("query", "table" => "users").record(Duration::from_micros(n));
            upload.record((n * 1024) as f64);
        }
        histogram!("scan_seconds").record_many(0.5, 1_000_000);
        histogram!("latency").record_many(12.5, 1_000_000);
        histogram!("ratio").record(0.25);
    });
    let snapshot = registry.snapshot();

    let query = snapshot.get_labelled("query", &[("table", "users")]).unwrap();
    assert_eq!(query.count(), THREADS * TIMES);
    assert_eq!(query.max(), Some(Duration::from_micros(TIMES - 1)));
    let p50 = query.percentile(50.0).unwrap();
    assert!(p50.abs_diff(Duration::from_micros(TIMES / 2)) < Duration::from_micros(50), "{p50:?}");
    assert_eq!(snapshot.description("query").unwrap().text, "Queries");

    let scan = snapshot.get("scan_seconds").unwrap();
    assert_eq!((scan.count(), scan.min()), (THREADS * 1_000_000, Some(Duration::from_millis(500))));
    let total = Duration::from_secs(THREADS * 500_000);
    assert!(scan.total().abs_diff(total) < total / 1_000_000, "{:?}", scan.total());

    let upload = snapshot.distribution("upload", &[("kind", "image")]).unwrap();
    assert_eq!((upload.count(), upload.min()), (THREADS * TIMES, Some(0.0)));
    let sum = (0..TIMES).map(|n| n * 1024).sum::<u64>() * THREADS;
    assert_eq!(upload.sum() as u64, sum);
    assert_eq!(snapshot.distribution("latency", &[]).unwrap().mean(), Some(12.5));
    assert_eq!(snapshot.distribution("ratio", &[]).unwrap().percentile(99.0), Some(0.25));
    let unit = |name| snapshot.metrics().iter().find(|m| m.name() == name).unwrap().unit();
    assert_eq!((unit("upload"), unit("latency"), unit("ratio")), (Some("By"), Some("ms"), None));
}

#[test]
fn what_came_before_the_unit_was_known_joins_the_operation() {
    let (registry, recorder) = recorder();
    metrics::with_local_recorder(&recorder, || {
        let handle = histogram!("late");
        handle.record(0.25);
        handle.record(-1.0);
        assert_eq!(registry.snapshot().distribution("late", &[]).unwrap().count(), 2);
        describe_histogram!("late", Unit::Seconds, "");
        handle.record(0.5);
        // Without a unit, the known one stays.
        describe_histogram!("late", "Late");
        handle.record(-1.0);
        handle.record(f64::NAN);
    });
    let snapshot = registry.snapshot();
    let late = snapshot.get("late").unwrap();
    assert_eq!((late.count(), late.backward()), (4, 2));
    assert_eq!((late.min(), late.max()), (Some(Duration::ZERO), Some(Duration::from_millis(500))));
    assert!(snapshot.distribution("late", &[]).is_none());
    assert_eq!(snapshot.lost(), 1);
    assert_eq!(registry.get("late").as_ref(), Some(late));
}

#[test]
fn any_number_of_values_of_any_size() {
    let (registry, recorder) = recorder();
    let before = metrics::with_local_recorder(&recorder, || {
        let days = histogram!("days");
        days.record_many(86_400.0, 200);
        days.record(f64::MAX);
        let before = registry.snapshot();
        describe_histogram!("days", Unit::Seconds, "");
        days.record_many(0.5, u64::MAX as usize / 2);
        before
    });
    let snapshot = registry.snapshot();
    let days = snapshot.get("days").unwrap();
    assert_eq!((days.count(), days.clamped()), (u64::MAX / 2 + 201, 1));
    // What had been recorded before is not in the interval.
    let interval = snapshot.since(&before);
    assert_eq!(interval.get("days").unwrap().count(), u64::MAX / 2);
}

#[test]
fn a_counter_raised_to_an_outside_count_is_reset_like_any_other() {
    let (registry, recorder) = recorder();
    metrics::with_local_recorder(&recorder, || {
        let outside = counter!("outside");
        outside.absolute(1000);
        registry.reset();
        assert_eq!(registry.snapshot().counter("outside", &[]), Some(0));
        outside.absolute(1005);
        outside.absolute(1002);
        assert_eq!(registry.snapshot().counter("outside", &[]), Some(5));
    });
}

#[test]
fn descriptions_come_before_or_after_and_the_last_one_counts() {
    let (registry, recorder) = recorder();
    metrics::with_local_recorder(&recorder, || {
        describe_counter!("sent", Unit::Bytes, "First");
        counter!("sent").increment(1);
        describe_counter!("sent", Unit::Kibibytes, "Bytes sent");
        gauge!("load").set(0.5);
        describe_gauge!("load", Unit::Percent, "How busy");
        describe_gauge!("nobody", "Never registered");
    });
    let snapshot = registry.snapshot();
    let said: Vec<_> =
        snapshot.metrics().iter().map(|m| (m.name(), m.unit(), m.description())).collect();
    let expected =
        [("load", Some("%"), Some("How busy")), ("sent", Some("KiBy"), Some("Bytes sent"))];
    assert_eq!(said, expected);
    assert_eq!(snapshot.description("nobody").unwrap().unit, None);
}

#[test]
fn registering_twice_is_the_same_one() {
    let (registry, recorder) = recorder();
    let metadata = Metadata::new("test", Level::INFO, None);
    let key = Key::from_parts("twice", vec![Label::new("a", "1"), Label::new("b", "2")]);
    let turned = Key::from_parts("twice", vec![Label::new("b", "2"), Label::new("a", "1")]);
    recorder.register_counter(&key, &metadata).increment(1);
    recorder.clone().register_counter(&turned, &metadata).increment(1);
    // A name may be of every kind.
    recorder.register_gauge(&key, &metadata).set(5.0);
    recorder.register_gauge(&key, &metadata).increment(1.0);
    recorder.register_histogram(&key, &metadata).record(1.0);
    recorder.register_histogram(&turned, &metadata).record(3.0);
    let (snapshot, labels) = (registry.snapshot(), [("a", "1"), ("b", "2")]);
    assert_eq!(snapshot.counter("twice", &labels), Some(2));
    assert_eq!(snapshot.gauge("twice", &labels), Some(6.0));
    assert_eq!(snapshot.distribution("twice", &labels).unwrap().mean(), Some(2.0));
}

#[test]
fn label_sets_are_under_the_cap() {
    perfkit::set_label_cap(50);
    let (registry, recorder) = recorder();
    metrics::with_local_recorder(&recorder, || {
        (0..1000).for_each(|n| counter!("unbounded", "id" => n.to_string()).increment(1));
    });
    let snapshot = registry.snapshot();
    let series = snapshot.metrics().iter().filter(|metric| metric.name() == "unbounded");
    assert_eq!(series.count(), 51);
    assert_eq!(snapshot.counter("unbounded", &[("overflow", "true")]), Some(950));
}

#[test]
fn snapshots_of_processes_merge_and_intervals_are_what_came_in_them() {
    let (first, second) = (recorder(), recorder());
    let before = first.0.snapshot();
    for (add, (_, recorder)) in [(1, &first), (2, &second)] {
        metrics::with_local_recorder(recorder, || {
            counter!("jobs").increment(add);
            gauge!("depth").set(add as f64);
            histogram!("size").record(add as f64);
        });
    }
    let interval = first.0.snapshot().since(&before);
    assert_eq!(interval.counter("jobs", &[]), Some(1));
    let mut merged = first.0.snapshot();
    let later = second.0.snapshot();
    merged.merge(&later);
    let mut turned = later;
    turned.merge(&first.0.snapshot().since(&before));
    assert_eq!((merged.counter("jobs", &[]), turned.counter("jobs", &[])), (Some(3), Some(3)));
    // The later one: of the second process, then of the first, which was read again.
    assert_eq!((merged.gauge("depth", &[]), turned.gauge("depth", &[])), (Some(2.0), Some(1.0)));
    assert_eq!(merged.distribution("size", &[]).unwrap().mean(), Some(1.5));
}

#[test]
fn it_is_installed_once_for_the_process() {
    let (registry, recorder) = recorder();
    recorder.clone().install().unwrap();
    counter!("global").increment(1);
    assert_eq!(registry.snapshot().counter("global", &[]), Some(1));
    let refused = recorder.install().unwrap_err();
    assert_eq!(
        format!("{:?}", refused.into_inner().clone()),
        format!("{:?}", MetricsRecorder::new(registry))
    );
}

#[test]
fn the_summary_shows_them() {
    let (registry, recorder) = recorder();
    metrics::with_local_recorder(&recorder, || {
        describe_histogram!("upload", Unit::Bytes, "");
        counter!("hits", "cache" => "users").increment(1234);
        gauge!("load").set(0.5);
        histogram!("upload").record(2048.0);
    });
    let text = perfkit::Summary::new(registry.snapshot()).to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let expected = [
        "counter or gauge      value",
        "───────────────────────────",
        "hits{cache=\"users\"}   1\u{202f}234",
        "load                 0.5000",
        "",
        "distribution  values   mean    min    p50    p95    p99    max",
        "──────────────────────────────────────────────────────────────",
        "upload             1  2 KiB  2 KiB  2 KiB  2 KiB  2 KiB  2 KiB",
    ];
    assert_eq!(lines, expected);
}
