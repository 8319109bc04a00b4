//! Where the summary goes, and what it is there.

use super::{replace::replace, say};
use crate::file::FileFormat;
use perf_core::{Snapshot, Sort, Summary};
use std::{
    fmt,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Where the summary goes.
#[derive(Default)]
pub enum Output {
    /// Standard error.
    #[default]
    Stderr,
    /// Standard output.
    Stdout,
    /// A file, replaced each time, as a whole or not at all; only where its folder does not let it be
    /// replaced it is written over. What its name ends in says what is written, see [`FileFormat`]; with
    /// any other end it is the summary. If it cannot be written, or is read-only, that is said on standard
    /// error and the summary goes there. A relative path is under the folder that is the current one at
    /// `init`.
    File(PathBuf),
    /// Anything that can be written to.
    Writer(Box<dyn Write + Send>),
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stderr => f.write_str("Stderr"),
            Self::Stdout => f.write_str("Stdout"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Writer(_) => f.debug_tuple("Writer").finish_non_exhaustive(),
        }
    }
}

impl Output {
    /// Makes a path absolute: the program may go to another folder.
    pub(super) fn fix(&mut self) {
        if let Self::File(path) = self
            && let Ok(absolute) = std::path::absolute(&*path)
        {
            *path = absolute;
        }
    }
}

/// What the summary looks like, where the name of a file does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    #[default]
    Table,
    /// One JSON document, with the feature `files`: see `json`.
    Json,
    /// Nothing is written anywhere.
    None,
}

/// What is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) percentiles: Vec<f64>,
    pub(super) sort: Sort,
    pub(super) limit: usize,
    pub(super) format: Format,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            percentiles: vec![50.0, 95.0, 99.0],
            sort: Sort::default(),
            limit: usize::MAX,
            format: Format::default(),
        }
    }
}

impl Shown {
    /// Those of them that are 0 to 100, each once.
    pub(super) fn set_percentiles(&mut self, percentiles: &[f64]) {
        self.percentiles.clear();
        for percentile in percentiles.iter().filter(|p| (0.0..=100.0).contains(*p)) {
            if !self.percentiles.contains(percentile) {
                // −0 is 0.
                self.percentiles.push(percentile.abs());
            }
        }
    }

    /// Writes a snapshot to where it goes.
    pub(super) fn write(&self, snapshot: &Snapshot, to: &mut Output) {
        let written = match to {
            Output::Stderr => self.print(snapshot, &mut io::stderr(), io::stderr().is_terminal()),
            Output::Stdout => self.print(snapshot, &mut io::stdout(), io::stdout().is_terminal()),
            Output::Writer(writer) => self.print(snapshot, writer, false),
            Output::File(path) => self.save(snapshot, path),
        };
        if let Err(error) = written {
            say(&format!("perfkit: the summary was not written: {error}"));
        }
    }

    fn print(&self, snapshot: &Snapshot, to: &mut dyn Write, terminal: bool) -> io::Result<()> {
        to.write_all(&self.bytes(snapshot, None, terminal)?)?;
        to.flush()
    }

    /// Where the file cannot be written, standard error gets the summary.
    fn save(&self, snapshot: &Snapshot, path: &Path) -> io::Result<()> {
        let bytes = self.bytes(snapshot, FileFormat::of(path), false);
        let Err(error) = bytes.and_then(|bytes| replace(path, &bytes)) else { return Ok(()) };
        let path = path.display();
        say(&format!("perfkit: cannot write the summary to {path}: {error}; here it is instead"));
        io::stderr().write_all(self.table(snapshot, false).as_bytes())
    }

    fn bytes(
        &self,
        snapshot: &Snapshot,
        file: Option<FileFormat>,
        terminal: bool,
    ) -> io::Result<Vec<u8>> {
        let json = (self.format == Format::Json).then_some(FileFormat::Json);
        match file.or(json) {
            Some(format) => format.render(snapshot, &self.percentiles).map_err(io::Error::other),
            None => Ok(self.table(snapshot, terminal).into_bytes()),
        }
    }

    fn table(&self, snapshot: &Snapshot, terminal: bool) -> String {
        let summary = Summary::new(snapshot.clone()).percentiles(&self.percentiles);
        let mut summary = summary.sort(self.sort).limit(self.limit);
        if terminal {
            let size = terminal_size::terminal_size_of(io::stderr())
                .or_else(|| terminal_size::terminal_size_of(io::stdout()));
            summary = summary.width(size.map_or(usize::MAX, |(width, _)| usize::from(width.0)));
            let color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            summary = summary.color(color);
        }
        summary.to_string()
    }
}
