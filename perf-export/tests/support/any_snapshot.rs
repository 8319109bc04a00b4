//! Any snapshot, for properties of formats.

use perf_core::{
    Allocations, Caller, Description, InFlightCalls, MetricParts, MetricValue, OperationParts,
    PollTimes, Snapshot, SnapshotParts, ValueHistogram,
};
use proptest::{collection::vec, option, prelude::*};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Counts whose sums stay below 2^63, which is HdrHistogram's most.
const COUNT: std::ops::Range<u64> = 1..1 << 50;

/// Texts with characters that formats make something of.
fn text() -> impl Strategy<Value = String> {
    let special = "[a-z=+@;,\"'\\\\\\-\0\r\n\t %{}<>&#:＝]";
    let any = any::<char>().prop_map(String::from);
    vec(prop_oneof![4 => special.prop_map(String::from), 1 => any], 0..8)
        .prop_map(|all| all.concat())
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((text(), text()), 0..4)
}

fn nanos() -> impl Strategy<Value = u64> {
    (0_u32..64).prop_flat_map(|bits| 0..=u64::MAX >> bits)
}

fn time() -> impl Strategy<Value = SystemTime> {
    let after = any::<u32>().prop_map(|s| Duration::new(s.into(), s % 1_000_000_000));
    prop_oneof![
        9 => after.clone().prop_map(|after| SystemTime::UNIX_EPOCH + after),
        1 => after.prop_map(|before| SystemTime::UNIX_EPOCH - before),
    ]
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![-1e3..1e3_f64, Just(0.0), any::<f64>().prop_filter("finite", |v| v.is_finite())]
}

prop_compose! {
    fn callers()(all in vec((option::of(text()), COUNT, nanos()), 0..3)) -> Vec<Caller> {
        let caller = |(name, calls, time_ns): (Option<String>, _, _)| {
            Caller { name: name.map(Arc::from), calls, time_ns }
        };
        all.into_iter().map(caller).collect()
    }
}

prop_compose! {
    fn aside()(
        polls in option::of((nanos(), nanos(), nanos())),
        allocations in option::of((nanos(), nanos(), nanos(), nanos())),
        in_flight in option::of((nanos(), nanos())),
        callers in callers(),
    ) -> OperationParts {
        let polls = polls.map(|(polls, busy_ns, longest_ns)| PollTimes { polls, busy_ns, longest_ns });
        let allocations = allocations.map(|(count, bytes, self_count, self_bytes)| {
            Allocations { count, bytes, self_count, self_bytes }
        });
        let in_flight = in_flight.map(|(count, oldest_ns)| InFlightCalls { count, oldest_ns });
        OperationParts { polls, allocations, in_flight, callers, ..OperationParts::default() }
    }
}

prop_compose! {
    fn operation()(
        aside in aside(),
        (name, labels, digits, is_scope) in (text(), labels(), 1_u8..=3, any::<bool>()),
        buckets in vec((nanos(), COUNT), 0..20),
        [sum_ns, nested_ns, self_ns] in [nanos(), nanos(), nanos()],
        [errors, panicked, cancelled, skipped] in [nanos(), nanos(), nanos(), nanos()],
        [clamped, backward, overlaps, folded] in [0..3_u64, 0..3, 0..3, 0..3],
    ) -> OperationParts {
        let ends = (buckets.iter().map(|of| of.0).min(), buckets.iter().map(|of| of.0).max());
        let (min_ns, max_ns) = ends;
        OperationParts {
            name, labels, digits, is_scope, buckets, min_ns, max_ns,
            sum_ns, nested_ns, self_ns, errors, panicked, cancelled, skipped,
            clamped, backward, overlaps, folded, ..aside
        }
    }
}

fn value() -> impl Strategy<Value = MetricValue> {
    let values = vec((any::<f64>(), 1..9_u64), 0..20);
    let distribution = (1_u8..=5, values, finite(), finite(), 0..3_u64);
    let distribution = distribution.prop_map(|(digits, values, sum, min, refused)| {
        let values = ValueHistogram::from_values(digits, values);
        MetricValue::Distribution(values.with_exact(sum, min, min, refused))
    });
    let not_finite = prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY)];
    prop_oneof![
        any::<u64>().prop_map(MetricValue::Counter),
        prop_oneof![finite(), not_finite].prop_map(MetricValue::Gauge),
        distribution,
    ]
}

prop_compose! {
    fn metric()(name in text(), labels in labels(), value in value(), taken in time()) -> MetricParts {
        MetricParts { name, labels, value, taken }
    }
}

prop_compose! {
    /// Any snapshot, but for gauges that are not a number.
    pub(crate) fn any_snapshot()(
        (started, taken, lost) in (time(), time(), any::<u64>()),
        operations in vec(operation(), 0..5),
        metrics in vec(metric(), 0..5),
        descriptions in vec((text(), option::of(text()), text()), 0..3),
    ) -> Snapshot {
        // Said of what is there, too.
        let names = metrics.iter().map(|metric| metric.name.clone());
        let said = names.zip(&descriptions).map(|(name, (_, unit, text))| (name, unit.clone(), text.clone()));
        let said: Vec<_> = said.chain(descriptions.iter().cloned()).collect();
        let descriptions = said.into_iter().map(|(name, unit, text)| {
            (name, Description { unit: unit.map(Cow::Owned), text: text.into() })
        });
        let descriptions: BTreeMap<_, _> = descriptions.collect();
        Snapshot::from(SnapshotParts { started, taken, lost, operations, metrics, descriptions })
    }
}
