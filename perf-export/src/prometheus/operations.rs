//! The families of operations, and those on perfkit itself.

use super::{
    families::{Family, Kind, Labels, Series, Value},
    histogram::Values,
    names,
    options::Options,
};
use crate::{
    outcomes::{OUTCOMES, untimed},
    values,
};
use perf_core::{Operation, Outcome, Snapshot};
use std::{borrow::Cow, rc::Rc, time::Duration};

/// A family with at most one value for each operation.
struct Row {
    name: &'static str,
    help: &'static str,
    unit: &'static str,
    kind: Kind,
    value: fn(&Operation) -> Option<Value<'_>>,
}

const ROWS: [Row; 11] = [
    Row {
        name: names::DURATION,
        help: "Durations of the calls that were timed.",
        unit: "seconds",
        kind: Kind::Histogram,
        value: |of| Some(Value::Values(Values::Durations(of))),
    },
    Row {
        name: names::SELF_SECONDS,
        help: "Time of the calls that were timed, without that of the operations they called.",
        unit: "seconds",
        kind: Kind::Counter,
        value: |of| Some(seconds(of.timed_self_time())),
    },
    Row {
        name: names::IN_FLIGHT,
        help: "Calls that are running.",
        unit: "",
        kind: Kind::Gauge,
        value: |of| Some(Value::Count(of.in_flight()?.count)),
    },
    Row {
        name: names::IN_FLIGHT_OLDEST,
        help: "How long the oldest running call has been; 0 without one.",
        unit: "seconds",
        kind: Kind::Gauge,
        value: |of| Some(nanoseconds(of.in_flight()?.oldest_ns)),
    },
    Row {
        name: names::POLLS,
        help: "Polls of the calls' futures, or entries of spans.",
        unit: "",
        kind: Kind::Counter,
        value: |of| Some(Value::Count(of.polls()?.polls)),
    },
    Row {
        name: names::BUSY_SECONDS,
        help: "Time inside those polls.",
        unit: "seconds",
        kind: Kind::Counter,
        value: |of| Some(nanoseconds(of.polls()?.busy_ns)),
    },
    Row {
        name: names::ALLOCATIONS,
        help: "Allocations of the calls, those of the operations they called included.",
        unit: "",
        kind: Kind::Counter,
        value: |of| Some(Value::Count(of.allocations()?.count)),
    },
    Row {
        name: names::ALLOCATED_BYTES,
        help: "Bytes allocated by the calls, those of the operations they called included.",
        unit: "bytes",
        kind: Kind::Counter,
        value: |of| Some(Value::Count(of.allocations()?.bytes)),
    },
    Row {
        name: names::SELF_ALLOCATIONS,
        help: "Allocations of the calls themselves.",
        unit: "",
        kind: Kind::Counter,
        value: |of| Some(Value::Count(of.allocations()?.self_count)),
    },
    Row {
        name: names::SELF_ALLOCATED_BYTES,
        help: "Bytes allocated by the calls themselves.",
        unit: "bytes",
        kind: Kind::Counter,
        value: |of| Some(Value::Count(of.allocations()?.self_bytes)),
    },
    Row {
        name: names::FOLDED_SERIES,
        help: "About how many sets of labels the overflow series stands for.",
        unit: "",
        kind: Kind::Gauge,
        value: |of| (of.folded_series() > 0).then(|| Value::Count(of.folded_series())),
    },
];

pub(super) fn families<'a>(snapshot: &'a Snapshot, options: &'a Options) -> Vec<Family<'a>> {
    let labelled: Vec<_> = snapshot.operations().iter().map(|of| (of, labels(of))).collect();
    let of_rows = ROWS.iter().map(|row| {
        let bounds = if row.kind == Kind::Histogram { options.durations() } else { &[] };
        let series = labelled.iter().filter_map(|(operation, labels)| {
            let value = (row.value)(operation)?;
            Some(Series { labels: Rc::clone(labels), outcome: None, value })
        });
        family((row.name, row.help, row.unit), row.kind, bounds, series.collect())
    });
    let of_rows = of_rows.filter(|family| !family.series.is_empty());
    let calls = labelled.iter().flat_map(|(operation, labels)| calls(operation, labels));
    let calls =
        family((names::CALLS, "Calls that ended.", ""), Kind::Counter, &[], calls.collect());
    let of_calls = Some(calls).filter(|family| !family.series.is_empty());
    of_rows.chain(of_calls).chain(of_perfkit(snapshot)).collect()
}

fn family<'a>(
    (name, help, unit): (&'static str, &'static str, &'static str),
    kind: Kind,
    bounds: &'a [f64],
    series: Vec<Series<'a>>,
) -> Family<'a> {
    Family { name: name.into(), help, unit: Cow::Borrowed(unit), kind, bounds, series }
}

fn labels(operation: &Operation) -> Labels<'_> {
    let own = operation.labels().iter().map(|(key, value)| (&**key, &**value));
    std::iter::once(("operation", operation.name())).chain(own).collect()
}

/// By outcome; all of them, so that the first call of each raises a count that was there.
fn calls<'a>(operation: &Operation, labels: &Labels<'a>) -> impl Iterator<Item = Series<'a>> {
    let of = |outcome: Outcome| (outcome.as_str(), operation.outcome(outcome));
    let untimed = operation.is_sampled().then(|| ("untimed", untimed(operation)));
    OUTCOMES.map(of).into_iter().chain(untimed).map(|(outcome, count)| Series {
        labels: Rc::clone(labels),
        outcome: Some(outcome),
        value: Value::Count(count),
    })
}

fn of_perfkit(snapshot: &Snapshot) -> [Family<'_>; 2] {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    let one = |labels: &[(&'static str, &'static str)], count| {
        vec![Series { labels: labels.into(), outcome: None, value: Value::Count(count) }]
    };
    let info = (names::BUILD_INFO, "The version of perfkit.", "");
    let lost = (names::LOST_CALLS, "Calls that could not be kept.", "");
    [
        family(info, Kind::Gauge, &[], one(&version, 1)),
        family(lost, Kind::Counter, &[], one(&[], snapshot.lost())),
    ]
}

fn seconds<'a>(time: Duration) -> Value<'a> {
    Value::Number(values::seconds(time))
}

fn nanoseconds<'a>(nanos: u64) -> Value<'a> {
    seconds(Duration::from_nanos(nanos))
}
