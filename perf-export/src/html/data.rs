//! What the report's script is given.

use super::curve::{curve, levels};
use crate::{
    graph::{Edge, Graph, Node},
    outcomes::OUTCOMES,
};
use perf_core::{Allocations, Operation, Snapshot, Summary, human::printable, overhead};
use serde::Serialize;
use std::{
    cmp::Reverse,
    time::{Duration, SystemTime},
};

/// Times are in nanoseconds, where not said otherwise.
#[derive(Serialize)]
pub(super) struct Report {
    version: &'static str,
    /// Since the Unix epoch.
    started_ms: f64,
    taken_ms: f64,
    elapsed: u64,
    /// All self times together.
    inside: u64,
    /// What timing a call costs.
    cost: u64,
    /// By total time, those with most first.
    operations: Vec<Row>,
    /// The percentiles that curves have points at.
    levels: Vec<f64>,
    /// How many operations have a curve: the first ones.
    curves: usize,
    /// By place: names, calls, total and self times.
    nodes: Vec<(String, u64, u64, u64)>,
    /// Caller, callee (by place), calls and time; those from outside have no caller.
    edges: Vec<(Option<usize>, usize, u64, u64)>,
    /// The nodes that are drawn.
    drawn: Vec<usize>,
    /// The edges that are drawn.
    arrows: Vec<(usize, usize, u64, u64)>,
    /// Counters and gauges, and distributions: titles and rows of cells.
    tables: Vec<Cells>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Cells {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    labels: String,
    about: Option<String>,
    /// Its place among the nodes.
    node: Option<usize>,
    calls: u64,
    errors: u64,
    /// Calls by outcome: ok, error, panic, cancelled.
    outcomes: [u64; 4],
    sampled: bool,
    total: u64,
    own: u64,
    mean: Option<u64>,
    stddev: Option<u64>,
    min: Option<u64>,
    p50: Option<u64>,
    p90: Option<u64>,
    p95: Option<u64>,
    p99: Option<u64>,
    p999: Option<u64>,
    max: Option<u64>,
    /// Polls, time inside them, the longest one.
    polls: Option<[u64; 3]>,
    idle: Option<u64>,
    /// Allocations and their bytes, then those of the operation itself.
    allocations: Option<[u64; 4]>,
    /// Running calls, and for how long the oldest has been.
    in_flight: Option<[u64; 2]>,
    /// By place, `None` for outside; calls and time.
    callers: Vec<(Option<usize>, u64, u64)>,
    curve: Vec<u64>,
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Report {
    /// With curves of so many operations, and so many nodes and edges `drawn`.
    pub(super) fn new(snapshot: &Snapshot, curves: usize, drawn: (usize, usize)) -> Self {
        let graph = Graph::of(snapshot);
        let (drawn, arrows) = graph.heaviest(drawn.0, drawn.1);
        let arrow = |edge: &Edge| Some((edge.caller?, edge.callee, edge.calls, edge.time_ns));
        let node = |node: &Node<'_>| {
            (printable(node.name), node.calls, nanos(node.total), nanos(node.self_time))
        };
        let operations = rows(snapshot, &graph, curves);
        let (tables, notes) = tables_and_notes(snapshot);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            started_ms: millis(snapshot.started()),
            taken_ms: millis(snapshot.taken()),
            elapsed: nanos(snapshot.elapsed()),
            inside: nanos(snapshot.total_time()),
            cost: nanos(overhead()),
            curves: curves.min(operations.len()),
            operations,
            levels: levels(),
            nodes: graph.nodes.iter().map(node).collect(),
            edges: graph.edges.iter().map(|e| (e.caller, e.callee, e.calls, e.time_ns)).collect(),
            drawn,
            arrows: arrows.iter().filter_map(arrow).collect(),
            tables,
            notes,
        }
    }
}

/// Within what a script's dates can be.
fn millis(time: SystemTime) -> f64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1e3).min(8.64e15)
}

/// Those of the summary with the percentiles the page has: what it says of operations are notes, the rest tables.
fn tables_and_notes(snapshot: &Snapshot) -> (Vec<Cells>, Vec<String>) {
    let tables = Summary::new(snapshot.clone()).percentiles(&[50.0, 95.0, 99.0, 99.9]).tables();
    let (operations, others): (Vec<_>, Vec<_>) = tables
        .into_iter()
        .partition(|table| table.titles.first().is_some_and(|of| of == "operation"));
    let others = others.into_iter().map(|table| Cells { titles: table.titles, rows: table.rows });
    (others.collect(), operations.into_iter().flat_map(|table| table.notes).collect())
}

fn rows(snapshot: &Snapshot, graph: &Graph<'_>, curves: usize) -> Vec<Row> {
    let mut operations: Vec<&Operation> =
        snapshot.operations().iter().filter(|operation| operation.count() > 0).collect();
    operations.sort_by_key(|operation| Reverse(operation.total()));
    let levels = levels();
    let with_curve = |(at, operation)| Row {
        curve: if at < curves { curve(operation, &levels) } else { Vec::new() },
        about: snapshot.description(operation.name()).map(|of| of.text.to_string()),
        ..row(operation, graph)
    };
    operations.into_iter().enumerate().map(with_curve).collect()
}

fn row(operation: &Operation, graph: &Graph<'_>) -> Row {
    let percentile = |percentile| operation.percentile(percentile).map(nanos);
    let allocated = |a: Allocations| [a.count, a.bytes, a.self_count, a.self_bytes];
    let caller = |caller: &perf_core::Caller| {
        (caller.name.as_deref().and_then(|name| graph.place(name)), caller.calls, caller.time_ns)
    };
    let full_name = operation.full_name();
    let labels = full_name.strip_prefix(operation.name()).unwrap_or_default();
    Row {
        name: printable(operation.name()),
        labels: printable(labels),
        about: None,
        node: graph.place(operation.name()),
        calls: operation.count(),
        errors: operation.errors(),
        outcomes: OUTCOMES.map(|outcome| operation.outcome(outcome)),
        sampled: operation.is_sampled(),
        total: nanos(operation.total()),
        own: nanos(operation.self_time()),
        mean: operation.mean().map(nanos),
        stddev: operation.stddev().map(nanos),
        min: operation.min().map(nanos),
        p50: percentile(50.0),
        p90: percentile(90.0),
        p95: percentile(95.0),
        p99: percentile(99.0),
        p999: percentile(99.9),
        max: operation.max().map(nanos),
        polls: operation.polls().map(|polls| [polls.polls, polls.busy_ns, polls.longest_ns]),
        idle: operation.idle().map(nanos),
        allocations: operation.allocations().map(allocated),
        in_flight: operation.in_flight().map(|calls| [calls.count, calls.oldest_ns]),
        callers: operation.callers().iter().map(caller).collect(),
        curve: Vec::new(),
    }
}
