//! An open file or folder that passed the checks which no path can make.

use crate::error::FileError;
use crate::hidden::{Hidden, OWN_NAME};
use crate::identity::{FileId, Kind, Stat};
use crate::os::append;
use crate::pinned::{Access, Times};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, fstat, futimens, statat};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

/// A regular file or a folder, open.
#[derive(Debug)]
pub struct Opened {
    file: File,
    stat: Stat,
    hidden: Hidden,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name; `Err` holds what a guest may be shown of one that is not UTF-8, and that cannot be opened.
    pub name: Result<String, String>,
    /// What it is, links not followed.
    pub kind: Kind,
}

impl Opened {
    /// Checks the open file itself: whatever stood at the path before, this is what will be used.
    pub(crate) fn check(file: OwnedFd, access: Access, hidden: &Hidden) -> Result<Self, FileError> {
        let stat = Stat::of(&fstat(&file)?);
        match stat.kind {
            Kind::Folder if hidden.hides(stat.id) => return Err(FileError::Hidden),
            Kind::File if access.write && 1 < stat.names => return Err(FileError::HardLinked),
            Kind::File | Kind::Folder => {}
            Kind::Link | Kind::BlockDevice | Kind::CharacterDevice | Kind::Other => return Err(FileError::Special),
        }
        Ok(Self { file: file.into(), stat, hidden: hidden.clone() })
    }

    /// What it was when it was opened.
    pub fn stat(&self) -> &Stat {
        &self.stat
    }

    /// What it is now.
    pub fn stat_now(&self) -> Result<Stat, FileError> {
        Ok(Stat::of(&fstat(&self.file)?))
    }

    /// The same open file once more, with what is known of it now.
    pub fn again(&self) -> Result<Self, FileError> {
        Ok(Self { file: self.file.try_clone()?, stat: self.stat_now()?, hidden: self.hidden.clone() })
    }

    /// The open file, for reading and writing at offsets.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Writes all of `bytes` behind the last byte of the file.
    pub fn append(&self, bytes: &[u8]) -> std::io::Result<()> {
        append(&self.file, bytes)
    }

    /// Sets its times.
    pub fn set_times(&self, times: Times) -> Result<(), FileError> {
        Ok(futimens(&self.file, &times.into())?)
    }

    /// Lists a folder: every name except `.`, `..` and what is hidden, in the order of the system. At most `most`
    /// names are read; a longer folder is an error, since a part of a listing would read like the whole.
    pub fn list(&self, most: usize) -> Result<Vec<Entry>, FileError> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.file)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." || self.is_hidden(name, entry.ino()) {
                continue;
            }
            if most <= entries.len() {
                return Err(FileError::TooManyNames(most));
            }
            let kind = match Kind::of(entry.file_type()) {
                // Some file systems do not tell in a listing.
                Kind::Other => self.kind_of(name),
                kind => kind,
            };
            entries.push(Entry { name: readable(name), kind });
        }
        Ok(entries)
    }

    /// What is known of a name that [`list`](Self::list) showed escaped. It can be looked at, since programs look at
    /// every name they list, and not be opened.
    pub fn stat_escaped(&self, shown: &str) -> Result<Option<Stat>, FileError> {
        for entry in Dir::read_from(&self.file)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if readable(name).is_err_and(|escaped| escaped == shown) {
                return Ok(self.stat_of(name));
            }
        }
        Ok(None)
    }

    /// Whether this folder holds what guests do not see: a name of ours in it, or one of our own folders at any depth.
    pub fn holds_hidden(&self) -> bool {
        self.hidden.lies_below(self.stat.id) || self.stat_of(OWN_NAME.as_bytes()).is_some()
    }

    fn is_hidden(&self, name: &[u8], inode: u64) -> bool {
        if std::str::from_utf8(name).is_ok_and(|name| self.hidden.hides_name(name)) {
            return true;
        }
        // The listing tells no device, so a hit is looked at; it is almost never one.
        self.hidden.may_hide(inode) && self.stat_of(name).is_some_and(|stat| self.hidden.hides(stat.id))
    }

    fn kind_of(&self, name: &[u8]) -> Kind {
        self.stat_of(name).map_or(Kind::Other, |stat| stat.kind)
    }

    fn stat_of(&self, name: &[u8]) -> Option<Stat> {
        let stat = statat(&self.file, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(Stat::of(&stat))
    }

    /// Which file it is.
    pub fn id(&self) -> FileId {
        self.stat.id
    }
}

/// A name as text. Bytes that are no UTF-8 become `\xNN`, so that the guest sees that there is something.
fn readable(name: &[u8]) -> Result<String, String> {
    match std::str::from_utf8(name) {
        // A backslash separates folders on other systems, so such a name cannot be asked for either.
        Ok(text) if text.contains('\\') => Err(text.replace('\\', "\\x5c")),
        Ok(text) => Ok(text.to_owned()),
        Err(_) => {
            let mut shown = String::new();
            for chunk in name.utf8_chunks() {
                shown.push_str(&chunk.valid().replace('\\', "\\x5c"));
                for byte in chunk.invalid() {
                    // Writing to a string cannot fail.
                    let _ = write!(shown, "\\x{byte:02x}");
                }
            }
            Err(shown)
        }
    }
}
