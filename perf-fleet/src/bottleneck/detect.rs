//! Figures against thresholds.

use super::{Bottleneck, BottleneckKind as Kind, Severity, Thresholds};
use crate::{report::shown, stats::WorkerStats};
use std::collections::BTreeMap;

/// The bottlenecks of these workers, the worst first: by severity, then by how far beyond.
///
/// ```
/// use perf_fleet::bottleneck::{BottleneckKind, Thresholds, detect};
/// let fleet = perf_fleet::Fleet::builder().build();
/// for n in 0..100 {
///     fleet.worker("w1").record_task(std::time::Duration::from_secs(1), n >= 6);
/// }
/// let found = detect(&fleet.stats(), &Thresholds::default());
/// assert_eq!((found.len(), found[0].kind), (1, BottleneckKind::ErrorRate));
/// assert_eq!(found[0].issue, "The error rate of w1 is 6.0 %, over 5.0 %.");
/// ```
#[must_use]
pub fn detect(workers: &[WorkerStats], thresholds: &Thresholds) -> Vec<Bottleneck> {
    let peers = Means::of(workers);
    let mut found = Vec::new();
    for worker in workers {
        let mut finder = Finder { worker, found: &mut found };
        finder.tasks(thresholds);
        finder.slow_worker(thresholds, &peers);
        finder.machine(thresholds);
        finder.latencies(thresholds);
    }
    found.sort_by(|a, b| {
        let excess = b.excess().total_cmp(&a.excess());
        b.severity.cmp(&a.severity).then(excess).then_with(|| a.worker.cmp(&b.worker))
    });
    found
}

struct Finder<'a> {
    worker: &'a WorkerStats,
    found: &'a mut Vec<Bottleneck>,
}

impl Finder<'_> {
    fn tasks(&mut self, thresholds: &Thresholds) {
        let of = self.worker.figures;
        // A rate that the worker said itself is of as many tasks as it knows of.
        let is_enough = of.ended() == 0 || of.ended() >= thresholds.least_tasks;
        if let Some(rate) = of.error_rate.filter(|_| is_enough) {
            self.add(Kind::ErrorRate, rate, thresholds.error_rate.above(rate));
        }
        if let Some(mean) = of.mean_seconds {
            self.add(Kind::Duration, mean, thresholds.mean_seconds.above(mean));
        }
        if let Some(workload) = of.workload {
            self.add(Kind::Workload, workload, thresholds.workload.above(workload));
        }
        if let Some(rate) = of.cache_hit_rate {
            self.add(Kind::CacheHitRate, rate, thresholds.cache_hit_rate.below(rate));
        }
        let (queue, messages) = (of.queue_depth as f64, of.message_queue as f64);
        self.add(Kind::QueueDepth, queue, thresholds.queue_depth.above(queue));
        self.add(Kind::MessageQueue, messages, thresholds.message_queue.above(messages));
    }

    fn slow_worker(&mut self, thresholds: &Thresholds, means: &Means) {
        let limits = thresholds.peers;
        let Some(mean) = self.worker.figures.mean_seconds else { return };
        let Some(median) = means.of_peers(self.worker, mean, limits.least) else { return };
        let threshold = limits.seconds.max(limits.ratio * median);
        let level = (mean > threshold).then_some((Severity::Medium, threshold));
        self.add(Kind::SlowWorker, mean, level);
        if let (Some(_), Some(last)) = (level, self.found.last_mut()) {
            last.metrics.push(("median_of_peers_seconds", median));
        }
    }

    fn machine(&mut self, thresholds: &Thresholds) {
        let of = self.worker.figures;
        let used = [
            (Kind::Cpu, of.cpu_percent),
            (Kind::Memory, of.memory_percent),
            (Kind::Disk, of.disk_percent),
        ];
        for (kind, percent) in used {
            if let Some(percent) = percent {
                self.add(kind, percent, thresholds.resources.above(percent));
            }
        }
    }

    fn latencies(&mut self, thresholds: &Thresholds) {
        for (other, seconds) in &self.worker.latencies {
            let level = thresholds.latency_seconds.above(*seconds);
            self.add(Kind::Latency, *seconds, level);
            if let (Some((_, threshold)), Some(last)) = (level, self.found.last_mut()) {
                last.issue = format!(
                    "It takes {} from {} to {other}, over {}.",
                    shown::seconds(*seconds),
                    self.worker.id,
                    shown::seconds(threshold),
                );
            }
        }
    }

    fn add(&mut self, kind: Kind, value: f64, level: Option<(Severity, f64)>) {
        let Some((severity, threshold)) = level else { return };
        let WorkerStats { id, domain, figures, .. } = self.worker;
        let side = if value < threshold { "below" } else { "over" };
        let (shown, limit) = (show(kind, value), show(kind, threshold));
        self.found.push(Bottleneck {
            worker: id.clone(),
            domain: domain.clone(),
            kind,
            severity,
            value,
            threshold,
            issue: format!("The {} of {id} is {shown}, {side} {limit}.", noun(kind)),
            recommendation: kind.recommendation().to_owned(),
            metrics: vec![
                ("tasks", figures.ended() as f64),
                ("failed", figures.failed as f64),
                ("queue_depth", figures.queue_depth as f64),
                ("concurrent", figures.concurrent as f64),
            ],
        });
    }
}

fn noun(kind: Kind) -> String {
    match kind {
        Kind::Duration | Kind::SlowWorker => "mean task duration".to_owned(),
        Kind::Cpu | Kind::Memory | Kind::Disk => format!("use of {kind}"),
        _ => kind.to_string(),
    }
}

fn show(kind: Kind, value: f64) -> String {
    match kind {
        Kind::ErrorRate | Kind::CacheHitRate => shown::rate(value),
        Kind::Duration | Kind::SlowWorker | Kind::Latency => shown::seconds(value),
        Kind::Workload | Kind::Cpu | Kind::Memory | Kind::Disk => shown::percent(value),
        Kind::QueueDepth | Kind::MessageQueue => format!("{value}"),
    }
}

/// The means of the workers of each domain, rising.
struct Means<'a>(BTreeMap<&'a str, Vec<f64>>);

impl<'a> Means<'a> {
    fn of(workers: &'a [WorkerStats]) -> Self {
        let mut means: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for worker in workers {
            if let Some(mean) = worker.figures.mean_seconds {
                means.entry(&worker.domain).or_default().push(mean);
            }
        }
        means.values_mut().for_each(|means| means.sort_by(f64::total_cmp));
        Self(means)
    }

    /// The median of all but its own, if there are at least so many others.
    fn of_peers(&self, worker: &WorkerStats, own: f64, least: usize) -> Option<f64> {
        let means = self.0.get(worker.domain.as_str())?;
        let at = means.partition_point(|mean| mean.total_cmp(&own).is_lt());
        let others = means.len().checked_sub(1).filter(|others| *others >= least.max(1))?;
        let other = |n: usize| means.get(if n < at { n } else { n + 1 }).copied();
        Some(f64::midpoint(other((others - 1) / 2)?, other(others / 2)?))
    }
}
