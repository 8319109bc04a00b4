//! How long it takes to keep a minute of 1,000 operations, and to answer for a day of ten instances, and
//! how many bytes a day takes: `cargo bench -p perf-store --all-features --bench store`, some six minutes.
//! Needs PostgreSQL's programs.

#[path = "../tests/support/mod.rs"]
mod support;

use perf_core::{OperationParts, Snapshot};
use perf_store::{By, Instance, Interval, Query, Retention, Store, open};
use std::{
    fs,
    hint::black_box,
    path::Path,
    time::{Duration, Instant, SystemTime},
};
use support::{DAY, Folder, HOUR, MINUTE, server::Server, sqlite, start};

const INSTANCES: usize = 10;
const OPERATIONS: usize = 200;
/// Calls of an operation in a minute.
const CALLS: u64 = 100;

fn main() {
    let (folder, server) = (Folder::new("bench-store"), Server::start("bench-store"));
    let stores = [("SQLite", sqlite(&folder)), ("PostgreSQL", server.url())];
    println!("{:<12}{:<62}{:>10}{:>11}", "", "", "min ms", "median ms");
    for (name, url) in &stores {
        writes(name, &*open(url).expect("the store opens"));
    }
    let file = folder.path().join("perfkit.db");
    let bytes: [&dyn Fn() -> u64; 2] = [&|| size(&file), &|| bytes_of(&server)];
    many(&stores[1].1);
    for ((name, url), bytes) in stores.iter().zip(bytes) {
        day(name, &*open(url).expect("the store opens"), bytes);
    }
}

fn writes(name: &str, store: &dyn Store) {
    for digits in [2, 3] {
        let many = minute(1_000, start()).condensed(digits);
        let mut sequence = u64::from(digits) * 1_000;
        let what = format!("write an interval of 1,000 operations, {digits} digits");
        time(name, &what, 20, || {
            sequence += 1;
            let interval = Interval::new(sequence, many.clone());
            assert!(store.write(&instance(99), &interval).expect("it is written"));
        });
    }
}

/// A minute of a thousand instances after the other, by eight connections.
fn many(url: &str) {
    const CONNECTIONS: usize = 8;
    const ALL: usize = 1_000;
    let stores: Vec<_> = (0..CONNECTIONS).map(|_| open(url).expect("the store opens")).collect();
    let snapshot = minute(OPERATIONS, start() + 10 * DAY).condensed(2);
    let minute = |sequence: u64| {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for (at, store) in stores.iter().enumerate() {
                let interval = Interval::new(sequence, snapshot.clone());
                scope.spawn(move || {
                    for of in (at..ALL).step_by(CONNECTIONS) {
                        store.write(&instance(1_000 + of), &interval).expect("it is written");
                    }
                });
            }
        });
        seconds(began)
    };
    // The first one makes the instances known.
    let took: Vec<_> = (0..4).map(minute).collect();
    let best = took.iter().copied().fold(f64::INFINITY, f64::min);
    let rows = (ALL * OPERATIONS) as f64 / best;
    println!("PostgreSQL  a minute of 1,000 instances in {best:.1} s: {rows:.0} rows a second");
}

/// A day of ten instances, what is asked of it, and what is left of it.
fn day(name: &str, store: &dyn Store, bytes: &dyn Fn() -> u64) {
    let before = bytes();
    let began = Instant::now();
    let minutes = 24 * 60;
    for at in 1..=minutes {
        let snapshot = minute(OPERATIONS, start() + MINUTE * at).condensed(2);
        for of in 0..INSTANCES {
            let interval = Interval::new(u64::from(at), snapshot.clone());
            store.write(&instance(of), &interval).expect("it is written");
        }
    }
    let written = bytes() - before;
    let rows = u64::from(minutes) * (INSTANCES * OPERATIONS) as u64;
    let (megabytes, each, took) = (written / 1_000_000, written / rows, seconds(began));
    println!("{name:<12}a day: {megabytes} MB, {each} bytes a row, written in {took:.0} s");
    queries(name, store, "from minutes", 1);
    let began = Instant::now();
    while !store.roll_up(start() + DAY + HOUR, 1_000).expect("it rolls up").is_done {}
    let more = (bytes() - before).saturating_sub(written) / 1_000_000;
    println!("{name:<12}rolled up to hours and days: {more} MB more, in {:.0} s", seconds(began));
    queries(name, store, "from hours", 5);
    let began = Instant::now();
    let retention = Retention { intervals: Duration::ZERO, ..Retention::days(30) };
    store.retain(start() + 2 * DAY, &retention).expect("it forgets");
    println!("{name:<12}the day's minutes forgotten in {:.1} s", seconds(began));
}

fn queries(name: &str, store: &dyn Store, how: &str, rounds: usize) {
    let day = Query::new(start(), start() + DAY);
    let hourly = day.clone().name("operation 7").by([By::Name]).every(HOUR);
    let found = |query: &Query| black_box(store.operations(query).expect("it answers")).len();
    time(name, &format!("24 h of 10 instances, one operation, by hour, {how}"), 5, || {
        assert_eq!(found(&hourly), 24);
    });
    time(name, &format!("24 h of 10 instances, 200 operations, {how}"), rounds, || {
        assert_eq!(found(&day.clone().by([By::Name])), OPERATIONS);
    });
}

fn time(name: &str, what: &str, rounds: usize, mut work: impl FnMut()) {
    let mut took: Vec<_> = (0..rounds)
        .map(|_| {
            let began = Instant::now();
            work();
            seconds(began) * 1e3
        })
        .collect();
    took.sort_unstable_by(f64::total_cmp);
    println!("{name:<12}{what:<62}{:>10.1}{:>11.1}", took[0], took[rounds / 2]);
}

fn seconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64()
}

fn instance(at: usize) -> Instance {
    support::instance(&format!("instance-{at}"), &format!("host-{at}"))
}

/// Calls around a place of their own, most of them near it.
fn minute(operations: usize, taken: SystemTime) -> Snapshot {
    let minute = taken.duration_since(start()).unwrap_or_default().as_secs() / 60;
    let of = |at: usize| {
        let middle = 50_000 * (at as u64 + 1);
        let call = |n: u64| {
            let seed = (minute * 1_000 + at as u64) * 1_000 + n;
            let dice = |salt: u64| (seed * 4 + salt + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
            middle / 2 + middle * (dice(1) + dice(2) + dice(3)) / (3 << 20)
        };
        support::operation(&format!("operation {at}"), &(0..CALLS).map(call).collect::<Vec<_>>())
    };
    let operations: Vec<OperationParts> = (0..operations).map(of).collect();
    support::snapshot(taken, operations)
}

fn size(file: &Path) -> u64 {
    let of =
        |end: &str| fs::metadata(format!("{}{end}", file.display())).map_or(0, |file| file.len());
    of("") + of("-wal")
}

fn bytes_of(server: &Server) -> u64 {
    server.sql("SELECT pg_database_size('postgres')").parse().expect("a number")
}
