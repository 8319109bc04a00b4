//! Files that are replaced at once.

use std::{
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    io::{self, ErrorKind, Write},
    path::Path,
};

/// Puts a file in the place of what is there, at once: whoever reads it sees the old one or the new
/// one, and if anything fails the old one stays. What cannot be replaced is written to: what is no plain
/// file (a pipe, a terminal), a link that leads to nothing yet, a file in a folder that allows no new one,
/// or one that is mounted by itself, as in a container.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Ok(there) = fs::metadata(path) else {
        let is_link = fs::symlink_metadata(path).is_ok();
        return if is_link { fs::write(path, bytes) } else { put(path, bytes, None) };
    };
    if !there.is_file() {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    if there.permissions().readonly() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it is read-only"));
    }
    // A link stays one: the file it leads to is replaced.
    match put(&fs::canonicalize(path)?, bytes, Some(there.permissions())) {
        Err(error) if is_refused(&error) => fs::write(path, bytes),
        done => done,
    }
}

/// Whether it is the folder that allows no file to be replaced.
fn is_refused(error: &io::Error) -> bool {
    use ErrorKind::{PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | ResourceBusy)
}

/// By a new file beside it, of a name that nobody can know before.
fn put(path: &Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let random = RandomState::new().hash_one(std::process::id());
    let new = path.with_file_name(format!(".perfkit-{random:016x}.tmp"));
    let file = File::options().write(true).create_new(true).open(&new)?;
    let written = fill(file, bytes, permissions).and_then(|()| fs::rename(&new, path));
    written.inspect_err(|_| drop(fs::remove_file(&new)))
}

fn fill(mut file: File, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions))?;
    file.write_all(bytes)?;
    // Else a crash of the machine could leave an empty file in the place of a full one.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Gone with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("perfkit-replace-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn files(&self) -> usize {
            fs::read_dir(&self.0).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = Folder::new("whole");
        let file = folder.0.join("run.json");
        replace(&file, b"one").unwrap();
        let old = File::open(&file).unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(io::read_to_string(old).unwrap(), "one");
        assert_eq!(folder.files(), 1, "nothing is left behind");
        replace(&folder.0.join("none").join("run.json"), b"one").unwrap_err();
        replace(&folder.0, b"one").unwrap_err();
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let folder = Folder::new("fails");
        fs::create_dir(folder.0.join("run.json")).unwrap();
        put(&folder.0.join("run.json"), b"one", None).unwrap_err();
        assert_eq!(folder.files(), 1);
    }

    #[test]
    fn a_file_that_is_read_only_stays() {
        let folder = Folder::new("read-only");
        let file = folder.0.join("run.json");
        fs::write(&file, "one").unwrap();
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions).unwrap();
        assert_eq!(replace(&file, b"two").unwrap_err().to_string(), "it is read-only");
        assert_eq!(fs::read(&file).unwrap(), b"one");
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_what_is_no_file_is_written_to() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = Folder::new("links");
        let (file, link) = (folder.0.join("run.json"), folder.0.join("latest.json"));
        symlink("run.json", &link).unwrap();
        for (text, mode) in [("one", 0o640), ("two", 0o600)] {
            replace(&link, text.as_bytes()).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            replace(&link, text.as_bytes()).unwrap();
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode);
        }
        assert_eq!(folder.files(), 2);
        replace(Path::new("/dev/null"), b"five").unwrap();
        if Path::new("/dev/full").exists() {
            assert_eq!(
                replace(Path::new("/dev/full"), b"x").unwrap_err().kind(),
                ErrorKind::StorageFull
            );
        }
    }
}
