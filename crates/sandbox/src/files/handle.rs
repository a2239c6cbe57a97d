//! What stands in the store's table for a descriptor that a guest holds.

use super::account::Right;
use boxagnts_types::GuestPath;
use boxagnts_workspace::Opened;
use std::sync::Arc;

/// An open file or folder of a guest.
pub(crate) enum Handle {
    File(FileHandle),
    Folder(FolderHandle),
}

/// An open file. Its rights were decided when it was opened, and are asked about again at each use.
pub(crate) struct FileHandle {
    pub(super) opened: Arc<Opened>,
    /// The right to read it.
    pub(super) read: Option<Arc<Right>>,
    /// The right to write it.
    pub(super) write: Option<Arc<Right>>,
}

/// An open folder: a name that paths begin at. Each of them is resolved from the mount and decided anew, so that what
/// is decided and what is touched is the same place, even if this folder was moved meanwhile.
pub(crate) struct FolderHandle {
    pub(super) path: GuestPath,
    /// Open for listing; a preopened folder is opened when it is listed.
    pub(super) opened: Option<Opened>,
}
