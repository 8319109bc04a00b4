//! Flame graphs, call graphs and Markdown, read by those they are written for.

mod support;

use perf_core::{
    Caller, OperationParts, Registry, Snapshot, SnapshotParts, Summary, human::printable,
};
use std::{collections::BTreeMap, process::Command, sync::Arc};
use support::output;

/// Names that want care.
fn names() -> Vec<String> {
    let names = [
        "plain::path::Type::method",
        "GET /users/{id}",
        "step 2",
        "a;b",
        "quo\"te",
        "back\\slash",
        "ends in \\",
        "\\N\\L\\n",
        "two\nlines\r\n",
        "nul\0",
        "<b>&amp;</b> & \"x\"",
        "a|b|`c```d``",
        "`",
        " spaces ",
        "größe ∑ 漢字 🔥",
        "https://example.com/@user #1 :key:",
        "~~a~~ **b** __c__ [d](e)",
        "\u{202e}rtl",
        "%3B",
        "#1",
    ];
    names.into_iter().map(str::to_owned).chain(["long ".repeat(2_000)]).collect()
}

/// Each calls the next; the first one is called from outside.
fn chain() -> Snapshot {
    let names = names();
    let part = |(at, name): (usize, &String)| OperationParts {
        name: name.clone(),
        buckets: vec![(1_000_000, 3)],
        sum_ns: 3_000_000 * (names.len() - at) as u64,
        self_ns: 3_000_000,
        callers: vec![Caller {
            name: at.checked_sub(1).map(|at| Arc::from(names[at].as_str())),
            calls: 3,
            time_ns: 1 + at as u64,
        }],
        ..OperationParts::default()
    };
    let registry = Registry::new();
    registry.counter("a|b\n", &[("c`", "d|\\")]).add(7);
    registry.gauge("infinite", &[]).set(f64::INFINITY);
    registry.gauge("none", &[]).set(f64::NAN);
    let empty = SnapshotParts::from(&registry.snapshot());
    Snapshot::from(SnapshotParts {
        operations: names.iter().enumerate().map(part).collect(),
        ..empty
    })
}

/// The texts between these, with the entities of XML as characters.
fn between<'a>(text: &'a str, from: &'a str, to: &'a str) -> impl Iterator<Item = String> + 'a {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    text.split(from).skip(1).map(move |part| {
        let text = part.split(to).next().unwrap().to_owned();
        entities.iter().fold(text, |text, (entity, character)| text.replace(entity, character))
    })
}

#[test]
fn inferno_draws_a_frame_for_each_operation() {
    let folded = perf_export::folded::write(&chain());
    let mut options = inferno::flamegraph::Options::default();
    "ns".clone_into(&mut options.count_name);
    options.min_width = 0.0;
    let mut svg = Vec::new();
    inferno::flamegraph::from_lines(&mut options, folded.lines(), &mut svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    let frames: BTreeMap<String, u64> = between(&svg, "<title>", "</title>")
        .filter_map(|title| {
            let (frame, rest) = title.rsplit_once(" (")?;
            Some((frame.to_owned(), rest.split(' ').next()?.replace(',', "").parse().ok()?))
        })
        .collect();
    let all = 3_000_000 * names().len() as u64;
    assert_eq!(frames.get("all"), Some(&all), "{frames:?}");
    let mut left = all;
    let deepest_last = folded.lines().max_by_key(|line| line.len()).unwrap();
    let (stack, _) = deepest_last.rsplit_once(' ').unwrap();
    assert_eq!(stack.split(';').count(), names().len());
    for frame in stack.split(';') {
        assert_eq!(frames.get(frame), Some(&left), "{frame}: {frames:?}");
        left -= 3_000_000;
    }
}

/// Reads a graph that `dot` has laid out: for each node the lines drawn on it, then the edges by those.
const EDGES: &str = r"
import json, sys
graph = json.load(sys.stdin)
nodes = {node['_gvid']: node for node in graph.get('objects', [])}
first = lambda node: next(op['text'] for op in node['_ldraw_'] if op['op'] == 'T')
lines = lambda thing: [op['text'] for op in thing['_ldraw_'] if op['op'] == 'T']
print(json.dumps([[lines(n) for n in nodes.values()],
  [[first(nodes[e['tail']]), first(nodes[e['head']]), lines(e)] for e in graph.get('edges', [])]]))
";

/// From, to, and the lines beside it.
type Arrow = (String, String, Vec<String>);

#[test]
#[ignore = "needs Graphviz and Python: cargo xtask ci"]
fn graphviz_draws_the_names_and_calls_there_are() {
    let text = perf_export::dot::write(&chain());
    let laid_out = output(Command::new("dot").arg("-Tjson"), text.as_bytes());
    let read: (Vec<Vec<String>>, Vec<Arrow>) =
        serde_json::from_str(&support::python(EDGES, &[], laid_out.as_bytes())).unwrap();
    let short = |name: &String| {
        let name: Vec<char> = printable(name).chars().collect();
        let whole = name.len() <= 61;
        let ends = name[..30.min(name.len())]
            .iter()
            .chain(&['…'])
            .chain(&name[name.len().saturating_sub(30)..]);
        if whole { name.iter().collect() } else { ends.collect::<String>() }
    };
    let mut expected: Vec<String> = names().iter().map(short).collect();
    let mut edges: Vec<_> =
        expected.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    let mut drawn: Vec<String> = read.0.iter().map(|lines| lines[0].clone()).collect();
    expected.sort();
    drawn.sort();
    assert_eq!(drawn, expected);
    assert!(
        read.0.iter().all(|lines| lines[1].starts_with("3 calls · ") && lines[2] == "4.8 % self")
    );
    let mut arrows: Vec<_> =
        read.1.iter().map(|(from, to, _)| (from.clone(), to.clone())).collect();
    arrows.sort();
    edges.sort();
    assert_eq!(arrows, edges);
    assert!(read.1.iter().all(|(_, _, lines)| lines[0] == "3 calls" && lines[1].ends_with(" ns")));

    let svg = output(Command::new("dot").arg("-Tsvg"), text.as_bytes());
    assert!(svg.contains("größe ∑ 漢字 🔥") && svg.trim_end().ends_with("</svg>"));
    let empty = perf_export::dot::write(&Registry::new().snapshot());
    assert!(
        output(Command::new("dot").arg("-Tsvg"), empty.as_bytes()).contains("No timed operation")
    );
}

#[test]
#[ignore = "needs Graphviz: cargo xtask ci"]
fn graphviz_draws_ten_thousand_operations() {
    let registry = Registry::new();
    for at in 0..10_000_u64 {
        registry.record(&format!("operation {at}"), std::time::Duration::from_micros(at));
    }
    let svg = output(
        Command::new("dot").arg("-Tsvg"),
        perf_export::dot::write(&registry.snapshot()).as_bytes(),
    );
    assert!(svg.contains("Not shown: 9\u{202f}800 operations"), "{}", &svg[svg.len() - 2_000..]);
}

/// The cells of all tables as text, by GitHub's rules.
const CELLS: &str = r"
import json, sys
from markdown_it import MarkdownIt
tables, is_cell = [], False
for token in MarkdownIt('commonmark').enable('table').parse(sys.stdin.read()):
    if token.type == 'table_open': tables.append([])
    if token.type == 'tr_open': tables[-1].append([])
    if token.type in ('th_open', 'td_open'): is_cell = True
    if token.type in ('th_close', 'td_close'): is_cell = False
    if token.type == 'inline' and is_cell:
        tables[-1][-1].append(''.join(child.content for child in token.children))
        assert {child.type for child in token.children} <= {'text', 'text_special', 'code_inline'}, token
print(json.dumps(tables))
";

#[test]
#[ignore = "needs Python with markdown-it-py: cargo xtask ci"]
fn markdown_has_the_summarys_cells() {
    let snapshot = chain();
    let percentiles = [50.0, 99.0, 99.9];
    let text = perf_export::markdown::write(&snapshot, &percentiles);
    let read: Vec<Vec<Vec<String>>> =
        serde_json::from_str(&support::python(CELLS, &[], text.as_bytes())).unwrap();
    let tables = Summary::new(snapshot).percentiles(&percentiles).tables();
    assert_eq!(read.len(), tables.len(), "{text}");
    for (read, table) in read.iter().zip(&tables) {
        let figures =
            |cells: &[String]| cells.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(read[0], figures(&table.titles));
        for (read, row) in read[1..].iter().zip(&table.rows) {
            assert_eq!((&read[0], &read[1..]), (&row[0], &*figures(&row[1..])));
        }
        assert_eq!(read.len(), table.rows.len() + 1);
    }
}
