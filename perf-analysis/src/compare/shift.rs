//! The shift of a percentile between two sides, with its interval and p-value.

use super::quantile::Side;
use crate::numbers::two_sided;

/// Beyond it the chance of a normal is below what floats can hold.
const FARTHEST: f64 = 37.0;
/// Halvings of the range of `z`: enough for six digits.
const HALVINGS: u32 = 30;

/// The logarithm of after/before: lowest and highest at `z` standard deviations.
///
/// By MOVER (Zou & Donner 2008) for the middles of buckets. The halves of the buckets at either end are
/// added in full, as these are not independent of one another: both sides have the same buckets.
pub(crate) fn interval(before: &Side, after: &Side, share: f64, z: f64) -> (f64, f64) {
    let (b, a) = (before.quantile(share), after.quantile(share));
    let (b_low, b_high) = before.interval(share, z);
    let (a_low, a_high) = after.interval(share, z);
    let shift = a.middle - b.middle;
    let down = (a.middle - a_low.middle).hypot(b_high.middle - b.middle);
    let up = (a_high.middle - a.middle).hypot(b.middle - b_low.middle);
    let low = shift - down - (a_low.middle - a_low.low) - (b_high.high - b_high.middle);
    let high = shift + up + (a_high.high - a_high.middle) + (b_low.middle - b_low.low);
    // Where an end is infinite, so is what is taken from it.
    let known = |end: f64, unknown: f64| if end.is_nan() { unknown } else { end };
    (known(low, f64::NEG_INFINITY), known(high, f64::INFINITY))
}

/// The share of chance at which the interval begins to hold zero: 1 where it always does.
pub(crate) fn p_value(before: &Side, after: &Side, share: f64) -> f64 {
    let excludes = |z: f64| {
        let (low, high) = interval(before, after, share, z);
        low > 0.0 || high < 0.0
    };
    if !excludes(0.0) {
        return 1.0;
    }
    let (mut inside, mut outside) = (0.0, FARTHEST);
    for _ in 0..HALVINGS {
        let z = f64::midpoint(inside, outside);
        if excludes(z) { inside = z } else { outside = z }
    }
    two_sided(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::{Operation, OperationParts};

    fn side(digits: u8, buckets: &[(u64, u64)]) -> Side {
        let parts = OperationParts { digits, buckets: buckets.to_vec(), ..Default::default() };
        Side::new(Operation::from(parts).histogram())
    }

    #[test]
    fn one_bucket_each() {
        let at = |nanos| side(3, &[(nanos, 1_000)]);
        let same = p_value(&at(1_000_000), &at(1_000_000), 0.5);
        assert!((same - 1.0).abs() < 1e-12);
        assert!(p_value(&at(1_000_000), &at(1_100_000), 0.5) < 1e-100);
        // Durations in buckets next to each other may be a nanosecond apart.
        assert!((p_value(&at(1_048_576), &at(1_049_600), 0.5) - 1.0).abs() < 1e-12);
        // But buckets of one nanosecond are exact.
        assert!(p_value(&at(5), &at(6), 0.5) < 1e-100);
        // Zero and one nanosecond are the same.
        assert!((p_value(&at(0), &at(1), 0.5) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn few_calls_cannot_be_sure() {
        let at = |nanos, count| side(3, &[(nanos, count)]);
        // That all of 20 lie to one side of the median has a chance of 2^-20, for each side of it.
        let p = p_value(&at(1_000, 20), &at(9_000_000, 20), 0.5);
        assert!((p / 2.0_f64.powi(-19) - 1.0).abs() < 1e-4, "{p}");
    }

    #[test]
    fn nothing_on_a_side_is_no_shift() {
        let (none, some) = (side(3, &[]), side(3, &[(1_000, 5)]));
        for (before, after) in [(&none, &some), (&some, &none), (&none, &none)] {
            assert!((p_value(before, after, 0.5) - 1.0).abs() < 1e-12);
        }
    }
}
