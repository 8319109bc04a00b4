//! Fleets, through the public API.

#![allow(clippy::float_cmp, reason = "figures of whole numbers are exact")]
#![allow(clippy::unchecked_time_subtraction, reason = "of constants")]

mod agents;
mod balance;
mod bottlenecks;
mod efficiency;
mod exposed;
mod predict;
mod pressure;
mod report;
mod score;
mod time;
mod tracking;

use perf_fleet::{Fleet, ManualClock, Worker};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A fleet in no registry, and its clock.
fn fleet() -> (Fleet, ManualClock) {
    let clock = ManualClock::new();
    (Fleet::builder().clock(clock.clone()).build(), clock)
}

/// So many tasks of these seconds each, the first ones of which fail.
fn tasks(worker: &Worker, count: u64, failed: u64, seconds: f64) {
    for n in 0..count {
        worker.record_task(Duration::from_secs_f64(seconds), n >= failed);
    }
}
