//! Small pieces of arithmetic that several parts need.

use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::SQRT_2;

/// The chance that a standard normal lies further from zero than `z`, to either side.
pub(crate) fn two_sided(z: f64) -> f64 {
    if z.is_nan() { 1.0 } else { erfc(z.abs() / SQRT_2).min(1.0) }
}

/// The `z` that a standard normal exceeds, to either side, with a chance of `share`.
pub(crate) fn z_of(share: f64) -> f64 {
    SQRT_2 * erfc_inv(share.clamp(f64::MIN_POSITIVE, 1.0))
}

/// The share itself where it is a number within the range, else the nearest; `usual` for none.
pub(crate) fn within(value: f64, least: f64, most: f64, usual: f64) -> f64 {
    if value.is_nan() { usual } else { value.clamp(least, most) }
}

/// A number that JSON can hold.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_of_the_tables() {
        for (z, share) in [(0.0, 1.0), (1.959_964, 0.05), (3.290_527, 0.001), (6.0, 1.973_175e-9)] {
            assert!((two_sided(z) / share - 1.0).abs() < 1e-5, "{z}");
            assert!((z_of(share) - z).abs() < 1e-5, "{z}");
        }
        assert!(two_sided(37.0) > 0.0);
        assert_eq!(two_sided(f64::NAN).to_bits(), 1.0_f64.to_bits());
    }
}
