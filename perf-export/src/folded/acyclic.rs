//! The call graph without the calls that lead back.

use crate::graph::{Edge, Graph};
use std::cmp::Reverse;

/// What is left of the graph's calls has no cycle.
pub(super) struct Acyclic {
    /// By callee: the callers whose calls are left, `None` for outside, and what their shares of the
    /// callee are in proportion to. Never none.
    pub(super) callers: Vec<Vec<(Option<usize>, u64)>>,
    /// The nodes, each after all its callees.
    pub(super) callees_first: Vec<usize>,
}

impl Acyclic {
    pub(super) fn of(graph: &Graph<'_>) -> Self {
        let mut search = Search::new(graph);
        starts(graph).into_iter().for_each(|node| search.visit(node));
        let kept = search.kept.iter().map(|edges| weighed(edges));
        Self { callers: kept.collect(), callees_first: search.done }
    }
}

/// The nodes in the order that paths are looked for from them: those with most time from outside first,
/// then those nobody called, then the rest.
fn starts(graph: &Graph<'_>) -> Vec<usize> {
    let mut orders: Vec<_> = graph.nodes.iter().map(|_| (Reverse(None), false)).collect();
    for edge in graph.edges.iter().filter(|edge| edge.caller != Some(edge.callee)) {
        match (orders.get_mut(edge.callee), edge.caller) {
            (Some((outside, _)), None) => *outside = Reverse(Some(edge.time_ns)),
            (Some((_, is_called)), Some(_)) => *is_called = true,
            (None, _) => {}
        }
    }
    let mut starts: Vec<usize> = (0..orders.len()).collect();
    starts.sort_by_key(|node| orders.get(*node));
    starts
}

/// In proportion to time; to calls where none took any. What no call is left of begins by itself.
fn weighed(edges: &[Edge]) -> Vec<(Option<usize>, u64)> {
    let took_time = edges.iter().any(|edge| edge.time_ns > 0);
    let weight = |edge: &Edge| if took_time { edge.time_ns } else { edge.calls };
    let callers: Vec<_> = edges.iter().map(|edge| (edge.caller, weight(edge))).collect();
    let has_share = callers.iter().any(|(_, weight)| *weight > 0);
    if has_share { callers } else { vec![(None, 1)] }
}

/// A search in depth.
struct Search {
    /// By caller: the calls not yet followed, the one with the most time last.
    calls: Vec<Vec<Edge>>,
    seen: Vec<Seen>,
    /// By callee: the calls that do not lead back.
    kept: Vec<Vec<Edge>>,
    done: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Not,
    OnPath,
    Done,
}

impl Search {
    fn new(graph: &Graph<'_>) -> Self {
        let lists = || vec![Vec::new(); graph.nodes.len()];
        let (mut calls, mut kept) = (lists(), lists());
        for edge in &graph.edges {
            let list =
                edge.caller.map_or(kept.get_mut(edge.callee), |caller| calls.get_mut(caller));
            list.into_iter().for_each(|list| list.push(*edge));
        }
        calls.iter_mut().for_each(|calls| calls.sort_by_key(|edge| edge.time_ns));
        Self { calls, seen: vec![Seen::Not; graph.nodes.len()], kept, done: Vec::new() }
    }

    /// Not by recursion: a path may be longer than the thread's stack.
    fn visit(&mut self, start: usize) {
        let mut path: Vec<usize> = Vec::new();
        path.extend(self.enter(start));
        while let Some(node) = path.last().copied() {
            match self.calls.get_mut(node).and_then(Vec::pop) {
                Some(call) => path.extend(self.follow(call)),
                None => path.truncate(self.leave(node, path.len())),
            }
        }
    }

    fn enter(&mut self, node: usize) -> Option<usize> {
        let seen = self.seen.get_mut(node).filter(|seen| **seen == Seen::Not)?;
        *seen = Seen::OnPath;
        Some(node)
    }

    /// Keeps a call that does not lead back to the path it is on, and enters what is new.
    fn follow(&mut self, call: Edge) -> Option<usize> {
        if self.seen.get(call.callee) != Some(&Seen::OnPath) {
            self.kept.get_mut(call.callee)?.push(call);
        }
        self.enter(call.callee)
    }

    fn leave(&mut self, node: usize, length: usize) -> usize {
        self.seen.get_mut(node).into_iter().for_each(|seen| *seen = Seen::Done);
        self.done.push(node);
        length - 1
    }
}
