//! The numbers that stand for instances and series, which are remembered.

use crate::{
    error::{Result, StoreError},
    model::Instance,
    sql::{Database, Sql, Value, number, rows},
    time::{time, unix_ns},
};
use perf_core::__bridge::heal;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::SystemTime,
};

/// So many series are looked for in one statement.
const AT_ONCE: usize = 200;

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

/// The numbers of an instance and of series.
pub(super) struct Numbers {
    /// What the database had when they were looked up: with another they are of no use.
    pub(super) epoch: u64,
    pub(super) instance: i64,
    /// In the order of the series.
    pub(super) series: Vec<i64>,
}

/// Looks up the numbers of an instance and of series. What is new is put in. Series are never deleted, and
/// instances not while they write, so that numbers stay what they are.
pub(super) fn numbers(
    database: &dyn Database,
    known: &Mutex<Known>,
    instance: &Instance,
    series: &[Series],
) -> Result<Numbers> {
    let mut known = heal(known.lock());
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
            let all: Vec<_> = new.values().copied().collect();
            found = (id, Vec::new());
            all.chunks(AT_ONCE).try_for_each(|some| numbers_of(sql, some, &mut found.1))
        })?;
        // Should it be another one by now, all this is forgotten the next time.
        known.instances.insert(instance.id.clone(), found.0);
        known.series.extend(found.1);
    }
    let lost = || StoreError::Failed("an instance or a series of the store has no number".into());
    let ids: Option<_> =
        series.iter().map(|series| known.series.get(&series.hash).copied()).collect();
    Ok(Numbers {
        epoch: known.epoch,
        instance: known.instances.get(&instance.id).copied().ok_or_else(lost)?,
        series: ids.ok_or_else(lost)?,
    })
}

fn number_of_instance(sql: &mut dyn Sql, instance: &Instance) -> Result<i64> {
    let name = [Value::from(&*instance.id)];
    let find = "SELECT id FROM perfkit_instance WHERE name = $1";
    if let Some(id) = number(sql, find, &name)? {
        return Ok(id);
    }
    sql.execute(
        "INSERT INTO perfkit_instance (name, host, pid, version, started_ns, known_ns) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
        &[
            (&*instance.id).into(),
            (&*instance.host).into(),
            i64::from(instance.pid).into(),
            (&*instance.version).into(),
            unix_ns(instance.started).into(),
            unix_ns(SystemTime::now()).into(),
        ],
    )?;
    let found = number(sql, find, &name)?;
    found.ok_or_else(|| StoreError::Failed("an instance cannot be put into the store".into()))
}

/// Adds the numbers of some series, which are put in where they are new.
fn numbers_of(sql: &mut dyn Sql, some: &[&Series], found: &mut Vec<(Hash, i64)>) -> Result {
    let before = found.len();
    find_numbers(sql, some, found)?;
    if found.len() - before == some.len() {
        return Ok(());
    }
    let rows: Vec<_> = (0..some.len()).map(|row| 3 * row + 1).collect();
    let places = rows.iter().map(|at| format!("(${at}, ${}, ${})", at + 1, at + 2));
    let text = format!(
        "INSERT INTO perfkit_series (hash, name, labels) VALUES {} ON CONFLICT (hash) DO NOTHING",
        places.collect::<Vec<_>>().join(", ")
    );
    let values = some.iter().flat_map(|series| {
        [Value::Bytes(series.hash.to_vec()), (&*series.name).into(), (&*series.labels).into()]
    });
    sql.execute(&text, &values.collect::<Vec<_>>())?;
    found.truncate(before);
    find_numbers(sql, some, found)
}

fn find_numbers(sql: &mut dyn Sql, some: &[&Series], found: &mut Vec<(Hash, i64)>) -> Result {
    let places: Vec<_> = (1..=some.len()).map(|at| format!("${at}")).collect();
    let text = format!("SELECT hash, id FROM perfkit_series WHERE hash IN ({})", places.join(", "));
    let values: Vec<_> = some.iter().map(|series| Value::Bytes(series.hash.to_vec())).collect();
    sql.each(&text, &values, &mut |mut row| {
        let mut hash = Hash::default();
        hash.iter_mut().zip(row.bytes()?).for_each(|(ours, theirs)| *ours = theirs);
        found.push((hash, row.int()?));
        Ok(())
    })
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
