//! What one worker did in a period.

use super::{PeriodComparison, Totals, html, json, markdown, page, shown};
use crate::{
    bottleneck::{self, Bottleneck},
    efficiency::{Efficiency, KindEfficiency, Recovery},
    fleet::Fleet,
    history::Period,
    score::HealthScore,
    stats::WorkerStats,
    worker::Worker,
    workload::Workload,
};
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// Points of a worker's health in its report.
const POINTS: u32 = 24;
/// The most points that are worked out.
const MOST_POINTS: usize = 10_000;

/// How a worker was in a step of a period.
///
/// ```
/// use std::time::Duration;
/// let fleet = perf_fleet::Fleet::builder().build();
/// let worker = fleet.worker("w1");
/// worker.record_task(Duration::from_secs(1), true);
/// let (now, minute) = (fleet.now(), Duration::from_secs(60));
/// let points = worker.health_over_time(now - 2 * minute, now + minute, minute);
/// assert_eq!(points.iter().filter(|point| point.health.is_some()).count(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HealthPoint {
    /// The step's beginning.
    #[serde(serialize_with = "shown::serialize_time")]
    pub at: SystemTime,
    /// 0 to 100; `None` where nothing was heard of it in the step.
    pub health: Option<f64>,
}

/// What one worker did in a period.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").name("Builds").record_task(std::time::Duration::from_secs(9), true);
/// let report = fleet.worker_report("w1", std::time::UNIX_EPOCH, fleet.now()).unwrap();
/// assert_eq!(report.totals.completed, 1);
/// assert!(report.to_markdown().starts_with("# Builds \\(w1\\)\n"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerReport {
    /// The period's beginning.
    #[serde(serialize_with = "shown::serialize_time")]
    pub start: SystemTime,
    /// Its end.
    #[serde(serialize_with = "shown::serialize_time")]
    pub end: SystemTime,
    /// What is known of it in the period.
    pub stats: WorkerStats,
    /// Its tasks.
    pub totals: Totals,
    /// How efficient it was.
    pub efficiency: Option<Efficiency>,
    /// How efficient it is at each kind of task, since it was first seen.
    pub kinds: Vec<KindEfficiency>,
    /// How it came back from errors.
    pub recovery: Recovery,
    /// What is beyond its threshold, the worst first.
    pub bottlenecks: Vec<Bottleneck>,
    /// Its health in 24 steps of the period.
    pub health: Vec<HealthPoint>,
    /// What to do.
    pub recommendations: Vec<String>,
    /// Against the period before.
    pub comparison: PeriodComparison,
}

impl WorkerReport {
    /// As JSON, see [`FleetReport::to_json`](super::FleetReport::to_json).
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let _ = fleet.worker("w1");
    /// let report = fleet.worker_report("w1", std::time::UNIX_EPOCH, fleet.now()).unwrap();
    /// assert!(report.to_json().contains(r#""id": "w1""#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        json(self)
    }

    /// As GitHub Flavored Markdown.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let _ = fleet.worker("w1");
    /// let report = fleet.worker_report("w1", std::time::UNIX_EPOCH, fleet.now()).unwrap();
    /// assert!(report.to_markdown().contains("\n## Health\n"));
    /// ```
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::write(&page::of_worker(self))
    }

    /// As a page of HTML that needs nothing else.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let _ = fleet.worker("w1");
    /// let report = fleet.worker_report("w1", std::time::UNIX_EPOCH, fleet.now()).unwrap();
    /// assert!(report.to_html().starts_with("<!doctype html>"));
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        html::write(&page::of_worker(self))
    }
}

impl Worker {
    /// Its health in steps of at least a minute; 10,000 at most. What is older than two hours is only
    /// known by the quarter of an hour, and stands at the first minute of it.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1");
    /// let hour = Duration::from_secs(3_600);
    /// let points = worker.health_over_time(UNIX_EPOCH, UNIX_EPOCH + hour, hour / 4);
    /// assert!(points.len() == 4 && points.iter().all(|point| point.health.is_none()));
    /// ```
    #[must_use]
    pub fn health_over_time(
        &self,
        start: SystemTime,
        end: SystemTime,
        step: Duration,
    ) -> Vec<HealthPoint> {
        let step = step.max(Duration::from_secs(60));
        let next = |at: &SystemTime| at.checked_add(step).filter(|at| *at < end);
        let steps = std::iter::successors(Some(start).filter(|at| *at < end), next);
        let (period, (state, now)) = (Period::new(start, end), self.current());
        let point = |at: SystemTime| {
            let part = period.part(at, at.checked_add(step).unwrap_or(end));
            let health = || HealthScore::of(&state.period(part, now)).total;
            HealthPoint { at, health: state.is_known(part, now).then(health) }
        };
        steps.take(MOST_POINTS).map(point).collect()
    }
}

impl Fleet {
    /// What one worker did from `start` to `end`; `None` of one that is not known.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// assert!(fleet.worker_report("w1", std::time::UNIX_EPOCH, fleet.now()).is_none());
    /// ```
    #[must_use]
    pub fn worker_report(
        &self,
        id: &str,
        start: SystemTime,
        end: SystemTime,
    ) -> Option<WorkerReport> {
        let period = Period::new(start, end);
        let worker = self.get(id)?;
        let stats = worker.stats_of(period);
        let thresholds = &self.shared.context.settings.thresholds;
        // All of its domain, for it is compared with its peers.
        let mut peers = vec![stats.clone()];
        let others = self.workers().into_iter().filter(|other| other.id() != id);
        let others = others.map(|other| other.stats_of(period));
        peers.extend(others.filter(|other| other.domain == stats.domain));
        let mut bottlenecks = bottleneck::detect(&peers, thresholds);
        bottlenecks.retain(|found| found.worker == id);
        let mut recommendations: Vec<_> =
            bottlenecks.iter().map(|found| found.recommendation.clone()).collect();
        let busy = stats.workload_status.filter(|status| *status > Workload::Healthy);
        recommendations.extend(busy.map(|status| status.action().to_owned()));
        let step = period.end.duration_since(period.start).unwrap_or_default() / POINTS;
        let only = std::slice::from_ref(&worker);
        Some(WorkerReport {
            start: period.start,
            end: period.end,
            totals: Totals::of(only, period),
            efficiency: Efficiency::of(&stats.figures),
            kinds: self.kinds(id),
            recovery: worker.recovery(period.start, period.end),
            health: worker.health_over_time(period.start, period.end, step),
            comparison: PeriodComparison::of(only, std::slice::from_ref(&stats), period),
            stats,
            bottlenecks,
            recommendations,
        })
    }
}
