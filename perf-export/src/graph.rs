//! The call graph of a snapshot: operations by name, with the series of one name together, and who calls
//! whom.

use perf_core::{Operation, Snapshot};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// An operation, all its series together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    /// Calls that have ended.
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) total: Duration,
    pub(crate) self_time: Duration,
}

/// The calls of one operation from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// By place among the nodes; `None` for calls from outside.
    pub(crate) caller: Option<usize>,
    pub(crate) callee: usize,
    pub(crate) calls: u64,
    pub(crate) time_ns: u64,
}

/// Nodes by name, and edges by callee, then caller.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) edges: Vec<Edge>,
}

impl<'a> Graph<'a> {
    /// Of the operations that were called; a caller of which no call has ended yet is a node without
    /// times.
    pub(crate) fn of(snapshot: &'a Snapshot) -> Self {
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
}
