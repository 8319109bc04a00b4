//! The last minutes of a store.

use super::{
    alerts,
    reading::{Member, Reading, Trend},
};
use crate::{
    failure::{Failure, Outcome},
    input::of_operations,
};
use perf_core::{MetricParts, MetricValue, Operation, OperationParts, Snapshot, SnapshotParts};
use perf_store::{By, Gauge, Group, Query, Store};
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

/// So many minutes are asked for, each a step.
const MINUTES: u32 = 15;
const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn stored(store: &dyn Store, now: SystemTime) -> Outcome<Reading> {
    let from = now.checked_sub(MINUTE * MINUTES).unwrap_or(SystemTime::UNIX_EPOCH);
    let query = Query::new(from, now).every(MINUTE);
    let groups = store.operations(&query).map_err(Failure::new)?;
    let gauges = store.gauges(&query).map_err(Failure::new)?;
    let changes = store.alerts(from, now).map_err(Failure::new)?;
    let newest = groups.iter().map(|group| group.from).max().unwrap_or(from);
    let parts = |group: &Group<Operation>| OperationParts::from(&group.value);
    let last = groups.iter().filter(|group| group.from == newest).map(parts).collect();
    let step = |at: SystemTime| at.duration_since(from).unwrap_or_default().as_secs() / 60;
    let calls = groups.iter().map(|of| (of.value.full_name(), step(of.from), of.per_second()));
    let metrics = gauges.iter().map(|of| (series(of).full_name(), step(of.from), of.value.last));
    let recent = of_operations(groups.iter().map(parts).collect(), (from, now));
    Ok(Reading {
        taken: now,
        started: from,
        last: of_operations(last, (newest, newest + MINUTE)),
        calls: trends(calls),
        metrics: trends(metrics),
        recent: with_gauges(&recent, &gauges),
        all: None,
        alerts: alerts::of_changes(changes),
        instances: Some(members(store, (from, now))?),
        workers: None,
    })
}

/// Each step's value at its place.
fn trends(values: impl Iterator<Item = (String, u64, f64)>) -> HashMap<String, Trend> {
    let mut all: HashMap<String, Trend> = HashMap::new();
    for (name, step, value) in values {
        let trend = all.entry(name).or_insert_with(|| vec![None; MINUTES as usize]);
        if let Some(place) = trend.get_mut(step as usize) {
            *place = Some(value).filter(|value| value.is_finite());
        }
    }
    all
}

/// What knows how a series is written.
fn series(group: &Group<Gauge>) -> Operation {
    Operation::from(OperationParts {
        name: group.name.clone().unwrap_or_default(),
        labels: group.labels.clone().into_iter().collect(),
        ..OperationParts::default()
    })
}

fn with_gauges(recent: &Snapshot, gauges: &[Group<Gauge>]) -> Snapshot {
    // Of one series the latest reading stays.
    let metrics = gauges.iter().map(|group| MetricParts {
        name: group.name.clone().unwrap_or_default(),
        labels: group.labels.clone().into_iter().collect(),
        value: MetricValue::Gauge(group.value.last),
        taken: group.value.at,
    });
    SnapshotParts { metrics: metrics.collect(), ..SnapshotParts::from(recent) }.into()
}

/// Who has written in a time, or began before it and is silent.
fn members(store: &dyn Store, (from, to): (SystemTime, SystemTime)) -> Outcome<Vec<Member>> {
    let query = Query::new(from, to).by([By::Instance]);
    let calls = store.operations(&query).map_err(Failure::new)?;
    let calls: HashMap<_, _> =
        calls.iter().filter_map(|group| Some((group.instance.as_deref()?, group))).collect();
    let instances = store.instances().map_err(Failure::new)?;
    let member = |of: perf_store::Instance| {
        let group = calls.get(&*of.id);
        Member {
            rate: group.map_or(0.0, |group| group.per_second()),
            timed: group.map_or(0, |group| group.value.timed()),
            errors: group.map_or(0, |group| group.value.errors()),
            id: of.id,
            host: of.host,
            version: of.version,
            started: of.started,
        }
    };
    let mut members: Vec<_> = instances.into_iter().map(member).collect();
    members.sort_by(|a, b| b.rate.total_cmp(&a.rate).then_with(|| b.started.cmp(&a.started)));
    Ok(members)
}
