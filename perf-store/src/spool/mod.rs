//! Intervals on the disk, until the store has them.

mod file;

use crate::{
    error::{Result, StoreError},
    model::{Instance, Interval},
};
use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// The ends of the names of files that wait, that are written just now, and that are kept for people.
const WAITING: &str = "interval";
const WRITING: &str = "tmp";
const DAMAGED: &str = "corrupt";
const REJECTED: &str = "rejected";

/// A folder of intervals that wait to be stored, the oldest first, and no more than so many bytes of them, of
/// each process that uses it.
///
/// An interval is there, whole, once [`put`](Self::put) returns, though the process be killed and the power
/// cut. Processes may share a folder: what another has left is sent too, and as storing is idempotent it
/// does not matter if both do so.
///
/// ```
/// use perf_store::{Instance, Interval, Spool};
///
/// let folder = std::env::temp_dir().join(format!("perfkit-spool-{}", std::process::id()));
/// let mut spool = Spool::open(&folder, 1 << 20)?;
/// let (instance, snapshot) = (Instance::new("1.4.0"), perf_core::Registry::new().snapshot());
/// spool.put(&instance, &Interval::new(0, snapshot))?;
///
/// let path = spool.oldest().unwrap();
/// let (from, interval) = Spool::read(&path)?;
/// assert_eq!((from, interval.sequence), (instance, 0));
/// spool.remove(&path);
/// assert_eq!(spool.oldest(), None);
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<_, perf_store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    /// The most bytes.
    limit: u64,
    /// Those that wait, and their bytes.
    files: VecDeque<(PathBuf, u64)>,
    bytes: u64,
    /// The bytes of those that are set aside.
    aside: u64,
    dropped: u64,
}

impl Spool {
    /// Opens a folder, which is made if it is not there, with what was left in it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] if it cannot be made, read or written to.
    pub fn open(folder: impl AsRef<Path>, limit: u64) -> Result<Self> {
        let folder = folder.as_ref();
        let explain = |error| refused(folder, &error);
        fs::create_dir_all(folder).map_err(explain)?;
        let (mut left, mut aside) = (Vec::new(), 0);
        for entry in fs::read_dir(folder).map_err(explain)? {
            let path = entry.map_err(explain)?.path();
            // One that another process has sent meanwhile is none.
            let Ok(known) = fs::metadata(&path) else { continue };
            let modified = known.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let end = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            match end {
                _ if !known.is_file() => {}
                WAITING => left.push((modified, path, known.len())),
                WRITING => remove_if_abandoned(&path, modified),
                DAMAGED | REJECTED => aside += known.len(),
                _ => {}
            }
        }
        left.sort();
        let files: VecDeque<_> = left.into_iter().map(|(_, path, bytes)| (path, bytes)).collect();
        let bytes = files.iter().map(|(_, bytes)| bytes).sum();
        Ok(Self { folder: folder.to_owned(), limit, files, bytes, aside, dropped: 0 })
    }

    /// Adds an interval, and drops the oldest ones while there are too many bytes: never the new one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] if it cannot be written, as on a full disk.
    pub fn put(&mut self, instance: &Instance, interval: &Interval) -> Result {
        let path = self.folder.join(file::name(instance, interval.sequence));
        let text = file::encode(instance, interval);
        file::write(&path, &text).map_err(|error| refused(&self.folder, &error))?;
        self.files.push_back((path, text.len() as u64));
        self.bytes += text.len() as u64;
        while self.bytes > self.limit && self.files.len() > 1 {
            self.drop_oldest();
        }
        Ok(())
    }

    fn drop_oldest(&mut self) {
        let Some(path) = self.oldest() else { return };
        // One that is gone has been sent by another process.
        if fs::remove_file(&path).is_ok() {
            self.dropped += 1;
        }
        self.forget(&path);
    }

    /// The file that waits longest.
    #[must_use]
    pub fn oldest(&self) -> Option<PathBuf> {
        self.files.front().map(|(path, _)| path.clone())
    }

    /// What a file of a spool holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if it is damaged; [`StoreError::Unavailable`] if it cannot be read.
    pub fn read(path: &Path) -> Result<(Instance, Interval)> {
        let text = fs::read(path).map_err(|error| {
            StoreError::Unavailable(format!("{} cannot be read: {error}", path.display()))
        })?;
        file::decode(&text).map_err(|wrong| StoreError::Corrupt {
            message: format!("{} is damaged: {wrong}", path.display()),
            set_aside: None,
        })
    }

    /// Removes a file that has been sent.
    pub fn remove(&mut self, path: &Path) {
        // Where that fails it is sent once more, which does no harm.
        let _ = fs::remove_file(path);
        self.forget(path);
    }

    /// Keeps a file that is of no use, for people to look at, under another name, which it returns. `why`
    /// tells damaged ones from those that the store does not take. Where so many bytes are set aside as may
    /// wait, it is removed instead, and nothing returned: a disk is not to fill.
    pub fn set_aside(&mut self, path: &Path, why: &StoreError) -> Option<PathBuf> {
        let bytes = fs::metadata(path).map_or(0, |known| known.len());
        if self.aside.saturating_add(bytes) > self.limit {
            self.remove(path);
            return None;
        }
        self.aside += bytes;
        let end = if why.is_of_data() { REJECTED } else { DAMAGED };
        let aside = path.with_extension(end);
        // Where that fails it is found again at the next start.
        let _ = fs::rename(path, &aside);
        self.forget(path);
        Some(aside)
    }

    /// Puts a file behind all others, as one that cannot be read just now.
    pub fn postpone(&mut self, path: &Path) {
        let Some(at) = self.files.iter().position(|(known, _)| known == path) else { return };
        if let Some(file) = self.files.remove(at) {
            self.files.push_back(file);
        }
    }

    fn forget(&mut self, path: &Path) {
        let Some(at) = self.files.iter().position(|(known, _)| known == path) else { return };
        if let Some((_, bytes)) = self.files.remove(at) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// How many files wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many intervals were dropped since it was opened.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Those that are being written are there for a moment only, unless the process was killed.
fn remove_if_abandoned(path: &Path, modified: SystemTime) {
    let is_old = modified.elapsed().is_ok_and(|age| age > Duration::from_secs(600));
    if is_old {
        let _ = fs::remove_file(path);
    }
}

fn refused(folder: &Path, error: &io::Error) -> StoreError {
    StoreError::Refused(format!("the spool {} cannot be used: {error}", folder.display()))
}
