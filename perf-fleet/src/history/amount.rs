//! How much of something there was.

use super::Sparse;

/// How much of something tasks took, each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amount {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) squares: f64,
    /// As whole numbers of the smallest unit: nanoseconds, bytes.
    pub(crate) values: Sparse,
}

impl Amount {
    pub(crate) fn add(&mut self, value: f64, whole: u64, times: u64) {
        self.count = self.count.saturating_add(times);
        self.sum += value * times as f64;
        self.squares += value * value * times as f64;
        self.values.add(whole, u32::try_from(times).unwrap_or(u32::MAX));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.merge_figures(other);
        self.values.merge(&other.values);
    }

    /// All but the distribution.
    pub(crate) fn merge_figures(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.squares += other.squares;
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.count = self.count.saturating_sub(other.count);
        self.sum = (self.sum - other.sum).max(0.0);
        self.squares = (self.squares - other.squares).max(0.0);
        self.values.subtract(&other.values);
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The standard deviation of the population.
    pub(crate) fn stddev(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some((self.squares / self.count as f64 - mean * mean).max(0.0).sqrt())
    }
}
