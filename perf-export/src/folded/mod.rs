//! Folded stacks, what flame graphs are drawn from.
//!
//! A line for each call path, `main;load;parse 1250`: its operations from the outermost on, and the
//! time spent in the last one itself, in **nanoseconds**. This is the format of Brendan Gregg's
//! `flamegraph.pl` (<https://github.com/brendangregg/FlameGraph#2-fold-stacks>), which
//! `inferno-flamegraph --countname ns` and speedscope read too.
//!
//! A snapshot knows who called whom, but not on which path: each operation's time is shared among the
//! paths to it in proportion to the time of the calls they came by, as gprof does (S. L. Graham and
//! others, “gprof: a call graph execution profiler”, 1982, <https://doi.org/10.1145/800230.806987>).
//!
//! - Paths begin where calls came from outside, and at operations that no known one called.
//! - A call back to an operation of its own path, as in recursion, begins no path: its share goes to the
//!   other calls of that operation. Which call of a cycle leads back shows from where most time comes
//!   in from outside. A cycle that nothing leads to begins at one of its operations.
//! - The lines add up to the self times of all operations, to the nanosecond; paths of less have none.
//! - The heaviest [`MAX_PATHS`] are followed, as far as [`MAX_BYTES`] of text reach. The time of those
//!   that are not is in a frame `(other paths)` on the path they leave.
//! - In names, `%`, `;`, control characters and line breaks are percent-encoded, and white space at an
//!   end or before a digit, which would read as a second count; no name at all is `(unnamed)`.

mod acyclic;
mod frame;
mod shares;

use crate::graph::Graph;
use frame::frame;
use perf_core::Snapshot;
use shares::{Part, Shares};
use std::{collections::BinaryHeap, fmt::Write};

/// The most call paths that are followed. Each is a line, and another one where something below it is
/// not followed.
///
/// ```
/// assert_eq!(perf_export::folded::MAX_PATHS, 10_000);
/// ```
pub const MAX_PATHS: usize = 10_000;

/// The most bytes that the paths followed have, 16 MiB.
///
/// ```
/// assert_eq!(perf_export::folded::MAX_BYTES, 16 * 1024 * 1024);
/// ```
pub const MAX_BYTES: usize = 16 << 20;

/// The call paths of a snapshot as folded stacks, in nanoseconds, those with most below them first;
/// empty without a call.
///
/// ```
/// use std::time::Duration;
///
/// let registry = perf_core::Registry::new();
/// registry.record("load", Duration::from_micros(2));
/// registry.record("save;all", Duration::from_micros(1));
/// let lines = perf_export::folded::write(&registry.snapshot());
/// assert_eq!(lines, "load 2000\nsave%3Ball 1000\n");
/// ```
#[must_use]
pub fn write(snapshot: &Snapshot) -> String {
    let graph = Graph::of(snapshot);
    let shares = Shares::of(&graph);
    let frames: Vec<String> = graph.nodes.iter().map(|node| frame(node.name)).collect();
    let mut paths = Paths::new(&frames);
    let mut heaviest: BinaryHeap<Path> =
        shares.roots().map(|Part { node, time }| Path { time, node, parent: 0 }).collect();
    while let Some(path) = heaviest.pop() {
        let Some(parent) = paths.follow(&path) else { continue };
        let (own, below) = shares.divide(path.node, path.time);
        paths.line(parent, own);
        heaviest.extend(below.map(|Part { node, time }| Path { time, node, parent }));
    }
    paths.lines()
}

/// A path that is not yet followed: to an operation, from a path that is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Path {
    /// With all that is below it.
    time: u128,
    node: usize,
    parent: usize,
}

/// The paths followed; the first one is outside.
struct Paths<'a> {
    frames: &'a [String],
    followed: Vec<Followed>,
    bytes: usize,
    lines: String,
}

#[derive(Default)]
struct Followed {
    /// Its frames, each with a `;` behind it.
    stack: String,
    /// The time of paths from it that are not followed.
    other: u128,
}

impl<'a> Paths<'a> {
    fn new(frames: &'a [String]) -> Self {
        Self { frames, followed: vec![Followed::default()], bytes: 0, lines: String::new() }
    }

    /// Follows a path, if there is room for it, and says where it is.
    fn follow(&mut self, path: &Path) -> Option<usize> {
        let at = self.followed.len();
        let parent = self.followed.get_mut(path.parent)?;
        let frame = self.frames.get(path.node).map_or("", String::as_str);
        let bytes = self.bytes + parent.stack.len() + frame.len() + 1;
        if at > MAX_PATHS || bytes > MAX_BYTES {
            parent.other += path.time;
            return None;
        }
        let stack = format!("{}{frame};", parent.stack);
        self.followed.push(Followed { stack, other: 0 });
        self.bytes = bytes;
        Some(at)
    }

    fn line(&mut self, at: usize, own: u128) {
        let stack = self.followed.get(at).map_or("", |path| &path.stack);
        if own > 0 {
            let _ = writeln!(self.lines, "{} {own}", stack.trim_end_matches(';'));
        }
    }

    fn lines(mut self) -> String {
        for Followed { stack, other } in self.followed.iter().filter(|path| path.other > 0) {
            let _ = writeln!(self.lines, "{stack}(other paths) {other}");
        }
        self.lines
    }
}
