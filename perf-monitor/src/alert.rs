//! What rules give and notifiers send.

use std::{collections::BTreeMap, fmt, str::FromStr, time::SystemTime};

/// How bad it is. Ordered: the worst is the greatest.
///
/// ```
/// use perf_monitor::alert::Severity;
/// assert!(Severity::Critical > Severity::Medium);
/// assert_eq!("high".parse(), Ok(Severity::High));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// To be known.
    Info,
    /// To be looked at some day.
    Low,
    /// To be looked at.
    #[default]
    Medium,
    /// To be looked at today.
    High,
    /// To be looked at now.
    Critical,
}

impl Severity {
    /// All of them, the least bad first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As labels and files spell it: `info`, `low`, `medium`, `high`, `critical`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSeverity;

impl fmt::Display for UnknownSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of info, low, medium, high, critical")
    }
}

impl std::error::Error for UnknownSeverity {}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        let known = Self::ALL.into_iter().find(|severity| severity.as_str() == text);
        known.ok_or(UnknownSeverity)
    }
}

/// Whether an alert has begun or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// What the rule looks for is so, and has been for as long as it asks.
    Firing,
    /// It is no longer so.
    Resolved,
}

impl Status {
    /// As Alertmanager spells it: `firing` or `resolved`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// One alert at the moment it began or ended. What is the same [`key`](Self::key) is the same alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// What it is about: the operation or metric and its labels, by key.
    pub labels: BTreeMap<String, String>,
    /// The rule's.
    pub severity: Severity,
    /// Whether it begins or ends.
    pub status: Status,
    /// What was measured, in the measure's unit: seconds, ratios from 0 to 1, or the metric's own. Not a
    /// number where there is nothing to measure, and the rule has [that fire](crate::rules::Absent::Fire):
    /// texts say `no data` then, and such an alert equals none, not even itself.
    pub value: f64,
    /// What it was compared with.
    pub threshold: f64,
    /// When it began to fire.
    pub started: SystemTime,
    /// When it was resolved.
    pub ended: Option<SystemTime>,
    /// One line for people, the rule's template filled in.
    pub summary: String,
    /// More for people; may be empty.
    pub description: String,
}

impl Alert {
    /// What tells it from others: the rule and the labels.
    #[must_use]
    pub fn key(&self) -> (&str, &BTreeMap<String, String>) {
        (&self.rule, &self.labels)
    }
}
