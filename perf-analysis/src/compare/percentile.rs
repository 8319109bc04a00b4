//! How a percentile changed.

use super::{change::Verdict, quantile::Side, shift};
use crate::numbers::finite;
use perf_core::Operation;
use serde::Serialize;
use std::fmt;

/// So many samples have to be expected on either side of a percentile.
const EXPECTED: f64 = 10.0;

/// How one percentile changed.
///
/// ```
/// use perf_analysis::compare::{Comparison, Verdict};
/// use std::time::Duration;
/// let registry = perf_core::Registry::new();
/// (1..=15).for_each(|n| registry.record("n", Duration::from_millis(n)));
/// let n = registry.snapshot();
/// let report = Comparison::new().percentiles([50.0]).of_snapshots(&n, &n);
/// let p50 = &report.operations[0].percentiles[0];
/// // Ten have to be expected on either side of a percentile.
/// assert_eq!((p50.verdict, p50.missing_before), (Verdict::TooFewSamples, 5));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PercentileChange {
    /// Which, in percent.
    pub percentile: f64,
    /// Its value before, in nanoseconds; `None` without a sample.
    pub before_ns: Option<u64>,
    /// Its value after.
    pub after_ns: Option<u64>,
    /// after/before − 1: 0.1 is 10 % slower. A duration of zero counts as a nanosecond.
    pub shift: Option<f64>,
    /// The lower end of the shift's confidence interval, of this percentile alone; `None` where it is
    /// unbounded or there are too few samples.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The chance of such a difference where nothing changed; `None` with too few samples.
    pub p: Option<f64>,
    /// The same, adjusted for all tests of the report (Holm). This is the one the verdict goes by.
    pub p_adjusted: Option<f64>,
    /// What to say of it.
    pub verdict: Verdict,
    /// How many more samples would have been enough before; 0 if there were.
    pub missing_before: u64,
    /// How many more would have been enough after.
    pub missing_after: u64,
}

impl fmt::Display for PercentileChange {
    /// The shift with its interval, or what is missing for one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{} ", self.percentile)?;
        if self.verdict == Verdict::TooFewSamples {
            let (before, after) = (self.missing_before, self.missing_after);
            return write!(f, "too few samples: {before} more before, {after} more after would do");
        }
        let percent = |share: Option<f64>| match share {
            Some(share) => format!("{:+.1} %", share * 100.0),
            None => "unbounded".to_owned(),
        };
        write!(f, "{} ({} to {})", percent(self.shift), percent(self.low), percent(self.high))
    }
}

/// How a percentile changed, with the interval at `z` standard deviations, and with a p-value that is not
/// adjusted yet.
pub(super) fn percentile(
    (percentile, z): (f64, f64),
    [before, after]: [&Operation; 2],
    [side_before, side_after]: &[Side; 2],
) -> PercentileChange {
    let share = percentile / 100.0;
    let missing = |side: &Side| needed(share).saturating_sub(side.count());
    let value = |of: &Operation| Some(of.percentile(percentile)?.as_nanos() as u64);
    let (before_ns, after_ns) = (value(before), value(after));
    let mut change = PercentileChange {
        percentile,
        before_ns,
        after_ns,
        shift: relative(before_ns, after_ns),
        low: None,
        high: None,
        p: None,
        p_adjusted: None,
        verdict: Verdict::TooFewSamples,
        missing_before: missing(side_before),
        missing_after: missing(side_after),
    };
    if change.missing_before == 0 && change.missing_after == 0 {
        let (low, high) = shift::interval(side_before, side_after, share, z);
        change.low = finite(low).and_then(|low| finite(low.exp_m1()));
        change.high = finite(high).and_then(|high| finite(high.exp_m1()));
        change.p = Some(shift::p_value(side_before, side_after, share));
        change.p_adjusted = change.p;
    }
    change
}

/// How many samples a quantile needs on each side.
fn needed(share: f64) -> u64 {
    let samples = EXPECTED / share.min(1.0 - share);
    // 10 / (1 − 0.99) is a little above 1,000 only by rounding.
    (samples * (1.0 - 1e-12)).ceil() as u64
}

/// after/before − 1, where zero counts as one.
pub(super) fn relative(before: Option<u64>, after: Option<u64>) -> Option<f64> {
    let [before, after] = [before?, after?].map(|nanos| nanos.max(1) as f64);
    Some(after / before - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_needed() {
        let shares = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.01];
        assert_eq!(shares.map(needed), [20, 100, 200, 1_000, 10_000, 100_000, 1_000]);
        assert_eq!([0.0, 1e-300].map(needed), [u64::MAX; 2]);
    }
}
