//! What is stored.

use crate::time;
use perf_core::Snapshot;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    time::SystemTime,
};

/// One run of one program: a restart is another instance.
///
/// ```
/// let (one, other) = (perf_store::Instance::new("1.4.0"), perf_store::Instance::new("1.4.0"));
/// assert_eq!(one.pid, std::process::id());
/// assert_ne!(one.id, other.id);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// What tells it from all others, of other hosts and of earlier runs too: intervals of an id and number
    /// that is there already are taken for the same.
    pub id: String,
    /// The machine's name.
    pub host: String,
    /// The process's id.
    pub pid: u32,
    /// The program's version.
    pub version: String,
    /// When it started.
    #[serde(with = "unix_ns")]
    pub started: SystemTime,
}

impl Instance {
    /// This process from now on, under an id of its own.
    #[must_use]
    pub fn new(version: &str) -> Self {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let (pid, started) = (std::process::id(), SystemTime::now());
        // Containers may have one host name, one process id, and start at one time.
        let random = RandomState::new().hash_one(&host) as u32;
        let id = format!("{host}-{pid}-{:x}-{random:08x}", time::unix_ns(started));
        Self { id, host, pid, version: version.to_owned(), started }
    }
}

/// What happened in an instance between two times. It is known by its instance and its number: storing it
/// again changes nothing.
///
/// ```
/// use perf_store::Interval;
/// let registry = perf_core::Registry::new();
/// let before = registry.snapshot();
/// registry.record("job", std::time::Duration::from_millis(2));
/// let interval = Interval::new(0, registry.snapshot().since(&before));
/// assert_eq!(interval.snapshot.get("job").unwrap().count(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Its number in the instance, each once.
    pub sequence: u64,
    /// What was recorded in it: the difference of two cumulative snapshots
    /// ([`Snapshot::since`]). Calls under way and callers are not stored.
    pub snapshot: Snapshot,
    /// Alerts that began or ended in it.
    pub alerts: Vec<AlertChange>,
    /// Checks whose status changed in it.
    pub health: Vec<HealthChange>,
}

impl Interval {
    /// An interval in which no alert and no check changed.
    #[must_use]
    pub fn new(sequence: u64, snapshot: Snapshot) -> Self {
        Self { sequence, snapshot, alerts: Vec::new(), health: Vec::new() }
    }
}

/// An alert that began or ended.
///
/// ```
/// use perf_store::AlertChange;
/// let change = AlertChange { rule: "slow".into(), status: "firing".into(), ..AlertChange::default() };
/// assert_eq!(change.value, None);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertChange {
    /// The rule's name.
    pub rule: String,
    /// What it is about.
    pub labels: BTreeMap<String, String>,
    /// The rule's severity.
    pub severity: String,
    /// `firing` or `resolved`.
    pub status: String,
    /// What was measured; `None` where there was nothing to measure.
    pub value: Option<f64>,
    /// What it was compared with.
    pub threshold: Option<f64>,
    /// When it changed.
    #[serde(with = "unix_ns")]
    pub at: SystemTime,
    /// One line for people.
    pub summary: String,
}

impl Default for AlertChange {
    fn default() -> Self {
        Self {
            rule: String::new(),
            labels: BTreeMap::new(),
            severity: String::new(),
            status: String::new(),
            value: None,
            threshold: None,
            at: SystemTime::UNIX_EPOCH,
            summary: String::new(),
        }
    }
}

/// A health check whose status changed.
///
/// ```
/// use perf_store::HealthChange;
/// let at = std::time::SystemTime::now();
/// let change = HealthChange { check: "db".into(), status: "fail".into(), at, message: "away".into() };
/// assert_eq!(change.status, "fail");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthChange {
    /// The check's name.
    pub check: String,
    /// What it is now: `pass`, `warn` or `fail`.
    pub status: String,
    /// When it changed.
    #[serde(with = "unix_ns")]
    pub at: SystemTime,
    /// One line for people.
    pub message: String,
}

/// Times in JSON.
mod unix_ns {
    use crate::time;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::SystemTime;

    pub(super) fn serialize<S: Serializer>(
        at: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time::unix_ns(*at))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<SystemTime, D::Error> {
        i64::deserialize(from).map(time::time)
    }
}
