//! What commands print.

use crate::failure::{Outcome, of};
use perf_core::{Snapshot, Summary};
use perf_export::{csv, json, markdown};
use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

/// As what something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    Table,
    /// JSON.
    Json,
    /// Comma-separated values, with a line of names.
    Csv,
    /// Markdown, for a pull request.
    Md,
}

/// Where a table is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Stream {
    #[default]
    Output,
    Error,
}

impl Stream {
    /// Its columns if it is a terminal; else there is no limit.
    pub(crate) fn width(self) -> usize {
        let size = match self {
            Self::Output => terminal_size::terminal_size_of(io::stdout()),
            Self::Error => terminal_size::terminal_size_of(io::stderr()),
        };
        size.map_or(usize::MAX, |(width, _)| usize::from(width.0))
    }

    fn is_terminal(self) -> bool {
        match self {
            Self::Output => io::stdout().is_terminal(),
            Self::Error => io::stderr().is_terminal(),
        }
    }

    /// Whether to use colours: on a terminal, unless <https://no-color.org> is asked for.
    pub(crate) fn color(self) -> bool {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        is_set("CLICOLOR_FORCE") || (self.is_terminal() && !is_set("NO_COLOR") && !is_dumb)
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Prints bytes. That nobody reads them any more, as `head` does, is no failure.
pub(crate) fn print(bytes: impl AsRef<[u8]>) -> Outcome<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(of("standard output")(error))
        }
        _ => Ok(()),
    }
}

/// Writes bytes to a file, if one is named, or else prints them.
pub(crate) fn write(path: Option<&Path>, bytes: impl AsRef<[u8]>) -> Outcome<()> {
    match path {
        Some(path) => fs::write(path, bytes).map_err(of(path.display())),
        None => print(bytes),
    }
}

/// A snapshot in a format.
pub(crate) fn shown(snapshot: Snapshot, percentiles: &[f64], how: Format, table: &Table) -> String {
    match how {
        Format::Json => json::write(&snapshot, percentiles),
        Format::Csv => csv::write(&snapshot, percentiles),
        Format::Md => markdown::write(&snapshot, percentiles),
        Format::Table => {
            let summary = Summary::new(snapshot).percentiles(percentiles).sort(table.sort);
            let (width, color) = (table.stream.width(), table.stream.color());
            summary.limit(table.limit).width(width).color(color).to_string()
        }
    }
}

/// How a table of operations is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) sort: perf_core::Sort,
    pub(crate) limit: usize,
    pub(crate) stream: Stream,
}

impl Default for Table {
    fn default() -> Self {
        Self { sort: perf_core::Sort::default(), limit: usize::MAX, stream: Stream::Output }
    }
}
