//! Protobuf, with native histograms beside classic ones.

use super::{
    families::{Family, Kind, Series, Value},
    histogram::Values,
    message,
    native::{Native, Side, ZERO_THRESHOLD},
    options::Options,
};
use prost::Message;
use std::time::{Duration, SystemTime};

/// Each family behind its length.
pub(super) fn write(families: &[Family<'_>], started: SystemTime, options: &Options) -> Vec<u8> {
    let writer = Writer { created: timestamp(started), options };
    let mut out = Vec::new();
    for family in families {
        let message = writer.family(family).encode_length_delimited_to_vec();
        out.extend_from_slice(&message);
    }
    out
}

struct Writer<'a> {
    created: Option<message::Timestamp>,
    options: &'a Options,
}

impl Writer<'_> {
    fn family(&self, family: &Family<'_>) -> message::MetricFamily {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let total = if family.kind == Kind::Counter { "_total" } else { "" };
        message::MetricFamily {
            name: Some(format!("{}{total}", family.name)),
            help: some(family.help),
            r#type: Some(match family.kind {
                Kind::Counter => 0,
                Kind::Gauge => 1,
                Kind::Histogram => 4,
            }),
            metric: family.series.iter().map(|series| self.metric(family, series)).collect(),
            unit: some(&family.unit),
        }
    }

    fn metric(&self, family: &Family<'_>, series: &Series<'_>) -> message::Metric {
        let pair = |(key, value): (&str, &str)| message::LabelPair {
            name: Some(key.to_owned()),
            value: Some(value.to_owned()),
        };
        let mut metric =
            message::Metric { label: series.labels().map(pair).collect(), ..Default::default() };
        let number = match series.value {
            Value::Count(count) => Some(count as f64),
            Value::Number(number) => Some(number),
            Value::Values(values) => {
                metric.histogram = Some(self.histogram(family.bounds, values));
                None
            }
        };
        if family.kind == Kind::Counter {
            let created_timestamp = self.created.clone();
            metric.counter = Some(message::Counter { value: number, created_timestamp });
        } else if family.kind == Kind::Gauge {
            metric.gauge = Some(message::Gauge { value: number });
        }
        metric
    }

    fn histogram(&self, bounds: &[f64], values: Values<'_>) -> message::Histogram {
        let native = Native::new(values, self.options.resolution);
        let counts = values.cumulative(bounds);
        let mut positive_span = spans(&native.positive);
        if native.is_empty() {
            // Else nobody could see that it is a native one.
            positive_span.push(message::BucketSpan { offset: Some(0), length: Some(0) });
        }
        message::Histogram {
            sample_count: counts.last().copied(),
            sample_sum: Some(values.sum()),
            bucket: if self.options.classic { classic(bounds, &counts) } else { Vec::new() },
            schema: Some(native.schema),
            zero_threshold: Some(ZERO_THRESHOLD),
            zero_count: Some(native.zero),
            negative_span: spans(&native.negative),
            negative_delta: native.negative.deltas,
            positive_span,
            positive_delta: native.positive.deltas,
            created_timestamp: self.created.clone(),
        }
    }
}

/// Without the infinite one, whose count is that of all.
fn classic(bounds: &[f64], counts: &[u64]) -> Vec<message::Bucket> {
    let bucket = |(bound, count): (&f64, &u64)| message::Bucket {
        cumulative_count: Some(*count),
        upper_bound: Some(*bound),
    };
    bounds.iter().zip(counts).map(bucket).collect()
}

fn spans(side: &Side) -> Vec<message::BucketSpan> {
    let span = |(offset, length): &(i32, u32)| message::BucketSpan {
        offset: Some(*offset),
        length: Some(*length),
    };
    side.spans.iter().map(span).collect()
}

/// Of a time since 1970.
fn timestamp(time: SystemTime) -> Option<message::Timestamp> {
    let since: Duration = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    Some(message::Timestamp { seconds, nanos: since.subsec_nanos().cast_signed() })
}
