//! The walk: part by part, each link read and followed by us, each folder held open.
//!
//! It never hands the system more than one name at a time and never lets it follow a link, so nothing that changes
//! meanwhile can lead it out of the root: at worst it ends in an error.

use crate::error::FileError;
use crate::identity::{Kind, Stat};
use crate::os::LOOK;
use crate::pinned::{Parent, Pinned};
use crate::root::{Follow, Root};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, readlinkat, statat};
use rustix::io::Errno;
use std::collections::VecDeque;

/// Linux follows 40; nobody needs half of that.
pub(crate) const MOST_LINKS: usize = 32;

/// The folders from below the root down to where the walk stands, so that a `..` in a link's target goes back the
/// way we came and not to wherever a folder was moved meanwhile.
struct Way<'r> {
    root: &'r Root,
    folders: Vec<(OwnedFd, String)>,
    ahead: VecDeque<String>,
    links: usize,
}

pub(crate) fn walk<'r>(root: &'r Root, relative: &str, follow: Follow) -> Result<Pinned<'r>, FileError> {
    let mut way = Way { root, folders: Vec::new(), ahead: parts(relative).collect(), links: 0 };
    while let Some(part) = way.ahead.pop_front() {
        if part == ".." {
            way.folders.pop().ok_or(FileError::Escapes)?;
            continue;
        }
        if root.hidden().hides_name(&part) {
            return Err(FileError::Hidden);
        }
        let last = way.ahead.is_empty();
        if last && (follow == Follow::No || !way.is_link(&part)?) {
            return way.arrive(part);
        }
        if last || !way.enter(&part)? {
            way.turn(&part)?;
        }
    }
    // A link's target ended in `..` or was the root itself.
    way.arrive_at_folder()
}

impl<'r> Way<'r> {
    fn here(&self) -> BorrowedFd<'_> {
        self.folders.last().map_or(self.root.folder(), |(folder, _)| folder.as_fd())
    }

    fn is_link(&self, name: &str) -> Result<bool, FileError> {
        match statat(self.here(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Stat::of(&stat).kind == Kind::Link),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Goes into a folder. `false`: the name is a link, or no folder at all.
    fn enter(&mut self, name: &str) -> Result<bool, FileError> {
        let flags = LOOK | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match openat(self.here(), name, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOTDIR | Errno::LOOP) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        };
        if self.root.hidden().hides(Stat::of(&fstat(&folder)?).id) {
            return Err(FileError::Hidden);
        }
        self.folders.push((folder, name.to_owned()));
        Ok(true)
    }

    /// Puts a link's target in front of what is still ahead.
    fn turn(&mut self, name: &str) -> Result<(), FileError> {
        self.links += 1;
        if MOST_LINKS < self.links {
            return Err(FileError::TooManyLinks);
        }
        let target = match readlinkat(self.here(), name, Vec::new()) {
            Ok(target) => target.into_string().map_err(|_| FileError::NotUtf8)?,
            // No link: something that is no folder stands in the middle of a path.
            Err(Errno::INVAL) => return Err(Errno::NOTDIR.into()),
            Err(errno) => return Err(errno.into()),
        };
        if target.starts_with('/') {
            return Err(FileError::Escapes);
        }
        for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
            self.ahead.push_front(part);
        }
        Ok(())
    }

    fn arrive(mut self, name: String) -> Result<Pinned<'r>, FileError> {
        let mut names: Vec<&str> = self.folders.iter().map(|(_, name)| name.as_str()).collect();
        names.push(&name);
        let true_path = names.join("/");
        let parent = self.folders.pop().map_or(Parent::Root, |(folder, _)| Parent::Folder(folder));
        self.root.place(parent, name, true_path)
    }

    fn arrive_at_folder(mut self) -> Result<Pinned<'r>, FileError> {
        match self.folders.pop() {
            Some((_, name)) => self.arrive(name),
            None => self.root.place(Parent::Root, ".".to_owned(), String::new()),
        }
    }
}

fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}
