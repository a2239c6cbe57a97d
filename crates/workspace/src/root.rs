//! An open folder, and the ways to a place below it.

use crate::error::{FileError, RootError};
use crate::hidden::{Chain, Hidden, OWN_NAME, chain};
use crate::identity::{FileId, Kind, Moment, Stat};
use crate::opened::Opened;
use crate::os::{LOOK, birth, open_strict};
use crate::pinned::Access;
use crate::pinned::{Parent, Pinned, open_flags};
use crate::private::{PrivateError, is_ours};
use crate::walk::walk;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, openat, statat};
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// A workspace or a mapped folder. It stays this folder, whatever happens to its path meanwhile.
#[derive(Debug)]
pub struct Root {
    folder: OwnedFd,
    id: FileId,
    path: PathBuf,
    hidden: Hidden,
    /// One of our own folders lies below, so that each part of each path is looked at.
    guarded: bool,
    /// The folder itself, the folder around it, and so on.
    chain: Chain,
}

/// Whether a link at the end of a path is meant itself, or what it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// What it leads to.
    Yes,
    /// The link itself.
    No,
}

/// What became of a wish to read.
#[derive(Debug)]
pub enum ReadOpen<'r> {
    /// The way holds no links: this is the file at exactly that path.
    Direct(Opened),
    /// The way led through links. Whoever decides looks at [`Pinned::true_path`] before it opens.
    Elsewhere(Pinned<'r>),
}

impl Root {
    /// Opens a folder of the host.
    #[expect(clippy::disallowed_methods, reason = "this room finds the folders of the host")]
    pub fn open(path: &Path, hidden: Hidden) -> Result<Self, RootError> {
        let fault = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => RootError::Absent(path.to_owned()),
            std::io::ErrorKind::NotADirectory => RootError::NotAFolder(path.to_owned()),
            std::io::ErrorKind::PermissionDenied => RootError::NoAccess(path.to_owned()),
            _ => RootError::System { path: path.to_owned(), source: error },
        };
        let true_path = std::fs::canonicalize(path).map_err(fault)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(CWD, &true_path, flags, Mode::empty()).map_err(|errno| fault(errno.into()))?;
        let id = Stat::of(&fstat(&folder).map_err(|errno| fault(errno.into()))?).id;
        let by_name = true_path.components().any(|part| part.as_os_str() == crate::hidden::OWN_NAME);
        let chain = chain(&folder, Path::new(".")).map_err(|errno| fault(errno.into()))?;
        if by_name || chain.iter().any(|id| hidden.hides(*id)) {
            return Err(RootError::Own(path.to_owned()));
        }
        let guarded = hidden.lies_below(id);
        Ok(Self { folder, id, path: true_path, hidden, guarded, chain })
    }

    /// Where it lay when it was opened, free of links; for people to read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which folder it is.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// When the folder was made, where the system tells: an inode is used again, a moment is not.
    pub fn birth(&self) -> Option<Moment> {
        birth(self.folder.as_fd())
    }

    /// Where `.boxagnts` lies in here, or would lie. A link, something else than a folder, or a folder of another user
    /// is refused: whoever put it there would choose where we write.
    pub fn own_folder(&self) -> Result<PathBuf, PrivateError> {
        let path = self.path.join(OWN_NAME);
        let stat = match statat(&self.folder, OWN_NAME, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(path),
            Err(errno) => return Err(PrivateError::System { path, source: errno.into() }),
        };
        if Stat::of(&stat).kind != Kind::Folder {
            return Err(PrivateError::NotAFolder(path));
        }
        if is_ours(stat.st_uid) { Ok(path) } else { Err(PrivateError::ForeignOwner(path)) }
    }

    /// Whether it is `other`, or lay somewhere below it when it was opened.
    pub fn lies_in(&self, other: &Self) -> bool {
        self.chain.contains(&other.id)
    }

    /// Opens what lies at `relative` for reading, in one step when the way holds no links. `relative` has no `..`,
    /// no empty part and no leading slash; empty means the root itself.
    pub fn open_read(&self, relative: &str) -> Result<ReadOpen<'_>, FileError> {
        self.refuse_hidden_names(relative)?;
        if !self.guarded {
            let flags = open_flags(Access::READ);
            let path = if relative.is_empty() { "." } else { relative };
            match open_strict(self.folder.as_fd(), path, flags) {
                Ok(Some(file)) => return Opened::check(file, Access::READ, &self.hidden).map(ReadOpen::Direct),
                Ok(None) => {}
                // A socket cannot be opened at all; say so in the same words as for a FIFO.
                Err(Errno::NXIO | Errno::NODEV) => return Err(FileError::Special),
                Err(errno) => return Err(errno.into()),
            }
        }
        let place = self.pin(relative, Follow::Yes)?;
        if place.true_path() == relative {
            place.open(Access::READ).map(ReadOpen::Direct)
        } else {
            Ok(ReadOpen::Elsewhere(place))
        }
    }

    /// Finds the place of `relative` and holds on to the folder around it. There need not be anything at the place.
    pub fn pin(&self, relative: &str, follow: Follow) -> Result<Pinned<'_>, FileError> {
        self.refuse_hidden_names(relative)?;
        if relative.is_empty() {
            return self.place(Parent::Root, ".".to_owned(), String::new());
        }
        if !self.guarded
            && let Some(place) = self.pin_strictly(relative)?
            && (follow == Follow::No || place.kind() != Some(Kind::Link))
        {
            return Ok(place);
        }
        walk(self, relative, follow)
    }

    /// Whether one of our own folders lies at `relative` or around it, so that for a guest nothing is there.
    pub fn hides(&self, relative: &str, follow: Follow) -> bool {
        self.guarded && matches!(self.pin(relative, follow), Err(FileError::Hidden))
    }

    /// What guests cannot see in here.
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    pub(crate) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// A place is complete once we know what is there, links not followed.
    pub(crate) fn place(&self, parent: Parent, name: String, true_path: String) -> Result<Pinned<'_>, FileError> {
        let folder = match &parent {
            Parent::Root => self.folder.as_fd(),
            Parent::Folder(folder) => folder.as_fd(),
        };
        let found = match statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(Stat::of(&stat)),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(errno.into()),
        };
        if found.is_some_and(|stat| self.hidden.hides(stat.id)) {
            return Err(FileError::Hidden);
        }
        Ok(Pinned::new(self, parent, name, true_path, found))
    }

    fn pin_strictly(&self, relative: &str) -> Result<Option<Pinned<'_>>, FileError> {
        let (around, name) = relative.rsplit_once('/').unwrap_or(("", relative));
        let parent = if around.is_empty() {
            Parent::Root
        } else {
            match open_strict(self.folder.as_fd(), around, LOOK | OFlags::DIRECTORY)? {
                Some(folder) => Parent::Folder(folder),
                None => return Ok(None),
            }
        };
        self.place(parent, name.to_owned(), relative.to_owned()).map(Some)
    }

    fn refuse_hidden_names(&self, relative: &str) -> Result<(), FileError> {
        if relative.split('/').any(|part| self.hidden.hides_name(part)) { Err(FileError::Hidden) } else { Ok(()) }
    }
}

/// The open folder, for whoever tells the system which folder is meant. Paths are resolved by the methods above alone.
impl AsFd for Root {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}
