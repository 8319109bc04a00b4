//! Where work piles up, or goes wrong.
//!
//! [`detect`] holds the figures of workers against [`Thresholds`], each of which a figure has to be
//! beyond: exactly 5 % of errors is not over 5 %.

mod detect;
mod thresholds;

pub use detect::detect;
pub use thresholds::{Levels, Peers, Thresholds};

use serde::Serialize;
use std::fmt;

/// How bad it is.
///
/// ```
/// use perf_fleet::bottleneck::Severity;
/// assert!(Severity::Critical > Severity::High && Severity::High > Severity::Medium);
/// assert_eq!(Severity::High.to_string(), "high");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Worth a look.
    Medium,
    /// To be dealt with today.
    High,
    /// To be dealt with now.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// What is beyond its threshold.
///
/// ```
/// use perf_fleet::bottleneck::BottleneckKind;
/// assert_eq!(BottleneckKind::QueueDepth.to_string(), "queue depth");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BottleneckKind {
    /// Too many of its tasks fail.
    ErrorRate,
    /// Its tasks take too long.
    Duration,
    /// It has too much to do.
    Workload,
    /// Too many tasks wait for it.
    QueueDepth,
    /// Its cache finds too little.
    CacheHitRate,
    /// Its tasks take longer than those of its peers.
    SlowWorker,
    /// It uses up its processor time.
    Cpu,
    /// It uses up its memory.
    Memory,
    /// It uses up its disk.
    Disk,
    /// Too many messages wait for it.
    MessageQueue,
    /// It takes long to reach another worker.
    Latency,
}

impl BottleneckKind {
    /// What to do about it.
    ///
    /// ```
    /// use perf_fleet::bottleneck::BottleneckKind;
    /// assert!(BottleneckKind::Latency.recommendation().contains("network"));
    /// ```
    #[must_use]
    pub fn recommendation(self) -> &'static str {
        match self {
            Self::ErrorRate => {
                "Look at its last errors, and give its tasks to others until they are understood."
            }
            Self::Duration => "Profile its tasks, and split those that take longest.",
            Self::Workload => "Move queued tasks to workers below 70 %, or add one.",
            Self::QueueDepth => "Let it run more tasks at once, or move queued ones to others.",
            Self::CacheHitRate => {
                "Make its cache larger, warm it up, and look at what its keys are."
            }
            Self::SlowWorker => {
                "Compare its machine and settings with its peers', and give it fewer tasks meanwhile."
            }
            Self::Cpu => "Run fewer tasks at once there, or give it more processor time.",
            Self::Memory => "Look for what holds memory, lower its limits, or give it more.",
            Self::Disk => "Remove what is not needed there, or give it more.",
            Self::MessageQueue => "Add consumers, or have messages handled in batches.",
            Self::Latency => "Look at the network between the two, or put them closer together.",
        }
    }
}

impl fmt::Display for BottleneckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ErrorRate => "error rate",
            Self::Duration => "task duration",
            Self::Workload => "workload",
            Self::QueueDepth => "queue depth",
            Self::CacheHitRate => "cache hit rate",
            Self::SlowWorker => "slow worker",
            Self::Cpu => "processor time",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::MessageQueue => "message queue",
            Self::Latency => "latency between workers",
        })
    }
}

/// Something that is beyond its threshold.
///
/// ```
/// use perf_fleet::bottleneck::Severity;
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").set_workload(96.0);
/// let found = &fleet.bottlenecks()[0];
/// assert_eq!((found.severity, found.value, found.threshold), (Severity::Critical, 96.0, 95.0));
/// assert_eq!(found.issue, "The workload of w1 is 96 %, over 95 %.");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bottleneck {
    /// The worker's id.
    pub worker: String,
    /// Its domain.
    pub domain: String,
    /// What is beyond its threshold.
    pub kind: BottleneckKind,
    /// How bad that is.
    pub severity: Severity,
    /// The figure: a rate from 0 to 1, percent, seconds, or a count.
    pub value: f64,
    /// The threshold that it is beyond.
    pub threshold: f64,
    /// In words.
    pub issue: String,
    /// What to do.
    pub recommendation: String,
    /// The figures to judge it by, by name.
    pub metrics: Vec<(&'static str, f64)>,
}

impl Bottleneck {
    /// How far beyond its threshold it is, as a ratio of at least 1.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// fleet.worker("w1").set_queue_depth(200);
    /// assert_eq!(fleet.bottlenecks()[0].excess(), 2.0);
    /// ```
    #[must_use]
    pub fn excess(&self) -> f64 {
        let (value, threshold) = (self.value.max(1e-9), self.threshold.max(1e-9));
        (value / threshold).max(threshold / value)
    }
}

impl crate::Fleet {
    /// The bottlenecks now, the worst first.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().bottlenecks().is_empty());
    /// ```
    #[must_use]
    pub fn bottlenecks(&self) -> Vec<Bottleneck> {
        detect(&self.stats(), &self.shared.context.settings.thresholds)
    }
}
