//! A folder that only this user can enter, and the files in it.
//!
//! A link or a foreign owner at the folder's place is an error: whoever could put it there could read or replace what
//! we keep. Files are made with mode 0600, replaced by a rename and never written through a link.

use crate::hidden::Hidden;
use crate::identity::{Kind, Stat};
use crate::opened::Opened;
use crate::os::unnamed;
use crate::pinned::Access;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Dir, Mode, OFlags, RawMode, fchmod, fstat, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

mod durable;

pub use durable::Lock;

/// What others may not have: any right of the group or of the rest.
const OTHERS: RawMode = 0o077;

/// A folder of ours, open.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: OwnedFd,
    path: PathBuf,
}

/// Why a folder of ours cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// Neither `HOME` nor the standard variable says where it should lie.
    #[error("neither HOME nor the XDG variables say where our folders lie")]
    NoHome,
    /// A link, a file or something else stands at its place.
    #[error("{0:?} is not a folder of its own (a link is not followed here)")]
    NotAFolder(PathBuf),
    /// It belongs to another user.
    #[error("{0:?} belongs to another user")]
    ForeignOwner(PathBuf),
    /// What the system said.
    #[error("{path:?} cannot be used")]
    System {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PrivateFolder {
    /// Opens the folder at `path`, made with mode 0700 if it is missing, with the folders above it.
    #[expect(clippy::disallowed_methods, reason = "this room makes our own folders")]
    pub fn prepare(path: &Path) -> Result<Self, PrivateError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let fault = |source| PrivateError::System { path: path.to_owned(), source };
        let above = path.parent().unwrap_or(Path::new("/"));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(above).map_err(fault)?;
        Self::make(CWD, path, path.to_owned())
    }

    /// Opens the folder `name` in this one, made if it is missing.
    pub fn inside(&self, name: &str) -> Result<Self, PrivateError> {
        Self::make(self.folder.as_fd(), Path::new(name), self.path.join(name))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file to read it. The file must be a regular one of this user's that nobody else can write.
    pub fn open_file(&self, name: &str) -> Result<File, PrivateError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.folder, name, flags, Mode::empty()).map_err(|errno| self.fault(name, errno))?;
        let stat = fstat(&file).map_err(|errno| self.fault(name, errno))?;
        if Stat::of(&stat).kind != Kind::File || stat.st_mode & OTHERS != 0 {
            return Err(self.fault(name, Errno::ACCESS));
        }
        if !is_ours(stat.st_uid) {
            return Err(PrivateError::ForeignOwner(self.path.join(name)));
        }
        Ok(file.into())
    }

    /// Puts a whole file in place of `name`, or nothing: a reader sees the old file or the new one.
    pub fn replace_file(&self, name: &str, bytes: &[u8]) -> Result<(), PrivateError> {
        self.replace(name, bytes, &|_| Ok(()))
    }

    fn replace(&self, name: &str, bytes: &[u8], settle: &dyn Fn(&File) -> io::Result<()>) -> Result<(), PrivateError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let passing = format!(".{name}.{}-{number}", rustix::process::getpid().as_raw_nonzero());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let file = openat(&self.folder, &passing, flags, mode).map_err(|errno| self.fault(name, errno))?;
        let mut file = File::from(file);
        let written = file.write_all(bytes).and_then(|()| settle(&file));
        let placed = written.and_then(|()| Ok(renameat(&self.folder, &passing, &self.folder, name)?));
        placed.map_err(|source| {
            // The half-written file is of no use to anyone; failing to remove it changes nothing about the error.
            let _ = unlinkat(&self.folder, &passing, AtFlags::empty());
            PrivateError::System { path: self.path.join(name), source }
        })
    }

    /// A new empty file that nobody else can find: it has no name here, and goes when it is closed.
    pub fn unnamed_file(&self) -> Result<Opened, PrivateError> {
        let file = match unnamed(self.folder.as_fd()).transpose() {
            Some(file) => file,
            None => self.made_and_unlinked(),
        };
        let file = file.map_err(|errno| self.fault("", errno))?;
        Opened::check(file, Access::BOTH, &Hidden::by_name_only())
            .map_err(|error| PrivateError::System { path: self.path.clone(), source: io::Error::other(error) })
    }

    /// For file systems where each file begins with a name.
    fn made_and_unlinked(&self) -> Result<OwnedFd, Errno> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".unnamed.{}-{number}", rustix::process::getpid().as_raw_nonzero());
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.folder, &name, flags, Mode::from_raw_mode(0o600))?;
        unlinkat(&self.folder, &name, AtFlags::empty())?;
        Ok(file)
    }

    /// Removes a file if it is there.
    pub fn remove_file(&self, name: &str) -> Result<(), PrivateError> {
        match unlinkat(&self.folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.fault(name, errno)),
        }
    }

    /// The names of the regular files in it, with what is known of each.
    pub fn files(&self) -> Result<Vec<(String, Stat)>, PrivateError> {
        let fault = |errno: Errno| PrivateError::System { path: self.path.clone(), source: errno.into() };
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            // We write no other names here, and a file that vanished meanwhile is no file.
            let Ok(name) = entry.file_name().to_str() else { continue };
            let Ok(stat) = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            let stat = Stat::of(&stat);
            if stat.kind == Kind::File {
                files.push((name.to_owned(), stat));
            }
        }
        Ok(files)
    }

    fn make(around: BorrowedFd<'_>, name: &Path, path: PathBuf) -> Result<Self, PrivateError> {
        let fault = |errno: Errno| PrivateError::System { path: path.clone(), source: errno.into() };
        match mkdirat(around, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(fault(errno)),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match openat(around, name, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOTDIR | Errno::LOOP) => return Err(PrivateError::NotAFolder(path)),
            Err(errno) => return Err(fault(errno)),
        };
        let stat = fstat(&folder).map_err(fault)?;
        if !is_ours(stat.st_uid) {
            return Err(PrivateError::ForeignOwner(path));
        }
        if stat.st_mode & OTHERS != 0 {
            // Ours, but left open to others, by a restored backup for example.
            fchmod(&folder, Mode::RWXU).map_err(fault)?;
        }
        Ok(Self { folder, path })
    }

    fn fault(&self, name: &str, errno: Errno) -> PrivateError {
        PrivateError::System { path: self.path.join(name), source: errno.into() }
    }
}

impl PrivateError {
    /// Whether the file is simply not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::System { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Whether the user who runs this process is the owner.
pub(crate) fn is_ours(owner: u32) -> bool {
    owner == rustix::process::geteuid().as_raw()
}

/// The open folder, for whoever tells the system which folder is meant.
impl AsFd for PrivateFolder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests prepare the world")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_and_files_are_for_this_user_alone() {
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("a/b/own")).unwrap();
        folder.replace_file("key", b"secret").unwrap();
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join("key")), 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_folder_that_others_could_enter_is_closed() {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("own");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        PrivateFolder::prepare(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn i07_a_link_at_the_place_of_a_folder_or_a_file_is_refused() {
        let around = tempfile::tempdir().unwrap();
        let (elsewhere, path) = (around.path().join("elsewhere"), around.path().join("own"));
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(matches!(PrivateFolder::prepare(&path), Err(PrivateError::NotAFolder(_))));

        let folder = PrivateFolder::prepare(&around.path().join("true")).unwrap();
        fs::write(elsewhere.join("canary"), "untouched").unwrap();
        // A file that would do, so that only the link is wrong with it.
        fs::set_permissions(elsewhere.join("canary"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink(elsewhere.join("canary"), folder.path().join("file")).unwrap();
        assert!(folder.open_file("file").is_err());
        folder.replace_file("file", b"new").unwrap();
        assert_eq!(fs::read(elsewhere.join("canary")).unwrap(), b"untouched");
        assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"new");
    }

    #[test]
    fn an_unnamed_file_can_be_used_and_is_nowhere_to_be_found() {
        use std::os::unix::fs::FileExt as _;
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("own")).unwrap();
        let opened = folder.unnamed_file().unwrap();
        opened.append(b"kept").unwrap();
        let again = opened.again().unwrap();
        assert_eq!((again.stat().size, opened.stat().size), (4, 0));
        let mut bytes = [0; 4];
        again.file().read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"kept");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_each_file_begins_with_a_name_it_loses_it_at_once() {
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("own")).unwrap();
        let file = folder.made_and_unlinked().unwrap();
        assert_eq!((fstat(&file).unwrap().st_nlink, fs::read_dir(folder.path()).unwrap().count()), (0, 0));
    }

    #[test]
    fn a_file_that_others_could_have_written_is_not_read() {
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("own")).unwrap();
        folder.replace_file("file", b"x").unwrap();
        assert!(folder.open_file("file").is_ok());
        fs::set_permissions(folder.path().join("file"), fs::Permissions::from_mode(0o666)).unwrap();
        assert!(folder.open_file("file").is_err());
    }
}
