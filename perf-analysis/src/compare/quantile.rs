//! One side's percentile, and what is known of where the true one lies.

use perf_core::{Bucket, Histogram};

/// Where a value lies on the scale of log nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) low: f64,
    pub(crate) middle: f64,
    pub(crate) high: f64,
}

impl Place {
    /// Nothing is known but that there is a value.
    const BELOW: Self =
        Self { low: f64::NEG_INFINITY, middle: f64::NEG_INFINITY, high: f64::NEG_INFINITY };
    const ABOVE: Self = Self { low: f64::INFINITY, middle: f64::INFINITY, high: f64::INFINITY };

    /// A duration of zero counts as a nanosecond, for zero has no logarithm.
    fn of(bucket: Bucket) -> Self {
        let low = bucket.low_ns as f64;
        // A bucket of one nanosecond is exact. Others reach to where the next one begins.
        let wide = bucket.high_ns > bucket.low_ns;
        let high = if wide { bucket.high_ns as f64 + 1.0 } else { low };
        let [low, high] = [low, high].map(|value| value.max(1.0).ln());
        Self { low, middle: f64::midpoint(low, high), high }
    }
}

/// A histogram to look ranks up in.
pub(crate) struct Side {
    /// Where each bucket lies, with the count of it and those below.
    buckets: Vec<(Place, u64)>,
}

impl Side {
    pub(crate) fn new(histogram: &Histogram) -> Self {
        let mut count = 0_u64;
        let buckets = histogram.buckets().map(|bucket| {
            count = count.saturating_add(bucket.count);
            (Place::of(bucket), count)
        });
        Self { buckets: buckets.collect() }
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |(_, count)| *count)
    }

    /// Where the value of a rank lies, from 1 on.
    fn at(&self, rank: u64) -> Place {
        let at = self.buckets.partition_point(|(_, count)| *count < rank);
        self.buckets.get(at).map_or(Place::ABOVE, |(place, _)| *place)
    }

    /// The quantile of a share.
    pub(crate) fn quantile(&self, share: f64) -> Place {
        let rank = (share * self.count() as f64).ceil().max(1.0) as u64;
        self.at(rank.min(self.count()))
    }

    /// The order statistics that the true quantile lies between, `z` standard deviations to either side.
    pub(crate) fn interval(&self, share: f64, z: f64) -> (Place, Place) {
        let (low, high) = ranks(self.count(), share, z);
        (
            low.map_or(Place::BELOW, |rank| self.at(rank)),
            high.map_or(Place::ABOVE, |rank| self.at(rank)),
        )
    }
}

/// The ranks around a quantile: the highest one that the true quantile lies below with no more than the
/// chance of a normal beyond `z` to one side, and the lowest one that it lies above with no more than
/// that. `None` where even the shortest, or longest, of all is not far enough out.
///
/// From the binomial's quantiles by Cornish & Fisher's expansion (Abramowitz & Stegun 26.2.49), which is
/// good to about one rank from ten expected calls beyond the quantile on.
fn ranks(count: u64, share: f64, z: f64) -> (Option<u64>, Option<u64>) {
    let n = count as f64;
    let variance = n * share * (1.0 - share);
    if variance <= 0.0 || variance.is_nan() {
        return (None, None);
    }
    let sigma = variance.sqrt();
    let skew = (1.0 - 2.0 * share) / sigma;
    let kurtosis = (1.0 - 6.0 * share * (1.0 - share)) / variance;
    let quantile = |z: f64| {
        let bent = z + skew * (z * z - 1.0) / 6.0 + kurtosis * (z.powi(3) - 3.0 * z) / 24.0
            - skew * skew * (2.0 * z.powi(3) - 5.0 * z) / 36.0;
        n * share + sigma * bent
    };
    // The chance that no call falls below the quantile, or none above it, is known exactly: it says
    // whether the outermost ranks will do, where the expansion is at its worst.
    let tail = (crate::numbers::two_sided(z) / 2.0).ln();
    let low = (quantile(-z) + 0.5).floor().max(1.0);
    let high = (quantile(z) + 0.5).ceil().min(n);
    let is_low = n * (-share).ln_1p() <= tail;
    let is_high = n * share.ln() <= tail;
    (is_low.then_some(low as u64), is_high.then_some((high as u64).min(count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn ranks_are_those_of_the_binomial() {
        for (n, share) in
            [(20, 0.5), (100, 0.1), (1_000, 0.5), (1_000, 0.99), (10_000, 0.99), (30_000, 0.999)]
        {
            let binomial = Binomial::new(share, n).unwrap();
            for z in [0.5, 1.0, 1.96, 2.5, 3.0, 3.5] {
                let tail = crate::numbers::two_sided(z) / 2.0;
                let (low, high) = ranks(n, share, z);
                // The true quantile lies below rank r if fewer than r calls lie below it.
                let exact_low = (0..n).take_while(|r| binomial.cdf(*r) <= tail).count() as u64;
                let exact_high = (1..=n).find(|r| binomial.cdf(*r - 1) >= 1.0 - tail);
                assert!(
                    low.unwrap_or(0).abs_diff(exact_low) <= 1,
                    "{n} {share} {z}: {low:?} {exact_low}"
                );
                let [high, exact_high] = [high, exact_high].map(|rank| rank.unwrap_or(n + 1));
                assert!(high.abs_diff(exact_high) <= 1, "{n} {share} {z}: {high} {exact_high}");
            }
        }
    }

    #[test]
    fn intervals_only_grow_with_z() {
        for (n, share) in [(20, 0.5), (100, 0.9), (1_000, 0.99), (5_000, 0.01), (1_000_000, 0.999)]
        {
            // Once one end is unbounded, there is no interval of a shift.
            let steps = (0..3_700).map(|step| ranks(n, share, f64::from(step) / 100.0));
            let mut last = (u64::MAX, 0);
            for (low, high) in steps.map_while(|(low, high)| low.zip(high)) {
                assert!(low <= last.0 && high >= last.1, "{n} {share}: {low} {high} {last:?}");
                last = (low, high);
            }
        }
    }

    #[test]
    fn extremes_do_no_harm() {
        for count in [0, 1, u64::MAX] {
            for share in [0.0, 1e-300, 0.5, 1.0, f64::NAN] {
                for z in [0.0, 37.0] {
                    let (low, high) = ranks(count, share, z);
                    assert!(low.is_none_or(|rank| rank >= 1));
                    assert!(high.is_none_or(|rank| rank <= count));
                }
            }
        }
    }
}
