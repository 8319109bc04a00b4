//! How well a worker is, from 0 to 100, part by part.

use crate::{stats::Figures, workload::Workload};
use serde::Serialize;
use std::fmt;

/// The share of its points that a part has while its figure is unknown: 8 of the cache's 10.
const UNKNOWN: f64 = 0.8;
/// The error rate at which its part is 0: that of a critical bottleneck.
const WORST_ERROR_RATE: f64 = 0.2;
/// Seconds without a sign of life up to which nothing is amiss, and from which all is.
const RECENT: f64 = 300.0;
const STALE: f64 = 3_600.0;

/// A part of the score.
///
/// ```
/// use perf_fleet::PartKind;
/// assert_eq!(PartKind::ALL.iter().map(|part| part.weight()).sum::<f64>(), 100.0);
/// assert_eq!(PartKind::Performance.to_string(), "performance");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartKind {
    /// 25 × the success rate.
    Success,
    /// 25 with no error, in a straight line down to 0 at an error rate of 20 %.
    Errors,
    /// 20 up to the objective, beyond it 20 × objective / mean duration.
    Performance,
    /// 15 from 40 to 80 %; below, in a straight line down to 7.5 at 0 %; above, down to 0 at 100 %.
    Workload,
    /// 10 × the cache's hit rate.
    Cache,
    /// 5 up to five minutes after it was last active, in a straight line down to 0 at an hour.
    Recency,
}

impl PartKind {
    /// All of them.
    ///
    /// ```
    /// assert_eq!(perf_fleet::PartKind::ALL.len(), 6);
    /// ```
    pub const ALL: [Self; 6] = [
        Self::Success,
        Self::Errors,
        Self::Performance,
        Self::Workload,
        Self::Cache,
        Self::Recency,
    ];

    /// The most points it can have.
    ///
    /// ```
    /// assert_eq!(perf_fleet::PartKind::Cache.weight(), 10.0);
    /// ```
    #[must_use]
    pub fn weight(self) -> f64 {
        match self {
            Self::Success | Self::Errors => 25.0,
            Self::Performance => 20.0,
            Self::Workload => 15.0,
            Self::Cache => 10.0,
            Self::Recency => 5.0,
        }
    }

    /// The figure it is made of.
    fn value(self, of: &Figures) -> Option<f64> {
        let value = match self {
            Self::Success => of.success_rate.or(of.error_rate.map(|rate| 1.0 - rate)),
            Self::Errors => of.error_rate.or(of.success_rate.map(|rate| 1.0 - rate)),
            Self::Performance => of.mean_seconds.filter(|_| of.objective_seconds > 0.0),
            Self::Workload => of.workload,
            Self::Cache => of.cache_hit_rate,
            Self::Recency => of.idle_seconds,
        };
        value.filter(|value| !value.is_nan())
    }

    /// The share of its points, 0 to 1, that a value is worth.
    fn share(self, value: f64, of: &Figures) -> f64 {
        let share = match self {
            Self::Success | Self::Cache => value,
            Self::Errors => 1.0 - value / WORST_ERROR_RATE,
            Self::Performance if value <= of.objective_seconds => 1.0,
            Self::Performance => of.objective_seconds / value,
            Self::Workload if value < 40.0 => 0.5 + 0.5 * value.max(0.0) / 40.0,
            Self::Workload => (100.0 - value) / 20.0,
            Self::Recency => (STALE - value) / (STALE - RECENT),
        };
        share.clamp(0.0, 1.0)
    }
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Success => "success",
            Self::Errors => "errors",
            Self::Performance => "performance",
            Self::Workload => "workload",
            Self::Cache => "cache",
            Self::Recency => "recency",
        })
    }
}

/// What one part comes to.
///
/// ```
/// use perf_fleet::{Figures, HealthScore, PartKind};
/// let figures = Figures { error_rate: Some(0.02), ..Figures::default() };
/// let errors = HealthScore::of(&figures).parts[1];
/// assert_eq!((errors.kind, errors.points, errors.weight), (PartKind::Errors, 22.5, 25.0));
/// assert_eq!(errors.value, Some(0.02));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Which part.
    pub kind: PartKind,
    /// Its figure: a rate, percent, or seconds; `None` where it is unknown.
    pub value: Option<f64>,
    /// The points it has: 0 to its weight, and 80 % of that while its figure is unknown.
    pub points: f64,
    /// The most points it can have.
    pub weight: f64,
}

/// How a worker is.
///
/// - failing: below 50 points, an error rate over 20 %, or a workload of 95 % or more;
/// - overloaded: else, a workload of 85 % or more;
/// - degraded: else, below 75 points, an error rate over 10 %, or nothing heard of it for more than an hour;
/// - healthy: else.
///
/// ```
/// use perf_fleet::{Figures, HealthScore, Status};
/// let figures = Figures { workload: Some(85.0), ..Figures::default() };
/// assert_eq!(HealthScore::of(&figures).status, Status::Overloaded);
/// assert_eq!(Status::Overloaded.to_string(), "overloaded");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// All is well.
    Healthy,
    /// Something is amiss.
    Degraded,
    /// It has too much to do.
    Overloaded,
    /// It should not be relied on.
    Failing,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Overloaded => "overloaded",
            Self::Failing => "failing",
        })
    }
}

/// How well a worker is, from 0 to 100: the sum of six parts, whose formulas [`PartKind`] has.
///
/// ```
/// use perf_fleet::{Figures, HealthScore, Status};
/// let figures = Figures {
///     error_rate: Some(0.02),
///     success_rate: Some(0.98),
///     mean_seconds: Some(220.0),
///     workload: Some(65.0),
///     queue_depth: 5,
///     cache_hit_rate: Some(0.98),
///     idle_seconds: Some(120.0),
///     ..Figures::default()
/// };
/// let health = HealthScore::of(&figures);
/// assert!((health.total - 94.0).abs() < 2.0);
/// assert_eq!(health.status, Status::Healthy);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HealthScore {
    /// The sum of the points.
    pub total: f64,
    /// What that comes to.
    pub status: Status,
    /// Part by part, in the order of [`PartKind::ALL`].
    pub parts: [Part; 6],
}

impl HealthScore {
    /// Of these figures. What is no number counts as unknown, what is out of range as the nearest.
    ///
    /// ```
    /// use perf_fleet::{Figures, HealthScore};
    /// // Of a worker that nothing is known of, each part has 80 %.
    /// assert_eq!(HealthScore::of(&Figures::default()).total, 80.0);
    /// ```
    #[must_use]
    pub fn of(figures: &Figures) -> Self {
        let parts = PartKind::ALL.map(|kind| {
            let value = kind.value(figures);
            let share = value.map_or(UNKNOWN, |value| kind.share(value, figures));
            Part { kind, value, points: kind.weight() * share, weight: kind.weight() }
        });
        let total = parts.iter().map(|part| part.points).sum::<f64>().min(100.0);
        Self { total, status: status(total, figures), parts }
    }
}

fn status(total: f64, of: &Figures) -> Status {
    let workload = of.workload.and_then(Workload::of);
    let errors = PartKind::Errors.value(of).unwrap_or_default();
    match workload {
        _ if total < 50.0 || errors > WORST_ERROR_RATE => Status::Failing,
        Some(Workload::Failing) => Status::Failing,
        Some(Workload::Overloaded) => Status::Overloaded,
        _ if total < 75.0 || errors > 0.1 || is_stale(of) => Status::Degraded,
        _ => Status::Healthy,
    }
}

/// Whether nothing was heard of a worker for so long that it is hardly there.
pub(crate) fn is_stale(of: &Figures) -> bool {
    of.idle_seconds.is_some_and(|idle| idle > STALE)
}
