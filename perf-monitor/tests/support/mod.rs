//! What tests with servers and with others' programs have in common.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "not every test uses all of it")]

#[path = "../../../perf-export/tests/support/collector.rs"]
pub mod collector;
pub mod log;
#[path = "../../../perf-export/tests/support/mod.rs"]
#[allow(unexpected_cfgs, reason = "a feature of perf-export's")]
mod programs;

pub use programs::*;

use perf_monitor::alert::{Alert, Severity, Status};
use std::time::{Duration, SystemTime};

/// An alert of a rule; what it is about is told by `at`.
pub fn alert(rule: &str, at: u64, status: Status) -> Alert {
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + at);
    Alert {
        rule: rule.to_owned(),
        labels: [("operation".to_owned(), format!("shop::{rule}"))].into(),
        severity: Severity::High,
        status,
        value: at as f64,
        threshold: 0.5,
        started,
        ended: (status == Status::Resolved).then_some(started + Duration::from_secs(1)),
        summary: format!("{rule} #{at};"),
        description: String::new(),
    }
}
