//! Small pieces of arithmetic that several parts need.

use statrs::function::{
    beta::checked_beta_reg,
    erf::{erfc, erfc_inv},
};
use std::f64::consts::SQRT_2;

/// The chance that a standard normal lies further from zero than `z`, to either side.
pub(crate) fn two_sided(z: f64) -> f64 {
    if z.is_nan() { 1.0 } else { erfc(z.abs() / SQRT_2).min(1.0) }
}

/// The `z` that a standard normal exceeds, to either side, with a chance of `share`.
pub(crate) fn z_of(share: f64) -> f64 {
    SQRT_2 * erfc_inv(share.clamp(f64::MIN_POSITIVE, 1.0))
}

/// The `t` that Student's distribution with so many degrees of freedom exceeds, to either side, with a
/// chance of `share`. Infinite below one degree: that is too little to say anything.
///
/// The chance beyond `t` is the regularized incomplete beta function I(ν/(ν + t²); ν/2, 1/2) (Abramowitz &
/// Stegun 26.7.1 and 26.5.27), halved down to the `t` where it is the one asked for.
pub(crate) fn t_of(share: f64, freedom: f64) -> f64 {
    if freedom > 1e6 {
        return z_of(share);
    }
    if freedom.is_nan() || freedom < 1.0 {
        return f64::INFINITY;
    }
    let beyond = |t: f64| checked_beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    // As logarithms.
    let (mut low, mut high) = (-30.0_f64, 40.0_f64);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if beyond(middle.exp()).is_ok_and(|chance| chance > share) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.exp()
}

/// The median: of an even number, between the two in the middle. `None` of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The share itself where it is a number within the range, else the nearest; `usual` for none.
pub(crate) fn within(value: f64, least: f64, most: f64, usual: f64) -> f64 {
    if value.is_nan() { usual } else { value.clamp(least, most) }
}

/// A number that JSON can hold.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A variance from which on the normal distribution serves, and exact sums take long.
pub(crate) const LARGE: f64 = 2_000.0;

/// The chance of `k` or more of `n`, by the binomial distribution: it is the regularized incomplete beta
/// function I(share; k, n − k + 1) (Abramowitz & Stegun 26.5.24).
pub(crate) fn at_least(k: u64, n: u64, share: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    let all = n as f64;
    let variance = all * share * (1.0 - share);
    if variance > LARGE {
        return above((k as f64 - 0.5 - all * share) / variance.sqrt());
    }
    let (k, rest) = (k as f64, (n - k) as f64 + 1.0);
    checked_beta_reg(k, rest, share).map_or(1.0, |p| p.clamp(0.0, 1.0))
}

/// The chance of a standard normal above `z`.
pub(crate) fn above(z: f64) -> f64 {
    if z > 0.0 { two_sided(z) / 2.0 } else { 1.0 - two_sided(z) / 2.0 }
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

    #[test]
    fn students_distribution_of_the_tables() {
        let table = [(0.05, 1.0, 12.706_205), (0.05, 10.0, 2.228_139), (0.001, 7.0, 5.407_883)];
        for (share, freedom, t) in table {
            assert!((t_of(share, freedom) / t - 1.0).abs() < 1e-5, "{share} {freedom}");
        }
        assert!((t_of(0.05, 1e5) / 1.959_988 - 1.0).abs() < 1e-5);
        for freedom in [0.0, 0.99, -1.0, f64::NAN] {
            assert!(t_of(0.05, freedom).is_infinite());
        }
        for (share, freedom) in [(0.0, 3.0), (1.0, 3.0), (1e-12, 0.01), (0.5, 1e6)] {
            assert!(!t_of(share, freedom).is_nan());
        }
    }

    #[test]
    fn medians() {
        assert_eq!(
            [&[][..], &[3.0], &[3.0, 1.0], &[5.0, 1.0, 2.0]].map(median),
            [None, Some(3.0), Some(2.0), Some(2.0)]
        );
    }
}
