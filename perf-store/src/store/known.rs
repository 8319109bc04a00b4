//! The numbers that stand for instances and series, which are remembered.

use crate::{
    error::Result,
    model::Instance,
    sql::{Database, Sql, Value, number, rows},
    time::{time, unix_ns},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Of a name and its labels.
type Hash = [u8; 16];

/// A name and its labels as JSON.
#[derive(Clone, Debug)]
pub(super) struct Series {
    hash: Hash,
    name: String,
    labels: String,
}

impl Series {
    pub(super) fn new(name: &str, labels: &[(Arc<str>, Arc<str>)]) -> Self {
        let pairs: Vec<_> = labels.iter().map(|(key, value)| (&**key, &**value)).collect();
        // Strings become JSON always.
        let labels = serde_json::to_string(&pairs).unwrap_or_default();
        let digest = Sha256::new_with_prefix(&labels).chain_update(name).finalize();
        let mut hash = Hash::default();
        hash.iter_mut().zip(digest).for_each(|(ours, theirs)| *ours = theirs);
        Self { hash, name: name.to_owned(), labels }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// What the database had when they were found.
    epoch: u64,
    instances: HashMap<String, i64>,
    series: HashMap<Hash, i64>,
}

/// The numbers of an instance and of series. What is new is put in, and never deleted, so that numbers
/// stay what they are.
pub(super) fn numbers(
    database: &dyn Database,
    known: &Mutex<Known>,
    instance: &Instance,
    series: &[Series],
) -> Result<(i64, Vec<i64>)> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.epoch != database.epoch() {
        *known = Known { epoch: database.epoch(), ..Known::default() };
    }
    let new = series.iter().filter(|series| !known.series.contains_key(&series.hash));
    // In one order, or two that write the same would wait for each other.
    let new: BTreeMap<_, _> = new.map(|series| (series.hash, series)).collect();
    let is_known = known.instances.get(&instance.id).copied();
    if !new.is_empty() || is_known.is_none() {
        let mut found = (0, Vec::new());
        database.write(&mut |sql| {
            let id = is_known.map_or_else(|| number_of_instance(sql, instance), Ok)?;
            let all: Result<Vec<_>> =
                new.values().map(|series| Ok((series.hash, number_of(sql, series)?))).collect();
            found = (id, all?);
            Ok(())
        })?;
        known.instances.insert(instance.id.clone(), found.0);
        known.series.extend(found.1);
    }
    let id = known.instances.get(&instance.id).copied().unwrap_or_default();
    let ids = series.iter().filter_map(|series| known.series.get(&series.hash).copied());
    Ok((id, ids.collect()))
}

fn number_of_instance(sql: &mut dyn Sql, instance: &Instance) -> Result<i64> {
    let name = [Value::from(&*instance.id)];
    let find = "SELECT id FROM perfkit_instance WHERE name = $1";
    if let Some(id) = number(sql, find, &name)? {
        return Ok(id);
    }
    sql.execute(
        "INSERT INTO perfkit_instance (name, host, pid, version, started_ns) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (name) DO NOTHING",
        &[
            (&*instance.id).into(),
            (&*instance.host).into(),
            i64::from(instance.pid).into(),
            (&*instance.version).into(),
            unix_ns(instance.started).into(),
        ],
    )?;
    Ok(number(sql, find, &name)?.unwrap_or_default())
}

fn number_of(sql: &mut dyn Sql, series: &Series) -> Result<i64> {
    let hash = [Value::Bytes(series.hash.to_vec())];
    let find = "SELECT id FROM perfkit_series WHERE hash = $1";
    if let Some(id) = number(sql, find, &hash)? {
        return Ok(id);
    }
    let [hash] = hash;
    sql.execute(
        "INSERT INTO perfkit_series (hash, name, labels) VALUES ($1, $2, $3) \
         ON CONFLICT (hash) DO NOTHING",
        &[hash.clone(), (&*series.name).into(), (&*series.labels).into()],
    )?;
    Ok(number(sql, find, &[hash])?.unwrap_or_default())
}

pub(super) fn instances(database: &dyn Database) -> Result<Vec<(i64, Instance)>> {
    let mut all = Vec::new();
    database.read(&mut |sql| {
        all = instances_in(sql)?;
        Ok(())
    })?;
    Ok(all)
}

pub(super) fn instances_in(sql: &mut dyn Sql) -> Result<Vec<(i64, Instance)>> {
    let text = "SELECT id, name, host, pid, version, started_ns FROM perfkit_instance";
    let found = rows(sql, text, &[])?.into_iter();
    found
        .map(|mut row| {
            let id = row.int()?;
            let instance = Instance {
                id: row.text()?,
                host: row.text()?,
                pid: u32::try_from(row.int()?).unwrap_or_default(),
                version: row.text()?,
                started: time(row.int()?),
            };
            Ok((id, instance))
        })
        .collect()
}
