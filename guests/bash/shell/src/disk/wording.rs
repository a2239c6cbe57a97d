//! Errors of the disk in the words that the commands of a shell use.

use std::io::{Error, ErrorKind};

use boxagnts_guest_sdk::failure::kind;
use boxagnts_guest_sdk::path::ROOTS;

/// A failed operation of the host.
pub(super) fn failed(error: Error) -> bashkit::Error {
    match words(kind(&error)) {
        Some(words) => Error::new(kind(&error), words).into(),
        // What std says when no folder that the host gave holds the path.
        None if error.to_string().contains("pre-opened") => fault(ErrorKind::NotFound),
        None => error.into(),
    }
}

/// A link that could not be made. The host makes none at all, whatever is granted.
pub(super) fn no_link(error: Error) -> bashkit::Error {
    if kind(&error) != ErrorKind::PermissionDenied {
        return failed(error);
    }
    Error::new(ErrorKind::PermissionDenied, "the sandbox makes no links; copy the file instead").into()
}

/// A failure that is known without asking the host.
pub(super) fn fault(kind: ErrorKind) -> bashkit::Error {
    Error::new(kind, words(kind).unwrap_or("Input/output error")).into()
}

/// Something is to be written where there is no disk.
pub(super) fn outside() -> bashkit::Error {
    let roots = ROOTS.join(", ");
    Error::new(ErrorKind::PermissionDenied, format!("Permission denied (there are only {roots})")).into()
}

/// A file is to be copied onto itself.
pub(super) fn same_file() -> bashkit::Error {
    Error::new(ErrorKind::InvalidInput, "source and destination are the same file").into()
}

/// A file that does not fit into the memory of this tool.
pub(super) fn too_large(size: u64, largest: u64) -> bashkit::Error {
    let words = format!("File too large ({size} bytes; this shell reads at most {largest})");
    Error::new(ErrorKind::FileTooLarge, words).into()
}

fn words(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => "No such file or directory",
        ErrorKind::PermissionDenied => "Permission denied (refused by the permissions of this session)",
        ErrorKind::AlreadyExists => "File exists",
        ErrorKind::IsADirectory => "Is a directory",
        ErrorKind::NotADirectory => "Not a directory",
        ErrorKind::DirectoryNotEmpty => "Directory not empty",
        ErrorKind::InvalidFilename => "File name too long",
        ErrorKind::ReadOnlyFilesystem => "Read-only file system",
        ErrorKind::QuotaExceeded => "Disk quota exceeded",
        ErrorKind::StorageFull => "No space left on device",
        ErrorKind::FileTooLarge => "File too large",
        _ => return None,
    })
}
