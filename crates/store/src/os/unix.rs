//! Linux, macOS and their relatives.

#![expect(clippy::disallowed_methods, reason = "the folder of the journal is this room's own")]

#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, CWD};
use rustix::fs::{OFlags, StatVfsMountFlags};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Of a folder: for its owner alone.
const FOLDER: u32 = 0o700;

/// Of a file: for its owner alone.
const FILE: u32 = 0o600;

/// The last name is not followed when it is a link, and a FIFO does not make us wait.
fn flags() -> i32 {
    // The bits are C's `int`; the crate holds them unsigned.
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Opens a file to read it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(flags()).open(path)
}

/// Makes a file that is not there yet, readable and writable by its owner alone.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE).custom_flags(flags()).open(path)
}

/// Opens a file to read it and to write at its end alone; made for its owner alone where it is missing.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(FILE).custom_flags(flags()).open(path)
}

/// Makes a file in a folder that has no name yet and is gone with this handle, readable and writable by its owner alone.
#[cfg(target_os = "linux")]
pub(crate) fn create_nameless(folder: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE.bits().cast_signed() | flags();
    OpenOptions::new().write(true).mode(FILE).custom_flags(flags).open(folder)
}

/// Gives a nameless file a name that no other has.
#[cfg(target_os = "linux")]
pub(crate) fn give_name(file: &File, path: &Path) -> io::Result<()> {
    // By its entry in `/proc`, as open(2) describes under `O_TMPFILE`: by handle alone it takes a privilege.
    let entry = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, entry, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
}

/// Files have names from the beginning.
#[cfg(not(target_os = "linux"))]
pub(crate) fn create_nameless(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is no nameless file.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_name(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes a folder for its owner alone, and those above it that are missing.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Makes one folder for its owner alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER).create(path)
}

/// Whether the user who runs this process owns it.
pub(crate) fn is_ours(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Whether others may put something into it.
pub(crate) fn others_may_write(metadata: &Metadata) -> bool {
    metadata.mode() & 0o022 != 0
}

/// Takes away what others may do with a file or folder, where they may do anything. The name must not be a link.
pub(crate) fn close_to_others(path: &Path, metadata: &Metadata) -> io::Result<()> {
    if metadata.mode() & 0o077 != 0 {
        let mode = if metadata.is_dir() { FOLDER } else { FILE };
        // By name and not by an open file: to close any file of a database drops the locks that SQLite has on it.
        std::fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Makes the names in a folder survive the loss of power.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    open(path)?.sync_all()
}

/// Time since the machine was started, the same for every process, whatever the calendar is set to.
pub(crate) fn since_start() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    // Neither is ever negative: the clock begins at zero.
    Duration::new(tv_sec.unsigned_abs(), u32::try_from(tv_nsec).unwrap_or(0))
}

/// What the system knows a file by, whatever its name is.
pub(crate) fn inode(metadata: &Metadata) -> u64 {
    metadata.ino()
}

/// A path from the bytes that it was written as.
pub(crate) fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// Whether nobody can write to the disk that a folder lies on.
pub(crate) fn is_read_only(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|disk| disk.f_flag.contains(StatVfsMountFlags::RDONLY))
}
