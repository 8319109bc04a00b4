//! A real PostgreSQL, which is stopped and killed while others write.

mod support;

use perf_store::{Interval, StoreError, Writer, WriterBuilder, WriterStatus, open};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};
use support::{DAY, Folder, calls, history, instance, operation, server::Server, snapshot, start};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn any_history_is_one_histogram() {
    let server = Server::start("pg-history");
    let store = open(&server.url()).unwrap();
    let mut runner = TestRunner::deterministic();
    for case in 0..40 {
        let steps = history::steps().new_tree(&mut runner).unwrap().current();
        history::check(&*store, &format!("case-{case}"), &steps);
    }
}

/// A program may ask from wherever it is, though others of its tasks wait meanwhile.
#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn a_store_can_be_used_within_a_runtime() {
    let server = Server::start("pg-within");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = open(&server.url()).unwrap();
        let interval = Interval::new(0, snapshot(start(), vec![operation("job", &[1_000; 5])]));
        assert!(store.write(&instance("within", "host"), &interval).unwrap());
        assert_eq!(calls(&*store, &[]), 5);
    });
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn ten_processes_start_on_nothing() {
    let server = Server::start("pg-ten");
    let url = server.url();
    let one = |n: u64| {
        let store = open(&url).unwrap();
        let interval = Interval::new(0, snapshot(start(), vec![operation("job", &[1_000; 5])]));
        assert!(store.write(&instance(&format!("p{n}"), "host"), &interval).unwrap());
        assert!(!store.write(&instance(&format!("p{n}"), "host"), &interval).unwrap());
    };
    thread::scope(|scope| {
        for n in 0..10 {
            scope.spawn(move || one(n));
        }
    });
    let store = open(&url).unwrap();
    assert_eq!((store.instances().unwrap().len(), calls(&*store, &[])), (10, 50));
    assert_eq!(server.sql("SELECT string_agg(version::text, ',') FROM perfkit_schema"), "1");
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn what_hinders_is_said() {
    let server = Server::start("pg-hinders");
    server.sql("CREATE ROLE locked LOGIN PASSWORD 'right'");
    server.lock_out("locked");
    let at = format!("127.0.0.1:{}", server.port());
    let error = |url: String| open(&url).unwrap_err();
    let wrong = error(format!("postgres://locked:s3cret@{at}/postgres"));
    assert!(matches!(wrong, StoreError::Refused(_)), "{wrong:?}");
    assert!(wrong.to_string().contains("wrong user or password"), "{wrong}");
    assert!(!format!("{wrong} {wrong:?}").contains("s3cret"));
    let missing = error(format!("postgres://locked@{at}/postgres"));
    assert!(matches!(missing, StoreError::Refused(_)), "{missing:?}");
    let nowhere = error(format!("postgres://perf@{at}/nowhere"));
    assert!(matches!(nowhere, StoreError::Refused(_)), "{nowhere:?}");
    let tls = error(format!("postgres://perf@{at}/postgres?sslmode=require"));
    assert!(matches!(tls, StoreError::Unavailable(_)), "{tls:?}");

    let store = open(&server.url()).unwrap();
    assert!(!format!("{store:?}").contains("perf@"));
    server.sql("INSERT INTO perfkit_schema VALUES (99)");
    assert_eq!(error(server.url()), StoreError::Newer { found: 99, known: 1 });
    server.down();
    let away = error(server.url());
    assert!(matches!(away, StoreError::Unavailable(_)), "{away:?}");
    server.up();
}

#[test]
#[ignore = "needs postgresql and openssl: cargo xtask ci"]
fn tls_is_used_and_the_certificate_checked() {
    let server = Server::start("pg-tls");
    let authority = server.speak_tls().display().to_string();
    let url = |options: &str| format!("{}?{options}", server.url());
    let began = Instant::now();
    let store = loop {
        match open(&url(&format!("sslmode=require&sslrootcert={authority}"))) {
            Ok(store) => break store,
            // It takes a moment until the server has read its new settings.
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        thread::sleep(Duration::from_millis(100));
    };
    let interval = Interval::new(0, snapshot(start(), vec![operation("job", &[1_000])]));
    assert!(store.write(&instance("a", "host"), &interval).unwrap());
    let ours = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                WHERE application_name = 'perfkit'";
    assert_eq!(server.sql(ours), "t");
    // Nobody has signed it that everybody trusts.
    let error = open(&url("sslmode=require")).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(open(&url("sslmode=disable")).is_ok());
    let wrong = open(&url("sslmode=require&sslrootcert=/nowhere.pem")).unwrap_err();
    assert!(wrong.to_string().starts_with("sslrootcert /nowhere.pem"), "{wrong}");
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn nobody_fails_while_parts_come_and_go() {
    let server = Server::start("pg-parts");
    let (writes, reads, keeps) = {
        let open = || open(&server.url()).unwrap();
        (open(), open(), open())
    };
    let (stop, read) = (AtomicBool::new(false), AtomicU64::new(0));
    let days = 60;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let found = calls(&*reads, &[]);
                read.fetch_add(1, Ordering::Relaxed);
                assert!(found <= 2 * u64::from(days), "{found}");
            }
        });
        for day in 1..=days {
            let taken = start() + DAY * day;
            let interval = snapshot(taken, vec![operation("job", &[1_000, 2_000])]);
            let interval = Interval::new(u64::from(day), interval);
            writes.write(&instance("a", "host"), &interval).unwrap();
            keeps.roll_up(taken, 100).unwrap();
            keeps.retain(taken, &perf_store::Retention::days(10)).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let left = calls(&*writes, &[]);
    assert!((18..=24).contains(&left), "{left}");
    let parts = "SELECT COUNT(*) FROM pg_class WHERE relname LIKE 'perfkit\\_operation\\_0\\_%' AND relkind = 'r'";
    let parts: u64 = server.sql(parts).parse().unwrap();
    assert!(parts <= 12, "{parts} parts are left");
    println!("{} readings", read.into_inner());
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn a_long_reader_holds_up_no_writer() {
    let server = Server::start("pg-reader");
    let store = open(&server.url()).unwrap();
    let write = |day: u32| {
        let taken = start() + DAY * day;
        let interval = snapshot(taken, vec![operation("job", &[1_000])]);
        store.write(&instance("a", "host"), &Interval::new(u64::from(day), interval)).unwrap();
    };
    write(1);
    thread::scope(|scope| {
        let reads = "BEGIN; SELECT COUNT(*) FROM perfkit_operation; SELECT pg_sleep(8); COMMIT";
        let reader = scope.spawn(|| server.sql(reads));
        thread::sleep(Duration::from_secs(1));
        // It begins a part.
        write(2);
        assert!(!reader.is_finished(), "it waited for the reader");
        assert_eq!(calls(&*store, &[]), 2);
        assert!(!reader.is_finished(), "it waited for the reader");
        reader.join().unwrap();
    });
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let (server, folder) = (Server::start("pg-locked"), Folder::new("pg-locked-spool"));
    drop(open(&server.url()).unwrap());
    thread::scope(|scope| {
        let locks = "BEGIN; LOCK TABLE perfkit_interval IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(20); COMMIT";
        let locker = scope.spawn(|| server.sql(locks));
        thread::sleep(Duration::from_secs(1));
        let builder = WriterBuilder::new(&server.url(), folder.path());
        let mut writer = builder.start(instance("a", "host")).unwrap();
        let taken = std::time::SystemTime::now();
        writer
            .write(snapshot(taken, vec![operation("job", &[1])]), Vec::new(), Vec::new())
            .unwrap();
        let status = writer.stop(Duration::from_secs(1));
        assert!(!locker.is_finished(), "it was waited for");
        assert_eq!((status.stored, status.waiting), (0, 1));
        locker.join().unwrap();
    });
    let builder = WriterBuilder::new(&server.url(), folder.path());
    assert_eq!(builder.start(instance("b", "host")).unwrap().stop(PATIENCE).waiting, 0);
    assert_eq!(calls(&*open(&server.url()).unwrap(), &[]), 1);
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn readers_go_on_after_a_restart() {
    let server = Server::start("pg-restart");
    let store = open(&server.url()).unwrap();
    let read = || store.operations(&perf_store::Query::new(start(), start() + DAY));
    thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(|| read().unwrap())));
    server.down();
    assert!(matches!(read(), Err(StoreError::Unavailable(_))));
    server.up();
    (0..5).for_each(|_| _ = read().unwrap());
    // The server's clock is the one that counts.
    let ahead = store.now().unwrap().duration_since(std::time::SystemTime::now());
    assert!(ahead.unwrap_or_else(|behind| behind.duration()) < Duration::from_secs(60));
}

/// Writes until it is to stop; how many calls.
fn busy(mut writer: Writer, n: u64, stop: &AtomicBool, written: &AtomicU64) -> WriterStatus {
    let mut at = 0;
    while !stop.load(Ordering::Relaxed) {
        at += 1;
        let names = ["read", "write", "list"];
        let operations = names.map(|name| operation(name, &[1_000 * at, 70_000 * n + at])).to_vec();
        let taken = start() + Duration::from_secs(at);
        writer.write(snapshot(taken, operations), Vec::new(), Vec::new()).unwrap();
        written.fetch_add(6, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(10));
    }
    writer.stop(PATIENCE)
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn a_server_stopped_and_killed_loses_and_doubles_nothing() {
    let (server, folder) = (Server::start("pg-killed"), Folder::new("pg-spool"));
    let (stop, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let writer = |n: u64| {
        let spool = folder.path().join(format!("{n}"));
        let pauses = (Duration::from_millis(50), Duration::from_millis(500));
        let builder = WriterBuilder::new(&server.url(), spool).pauses(pauses.0, pauses.1);
        let builder = builder.upkeep_every(Duration::from_millis(700));
        builder
            .retention(perf_store::Retention::days(36_500))
            .start(instance(&format!("w{n}"), "host"))
    };
    let statuses = thread::scope(|scope| {
        let busy = |n| {
            let (writer, stop, written) = (writer(n).unwrap(), &stop, &written);
            scope.spawn(move || busy(writer, n, stop, written))
        };
        let writers: Vec<_> = (0..5).map(busy).collect();
        for is_killed in [false, true, false] {
            thread::sleep(Duration::from_secs(2));
            let stop = if is_killed { Server::kill } else { Server::down };
            stop(&server);
            thread::sleep(Duration::from_secs(2));
            server.up();
        }
        thread::sleep(Duration::from_secs(2));
        stop.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    for status in &statuses {
        assert_eq!((status.waiting, status.dropped, status.set_aside), (0, 0, 0), "{status:?}");
    }
    let store = open(&server.url()).unwrap();
    let written = written.load(Ordering::Relaxed);
    assert_eq!(calls(&*store, &[]), written);
    let twice = "SELECT COUNT(*) FROM (SELECT 1 FROM perfkit_interval GROUP BY instance_id, level, sequence \
                 HAVING COUNT(*) > 1) d";
    assert_eq!(server.sql(twice), "0");
    let stored: u64 = statuses.iter().map(|status| status.stored).sum();
    assert_eq!(stored * 6, written);
    println!("{written} calls in {stored} intervals");
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn many_operations_are_written_at_once() {
    let server = Server::start("pg-many");
    let store = open(&server.url()).unwrap();
    let operations: Vec<_> = (0..1_000)
        .map(|n| operation(&format!("operation {n}"), &[1_000 + n, 5_000 * n + 7, 90_000]))
        .collect();
    let mut took = Vec::new();
    for n in 0..5 {
        let interval = Interval::new(n, snapshot(start(), operations.clone()));
        let began = Instant::now();
        store.write(&instance("a", "host"), &interval).unwrap();
        took.push(began.elapsed());
    }
    assert_eq!(calls(&*store, &[]), 15_000);
    println!("an interval of 1,000 operations: first {:?}, then {:?}", took[0], &took[1..]);
}
