//! Memory does not grow with the number of calls. Alone in its process, for its size is measured.
#![cfg(target_os = "linux")]
#![cfg(feature = "enabled")]

use perfkit::timed;

#[timed("called")]
fn called(n: u64) -> u64 {
    std::hint::black_box(n)
}

/// Resident memory, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_hundred_million_calls_take_no_more_memory_than_a_million() {
    let call = |calls: u64| (0..calls).map(called).fold(0, u64::wrapping_add);
    let mut sum = call(1_000_000);
    let before = resident();
    sum = sum.wrapping_add(call(99_000_000));
    let after = resident();
    assert!(after <= before + 1024, "{before} KiB became {after} KiB");
    assert_eq!(perfkit::get("called").unwrap().count(), 100_000_000);
    assert_ne!(sum, 0);
}
