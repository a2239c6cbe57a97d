//! What does not exist inside a root: our own folders.

use crate::identity::{FileId, Stat};
use crate::os::LOOK;
use rustix::fd::AsFd;
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::Result;
use std::path::Path;
use std::sync::Arc;

/// The folder that a person checks in beside the work. Guests neither read nor write it, wherever it lies.
pub const OWN_NAME: &str = ".boxagnts";

/// More steps up than any path has parts; a bound for a walk over a broken file system.
const DEEPEST: usize = 4096;

/// Recognises what guests must not see: anything named `.boxagnts`, and folders known by device and inode, so that a
/// second name or a mount of the same folder does not help. Names that only look alike to some file systems (other
/// case, other Unicode form) are the law's duty, which folds paths before it decides.
#[derive(Debug, Clone, Default)]
pub struct Hidden(Arc<[Chain]>);

/// A folder's identity, then that of the folder around it, and so on up to the root of the file system.
pub(crate) type Chain = Vec<FileId>;

impl Hidden {
    /// Hides `.boxagnts` by name and nothing else.
    pub fn by_name_only() -> Self {
        Self::default()
    }

    /// Hides these existing folders too.
    pub fn folders<'p>(paths: impl IntoIterator<Item = &'p Path>) -> std::io::Result<Self> {
        let chains: Result<Vec<Chain>> = paths.into_iter().map(|path| chain(CWD, path)).collect();
        Ok(Self(chains?.into()))
    }

    /// Whether nothing of this name exists for a guest.
    pub fn hides_name(&self, name: &str) -> bool {
        name == OWN_NAME
    }

    /// Whether this very folder does not exist for a guest.
    pub fn hides(&self, id: FileId) -> bool {
        self.0.iter().any(|chain| chain[0] == id)
    }

    /// Whether a name of this inode must be looked at more closely, its device being unknown.
    pub(crate) fn may_hide(&self, inode: u64) -> bool {
        self.0.iter().any(|chain| chain[0].inode == inode)
    }

    /// Whether a hidden folder lies somewhere below this one.
    pub(crate) fn lies_below(&self, id: FileId) -> bool {
        self.0.iter().any(|chain| chain[1..].contains(&id))
    }
}

/// Asked from descriptors and not from text: a mount or a link gives the same folder another path.
pub(crate) fn chain(from: impl AsFd, path: &Path) -> Result<Chain> {
    let flags = LOOK | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = openat(from, path, flags, Mode::empty())?;
    let mut found = vec![Stat::of(&fstat(&folder)?).id];
    while found.len() < DEEPEST {
        folder = openat(&folder, "..", flags, Mode::empty())?;
        let id = Stat::of(&fstat(&folder)?).id;
        // The root of the file system is its own parent.
        if found.last() == Some(&id) {
            break;
        }
        found.push(id);
    }
    Ok(found)
}
