//! What a store does, and the one that both databases share.

mod alerts;
mod clock;
mod known;
mod retention;
mod rollup;
mod select;
mod watched;
mod write;

pub use retention::Retention;
pub use rollup::RolledUp;

use crate::{
    error::StoreError,
    figures::Gauge,
    model::{AlertChange, HealthChange, Instance, Interval},
    query::{Group, Query},
    sql::Database,
};
use known::Known;
use perf_core::{Operation, ValueHistogram};
use std::{
    fmt::Debug,
    sync::Mutex,
    time::{Duration, SystemTime},
};

/// A place that intervals are kept in. All of it waits for the disk or the network: from
/// within an async runtime call it by `spawn_blocking`, or other tasks wait meanwhile.
///
/// ```
/// use perf_store::{Instance, Interval, Query, Store as _};
/// use std::time::{Duration, SystemTime};
///
/// let file = std::env::temp_dir().join(format!("perfkit-store-{}.db", std::process::id()));
/// let store = perf_store::open(&format!("sqlite:{}", file.display()))?;
/// let registry = perf_core::Registry::new();
/// registry.record("job", Duration::from_millis(20));
/// let interval = Interval::new(0, registry.snapshot());
/// assert!(store.write(&Instance::new("1.4.0"), &interval)?);
///
/// let (from, to) = (SystemTime::now() - Duration::from_secs(60), SystemTime::now());
/// let found = store.operations(&Query::new(from, to).name("job"))?;
/// assert_eq!(found[0].value.count(), 1);
/// # drop(store); std::fs::remove_file(file).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
pub trait Store: Debug + Send + Sync {
    /// Keeps an interval, whole or not at all. `false` if it was there already: then nothing changes.
    ///
    /// # Errors
    ///
    /// What hinders the store. After [`StoreError::Unavailable`] the interval may be there or not;
    /// offering it again makes sure.
    fn write(&self, instance: &Instance, interval: &Interval) -> Result<bool, StoreError>;

    /// The calls of operations, merged as the query groups them; by time, then by group. Groups without
    /// a call are left out.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn operations(&self, query: &Query) -> Result<Vec<Group<Operation>>, StoreError>;

    /// How often counters were raised, likewise.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn counters(&self, query: &Query) -> Result<Vec<Group<u64>>, StoreError>;

    /// The readings of gauges, likewise.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn gauges(&self, query: &Query) -> Result<Vec<Group<Gauge>>, StoreError>;

    /// The values of distributions, likewise.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn distributions(&self, query: &Query) -> Result<Vec<Group<ValueHistogram>>, StoreError>;

    /// How long instances were watched, all of them added up, likewise; of a query only its times, instances
    /// and hosts, and the grouping by these. Steps in which nothing was watched are left out.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn watched(&self, query: &Query) -> Result<Vec<Group<Duration>>, StoreError>;

    /// All instances of which something is left, the oldest first.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn instances(&self) -> Result<Vec<Instance>, StoreError>;

    /// Alerts that began or ended after `from`, up to `to`, by time, each with its instance's id.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn alerts(
        &self,
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<(String, AlertChange)>, StoreError>;

    /// Checks whose status changed after `from`, up to `to`, by time, each with its instance's id.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn health(
        &self,
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<(String, HealthChange)>, StoreError>;

    /// What time it is for the store: the server's; of a file, this machine's.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn now(&self) -> Result<SystemTime, StoreError>;

    /// The time that what is old is measured by, so that no clock that is wrong has all forgotten: the
    /// server's. Of a file it is this machine's, but no more than as much later than what was in the file
    /// when it was opened as the file has been open, and a day.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn upkeep_time(&self) -> Result<SystemTime, StoreError>;

    /// Merges what is in whole hours and days before `now` into those, for no more than so many hours
    /// and days: of one instance each. What comes late is merged into what is there. Any process may call
    /// it at any time, and be killed in it.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn roll_up(&self, now: SystemTime, at_most: usize) -> Result<RolledUp, StoreError>;

    /// Forgets what is older than it is to be kept: what is contained in hours and days, and what is too
    /// old for any. Returns how many intervals were deleted.
    ///
    /// # Errors
    ///
    /// What hinders the store.
    fn retain(&self, now: SystemTime, retention: &Retention) -> Result<u64, StoreError>;
}

/// The store of both databases.
#[derive(Debug)]
pub(crate) struct SqlStore<D> {
    database: D,
    known: Mutex<Known>,
    clock: clock::Clock,
}

impl<D: Database> SqlStore<D> {
    pub(crate) fn new(database: D) -> Result<Self, StoreError> {
        let clock = clock::Clock::new(&database)?;
        Ok(Self { database, known: Mutex::default(), clock })
    }
}

impl<D: Database> Store for SqlStore<D> {
    fn write(&self, instance: &Instance, interval: &Interval) -> Result<bool, StoreError> {
        write::write(&self.database, &self.known, instance, interval)
    }

    fn operations(&self, query: &Query) -> Result<Vec<Group<Operation>>, StoreError> {
        let mut found = select::select::<Operation>(&self.database, query)?;
        found.retain(|group| group.value.count() > 0);
        found.iter_mut().for_each(Group::name_operation);
        Ok(found)
    }

    fn counters(&self, query: &Query) -> Result<Vec<Group<u64>>, StoreError> {
        select::select(&self.database, query)
    }

    fn gauges(&self, query: &Query) -> Result<Vec<Group<Gauge>>, StoreError> {
        select::select(&self.database, query)
    }

    fn distributions(&self, query: &Query) -> Result<Vec<Group<ValueHistogram>>, StoreError> {
        select::select(&self.database, query)
    }

    fn watched(&self, query: &Query) -> Result<Vec<Group<Duration>>, StoreError> {
        watched::watched(&self.database, query)
    }

    fn instances(&self) -> Result<Vec<Instance>, StoreError> {
        let mut all = known::instances(&self.database)?;
        all.sort_by_key(|(_, instance)| instance.started);
        Ok(all.into_iter().map(|(_, instance)| instance).collect())
    }

    fn alerts(
        &self,
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<(String, AlertChange)>, StoreError> {
        alerts::alerts(&self.database, from, to)
    }

    fn health(
        &self,
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<(String, HealthChange)>, StoreError> {
        alerts::health(&self.database, from, to)
    }

    fn now(&self) -> Result<SystemTime, StoreError> {
        clock::of_server(&self.database).map(|now| now.unwrap_or_else(SystemTime::now))
    }

    fn upkeep_time(&self) -> Result<SystemTime, StoreError> {
        self.clock.upkeep_time(&self.database)
    }

    fn roll_up(&self, now: SystemTime, at_most: usize) -> Result<RolledUp, StoreError> {
        rollup::roll_up(&self.database, now, at_most)
    }

    fn retain(&self, now: SystemTime, retention: &Retention) -> Result<u64, StoreError> {
        retention::retain(&self.database, now, retention)
    }
}
