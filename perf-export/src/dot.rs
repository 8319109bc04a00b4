//! The call graph in Graphviz' language (<https://graphviz.org/doc/info/lang.html>).
//!
//! ```sh
//! dot -Tsvg calls.dot -o calls.svg
//! ```

use crate::graph::{Edge, Graph, Node};
use perf_core::{
    Snapshot,
    human::{count, percent, printable, spaced},
};
use std::time::Duration;

/// The most operations that are drawn: those with the most time.
///
/// ```
/// assert_eq!(perf_export::dot::MAX_NODES, 200);
/// ```
pub const MAX_NODES: usize = 200;

/// The most arrows that are drawn: those with the most time.
///
/// ```
/// assert_eq!(perf_export::dot::MAX_EDGES, 1_000);
/// ```
pub const MAX_EDGES: usize = 1_000;

/// A name of more characters is shortened in its middle, and is whole in the node's tooltip.
const LONGEST_NAME: usize = 60;

const HEAD: &str = r##"digraph "calls" {
  graph [rankdir=TB, nodesep=0.3, ranksep=0.6, fontname="Helvetica,Arial,sans-serif", fontsize=11, fontcolor="#57606a", labelloc=b, labeljust=l]
  node [shape=box, style="rounded,filled", color="#8c959f", fontname="Helvetica,Arial,sans-serif", fontcolor="#1f2328", margin="0.16,0.09"]
  edge [color="#8c959f", fontname="Helvetica,Arial,sans-serif", fontsize=9, fontcolor="#57606a", arrowsize=0.7]
"##;

/// The call graph of a snapshot: a box for each operation (all its series together) with its name,
/// calls, total time and the share of all time it spent in itself, which its colour and the size of
/// its text show too; an arrow to each from its callers, with calls and time. Calls from outside have
/// no arrow.
///
/// Of more than [`MAX_NODES`] operations or [`MAX_EDGES`] arrows the rest is left out, and a note below
/// the graph says so. A name is one line, whatever is in it, as by [`printable`].
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("say \"hi\"", std::time::Duration::from_millis(2));
/// let graph = perf_export::dot::write(&registry.snapshot());
/// assert!(graph.contains(r#"label="say \"hi\"\n1 call · 2.00 ms\n100.0 % self""#));
/// ```
#[must_use]
pub fn write(snapshot: &Snapshot) -> String {
    let graph = Graph::of(snapshot);
    let (nodes, edges) = graph.heaviest(MAX_NODES, MAX_EDGES);
    let mut text = HEAD.to_owned();
    let note = note(&graph, nodes.len(), edges.len());
    text.extend(note.map(|note| format!("  label=\"{note}\"\n")));
    let named = nodes.into_iter().filter_map(|at| Some((at, graph.nodes.get(at)?)));
    text.extend(named.map(|(at, node)| self::node(at, node, snapshot.total_time())));
    let most = edges.iter().map(|edge| edge.time_ns).max().unwrap_or(0);
    text.extend(edges.iter().map(|edge| self::edge(edge, most)));
    text + "}\n"
}

fn note(graph: &Graph<'_>, nodes: usize, edges: usize) -> Option<String> {
    if graph.nodes.is_empty() {
        return Some("No timed operation has been called.".to_owned());
    }
    let all_edges = graph.edges.iter().filter(|edge| edge.caller.is_some()).count();
    let more = [graph.nodes.len() - nodes, all_edges - edges].map(|more| count(more as u64));
    let [operations, arrows] = &more;
    let note = format!("Not shown: {operations} operations and {arrows} arrows with less time.");
    more.iter().any(|more| more != "0").then_some(note)
}

fn node(at: usize, node: &Node<'_>, all: Duration) -> String {
    let share = node.self_time.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
    let total = spaced(u64::try_from(node.total.as_nanos()).unwrap_or(u64::MAX));
    let name = printable(node.name);
    let lines = [
        escaped(&shortened(&name)),
        format!("{} · {total}", calls(node.calls)),
        format!("{} self", percent(node.self_time, all)),
    ];
    let (label, tooltip) = (lines.join("\\n"), escaped(&name));
    let (fill, size) = (color(share), 10.0 + 8.0 * share.sqrt());
    format!(
        "  n{at} [label=\"{label}\", tooltip=\"{tooltip}\", fillcolor=\"{fill}\", fontsize={size:.1}]\n"
    )
}

/// The wider, the more time.
fn edge(edge: &Edge, most: u64) -> String {
    let Some(caller) = edge.caller else { return String::new() };
    let label = format!("{}\\n{}", calls(edge.calls), spaced(edge.time_ns));
    let width = 0.7 + 2.3 * (edge.time_ns as f64 / most.max(1) as f64).sqrt();
    format!("  n{caller} -> n{} [label=\"{label}\", penwidth={width:.1}]\n", edge.callee)
}

fn calls(calls: u64) -> String {
    format!("{} call{}", count(calls), if calls == 1 { "" } else { "s" })
}

/// From near white to orange.
fn color(share: f64) -> String {
    let mixed = |from: f64, to: f64| (from + (to - from) * share.clamp(0.0, 1.0).sqrt()) as u8;
    format!("#{:02x}{:02x}{:02x}", mixed(246.0, 255.0), mixed(248.0, 166.0), mixed(250.0, 87.0))
}

fn shortened(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let half = LONGEST_NAME / 2;
    match (characters.get(..half), characters.get(characters.len().saturating_sub(half)..)) {
        (Some(first), Some(last)) if characters.len() > LONGEST_NAME => {
            first.iter().chain(['…'].iter()).chain(last).collect()
        }
        _ => name.to_owned(),
    }
}

/// Text in a quoted label: a backslash begins an escape there, and `&` an entity
/// (<https://graphviz.org/docs/attr-types/escString/>).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('\\', r"\\").replace('"', r#"\""#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;

    #[test]
    fn an_empty_snapshot_says_so() {
        let text = write(&Registry::new().snapshot());
        assert!(text.ends_with("  label=\"No timed operation has been called.\"\n}\n"), "{text}");
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(escaped(r#"a\"b&c<d>\"#), r#"a\\\"b&amp;c<d>\\"#);
    }

    #[test]
    fn what_is_left_out_is_said() {
        let registry = Registry::new();
        for at in 0..MAX_NODES as u64 + 2 {
            registry.record(&format!("operation {at:04}"), Duration::from_micros(at + 1));
        }
        let text = write(&registry.snapshot());
        assert!(text.contains("Not shown: 2 operations and 0 arrows with less time."), "{text}");
        assert!(!text.contains("operation 0001") && text.contains("operation 0002"));
        assert_eq!(text, write(&registry.snapshot()));
    }

    #[test]
    fn long_names_keep_their_ends() {
        let name = format!("first{}last", "é".repeat(10_000));
        let short = shortened(&name);
        assert!(short.starts_with("firsté") && short.ends_with("élast"));
        assert_eq!(short.chars().count(), LONGEST_NAME + 1);
    }
}
