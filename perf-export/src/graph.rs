//! The call graph of a snapshot: operations by name, with the series of one name together, and who calls
//! whom.

#![cfg_attr(not(feature = "files"), allow(unreachable_pub, reason = "pages are made with it only"))]

use perf_core::{Operation, Snapshot};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// An operation, all its series together.
#[derive(Clone, Debug, Default)]
pub struct Node<'a> {
    /// The operation's.
    pub name: &'a str,
    /// Calls that have ended.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Their time.
    pub total: Duration,
    /// Their time without that of the calls they made.
    pub self_time: Duration,
}

/// The calls of one operation from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// By place among the nodes; `None` for calls from outside.
    pub caller: Option<usize>,
    /// By place.
    pub callee: usize,
    /// How many.
    pub calls: u64,
    /// Their time.
    pub time_ns: u64,
}

/// Nodes by name, and edges by callee, then caller.
#[derive(Clone, Debug, Default)]
pub struct Graph<'a> {
    /// The operations.
    pub nodes: Vec<Node<'a>>,
    /// Calls between them, and from outside.
    pub edges: Vec<Edge>,
}

impl<'a> Graph<'a> {
    /// Of the operations that were called; a caller of which no call has ended yet is a node without
    /// times.
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let called = || snapshot.operations().iter().filter(|operation| operation.count() > 0);
        let callers = called().flat_map(Operation::callers).filter_map(|c| c.name.as_deref());
        let names: BTreeSet<&str> = called().map(Operation::name).chain(callers).collect();
        let places: BTreeMap<&str, usize> = names.iter().copied().zip(0..).collect();
        let mut nodes: Vec<_> =
            names.into_iter().map(|name| Node { name, ..Node::default() }).collect();
        let mut edges: BTreeMap<(usize, Option<usize>), (u64, u64)> = BTreeMap::new();
        for operation in called() {
            let place = places[operation.name()];
            let node = &mut nodes[place];
            node.calls = node.calls.saturating_add(operation.count());
            node.errors = node.errors.saturating_add(operation.errors());
            node.total = node.total.saturating_add(operation.total());
            node.self_time = node.self_time.saturating_add(operation.self_time());
            for caller in operation.callers() {
                let from = caller.name.as_deref().map(|name| places[name]);
                let (calls, time) = edges.entry((place, from)).or_default();
                *calls = calls.saturating_add(caller.calls);
                *time = time.saturating_add(caller.time_ns);
            }
        }
        let edge = |((callee, caller), (calls, time_ns))| Edge { caller, callee, calls, time_ns };
        Self { nodes, edges: edges.into_iter().map(edge).collect() }
    }

    /// The place of a node.
    #[cfg(feature = "files")]
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.nodes.binary_search_by(|node| node.name.cmp(name)).ok()
    }

    /// The places of so many nodes with the most time, by name, and so many edges between them with the
    /// most time, by callee, then caller.
    #[must_use]
    pub fn heaviest(&self, nodes: usize, edges: usize) -> (Vec<usize>, Vec<Edge>) {
        let nodes = heaviest(&self.times(), nodes);
        let between = |edge: &&Edge| {
            let drawn = |node| nodes.binary_search(&node).is_ok();
            edge.caller.is_some_and(drawn) && drawn(edge.callee)
        };
        let all: Vec<Edge> = self.edges.iter().filter(between).copied().collect();
        let times: Vec<u64> = all.iter().map(|edge| edge.time_ns).collect();
        let kept = heaviest(&times, edges);
        (nodes, kept.into_iter().filter_map(|at| all.get(at)).copied().collect())
    }

    /// The time of each node; of one that has not ended yet, that of the calls from it.
    fn times(&self) -> Vec<u64> {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let mut below = vec![0_u64; self.nodes.len()];
        for edge in &self.edges {
            let caller = edge.caller.and_then(|caller| below.get_mut(caller));
            caller.into_iter().for_each(|below| *below = below.saturating_add(edge.time_ns));
        }
        self.nodes.iter().zip(below).map(|(node, below)| below.max(nanos(node.total))).collect()
    }
}

/// The places of so many of the largest, in order; of equal ones, the first.
fn heaviest(times: &[u64], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..times.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(times.get(*place)));
    places.truncate(most);
    places.sort_unstable();
    places
}
