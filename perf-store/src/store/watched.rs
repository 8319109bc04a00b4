//! How long instances were watched.

use super::select::{InstanceKey, Key, ONCE, group, instances, step_of};
use crate::{
    error::Result,
    query::{Group, Query, segments},
    sql::{Database, Sql},
    time::length,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

pub(super) fn watched(database: &dyn Database, query: &Query) -> Result<Vec<Group<Duration>>> {
    let mut found = BTreeMap::new();
    database.read(&mut |sql| {
        found.clear();
        let selected = instances(sql, query)?;
        add_up(sql, query, &selected, &mut found)
    })?;
    Ok(found.into_iter().map(|(key, value)| group(query, key, value)).collect())
}

fn add_up(
    sql: &mut dyn Sql,
    query: &Query,
    selected: &HashMap<i64, InstanceKey>,
    found: &mut BTreeMap<Key, Duration>,
) -> Result {
    let text = format!(
        "SELECT i.at_ns, i.instance_id, i.covered_ns FROM perfkit_interval i \
         WHERE i.at_ns > $1 AND i.at_ns <= $2 AND i.rolled <> 4 AND {ONCE}"
    );
    for (from, to, level) in segments(query) {
        let values = [from.into(), to.into(), level.number().into()];
        sql.each(&text, &values, &mut |mut row| {
            let (at, instance, covered) = (row.int()?, row.int()?, row.int()?);
            if let Some(instance) = selected.get(&instance) {
                let key = (step_of(query, at), Default::default(), instance.clone());
                let all = found.entry(key).or_default();
                *all = all.saturating_add(length(covered));
            }
            Ok(())
        })?;
    }
    Ok(())
}
