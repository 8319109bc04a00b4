//! What perf-analysis says of what a store remembers.

use crate::{
    error::StoreError,
    query::{By, Group, Query},
    store::Store,
};
use perf_analysis::{
    anomaly::{Anomaly, Detector, Stretch},
    compare::{Comparison, Report},
    forecast::{Forecast, Forecaster},
    trend::{Trend, TrendTest},
};
use perf_core::{Operation, OperationParts};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// Compares the operations of two queries: two periods, or two instances or hosts. Operations belong
/// together by name and labels; what else a query groups by is merged.
///
/// # Errors
///
/// What hinders the store.
///
/// ```
/// # let file = std::env::temp_dir().join(format!("perfkit-compare-{}.db", std::process::id()));
/// # let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// use perf_store::{Query, analysis};
/// use std::time::{Duration, SystemTime};
///
/// let (now, day) = (SystemTime::now(), Duration::from_secs(86_400));
/// let (yesterday, today) = (Query::new(now - 2 * day, now - day), Query::new(now - day, now));
/// let report = analysis::compare(&*store, &yesterday, &today, &Default::default())?;
/// assert_eq!(report.regressions(0.1).count(), 0);
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
pub fn compare(
    store: &dyn Store,
    before: &Query,
    after: &Query,
    comparison: &Comparison,
) -> Result<Report, StoreError> {
    let of = |query: &Query| -> Result<Vec<Operation>, StoreError> {
        let whole = query.clone().every(Duration::ZERO);
        Ok(store.operations(&whole)?.into_iter().map(|group| group.value).collect())
    };
    Ok(comparison.of(&of(before)?, &of(after)?))
}

/// What is unusual in the last step of a query, of each group for itself, beside the steps before it. Steps
/// in which nothing was watched are left out, and those watched in part count as shorter; a group without a
/// call in a step that was watched has been silent. Of a query grouped by instance or host, one that has
/// ended is left out.
///
/// # Errors
///
/// What hinders the store.
///
/// ```
/// # let file = std::env::temp_dir().join(format!("perfkit-anomalies-{}.db", std::process::id()));
/// # let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// use perf_store::{Query, analysis};
/// use std::time::{Duration, SystemTime};
///
/// let (now, hour) = (SystemTime::now(), Duration::from_secs(3_600));
/// let week = Query::new(now - 7 * 24 * hour, now).every(hour);
/// for found in analysis::anomalies(&*store, &week, &Default::default())? {
///     println!("{}", found.value);
/// }
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
pub fn anomalies(
    store: &dyn Store,
    query: &Query,
    detector: &Detector,
) -> Result<Vec<Group<Anomaly>>, StoreError> {
    let watched = Watched::of(store, query)?;
    let mut found = Vec::new();
    for steps in by_group(store.operations(query)?) {
        let Some(group) = steps.values().next() else { continue };
        let lengths = watched.lengths(group);
        let Some((last, _)) = lengths.last_key_value().filter(|(last, _)| is_last(**last, query))
        else {
            continue;
        };
        let silent = Operation::from(OperationParts {
            name: group.value.name().to_owned(),
            ..OperationParts::default()
        });
        // From its first call on.
        let known = lengths.range(group.from..).map(|(from, length)| {
            let calls = steps.get(from).map_or(&silent, |group| &group.value);
            Stretch::new(calls, *length)
        });
        let known: Vec<_> = known.collect();
        let Some((recent, history)) = known.split_last() else { continue };
        let inspected = detector.inspect(history, *recent).anomalies.into_iter();
        found.extend(inspected.map(|anomaly| with(group, (*last, query.to), anomaly)));
    }
    Ok(found)
}

fn is_last(step: SystemTime, query: &Query) -> bool {
    step.checked_add(query.step).is_none_or(|end| end >= query.to) || query.step.is_zero()
}

/// How long each step was watched, of each instance or host that a query groups by.
struct Watched(BTreeMap<(Option<String>, Option<String>), BTreeMap<SystemTime, Duration>>);

impl Watched {
    /// Of several instances together, as long as the one that was watched longest: they are watched at the
    /// same time.
    fn of(store: &dyn Store, query: &Query) -> Result<Self, StoreError> {
        let is_by = |by: &By| query.by.contains(by);
        let mut all: BTreeMap<_, BTreeMap<SystemTime, Duration>> = BTreeMap::new();
        for step in store.watched(&query.clone().by([By::Instance]))? {
            let length = step.value.min(length(&step));
            if length.is_zero() {
                continue;
            }
            let host = step.host.filter(|_| is_by(&By::Host) || is_by(&By::Instance));
            let key = (host, step.instance.filter(|_| is_by(&By::Instance)));
            let longest = all.entry(key).or_default().entry(step.from).or_default();
            *longest = length.max(*longest);
        }
        Ok(Self(all))
    }

    fn lengths(&self, group: &Group<Operation>) -> &BTreeMap<SystemTime, Duration> {
        const NONE: &BTreeMap<SystemTime, Duration> = &BTreeMap::new();
        self.0.get(&(group.host.clone(), group.instance.clone())).unwrap_or(NONE)
    }
}

/// When gauges will reach a limit, of each group for itself: from the last reading of each step. Group by
/// instance or host where each has a gauge of its own: else the last reading is whoever's was last.
///
/// # Errors
///
/// What hinders the store.
///
/// ```
/// # let file = std::env::temp_dir().join(format!("perfkit-forecasts-{}.db", std::process::id()));
/// # let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// use perf_analysis::forecast::Forecaster;
/// use perf_store::{By, Query, analysis};
/// use std::time::{Duration, SystemTime};
///
/// let (now, hour) = (SystemTime::now(), Duration::from_secs(3_600));
/// let week = Query::new(now - 7 * 24 * hour, now).every(hour).name("disk_used_ratio").by([By::Host]);
/// for host in analysis::forecasts(&*store, &week, &Forecaster::rising_to(0.95))? {
///     println!("{}: {}", host.host.unwrap_or_default(), host.value);
/// }
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
pub fn forecasts(
    store: &dyn Store,
    query: &Query,
    forecaster: &Forecaster,
) -> Result<Vec<Group<Forecast>>, StoreError> {
    let all = by_group(store.gauges(query)?).into_iter().filter_map(|steps| {
        let readings: Vec<_> =
            steps.values().map(|step| (step.value.at, step.value.last)).collect();
        let group = steps.values().next()?;
        Some(with(group, (query.from, query.to), forecaster.of(&readings)))
    });
    Ok(all.collect())
}

/// Whether a percentile rises or falls from step to step, of each group for itself, in seconds: a slope is a
/// step's. Steps without a call are gaps.
///
/// # Errors
///
/// What hinders the store.
///
/// ```
/// # let file = std::env::temp_dir().join(format!("perfkit-trends-{}.db", std::process::id()));
/// # let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// use perf_store::{Query, analysis};
/// use std::time::{Duration, SystemTime};
///
/// let (now, day) = (SystemTime::now(), Duration::from_secs(86_400));
/// let month = Query::new(now - 30 * day, now).every(day);
/// let p99 = analysis::trends(&*store, &month, 99.0, &Default::default())?;
/// assert!(p99.is_empty());
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
pub fn trends(
    store: &dyn Store,
    query: &Query,
    percentile: f64,
    test: &TrendTest,
) -> Result<Vec<Group<Trend>>, StoreError> {
    let all = by_group(store.operations(query)?).into_iter().filter_map(|steps| {
        let group = steps.values().next()?;
        let (first, last) = (steps.keys().next()?, steps.keys().next_back()?);
        let mut at = Some(*first);
        let each = std::iter::from_fn(|| {
            let step = at.filter(|step| step <= last)?;
            at = step.checked_add(query.step).filter(|next| *next > step);
            Some(step)
        });
        let value = |step: SystemTime| steps.get(&step)?.value.percentile(percentile);
        let values: Vec<_> =
            each.map(|step| value(step).map_or(f64::NAN, |of| of.as_secs_f64())).collect();
        Some(with(group, (query.from, query.to), test.of(&values)))
    });
    Ok(all.collect())
}

/// The steps of each group, by their beginnings.
fn by_group<T>(groups: Vec<Group<T>>) -> Vec<BTreeMap<SystemTime, Group<T>>> {
    let mut all: BTreeMap<_, BTreeMap<SystemTime, Group<T>>> = BTreeMap::new();
    for group in groups {
        let labels = group.labels.clone();
        let key = (group.name.clone(), labels, group.host.clone(), group.instance.clone());
        all.entry(key).or_default().insert(group.from, group);
    }
    all.into_values().collect()
}

fn length<T>(step: &Group<T>) -> Duration {
    step.to.duration_since(step.from).unwrap_or_default()
}

/// What was found of a group.
fn with<T, U>(group: &Group<T>, (from, to): (SystemTime, SystemTime), value: U) -> Group<U> {
    Group {
        name: group.name.clone(),
        labels: group.labels.clone(),
        instance: group.instance.clone(),
        host: group.host.clone(),
        from,
        to,
        value,
    }
}
