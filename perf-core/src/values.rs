//! The distribution of values that are not durations: any finite numbers.
//!
//! Log-linear like HdrHistogram, over the bits of the numbers themselves, so that sizes, ratios and
//! temperatures fit alike: each power of two is cut into `2^bits` equal buckets, and negative values
//! mirror positive ones.

use crate::counts::{at_percentile, combined, total};

/// Mantissa bits of an `f64`.
const MANTISSA: u8 = 52;

/// A distribution of values of one unit, with exact count, sum, minimum and maximum.
///
/// ```
/// let registry = perf_core::Registry::new();
/// let sizes = registry.distribution("upload_bytes", &[]);
/// (1..=100).for_each(|kib| sizes.record(f64::from(kib) * 1024.0));
///
/// let snapshot = registry.snapshot();
/// let histogram = snapshot.distribution("upload_bytes", &[]).unwrap();
/// assert_eq!((histogram.count(), histogram.max()), (100, Some(102_400.0)));
/// let p50 = histogram.percentile(50.0).unwrap();
/// assert!((p50 - 51_200.0).abs() < 51.2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ValueHistogram {
    /// Mantissa bits kept.
    bits: u8,
    /// `(bucket, count)` by rising value; no count is 0.
    counts: Vec<(i32, u64)>,
    sum: f64,
    /// Infinite, `min` above `max`, while there is no value.
    min: f64,
    max: f64,
    refused: u64,
}

/// One bucket of a [`ValueHistogram`] that holds something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueBucket {
    /// Its bound nearer to zero; 0 for the bucket of zero.
    pub inner: f64,
    /// Its bound farther from zero, not in it; 0 for the bucket of zero.
    pub outer: f64,
    /// How many values fell in it; never 0.
    pub count: u64,
}

impl ValueBucket {
    /// The value that stands for it: its middle.
    #[must_use]
    pub fn middle(self) -> f64 {
        // Halved first: the bounds may be near the largest number there is.
        self.inner / 2.0 + self.outer / 2.0
    }
}

impl ValueHistogram {
    /// An empty one that keeps `digits` significant digits, 1 to 5; others count as the nearest.
    pub(crate) fn new(digits: u8) -> Self {
        // A bucket is at most 1 / 2^bits of its values wide.
        let bits = 10_u32.pow(u32::from(digits.clamp(1, 5))).next_power_of_two().trailing_zeros();
        Self {
            bits: bits as u8,
            counts: Vec::new(),
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            refused: 0,
        }
    }

    /// One that holds these values and how often each came, in any order; each falls in the bucket
    /// around it. Those that are not finite are [refused](Self::refused).
    ///
    /// ```
    /// use perf_core::ValueHistogram;
    /// let histogram = ValueHistogram::from_values(3, [(2.0, 2), (8.0, 1)]);
    /// assert_eq!((histogram.count(), histogram.sum()), (3, 12.0));
    /// ```
    #[must_use]
    pub fn from_values(digits: u8, values: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut histogram = Self::new(digits);
        values.into_iter().for_each(|(value, times)| histogram.record(value, times));
        histogram
    }

    /// The same buckets with what is known exactly of the values in them: their sum, minimum and
    /// maximum, and how many were [refused](Self::refused). A minimum and a maximum that cannot be
    /// those of any values, `NaN` or the wrong way round, change nothing.
    ///
    /// ```
    /// let buckets = perf_core::ValueHistogram::from_values(1, [(2.0, 2), (8.0, 1)]);
    /// let exact = buckets.clone().with_exact(12.25, 2.0, 8.25, 0);
    /// assert_eq!((exact.sum(), exact.max()), (12.25, Some(8.25)));
    /// let wrong = buckets.with_exact(12.25, f64::NAN, 8.25, 0);
    /// assert_eq!((wrong.min(), wrong.max()), (Some(2.0), Some(8.0)));
    /// ```
    #[must_use]
    pub fn with_exact(mut self, sum: f64, min: f64, max: f64, refused: u64) -> Self {
        self.sum = sum;
        self.refused = refused;
        if !self.is_empty() && min <= max {
            (self.min, self.max) = (min, max);
        }
        self
    }

    /// Significant digits kept, 1 to 5.
    #[must_use]
    pub fn digits(&self) -> u8 {
        // The digits that `new` made the bits of.
        (f64::from(self.bits) * std::f64::consts::LOG10_2).round() as u8
    }

    /// Adds a value some times. One that is not finite is refused, and counted as that.
    pub(crate) fn record(&mut self, value: f64, times: u64) {
        if times == 0 {
            return;
        }
        if !value.is_finite() {
            self.refused = self.refused.saturating_add(times);
            return;
        }
        let bucket = bucket(value, self.bits);
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(times),
            Err(at) => self.counts.insert(at, (bucket, times)),
        }
        self.sum += value * times as f64;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Back to no value.
    pub(crate) fn reset(&mut self) {
        *self = Self { counts: std::mem::take(&mut self.counts), ..Self::new(1).with(self.bits) };
        self.counts.clear();
    }

    fn with(self, bits: u8) -> Self {
        Self { bits, ..self }
    }

    /// How many values it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        total(&self.counts)
    }

    /// Whether it holds no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The sum of the values.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Their mean; `None` without a value.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum / self.count() as f64)
    }

    /// The smallest value; `None` without one.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.min)
    }

    /// The largest value; `None` without one.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.max)
    }

    /// Values that were not kept, for they were not finite.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The value that `percentile` percent (0 to 100) do not exceed: the middle of its bucket, within
    /// 0.05 % at 3 digits, and never beyond [`min`](Self::min) and [`max`](Self::max). `None` without
    /// a value.
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Option<f64> {
        let (min, max) = (self.min()?, self.max()?);
        if percentile <= 0.0 {
            return Some(min);
        }
        if percentile >= 100.0 {
            return Some(max);
        }
        let bucket = at_percentile(&self.counts, percentile)?;
        Some(self.bucket(bucket, 0).middle().clamp(min, max.max(min)))
    }

    /// The buckets that hold something, by rising value.
    #[must_use]
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = ValueBucket> + '_ {
        self.counts.iter().map(|(bucket, count)| self.bucket(*bucket, *count))
    }

    fn bucket(&self, bucket: i32, count: u64) -> ValueBucket {
        let inner = bound(bucket, self.bits);
        let outer = if bucket == 0 { 0.0 } else { bound(bucket + bucket.signum(), self.bits) };
        ValueBucket { inner, outer, count }
    }

    /// Adds the values of another. If that keeps fewer digits, the sum keeps as few.
    pub fn merge(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// What came after an earlier state of it. Minimum and maximum are exact where they are new, else
    /// those of the outermost buckets.
    #[must_use]
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut interval = self.clone();
        interval.combine(earlier, u64::saturating_sub);
        interval.sum = self.sum - earlier.sum;
        let mut buckets = interval.buckets();
        let lowest = buckets.next();
        let highest = buckets.next_back().or(lowest);
        drop(buckets);
        let known = |value: f64| value.clamp(self.min, self.max);
        (interval.min, interval.max) = (f64::INFINITY, f64::NEG_INFINITY);
        if let (Some(lowest), Some(highest)) = (lowest, highest) {
            let low = known(lowest.inner.min(lowest.outer));
            let high = known(highest.inner.max(highest.outer));
            interval.min = if self.min < earlier.min { self.min } else { low };
            interval.max = if self.max > earlier.max { self.max } else { high };
        }
        interval
    }

    fn combine(&mut self, other: &Self, combine: fn(u64, u64) -> u64) {
        let bits = self.bits.min(other.bits);
        self.counts = combined(&self.at(bits), &other.at(bits), combine);
        self.bits = bits;
        self.refused = combine(self.refused, other.refused);
    }

    /// Keeps at most so many digits, and no memory it does not need.
    pub(crate) fn keep_digits(&mut self, digits: u8) {
        let bits = Self::new(digits).bits.min(self.bits);
        self.counts = self.at(bits);
        self.counts.shrink_to_fit();
        self.bits = bits;
    }

    /// The counts with at most as many bits.
    fn at(&self, bits: u8) -> Vec<(i32, u64)> {
        let mut counts: Vec<(i32, u64)> = Vec::with_capacity(self.counts.len());
        for (bucket, count) in &self.counts {
            let bucket = coarser(*bucket, self.bits - bits);
            match counts.last_mut() {
                Some((last, total)) if *last == bucket => *total = total.saturating_add(*count),
                _ => counts.push((bucket, *count)),
            }
        }
        counts
    }
}

/// 0 for zero; from 1 on for positive values, rising; negative values mirror them.
fn bucket(value: f64, bits: u8) -> i32 {
    // Below the smallest power of two that has all its digits: zero for any purpose.
    if value.abs() < f64::MIN_POSITIVE {
        return 0;
    }
    let above = (value.abs().to_bits() >> (MANTISSA - bits)) as i32 + 1;
    if value < 0.0 { -above } else { above }
}

/// A bucket's bound nearer to zero.
fn bound(bucket: i32, bits: u8) -> f64 {
    let Some(above) = bucket.unsigned_abs().checked_sub(1) else { return 0.0 };
    let value = f64::from_bits(u64::from(above) << (MANTISSA - bits)).min(f64::MAX);
    if bucket < 0 { -value } else { value }
}

/// The bucket with so many bits fewer.
fn coarser(bucket: i32, fewer: u8) -> i32 {
    let Some(above) = bucket.unsigned_abs().checked_sub(1) else { return 0 };
    let coarse = (above >> fewer).cast_signed() + 1;
    if bucket < 0 { -coarse } else { coarse }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(digits: u8, values: &[f64]) -> ValueHistogram {
        let mut histogram = ValueHistogram::new(digits);
        values.iter().for_each(|value| histogram.record(*value, 1));
        histogram
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let value =
            prop_oneof![-1e3..1e3_f64, 0.0..1e-6_f64, Just(0.0), 1e9..1e18_f64, any::<f64>()];
        prop::collection::vec(value, 0..100)
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket_and_digits_are_kept(value: f64, digits in 1_u8..=5) {
            prop_assume!(value.is_finite() && value.abs() >= f64::MIN_POSITIVE);
            let histogram = histogram(digits, &[value]);
            let bucket = histogram.buckets().next().unwrap();
            let (inner, outer) = (bucket.inner.abs(), bucket.outer.abs());
            prop_assert!(inner <= value.abs() && (value.abs() < outer || outer >= f64::MAX));
            prop_assert!((outer - inner) / inner <= 10_f64.powi(-i32::from(digits)));
            prop_assert_eq!(histogram.percentile(50.0), Some(value));
        }

        #[test]
        fn merging_is_the_histogram_of_all_values(a in values(), b in values(), c in values()) {
            let all = histogram(3, &[&a[..], &b, &c].concat());
            let [a, b, c] = [&a, &b, &c].map(|values| histogram(3, values));
            let mut left = a.clone();
            left.merge(&b);
            left.merge(&c);
            let mut right = c;
            right.merge(&b);
            right.merge(&a);
            for merged in [&left, &right] {
                prop_assert_eq!(&merged.counts, &all.counts);
                prop_assert_eq!((merged.min(), merged.max()), (all.min(), all.max()));
                prop_assert_eq!(merged.refused(), all.refused());
            }
        }

        #[test]
        fn fewer_digits_win(a in values(), b in values()) {
            let mut mixed = histogram(3, &a);
            mixed.merge(&histogram(2, &b));
            prop_assert_eq!(mixed.counts, histogram(2, &[a, b].concat()).counts);
        }

        #[test]
        fn an_interval_holds_what_came_in_it(a in values(), b in values()) {
            let earlier = histogram(3, &a);
            let interval = histogram(3, &[&a[..], &b].concat()).since(&earlier);
            let expected = histogram(3, &b);
            prop_assert_eq!(&interval.counts, &expected.counts);
            for (got, exact) in [(interval.min(), expected.min()), (interval.max(), expected.max())] {
                prop_assert_eq!(got.is_some(), exact.is_some());
                if let (Some(got), Some(exact)) = (got, exact) {
                    prop_assert!((got / 2.0 - exact / 2.0).abs() <= exact.abs() / 1000.0 + 1e-300, "{got} {exact}");
                }
            }
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_values(mut a in values(), percentile in 0.1..99.9) {
            a.retain(|value| value.is_finite());
            prop_assume!(!a.is_empty());
            a.sort_by(f64::total_cmp);
            let exact = a[crate::counts::rank(percentile, a.len() as u64) as usize - 1];
            let got = histogram(3, &a).percentile(percentile).unwrap();
            prop_assert!((got / 2.0 - exact / 2.0).abs() <= exact.abs() / 2000.0 + f64::MIN_POSITIVE, "{got} {exact}");
        }
    }

    #[test]
    fn extremes_of_no_values_are_not_taken() {
        let buckets = histogram(3, &[1.0, 4.0]);
        for (min, max) in [(f64::NAN, 1.0), (1.0, f64::NAN), (5.0, 1.0), (f64::INFINITY, 0.0)] {
            let read = buckets.clone().with_exact(5.0, min, max, 0);
            assert_eq!((read.min(), read.max()), (Some(1.0), Some(4.0)));
            assert_eq!(read.percentile(50.0), buckets.percentile(50.0));
            assert_eq!(read.since(&histogram(3, &[4.0])).count(), 1);
        }
    }

    #[test]
    fn what_is_not_finite_is_refused_and_counted() {
        let histogram = histogram(3, &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0]);
        assert_eq!((histogram.count(), histogram.refused()), (1, 3));
        assert_eq!((histogram.min(), histogram.max()), (Some(1.0), Some(1.0)));
    }
}
