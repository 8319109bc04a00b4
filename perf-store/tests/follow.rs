//! What many instances do, followed as it is stored.

mod support;

use perf_core::{MetricParts, MetricValue, Snapshot, SnapshotParts};
use perf_store::{Follow, Interval, open};
use std::time::{Duration, SystemTime};
use support::{Folder, MINUTE, instance, operation, snapshot, sqlite};

/// An interval that ended so long ago, with a call, a hit and a reading.
fn ended(ago: Duration, depth: f64) -> Snapshot {
    let taken = SystemTime::now() - ago;
    let metric =
        |name: &str, value| MetricParts { name: name.into(), labels: Vec::new(), value, taken };
    let metrics =
        vec![metric("hits", MetricValue::Counter(2)), metric("depth", MetricValue::Gauge(depth))];
    let whole = snapshot(taken, vec![operation("job", &[1_000, 2_000])]);
    SnapshotParts { metrics, ..SnapshotParts::from(&whole) }.into()
}

#[test]
fn all_instances_are_followed_together() {
    let folder = Folder::new("follow");
    let store = open(&sqlite(&folder)).unwrap();
    let write = |id: &str, sequence, ago, depth| {
        let interval = Interval::new(sequence, ended(ago, depth));
        assert!(store.write(&instance(id, id), &interval).unwrap());
    };
    write("a", 0, 120 * MINUTE, 9.0);
    for minute in 1..=5_u32 {
        write("a", u64::from(minute), MINUTE * minute, f64::from(minute));
        write("b", u64::from(minute), MINUTE * minute, 7.0);
    }
    let (mut follow, earlier) = Follow::new(open(&sqlite(&folder)).unwrap(), 60 * MINUTE).unwrap();
    // Minute by minute, each all there was until then; what is older than an hour is not.
    let counts: Vec<_> = earlier.iter().map(|of| of.get("job").unwrap().count()).collect();
    assert_eq!((counts.last(), counts.is_sorted()), (Some(&20), true));
    assert!(earlier.len() >= 5 && earlier.iter().all(|of| of.started() == earlier[0].started()));
    let now = follow.snapshot();
    assert_eq!(now.counter("hits", &[]), Some(20));
    assert_eq!(now.gauge("depth", &[("host", "a")]), Some(1.0));
    assert_eq!(now.gauge("depth", &[("host", "b")]), Some(7.0));

    follow.advance().unwrap();
    assert_eq!(follow.snapshot().get("job").unwrap().count(), 20);
    // What comes a little late is taken in, once; what comes very late is left to queries.
    write("a", 6, 30 * MINUTE, 0.0);
    write("b", 6, 3 * MINUTE, 8.0);
    write("b", 7, Duration::from_millis(1), 8.0);
    for _ in 0..3 {
        follow.advance().unwrap();
        let now = follow.snapshot();
        assert_eq!(now.get("job").unwrap().count(), 24);
        assert_eq!(now.gauge("depth", &[("host", "b")]), Some(8.0));
        assert!(now.taken() > earlier[earlier.len() - 1].taken());
    }
}

#[test]
fn a_store_that_was_idle_for_days_is_followed() {
    let folder = Folder::new("idle");
    let store = open(&sqlite(&folder)).unwrap();
    store.write(&instance("a", "a"), &Interval::new(0, ended(3 * 1_440 * MINUTE, 1.0))).unwrap();
    drop(store);
    let (mut follow, earlier) = Follow::new(open(&sqlite(&folder)).unwrap(), 60 * MINUTE).unwrap();
    assert!(earlier.is_empty());
    let store = open(&sqlite(&folder)).unwrap();
    store.write(&instance("a", "a"), &Interval::new(1, ended(Duration::ZERO, 2.0))).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    follow.advance().unwrap();
    assert_eq!(follow.snapshot().get("job").unwrap().count(), 2);
}
