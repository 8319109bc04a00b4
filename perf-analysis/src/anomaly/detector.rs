//! What counts as unusual.

use super::{calls, finding::Inspection, latency};
use crate::numbers::{t_of, two_sided, within};
use perf_core::Operation;
use std::time::Duration;

/// What an operation did in a stretch of time.
///
/// ```
/// use perf_analysis::anomaly::Stretch;
/// let registry = perf_core::Registry::new();
/// registry.record("pay", std::time::Duration::from_millis(5));
/// let pay = registry.get("pay").unwrap();
/// assert_eq!(Stretch::new(&pay, std::time::Duration::from_secs(10)).rate(), Some(0.1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    pub(super) operation: &'a Operation,
    pub(super) length: Duration,
}

impl<'a> Stretch<'a> {
    /// An operation's calls in a time of this length.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Stretch;
    /// let none = perf_core::Operation::from(perf_core::OperationParts::default());
    /// assert_eq!(Stretch::new(&none, std::time::Duration::ZERO).rate(), None);
    /// ```
    #[must_use]
    pub fn new(operation: &'a Operation, length: Duration) -> Self {
        Self { operation, length }
    }

    /// Calls per second; `None` of no time.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        let seconds = self.length.as_secs_f64();
        (seconds > 0.0).then(|| self.operation.count() as f64 / seconds)
    }
}

/// Looks for what is unusual.
///
/// ```
/// use perf_analysis::anomaly::{AnomalyKind, Detector, Stretch};
/// use perf_core::{Outcome, Registry};
/// use std::time::Duration;
///
/// let hour = |failed: u64| {
///     let registry = Registry::new();
///     for n in 0..500 {
///         let outcome = if n < failed { Outcome::Error } else { Outcome::Ok };
///         registry.record_outcome("pay", Duration::from_micros(900 + n), outcome);
///     }
///     registry.get("pay").unwrap()
/// };
/// let (usual, failing) = (hour(2), hour(40));
/// let length = Duration::from_secs(3_600);
/// let history = vec![Stretch::new(&usual, length); 10];
/// let found = Detector::new().skip_first(1).inspect(&history, Stretch::new(&failing, length));
/// assert_eq!(found.anomalies[0].kind, AnomalyKind::ErrorSpike);
/// assert_eq!(found.anomalies[0].to_string(), "pay: 8 % of calls failed, usually 0.4 %");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    pub(super) least_stretches: usize,
    pub(super) least_calls: u64,
    pub(super) skip_first: usize,
    pub(super) threshold: f64,
    pub(super) least_shift: f64,
    pub(super) chance: f64,
    pub(super) drop_below: f64,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            least_stretches: 8,
            least_calls: 30,
            skip_first: 0,
            threshold: 3.5,
            least_shift: 0.1,
            chance: 1e-4,
            drop_below: 0.8,
        }
    }
}

impl Detector {
    /// At least 8 stretches, 30 calls, a z-score of 3.5, shifts of 10 %, rates below 80 %, and chances
    /// below 1 in 10,000.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new(), Detector::new().least_stretches(8).least_calls(30).threshold(3.5));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many stretches the history must have, after those skipped; at least 3.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new().least_stretches(0), Detector::new().least_stretches(3));
    /// ```
    #[must_use]
    pub fn least_stretches(mut self, stretches: usize) -> Self {
        self.least_stretches = stretches.max(3);
        self
    }

    /// How many calls a stretch must have for its percentiles and its share of failed calls to count, and
    /// how many must be expected for too few to be unusual; at least 20.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new().least_calls(1), Detector::new().least_calls(20));
    /// ```
    #[must_use]
    pub fn least_calls(mut self, calls: u64) -> Self {
        self.least_calls = calls.max(20);
        self
    }

    /// How many stretches at the beginning of the history are left out: programs warm up.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_ne!(Detector::new().skip_first(2), Detector::new());
    /// ```
    #[must_use]
    pub fn skip_first(mut self, stretches: usize) -> Self {
        self.skip_first = stretches;
        self
    }

    /// The modified z-score from which on a figure is far from usual, for a long history; at least 1.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new().threshold(f64::NAN), Detector::new());
    /// ```
    #[must_use]
    pub fn threshold(mut self, z: f64) -> Self {
        self.threshold = within(z, 1.0, 30.0, 3.5);
        self
    }

    /// The shift from which on a drift of latency counts: 0.1 for 10 % of the smaller of the two.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new().least_shift(0.1), Detector::new());
    /// ```
    #[must_use]
    pub fn least_shift(mut self, shift: f64) -> Self {
        self.least_shift = within(shift, 0.0, f64::MAX, 0.1);
        self
    }

    /// The chance below which a number of calls, or failed calls, is improbable: 10⁻¹² to 0.05.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new().chance(1e-4), Detector::new());
    /// ```
    #[must_use]
    pub fn chance(mut self, chance: f64) -> Self {
        self.chance = within(chance, 1e-12, 0.05, 1e-4);
        self
    }

    /// The share of the usual rate below which a rate is a drop, 0 to 1.
    ///
    /// ```
    /// # use perf_analysis::anomaly::Detector;
    /// assert_eq!(Detector::new().drop_below(0.8), Detector::new());
    /// ```
    #[must_use]
    pub fn drop_below(mut self, share: f64) -> Self {
        self.drop_below = within(share, 0.0, 1.0, 0.8);
        self
    }

    /// Looks at the recent stretch, with the history oldest first. Stretches of no length are left out.
    ///
    /// Latency and rate are compared with the stretches of the history, so these should be about as long
    /// as the recent one. Where hours of the day differ, give those of the same hour.
    ///
    /// ```
    /// use perf_analysis::anomaly::{Detector, Stretch};
    /// use std::time::Duration;
    /// let registry = perf_core::Registry::new();
    /// (0..100).for_each(|n| registry.record("pay", Duration::from_micros(900 + n)));
    /// let pay = registry.get("pay").unwrap();
    /// let same = Stretch::new(&pay, Duration::from_secs(60));
    /// assert!(Detector::new().inspect(&[same; 20], same).anomalies.is_empty());
    /// ```
    #[must_use]
    pub fn inspect(&self, history: &[Stretch<'_>], recent: Stretch<'_>) -> Inspection {
        let known = history.iter().skip(self.skip_first).copied();
        let history: Vec<_> = known.filter(|stretch| !stretch.length.is_zero()).collect();
        let is_busy = |of: &Stretch<'_>| of.operation.timed() >= self.least_calls;
        let busy_stretches = history.iter().filter(|of| is_busy(of)).count();
        let has_history = history.len() >= self.least_stretches;
        let mut anomalies = Vec::new();
        if has_history {
            anomalies.extend(latency::drifts(self, &history, recent));
            anomalies.extend(calls::error_spike(self, &history, recent));
            anomalies.extend(calls::throughput_drop(self, &history, recent));
        }
        Inspection { anomalies, stretches: history.len(), busy_stretches, has_history }
    }

    /// The threshold for a history of so many stretches: as much wider as Student's t is than a normal at
    /// the same chance, with one degree of freedom fewer than there are stretches.
    pub(super) fn threshold_for(&self, stretches: usize) -> f64 {
        t_of(two_sided(self.threshold), stretches as f64 - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_narrow_as_the_history_grows() {
        let at = [8, 24, 168, 2_000_000]
            .map(|n| (Detector::new().threshold_for(n) * 100.0).round() as u32);
        assert_eq!(at, [615, 408, 357, 350]);
    }
}
