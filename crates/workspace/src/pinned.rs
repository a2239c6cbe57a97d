//! One place below a root, and what can be done there.
//!
//! A place is an open folder and one plain name in it. Whatever is done is done to that name in that folder, with
//! links not followed, so that the place which was decided about is the place that is touched.

use crate::error::FileError;
use crate::identity::{Kind, Moment, Stat};
use crate::opened::Opened;
use crate::root::Root;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, Mode, OFlags, Timespec, Timestamps, mkdirat, openat, readlinkat, renameat, unlinkat, utimensat,
};
use rustix::io::Errno;

/// What an open file is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// It can be read.
    pub read: bool,
    /// It can be written.
    pub write: bool,
}

impl Access {
    /// To read only.
    pub const READ: Self = Self { read: true, write: false };
    /// To write only.
    pub const WRITE: Self = Self { read: false, write: true };
    /// To read and write.
    pub const BOTH: Self = Self { read: true, write: true };
}

/// One new time of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewTime {
    /// It stays.
    Keep,
    /// The system's time.
    Now,
    /// This time.
    At(Moment),
}

/// The new times of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Last read.
    pub accessed: NewTime,
    /// Last change of the content.
    pub modified: NewTime,
}

/// An open folder and a name in it.
#[derive(Debug)]
pub struct Pinned<'r> {
    root: &'r Root,
    parent: Parent,
    name: String,
    true_path: String,
    found: Option<Stat>,
}

#[derive(Debug)]
pub(crate) enum Parent {
    Root,
    Folder(OwnedFd),
}

impl<'r> Pinned<'r> {
    pub(crate) fn new(root: &'r Root, parent: Parent, name: String, true_path: String, found: Option<Stat>) -> Self {
        Self { root, parent, name, true_path, found }
    }

    /// Where the place really is, from the root, links resolved. Empty for the root itself.
    pub fn true_path(&self) -> &str {
        &self.true_path
    }

    /// What was there when the place was found, a link not followed; `None`: nothing.
    pub fn stat(&self) -> Option<&Stat> {
        self.found.as_ref()
    }

    /// What kind of thing was there.
    pub fn kind(&self) -> Option<Kind> {
        self.found.map(|stat| stat.kind)
    }

    /// Opens what is there. Nothing is created and nothing is cut.
    pub fn open(&self, access: Access) -> Result<Opened, FileError> {
        self.refuse_special()?;
        let file = match openat(self.folder(), &self.name, open_flags(access) | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NXIO | Errno::NODEV) => return Err(FileError::Special),
            Err(errno) => return Err(errno.into()),
        };
        Opened::check(file, access, self.root.hidden())
    }

    /// Creates a regular file; an error if anything is there, a link included.
    pub fn create(&self, access: Access) -> Result<Opened, FileError> {
        let flags = open_flags(access) | OFlags::NOFOLLOW | OFlags::CREATE | OFlags::EXCL;
        // The usual mode of a new file; the person's umask takes its part away.
        let file = openat(self.folder(), &self.name, flags, Mode::from_raw_mode(0o666))?;
        Opened::check(file, access, self.root.hidden())
    }

    /// Creates a folder.
    pub fn make_folder(&self) -> Result<(), FileError> {
        Ok(mkdirat(self.folder(), &self.name, Mode::from_raw_mode(0o777))?)
    }

    /// Removes a file or a link.
    pub fn remove_file(&self) -> Result<(), FileError> {
        Ok(unlinkat(self.folder(), &self.name, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self) -> Result<(), FileError> {
        Ok(unlinkat(self.folder(), &self.name, AtFlags::REMOVEDIR)?)
    }

    /// Moves what is here to another place, over what is there. A folder around one of our own stays.
    pub fn rename(&self, to: &Pinned<'_>) -> Result<(), FileError> {
        if self.found.is_some_and(|stat| self.root.hidden().lies_below(stat.id)) {
            return Err(FileError::HoldsHidden);
        }
        Ok(renameat(self.folder(), &self.name, to.folder(), &to.name)?)
    }

    /// Reads the target of a link.
    pub fn read_link(&self) -> Result<String, FileError> {
        let target = readlinkat(self.folder(), &self.name, Vec::new())?;
        target.into_string().map_err(|_| FileError::NotUtf8)
    }

    /// Sets the times of what is here, of a link itself.
    pub fn set_times(&self, times: Times) -> Result<(), FileError> {
        self.refuse_special()?;
        Ok(utimensat(self.folder(), &self.name, &times.into(), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    fn folder(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Root => self.root.folder(),
            Parent::Folder(folder) => folder.as_fd(),
        }
    }

    fn refuse_special(&self) -> Result<(), FileError> {
        match self.kind() {
            Some(Kind::BlockDevice | Kind::CharacterDevice | Kind::Other) => Err(FileError::Special),
            Some(Kind::File | Kind::Folder | Kind::Link) | None => Ok(()),
        }
    }
}

impl From<Times> for Timestamps {
    fn from(times: Times) -> Self {
        Self { last_access: times.accessed.into(), last_modification: times.modified.into() }
    }
}

impl From<NewTime> for Timespec {
    #[allow(clippy::useless_conversion, clippy::cast_lossless, reason = "the field's type differs per system")]
    fn from(time: NewTime) -> Self {
        match time {
            NewTime::Keep => Self { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT.into() },
            NewTime::Now => Self { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW.into() },
            NewTime::At(moment) => Self { tv_sec: moment.seconds.into(), tv_nsec: moment.nanoseconds.into() },
        }
    }
}

/// Never blocks on what is no file, never becomes our terminal, never is inherited by a program that we start.
pub(crate) fn open_flags(access: Access) -> OFlags {
    let way = match (access.read, access.write) {
        (_, false) => OFlags::RDONLY,
        (false, true) => OFlags::WRONLY,
        (true, true) => OFlags::RDWR,
    };
    way | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}
