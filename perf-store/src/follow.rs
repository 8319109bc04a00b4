//! What all instances do, as it is stored: for a dashboard over many processes.

use crate::{
    error::StoreError,
    query::{By, Group, Query},
    store::Store,
};
use perf_core::{MetricParts, MetricValue, OperationParts, Snapshot, SnapshotParts};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

const MINUTE: Duration = Duration::from_secs(60);

/// What is stored so long after its end is still taken in.
const LATE: Duration = Duration::from_secs(600);

/// Follows a store: a cumulative snapshot of all instances together, from some time ago on. Gauges are of each
/// host for itself, in a label `host`. What is stored more than ten minutes late, as after a store was away, is
/// in queries, and not here.
///
/// ```
/// use perf_store::{Follow, Instance, Interval};
/// use std::time::{Duration, SystemTime};
///
/// # let file = std::env::temp_dir().join(format!("perfkit-follow-{}.db", std::process::id()));
/// let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// let registry = perf_core::Registry::new();
/// registry.record("job", Duration::from_millis(2));
/// let ago = SystemTime::now() - Duration::from_secs(120);
/// let interval = Interval::new(0, registry.snapshot().dated(ago - Duration::from_secs(60), ago));
/// store.write(&Instance::new("1.4.0"), &interval)?;
///
/// let (mut follow, earlier) = Follow::new(store, Duration::from_secs(3_600))?;
/// assert_eq!(earlier.last().unwrap().get("job").unwrap().count(), 1);
/// follow.advance()?;
/// assert_eq!(follow.snapshot().get("job").unwrap().count(), 1);
/// # drop(follow); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct Follow {
    store: Box<dyn Store>,
    /// What is so old that nothing is added to it any more.
    old: Snapshot,
    /// The end of that, by whole minutes from the beginning on.
    until: SystemTime,
    /// That, and what is newer.
    total: Snapshot,
}

impl Follow {
    /// From so long ago on. Gives what there was at the end of each minute, too.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    pub fn new(
        store: Box<dyn Store>,
        since: Duration,
    ) -> Result<(Self, Vec<Snapshot>), StoreError> {
        let now = store.now()?;
        let from = now.checked_sub(since).unwrap_or(SystemTime::UNIX_EPOCH);
        let nothing = snapshot((from, from), Parts::default());
        let mut follow = Self { store, old: nothing.clone(), until: from, total: nothing };
        let mut earlier = Vec::new();
        follow.read(now, |total| earlier.push(total.clone()))?;
        Ok((follow, earlier))
    }

    /// Takes in what was stored since.
    ///
    /// # Errors
    ///
    /// What hinders the store: then nothing is taken in, and the next time it is.
    pub fn advance(&mut self) -> Result<(), StoreError> {
        let now = self.store.now()?;
        if now > self.until { self.read(now, |_| {}) } else { Ok(()) }
    }

    /// All of it.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.total
    }

    /// Reads what may have changed, and shows what there was at the end of each step.
    fn read(&mut self, now: SystemTime, mut each: impl FnMut(&Snapshot)) -> Result<(), StoreError> {
        let started = self.old.started();
        let mut total = self.old.clone();
        let (mut old, until) = (None, self.settled(now));
        for (end, parts) in self.steps(Query::new(self.until, now).every(MINUTE))? {
            if end > until && old.is_none() {
                old = Some(total.clone());
            }
            total.merge(&snapshot((started, end), parts));
            total = total.dated(started, end);
            each(&total);
        }
        (self.old, self.until) = (old.unwrap_or_else(|| total.clone()), until);
        // Though nothing happened: time has passed.
        self.total = total.dated(started, now);
        Ok(())
    }

    /// The last whole minute that nothing is added to any more.
    fn settled(&self, now: SystemTime) -> SystemTime {
        let age = now.duration_since(self.until).unwrap_or_default().saturating_sub(LATE);
        let minutes = u32::try_from(age.as_secs() / MINUTE.as_secs()).unwrap_or(u32::MAX);
        self.until.checked_add(MINUTE.saturating_mul(minutes)).unwrap_or(self.until)
    }

    /// What happened in each step, by its end.
    fn steps(&self, query: Query) -> Result<BTreeMap<SystemTime, Parts>, StoreError> {
        let mut steps: BTreeMap<SystemTime, Parts> = BTreeMap::new();
        for group in self.store.operations(&query)? {
            let operations = &mut steps.entry(group.to).or_default().operations;
            operations.push(OperationParts::from(&group.value));
        }
        for group in self.store.counters(&query)? {
            let metric = metric(&group, MetricValue::Counter(group.value));
            steps.entry(group.to).or_default().metrics.push(metric);
        }
        for group in self.store.distributions(&query)? {
            let metric = metric(&group, MetricValue::Distribution(group.value.clone()));
            steps.entry(group.to).or_default().metrics.push(metric);
        }
        for group in self.store.gauges(&query.by([By::Name, By::Labels, By::Host]))? {
            let metric = metric(&group, MetricValue::Gauge(group.value.last));
            steps.entry(group.to).or_default().metrics.push(metric);
        }
        Ok(steps)
    }
}

/// What happened in a step.
#[derive(Debug, Default)]
struct Parts {
    operations: Vec<OperationParts>,
    metrics: Vec<MetricParts>,
}

fn snapshot((started, taken): (SystemTime, SystemTime), parts: Parts) -> Snapshot {
    let Parts { operations, metrics } = parts;
    SnapshotParts { started, taken, lost: 0, operations, metrics, descriptions: BTreeMap::new() }
        .into()
}

fn metric<T>(group: &Group<T>, value: MetricValue) -> MetricParts {
    let host = group.host.clone().map(|host| ("host".to_owned(), host));
    let labels = group.labels.clone().into_iter().chain(host).collect();
    MetricParts { name: group.name.clone().unwrap_or_default(), labels, value, taken: group.to }
}
