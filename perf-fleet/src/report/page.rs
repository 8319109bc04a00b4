//! A report as headings, lists and tables: what Markdown and HTML are both made of.

use super::{FleetReport, PeriodComparison, Totals, WorkerReport, shown};
use crate::{bottleneck::Bottleneck, efficiency::Insight};

const MOST_INSIGHTS: usize = 20;

pub(super) struct Page {
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
}

pub(super) struct Section {
    /// None at the top.
    pub(super) title: &'static str,
    pub(super) content: Content,
}

pub(super) enum Content {
    List(Vec<String>),
    Table { titles: Vec<&'static str>, rows: Vec<Vec<String>> },
}

impl Page {
    fn list(&mut self, title: &'static str, items: Vec<String>) {
        if !items.is_empty() {
            self.sections.push(Section { title, content: Content::List(items) });
        }
    }

    fn table<const N: usize>(
        &mut self,
        title: &'static str,
        titles: [&'static str; N],
        rows: Vec<[String; N]>,
    ) {
        if !rows.is_empty() {
            let rows = rows.into_iter().map(Vec::from).collect();
            let content = Content::Table { titles: titles.to_vec(), rows };
            self.sections.push(Section { title, content });
        }
    }
}

fn score(of: f64) -> String {
    format!("{of:.1}")
}

pub(super) fn of_fleet(report: &FleetReport) -> Page {
    let title = match &report.domain {
        Some(domain) => format!("Fleet report: {domain}"),
        None => "Fleet report".to_owned(),
    };
    let mut page = Page { title, sections: Vec::new() };
    let counts = report.counts;
    page.list(
        "",
        vec![
            format!("From {} to {}", shown::time(report.start), shown::time(report.end)),
            format!(
                "{} workers: {} healthy, {} degraded, {} overloaded, {} failing",
                counts.workers, counts.healthy, counts.degraded, counts.overloaded, counts.failing,
            ),
            format!("Average health: {}", shown::known(report.average_health, score)),
        ],
    );
    page.list("What to do", report.recommendations.clone());
    page.bottlenecks(&report.bottlenecks);
    let top = report.top.iter().map(|of| {
        [
            of.id.clone(),
            of.name.clone(),
            of.domain.clone(),
            score(of.health),
            of.status.to_string(),
            shown::known(of.efficiency, |score| format!("{score:.2}")),
            of.completed.to_string(),
            shown::known(of.error_rate, shown::rate),
            shown::known(of.mean_seconds, shown::seconds),
        ]
    });
    let titles =
        ["id", "name", "domain", "health", "status", "efficiency", "completed", "errors", "mean"];
    page.table("Best workers", titles, top.collect());
    page.comparison(&report.totals, &report.comparison);
    page.list("What stands out", insights(&report.insights));
    page
}

/// The first ones; of many workers there may be very many.
fn insights(all: &[Insight]) -> Vec<String> {
    let more = all.len().saturating_sub(MOST_INSIGHTS);
    let first = all.iter().take(MOST_INSIGHTS).map(|insight| insight.text.clone());
    first.chain((more > 0).then(|| format!("{more} more like these"))).collect()
}

pub(super) fn of_worker(report: &WorkerReport) -> Page {
    let stats = &report.stats;
    let mut page = Page { title: format!("{} ({})", stats.name, stats.id), sections: Vec::new() };
    page.list("", glance(report));
    let parts = stats.health.parts.iter().map(|part| {
        let value = shown::known(part.value, |value| format!("{value:.2}"));
        [part.kind.to_string(), value, score(part.points), score(part.weight)]
    });
    page.table("Health", ["part", "value", "points", "of"], parts.collect());
    page.list("What to do", report.recommendations.clone());
    page.bottlenecks(&report.bottlenecks);
    let kinds = report.kinds.iter().map(|of| {
        [
            of.kind.clone(),
            of.efficiency.tasks.to_string(),
            shown::seconds(of.mean_seconds),
            shown::rate(of.efficiency.success),
            format!("{:.2}", of.efficiency.score),
        ]
    });
    let titles = ["kind", "tasks", "mean", "success", "efficiency"];
    page.table("Kinds of tasks", titles, kinds.collect());
    page.comparison(&report.totals, &report.comparison);
    let metadata = stats.metadata.iter().map(|(key, value)| format!("{key}: {value}"));
    page.list("Also known", metadata.collect());
    page
}

fn glance(report: &WorkerReport) -> Vec<String> {
    let stats = &report.stats;
    let efficiency = report.efficiency.map(|efficiency| efficiency.score);
    let mut items = vec![
        format!("From {} to {}", shown::time(report.start), shown::time(report.end)),
        format!("Domain: {}", if stats.domain.is_empty() { "–" } else { &stats.domain }),
        format!("Health: {}, {}", score(stats.health.total), stats.health.status),
        format!("Efficiency: {}", shown::known(efficiency, |score| format!("{score:.2}"))),
        format!("Workload: {}", shown::known(stats.figures.workload, shown::percent)),
    ];
    if let Some(mean) = report.recovery.mean_seconds {
        let (times, mean) = (report.recovery.episodes, shown::seconds(mean));
        items.push(format!("Recovered from errors: {times} times, in {mean} on average"));
    }
    items
}

impl Page {
    fn bottlenecks(&mut self, found: &[Bottleneck]) {
        let rows = found.iter().map(|of| {
            [
                of.severity.to_string(),
                of.worker.clone(),
                of.issue.clone(),
                of.recommendation.clone(),
            ]
        });
        self.table("Bottlenecks", ["severity", "worker", "issue", "what to do"], rows.collect());
    }

    fn comparison(&mut self, now: &Totals, of: &PeriodComparison) {
        let rows = totals(&of.previous, of.average_health_before).into_iter();
        let rows = rows.zip(totals(now, of.average_health));
        let rows = rows.map(|((name, before), (_, now))| [name.to_owned(), before, now]);
        self.table("Against the period before", ["", "before", "now"], rows.collect());
        let mut changes = Vec::new();
        for (what, list) in [("slower", &of.slower), ("faster", &of.faster)] {
            changes.extend(list.iter().map(|of| {
                let percent = |shift: f64| format!("{:+.0} %", shift * 100.0);
                let shift = shown::known(of.median_shift, percent);
                format!("{} is {what}: its median by {shift}", of.worker)
            }));
        }
        for (what, list) in [("more", &of.more_errors), ("fewer", &of.fewer_errors)] {
            changes.extend(list.iter().map(|of| {
                let rates = [of.error_rate_before, of.error_rate_after];
                let [before, after] = rates.map(|rate| shown::known(rate, shown::rate));
                format!("{} has {what} errors: {after}, not {before}", of.worker)
            }));
        }
        self.list("Changes beyond chance", changes);
    }
}

fn totals(of: &Totals, health: Option<f64>) -> [(&'static str, String); 8] {
    let seconds = |value| shown::known(value, shown::seconds);
    [
        ("completed", of.completed.to_string()),
        ("failed", of.failed.to_string()),
        ("error rate", shown::known(of.error_rate, shown::rate)),
        ("tasks an hour", shown::known(of.per_hour, score)),
        ("mean", seconds(of.mean_seconds)),
        ("p50", seconds(of.p50_seconds)),
        ("p95", seconds(of.p95_seconds)),
        ("health", shown::known(health, score)),
    ]
}
