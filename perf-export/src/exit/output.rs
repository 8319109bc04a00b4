//! Where the summary goes, and what it is there.

use super::say;
use crate::file::FileFormat;
use perf_core::{Snapshot, Sort, Summary};
use std::{
    fmt,
    fs::{self, File},
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
    /// A file, replaced each time, as a whole or not at all. What its name ends in says what is
    /// written, see [`FileFormat`]; with any other end it is the summary. If it cannot be written, that
    /// is said on standard error and the summary goes there.
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

/// Puts a file in the place of what is there, at once: whoever reads it sees the old one or the new
/// one, and if anything fails the old one stays. What is not a plain file (a pipe, a terminal) is
/// written to.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    // A link stays one: the file it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::IsADirectory)?);
    name.push(format!(".{}.tmp", std::process::id()));
    let new = path.with_file_name(name);
    let written = write_new(&new, &path, bytes).and_then(|()| fs::rename(&new, &path));
    written.inspect_err(|_| drop(fs::remove_file(&new)))
}

fn write_new(new: &Path, old: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(new)?;
    if let Ok(there) = fs::metadata(old) {
        file.set_permissions(there.permissions())?;
    }
    file.write_all(bytes)?;
    // Else a crash of the machine could leave an empty file in the place of a full one.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("perfkit-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("run.json");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");

        // A folder in the new file's way.
        let way = folder.join(format!(".run.json.{}.tmp", std::process::id()));
        fs::create_dir(&way).unwrap();
        replace(&file, b"three").unwrap_err();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        fs::remove_dir(&way).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");

        #[cfg(unix)]
        {
            let link = folder.join("latest.json");
            std::os::unix::fs::symlink(&file, &link).unwrap();
            replace(&link, b"four").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read(&file).unwrap(), b"four");
            replace(Path::new("/dev/null"), b"five").unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
