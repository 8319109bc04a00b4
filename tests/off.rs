//! Without the feature `enabled`, nothing is timed and everything still compiles.
#![cfg(not(feature = "enabled"))]

use perfkit::{
    sync::{
        CondvarExt as _, Held, MutexExt as _, ReceiverExt as _, Site, SyncSenderExt as _, site,
    },
    timed, timer,
};
use std::{
    mem::size_of,
    process::Command,
    sync::{Condvar, Mutex, MutexGuard, mpsc::sync_channel},
    thread,
};

#[timed("off")]
const fn even_a_const_fn(n: u32) -> u32 {
    n + 1
}

#[timed(level = "info")]
async fn asynchronous() -> u32 {
    let mut timer = timer!("scope");
    timer.fail();
    assert_eq!(timer.elapsed(), std::time::Duration::ZERO);
    assert_eq!(timer!(&format!("{}", 1)).stop(), std::time::Duration::ZERO);
    std::future::ready(even_a_const_fn(1)).await
}

#[test]
fn nothing_is_timed() {
    const THREE: u32 = even_a_const_fn(2);
    assert_eq!(futures::executor::block_on(asynchronous()) + THREE, 5);
    assert!(perfkit::snapshot().operations().is_empty());
}

#[test]
fn locks_and_channels_are_the_plain_ones() {
    let (lock, signal) = (Mutex::new(0), Condvar::new());
    let (sender, receiver) = sync_channel(1);
    thread::scope(|threads| {
        let mut held = lock.lock_timed(site!("off")).unwrap();
        threads.spawn(|| {
            *lock.lock_timed(site!("off")).unwrap() += 1;
            signal.notify_one();
        });
        while *held == 0 {
            held = signal.wait_timed(held, site!("off")).unwrap();
        }
        sender.send_timed(*held, site!("off")).unwrap();
    });
    assert_eq!(receiver.recv_timed(site!("off")), Ok(1));
    assert!(perfkit::snapshot().operations().is_empty());
    assert_eq!(size_of::<Held<MutexGuard<u8>>>(), size_of::<MutexGuard<u8>>());
    assert_eq!(size_of::<Site>(), 0);
}

/// The assembly of `tests/same_code`, without what names the build.
fn assembly(features: &[&str]) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let target = format!("{root}/target/same-code/{}", features.len());
    // What an earlier build left would be taken for this one's.
    let _ = std::fs::remove_dir_all(&target);
    let status = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--release", "--lib", "-p", "perfkit-same-code"])
        .args(["--target-dir", &target, "--config", "profile.release.debug=false"])
        .args(features)
        .args(["--", "--emit=asm", "-Ccodegen-units=1"])
        .current_dir(root)
        .status();
    assert!(status.unwrap().success());
    let made = std::fs::read_dir(format!("{target}/release/deps")).unwrap();
    let path = made.map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("perfkit_same_code") && name.ends_with(".s")
    });
    let text = std::fs::read_to_string(path.unwrap()).unwrap();
    let code = text.lines().filter(|line| !line.starts_with("\t.file"));
    without_hashes(&code.collect::<Vec<_>>().join("\n"))
}

/// Symbols end in a hash, `17h` and 16 digits, which depends on the crate's features; so do the
/// names of data, `anon.` and 32 digits.
fn without_hashes(assembly: &str) -> String {
    let mut parts = assembly.split("17h");
    let first = parts.next().unwrap_or_default().to_owned();
    let named = parts.fold(first, |text, part| text + "17h" + part.get(16..).unwrap_or_default());
    let mut parts = named.split("anon.");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "anon." + part.get(32..).unwrap_or_default())
}

#[test]
fn the_machine_code_is_that_of_the_plain_functions() {
    let plain = assembly(&[]);
    assert!(plain.contains("parse") && plain.contains("fetched"), "{plain}");
    assert_eq!(plain, assembly(&["--features=timed"]));
}
