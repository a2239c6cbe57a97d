//! The port to whoever keeps what a file was before a call changed it.

use boxagnts_types::{CallId, GuestPath};
use std::fs::File;
use std::io;

/// Keeps earlier states, so that a turn can be undone. It is asked before every change; remembering which paths of a
/// turn it already has is its own matter.
pub trait BeforeImages: Send + Sync {
    /// Keeps what is at `path` before `call` changes it. An error refuses the change: nothing is lost that was not
    /// kept. Called on a guest's thread, which may block, and which the kernel lets reach the world's folders alone:
    /// whoever keeps things elsewhere hands them to a thread of its own, started before.
    fn keep(&self, call: CallId, path: &GuestPath, earlier: EarlierState<'_>) -> io::Result<()>;
}

/// What was at a path.
#[derive(Debug)]
pub enum EarlierState<'a> {
    /// Nothing.
    Absent,
    /// This file, open for reading, not yet changed. Read it at offsets: the guest may use the same open file.
    File(&'a File),
    /// A symbolic link with this target.
    Link(&'a str),
    /// A folder: an empty one that is removed, or one that a file or folder is moved over.
    Folder,
    /// A folder that moves away with all that is in it.
    MovedTo(&'a GuestPath),
}
