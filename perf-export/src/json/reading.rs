//! From a document to a snapshot.

use super::{
    Error, VERSION,
    kept::{Allocated, Bucket, CalledBy, Description, Histogram, InFlight, Polls, Timed},
    number::Number,
};
use crate::hdr::v2;
use perf_core::{
    MetricParts, MetricValue, OperationParts, Snapshot, SnapshotParts, ValueHistogram,
};
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    hash::Hash,
    mem::discriminant,
    time::{Duration, SystemTime},
};

type Labels = BTreeMap<String, String>;

pub(super) fn snapshot(text: &str) -> Result<Snapshot, Error> {
    // Of another version it may be anything.
    let document = serde_json::from_str::<DocumentKeys>(text);
    let version = match &document {
        Ok(document) => document.perfkit,
        Err(_) => serde_json::from_str::<Version>(text).map_or(VERSION, |of| of.perfkit),
    };
    if version != VERSION {
        return Err(Error::Version(version));
    }
    document.map_err(Error::Json)?.into_snapshot(v2::allowance(text))
}

#[derive(Deserialize)]
struct Version {
    perfkit: u64,
}

#[derive(Deserialize)]
struct DocumentKeys {
    perfkit: u64,
    started_unix_ns: i64,
    taken_unix_ns: i64,
    lost: u64,
    operations: Vec<OperationKeys>,
    metrics: Vec<MetricKeys>,
    #[serde(default)]
    descriptions: BTreeMap<String, Description>,
}

impl DocumentKeys {
    fn into_snapshot(self, mut allowance: usize) -> Result<Snapshot, Error> {
        // Merged one after another, very many of one series could take very long.
        each_once(self.operations.iter().map(|of| (&*of.name, &of.labels)))?;
        each_once(
            self.metrics.iter().map(|of| (&*of.name, (&of.labels, discriminant(&of.value)))),
        )?;
        let taken = time(self.taken_unix_ns);
        let operations = self.operations.into_iter().map(|of| of.into_parts(&mut allowance));
        Ok(Snapshot::from(SnapshotParts {
            started: time(self.started_unix_ns),
            taken,
            lost: self.lost,
            operations: operations.collect::<Result<_, _>>()?,
            metrics: self.metrics.into_iter().map(|of| of.into_parts(taken)).collect(),
            descriptions: self
                .descriptions
                .into_iter()
                .map(|(name, of)| (name, said(of)))
                .collect(),
        }))
    }
}

fn each_once<'a, K: Copy + Eq + Hash>(
    mut series: impl Iterator<Item = (&'a str, K)>,
) -> Result<(), Error> {
    let mut known = HashSet::new();
    let twice = series.find(|of| !known.insert(*of));
    twice.map_or(Ok(()), |(name, _)| Err(Error::Twice(name.to_owned())))
}

#[derive(Deserialize)]
struct OperationKeys {
    name: String,
    #[serde(default)]
    labels: Labels,
    errors: u64,
    panicked: u64,
    cancelled: u64,
    sum_ns: u64,
    self_ns: u64,
    min_ns: Option<u64>,
    max_ns: Option<u64>,
    #[serde(default)]
    nested_ns: u64,
    #[serde(default)]
    skipped: u64,
    timed: Option<Timed>,
    #[serde(default)]
    clamped: u64,
    #[serde(default)]
    backward: u64,
    #[serde(default)]
    overlaps: u64,
    #[serde(default)]
    folded: u64,
    #[serde(default)]
    scope: bool,
    in_flight: Option<InFlight>,
    polls: Option<Polls>,
    allocations: Option<Allocated>,
    #[serde(default)]
    callers: Vec<CalledBy>,
    histogram: Histogram,
}

impl OperationKeys {
    fn into_parts(self, allowance: &mut usize) -> Result<OperationParts, Error> {
        let decoded = self.histogram.v2.map(|text| v2::decode(&text, allowance)).transpose();
        let operation = || self.name.clone();
        let decoded =
            decoded.map_err(|wrong| Error::Histogram { operation: operation(), wrong })?;
        let exact = self.timed.unwrap_or(Timed { sum_ns: self.sum_ns, self_ns: self.self_ns });
        Ok(OperationParts {
            labels: self.labels.into_iter().collect(),
            digits: self.histogram.digits,
            buckets: decoded.map(|of| of.buckets).unwrap_or_default(),
            sum_ns: exact.sum_ns,
            nested_ns: self.nested_ns,
            self_ns: exact.self_ns,
            min_ns: self.min_ns,
            max_ns: self.max_ns,
            errors: self.errors,
            panicked: self.panicked,
            cancelled: self.cancelled,
            clamped: self.clamped,
            backward: self.backward,
            overlaps: self.overlaps,
            skipped: self.skipped,
            callers: self.callers.into_iter().map(|of| of.0).collect(),
            polls: self.polls.map(|of| of.0),
            allocations: self.allocations.map(|of| of.0),
            in_flight: self.in_flight.map(|of| of.0),
            folded: self.folded,
            is_scope: self.scope,
            name: self.name,
        })
    }
}

#[derive(Deserialize)]
struct MetricKeys {
    name: String,
    #[serde(default)]
    labels: Labels,
    #[serde(flatten)]
    value: ValueKeys,
    taken_unix_ns: Option<i64>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ValueKeys {
    Counter {
        value: u64,
    },
    Gauge {
        value: Number,
    },
    Distribution {
        sum: Number,
        min: Option<Number>,
        max: Option<Number>,
        #[serde(default)]
        refused: u64,
        digits: u8,
        buckets: Vec<Bucket>,
    },
}

impl MetricKeys {
    fn into_parts(self, taken: SystemTime) -> MetricParts {
        let value = match self.value {
            ValueKeys::Counter { value } => MetricValue::Counter(value),
            ValueKeys::Gauge { value } => MetricValue::Gauge(value.0),
            ValueKeys::Distribution { sum, min, max, refused, digits, mut buckets } => {
                // One after another each is new at the end, which is quick.
                buckets.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
                let values = buckets.into_iter().map(|(inner, _, count)| (inner, count));
                let values = ValueHistogram::from_values(digits, values);
                let (least, most) = (values.min(), values.max());
                let exact = |number: Option<Number>, known: Option<f64>| {
                    number.map(|of| of.0).or(known).unwrap_or_default()
                };
                MetricValue::Distribution(values.with_exact(
                    sum.0,
                    exact(min, least),
                    exact(max, most),
                    refused,
                ))
            }
        };
        MetricParts {
            name: self.name,
            labels: self.labels.into_iter().collect(),
            value,
            taken: self.taken_unix_ns.map_or(taken, time),
        }
    }
}

fn said(of: Description) -> perf_core::Description {
    perf_core::Description { unit: of.unit.map(Cow::Owned), text: Cow::Owned(of.text) }
}

/// From nanoseconds since 1970.
fn time(unix_ns: i64) -> SystemTime {
    let from = Duration::from_nanos(unix_ns.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let time = if unix_ns < 0 { epoch.checked_sub(from) } else { epoch.checked_add(from) };
    // All clocks reach from 1677 to 2262.
    time.unwrap_or(epoch)
}
