//! Systems without a single strict step: every path is walked part by part, which is slower and just as strict.

use crate::identity::Moment;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Opens a folder to look from it. Asks for the right to read it, which `O_PATH` would not.
pub(crate) const LOOK: OFlags = OFlags::RDONLY;

/// Never knows in one step.
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on systems that can fail here")]
pub(crate) fn open_strict(_: BorrowedFd<'_>, _: &str, _: OFlags) -> Result<Option<OwnedFd>, Errno> {
    Ok(None)
}

/// Nobody asks here when a folder was made.
pub(crate) fn birth(_: BorrowedFd<'_>) -> Option<Moment> {
    None
}

/// There are no such files here.
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on systems that can fail here")]
pub(crate) fn unnamed(_: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    Ok(None)
}

/// Appends where the file ends now. Another writer at the same moment could be overwritten.
pub(crate) fn append(file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, file.metadata()?.len())
}
