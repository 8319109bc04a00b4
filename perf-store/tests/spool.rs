//! Nothing is lost while the store is away, but what a full spool drops and counts.

mod support;

use perf_store::{Interval, Retention, Spool, StoreError, Writer, WriterBuilder, open};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use support::{Folder, MINUTE, calls, instance, operation, snapshot, sqlite, start};

const PATIENCE: Duration = Duration::from_secs(60);

fn interval(n: u64) -> Interval {
    let taken = start() + MINUTE * u32::try_from(n).unwrap();
    Interval::new(n, snapshot(taken, vec![operation("job", &[1_000, 2_000])]))
}

fn writer(folder: &Folder, id: &str) -> Writer {
    builder(folder).start(instance(id, "host")).unwrap()
}

fn builder(folder: &Folder) -> WriterBuilder {
    let pauses = (Duration::from_millis(20), Duration::from_millis(100));
    WriterBuilder::new(&sqlite(folder), folder.path().join("spool"))
        .pauses(pauses.0, pauses.1)
        .retention(Retention::days(36_500))
}

/// A folder where the file would be: no file can be opened there.
fn away(folder: &Folder) -> PathBuf {
    let path = folder.path().join("perfkit.db");
    fs::create_dir(&path).unwrap();
    path
}

fn files(folder: &Folder, end: &str) -> usize {
    let entries = fs::read_dir(folder.path().join("spool")).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == end))
        .count()
}

fn eventually(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it did not come to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_waits_is_sent_once_the_store_is_back() {
    let folder = Folder::new("away");
    let path = away(&folder);
    let mut writer = writer(&folder, "a");
    for n in 0..20 {
        writer.write(interval(n).snapshot, Vec::new(), Vec::new()).unwrap();
    }
    eventually(|| writer.status().error.is_some());
    assert_eq!((writer.status().waiting, writer.status().stored), (20, 0));
    fs::remove_dir(path).unwrap();
    eventually(|| writer.status().waiting == 0);
    let status = writer.stop(PATIENCE);
    assert_eq!((status.stored, status.dropped, status.error), (20, 0, None));
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 40);
    assert_eq!(files(&folder, "interval"), 0);
}

#[test]
fn whoever_asks_waits_until_nothing_waits() {
    let folder = Folder::new("settle");
    let path = away(&folder);
    let mut writer = writer(&folder, "a");
    for n in 0..20 {
        writer.write(interval(n).snapshot, Vec::new(), Vec::new()).unwrap();
    }
    let handle = writer.handle();
    assert_eq!(handle.settle(Duration::from_millis(30)).waiting, 20);
    fs::remove_dir(path).unwrap();
    let status = handle.settle(PATIENCE);
    assert_eq!((status.stored, status.waiting, status.error), (20, 0, None));
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 40);
    // There is nothing to wait for any more, and nobody who would send it.
    assert_eq!(writer.stop(PATIENCE).waiting, 0);
    assert_eq!(handle.settle(PATIENCE).waiting, 0);
}

#[test]
fn the_next_start_sends_what_was_left() {
    let folder = Folder::new("left");
    let path = away(&folder);
    let mut first = writer(&folder, "a");
    (0..5).for_each(|n| first.write(interval(n).snapshot, Vec::new(), Vec::new()).unwrap());
    assert_eq!(first.stop(Duration::ZERO).waiting, 5);
    fs::remove_dir(path).unwrap();
    let mut second = writer(&folder, "b");
    second.write(interval(0).snapshot, Vec::new(), Vec::new()).unwrap();
    let status = second.stop(PATIENCE);
    assert_eq!((status.stored, status.waiting), (6, 0));
    let store = open(&sqlite(&folder)).unwrap();
    let of = |id: &str| calls(&*store, &[id.to_owned()]);
    assert_eq!((of("a"), of("b")), (10, 2));
}

#[test]
fn sent_and_not_removed_is_stored_once() {
    let folder = Folder::new("twice");
    let store = open(&sqlite(&folder)).unwrap();
    let mut spool = Spool::open(folder.path().join("spool"), 1 << 20).unwrap();
    for n in 0..3 {
        spool.put(&instance("a", "host"), &interval(n)).unwrap();
        // As if killed between storing and removing.
        assert!(store.write(&instance("a", "host"), &interval(n)).unwrap());
    }
    assert_eq!(writer(&folder, "b").stop(PATIENCE).stored, 3);
    assert_eq!(calls(&*store, &[]), 6);
}

#[test]
fn a_full_spool_drops_the_oldest_and_counts() {
    let folder = Folder::new("full");
    let path = away(&folder);
    let mut spool = Spool::open(folder.path().join("probe"), 1 << 20).unwrap();
    spool.put(&instance("a", "host"), &interval(0)).unwrap();
    let bytes = fs::metadata(spool.oldest().unwrap()).unwrap().len();
    let mut writer = builder(&folder).spool_bytes(bytes * 10 + bytes / 2);
    writer = writer.digits(3);
    let mut writer = writer.start(instance("a", "host")).unwrap();
    (0..30).for_each(|n| writer.write(interval(n).snapshot, Vec::new(), Vec::new()).unwrap());
    let status = writer.status();
    assert_eq!(status.waiting + status.dropped, 30);
    assert!((9..=11).contains(&status.waiting), "{status:?}");
    fs::remove_dir(path).unwrap();
    let status = writer.stop(PATIENCE);
    assert_eq!(status.stored + status.dropped, 30);
    let store = open(&sqlite(&folder)).unwrap();
    assert_eq!(calls(&*store, &[]), 2 * status.stored);
}

#[test]
fn a_damaged_file_is_set_aside_and_the_rest_sent() {
    let folder = Folder::new("corrupt");
    let mut spool = Spool::open(folder.path().join("spool"), 1 << 20).unwrap();
    (0..4).for_each(|n| spool.put(&instance("a", "host"), &interval(n)).unwrap());
    let path = spool.oldest().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 40;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = Spool::read(&path).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().ends_with("its checksum is wrong"), "{error}");
    // What was being written when the process was killed.
    fs::write(folder.path().join("spool/half.tmp"), "perfkit-sp").unwrap();
    let status = writer(&folder, "b").stop(PATIENCE);
    assert_eq!((status.stored, status.set_aside, status.waiting), (3, 1, 0));
    assert_eq!(files(&folder, "corrupt"), 1);
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 6);
}

#[test]
fn without_a_spool_memory_does() {
    let folder = Folder::new("memory");
    let mut writer = writer(&folder, "a");
    writer.write(interval(0).snapshot, Vec::new(), Vec::new()).unwrap();
    eventually(|| writer.status().waiting == 0);
    fs::remove_dir_all(folder.path().join("spool")).unwrap();
    let error = writer.write(interval(1).snapshot, Vec::new(), Vec::new()).unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    assert_eq!(writer.stop(PATIENCE).stored, 2);
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 4);
}

#[test]
fn a_folder_that_was_removed_is_made_again() {
    let folder = Folder::new("removed-spool");
    let path = away(&folder);
    let mut writer = writer(&folder, "a");
    writer.write(interval(0).snapshot, Vec::new(), Vec::new()).unwrap();
    fs::remove_dir_all(folder.path().join("spool")).unwrap();
    // One finds out, and waits in memory; the next one makes the folder.
    assert!(writer.write(interval(1).snapshot, Vec::new(), Vec::new()).is_err());
    writer.write(interval(2).snapshot, Vec::new(), Vec::new()).unwrap();
    assert_eq!(files(&folder, "interval"), 1);
    fs::remove_dir(path).unwrap();
    assert_eq!(writer.stop(PATIENCE).stored, 2);
}

#[test]
fn what_only_memory_has_is_lost_at_the_end_and_counted() {
    let folder = Folder::new("memory-lost");
    away(&folder);
    let builder = WriterBuilder::new(&sqlite(&folder), "/dev/null/spool");
    let mut writer = builder.start(instance("a", "host")).unwrap();
    (0..3)
        .for_each(|n| assert!(writer.write(interval(n).snapshot, Vec::new(), Vec::new()).is_err()));
    let status = writer.stop(Duration::ZERO);
    assert_eq!((status.stored, status.waiting, status.dropped), (0, 0, 3));
}

#[test]
fn a_file_that_cannot_be_read_holds_up_nobody() {
    let folder = Folder::new("unreadable");
    let mut spool = Spool::open(folder.path().join("spool"), 1 << 20).unwrap();
    (0..4).for_each(|n| spool.put(&instance("a", "host"), &interval(n)).unwrap());
    let first = spool.oldest().unwrap();
    // While a writer is at it, what can be read becomes what cannot.
    fs::create_dir(folder.path().join("spool/folder.interval")).unwrap();
    let writer = writer(&folder, "b");
    eventually(|| writer.status().waiting == 0);
    assert_eq!(writer.stop(PATIENCE).stored, 4);
    assert!(!first.exists());
    let mut spool = Spool::open(folder.path().join("spool"), 1 << 20).unwrap();
    (4..6).for_each(|n| spool.put(&instance("a", "host"), &interval(n)).unwrap());
    let (first, second) = (spool.oldest().unwrap(), 2);
    spool.postpone(&first);
    assert_eq!((spool.len(), spool.oldest() == Some(first)), (second, false));
}

#[test]
fn programs_that_end_soon_roll_up_and_forget_too() {
    let folder = Folder::new("soon");
    let store = open(&sqlite(&folder)).unwrap();
    store.write(&instance("old", "host"), &interval(0)).unwrap();
    assert_eq!(calls(&*store, &[]), 2);
    drop(store);
    // Nothing is forgotten by a clock that is a year ahead of all that is there.
    let now = open(&sqlite(&folder)).unwrap().upkeep_time().unwrap();
    assert!(now < start() + MINUTE * 2_000, "{now:?}");
    let builder = WriterBuilder::new(&sqlite(&folder), folder.path().join("spool"));
    let mut writer = builder.start(instance("new", "host")).unwrap();
    let taken = start() + MINUTE * 1_440 * 40;
    let later = snapshot(taken, vec![operation("job", &[1_000])]);
    writer.write(later.clone(), Vec::new(), Vec::new()).unwrap();
    assert_eq!(writer.stop(PATIENCE).stored, 1);
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 3);
    // The next one knows of what is there, and forgets what is older by its own clock.
    let builder = WriterBuilder::new(&sqlite(&folder), folder.path().join("spool"));
    let mut writer = builder.start(instance("newer", "host")).unwrap();
    writer.write(later, Vec::new(), Vec::new()).unwrap();
    assert_eq!(writer.stop(PATIENCE).stored, 1);
    assert_eq!(calls(&*open(&sqlite(&folder)).unwrap(), &[]), 2);
}

#[test]
fn a_row_that_nobody_can_read_is_left_out() {
    let folder = Folder::new("row");
    let store = open(&sqlite(&folder)).unwrap();
    (0..2).for_each(|n| _ = store.write(&instance("a", "host"), &interval(n)).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("perfkit.db")).unwrap();
    let spoil = "UPDATE perfkit_operation SET histogram = x'00' WHERE interval_id = 1";
    assert_eq!(connection.execute(spoil, []).unwrap(), 1);
    assert_eq!(calls(&*store, &[]), 2);
    assert!(store.roll_up(start() + MINUTE * 3_000, 100).unwrap().is_done);
    assert_eq!(calls(&*store, &[]), 2);
}
