//! Prometheus' own programs look at our rules: at each kind of them, over figures that are written down,
//! and over what a real monitor serves.

#![cfg(feature = "http")]

mod figures;
mod served;
#[path = "../support/mod.rs"]
mod support;
mod understood;

use perf_monitor::rules::{
    Rule,
    prometheus::{Options, rule_file},
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn text(rules: &[Rule]) -> String {
    rule_file(rules, &Options::default()).unwrap().to_string()
}
