//! Systems without modes and owners as Unix has them. What is missing: the folder is as private as the system's own
//! default makes it, a link is noticed by its name before it is opened and not while, and the shared clock is the
//! calendar's, so that setting it can end a lease early (the fence still keeps its holder from writing).

#![expect(clippy::disallowed_methods, reason = "the folder of the journal is this room's own")]

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Opens a file to read it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Makes a file that is not there yet.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    File::create_new(path)
}

/// Opens a file to read it and to write at its end alone; made where it is missing.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    File::options().read(true).append(true).create(true).open(path)
}

/// Files have names from the beginning.
pub(crate) fn create_nameless(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is no nameless file.
pub(crate) fn give_name(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes a folder, and those above it that are missing.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

/// Makes one folder.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().create(path)
}

/// Owners are not looked at.
pub(crate) fn is_ours(_: &Metadata) -> bool {
    true
}

/// Rights of others are not looked at.
pub(crate) fn others_may_write(_: &Metadata) -> bool {
    false
}

/// Rights of others are not changed.
pub(crate) fn close_to_others(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Names cannot be made durable by themselves.
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The calendar's time since 1970.
pub(crate) fn since_start() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Copies are not told from what they were made of.
pub(crate) fn inode(_: &Metadata) -> u64 {
    0
}

/// A path from the bytes that it was written as; what is no text in them is lost.
pub(crate) fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

/// Disks are not asked.
pub(crate) fn is_read_only(_: &Path) -> bool {
    false
}
