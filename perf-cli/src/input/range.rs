//! A range of a store: `24h..now,host=web-1`.

use crate::failure::{Failure, Outcome};
use perf_store::{By, Query, Store};
use std::time::SystemTime;

/// Times, and what to select.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range {
    from: SystemTime,
    to: SystemTime,
    select: Vec<(String, String)>,
}

impl Range {
    pub(crate) fn parse(text: &str, now: SystemTime) -> Outcome<Self> {
        let wrong = |why: &str| Failure::new(format!("{text}: {why}"));
        let mut parts = text.split(',');
        let times = parts.next().unwrap_or_default().split_once("..");
        let (from, to) = times
            .ok_or_else(|| wrong("expected a range such as 24h..now or 48h..24h,host=web-1"))?;
        let time = |text: &str| {
            time(text, now).ok_or_else(|| {
            wrong("expected times such as 24h, 7d, 2026-11-26T10:00:00Z, or now, with `..` between")
        })
        };
        let (from, to) = (time(from)?, time(to)?);
        if from >= to {
            return Err(wrong("it ends before it begins"));
        }
        let select = parts.map(|part| {
            let (key, value) = part.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        });
        let select: Option<_> = select.collect();
        let select = select.ok_or_else(|| wrong("expected KEY=VALUE after each comma"))?;
        Ok(Self { from, to, select })
    }

    /// What it asks of a store. A version is that of its instances.
    pub(crate) fn query(&self, store: &dyn Store) -> Outcome<Query> {
        let mut query = Query::new(self.from, self.to).by([By::Name, By::Labels]);
        for (key, value) in &self.select {
            query = match &**key {
                "instance" => query.instance(value),
                "host" => query.host(value),
                "name" => query.name(value),
                "version" => of_version(query, value, store)?,
                _ => query.label(key, value),
            };
        }
        Ok(query)
    }
}

fn of_version(query: Query, version: &str, store: &dyn Store) -> Outcome<Query> {
    let instances = store.instances().map_err(Failure::new)?;
    let ids: Vec<_> =
        instances.into_iter().filter(|of| of.version == version).map(|of| of.id).collect();
    if ids.is_empty() {
        return Err(Failure::new(format!(
            "no instance of version {version} has written to the store"
        )));
    }
    Ok(ids.iter().fold(query, |query, id| query.instance(id)))
}

fn time(text: &str, now: SystemTime) -> Option<SystemTime> {
    let text = text.trim();
    if matches!(text, "now" | "") {
        return Some(now);
    }
    if let Ok(ago) = humantime::parse_duration(text) {
        return now.checked_sub(ago);
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    SystemTime::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn ranges() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let ago = |seconds| now - Duration::from_secs(seconds);
        let range = Range::parse("2h..30m,host=web-1,table=users", now).unwrap();
        let select = [("host", "web-1"), ("table", "users")];
        let select = select.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        assert_eq!(range, Range { from: ago(7_200), to: ago(1_800), select });
        assert_eq!(
            Range::parse("1970-01-01T00:00:00Z..now", now).unwrap().from,
            SystemTime::UNIX_EPOCH
        );
        for wrong in ["24h", "now..24h", "soon..now", "1h..now,host", ""] {
            assert!(Range::parse(wrong, now).is_err(), "{wrong}");
        }
    }
}
