//! What stands out, in words.

use super::{Efficiency, Throughput};
use crate::{fleet::Fleet, report::shown, stats::WorkerStats};
use serde::Serialize;

/// The thresholds.
const VARIANCE: f64 = 0.1;
const THROUGHPUT: f64 = 0.8;
const ERRORS_PER_HOUR: f64 = 5.0;
const UTILISATION: f64 = 85.0;

/// What stands out.
///
/// ```
/// use perf_fleet::efficiency::InsightKind;
/// assert_eq!(serde_json::to_value(InsightKind::HighUtilisation).unwrap(), "high_utilisation");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InsightKind {
    /// The variance of the workers' efficiencies is above 0.1.
    EfficiencyVariance,
    /// Less than 80 % of the tasks an hour that history has.
    LowThroughput,
    /// More than 5 failed tasks an hour, where a tenth of the window is known.
    FrequentErrors,
    /// A workload above 85 %.
    HighUtilisation,
}

/// Something that stands out, and what to do about it.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").set_workload(86.0);
/// let insight = &fleet.insights()[0];
/// assert_eq!(insight.text, "w1 is at 86 % of what it can take, over 85 %.");
/// assert_eq!((insight.value, insight.threshold), (86.0, 85.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Insight {
    /// What stands out.
    pub kind: InsightKind,
    /// Of which worker; `None` for the whole fleet.
    pub worker: Option<String>,
    /// The figure.
    pub value: f64,
    /// What it is beyond.
    pub threshold: f64,
    /// In words.
    pub text: String,
    /// What to do.
    pub recommendation: String,
}

/// What stands out of these workers, each with its throughput, those of the whole first.
///
/// ```
/// use perf_fleet::efficiency::{InsightKind, Throughput, insights};
/// let throughput = Throughput { hour: 79.0, history: Some(100.0), ..Throughput::default() };
/// let stats = perf_fleet::Fleet::builder().build().worker("w1").stats();
/// let found = insights(&[(stats, throughput)]);
/// assert_eq!(found[0].kind, InsightKind::LowThroughput);
/// ```
#[must_use]
pub fn insights(workers: &[(WorkerStats, Throughput)]) -> Vec<Insight> {
    let mut found: Vec<_> = variance(workers).into_iter().collect();
    for (stats, throughput) in workers {
        let each = [slow(stats, throughput), errors(stats), utilisation(stats)];
        found.extend(each.into_iter().flatten());
    }
    found
}

fn variance(workers: &[(WorkerStats, Throughput)]) -> Option<Insight> {
    let scores = workers.iter().filter_map(|(stats, _)| Efficiency::of(&stats.figures));
    let scores: Vec<f64> = scores.map(|efficiency| efficiency.score).collect();
    let count = scores.len().max(1) as f64;
    let mean = scores.iter().sum::<f64>() / count;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
    (variance > VARIANCE).then(|| Insight {
        kind: InsightKind::EfficiencyVariance,
        worker: None,
        value: variance,
        threshold: VARIANCE,
        text: format!("Some workers are far more efficient than others: a variance of {variance:.3}, over {VARIANCE}."),
        recommendation: "Find out what the best do otherwise, and give tasks to those who are good at them.".to_owned(),
    })
}

fn slow(stats: &WorkerStats, throughput: &Throughput) -> Option<Insight> {
    let share = throughput.against_history().filter(|share| *share < THROUGHPUT)?;
    let id = &stats.id;
    Some(Insight {
        kind: InsightKind::LowThroughput,
        worker: Some(id.clone()),
        value: share,
        threshold: THROUGHPUT,
        text: format!(
            "{id} ended {:.1} tasks in the last hour, {} of the {:.1} an hour it used to.",
            throughput.hour,
            shown::rate(share),
            throughput.history.unwrap_or_default(),
        ),
        recommendation: "See whether it has fewer tasks to do, or takes longer for each."
            .to_owned(),
    })
}

fn errors(stats: &WorkerStats) -> Option<Insight> {
    let rate = stats.figures.errors_per_hour().filter(|_| !stats.figures.is_young())?;
    if rate <= ERRORS_PER_HOUR {
        return None;
    }
    let id = &stats.id;
    Some(Insight {
        kind: InsightKind::FrequentErrors,
        worker: Some(id.clone()),
        value: rate,
        threshold: ERRORS_PER_HOUR,
        text: format!("{rate:.1} tasks of {id} fail an hour, over {ERRORS_PER_HOUR:.0}."),
        recommendation: "Group its errors by what they say, and deal with the most frequent first."
            .to_owned(),
    })
}

fn utilisation(stats: &WorkerStats) -> Option<Insight> {
    let workload = stats.figures.workload.filter(|workload| *workload > UTILISATION)?;
    let id = &stats.id;
    Some(Insight {
        kind: InsightKind::HighUtilisation,
        worker: Some(id.clone()),
        value: workload,
        threshold: UTILISATION,
        text: format!(
            "{id} is at {} of what it can take, over {}.",
            shown::percent(workload),
            shown::percent(UTILISATION),
        ),
        recommendation:
            "Add capacity, or move tasks to others: waiting times grow steeply from here."
                .to_owned(),
    })
}

impl Fleet {
    /// What stands out now.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().insights().is_empty());
    /// ```
    #[must_use]
    pub fn insights(&self) -> Vec<Insight> {
        let workers = self.workers();
        let of: Vec<_> =
            workers.iter().map(|worker| (worker.stats(), worker.throughput())).collect();
        insights(&of)
    }
}
