//! From windows to values: a plain function of snapshots.

use super::{measure::Measure, rule::Rule, selector::Selector, statistic::Statistic};
use perf_core::{Metric, MetricValue, Operation, OperationParts, Snapshot, SnapshotParts};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

/// What tells a series from others: its name, as `operation` or `metric`, and its labels.
pub(super) type Labels = BTreeMap<String, String>;

/// A value, and of how many calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) value: f64,
    n: u64,
}

pub(super) type Readings = BTreeMap<Labels, Reading>;

/// The windows of one evaluation, each merged once for all rules.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) total: Option<&'a Snapshot>,
    pub(super) windows: BTreeMap<Duration, Snapshot>,
}

impl View<'_> {
    /// The values of a rule's series, of those that have enough calls.
    pub(super) fn read(&self, rule: &Rule) -> Readings {
        let of = |statistic: &Statistic, over| self.statistic(statistic, over, rule);
        let mut readings = match &rule.measure {
            Measure::Now(statistic) | Measure::Slope { of: statistic, .. } => {
                of(statistic, rule.over)
            }
            Measure::ShareOfHistory { of: statistic, history } => {
                if !self.can_tell(rule) {
                    return Readings::new();
                }
                let share = |now, then| share(statistic, now, then);
                join(&of(statistic, rule.over), &of(statistic, *history), share)
            }
            Measure::ErrorSpike { history } => {
                let [now, then] = [rule.over, *history].map(|over| of(&Statistic::ErrorRate, over));
                join(&now, &then, spike)
            }
            Measure::BurnRate { objective, short } => {
                let [long, short] = [rule.over, *short].map(|over| of(&Statistic::ErrorRate, over));
                let value = |value: f64| value / (1.0 - objective);
                let burn = |long: Reading, short: Reading| {
                    Some(Reading { value: value(long.value.min(short.value)), n: long.n })
                };
                join(&long, &short, burn)
            }
        };
        readings.retain(|_, reading| reading.n >= rule.minimum && !reading.value.is_nan());
        readings
    }

    /// Whether it is too early to tell: there is not enough of a history to be a share of.
    pub(super) fn can_tell(&self, rule: &Rule) -> bool {
        let Measure::ShareOfHistory { history, .. } = rule.measure else { return true };
        let covered = self.windows.get(&history).map(Snapshot::elapsed);
        // Not all of it: windows are somewhat shorter than asked for.
        covered >= Some(rule.over.saturating_mul(4).min(history / 4 * 3))
    }

    fn statistic(&self, statistic: &Statistic, over: Duration, rule: &Rule) -> Readings {
        let Some(total) = self.total else { return Readings::new() };
        if matches!(statistic, Statistic::Gauge | Statistic::InFlight) {
            return last(total, statistic, rule);
        }
        let Some(window) = self.windows.get(&over) else { return Readings::new() };
        match statistic {
            Statistic::CounterRate => rates(total, window, rule),
            Statistic::Ratio { part, whole } => ratios(window, part, whole, rule.together),
            _ => calls(total, window, statistic, rule),
        }
    }
}

/// What both have.
fn join(
    now: &Readings,
    then: &Readings,
    both: impl Fn(Reading, Reading) -> Option<Reading>,
) -> Readings {
    let joined = now
        .iter()
        .filter_map(|(labels, now)| Some((labels.clone(), both(*now, *then.get(labels)?)?)));
    joined.collect()
}

fn share(statistic: &Statistic, now: Reading, then: Reading) -> Option<Reading> {
    let n = if statistic.counts_calls() { then.n } else { now.n.min(then.n) };
    (then.value > 0.0).then(|| Reading { value: now.value / then.value, n })
}

/// `then` holds `now` too, which is taken off.
fn spike(now: Reading, then: Reading) -> Option<Reading> {
    let errors = |of: Reading| of.value * of.n as f64;
    let calls = then.n.checked_sub(now.n).filter(|calls| *calls > 0)?;
    let before = (errors(then) - errors(now)).round().max(1.0) / calls as f64;
    Some(Reading { value: now.value / before, n: now.n })
}

/// Gauges and calls in flight, as they were last.
fn last(total: &Snapshot, statistic: &Statistic, rule: &Rule) -> Readings {
    let reading = |value| Reading { value, n: u64::MAX };
    if *statistic == Statistic::InFlight {
        let operations = operations(total, &rule.of, rule.together).into_iter();
        let running = operations.filter_map(|(labels, operation)| {
            Some((labels, reading(operation.in_flight()?.count as f64)))
        });
        return running.collect();
    }
    let gauges = sums(total, &rule.of, rule.together, |value| match value {
        MetricValue::Gauge(value) => Some(*value),
        _ => None,
    });
    gauges.into_iter().map(|(labels, value)| (labels, reading(value))).collect()
}

/// Statistics of calls.
fn calls(total: &Snapshot, window: &Snapshot, statistic: &Statistic, rule: &Rule) -> Readings {
    let elapsed = window.elapsed().as_secs_f64();
    let now = operations(window, &rule.of, rule.together).into_iter();
    let now = now.filter_map(|(labels, of)| Some((labels, of_calls(&of, statistic, elapsed)?)));
    let mut readings: Readings = now.collect();
    if statistic.counts_calls() && elapsed > 0.0 {
        for labels in operations(total, &rule.of, rule.together).into_keys() {
            readings.entry(labels).or_insert(Reading { value: 0.0, n: 0 });
        }
    }
    readings
}

fn of_calls(operation: &Operation, statistic: &Statistic, elapsed: f64) -> Option<Reading> {
    let (count, timed) = (operation.count(), operation.timed());
    let seconds = |duration: Option<Duration>| Some((duration?.as_secs_f64(), timed));
    let (value, n) = match statistic {
        Statistic::Percentile(percentile) => seconds(operation.percentile(*percentile))?,
        Statistic::Mean => seconds(operation.mean())?,
        Statistic::Min => seconds(operation.min())?,
        Statistic::Max => seconds(operation.max())?,
        Statistic::Count => (count as f64, count),
        Statistic::Rate => (per(count as f64, elapsed)?, count),
        Statistic::ErrorRate => (operation.error_rate()?, timed),
        _ => return None,
    };
    Some(Reading { value, n })
}

fn per(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn rates(total: &Snapshot, window: &Snapshot, rule: &Rule) -> Readings {
    let now = counters(window, &rule.of, rule.together);
    let elapsed = window.elapsed().as_secs_f64();
    let known = counters(total, &rule.of, rule.together).into_keys().filter_map(|labels| {
        let count = now.get(&labels).copied().unwrap_or_default();
        Some((labels, Reading { value: per(count, elapsed)?, n: count as u64 }))
    });
    known.collect()
}

fn ratios(window: &Snapshot, part: &[Selector], whole: &[Selector], together: bool) -> Readings {
    // A name is of one counter, the ratio of several.
    let sum = |selectors: &[Selector]| {
        let mut all = BTreeMap::<Labels, f64>::new();
        for (mut labels, count) in selectors.iter().flat_map(|of| counters(window, of, together)) {
            labels.remove("metric");
            *all.entry(labels).or_default() += count;
        }
        all
    };
    let name = ratio_name(part);
    let parts = sum(part);
    let ratios = sum(whole).into_iter().filter_map(|(mut labels, whole)| {
        let value = per(parts.get(&labels).copied().unwrap_or_default(), whole)?;
        labels.insert("metric".into(), name.clone());
        Some((labels, Reading { value, n: whole as u64 }))
    });
    ratios.collect()
}

/// A ratio is called as the counters above its line.
fn ratio_name(part: &[Selector]) -> String {
    let names: Vec<_> = part.iter().map(|of| of.name.as_str()).collect();
    names.join(" + ")
}

/// The labels of what a rule selects as a whole: all together, or that there is nothing.
pub(super) fn whole_labels(rule: &Rule) -> Labels {
    let statistic = rule.measure.statistic();
    let name = match statistic {
        Statistic::Ratio { part, .. } => ratio_name(part),
        _ => rule.of.name.as_str().to_owned(),
    };
    Labels::from([(statistic.subject().to_owned(), name)])
}

fn counters(snapshot: &Snapshot, of: &Selector, together: bool) -> BTreeMap<Labels, f64> {
    sums(snapshot, of, together, |value| match value {
        MetricValue::Counter(count) => Some(*count as f64),
        _ => None,
    })
}

fn sums(
    snapshot: &Snapshot,
    of: &Selector,
    together: bool,
    value: impl Fn(&MetricValue) -> Option<f64>,
) -> BTreeMap<Labels, f64> {
    let mut sums = BTreeMap::new();
    let selected = |metric: &&Metric| of.selects(metric.name(), metric.labels());
    for metric in snapshot.metrics().iter().filter(selected) {
        let Some(value) = value(metric.value()) else { continue };
        let labels = labels_of("metric", of, together, metric.name(), metric.labels());
        *sums.entry(labels).or_default() += value;
    }
    sums
}

fn operations<'a>(
    snapshot: &'a Snapshot,
    of: &Selector,
    together: bool,
) -> BTreeMap<Labels, Cow<'a, Operation>> {
    let selected = snapshot.operations().iter().filter(|operation| of.matches(operation));
    let labels = |name, labels| labels_of("operation", of, together, name, labels);
    if together {
        let all = merged(selected);
        return all.map(|all| (labels("", &[]), Cow::Owned(all))).into_iter().collect();
    }
    let each = selected
        .map(|operation| (labels(operation.name(), operation.labels()), Cow::Borrowed(operation)));
    each.collect()
}

/// All as one operation: under one name, a snapshot merges them.
fn merged<'a>(operations: impl Iterator<Item = &'a Operation>) -> Option<Operation> {
    let unnamed = |operation| OperationParts {
        name: String::new(),
        labels: Vec::new(),
        ..OperationParts::from(operation)
    };
    let parts = SnapshotParts {
        started: std::time::UNIX_EPOCH,
        taken: std::time::UNIX_EPOCH,
        lost: 0,
        operations: operations.map(unnamed).collect(),
        metrics: Vec::new(),
        descriptions: BTreeMap::new(),
    };
    Snapshot::from(parts).operations().first().cloned()
}

fn labels_of(
    subject: &str,
    of: &Selector,
    together: bool,
    name: &str,
    labels: &[(Arc<str>, Arc<str>)],
) -> Labels {
    if together {
        return Labels::from([(subject.to_owned(), of.name.as_str().to_owned())]);
    }
    // As Prometheus does with a label of a target that has the name of one of its own.
    let key = |key: &str| if key == subject { format!("exported_{key}") } else { key.to_owned() };
    let own = labels.iter().map(|(of, value)| (key(of), value.to_string()));
    own.chain([(subject.to_owned(), name.to_owned())]).collect()
}
