//! Linux: `openat2`, since 5.6; `statx`, since 4.11; `pwritev2` with `RWF_APPEND`, since 4.16; `O_TMPFILE`, since 3.11.

use crate::identity::Moment;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxFlags, openat, openat2, statx};
use rustix::io::{Errno, ReadWriteFlags, pwritev2};
use std::fs::File;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};

/// Opens a folder to look from it, without asking for the right to read it.
pub(crate) const LOOK: OFlags = OFlags::PATH;

/// Set once the system turned out not to have `openat2`, so that every later path is walked at once.
static ABSENT: AtomicBool = AtomicBool::new(false);

/// Opens `path` below `folder` if its way holds neither a link nor a mount. `None`: it does, or this system cannot
/// tell in one step, and the way must be walked part by part.
pub(crate) fn open_strict(folder: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<Option<OwnedFd>, Errno> {
    if ABSENT.load(Ordering::Relaxed) {
        return Ok(None);
    }
    // A mount could be one of our own folders under another name; the walk looks at every part's identity.
    let strict =
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
    match openat2(folder, path, flags | OFlags::CLOEXEC, Mode::empty(), strict) {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::NOSYS) => {
            ABSENT.store(true, Ordering::Relaxed);
            Ok(None)
        }
        // A link; a mount; a rename meanwhile; a filter of system calls that answers "not permitted".
        Err(Errno::LOOP | Errno::XDEV | Errno::AGAIN | Errno::PERM) => Ok(None),
        Err(error) => Err(error),
    }
}

/// When an open folder was made. `None`: this file system does not keep it.
pub(crate) fn birth(folder: BorrowedFd<'_>) -> Option<Moment> {
    let stat = statx(folder, "", AtFlags::EMPTY_PATH, StatxFlags::BTIME).ok()?;
    let told = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
    told.then_some(Moment { seconds: stat.stx_btime.tv_sec, nanoseconds: stat.stx_btime.tv_nsec })
}

/// Opens a new file without a name in `folder`; it goes with the last descriptor, whatever happens to this program.
/// `None`: this file system has no such files.
pub(crate) fn unnamed(folder: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    match openat(folder, ".", OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::from_raw_mode(0o600)) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Appends in one step of the system, so that bytes of another writer are never overwritten.
pub(crate) fn append(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match pwritev2(file, &[IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
