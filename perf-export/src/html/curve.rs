//! Percentile curves, as HdrHistogram plots them
//! (<https://hdrhistogram.github.io/HdrHistogram/plotFiles.html>).

use perf_core::Operation;

/// Steps of a curve in each half of the way that is left to 100 %, HdrHistogram's default.
const STEPS_PER_HALF: u32 = 5;

/// The most points of a curve: the last one is at 99.9999 %.
const MAX_POINTS: u32 = 100;

/// The percentiles that curves have points at: from 0, by steps that are halved each time half of the
/// way that is left to 100 is behind.
#[must_use]
pub fn levels() -> Vec<f64> {
    let level = |point: u32| {
        let left = 100.0 / f64::from(point / STEPS_PER_HALF).exp2();
        let done = f64::from(point % STEPS_PER_HALF) / f64::from(2 * STEPS_PER_HALF);
        100.0 - left * (1.0 - done)
    };
    (0..MAX_POINTS).map(level).collect()
}

/// An operation's durations in nanoseconds at the first of these levels: as far as its calls tell them
/// apart, and then the longest.
#[must_use]
pub fn curve(operation: &Operation, levels: &[f64]) -> Vec<u64> {
    let told_apart = |level: &&f64| operation.timed() as f64 * (100.0 - **level) >= 100.0;
    let points = levels.iter().take_while(told_apart).map(|level| operation.percentile(*level));
    points.chain([operation.max()]).flatten().map(super::data::nanos).take(levels.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn levels_are_those_of_hdrhistogram() {
        let levels = levels();
        let mut hdr = hdrhistogram::Histogram::<u64>::new(3).unwrap();
        (1..=100_000).for_each(|value| hdr.record(value).unwrap());
        for (at, theirs) in hdr.iter_quantiles(STEPS_PER_HALF).take(50).enumerate() {
            let theirs = theirs.quantile_iterated_to() * 100.0;
            assert!((levels[at] - theirs).abs() < 1e-9, "{at}: {} {theirs}", levels[at]);
        }
        assert!(levels.iter().is_sorted() && levels.last().is_some_and(|last| *last < 100.0));
    }

    #[test]
    fn a_curve_ends_at_the_longest_call() {
        let registry = perf_core::Registry::new();
        for calls in [1, 7, 1_000, 30_000] {
            let name = calls.to_string();
            (1..=calls).for_each(|n| registry.record(&name, Duration::from_micros(n)));
            let operation = registry.get(&name).unwrap();
            let curve = curve(&operation, &levels());
            assert!(curve.is_sorted() && curve.len() <= 100);
            assert_eq!(curve.first(), Some(&1_000));
            assert_eq!(curve.last(), Some(&(calls * 1_000)), "{calls}");
        }
    }
}
