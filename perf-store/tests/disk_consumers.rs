//! A disk that is full, and one that nobody may write to: each is a small one of the test's own, mounted for
//! its child process only.

#![cfg(target_os = "linux")]

mod support;

use perf_store::{Interval, Retention, StoreError, Writer, WriterBuilder, WriterStatus, open};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use support::{Folder, MINUTE, calls, instance, operation, snapshot, start};

/// Tells a process that it is a child of the test, and has the disk mounted here.
const DISK: &str = "PERFKIT_TEST_DISK";
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test in a process that has a disk of a megabyte.
fn with_a_disk(child: &str) {
    let folder = Folder::new(child);
    let ran = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg(format!("mount -t tmpfs -o size=1m perfkit \"${DISK}\" && exec \"$@\""))
        .arg("sh")
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", child, "--nocapture"])
        .env(DISK, folder.path())
        .status()
        .unwrap();
    assert!(ran.success(), "{child}: {ran}");
}

fn disk() -> Option<PathBuf> {
    std::env::var_os(DISK).map(PathBuf::from)
}

fn url(disk: &Path) -> String {
    format!("sqlite:{}", disk.join("perfkit.db").display())
}

fn interval(n: u64) -> Interval {
    let calls: Vec<_> = (0..200).map(|at| 1_000 + at * 977 * (n + 1)).collect();
    let taken = start() + MINUTE * u32::try_from(n).unwrap();
    Interval::new(n, snapshot(taken, vec![operation("job", &calls)]))
}

fn eventually(writer: &Writer, is_so: impl Fn(&WriterStatus) -> bool) {
    let began = Instant::now();
    while !is_so(&writer.status()) {
        assert!(began.elapsed() < PATIENCE, "{:?}", writer.status());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[ignore = "needs rights to mount: cargo xtask ci"]
fn a_full_disk() {
    with_a_disk("in_a_full_disk");
}

/// What the child of the test above does. Run by itself it has nothing to do.
#[test]
#[ignore = "is a child of another test"]
fn in_a_full_disk() {
    let Some(disk) = disk() else { return };
    let pauses = (Duration::from_millis(20), Duration::from_millis(100));
    let builder = WriterBuilder::new(&url(&disk), disk.join("spool"))
        .pauses(pauses.0, pauses.1)
        .retention(Retention::days(36_500));
    let mut writer = builder.start(instance("a", "host")).unwrap();
    let mut write = |n| {
        let Interval { snapshot, .. } = interval(n);
        writer.write(snapshot, Vec::new(), Vec::new())
    };
    (0..3).for_each(|n| write(n).unwrap());
    let mut filler = File::create(disk.join("filler")).unwrap();
    while filler.write_all(&[0; 512]).is_ok() {}
    drop(filler);
    let errors: Vec<_> = (3..23).filter_map(|n| write(n).err()).collect();
    let is_refused = |error: &StoreError| matches!(error, StoreError::Refused(_));
    assert!(!errors.is_empty() && errors.iter().all(is_refused), "{errors:?}");
    assert!(errors[0].to_string().contains("No space left"), "{}", errors[0]);
    eventually(&writer, |status| status.error.is_some());
    let error = writer.status().error.unwrap();
    assert!(is_refused(&error) && error.to_string().contains("is full"), "{error:?}");
    fs::remove_file(disk.join("filler")).unwrap();
    eventually(&writer, |status| status.waiting == 0);
    let status = writer.stop(PATIENCE);
    assert_eq!((status.stored, status.dropped, status.error), (23, 0, None));
    assert_eq!(calls(&*open(&url(&disk)).unwrap(), &[]), 23 * 200);
}

#[test]
#[ignore = "needs rights to mount: cargo xtask ci"]
fn a_disk_that_nobody_may_write_to() {
    with_a_disk("in_a_disk_that_nobody_may_write_to");
}

/// What the child of the test above does. Run by itself it has nothing to do.
#[test]
#[ignore = "is a child of another test"]
fn in_a_disk_that_nobody_may_write_to() {
    let Some(disk) = disk() else { return };
    let remount = |how: &str| {
        let how = format!("remount,{how}");
        assert!(Command::new("mount").args(["-o", &how]).arg(&disk).status().unwrap().success());
    };
    let store = open(&url(&disk)).unwrap();
    store.write(&instance("a", "host"), &interval(0)).unwrap();
    let checkpoint = rusqlite::Connection::open(disk.join("perfkit.db")).unwrap();
    checkpoint.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop((checkpoint, store));

    remount("ro");
    let other = disk.join("other.db");
    let error = open(&format!("sqlite:{}", other.display())).unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    assert!(error.to_string().contains("other.db cannot be written to"), "{error}");
    let error = open(&url(&disk)).unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    // A program that writes there goes on.
    let pauses = (Duration::from_millis(20), Duration::from_millis(100));
    let builder = WriterBuilder::new(&url(&disk), disk.join("spool"))
        .pauses(pauses.0, pauses.1)
        .retention(Retention::days(36_500));
    let mut writer = builder.start(instance("b", "host")).unwrap();
    let error = writer.write(interval(0).snapshot, Vec::new(), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("spool cannot be used"), "{error}");
    eventually(&writer, |status| status.error.is_some());

    remount("rw");
    writer.write(interval(1).snapshot, Vec::new(), Vec::new()).unwrap();
    assert_eq!(writer.stop(PATIENCE).stored, 2);
    assert_eq!(calls(&*open(&url(&disk)).unwrap(), &[]), 3 * 200);
}
