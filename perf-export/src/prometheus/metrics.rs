//! The families of a snapshot's own counters, gauges and distributions.

use super::{
    families::{Family, Kind, Series, Value},
    histogram::Values,
    names::{Taken, is_legal_metric},
    options::Options,
    units,
};
use perf_core::{Metric, MetricValue, Snapshot};
use std::{borrow::Cow, collections::BTreeMap};

pub(super) fn families<'a>(snapshot: &'a Snapshot, options: &'a Options) -> Vec<Family<'a>> {
    // Names that can stay as they are choose first.
    let mut by_name: BTreeMap<_, Vec<&Metric>> = BTreeMap::new();
    for metric in snapshot.metrics() {
        let key = (!is_legal_metric(metric.name()), metric.name(), kind(metric));
        by_name.entry(key).or_default().push(metric);
    }
    let mut taken = Taken::ours();
    let named = by_name.into_values().filter_map(|metrics| {
        let metric = *metrics.first()?;
        let kind = kind(metric);
        let unit = units::word(metric.unit().unwrap_or_default(), kind);
        Some(Family {
            name: taken.claim(metric, kind, &unit).into(),
            help: metric.description().unwrap_or_default(),
            bounds: if kind == Kind::Histogram { options.of(metric.name(), &unit) } else { &[] },
            unit: Cow::Owned(unit),
            kind,
            series: metrics.into_iter().map(series).collect(),
        })
    });
    named.collect()
}

fn kind(metric: &Metric) -> Kind {
    match metric.value() {
        MetricValue::Counter(_) => Kind::Counter,
        MetricValue::Gauge(_) => Kind::Gauge,
        MetricValue::Distribution(_) => Kind::Histogram,
    }
}

fn series(metric: &Metric) -> Series<'_> {
    let value = match metric.value() {
        MetricValue::Counter(count) => Value::Count(*count),
        MetricValue::Gauge(value) => Value::Number(*value),
        MetricValue::Distribution(values) => Value::Values(Values::Numbers(values)),
    };
    let labels = metric.labels().iter().map(|(key, value)| (&**key, &**value));
    Series { labels: labels.collect(), outcome: None, value }
}
