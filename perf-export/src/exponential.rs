//! Base-2 exponential buckets, as both OpenTelemetry's exponential histograms and Prometheus' native
//! ones have them.
//!
//! At scale `s` the bounds are the powers of `2^(2^-s)`, and bucket `i` holds `(base^i, base^(i+1)]`, as
//! OpenTelemetry counts them (<https://opentelemetry.io/docs/specs/otel/metrics/data-model/>).
//! Prometheus' schema is the scale, and its index the one of the upper bound: `i + 1`.

use std::collections::BTreeMap;

/// Counts by bucket at one scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Exponential {
    pub(crate) scale: i32,
    /// Values that are zero.
    pub(crate) zero: u64,
    /// By index, none of them 0.
    pub(crate) positive: BTreeMap<i32, u64>,
    /// By the index of their magnitudes.
    pub(crate) negative: BTreeMap<i32, u64>,
}

impl Exponential {
    /// Of finite values and how often each came, at this scale.
    pub(crate) fn new(scale: i32, values: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut all = Self { scale, ..Self::default() };
        for (value, count) in values.into_iter().filter(|(_, count)| *count > 0) {
            let place = if value == 0.0 {
                &mut all.zero
            } else {
                let side = if value > 0.0 { &mut all.positive } else { &mut all.negative };
                side.entry(index(value.abs(), scale)).or_default()
            };
            *place = place.saturating_add(count);
        }
        all
    }

    /// Makes the buckets twice as wide until this holds, by merging them; no further than the scale −10
    /// that OpenTelemetry allows.
    pub(crate) fn widen_until(mut self, fits: impl Fn(&Self) -> bool) -> Self {
        while self.scale > -10 && !fits(&self) {
            self.positive = halved(&self.positive);
            self.negative = halved(&self.negative);
            self.scale -= 1;
        }
        self
    }

    /// How many buckets there are from the first to the last one, on the side that has more.
    #[cfg(feature = "otlp")]
    pub(crate) fn span(&self) -> u32 {
        let of = |side: &BTreeMap<i32, u64>| {
            let ends = side.first_key_value().zip(side.last_key_value());
            ends.map_or(0, |((first, _), (last, _))| last.abs_diff(*first) + 1)
        };
        of(&self.positive).max(of(&self.negative))
    }

    /// How many buckets hold something.
    #[cfg(feature = "prometheus")]
    pub(crate) fn populated(&self) -> usize {
        self.positive.len() + self.negative.len()
    }
}

/// The index of a positive value's bucket.
fn index(value: f64, scale: i32) -> i32 {
    // Powers of two are bounds at any scale: from the exponent, exactly, and the rest by its logarithm.
    let (mantissa, exponent) = split(value);
    let above = mantissa.log2() * f64::from(scale).exp2();
    let below = f64::from(exponent) * f64::from(scale).exp2();
    (below + above).ceil() as i32 - 1
}

/// `mantissa × 2^exponent`, with the mantissa from 1 to below 2.
fn split(value: f64) -> (f64, i32) {
    const MANTISSA: u32 = 52;
    const BIAS: i32 = 1023;
    // Below the smallest power of two that has all its digits there is nothing to tell apart.
    let bits = value.max(f64::MIN_POSITIVE).to_bits();
    let exponent = (bits >> MANTISSA) as i32 - BIAS;
    let mantissa = f64::from_bits(bits & ((1 << MANTISSA) - 1) | ((BIAS as u64) << MANTISSA));
    (mantissa, exponent)
}

fn halved(side: &BTreeMap<i32, u64>) -> BTreeMap<i32, u64> {
    let mut wide = BTreeMap::new();
    for (index, count) in side {
        let place: &mut u64 = wide.entry(index >> 1).or_default();
        *place = place.saturating_add(*count);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket(value in 1e-12..1e12_f64, scale in -4..=10_i32) {
            let base_log2 = f64::from(-scale).exp2();
            let low = (f64::from(index(value, scale)) * base_log2).exp2();
            let high = (f64::from(index(value, scale) + 1) * base_log2).exp2();
            prop_assert!(low * (1.0 - 1e-12) < value && value <= high * (1.0 + 1e-12), "{low} {value} {high}");
        }

        #[test]
        fn widening_is_counting_at_the_wider_scale(
            values in prop::collection::vec((-1e9..1e9_f64, 1..9_u64), 0..50), scale in 0..=6_i32,
        ) {
            let wide = Exponential::new(scale + 2, values.clone()).widen_until(|all| all.scale == scale);
            prop_assert_eq!(wide, Exponential::new(scale, values));
        }
    }

    #[test]
    fn powers_of_two_are_upper_bounds() {
        for scale in [0, 3, 7] {
            let at = |value| index(value, scale);
            assert_eq!((at(1.0), at(2.0), at(0.5)), (-1, (1 << scale) - 1, -(1 << scale) - 1));
        }
    }
}
