//! Numbers of calls, and of failed ones, unlike those of the history.

use super::{
    detector::{Detector, Stretch},
    finding::{Anomaly, Statistic},
    latency::score,
};
use crate::numbers::{LARGE, above, at_least, finite, median};
use statrs::function::gamma::checked_gamma_ur;

/// A rise of the share of failed calls below this is none.
const LEAST_RISE: f64 = 0.01;
/// Nor is one below so many times the usual.
const LEAST_TIMES: f64 = 2.0;
/// A MAD of rates below this share of the median is taken for this.
const LEAST_MAD: f64 = 0.01;

/// Whether more calls fail.
pub(super) fn error_spike(
    detector: &Detector,
    history: &[Stretch<'_>],
    recent: Stretch<'_>,
) -> Option<Anomaly> {
    let counts =
        |of: &Stretch<'_>| (of.operation.errors().min(of.operation.timed()), of.operation.timed());
    let sums = history.iter().map(counts);
    let (failed, all) =
        sums.fold((0.0, 0.0), |(failed, all), (k, n)| (failed + k as f64, all + n as f64));
    let (k, n) = counts(&recent);
    let least = detector.least_calls;
    if n < least || all < least as f64 {
        return None;
    }
    let (value, usual) = (k as f64 / n as f64, failed / all);
    let p = at_least(k, n, (failed + 1.0) / (all + 2.0));
    // A hundredth of 30 % is not exactly 0.003.
    let is_rise = value - usual >= LEAST_RISE - 1e-12 && value >= LEAST_TIMES * usual - 1e-12;
    (is_rise && p < detector.chance).then(|| Anomaly {
        operation: recent.operation.full_name(),
        kind: Statistic::ErrorShare.kind(),
        statistic: Statistic::ErrorShare,
        value,
        usual,
        ratio: finite(value / usual),
        z: None,
        p,
    })
}

/// Whether there are fewer calls.
pub(super) fn throughput_drop(
    detector: &Detector,
    history: &[Stretch<'_>],
    recent: Stretch<'_>,
) -> Option<Anomaly> {
    let rates: Vec<f64> = history.iter().filter_map(|of| of.rate()).collect();
    let (value, usual) = (recent.rate()?, median(&rates)?);
    let expected = usual * recent.length.as_secs_f64();
    if expected < detector.least_calls as f64 || value >= detector.drop_below * usual {
        return None;
    }
    let deviations: Vec<f64> = rates.iter().map(|rate| (rate - usual).abs()).collect();
    let z = score(value - usual, median(&deviations)?.max(LEAST_MAD * usual));
    let p = at_most(recent.operation.count(), expected);
    let is_far = z < -detector.threshold_for(rates.len());
    (is_far && p < detector.chance).then(|| Anomaly {
        operation: recent.operation.full_name(),
        kind: Statistic::Rate.kind(),
        statistic: Statistic::Rate,
        value,
        usual,
        ratio: finite(value / usual),
        z: Some(z),
        p,
    })
}

/// The chance of `k` or fewer, by the Poisson distribution: it is the regularized upper incomplete gamma
/// function Q(k + 1, expected) (Abramowitz & Stegun 26.4.21).
fn at_most(k: u64, expected: f64) -> f64 {
    if expected > LARGE {
        return above((expected - k as f64 - 0.5) / expected.sqrt());
    }
    checked_gamma_ur(k as f64 + 1.0, expected).map_or(1.0, |p| p.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_worked_by_hand() {
        // 3 or more heads of 4: 5/16. 2 or fewer where 3 are expected: e^-3·(1 + 3 + 4.5).
        assert!((at_least(3, 4, 0.5) - 5.0 / 16.0).abs() < 1e-12);
        assert!((at_most(2, 3.0) - 8.5 * (-3.0_f64).exp()).abs() < 1e-12);
        assert!((at_least(0, 4, 0.5) - 1.0).abs() < 1e-12);
        assert!((at_least(4, 4, 0.5) - 1.0 / 16.0).abs() < 1e-12);
    }

    #[test]
    fn the_normal_takes_over_smoothly() {
        // 20,000 of 0.11 and 0.115: variances of 1,958 and 2,035.
        let [exact, normal] =
            [0.11, 0.115].map(|share| at_least((20_000.0 * share) as u64 + 130, 20_000, share));
        assert!((exact / normal - 1.0).abs() < 0.2, "{exact} {normal}");
        let [exact, normal] =
            [1_999.0, 2_001.0].map(|expected| at_most(expected as u64 - 130, expected));
        assert!((exact / normal - 1.0).abs() < 0.2, "{exact} {normal}");
    }

    #[test]
    fn extremes_are_chances() {
        for k in [0, 1, 1_000, u64::MAX] {
            for share in [1e-300, 1e-20, 0.5, 1.0 - 1e-16] {
                assert!((0.0..=1.0).contains(&at_least(k, u64::MAX, share)), "{k} {share}");
            }
            for expected in [30.0, 1e300] {
                assert!((0.0..=1.0).contains(&at_most(k, expected)), "{k} {expected}");
            }
        }
    }
}
