//! Native histograms: <https://prometheus.io/docs/specs/native_histograms/>.

use super::histogram::Values;
use crate::exponential::Exponential;
use std::collections::BTreeMap;

/// What is as good as zero, as Prometheus' own library for Go has it: 2^-128.
pub(super) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// How fine they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolution {
    /// From −4 to 8.
    pub(super) schema: i32,
    pub(super) max_buckets: usize,
}

impl Default for Resolution {
    fn default() -> Self {
        Self { schema: 7, max_buckets: 400 }
    }
}

/// The buckets of one.
pub(super) struct Native {
    pub(super) schema: i32,
    pub(super) zero: u64,
    pub(super) positive: Side,
    pub(super) negative: Side,
}

/// Buckets without those that hold nothing.
#[derive(Default, Debug, PartialEq)]
pub(super) struct Side {
    /// How many are left out before each run of buckets, and how long it is. The first run's is its
    /// first index instead.
    pub(super) spans: Vec<(i32, u32)>,
    /// Each count less the one before.
    pub(super) deltas: Vec<i64>,
}

impl Native {
    pub(super) fn new(values: Values<'_>, resolution: Resolution) -> Self {
        let zeroed = |(value, count): (f64, u64)| {
            (if value.abs() <= ZERO_THRESHOLD { 0.0 } else { value }, count)
        };
        let all = Exponential::new(resolution.schema, values.each().map(zeroed));
        let fits = |all: &Exponential| all.scale <= -4 || all.populated() <= resolution.max_buckets;
        let all = all.widen_until(fits);
        let (positive, negative) = (Side::of(&all.positive), Side::of(&all.negative));
        Self { schema: all.scale, zero: all.zero, positive, negative }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.zero == 0 && self.positive.spans.is_empty() && self.negative.spans.is_empty()
    }
}

impl Side {
    fn of(counts: &BTreeMap<i32, u64>) -> Self {
        let mut side = Self::default();
        let (mut next, mut last) = (0, 0);
        for (index, count) in counts {
            // Prometheus counts buckets by their upper bounds.
            let offset = index + 1 - next;
            match side.spans.last_mut() {
                Some((_, length)) if offset == 0 => *length += 1,
                _ => side.spans.push((offset, 1)),
            }
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            side.deltas.push(count - last);
            (next, last) = (index + 2, count);
        }
        side
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_leave_out_what_is_empty() {
        let side = Side::of(&BTreeMap::from([(-3, 5), (-2, 7), (4, 1)]));
        assert_eq!(side, Side { spans: vec![(-2, 2), (5, 1)], deltas: vec![5, 2, -6] });
        // The first index is 0 here, and still begins a span.
        assert_eq!(Side::of(&BTreeMap::from([(-1, 5)])).spans, [(0, 1)]);
    }
}
