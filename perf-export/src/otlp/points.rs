//! Data points.

use crate::{exponential::Exponential, values};
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        ExponentialHistogramDataPoint, NumberDataPoint, exponential_histogram_data_point::Buckets,
        number_data_point::Value,
    },
};
use perf_core::{Operation, Snapshot, ValueHistogram};
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

/// The most buckets on a side, OpenTelemetry's default
/// (<https://opentelemetry.io/docs/specs/otel/metrics/sdk/#base2-exponential-bucket-histogram-aggregation>).
const MAX_SIZE: u32 = 160;

/// The time that points cover, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    start: u64,
    end: u64,
}

impl Interval {
    /// If the system's clock was set back meanwhile, it is empty.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let end = nanos(snapshot.taken());
        Self { start: nanos(snapshot.started()).min(end), end }
    }

    pub(super) fn number(self, attributes: Vec<KeyValue>, value: Value) -> NumberDataPoint {
        NumberDataPoint {
            attributes,
            start_time_unix_nano: self.start,
            time_unix_nano: self.end,
            value: Some(value),
            ..NumberDataPoint::default()
        }
    }

    /// The durations of an operation, in seconds.
    pub(super) fn durations(
        self,
        attributes: Vec<KeyValue>,
        operation: &Operation,
    ) -> ExponentialHistogramDataPoint {
        let histogram = operation.histogram();
        let ends = operation.min().zip(operation.max());
        let ends = ends.map(|(min, max)| (values::seconds(min), values::seconds(max)));
        let values = values::of_durations(histogram);
        let sum = values::seconds(operation.timed_sum());
        self.histogram(attributes, histogram.digits(), values, Some(sum), ends)
    }

    /// A distribution of values. The sum of some that are negative is left out, for it is not monotonic.
    pub(super) fn values(
        self,
        attributes: Vec<KeyValue>,
        values: &ValueHistogram,
    ) -> ExponentialHistogramDataPoint {
        let sum = values.min().is_none_or(|min| min >= 0.0).then(|| values.sum());
        let ends = values.min().zip(values.max());
        self.histogram(attributes, values.digits(), values::of_values(values), sum, ends)
    }

    fn histogram(
        self,
        attributes: Vec<KeyValue>,
        digits: u8,
        values: impl Iterator<Item = (f64, u64)>,
        sum: Option<f64>,
        ends: Option<(f64, f64)>,
    ) -> ExponentialHistogramDataPoint {
        let all = Exponential::new(scale(digits), values);
        let all = all.widen_until(|all| all.span() <= MAX_SIZE);
        let sides = [&all.positive, &all.negative];
        let in_sides = sides.iter().flat_map(|side| side.values());
        ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: self.start,
            time_unix_nano: self.end,
            count: in_sides.fold(all.zero, |sum, count| sum.saturating_add(*count)),
            sum,
            scale: all.scale,
            zero_count: all.zero,
            positive: buckets(&all.positive),
            negative: buckets(&all.negative),
            min: ends.map(|(min, _)| min),
            max: ends.map(|(_, max)| max),
            ..ExponentialHistogramDataPoint::default()
        }
    }
}

pub(super) fn count(count: u64) -> Value {
    Value::AsInt(i64::try_from(count).unwrap_or(i64::MAX))
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The scale whose buckets are just not finer than what so many digits tell apart, `10^-digits`: at scale
/// `s` a bucket is `2^(2^-s) − 1` wide, about `ln 2 / 2^s`.
fn scale(digits: u8) -> i32 {
    (std::f64::consts::LN_2 * 10_f64.powi(digits.into())).log2().floor() as i32
}

/// All buckets from the first to the last one that holds something.
fn buckets(side: &BTreeMap<i32, u64>) -> Option<Buckets> {
    let (first, last) = (*side.first_key_value()?.0, *side.last_key_value()?.0);
    let all = (first..=last).map(|index| side.get(&index).copied().unwrap_or(0));
    Some(Buckets { offset: first, bucket_counts: all.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_as_fine_as_the_digits() {
        assert_eq!([1, 2, 3, 4, 5].map(scale), [2, 6, 9, 12, 16]);
        for digits in 1..=5 {
            let width = |scale: i32| f64::from(-scale).exp2().exp2() - 1.0;
            assert!(width(scale(digits) + 1) < 10_f64.powi(-i32::from(digits)));
        }
    }

    #[test]
    fn buckets_lie_without_gaps() {
        let side = BTreeMap::from([(-2, 5), (1, 7)]);
        let bucket_counts = vec![5, 0, 0, 7];
        assert_eq!(buckets(&side), Some(Buckets { offset: -2, bucket_counts }));
        assert_eq!(buckets(&BTreeMap::new()), None);
    }
}
