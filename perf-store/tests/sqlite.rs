//! SQLite: what is written is read, whoever writes, and whatever becomes of the file.

mod support;

use perf_core::{MetricParts, MetricValue, SnapshotParts, ValueHistogram};
use perf_store::{
    AlertChange, By, HealthChange, Instance, Interval, Query, Retention, StoreError, open,
};
use proptest::prelude::*;
use std::{fs, thread, time::SystemTime};
use support::{
    DAY, Folder, HOUR, MINUTE, calls, history, instance, operation, snapshot, sqlite, start,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_one_histogram(steps in history::steps()) {
        let folder = Folder::new("history");
        let store = open(&sqlite(&folder)).unwrap();
        history::check(&*store, "case", &steps);
        drop(store);
        fs::remove_file(folder.path().join("perfkit.db")).unwrap();
    }
}

#[test]
fn ten_processes_start_on_nothing() {
    let folder = Folder::new("ten");
    let url = sqlite(&folder);
    let one = |n: u64| {
        let store = open(&url).unwrap();
        let instance = instance(&format!("p{n}"), "host");
        let interval = Interval::new(0, snapshot(start(), vec![operation("job", &[1_000; 5])]));
        assert!(store.write(&instance, &interval).unwrap());
    };
    thread::scope(|scope| {
        for n in 0..10 {
            scope.spawn(move || one(n));
        }
    });
    let store = open(&url).unwrap();
    assert_eq!((store.instances().unwrap().len(), calls(&*store, &[])), (10, 50));
}

#[test]
fn again_is_once() {
    let folder = Folder::new("again");
    let store = open(&sqlite(&folder)).unwrap();
    let instance = instance("a", "host");
    let interval = Interval {
        alerts: vec![AlertChange { rule: "slow".into(), at: start(), ..AlertChange::default() }],
        ..Interval::new(7, snapshot(start(), vec![operation("job", &[1_000])]))
    };
    let written: Vec<_> = (0..3).map(|_| store.write(&instance, &interval).unwrap()).collect();
    assert_eq!(written, [true, false, false]);
    assert_eq!(calls(&*store, &[]), 1);
    assert_eq!(store.alerts(start() - HOUR, start()).unwrap().len(), 1);
}

#[test]
fn everything_of_an_interval_comes_back() {
    let folder = Folder::new("everything");
    let store = open(&sqlite(&folder)).unwrap();
    let instance = Instance { started: start(), ..Instance::new("2.0.1") };
    let labels = |value: &str| vec![("table".to_owned(), value.to_owned())];
    let mut operations = vec![operation("query", &[2_000_000, 9_000_000]); 2];
    operations[0].labels = labels("users");
    operations[0].panicked = 1;
    operations[1].labels = labels("na\0ïve \"orders\"");
    let metric = |name: &str, value| MetricParts {
        name: name.into(),
        labels: labels("users"),
        value,
        taken: start(),
    };
    let values = ValueHistogram::from_values(3, [(2.5, 3), (-7.0, 1)]);
    let parts = SnapshotParts {
        metrics: vec![
            metric("hits", MetricValue::Counter(12)),
            metric("depth", MetricValue::Gauge(-3.5)),
            metric("nothing", MetricValue::Gauge(f64::NAN)),
            metric("sizes", MetricValue::Distribution(values.clone())),
        ],
        ..SnapshotParts::from(&snapshot(start(), operations))
    };
    let alert = AlertChange {
        rule: "slow".into(),
        labels: [("operation".to_owned(), "query".to_owned())].into(),
        severity: "high".into(),
        status: "firing".into(),
        value: Some(0.7),
        threshold: None,
        at: start(),
        summary: "query is slow".into(),
    };
    let health = HealthChange {
        check: "db".into(),
        status: "fail".into(),
        at: start(),
        message: "away".into(),
    };
    let interval = Interval {
        sequence: 3,
        snapshot: parts.into(),
        alerts: vec![alert.clone()],
        health: vec![health.clone()],
    };
    store.write(&instance, &interval).unwrap();

    let query = Query::new(start() - MINUTE, start());
    let found = store.operations(&query).unwrap();
    let expected = interval.snapshot.operations();
    assert_eq!(found.len(), 2);
    let users = found.iter().find(|group| group.labels["table"] == "users").unwrap();
    assert!(expected.contains(&users.value), "{users:?}");
    let both = store.operations(&query.clone().by([By::Name])).unwrap();
    assert_eq!((both.len(), both[0].value.count()), (1, 4));
    let one = store.operations(&query.clone().label("table", "users").name("query")).unwrap();
    assert_eq!((one.len(), one[0].value.count()), (1, 2));
    assert!((one[0].per_second() - 2.0 / 60.0).abs() < 1e-9);
    assert!(store.operations(&query.clone().name("other")).unwrap().is_empty());
    assert!(store.operations(&query.clone().host("other")).unwrap().is_empty());
    assert_eq!(store.counters(&query).unwrap()[0].value, 12);
    let gauges = store.gauges(&query).unwrap();
    assert_eq!((gauges.len(), gauges[0].value.last), (1, -3.5));
    assert_eq!(store.distributions(&query).unwrap()[0].value, values);
    let id = || instance.id.clone();
    assert_eq!(store.alerts(start() - MINUTE, start()).unwrap(), [(id(), alert)]);
    assert_eq!(store.health(start() - MINUTE, start()).unwrap(), [(id(), health)]);
    assert_eq!(store.instances().unwrap(), [instance]);
}

#[test]
fn metrics_roll_up_too() {
    let folder = Folder::new("metrics");
    let store = open(&sqlite(&folder)).unwrap();
    let instance = instance("a", "host");
    for n in 1..=60_u32 {
        let taken = start() + MINUTE * n;
        let metric =
            |name: &str, value| MetricParts { name: name.into(), labels: Vec::new(), value, taken };
        let parts = SnapshotParts {
            metrics: vec![
                metric("hits", MetricValue::Counter(2)),
                metric("depth", MetricValue::Gauge(f64::from(n))),
            ],
            ..SnapshotParts::from(&snapshot(taken, Vec::new()))
        };
        store.write(&instance, &Interval::new(n.into(), parts.into())).unwrap();
    }
    let now = start() + 10 * DAY;
    let rolled = store.roll_up(now, 100).unwrap();
    assert_eq!((rolled.merged, rolled.is_done, rolled.is_busy), (2, true, false));
    // 60 minutes, and the hour.
    assert_eq!(store.retain(now, &Retention { hours: DAY, ..Retention::days(30) }).unwrap(), 61);
    let query = Query::new(start(), start() + DAY);
    assert_eq!(store.counters(&query).unwrap()[0].value, 120);
    let depth = store.gauges(&query).unwrap()[0].value;
    assert_eq!((depth.last, depth.min, depth.max, depth.mean()), (60.0, 1.0, 60.0, 30.5));
    assert_eq!(store.retain(now + 60 * DAY, &Retention::default()).unwrap(), 1);
    assert!(store.counters(&query).unwrap().is_empty());
}

#[test]
fn a_damaged_file_is_set_aside() {
    let folder = Folder::new("damaged");
    let url = sqlite(&folder);
    let path = folder.write("perfkit.db", vec![b'x'; 9_000]);
    let stores: Vec<_> = thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&url).unwrap())).collect();
        all.into_iter().map(|opened| opened.join().unwrap()).collect()
    });
    let interval = Interval::new(0, snapshot(start(), vec![operation("job", &[5])]));
    for (n, store) in stores.iter().enumerate() {
        assert!(store.write(&instance(&format!("i{n}"), "host"), &interval).unwrap());
    }
    assert_eq!(calls(&*stores[0], &[]), 4);
    let names = fs::read_dir(folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let aside: Vec<_> = names.filter(|name| name.starts_with("perfkit.db.corrupt-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(fs::read(folder.path().join(&aside[0])).unwrap(), vec![b'x'; 9_000]);
    assert!(path.is_file());
}

#[test]
fn what_hinders_is_said() {
    let folder = Folder::new("hinders");
    let missing = open(&format!("sqlite:{}/no/such/x.db", folder.path().display())).unwrap_err();
    assert!(matches!(missing, StoreError::Refused(_)), "{missing:?}");
    assert!(missing.to_string().contains("the folder must be there"), "{missing}");
    for wrong in ["sqlite::memory:", "mysql://user:s3cret@host"] {
        let error = open(wrong).unwrap_err();
        assert!(matches!(error, StoreError::Url(_)), "{error:?}");
        assert!(!error.to_string().contains("s3cret"));
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = Folder::new("newer");
    drop(open(&sqlite(&folder)).unwrap());
    let path = folder.path().join("perfkit.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute("INSERT INTO perfkit_schema VALUES (99)", []).unwrap();
    drop(connection);
    let error = open(&sqlite(&folder)).unwrap_err();
    assert_eq!(error, StoreError::Newer { found: 99, known: 1 });
    assert!(error.to_string().contains("newer perfkit"));
}

#[test]
fn a_clock_set_back_changes_no_sum() {
    let folder = Folder::new("clock");
    let store = open(&sqlite(&folder)).unwrap();
    let instance = instance("a", "host");
    let taken = [start() + HOUR, start() + HOUR - 10 * MINUTE, start() + HOUR + MINUTE];
    for (n, taken) in taken.into_iter().enumerate() {
        let backward = snapshot(taken, vec![operation("job", &[5])]).dated(taken + MINUTE, taken);
        store.write(&instance, &Interval::new(n as u64, backward)).unwrap();
    }
    assert_eq!(calls(&*store, &[]), 3);
    store.roll_up(SystemTime::now(), 100).unwrap();
    assert_eq!(calls(&*store, &[]), 3);
}

#[test]
fn a_file_damaged_in_use_is_set_aside_and_a_new_one_used() {
    let folder = Folder::new("in-use");
    let path = folder.path().join("perfkit.db");
    let (store, other) = (open(&sqlite(&folder)).unwrap(), open(&sqlite(&folder)).unwrap());
    let interval = |n| Interval::new(n, snapshot(start(), vec![operation("job", &[1_000])]));
    let instance = instance("a", "host");
    store.write(&instance, &interval(0)).unwrap();
    assert_eq!((calls(&*store, &[]), calls(&*other, &[])), (1, 1));
    // What is in the log ahead is in the file, so that reading it is of no use to anybody.
    let checkpoint = rusqlite::Connection::open(&path).unwrap();
    checkpoint.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop(checkpoint);
    let length = fs::metadata(&path).unwrap().len() as usize;
    fs::write(&path, vec![0x5a; length]).unwrap();
    // Somebody finds out, whose interval waits; from then on there is a new file, for the other too.
    let mut failed = 0;
    for n in 1..4 {
        let written = store.write(&instance, &interval(n));
        if let Err(error) = written {
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
            failed += 1;
            assert!(store.write(&instance, &interval(n)).unwrap());
        }
    }
    assert_eq!(failed, 1);
    assert!(other.write(&support::instance("b", "host"), &interval(0)).unwrap());
    assert_eq!((calls(&*store, &[]), calls(&*other, &[])), (4, 4));
    let aside = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().contains(".corrupt-");
    let entries: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert!(entries.iter().any(aside), "{entries:?}");
}

#[test]
fn a_file_that_somebody_removed_is_made_anew() {
    let folder = Folder::new("removed");
    let store = open(&sqlite(&folder)).unwrap();
    let interval = |n| Interval::new(n, snapshot(start(), vec![operation("job", &[1_000])]));
    let instance = instance("a", "host");
    store.write(&instance, &interval(0)).unwrap();
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(folder.path().join(format!("perfkit.db{end}"))).unwrap();
    }
    assert!(store.write(&instance, &interval(1)).unwrap());
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 1);
}

#[test]
fn instances_are_forgotten_with_the_last_of_them() {
    let folder = Folder::new("instances");
    let store = open(&sqlite(&folder)).unwrap();
    let now = SystemTime::now();
    for (id, taken) in [("old", start()), ("new", now)] {
        let interval = Interval::new(0, snapshot(taken, vec![operation("job", &[1_000])]));
        store.write(&instance(id, "host"), &interval).unwrap();
    }
    let names = || -> Vec<String> {
        store.instances().unwrap().into_iter().map(|instance| instance.id).collect()
    };
    // In its first day it is left alone: it may be about to write.
    store.retain(now, &Retention::days(30)).unwrap();
    assert_eq!((names().len(), calls(&*store, &[])), (2, 1));
    store.retain(now + 31 * DAY, &Retention::days(1_000)).unwrap();
    assert_eq!(names().len(), 2);
    store.retain(now + 31 * DAY, &Retention::days(40)).unwrap();
    assert_eq!(names().len(), 2);
    store.retain(now + 41 * DAY, &Retention::days(40)).unwrap();
    assert_eq!((names().len(), calls(&*store, &[])), (0, 0));
    // One that comes back is there again.
    let interval = Interval::new(1, snapshot(now + 41 * DAY, vec![operation("job", &[1_000])]));
    store.write(&instance("late", "host"), &interval).unwrap();
    assert_eq!(names(), ["late"]);
}
