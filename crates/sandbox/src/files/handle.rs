//! What stands in the store's table for a descriptor that a guest holds.

use boxagnts_capability::RuleName;
use boxagnts_types::GuestPath;
use boxagnts_workspace::Opened;
use std::sync::Arc;

/// An open file or folder of a guest.
pub(crate) enum Handle {
    File(FileHandle),
    Folder(FolderHandle),
}

/// An open file. Which rights it has was decided when it was opened.
pub(crate) struct FileHandle {
    pub(super) opened: Arc<Opened>,
    /// The rule that lets it be read.
    pub(super) read: Option<RuleName>,
    /// The rule that lets it be written.
    pub(super) write: Option<RuleName>,
}

/// An open folder: a name that paths begin at. Each of them is resolved from the mount and decided anew, so that what
/// is decided and what is touched is the same place, even if this folder was moved meanwhile.
pub(crate) struct FolderHandle {
    pub(super) path: GuestPath,
    /// Open for listing; a preopened folder is opened when it is listed.
    pub(super) opened: Option<Opened>,
}
