//! A report to open in a browser: one file, which asks for nothing from anywhere.
//!
//! It shows the operations in a table to sort and filter, their percentile curves as HdrHistogram plots
//! them (<https://hdrhistogram.github.io/HdrHistogram/plotFiles.html>), who called whom as tables and
//! as a graph, and the counters, gauges and distributions.
//!
//! The page runs the scripts and styles it comes with and no others: its Content Security Policy
//! (<https://www.w3.org/TR/CSP3/>) names their hashes and forbids all loading. What the program named
//! is text to it. Charts are drawn by uPlot and the graph is laid out by dagre, both under the MIT
//! licence, which the file contains.

mod curve;
mod data;

#[doc(hidden)]
pub use curve::{curve, levels};

use data::Report;
use perf_core::Snapshot;

/// The most operations that have percentile curves: those with the most total time.
///
/// ```
/// assert_eq!(perf_export::html::MAX_CURVES, 1_000);
/// ```
pub const MAX_CURVES: usize = 1_000;

/// The most operations in the drawn call graph: those with the most time.
///
/// ```
/// assert_eq!(perf_export::html::MAX_NODES, 60);
/// ```
pub const MAX_NODES: usize = 60;

/// The most arrows in it: those with the most time.
///
/// ```
/// assert_eq!(perf_export::html::MAX_EDGES, 150);
/// ```
pub const MAX_EDGES: usize = 150;

const PAGE: &str = include_str!("page/report.html");
#[doc(hidden)]
pub const CHART_STYLE: &str = include_str!("vendor/uPlot.min.css");
const STYLE: &str = concat!(include_str!("page/graph.css"), include_str!("page/report.css"));
#[doc(hidden)]
pub const LIBRARIES: &str = concat!(
    "/*\nuPlot\n",
    include_str!("vendor/uPlot.LICENSE"),
    "*/\n",
    include_str!("vendor/uPlot.iife.min.js"),
    "\n/*\ndagre\n",
    include_str!("vendor/dagre.LICENSE"),
    "*/\n",
    include_str!("vendor/dagre.min.js"),
);
/// The drawing of call graphs, for other pages too.
#[doc(hidden)]
pub const GRAPH: &str = include_str!("page/graph.js");
/// And its style, which comes before a page's own.
#[doc(hidden)]
pub const GRAPH_STYLE: &str = include_str!("page/graph.css");
/// Elements and figures, likewise.
#[doc(hidden)]
pub const ELEMENTS: &str = include_str!("page/elements.js");
const SCRIPT: &str = concat!(
    include_str!("page/elements.js"),
    include_str!("page/curves.js"),
    include_str!("page/details.js"),
    include_str!("page/operations.js"),
    include_str!("page/graph.js"),
    include_str!("page/report.js"),
);

/// What the page is put together from, with the hash that its policy knows each by: of the SHA-256 of
/// the text, in base64.
const PARTS: [(&str, &str, &str); 4] = [
    ("chart-style", CHART_STYLE, "32MMao1vjur/JktQ9zzlsRT2Rv/ZoLt08EmwoAE1+gQ="),
    ("style", STYLE, "rf1G54e1MSKJgzIC/JDxCD20/rfChfBfv6lAsw0ADqc="),
    ("libraries", LIBRARIES, "cdWGMrfT/vqnhwQZUfqBhruu8CRFYmv+b5VxHiGeJtU="),
    ("script", SCRIPT, "9qlusOshN9sL+uHjuUBB2gBxxmtZWbgKurwKZZwatc4="),
];

/// The report of a snapshot, an HTML document in UTF-8.
///
/// Of more than [`MAX_CURVES`] operations the rest has no curves, and of a call graph of more than
/// [`MAX_NODES`] operations or [`MAX_EDGES`] arrows the heaviest are drawn; the report says so.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("</script>", std::time::Duration::from_millis(2));
/// let page = perf_export::html::write(&registry.snapshot());
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(page.contains(r#""name":"\u003c/script>""#));
/// ```
#[must_use]
pub fn write(snapshot: &Snapshot) -> String {
    let report = Report::new(snapshot, MAX_CURVES, (MAX_NODES, MAX_EDGES));
    // Of numbers, strings and lists of them: nothing in it can fail.
    let data = serde_json::to_string(&report).unwrap_or_default();
    // In JSON a `<` is in a string, where it may be escaped; as it is it could end the element.
    let data = data.replace('<', r"\u003c");
    let fill = |page: String, (name, text, hash): (&str, &str, &str)| {
        page.replacen(&format!("{{{{{name}-hash}}}}"), hash, 1).replacen(
            &format!("{{{{{name}}}}}"),
            text,
            1,
        )
    };
    // The data last: whatever is in it is not looked at again.
    PARTS.into_iter().fold(PAGE.to_owned(), fill).replacen("{{data}}", &data, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_STANDARD};
    use sha2::{Digest, Sha256};

    #[test]
    fn the_policy_knows_the_parts_by_their_hashes() {
        let page = write(&perf_core::Registry::new().snapshot());
        for (name, text, hash) in PARTS {
            assert!(!page.contains(&format!("{{{{{name}")) && page.contains(text), "{name}");
            assert_eq!(hash, BASE64_STANDARD.encode(Sha256::digest(text)), "of {name}");
            assert!(!text.contains("</script") && !text.contains("</style"), "{name}");
        }
    }
}
