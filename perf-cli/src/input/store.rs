//! Stores.

use super::of_operations;
use crate::{
    failure::{Failure, Outcome, of},
    progress::Progress,
};
use perf_core::{Operation, OperationParts, Snapshot};
use perf_store::{By, Group, Query, Store};
use std::{fs::File, io::Read};

pub(crate) fn open(url: &str) -> Outcome<Box<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        is_database(path)?;
    }
    perf_store::open(url).map_err(Failure::new)
}

/// Opening a file that is not there makes one, and sets one aside that is no database: not for a command
/// that only reads.
fn is_database(path: &str) -> Outcome<()> {
    const BEGINNING: &[u8] = b"SQLite format 3\0";
    let path = match path.strip_prefix("//").unwrap_or(path) {
        "" => "perfkit.db",
        path => path,
    };
    let file = File::open(path).map_err(of(path))?;
    let mut beginning = Vec::new();
    file.take(BEGINNING.len() as u64).read_to_end(&mut beginning).map_err(of(path))?;
    if !beginning.is_empty() && beginning != BEGINNING {
        return Err(Failure::new(format!("{path}: it is no SQLite database, and so no store")));
    }
    Ok(())
}

/// What a query finds, as a snapshot.
pub(crate) fn operations(store: &dyn Store, query: &Query) -> Outcome<Vec<Operation>> {
    let _progress = Progress::waiting("asking the store");
    let found = store.operations(query).map_err(Failure::new)?;
    Ok(found.into_iter().map(|group| group.value).collect())
}

/// The same, each value of a key for itself: of instance, host, or a label.
pub(crate) fn grouped(store: &dyn Store, query: Query, key: Option<&str>) -> Outcome<Snapshot> {
    let times = (query.from, query.to);
    let by = match key {
        None => vec![By::Name, By::Labels],
        Some("instance") => vec![By::Name, By::Instance],
        Some("host") => vec![By::Name, By::Host],
        Some(label) => vec![By::Name, By::Label(label.to_owned())],
    };
    let _progress = Progress::waiting("asking the store");
    let found = store.operations(&query.by(by)).map_err(Failure::new)?;
    Ok(of_operations(found.into_iter().map(|group| labelled(group, key)).collect(), times))
}

/// With the key it is grouped by as a label.
fn labelled(group: Group<Operation>, key: Option<&str>) -> OperationParts {
    let parts = OperationParts::from(&group.value);
    let value = match key {
        Some("instance") => group.instance,
        Some("host") => group.host,
        _ => return parts,
    };
    let labels = key.map(str::to_owned).zip(value).into_iter().collect();
    OperationParts { labels, ..parts }
}
