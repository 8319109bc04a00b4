//! The summary's tables of counters, gauges and distributions.

use crate::{
    grid::SummaryTable,
    human::{self, printable},
    metric::{Metric, MetricValue},
    summary::Options,
    values::ValueHistogram,
};

/// The tables that have rows, each with a note on rows left out.
pub(crate) fn tables(metrics: &[Metric], options: &Options) -> Vec<SummaryTable> {
    let (distributions, numbers): (Vec<_>, Vec<_>) =
        metrics.iter().partition(|metric| distribution(metric).is_some());
    let tables = [
        table("counter or gauge", &numbers, options, &["value".to_owned()], |metric| {
            vec![figure(metric)]
        }),
        table("distribution", &distributions, options, &titles(options), |metric| {
            distribution(metric).map_or_else(Vec::new, |values| figures(metric, values, options))
        }),
    ];
    tables.into_iter().flatten().collect()
}

fn distribution(metric: &Metric) -> Option<&ValueHistogram> {
    match metric.value() {
        MetricValue::Distribution(values) => Some(values),
        _ => None,
    }
}

fn table(
    title: &str,
    metrics: &[&Metric],
    options: &Options,
    titles: &[String],
    figures: impl Fn(&Metric) -> Vec<String>,
) -> Option<SummaryTable> {
    let shown = &metrics[..metrics.len().min(options.limit)];
    if shown.is_empty() {
        return None;
    }
    let row = |metric: &&Metric| {
        let name = printable(&metric.full_name());
        std::iter::once(name).chain(figures(metric)).collect()
    };
    let left_out = metrics.len() - shown.len();
    Some(SummaryTable {
        titles: std::iter::once(title.to_owned()).chain(titles.iter().cloned()).collect(),
        rows: shown.iter().map(row).collect(),
        notes: (left_out > 0).then(|| format!("{left_out} more not shown")).into_iter().collect(),
    })
}

fn titles(options: &Options) -> Vec<String> {
    let percentiles = options.percentiles.iter().map(|percentile| format!("p{percentile}"));
    let before = ["values", "mean", "min"].map(str::to_owned);
    before.into_iter().chain(percentiles).chain(["max".to_owned()]).collect()
}

fn figure(metric: &Metric) -> String {
    match metric.value() {
        MetricValue::Counter(count) => human::measure(*count as f64, metric.unit()),
        MetricValue::Gauge(value) => human::measure(*value, metric.unit()),
        MetricValue::Distribution(_) => String::new(),
    }
}

fn figures(metric: &Metric, values: &ValueHistogram, options: &Options) -> Vec<String> {
    let measure = |value: Option<f64>| {
        value.map_or_else(String::new, |value| human::measure(value, metric.unit()))
    };
    let percentiles = options.percentiles.iter().map(|percentile| values.percentile(*percentile));
    let of_values = [values.mean(), values.min()].into_iter().chain(percentiles);
    let of_values = of_values.chain([values.max()]).map(measure);
    std::iter::once(human::count(values.count())).chain(of_values).collect()
}
