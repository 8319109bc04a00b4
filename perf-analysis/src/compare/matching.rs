//! Which operations of two sets belong together.

use perf_core::Operation;
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

type Key<'a> = (&'a str, &'a [(Arc<str>, Arc<str>)]);

/// What two sets have in common, and not.
pub(super) struct Matched<'a> {
    pub(super) both: Vec<(Cow<'a, Operation>, Cow<'a, Operation>)>,
    pub(super) only_before: Vec<String>,
    pub(super) only_after: Vec<String>,
}

/// By name and labels. Several of one set with the same ones are merged.
pub(super) fn matched<'a>(before: &'a [Operation], after: &'a [Operation]) -> Matched<'a> {
    let (before, mut after) = (by_key(before), by_key(after));
    let mut matched = Matched { both: Vec::new(), only_before: Vec::new(), only_after: Vec::new() };
    for (key, ours) in before {
        match after.remove(&key) {
            Some(theirs) => matched.both.push((ours, theirs)),
            None => matched.only_before.push(ours.full_name()),
        }
    }
    matched.only_after = after.values().map(|operation| operation.full_name()).collect();
    matched
}

fn by_key(operations: &[Operation]) -> BTreeMap<Key<'_>, Cow<'_, Operation>> {
    let mut all: BTreeMap<Key<'_>, Cow<'_, Operation>> = BTreeMap::new();
    for operation in operations {
        all.entry((operation.name(), operation.labels()))
            .and_modify(|known| known.to_mut().merge(operation))
            .or_insert(Cow::Borrowed(operation));
    }
    all
}
