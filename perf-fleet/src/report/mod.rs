//! What happened in a period, for people and for programs.

mod advice;
mod html;
mod markdown;
mod page;
mod period;
pub(crate) mod shown;
mod totals;
mod worker;

pub use period::{PeriodComparison, WorkerChange};
pub use totals::Totals;
pub use worker::{HealthPoint, WorkerReport};

use crate::{
    bottleneck::{self, Bottleneck},
    efficiency::{Efficiency, Insight, Throughput, insights},
    fleet::Fleet,
    history::Period,
    score::Status,
    stats::WorkerStats,
};
use serde::Serialize;
use std::time::SystemTime;

const TOP_WORKERS: usize = 10;
const TOP_BOTTLENECKS: usize = 20;

/// How many workers have each status.
///
/// ```
/// use perf_fleet::report::Counts;
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").set_workload(96.0);
/// let counts = Counts::of(&fleet.stats());
/// assert_eq!((counts.healthy, counts.failing), (0, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub workers: usize,
    /// Those that are well.
    pub healthy: usize,
    /// Those where something is amiss.
    pub degraded: usize,
    /// Those with too much to do.
    pub overloaded: usize,
    /// Those not to be relied on.
    pub failing: usize,
}

impl Counts {
    /// Of these workers.
    ///
    /// ```
    /// assert_eq!(perf_fleet::report::Counts::of(&[]).workers, 0);
    /// ```
    #[must_use]
    pub fn of(workers: &[WorkerStats]) -> Self {
        let mut counts = Self { workers: workers.len(), ..Self::default() };
        for worker in workers {
            *match worker.health.status {
                Status::Healthy => &mut counts.healthy,
                Status::Degraded => &mut counts.degraded,
                Status::Overloaded => &mut counts.overloaded,
                Status::Failing => &mut counts.failing,
            } += 1;
        }
        counts
    }
}

/// One of the best workers.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("w1").record_task(std::time::Duration::from_secs(9), true);
/// let report = fleet.generate_report(std::time::UNIX_EPOCH, fleet.now(), None);
/// assert_eq!((report.top[0].id.as_str(), report.top[0].completed), ("w1", 1));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopWorker {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// Its health, 0 to 100.
    pub health: f64,
    /// What that comes to.
    pub status: Status,
    /// How efficient it is, 0 to 1.
    pub efficiency: Option<f64>,
    /// Tasks that ended well.
    pub completed: u64,
    /// Failed tasks of all, 0 to 1.
    pub error_rate: Option<f64>,
    /// The mean duration of a task, in seconds.
    pub mean_seconds: Option<f64>,
}

impl TopWorker {
    fn of(stats: &WorkerStats) -> Self {
        Self {
            id: stats.id.clone(),
            name: stats.name.clone(),
            domain: stats.domain.clone(),
            health: stats.health.total,
            status: stats.health.status,
            efficiency: Efficiency::of(&stats.figures).map(|efficiency| efficiency.score),
            completed: stats.figures.completed,
            error_rate: stats.figures.error_rate,
            mean_seconds: stats.figures.mean_seconds,
        }
    }
}

/// What the workers of a fleet, or of one domain, did in a period.
///
/// Periods are taken to the minute; beyond the last two hours to the quarter of an hour. Of resources,
/// latencies, and tasks and messages under way nothing is kept: they are those of now in a period that
/// reaches up to now, and unknown in others.
///
/// ```
/// use std::time::Duration;
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.worker("AGENT_54").domain("Platform").record_task(Duration::from_secs(90), true);
/// let now = fleet.now();
/// let report = fleet.generate_report(now - Duration::from_secs(3_600), now, Some("Platform"));
/// assert_eq!((report.counts.healthy, report.totals.completed), (1, 1));
/// assert!(report.to_markdown().starts_with("# Fleet report: Platform\n"));
/// assert!(report.to_html().contains("<td>AGENT_54</td>"));
/// let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
/// assert_eq!(json["counts"]["healthy"], 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FleetReport {
    /// The period's beginning.
    #[serde(serialize_with = "shown::serialize_time")]
    pub start: SystemTime,
    /// Its end.
    #[serde(serialize_with = "shown::serialize_time")]
    pub end: SystemTime,
    /// The domain; `None` for all.
    pub domain: Option<String>,
    /// How many workers have each status.
    pub counts: Counts,
    /// The mean of their health scores; `None` without a worker.
    pub average_health: Option<f64>,
    /// What all did together.
    pub totals: Totals,
    /// The best ten of those that did something: by health, then by efficiency.
    pub top: Vec<TopWorker>,
    /// The worst twenty bottlenecks.
    pub bottlenecks: Vec<Bottleneck>,
    /// How many bottlenecks there are in all.
    pub bottleneck_count: usize,
    /// What stands out.
    pub insights: Vec<Insight>,
    /// What to do, the most urgent first.
    pub recommendations: Vec<String>,
    /// Against the period before, which is as long.
    pub comparison: PeriodComparison,
}

impl FleetReport {
    /// As JSON. Times are as in RFC 3339, in UTC.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let epoch = std::time::UNIX_EPOCH;
    /// let json = fleet.generate_report(epoch, epoch, None).to_json();
    /// assert!(json.contains(r#""start": "1970-01-01T00:00:00Z""#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        json(self)
    }

    /// As GitHub Flavored Markdown.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let text = fleet.generate_report(std::time::UNIX_EPOCH, fleet.now(), None).to_markdown();
    /// assert!(text.starts_with("# Fleet report\n"));
    /// ```
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::write(&page::of_fleet(self))
    }

    /// As a page of HTML that needs nothing else.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let _ = fleet.worker("w1").name("<b>").domain("a & b").record_task(Default::default(), true);
    /// let page = fleet.generate_report(std::time::UNIX_EPOCH, fleet.now(), None).to_html();
    /// assert!(page.contains("&lt;b&gt;") && page.contains("a &amp; b") && !page.contains("<b>"));
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        html::write(&page::of_fleet(self))
    }
}

/// Nothing of ours fails to be JSON: keys are text, and numbers that are none become `null`.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

impl Fleet {
    /// What the workers of a domain, or of all, did from `start` to `end`; the two may be the wrong way
    /// round.
    ///
    /// ```
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let report = fleet.generate_report(std::time::UNIX_EPOCH, fleet.now(), None);
    /// assert_eq!((report.counts.workers, report.average_health), (0, None));
    /// ```
    #[must_use]
    pub fn generate_report(
        &self,
        start: SystemTime,
        end: SystemTime,
        domain: Option<&str>,
    ) -> FleetReport {
        let period = Period::new(start, end);
        let mut workers = self.workers();
        workers.retain(|worker| domain.is_none_or(|domain| *worker.state().domain == *domain));
        let stats: Vec<_> = workers.iter().map(|of| of.stats_of(period)).collect();
        let mut bottlenecks = bottleneck::detect(&stats, &self.shared.context.settings.thresholds);
        let each = workers.iter().zip(&stats);
        let each: Vec<(_, Throughput)> =
            each.map(|(of, stats)| (stats.clone(), of.throughput_before(period.to))).collect();
        let insights = insights(&each);
        let health: f64 = stats.iter().map(|stats| stats.health.total).sum();
        let recommendations = advice::of(&stats, &bottlenecks, &insights);
        let bottleneck_count = bottlenecks.len();
        bottlenecks.truncate(TOP_BOTTLENECKS);
        FleetReport {
            start: period.start,
            end: period.end,
            domain: domain.map(ToOwned::to_owned),
            counts: Counts::of(&stats),
            average_health: (!stats.is_empty()).then(|| health / stats.len() as f64),
            totals: Totals::of(&workers, period),
            top: top(&stats),
            bottlenecks,
            bottleneck_count,
            insights,
            recommendations,
            comparison: PeriodComparison::of(&workers, &stats, period),
        }
    }
}

fn top(stats: &[WorkerStats]) -> Vec<TopWorker> {
    let active = stats.iter().filter(|stats| stats.figures.ended() > 0);
    let mut top: Vec<_> = active.map(TopWorker::of).collect();
    top.sort_by(|a, b| {
        let efficiency = |of: &TopWorker| of.efficiency.unwrap_or_default();
        let by_efficiency = efficiency(b).total_cmp(&efficiency(a));
        let by_health = b.health.total_cmp(&a.health);
        by_health.then(by_efficiency).then(b.completed.cmp(&a.completed))
    });
    top.truncate(TOP_WORKERS);
    top
}
