//! Durations drawn at random, always the same ones.

#![allow(dead_code)]

use perf_core::{Operation, OperationParts};
use std::f64::consts::TAU;

/// A distribution of durations.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Log-normal around a millisecond, with this deviation of the logarithm.
    LogNormal(f64),
    /// A fast path of 200 µs, and a slow one of 5 ms for 30 % of the calls.
    Bimodal,
    /// Exponential with a mean of a millisecond.
    Exponential,
}

impl Shape {
    pub(crate) const ALL: [Self; 4] =
        [Self::LogNormal(0.5), Self::LogNormal(1.0), Self::Bimodal, Self::Exponential];

    /// One duration in nanoseconds, some times as long.
    pub(crate) fn draw(self, rng: &mut fastrand::Rng, times: f64) -> u64 {
        let nanos = match self {
            Self::LogNormal(sigma) => 1e6 * (sigma * normal(rng)).exp(),
            Self::Bimodal => {
                let middle = if rng.f64() < 0.3 { 5e6 } else { 2e5 };
                middle * (0.2 * normal(rng)).exp()
            }
            Self::Exponential => -1e6 * (1.0 - rng.f64()).ln(),
        };
        (nanos * times) as u64
    }
}

/// A standard normal, by Box & Muller.
pub(crate) fn normal(rng: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (TAU * rng.f64()).cos()
}

/// An operation of these durations.
pub(crate) fn operation(name: &str, digits: u8, durations: &[u64]) -> Operation {
    Operation::from(OperationParts {
        name: name.into(),
        digits,
        buckets: durations.iter().map(|nanos| (*nanos, 1)).collect(),
        sum_ns: durations.iter().fold(0, |sum, nanos| sum.saturating_add(*nanos)),
        min_ns: durations.iter().min().copied(),
        max_ns: durations.iter().max().copied(),
        ..Default::default()
    })
}

/// An operation with durations drawn from a shape.
pub(crate) fn drawn(
    rng: &mut fastrand::Rng,
    (name, shape): (&str, Shape),
    (digits, calls): (u8, usize),
    times: f64,
) -> Operation {
    let durations: Vec<u64> = (0..calls).map(|_| shape.draw(rng, times)).collect();
    operation(name, digits, &durations)
}
