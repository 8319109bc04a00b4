//! `PerformanceTracker`: the operations of one part of a program, apart from everything else.
//!
//! `cargo run --release --example tracker`

use perfkit::PerformanceTracker;
use std::{thread, time::Duration};

fn main() {
    let tracker = PerformanceTracker::new();
    for question in 0..20 {
        let _answer = tracker.measure("answer");
        let documents = tracker.time("retrieve", || retrieve(question));
        tracker.time("llm_call", || llm_call(&documents));
    }

    for operation in tracker.operations() {
        println!(
            "{}: {} calls, total {:?}, avg {:?}, min {:?}, max {:?}",
            operation.name,
            operation.count,
            operation.total,
            operation.avg,
            operation.min,
            operation.max,
        );
    }
    println!("in all {:?}\n\n{}", tracker.total_time(), tracker.summary());
}

/// Stands for a search.
fn retrieve(question: u64) -> Vec<u64> {
    (0..200_000).filter(|n| n % (question + 2) == 0).collect()
}

/// Stands for a call over the network.
fn llm_call(documents: &[u64]) {
    thread::sleep(Duration::from_micros(2_000 + documents.len() as u64 % 1_000));
}
