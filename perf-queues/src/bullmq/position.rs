//! The file that says how far each stream has been read, and what was counted until there.

use super::{id::EntryId, machine::Saved, place::Place, status::Totals};
use crate::error::WatchError;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

const VERSION: u32 = 1;

/// All of it. Queues are named by their keys' beginning, `bull:mail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Positions {
    version: u32,
    /// Since when all queues are watched that there are.
    pub(super) all_since: Option<EntryId>,
    pub(super) queues: BTreeMap<String, Position>,
}

impl Default for Positions {
    fn default() -> Self {
        Self { version: VERSION, all_since: None, queues: BTreeMap::new() }
    }
}

/// Of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) place: Place,
    pub(super) totals: Totals,
    #[serde(flatten)]
    pub(super) known: Saved,
}

#[derive(Debug)]
pub(super) struct PositionFile {
    path: PathBuf,
}

impl PositionFile {
    /// Reads it, if it is there. One that is damaged is put aside, which the text says.
    pub(super) fn open(path: &Path) -> Result<(Self, Positions, Option<String>), WatchError> {
        let failed = |why: &dyn std::fmt::Display| {
            WatchError::Position(format!("{}: {why}", path.display()))
        };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if parent.is_some_and(|parent| !parent.is_dir()) {
            return Err(failed(&"there is no such folder"));
        }
        let file = Self { path: path.to_owned() };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok((file, Positions::default(), None));
            }
            Err(error) => return Err(failed(&error)),
        };
        match serde_json::from_slice::<Positions>(&bytes) {
            Ok(read) if read.version == VERSION => Ok((file, read, None)),
            Ok(read) => Err(failed(&format_args!("version {} is not known here", read.version))),
            Err(error) => {
                let aside = file.beside("damaged");
                fs::rename(path, &aside).map_err(|error| failed(&error))?;
                let why = format!("it was damaged ({error}), and is now {}", aside.display());
                tracing::warn!(target: "perfkit", "the position file of queues: {why}");
                Ok((file, Positions::default(), Some(why)))
            }
        }
    }

    /// Replaces it, whole or not at all.
    pub(super) fn save(&self, positions: &Positions) -> std::io::Result<()> {
        let bytes = serde_json::to_vec(positions)?;
        let new = self.beside("new");
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&bytes)?;
            // Else a crash of the machine could leave an empty file in its place.
            file.sync_all()
        });
        let replaced = written.and_then(|()| fs::rename(&new, &self.path));
        replaced.inspect_err(|_| drop(fs::remove_file(&new)))?;
        self.sync_folder();
        Ok(())
    }

    /// So that a crash of the machine does not bring the old one back. Not all file systems can.
    fn sync_folder(&self) {
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = File::open(parent.unwrap_or_else(|| Path::new(".")));
        drop(folder.and_then(|folder| folder.sync_all()));
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(end);
        self.path.with_file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_damage_is_put_aside() {
        let folder = std::env::temp_dir().join(format!("perfkit-position-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("position.json");
        let (file, mut positions, said) = PositionFile::open(&path).unwrap();
        assert_eq!((&positions, said), (&Positions::default(), None));
        let mut place = Place::new(EntryId::at(7));
        place.advance(EntryId { ms: 8, seq: 2 });
        let known = r#"{"active":{"1":{"active":3,"name":"welcome"}},"tried":{"3":2},"moved":null,
            "fresh":"2","since":7}"#;
        let position = Position {
            place,
            totals: Totals { completed: 9, ..Totals::default() },
            known: serde_json::from_str(known).unwrap(),
        };
        positions.queues.insert("bull:mail".to_owned(), position);
        file.save(&positions).unwrap();
        assert_eq!(PositionFile::open(&path).unwrap().1, positions);
        fs::write(&path, "{").unwrap();
        let (_, read, said) = PositionFile::open(&path).unwrap();
        assert!(read.queues.is_empty() && said.unwrap().contains("damaged"));
        assert!(folder.join("position.json.damaged").is_file() && !path.exists());
        fs::write(&path, r#"{"version":9,"all_since":null,"queues":{}}"#).unwrap();
        assert!(PositionFile::open(&path).unwrap_err().to_string().contains("version 9"));
        assert!(PositionFile::open(&folder.join("none/x")).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
