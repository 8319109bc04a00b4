//! What to do, from all that was found.

use crate::{
    balance::{Distribution, IMBALANCE},
    bottleneck::{Bottleneck, BottleneckKind, Severity},
    efficiency::Insight,
    predict::{Scaling, ScalingAdvice},
    report::shown,
    stats::WorkerStats,
};
use std::collections::{BTreeMap, BTreeSet};

/// Workers that are named; of more only how many there are.
const NAMED: usize = 3;

pub(super) fn of(
    workers: &[WorkerStats],
    bottlenecks: &[Bottleneck],
    insights: &[Insight],
) -> Vec<String> {
    let mut advice = of_bottlenecks(bottlenecks);
    let imbalance = Distribution::of(workers).imbalance;
    if imbalance > IMBALANCE {
        advice.push(format!(
            "Rebalance: {} of all tasks would have to move for each worker to have its fair share.",
            shown::rate(imbalance),
        ));
    }
    let scaling = Scaling::of(workers);
    if matches!(scaling.advice, ScalingAdvice::Add(_) | ScalingAdvice::Remove(_)) {
        advice.push(scaling.text);
    }
    advice.extend(of_insights(insights));
    advice
}

/// One for each kind of bottleneck, the most severe first.
fn of_bottlenecks(bottlenecks: &[Bottleneck]) -> Vec<String> {
    let mut kinds: BTreeMap<BottleneckKind, (Severity, BTreeSet<&str>)> = BTreeMap::new();
    for found in bottlenecks {
        let (worst, workers) = kinds.entry(found.kind).or_insert((found.severity, BTreeSet::new()));
        *worst = found.severity.max(*worst);
        workers.insert(&found.worker);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by(|(_, a), (_, b)| b.0.cmp(&a.0).then(b.1.len().cmp(&a.1.len())));
    let sentence = |(kind, (severity, workers)): (BottleneckKind, (Severity, BTreeSet<&str>))| {
        format!("{kind} of {} ({severity}): {}", names(&workers), kind.recommendation())
    };
    kinds.into_iter().map(sentence).collect()
}

fn of_insights(insights: &[Insight]) -> Vec<String> {
    let mut kinds: BTreeMap<_, (BTreeSet<&str>, &Insight)> = BTreeMap::new();
    for insight in insights {
        let (workers, _) = kinds.entry(insight.kind).or_insert((BTreeSet::new(), insight));
        workers.extend(insight.worker.as_deref());
    }
    let sentence = |(mut workers, insight): (BTreeSet<&str>, &Insight)| {
        let Insight { worker, text, recommendation, .. } = insight;
        workers.retain(|id| Some(*id) != worker.as_deref());
        if workers.is_empty() {
            return format!("{text} {recommendation}");
        }
        format!("{text} So it is with {}. {recommendation}", names(&workers))
    };
    kinds.into_values().map(sentence).collect()
}

fn names(workers: &BTreeSet<&str>) -> String {
    let named: Vec<_> = workers.iter().take(NAMED).copied().collect();
    match workers.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
