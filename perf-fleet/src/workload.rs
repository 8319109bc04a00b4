//! What a workload calls for.

use serde::Serialize;
use std::fmt;

/// How loaded a worker is: healthy < 70 % ≤ busy < 85 % ≤ overloaded < 95 % ≤ failing.
///
/// ```
/// use perf_fleet::Workload;
/// assert_eq!(Workload::of(69.9), Some(Workload::Healthy));
/// assert_eq!(Workload::of(70.0), Some(Workload::Busy));
/// assert_eq!(Workload::of(f64::NAN), None);
/// assert!(Workload::Overloaded.action().starts_with("Move"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Workload {
    /// Below 70 %.
    Healthy,
    /// From 70 % on.
    Busy,
    /// From 85 % on.
    Overloaded,
    /// From 95 % on.
    Failing,
}

impl Workload {
    /// Of a workload in percent; `None` of what is no number.
    ///
    /// ```
    /// use perf_fleet::Workload;
    /// assert_eq!(Workload::of(95.0), Some(Workload::Failing));
    /// ```
    #[must_use]
    pub fn of(percent: f64) -> Option<Self> {
        match percent {
            _ if percent.is_nan() => None,
            _ if percent >= 95.0 => Some(Self::Failing),
            _ if percent >= 85.0 => Some(Self::Overloaded),
            _ if percent >= 70.0 => Some(Self::Busy),
            _ => Some(Self::Healthy),
        }
    }

    /// What to do.
    ///
    /// ```
    /// assert_eq!(perf_fleet::Workload::Healthy.action(), "Nothing to do: it can take more tasks.");
    /// ```
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Healthy => "Nothing to do: it can take more tasks.",
            Self::Busy => "Watch it, and give new tasks to others first.",
            Self::Overloaded => "Move queued tasks to other workers, and give it no new ones.",
            Self::Failing => "Evacuate it now: move its tasks, and add capacity.",
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Busy => "busy",
            Self::Overloaded => "overloaded",
            Self::Failing => "failing",
        })
    }
}
