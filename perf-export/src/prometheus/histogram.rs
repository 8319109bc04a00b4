//! What is known of a distribution: of durations in seconds, or of values in their unit.

use perf_core::{Operation, ValueHistogram};
use std::time::Duration;

/// A distribution.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Durations(&'a Operation),
    Numbers(&'a ValueHistogram),
}

impl<'a> Values<'a> {
    pub(super) fn sum(self) -> f64 {
        match self {
            Self::Durations(of) => seconds(timed(of, of.sum())),
            Self::Numbers(values) => values.sum(),
        }
    }

    /// Whether one of them is below zero.
    pub(super) fn is_negative(self) -> bool {
        match self {
            Self::Durations(_) => false,
            Self::Numbers(values) => values.min().is_some_and(|min| min < 0.0),
        }
    }

    /// Values, rising, and how often each came. A bucket's is its middle, where that is possible.
    pub(super) fn each(self) -> Box<dyn Iterator<Item = (f64, u64)> + 'a> {
        match self {
            Self::Durations(operation) => {
                let (min, max) = exact(operation).unwrap_or((0, u64::MAX));
                Box::new(operation.histogram().buckets().map(move |bucket| {
                    let middle = bucket.low_ns + (bucket.high_ns - bucket.low_ns) / 2;
                    (seconds(middle.clamp(min, max)), bucket.count)
                }))
            }
            Self::Numbers(values) => {
                let (min, max) = (values.min().unwrap_or(0.0), values.max().unwrap_or(0.0));
                let middle = move |middle: f64| middle.max(min).min(max);
                Box::new(values.buckets().map(move |of| (middle(of.middle()), of.count)))
            }
        }
    }

    /// How many are at or below each bound; the last count is that of all.
    pub(super) fn cumulative(self, bounds: &[f64]) -> Vec<u64> {
        let mut counts = Vec::with_capacity(bounds.len() + 1);
        let mut below = 0_u64;
        for (value, count) in self.each() {
            while bounds.get(counts.len()).is_some_and(|bound| *bound < value) {
                counts.push(below);
            }
            below = below.saturating_add(count);
        }
        counts.resize(bounds.len() + 1, below);
        counts
    }
}

/// The shortest and the longest duration in nanoseconds, where they are known.
fn exact(operation: &Operation) -> Option<(u64, u64)> {
    let nanos = |duration: Duration| duration.as_nanos() as u64;
    let ends = operation.min().map(nanos).zip(operation.max().map(nanos));
    ends.filter(|(min, max)| min <= max)
}

/// The nearest number to a bound of as many seconds is that bound.
pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// A time that stands for all calls, in nanoseconds of those that were timed. What is extrapolated can
/// fall, and a counter must not.
pub(super) fn timed(operation: &Operation, time: Duration) -> u64 {
    if !operation.is_sampled() {
        return time.as_nanos() as u64;
    }
    let scaled = time.as_nanos() * u128::from(operation.timed());
    // Scaling up rounded down.
    scaled.div_ceil(u128::from(operation.count().max(1))) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::{OperationParts, Registry};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_at_bounds_are_those_of_the_values(
            values in prop::collection::vec(-100_i32..100, 0..50),
            bounds in prop::collection::btree_set(-110_i32..110, 0..8),
        ) {
            let registry = Registry::new();
            let distribution = registry.distribution("x", &[]);
            values.iter().for_each(|value| distribution.record(f64::from(*value)));
            let snapshot = registry.snapshot();
            let histogram = snapshot.distribution("x", &[]).unwrap();
            // Buckets of whole numbers begin at them, so that half of one lies beyond.
            let floats: Vec<_> = bounds.iter().map(|bound| f64::from(*bound) + 0.3).collect();
            let counts = Values::Numbers(histogram).cumulative(&floats);
            let below = |bound: &i32| values.iter().filter(|value| *value <= bound).count() as u64;
            let expected = bounds.iter().map(below).chain([values.len() as u64]);
            prop_assert!(counts.iter().copied().eq(expected), "{counts:?}");
        }

        #[test]
        fn what_was_timed_is_exact(sum_ns in 0..1_u64 << 40, timed_calls in 1..1000_u64, skipped in 0..10_000_u64) {
            let buckets = vec![(5, timed_calls)];
            let operation = OperationParts { sum_ns, skipped, buckets, ..Default::default() };
            let operation = Operation::from(operation);
            prop_assert_eq!(timed(&operation, operation.sum()), sum_ns);
        }
    }

    #[test]
    fn a_duration_at_a_bound_is_within_it() {
        let registry = Registry::new();
        registry.record("work", Duration::from_millis(250));
        let operation = registry.get("work").unwrap();
        assert_eq!(Values::Durations(&operation).cumulative(&[0.1, 0.25, 0.5]), [0, 1, 1, 1]);
    }
}
