//! What the API says, as types. Times are in nanoseconds where a name ends in `_ns`, and in milliseconds
//! since 1970 where it ends in `_unix_ms`; shares are 0 to 1; what is not known is null.

use super::hub::Found;
use crate::{alert::Alert, windows::Stats};
use perf_core::{Caller, Operation, Outcome, Snapshot};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use utoipa::ToSchema;

pub(super) type Labels = BTreeMap<String, String>;

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970; of times before it, 0.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn labels_of(labels: &[(Arc<str>, Arc<str>)]) -> Labels {
    labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

/// Nothing in what the API says can fail: it is of numbers, texts and lists.
pub(super) fn to_json(said: &impl Serialize) -> String {
    serde_json::to_string(said).unwrap_or_default()
}

/// A number JSON can say.
pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The time that figures cover.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct WindowView {
    /// Such as `5m`, or `start`.
    pub(super) name: String,
    pub(super) covered_ns: u64,
    pub(super) started_unix_ms: u64,
    pub(super) taken_unix_ms: u64,
}

impl WindowView {
    pub(super) fn of(name: &str, snapshot: &Snapshot) -> Self {
        Self {
            name: name.to_owned(),
            covered_ns: nanos(snapshot.elapsed()),
            started_unix_ms: millis(snapshot.started()),
            taken_unix_ms: millis(snapshot.taken()),
        }
    }
}

/// How calls ended. Of sampled operations, those that were timed.
#[derive(Clone, Default, Serialize, ToSchema)]
pub(super) struct Outcomes {
    ok: u64,
    error: u64,
    panic: u64,
    cancelled: u64,
}

/// The figures of calls that ended.
#[derive(Clone, Default, Serialize, ToSchema)]
pub(super) struct Figures {
    pub(super) count: u64,
    /// Calls a second.
    pub(super) rate: Option<f64>,
    /// The share of calls that returned an error or panicked.
    pub(super) error_rate: Option<f64>,
    pub(super) outcomes: Outcomes,
    pub(super) mean_ns: Option<u64>,
    pub(super) min_ns: Option<u64>,
    pub(super) p50_ns: Option<u64>,
    pub(super) p90_ns: Option<u64>,
    pub(super) p95_ns: Option<u64>,
    pub(super) p99_ns: Option<u64>,
    pub(super) p999_ns: Option<u64>,
    pub(super) max_ns: Option<u64>,
    /// All durations together.
    pub(super) sum_ns: u64,
    /// Without those of calls inside calls of the same operation.
    pub(super) total_ns: u64,
    /// Without the time of the calls they made.
    pub(super) self_ns: u64,
    /// Whether not every call was timed.
    pub(super) sampled: bool,
}

impl Figures {
    /// Of these operations together; `None` without a call.
    pub(super) fn of<'a>(
        window: &Snapshot,
        operations: impl IntoIterator<Item = &'a Operation>,
    ) -> Option<Self> {
        Stats::of(window, operations).map(|stats| Self::of_stats(&stats))
    }

    /// Of what is taken together already.
    pub(super) fn of_stats(stats: &Stats<'_>) -> Self {
        let calls = stats.calls();
        let at = |percentile| calls.percentile(percentile).map(nanos);
        let outcomes = Outcomes {
            ok: calls.outcome(Outcome::Ok),
            error: calls.outcome(Outcome::Error),
            panic: calls.outcome(Outcome::Panicked),
            cancelled: calls.outcome(Outcome::Cancelled),
        };
        Self {
            count: calls.count(),
            rate: stats.rate(),
            error_rate: stats.error_rate(),
            outcomes,
            mean_ns: calls.mean().map(nanos),
            min_ns: calls.min().map(nanos),
            p50_ns: at(50.0),
            p90_ns: at(90.0),
            p95_ns: at(95.0),
            p99_ns: at(99.0),
            p999_ns: at(99.9),
            max_ns: calls.max().map(nanos),
            sum_ns: nanos(calls.sum()),
            total_ns: nanos(calls.total()),
            self_ns: nanos(calls.self_time()),
            sampled: calls.is_sampled(),
        }
    }

    /// Calls that returned an error or panicked.
    pub(super) fn errors(&self) -> u64 {
        self.outcomes.error + self.outcomes.panic
    }
}

/// A line over time, of at most 60 points, the oldest first.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Spark {
    pub(super) count: Vec<u64>,
    pub(super) p95_ns: Vec<Option<u64>>,
}

/// A series of an operation in a window.
#[derive(Serialize, ToSchema)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) labels: Labels,
    pub(super) description: Option<String>,
    /// Calls that run now.
    pub(super) in_flight: u64,
    #[serde(flatten)]
    pub(super) figures: Figures,
    pub(super) spark: Spark,
}

/// What happened in each interval of a window: columns of one length, the oldest first. Intervals are of
/// different lengths: older ones are longer.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Timeline {
    pub(super) started_unix_ms: Vec<u64>,
    pub(super) covered_ns: Vec<u64>,
    pub(super) count: Vec<u64>,
    pub(super) errors: Vec<u64>,
    pub(super) p50_ns: Vec<Option<u64>>,
    pub(super) p95_ns: Vec<Option<u64>>,
    pub(super) p99_ns: Vec<Option<u64>>,
    pub(super) max_ns: Vec<Option<u64>>,
}

/// How many calls fell in each bucket of time, for each interval of the timeline.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Heat {
    /// One more than there are buckets; rising.
    pub(super) bounds_ns: Vec<u64>,
    pub(super) counts: Vec<Vec<u64>>,
}

/// A percentile curve, as HdrHistogram plots it.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Curve {
    pub(super) percentiles: Vec<f64>,
    pub(super) values_ns: Vec<u64>,
}

/// Calls from or to another operation.
#[derive(Serialize, ToSchema)]
pub(super) struct Relation {
    /// Null for calls from outside any operation.
    pub(super) name: Option<String>,
    pub(super) calls: u64,
    pub(super) time_ns: u64,
}

impl Relation {
    pub(super) fn of(name: Option<&str>, caller: &Caller) -> Self {
        let name = name.map(str::to_owned);
        Self { name, calls: caller.calls, time_ns: caller.time_ns }
    }
}

/// An alert that began or ended.
#[derive(Serialize, ToSchema)]
pub(super) struct AlertView {
    rule: String,
    labels: Labels,
    /// `info`, `low`, `medium`, `high` or `critical`.
    severity: &'static str,
    /// `firing` or `resolved`.
    status: &'static str,
    /// What was measured; null where there was nothing to measure.
    value: Option<f64>,
    threshold: f64,
    started_unix_ms: u64,
    ended_unix_ms: Option<u64>,
    summary: String,
    description: String,
}

impl AlertView {
    pub(super) fn of(alert: &Alert) -> Self {
        Self {
            rule: alert.rule.clone(),
            labels: alert.labels.clone(),
            severity: alert.severity.as_str(),
            status: alert.status.as_str(),
            value: finite(alert.value),
            threshold: alert.threshold,
            started_unix_ms: millis(alert.started),
            ended_unix_ms: alert.ended.map(millis),
            summary: alert.summary.clone(),
            description: alert.description.clone(),
        }
    }
}

/// What an event `tick` says.
#[derive(Serialize, ToSchema)]
pub(super) struct Tick {
    #[allow(clippy::struct_field_names, reason = "it is what users of the API see")]
    tick: u64,
    taken_unix_ms: u64,
    /// The time since the tick before, and what ended in it.
    covered_ns: u64,
    count: u64,
    errors: u64,
    rate: Option<f64>,
    error_rate: Option<f64>,
    in_flight: u64,
    firing: usize,
    pending: usize,
}

impl Tick {
    pub(super) fn new(tick: u64, found: &Found<'_>) -> Self {
        let operations = || found.interval.into_iter().flat_map(Snapshot::operations);
        let sum = |of: fn(&Operation) -> u64| operations().map(of).sum::<u64>();
        let (count, errors, timed) =
            (sum(Operation::count), sum(Operation::errors), sum(Operation::timed));
        let covered = found.interval.map(Snapshot::elapsed).unwrap_or_default();
        Self {
            tick,
            taken_unix_ms: millis(found.total.taken()),
            covered_ns: nanos(covered),
            count,
            errors,
            rate: finite(count as f64 / covered.as_secs_f64()),
            error_rate: finite(errors as f64 / timed as f64),
            in_flight: in_flight(found.total),
            firing: found.firing,
            pending: found.pending,
        }
    }
}

/// How many calls run.
pub(super) fn in_flight(total: &Snapshot) -> u64 {
    total.operations().iter().filter_map(Operation::in_flight).map(|calls| calls.count).sum()
}
