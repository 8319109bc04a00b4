//! Labels as Prometheus can hold them.

use super::names::{is_legal_key, sanitised_key};
use perf_core::{Metric, Operation, Snapshot, SnapshotParts};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// Keys that the labels of an operation's families have themselves.
const OF_OPERATIONS: [&str; 2] = ["operation", "outcome"];

type Labels = [(Arc<str>, Arc<str>)];

/// The snapshot with labels that can stand as they are. Series that become the same by that are
/// merged, as [`Snapshot::merge`] would.
pub(super) fn legal(snapshot: &Snapshot) -> Cow<'_, Snapshot> {
    let stand = |labels: &Labels, reserved: &[&str]| {
        labels.iter().all(|(key, value)| is_free(key, reserved) && !value.is_empty())
    };
    let operations = snapshot.operations().iter();
    let metrics = snapshot.metrics().iter();
    if operations.map(Operation::labels).all(|labels| stand(labels, &OF_OPERATIONS))
        && metrics.map(Metric::labels).all(|labels| stand(labels, &[]))
    {
        return Cow::Borrowed(snapshot);
    }
    let mut parts = SnapshotParts::from(snapshot);
    parts.operations.iter_mut().for_each(|of| legalise(&mut of.labels, &OF_OPERATIONS));
    parts.metrics.iter_mut().for_each(|of| legalise(&mut of.labels, &[]));
    Cow::Owned(parts.into())
}

fn is_free(key: &str, reserved: &[&str]) -> bool {
    is_legal_key(key) && !is_reserved(key, reserved)
}

fn is_reserved(key: &str, reserved: &[&str]) -> bool {
    key.starts_with("__") || ["le", "quantile"].contains(&key) || reserved.contains(&key)
}

/// Labels come, and stay, sorted by key.
fn legalise(labels: &mut Vec<(String, String)>, reserved: &[&str]) {
    let mut legal: BTreeMap<String, String> = BTreeMap::new();
    // To Prometheus an empty value is no label at all.
    for (key, value) in labels.drain(..).filter(|(_, value)| !value.is_empty()) {
        let key = sanitised_key(&key);
        let exported = if is_reserved(&key, reserved) { "exported_" } else { "" };
        let joined = legal.entry(format!("{exported}{key}")).or_default();
        let between = if joined.is_empty() { "" } else { ";" };
        *joined = format!("{joined}{between}{value}");
    }
    labels.extend(legal);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legalised(labels: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let mut labels = labels.iter().map(owned).collect();
        legalise(&mut labels, &OF_OPERATIONS);
        labels
    }

    #[test]
    fn keys_become_legal_and_stay_apart_from_ours() {
        let labels = [("1", "a"), ("__name__", "b"), ("http.route", "c"), ("le", "d")];
        let keys = legalised(&labels).into_iter().map(|(key, _)| key);
        assert!(keys.eq(["_1", "exported___name__", "exported_le", "http_route"]));
        assert_eq!(legalised(&[("operation", "x")])[0].0, "exported_operation");
    }

    #[test]
    fn keys_that_become_the_same_are_joined() {
        let joined = legalised(&[("a.b", "1"), ("a_b", "2"), ("c", "")]);
        assert_eq!(joined, [("a_b".to_owned(), "1;2".to_owned())]);
    }

    #[test]
    fn series_that_become_the_same_are_merged() {
        let registry = perf_core::Registry::new();
        registry.counter("hits", &[("a.b", "x")]).add(1);
        registry.counter("hits", &[("a_b", "x")]).add(2);
        let snapshot = registry.snapshot();
        assert_eq!(legal(&snapshot).counter("hits", &[("a_b", "x")]), Some(3));
    }
}
