//! What is known of a distribution: of durations in seconds, or of values in their unit.

use crate::values;
use perf_core::{Operation, ValueHistogram};

/// A distribution.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Durations(&'a Operation),
    Numbers(&'a ValueHistogram),
}

impl<'a> Values<'a> {
    pub(super) fn sum(self) -> f64 {
        match self {
            Self::Durations(of) => values::seconds(of.timed_sum()),
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

    /// Values, rising, and how often each came.
    pub(super) fn each(self) -> Box<dyn Iterator<Item = (f64, u64)> + 'a> {
        match self {
            Self::Durations(operation) => Box::new(values::of_durations(operation.histogram())),
            Self::Numbers(values) => Box::new(values::of_values(values)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;
    use proptest::prelude::*;
    use std::time::Duration;

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
            let floats: Vec<_> = bounds.iter().copied().map(f64::from).collect();
            let counts = Values::Numbers(histogram).cumulative(&floats);
            let below = |bound: &i32| values.iter().filter(|value| *value <= bound).count() as u64;
            let expected = bounds.iter().map(below).chain([values.len() as u64]);
            prop_assert!(counts.iter().copied().eq(expected), "{counts:?}");
        }

        #[test]
        fn counts_at_bounds_never_fall(durations in prop::collection::vec(0..20_000_000_u64, 1..40)) {
            let registry = Registry::new();
            let bounds: Vec<_> = (0..2000).map(|n| f64::from(n) * 1e-5).collect();
            let mut before = vec![0; bounds.len() + 1];
            for nanos in durations {
                registry.record("work", Duration::from_nanos(nanos));
                let operation = registry.get("work").unwrap();
                let counts = Values::Durations(&operation).cumulative(&bounds);
                prop_assert!(before.iter().zip(&counts).all(|(before, now)| before <= now));
                before = counts;
            }
        }
    }
}
