//! What the tests of both databases have in common.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "not every test uses all of it")]

pub mod history;
pub mod server;

#[path = "../../../perf-export/tests/support/mod.rs"]
#[allow(unexpected_cfgs, reason = "a feature of perf-export's")]
mod programs;

pub use programs::*;

use perf_core::{OperationParts, Snapshot, SnapshotParts};
use perf_store::{Instance, Interval, Query, Store};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3_600);
pub const DAY: Duration = Duration::from_secs(86_400);

/// A midnight.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + 20_000 * DAY
}

pub fn instance(id: &str, host: &str) -> Instance {
    let (id, host, version) = (id.to_owned(), host.to_owned(), "1.0.0".to_owned());
    Instance { id, host, pid: 7, version, started: start() }
}

/// Calls of an operation that took so many nanoseconds each.
pub fn operation(name: &str, nanos: &[u64]) -> OperationParts {
    OperationParts {
        name: name.to_owned(),
        buckets: nanos.iter().map(|nanos| (*nanos, 1)).collect(),
        sum_ns: nanos.iter().sum(),
        self_ns: nanos.iter().sum::<u64>() / 2,
        min_ns: nanos.iter().min().copied(),
        max_ns: nanos.iter().max().copied(),
        errors: nanos.len() as u64 / 3,
        ..OperationParts::default()
    }
}

/// A minute that ends then.
pub fn snapshot(taken: SystemTime, operations: Vec<OperationParts>) -> Snapshot {
    Snapshot::from(SnapshotParts {
        started: taken - MINUTE,
        taken,
        lost: 0,
        operations,
        metrics: Vec::new(),
        descriptions: BTreeMap::new(),
    })
}

/// All calls that a store has of some instances.
pub fn calls(store: &dyn Store, instances: &[String]) -> u64 {
    let (from, to) = (SystemTime::UNIX_EPOCH, SystemTime::now() + 10 * DAY);
    let query = Query { instances: instances.to_vec(), ..Query::new(from, to).by([]) };
    store.operations(&query).unwrap().iter().map(|group| group.value.count()).sum()
}

pub fn sqlite(folder: &Folder) -> String {
    format!("sqlite:{}", folder.path().join("perfkit.db").display())
}
