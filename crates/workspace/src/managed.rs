//! A file that whoever runs the machine puts above its users.
//!
//! One that a user could write, or put another in place of, would be no bound on that user. So the file and the folder
//! around it belong to the administrator, nobody else may write them, and neither is a link.

use crate::identity::{Kind, Stat};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, RawMode, fstat, openat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// What the group and the rest may not have.
const WRITES: RawMode = 0o022;

/// Why a managed file does not count, so that nothing may happen below it.
#[derive(Debug, thiserror::Error)]
pub enum ManagedError {
    /// A link, a FIFO or something else.
    #[error("{} is no plain file in a plain folder (a link is not followed here)", .0.display())]
    NotPlain(PathBuf),
    /// A user could have written it.
    #[error("{} belongs to the user {owner} instead of {wanted}, so that it is no managed file", path.display())]
    Owner {
        /// The file or the folder around it.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Whose it should be.
        wanted: u32,
    },
    /// A user could have written it.
    #[error("{} can be written by others than its owner, so that it is no managed file; chmod go-w takes that away", .0.display())]
    Writable(PathBuf),
    /// It is longer than anything that a person writes.
    #[error("{} is longer than {most} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How long it may be.
        most: u64,
    },
    /// What the system said, or that the bytes are no text.
    #[error("{} cannot be read", path.display())]
    System {
        /// The file or the folder around it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The text of a managed file of this owner; `None` when there is none. Whatever else is wrong is an error, never
/// an absence.
pub fn read_managed(path: &Path, owner: u32, most: u64) -> Result<Option<String>, ManagedError> {
    let around = path.parent().unwrap_or(Path::new("/"));
    let Some(folder) = open(CWD, around, around, OFlags::DIRECTORY)? else { return Ok(None) };
    checked(&folder, around, Kind::Folder, owner)?;
    let name = path.file_name().map(Path::new).unwrap_or(path);
    let Some(file) = open(&folder, name, path, OFlags::NONBLOCK | OFlags::NOCTTY)? else { return Ok(None) };
    let size = checked(&file, path, Kind::File, owner)?.size;
    if most < size {
        return Err(ManagedError::TooLong { path: path.to_owned(), most });
    }
    let mut text = String::new();
    let read = File::from(file).take(most).read_to_string(&mut text);
    read.map_err(|source| ManagedError::System { path: path.to_owned(), source })?;
    Ok(Some(text))
}

fn open(from: impl AsFd, name: &Path, path: &Path, flags: OFlags) -> Result<Option<OwnedFd>, ManagedError> {
    match openat(from, name, flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::NODEV) => Err(ManagedError::NotPlain(path.to_owned())),
        Err(errno) => Err(ManagedError::System { path: path.to_owned(), source: errno.into() }),
    }
}

fn checked(file: &OwnedFd, path: &Path, kind: Kind, owner: u32) -> Result<Stat, ManagedError> {
    let found = fstat(file).map_err(|errno| ManagedError::System { path: path.to_owned(), source: errno.into() })?;
    if Stat::of(&found).kind != kind {
        return Err(ManagedError::NotPlain(path.to_owned()));
    }
    if found.st_uid != owner {
        return Err(ManagedError::Owner { path: path.to_owned(), owner: found.st_uid, wanted: owner });
    }
    if found.st_mode & WRITES != 0 {
        return Err(ManagedError::Writable(path.to_owned()));
    }
    Ok(Stat::of(&found))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests prepare the world")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    struct Stage {
        around: tempfile::TempDir,
        file: PathBuf,
    }

    impl Stage {
        fn new() -> Self {
            let around = tempfile::tempdir().unwrap();
            let file = around.path().join("boxagnts/policy.toml");
            fs::create_dir(file.parent().unwrap()).unwrap();
            let stage = Self { around, file };
            stage.mode(stage.file.parent().unwrap(), 0o755);
            stage
        }

        fn with(text: &[u8]) -> Self {
            let stage = Self::new();
            fs::write(&stage.file, text).unwrap();
            stage.mode(&stage.file, 0o644);
            stage
        }

        fn mode(&self, path: &Path, mode: u32) {
            assert!(path.starts_with(self.around.path()));
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }

        fn read(&self) -> Result<Option<String>, ManagedError> {
            read_managed(&self.file, rustix::process::geteuid().as_raw(), 100)
        }
    }

    #[test]
    fn a_managed_file_is_read_and_none_is_none() {
        assert_eq!(Stage::with(b"deny = []").read().unwrap().as_deref(), Some("deny = []"));
        assert_eq!(Stage::new().read().unwrap(), None);
        let stage = Stage::new();
        fs::remove_dir(stage.file.parent().unwrap()).unwrap();
        assert_eq!(stage.read().unwrap(), None);
    }

    #[test]
    fn what_others_can_write_is_no_managed_file() {
        for mode in [0o664, 0o646] {
            let stage = Stage::with(b"deny = []");
            stage.mode(&stage.file, mode);
            assert!(matches!(stage.read(), Err(ManagedError::Writable(_))));
            let stage = Stage::with(b"deny = []");
            stage.mode(stage.file.parent().unwrap(), 0o100 | mode);
            assert!(
                matches!(stage.read(), Err(ManagedError::Writable(_))),
                "who can write the folder replaces the file"
            );
        }
        let stage = Stage::with(b"deny = []");
        let other = rustix::process::geteuid().as_raw() + 1;
        assert!(matches!(read_managed(&stage.file, other, 100), Err(ManagedError::Owner { .. })));
    }

    #[test]
    fn i07_a_link_a_fifo_or_a_folder_in_its_place_is_an_error_and_no_absence() {
        let stage = Stage::new();
        let elsewhere = stage.around.path().join("elsewhere");
        fs::write(&elsewhere, "deny = []").unwrap();
        symlink(&elsewhere, &stage.file).unwrap();
        assert!(matches!(stage.read(), Err(ManagedError::NotPlain(_))));
        fs::remove_file(&stage.file).unwrap();
        rustix::fs::mknodat(CWD, &stage.file, rustix::fs::FileType::Fifo, Mode::from(0o600), 0).unwrap();
        assert!(matches!(stage.read(), Err(ManagedError::NotPlain(_))));
        fs::remove_file(&stage.file).unwrap();
        fs::create_dir(&stage.file).unwrap();
        assert!(matches!(stage.read(), Err(ManagedError::NotPlain(_))));

        let stage = Stage::with(b"deny = []");
        let folder = stage.file.parent().unwrap();
        let moved = stage.around.path().join("moved");
        fs::rename(folder, &moved).unwrap();
        symlink(&moved, folder).unwrap();
        assert!(matches!(stage.read(), Err(ManagedError::NotPlain(_))));
    }

    #[test]
    fn what_is_too_long_or_no_text_is_an_error() {
        assert!(matches!(Stage::with(&[b'#'; 101]).read(), Err(ManagedError::TooLong { .. })));
        assert!(matches!(Stage::with(b"\xff").read(), Err(ManagedError::System { .. })));
    }
}
