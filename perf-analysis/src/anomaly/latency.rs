//! Durations unlike those of the history.

use super::{
    detector::{Detector, Stretch},
    finding::{Anomaly, Statistic},
};
use crate::{
    compare::{quantile::Side, shift},
    numbers::{finite, median},
};
use perf_core::Histogram;

/// A MAD below this, in shares of the value, is taken for this: nothing is so even.
const LEAST_MAD: f64 = 0.01;
/// The chance below which the calls themselves differ from those of the history.
const SAMPLING: f64 = 1e-3;
/// So many calls have to be expected beyond a percentile.
const EXPECTED: f64 = 10.0;

/// Drifts of the median and of the 99th percentile.
pub(super) fn drifts(
    detector: &Detector,
    history: &[Stretch<'_>],
    recent: Stretch<'_>,
) -> Vec<Anomaly> {
    let of = |(statistic, share): (Statistic, f64)| {
        let calls = (EXPECTED / (1.0 - share)).round() as u64;
        let calls = calls.max(detector.least_calls);
        let is_enough = |of: &&Stretch<'_>| of.operation.timed() >= calls;
        let history: Vec<_> = history.iter().filter(is_enough).copied().collect();
        let is_known = history.len() >= detector.least_stretches && is_enough(&&recent);
        is_known.then(|| drift(detector, &history, recent, (statistic, share)))?
    };
    [(Statistic::Median, 0.5), (Statistic::P99, 0.99)].into_iter().filter_map(of).collect()
}

fn drift(
    detector: &Detector,
    history: &[Stretch<'_>],
    recent: Stretch<'_>,
    (statistic, share): (Statistic, f64),
) -> Option<Anomaly> {
    let log = |of: &Stretch<'_>| {
        let nanos = of.operation.percentile(share * 100.0)?.as_nanos() as f64;
        Some(nanos.max(1.0).ln())
    };
    let logs: Vec<f64> = history.iter().filter_map(log).collect();
    let (value, usual) = (log(&recent)?, median(&logs)?);
    let deviations: Vec<f64> = logs.iter().map(|log| (log - usual).abs()).collect();
    // Within a bucket of the histogram nothing is known.
    let digits = recent.operation.histogram().digits();
    let bucket = 10.0_f64.powi(-i32::from(digits));
    let mad = median(&deviations)?.max(LEAST_MAD).max(bucket);
    let z = score(value - usual, mad);
    let is_far = z.abs() > detector.threshold_for(logs.len());
    if !is_far || (value - usual).abs() < detector.least_shift.ln_1p() {
        return None;
    }
    let p = shift::p_value(&pooled(history)?, &Side::new(recent.operation.histogram()), share);
    (p < SAMPLING).then(|| Anomaly {
        operation: recent.operation.full_name(),
        kind: statistic.kind(),
        statistic,
        value: value.exp() / 1e9,
        usual: usual.exp() / 1e9,
        ratio: finite((value - usual).exp()),
        z: Some(z),
        p,
    })
}

/// Iglewicz & Hoaglin's modified z-score: 0.6745 is the MAD of a standard normal.
pub(super) fn score(deviation: f64, mad: f64) -> f64 {
    0.6745 * deviation / mad
}

fn pooled(history: &[Stretch<'_>]) -> Option<Side> {
    let mut stretches = history.iter().map(|of| of.operation.histogram());
    let mut all: Histogram = stretches.next()?.clone();
    stretches.for_each(|of| all.merge(of));
    Some(Side::new(&all))
}
