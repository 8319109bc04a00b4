//! Stores.

use super::of_operations;
use crate::failure::{Failure, Outcome};
use perf_core::{Operation, OperationParts, Snapshot};
use perf_store::{By, Group, Query, Store};

pub(crate) fn open(url: &str) -> Outcome<Box<dyn Store>> {
    // Reading a file that is not there would make one.
    if let Some(path) =
        url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path))
        && !path.is_empty()
        && !std::path::Path::new(path).exists()
    {
        return Err(Failure::new(format!("{path}: there is no such file")));
    }
    perf_store::open(url).map_err(Failure::new)
}

/// What a query finds, as a snapshot.
pub(crate) fn operations(store: &dyn Store, query: &Query) -> Outcome<Vec<Operation>> {
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
