//! Alerts and checks that changed.

use crate::{
    error::Result,
    model::{AlertChange, HealthChange, Interval},
    sql::{Database, Fields, Kind, Sql, Table, Value},
    time::{time, unix_ns},
};
use std::time::SystemTime;

const ALERTS: Table = Table {
    name: "perfkit_alert",
    columns: &[
        ("instance_id", Kind::Int),
        ("at_ns", Kind::Int),
        ("rule", Kind::Text),
        ("labels", Kind::Text),
        ("severity", Kind::Text),
        ("status", Kind::Text),
        ("value", Kind::Real),
        ("threshold", Kind::Real),
        ("summary", Kind::Text),
    ],
};

const HEALTH: Table = Table {
    name: "perfkit_health",
    columns: &[
        ("instance_id", Kind::Int),
        ("at_ns", Kind::Int),
        ("name", Kind::Text),
        ("status", Kind::Text),
        ("message", Kind::Text),
    ],
};

pub(super) fn insert(sql: &mut dyn Sql, instance: i64, interval: &Interval) -> Result {
    if !interval.alerts.is_empty() {
        let mut rows = interval.alerts.iter().map(|alert| alert_row(instance, alert));
        sql.insert(&ALERTS, &mut rows)?;
    }
    if !interval.health.is_empty() {
        let mut rows = interval.health.iter().map(|check| health_row(instance, check));
        sql.insert(&HEALTH, &mut rows)?;
    }
    Ok(())
}

fn alert_row(instance: i64, alert: &AlertChange) -> Vec<Value> {
    let labels = serde_json::to_string(&alert.labels).unwrap_or_default();
    vec![
        instance.into(),
        unix_ns(alert.at).into(),
        (&*alert.rule).into(),
        (&*labels).into(),
        (&*alert.severity).into(),
        (&*alert.status).into(),
        alert.value.into(),
        alert.threshold.into(),
        (&*alert.summary).into(),
    ]
}

fn health_row(instance: i64, check: &HealthChange) -> Vec<Value> {
    vec![
        instance.into(),
        unix_ns(check.at).into(),
        (&*check.check).into(),
        (&*check.status).into(),
        (&*check.message).into(),
    ]
}

pub(super) fn alerts(
    database: &dyn Database,
    from: SystemTime,
    to: SystemTime,
) -> Result<Vec<(String, AlertChange)>> {
    between(database, &ALERTS, (from, to), |row| {
        let (at, rule, labels) = (time(row.int()?), row.text()?, row.text()?);
        Ok(AlertChange {
            at,
            rule,
            labels: serde_json::from_str(&labels).unwrap_or_default(),
            severity: row.text()?,
            status: row.text()?,
            value: row.maybe_real()?,
            threshold: row.maybe_real()?,
            summary: row.text()?,
        })
    })
}

pub(super) fn health(
    database: &dyn Database,
    from: SystemTime,
    to: SystemTime,
) -> Result<Vec<(String, HealthChange)>> {
    between(database, &HEALTH, (from, to), |row| {
        Ok(HealthChange {
            at: time(row.int()?),
            check: row.text()?,
            status: row.text()?,
            message: row.text()?,
        })
    })
}

fn between<T: Send>(
    database: &dyn Database,
    table: &Table,
    (from, to): (SystemTime, SystemTime),
    read: impl Fn(&mut Fields) -> Result<T> + Sync,
) -> Result<Vec<(String, T)>> {
    let columns = table.names("c.");
    let text = format!(
        "SELECT i.name, {columns} FROM {} c JOIN perfkit_instance i ON i.id = c.instance_id \
         WHERE c.at_ns > $1 AND c.at_ns <= $2 ORDER BY c.at_ns",
        table.name
    );
    let mut found = Vec::new();
    database.read(&mut |sql| {
        found.clear();
        sql.each(&text, &[unix_ns(from).into(), unix_ns(to).into()], &mut |mut row| {
            let instance = row.text()?;
            // The instance's number.
            row.int()?;
            found.push((instance, read(&mut row)?));
            Ok(())
        })
    })?;
    Ok(found)
}
