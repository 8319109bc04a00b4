//! From where on something is a bottleneck.

use super::Severity;

/// The values beyond which something is a bottleneck of each severity; infinite for none.
///
/// ```
/// use perf_fleet::bottleneck::{Levels, Severity};
/// let levels = Levels { medium: 50.0, high: 75.0, critical: 100.0 };
/// assert_eq!(levels.above(75.0), Some((Severity::Medium, 50.0)));
/// assert_eq!(levels.above(75.1), Some((Severity::High, 75.0)));
/// assert_eq!(levels.above(50.0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Beyond it, medium.
    pub medium: f64,
    /// Beyond it, high.
    pub high: f64,
    /// Beyond it, critical.
    pub critical: f64,
}

impl Levels {
    /// Only medium, beyond this value.
    ///
    /// ```
    /// use perf_fleet::bottleneck::{Levels, Severity};
    /// assert_eq!(Levels::medium(1.0).above(9.0), Some((Severity::Medium, 1.0)));
    /// ```
    #[must_use]
    pub const fn medium(value: f64) -> Self {
        Self { medium: value, high: f64::INFINITY, critical: f64::INFINITY }
    }

    /// Only high, beyond this value.
    ///
    /// ```
    /// use perf_fleet::bottleneck::{Levels, Severity};
    /// assert_eq!(Levels::high(90.0).above(91.0), Some((Severity::High, 90.0)));
    /// ```
    #[must_use]
    pub const fn high(value: f64) -> Self {
        Self { medium: f64::INFINITY, high: value, critical: f64::INFINITY }
    }

    /// The severity of a value for which more is worse, and the threshold it is above.
    ///
    /// ```
    /// use perf_fleet::bottleneck::Levels;
    /// assert_eq!(Levels::high(90.0).above(f64::NAN), None);
    /// ```
    #[must_use]
    pub fn above(&self, value: f64) -> Option<(Severity, f64)> {
        self.worst(|level| value > level)
    }

    /// The severity of a value for which less is worse, and the threshold it is below.
    ///
    /// ```
    /// use perf_fleet::bottleneck::{Levels, Severity};
    /// let cache = Levels { medium: 0.8, high: 0.5, critical: f64::NEG_INFINITY };
    /// assert_eq!(cache.below(0.4), Some((Severity::High, 0.5)));
    /// assert_eq!(cache.below(0.8), None);
    /// ```
    #[must_use]
    pub fn below(&self, value: f64) -> Option<(Severity, f64)> {
        self.worst(|level| level.is_finite() && value < level)
    }

    fn worst(&self, is_beyond: impl Fn(f64) -> bool) -> Option<(Severity, f64)> {
        let levels = [
            (Severity::Critical, self.critical),
            (Severity::High, self.high),
            (Severity::Medium, self.medium),
        ];
        levels.into_iter().find(|(_, level)| is_beyond(*level))
    }
}

/// When a worker is slow against its peers: the others of its domain whose mean durations are known.
///
/// ```
/// let peers = perf_fleet::bottleneck::Peers::default();
/// assert_eq!((peers.seconds, peers.ratio, peers.least), (10.0, 1.5, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peers {
    /// Its mean is above so many seconds,
    pub seconds: f64,
    /// and above so many times the median of the peers' means,
    pub ratio: f64,
    /// of which there are at least so many.
    pub least: usize,
}

impl Default for Peers {
    fn default() -> Self {
        Self { seconds: 10.0, ratio: 1.5, least: 2 }
    }
}

/// From where on something is a bottleneck.
///
/// ```
/// use perf_fleet::bottleneck::{Levels, Thresholds};
/// let strict = Thresholds { queue_depth: Levels::high(10.0), ..Thresholds::default() };
/// assert_eq!(strict.error_rate.critical, 0.2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// 0 to 1; above 0.05, 0.1 and 0.2.
    pub error_rate: Levels,
    /// How many tasks must have ended for an error rate that was counted: 1.
    pub least_tasks: u64,
    /// Of the mean duration; above 300 and 600: medium and high.
    pub mean_seconds: Levels,
    /// In percent; above 90 and 95: high and critical.
    pub workload: Levels,
    /// Above 50, 75 and 100.
    pub queue_depth: Levels,
    /// 0 to 1; below 0.8 and 0.5: medium and high.
    pub cache_hit_rate: Levels,
    /// Slow against peers: medium.
    pub peers: Peers,
    /// Processor time, memory and disk, in percent; above 90: high.
    pub resources: Levels,
    /// Above 1,000: high.
    pub message_queue: Levels,
    /// Between workers; above 1: medium.
    pub latency_seconds: Levels,
}

impl Default for Thresholds {
    fn default() -> Self {
        const NONE: f64 = f64::INFINITY;
        Self {
            error_rate: Levels { medium: 0.05, high: 0.1, critical: 0.2 },
            least_tasks: 1,
            mean_seconds: Levels { medium: 300.0, high: 600.0, critical: NONE },
            workload: Levels { medium: NONE, high: 90.0, critical: 95.0 },
            queue_depth: Levels { medium: 50.0, high: 75.0, critical: 100.0 },
            cache_hit_rate: Levels { medium: 0.8, high: 0.5, critical: f64::NEG_INFINITY },
            peers: Peers::default(),
            resources: Levels::high(90.0),
            message_queue: Levels::high(1_000.0),
            latency_seconds: Levels::medium(1.0),
        }
    }
}
