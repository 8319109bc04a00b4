//! What perf-analysis says of what a store remembers.

use crate::{
    error::StoreError,
    query::{Group, Query},
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
/// call in a step that was watched has been silent.
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
    let watched = store.watched(&query.clone().by([]))?;
    let Some(last) = watched.last().filter(|last| last.to == query.to) else {
        return Ok(Vec::new());
    };
    let lengths: BTreeMap<_, _> = watched
        .iter()
        .map(|step| (step.from, step.value.min(length(step))))
        .filter(|(_, length)| !length.is_zero())
        .collect();
    let mut found = Vec::new();
    for steps in by_group(store.operations(query)?) {
        let Some(group) = steps.values().next() else { continue };
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
        found.extend(inspected.map(|anomaly| with(group, (last.from, last.to), anomaly)));
    }
    Ok(found)
}

/// When gauges will reach a limit, of each group for itself: from the last reading of each step.
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

/// Whether a percentile rises or falls from step to step, of each group for itself, in seconds. Steps
/// without a call are left out.
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
        let values = steps.values().filter_map(|step| step.value.percentile(percentile));
        let values: Vec<_> = values.map(|value| value.as_secs_f64()).collect();
        let group = steps.values().next()?;
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
