//! Operations by what they belong to: one row of a dashboard each.

use perf_core::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// More rows than this nobody scrolls through.
const MOST: usize = 20;

/// The group of operations whose name has no path.
const SCOPES: &str = "scopes";

/// Names of operations by module or type; where those are more than 20, by as much of the path as gives
/// no more than that.
pub(super) fn groups(snapshot: &Snapshot) -> BTreeMap<&str, BTreeSet<&str>> {
    let names: BTreeSet<&str> =
        snapshot.operations().iter().map(perf_core::Operation::name).collect();
    let deepest = names.iter().map(|name| name.matches("::").count()).max().unwrap_or(0);
    let mut depth = deepest;
    loop {
        let groups = at_depth(&names, depth);
        if groups.len() <= MOST || depth <= 1 {
            return groups;
        }
        depth -= 1;
    }
}

fn at_depth<'a>(names: &BTreeSet<&'a str>, depth: usize) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in names {
        groups.entry(group(name, depth)).or_default().insert(name);
    }
    groups
}

/// The path a name begins with: all of it but the last part, and no more than so many parts.
fn group(name: &str, depth: usize) -> &str {
    let Some((path, _)) = name.rsplit_once("::") else { return SCOPES };
    let end =
        path.match_indices("::").nth(depth.saturating_sub(1)).map_or(path.len(), |(at, _)| at);
    &path[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;
    use std::time::Duration;

    #[test]
    fn operations_are_grouped_by_their_path() {
        let registry = Registry::new();
        for name in ["app::db::get", "app::db::put", "app::run", "query", "<app::A as app::B>::c"] {
            registry.record(name, Duration::ZERO);
        }
        let snapshot = registry.snapshot();
        let groups: Vec<_> =
            groups(&snapshot).into_iter().map(|(group, names)| (group, names.len())).collect();
        let expected = [("<app::A as app::B>", 1), ("app", 1), ("app::db", 2), ("scopes", 1)];
        assert_eq!(groups, expected);
    }

    #[test]
    fn too_many_groups_become_fewer() {
        let registry = Registry::new();
        for module in 0..50 {
            registry.record(&format!("app::part{}::m{module}::f", module % 5), Duration::ZERO);
        }
        let snapshot = registry.snapshot();
        let groups: Vec<_> = groups(&snapshot).into_keys().collect();
        assert_eq!(groups, ["app::part0", "app::part1", "app::part2", "app::part3", "app::part4"]);
    }
}
