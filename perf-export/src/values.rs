//! Durations and values as numbers and how often each came, rising.
//!
//! Each stands for its bucket whatever else was recorded: were the outermost ones moved to the exact
//! extremes, they would move back once those are no more, and counts that may only rise would fall.

use perf_core::{Histogram, ValueHistogram};
use std::time::Duration;

/// The nearest number to a bound of as many seconds is that bound.
pub(crate) fn seconds(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e9
}

/// In seconds, by the middles of their buckets.
pub(crate) fn of_durations(histogram: &Histogram) -> impl Iterator<Item = (f64, u64)> {
    histogram.buckets().map(|bucket| {
        let middle = bucket.low_ns + (bucket.high_ns - bucket.low_ns) / 2;
        (seconds(Duration::from_nanos(middle)), bucket.count)
    })
}

/// By the bounds of their buckets that are nearer to zero. Whole numbers, as most values are, stand there
/// themselves: a bound that is one of them has them within it.
pub(crate) fn of_values(histogram: &ValueHistogram) -> impl Iterator<Item = (f64, u64)> {
    histogram.buckets().map(|bucket| (bucket.inner, bucket.count))
}
