//! A sparse HdrHistogram of nanoseconds: what a snapshot keeps of each operation's durations.

use crate::{
    buckets::Layout,
    counts::{add, at_percentile, subtract, total},
};
use std::{borrow::Cow, time::Duration};

/// The distribution of an operation's durations.
///
/// It has the buckets of an HdrHistogram in nanoseconds (<https://hdrhistogram.org>), of which it
/// stores those that hold something, so that keeping many is cheap. [`to_hdr`](Self::to_hdr) gives
/// the `hdrhistogram` crate's own type, without loss.
///
/// ```
/// use std::time::Duration;
///
/// let registry = perf_core::Registry::new();
/// (1..=100).for_each(|n| registry.record("n", Duration::from_millis(n)));
/// let operation = registry.get("n").unwrap();
/// let histogram = operation.histogram();
/// assert_eq!(histogram.count(), 100);
/// assert_eq!(histogram.to_hdr().len(), 100);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    layout: Layout,
    /// `(bucket index, count)` by rising index; no count is 0.
    counts: Vec<(u32, u64)>,
}

/// One bucket that holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its lowest value, in nanoseconds.
    pub low_ns: u64,
    /// Its highest value, in nanoseconds, inclusive.
    pub high_ns: u64,
    /// How many calls fell in it; never 0.
    pub count: u64,
}

impl Histogram {
    /// An empty histogram that keeps `digits` significant digits, 1 to 5.
    #[must_use]
    pub fn new(digits: u8) -> Self {
        Self::from_layout(Layout::new(digits))
    }

    pub(crate) fn from_layout(layout: Layout) -> Self {
        Self { layout, counts: Vec::new() }
    }

    /// Adds `count` calls of `nanos`, which must not fall below what was added before.
    pub(crate) fn push(&mut self, nanos: u64, count: u64) {
        let index = self.layout.index(nanos) as u32;
        match self.counts.last_mut() {
            Some((last, total)) if *last == index => *total = total.saturating_add(count),
            _ => self.counts.push((index, count)),
        }
    }

    /// Significant digits kept, 1 to 5: a bucket is at most 1/10^digits of its values wide.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.layout.digits()
    }

    /// How many calls it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        total(&self.counts)
    }

    /// Whether it holds no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The buckets that hold something, by rising value.
    #[must_use]
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> + '_ {
        self.counts.iter().map(|(index, count)| {
            let (low_ns, width) = self.layout.range(*index as usize);
            Bucket { low_ns, high_ns: low_ns + (width - 1), count: *count }
        })
    }

    /// The smallest duration that at least `percentile` percent of the calls do not exceed, as the
    /// middle of its bucket; `None` if empty. Percentiles beyond 0–100 count as the nearest.
    ///
    /// The rank is HdrHistogram's: ⌈percentile/100 × count⌉, at least 1.
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Option<Duration> {
        let index = at_percentile(&self.counts, percentile)?;
        Some(Duration::from_nanos(self.layout.middle(index as usize)))
    }

    /// The standard deviation of the population, from the middles of the buckets; zero if empty.
    #[must_use]
    pub fn stddev(&self) -> Duration {
        let total = self.count().max(1) as f64;
        let values = || {
            self.counts
                .iter()
                .map(|(index, count)| (self.layout.middle(*index as usize) as f64, *count as f64))
        };
        let mean = values().map(|(value, count)| value * count).sum::<f64>() / total;
        let squares = values().map(|(value, count)| (value - mean).powi(2) * count).sum::<f64>();
        Duration::from_nanos((squares / total).sqrt() as u64)
    }

    /// Adds the calls of another histogram. If that keeps fewer digits, the sum keeps as few.
    pub fn merge(&mut self, other: &Self) {
        self.keep_digits(other.digits());
        add(&mut self.counts, &other.at(self.layout));
    }

    /// Keeps at most so many digits.
    pub(crate) fn keep_digits(&mut self, digits: u8) {
        let layout = Layout::new(digits.min(self.digits()));
        if layout != self.layout {
            *self = Self { layout, counts: self.at(layout).into_owned() };
        }
    }

    /// Gives back memory it does not need.
    pub(crate) fn shrink(&mut self) {
        self.counts.shrink_to_fit();
    }

    /// Takes away the calls of an earlier state of this histogram.
    pub fn subtract(&mut self, earlier: &Self) {
        self.keep_digits(earlier.digits());
        subtract(&mut self.counts, &earlier.at(self.layout));
    }

    /// The same calls in the `hdrhistogram` crate's type, for everything that crate can do.
    #[must_use]
    pub fn to_hdr(&self) -> hdrhistogram::Histogram<u64> {
        let mut hdr = match hdrhistogram::Histogram::new(self.digits()) {
            Ok(hdr) => hdr,
            Err(error) => unreachable!("1 to 5 digits are allowed: {error}"),
        };
        for bucket in self.buckets() {
            // It grows as needed, up to the highest value there is: nothing is refused.
            let recorded = hdr.record_n(bucket.low_ns, bucket.count);
            debug_assert!(recorded.is_ok(), "{recorded:?}");
        }
        hdr
    }

    /// The counts in another layout of at most as many digits.
    fn at(&self, layout: Layout) -> Cow<'_, [(u32, u64)]> {
        if layout == self.layout {
            return Cow::Borrowed(&self.counts);
        }
        let mut coarse = Self::from_layout(layout);
        self.buckets().for_each(|bucket| coarse.push(bucket.low_ns, bucket.count));
        Cow::Owned(coarse.counts)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::counts::rank;
    use proptest::prelude::*;

    fn histogram(digits: u8, values: &[u64]) -> Histogram {
        let mut values = values.to_vec();
        values.sort_unstable();
        let mut histogram = Histogram::new(digits);
        values.iter().for_each(|value| histogram.push(*value, 1));
        histogram
    }

    fn values() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec((0_u32..50).prop_flat_map(|bits| 0_u64..2 << bits), 0..200)
    }

    proptest! {
        #[test]
        fn merging_is_the_histogram_of_all_values(a in values(), b in values(), c in values()) {
            let all: Vec<u64> = [&a[..], &b, &c].concat();
            let [a, b, c] = [&a, &b, &c].map(|values| histogram(3, values));
            let mut left = a.clone();
            left.merge(&b);
            left.merge(&c);
            let mut right = c;
            right.merge(&b);
            right.merge(&a);
            prop_assert_eq!(&left, &right);
            prop_assert_eq!(left, histogram(3, &all));
        }

        #[test]
        fn subtracting_undoes_merging(a in values(), b in values()) {
            let mut sum = histogram(3, &a);
            sum.merge(&histogram(3, &b));
            sum.subtract(&histogram(3, &a));
            prop_assert_eq!(sum, histogram(3, &b));
        }

        #[test]
        fn fewer_digits_win(a in values(), b in values()) {
            let mut mixed = histogram(3, &a);
            mixed.merge(&histogram(2, &b));
            prop_assert_eq!(mixed, histogram(2, &[a, b].concat()));
        }

        #[test]
        fn percentiles_are_within_half_a_bucket_of_the_sorted_values(
            mut a in values(), percentile in 0.0..=100.0,
        ) {
            let histogram = histogram(3, &a);
            a.sort_unstable();
            let exact = a.get(rank(percentile, a.len() as u64) as usize - 1);
            let got = histogram.percentile(percentile).map(|got| got.as_nanos() as f64);
            prop_assert_eq!(got.is_some(), exact.is_some());
            if let (Some(exact), Some(got)) = (exact, got) {
                prop_assert!((got - *exact as f64).abs() <= *exact as f64 / 2048.0, "{got} {exact}");
            }
        }

        #[test]
        fn hdrhistogram_agrees(a in values(), percentile in 0.0..=100.0) {
            prop_assume!(!a.is_empty());
            let histogram = histogram(3, &a);
            let hdr = histogram.to_hdr();
            prop_assert_eq!(hdr.len(), histogram.count());
            let ours = histogram.percentile(percentile).unwrap().as_nanos() as u64;
            let theirs = hdr.value_at_quantile(percentile / 100.0);
            prop_assert!(hdr.equivalent(ours, theirs), "{ours} {theirs}");
            let stddev = histogram.stddev().as_nanos() as f64;
            prop_assert!((stddev - hdr.stdev()).abs() <= 1.0 + hdr.stdev() / 500.0);
        }
    }
}
