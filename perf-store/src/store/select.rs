//! Answering a query: what is selected is read once, and merged by group as it comes.

use super::known::instances_in;
use crate::{
    error::Result,
    figures::{Figures, Unreadable, columns},
    query::{By, Group, Query, segments},
    sql::{Database, Fields, Sql},
    time::{length_ns, time, unix_ns},
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// Beyond so many numbers, they are not written into the statement.
const FEW: usize = 1_000;

/// What a series is in its group: name and labels.
pub(super) type SeriesKey = (Option<String>, BTreeMap<String, String>);
/// What an instance is in its group: host and id.
pub(super) type InstanceKey = (Option<String>, Option<String>);
/// Step, series and instance, so that the answers are in order.
pub(super) type Key = (i64, SeriesKey, InstanceKey);

/// What is selected, by numbers, and what group each is in.
struct Selected {
    series: HashMap<i64, SeriesKey>,
    instances: HashMap<i64, InstanceKey>,
    /// Conditions on the numbers, where these are few and not all.
    conditions: String,
}

pub(super) fn select<F: Figures>(database: &dyn Database, query: &Query) -> Result<Vec<Group<F>>> {
    let mut found = BTreeMap::new();
    let mut unreadable = Unreadable::default();
    database.read(&mut |sql| {
        found.clear();
        let selected = selected(sql, query)?;
        if selected.series.is_empty() || selected.instances.is_empty() {
            return Ok(());
        }
        let text = statement::<F>(&selected.conditions);
        for (from, to, level) in segments(query) {
            let values = [from.into(), to.into(), level.number().into()];
            sql.each(&text, &values, &mut |row| {
                merge((&mut found, &mut unreadable), query, &selected, row)
            })?;
        }
        Ok(())
    })?;
    Ok(found.into_iter().map(|(key, value)| group(query, key, value)).collect())
}

/// What is at a level or above it, or below it and not contained in it: everything once.
pub(super) const ONCE: &str = "(i.level = $3 OR (i.level < $3 AND i.rolled = 0) OR \
                               (i.level > $3 AND i.leaf = 1))";

fn statement<F: Figures>(conditions: &str) -> String {
    format!(
        "SELECT i.at_ns, i.instance_id, f.series_id, {} FROM perfkit_interval i JOIN {} f \
         ON f.interval_id = i.id WHERE i.at_ns > $1 AND i.at_ns <= $2 AND f.at_ns > $1 AND f.at_ns <= $2 \
         AND f.level = i.level AND f.at_ns = i.at_ns AND {ONCE}{conditions}",
        columns::<F>(),
        F::TABLE.name,
    )
}

fn merge<F: Figures>(
    (found, unreadable): (&mut BTreeMap<Key, F>, &mut Unreadable),
    query: &Query,
    selected: &Selected,
    mut row: Fields,
) -> Result {
    let (at, instance, series) = (row.int()?, row.int()?, row.int()?);
    let (Some(series), Some(instance)) =
        (selected.series.get(&series), selected.instances.get(&instance))
    else {
        return Ok(());
    };
    let Some(figures) = unreadable.unless(F::from_fields(&mut row)) else { return Ok(()) };
    let key = (step_of(query, at), series.clone(), instance.clone());
    match found.get_mut(&key) {
        Some(known) => known.merge(&figures),
        None => drop(found.insert(key, figures)),
    }
    Ok(())
}

/// The number of the step that something ends in.
pub(super) fn step_of(query: &Query, at: i64) -> i64 {
    let after = at.saturating_sub(unix_ns(query.from)).saturating_sub(1);
    after.checked_div(length_ns(query.step)).unwrap_or(0)
}

pub(super) fn group<F>(query: &Query, (step, series, instance): Key, value: F) -> Group<F> {
    let start = |step: i64| {
        let after = length_ns(query.step).saturating_mul(step);
        time(unix_ns(query.from).saturating_add(after))
    };
    let is_single = query.step == Duration::ZERO;
    Group {
        name: series.0,
        labels: series.1,
        host: instance.0,
        instance: instance.1,
        from: start(step),
        to: if is_single { query.to } else { start(step + 1).min(query.to) },
        value,
    }
}

fn selected(sql: &mut dyn Sql, query: &Query) -> Result<Selected> {
    let instances = instances(sql, query)?;
    let series = series(sql, query)?;
    let mut conditions = String::new();
    if !(query.instances.is_empty() && query.hosts.is_empty()) {
        conditions += &among("i.instance_id", instances.keys());
    }
    if !(query.names.is_empty() && query.labels.is_empty()) {
        conditions += &among("f.series_id", series.keys());
    }
    Ok(Selected { series, instances, conditions })
}

fn among<'a>(column: &str, ids: impl ExactSizeIterator<Item = &'a i64>) -> String {
    if ids.len() > FEW {
        return String::new();
    }
    let mut ids: Vec<_> = ids.collect();
    // The same statement for the same numbers.
    ids.sort_unstable();
    let ids: Vec<_> = ids.into_iter().map(ToString::to_string).collect();
    format!(" AND {column} IN ({})", ids.join(", "))
}

pub(super) fn instances(sql: &mut dyn Sql, query: &Query) -> Result<HashMap<i64, InstanceKey>> {
    let by_instance = query.by.contains(&By::Instance);
    let by_host = by_instance || query.by.contains(&By::Host);
    let is_in = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    let all = instances_in(sql)?.into_iter();
    let some =
        all.filter(|(_, of)| is_in(&query.instances, &of.id) && is_in(&query.hosts, &of.host));
    Ok(some
        .map(|(id, of)| (id, (by_host.then_some(of.host), by_instance.then_some(of.id))))
        .collect())
}

fn series(sql: &mut dyn Sql, query: &Query) -> Result<HashMap<i64, SeriesKey>> {
    let mut found = HashMap::new();
    let values: Vec<_> = query.names.iter().map(|name| (&**name).into()).collect();
    let places: Vec<_> = (1..=values.len()).map(|at| format!("${at}")).collect();
    let condition = match places.as_slice() {
        [] => String::new(),
        places => format!(" WHERE name IN ({})", places.join(", ")),
    };
    let text = format!("SELECT id, name, labels FROM perfkit_series{condition}");
    sql.each(&text, &values, &mut |mut row| {
        let (id, name, labels) = (row.int()?, row.text()?, row.text()?);
        let labels: Vec<(String, String)> = serde_json::from_str(&labels).unwrap_or_default();
        if query.labels.iter().all(|wanted| labels.contains(wanted)) {
            found.insert(id, series_key(query, name, labels));
        }
        Ok(())
    })?;
    Ok(found)
}

fn series_key(query: &Query, name: String, labels: Vec<(String, String)>) -> SeriesKey {
    let is_kept = |key: &String| {
        query.by.iter().any(|by| match by {
            By::Labels => true,
            By::Label(wanted) => wanted == key,
            By::Name | By::Instance | By::Host => false,
        })
    };
    let name = query.by.contains(&By::Name).then_some(name);
    (name, labels.into_iter().filter(|(key, _)| is_kept(key)).collect())
}
