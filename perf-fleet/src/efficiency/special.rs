//! What a worker is better at than the others.

use crate::{fleet::Fleet, worker::KindStats};
use perf_analysis::compare::{Comparison, ErrorVerdict, Verdict};
use perf_core::{Operation, OperationParts};
use serde::Serialize;

/// A kind of task at which a worker is faster than the other workers, beyond chance, and fails no more
/// often.
///
/// The medians are compared by [`perf_analysis::compare`], all workers and kinds in one comparison: the
/// chance of any that is none is 5 %. It takes a difference of 10 % at least.
///
/// ```
/// use perf_fleet::TaskRecord;
/// use std::time::Duration;
/// let fleet = perf_fleet::Fleet::builder().build();
/// for n in 0..60 {
///     for (id, ms) in [("fast", 500), ("slow", 1_000), ("other", 1_000)] {
///         let task = TaskRecord::new(Duration::from_millis(ms + 5 * n), true).kind("build");
///         fleet.worker(id).record(&task);
///     }
/// }
/// let found = fleet.specialisations();
/// assert_eq!((found[0].worker.as_str(), found[0].kind.as_str(), found.len()), ("fast", "build", 1));
/// assert!(found[0].faster_by > 0.4 && found[0].p < 0.05);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Specialisation {
    /// The worker's id.
    pub worker: String,
    /// The kind of task.
    pub kind: String,
    /// Its tasks of that kind.
    pub tasks: u64,
    /// The median of its durations, in seconds.
    pub median_seconds: f64,
    /// That of the others.
    pub median_others_seconds: f64,
    /// By how much its median is below the others', 0 to 1.
    pub faster_by: f64,
    /// The chance that there is no difference, corrected for the number of comparisons.
    pub p: f64,
}

/// Workers and their tasks of a kind.
const WORKER: &str = "agent_id";

impl Fleet {
    /// What each worker is better at than the others, the largest advantage first.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().specialisations().is_empty());
    /// ```
    #[must_use]
    pub fn specialisations(&self) -> Vec<Specialisation> {
        let all = self.kind_totals();
        let (mut others, mut own) = (Vec::new(), Vec::new());
        for worker in self.workers() {
            let state = worker.state();
            for (kind, stats) in &state.kinds {
                let Some(mut rest) = all.get(kind).cloned() else { continue };
                rest.subtract(stats);
                if rest.duration.count > 0 && stats.duration.count > 0 {
                    others.push(operation(kind, worker.id(), &rest));
                    own.push(operation(kind, worker.id(), stats));
                }
            }
        }
        let comparison = Comparison::new().percentiles([50.0]).least_effect(0.1);
        let report = comparison.of(&others, &own);
        let mut found: Vec<_> = report.operations.iter().filter_map(specialisation).collect();
        found.sort_by(|a, b| b.faster_by.total_cmp(&a.faster_by));
        found
    }
}

fn specialisation(of: &perf_analysis::compare::OperationChange) -> Option<Specialisation> {
    let median = of.percentiles.first()?;
    if of.verdict != Verdict::Faster || of.errors.verdict == ErrorVerdict::Rose {
        return None;
    }
    let seconds = |nanos: u64| nanos as f64 / 1e9;
    Some(Specialisation {
        worker: of.labels.iter().find(|(key, _)| key == WORKER)?.1.clone(),
        kind: of.name.clone(),
        tasks: of.calls_after,
        median_seconds: seconds(median.after_ns?),
        median_others_seconds: seconds(median.before_ns?),
        faster_by: -median.shift?,
        p: median.p_adjusted?,
    })
}

fn operation(kind: &str, worker: &str, stats: &KindStats) -> Operation {
    let buckets: Vec<_> = stats.duration.values.values().collect();
    Operation::from(OperationParts {
        name: kind.to_owned(),
        labels: vec![(WORKER.to_owned(), worker.to_owned())],
        digits: 2,
        buckets,
        sum_ns: (stats.duration.sum * 1e9) as u64,
        errors: stats.failed.min(stats.duration.count),
        ..OperationParts::default()
    })
}
