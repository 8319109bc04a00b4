//! Who calls whom.

use super::{
    super::{
        app::App,
        model::{WindowView, nanos},
        problem::{Given, Problem},
        range::Range,
    },
    overview::Asked,
};
use axum::{extract::State, response::Response};
use perf_export::__page::Graph;
use serde::Serialize;
use utoipa::ToSchema;

/// The most nodes and edges of an answer: those with the most time.
const NODES: usize = 60;
const EDGES: usize = 150;

/// An operation, all its series together.
#[derive(Serialize, ToSchema)]
struct Node {
    name: String,
    count: u64,
    errors: u64,
    total_ns: u64,
    self_ns: u64,
}

/// Calls of one operation from another.
#[derive(Serialize, ToSchema)]
struct Edge {
    /// The place among the nodes.
    caller: usize,
    /// The place among the nodes.
    callee: usize,
    calls: u64,
    time_ns: u64,
}

/// How many of each were left out.
#[derive(Serialize, ToSchema)]
struct Omitted {
    nodes: usize,
    edges: usize,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CallGraph {
    window: WindowView,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    omitted: Omitted,
}

/// The call graph of a window
///
/// The operations with the most time, and the calls between them.
#[utoipa::path(
    get,
    path = "/graph",
    tag = "operations",
    params(Asked),
    responses(
        (status = 200, body = CallGraph),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn graph(
    State(app): State<App>,
    Given(asked): Given<Asked>,
) -> Result<Response, Problem> {
    let key = format!("graph {:?}", asked.window);
    app.answer(key, move |view| Ok(look(Range::named(asked.window.as_deref(), &view.known())?)))
        .await
}

fn look(range: Range<'_>) -> CallGraph {
    let graph = Graph::of(&range.snapshot);
    let (drawn, edges) = graph.heaviest(NODES, EDGES);
    let place = |node: usize| drawn.binary_search(&node).ok();
    let edges = edges.iter().filter_map(|edge| {
        let (from, to) = (place(edge.caller?)?, place(edge.callee)?);
        Some(Edge { caller: from, callee: to, calls: edge.calls, time_ns: edge.time_ns })
    });
    let edges: Vec<_> = edges.collect();
    let nodes = drawn.iter().filter_map(|node| graph.nodes.get(*node)).map(|node| Node {
        name: node.name.to_owned(),
        count: node.calls,
        errors: node.errors,
        total_ns: nanos(node.total),
        self_ns: nanos(node.self_time),
    });
    let inside = graph.edges.iter().filter(|edge| edge.caller.is_some()).count();
    let omitted = Omitted { nodes: graph.nodes.len() - drawn.len(), edges: inside - edges.len() };
    CallGraph { nodes: nodes.collect(), edges, omitted, window: range.window }
}
