//! Any history, written, rolled up and forgotten in any order: what is read is what one histogram of all
//! its calls says.

use super::{DAY, HOUR, MINUTE, instance, operation, snapshot, start};
use perf_core::{Operation, OperationParts};
use perf_store::{By, Group, Instance, Interval, Query, Retention, Store};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

const NAMES: [&str; 2] = ["read", "write"];

/// An interval of an instance.
#[derive(Clone, Debug)]
pub struct Written {
    instance: usize,
    /// The minute it ends in, over three days.
    minute: u32,
    /// Seconds more.
    seconds: u64,
    calls: [Vec<u64>; 2],
}

impl Written {
    fn taken(&self) -> SystemTime {
        start() + MINUTE * self.minute + Duration::from_secs(self.seconds)
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    Write(Written),
    /// Again what was written some steps ago.
    Again(prop::sample::Index),
    /// At this hour, of so many hours and days.
    RollUp(u32, usize),
    /// At this hour, hours to keep intervals, and days to keep hours.
    Retain(u32, u32, u32),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let nanos = (0_u32..36).prop_flat_map(|bits| 1_u64 << bits..2_u64 << bits);
    let calls = || prop::collection::vec(nanos.clone(), 0..12);
    let minute = prop_oneof![0..180_u32, 0..3 * 1_440_u32];
    let write = (0..4_usize, minute, prop_oneof![Just(0), 0..60_u64], calls(), calls()).prop_map(
        |(instance, minute, seconds, reads, writes)| {
            Step::Write(Written { instance, minute, seconds, calls: [reads, writes] })
        },
    );
    let roll_up = (0..100_u32, 1..40_usize).prop_map(|(hour, most)| Step::RollUp(hour, most));
    let retain = (0..100_u32, 0..30_u32, 0..3_u32)
        .prop_map(|(at, hours, days)| Step::Retain(at, hours, days));
    let again = any::<prop::sample::Index>().prop_map(Step::Again);
    prop::collection::vec(prop_oneof![8 => write, 1 => again, 2 => roll_up, 1 => retain], 1..60)
}

/// Two instances on each of two hosts.
fn instances(case: &str) -> Vec<Instance> {
    (0..4).map(|n| instance(&format!("{case}-{n}"), &format!("host-{}", n / 2))).collect()
}

pub fn check(store: &dyn Store, case: &str, steps: &[Step]) {
    let instances = instances(case);
    let mut written: Vec<(&Written, Interval)> = Vec::new();
    let mut is_whole = true;
    for step in steps {
        match step {
            Step::Write(of) => {
                let operations =
                    NAMES.iter().zip(&of.calls).map(|(name, calls)| operation(name, calls));
                let snapshot = snapshot(of.taken(), operations.collect());
                let interval = Interval::new(written.len() as u64, snapshot);
                assert!(store.write(&instances[of.instance], &interval).unwrap());
                written.push((of, interval));
            }
            Step::Again(at) if !written.is_empty() => {
                let (of, interval) = at.get(&written);
                // What was forgotten is known to have been there.
                assert!(!store.write(&instances[of.instance], interval).unwrap());
            }
            Step::Again(_) => {}
            Step::RollUp(hour, most) => {
                store.roll_up(start() + HOUR * *hour, *most).unwrap();
            }
            Step::Retain(at, hours, days) => {
                is_whole = false;
                let kept =
                    Retention { intervals: HOUR * *hours, hours: DAY * *days, days: 1_000 * DAY };
                store.retain(start() + HOUR * *at, &kept).unwrap();
            }
        }
    }
    let written: Vec<_> = written.iter().map(|(of, _)| *of).collect();
    compare(store, &instances, &written, is_whole);
}

fn compare(store: &dyn Store, instances: &[Instance], written: &[&Written], is_whole: bool) {
    let names: Vec<_> = instances.iter().map(|instance| instance.id.clone()).collect();
    let (from, to) = (start() - DAY, start() + 4 * DAY);
    let query = |step| Query { instances: names.clone(), ..Query::new(from, to) }.every(step);
    let is_host = |of: &Written, group: &Group<Operation>| {
        group.host.as_ref().is_none_or(|host| instances[of.instance].host == *host)
    };
    let mut queries = vec![
        query(Duration::ZERO).by([By::Name]),
        query(Duration::ZERO).by([By::Name, By::Host]),
        query(DAY).by([By::Name]),
        Query { from: start() + DAY, ..query(Duration::ZERO).by([By::Host, By::Name]) },
    ];
    if is_whole {
        queries.push(query(HOUR).by([By::Name]));
        queries.push(query(17 * MINUTE).by([By::Name]));
        queries.push(Query { from: start() + 37 * MINUTE, ..query(Duration::ZERO).by([By::Name]) });
    }
    for query in queries {
        let mut total = 0;
        for group in store.operations(&query).unwrap() {
            let of = written.iter().filter(|of| is_host(of, &group));
            let of = of.filter(|of| of.taken() > group.from && of.taken() <= group.to);
            let at = NAMES.iter().position(|name| group.name.as_deref() == Some(name)).unwrap();
            let calls: Vec<Vec<u64>> = of.map(|of| of.calls[at].clone()).collect();
            same(&group.value, NAMES[at], &calls);
            total += group.value.count();
        }
        let all = written.iter().filter(|of| of.taken() > query.from && of.taken() <= query.to);
        let all: usize = all.flat_map(|of| &of.calls).map(Vec::len).sum();
        assert_eq!(total, all as u64, "{query:?}");
    }
}

/// Every bucket, and so every percentile, is that of one histogram of all calls.
fn same(found: &Operation, name: &str, intervals: &[Vec<u64>]) {
    let all: Vec<u64> = intervals.iter().flatten().copied().collect();
    let errors = intervals.iter().map(|calls| calls.len() as u64 / 3).sum();
    let self_ns = intervals.iter().map(|calls| calls.iter().sum::<u64>() / 2).sum();
    let expected = Operation::from(OperationParts { errors, self_ns, ..operation(name, &all) });
    assert_eq!(*found, expected);
    for percentile in [0.0, 50.0, 90.0, 99.0, 99.9, 100.0] {
        assert_eq!(found.percentile(percentile), expected.percentile(percentile));
    }
}
