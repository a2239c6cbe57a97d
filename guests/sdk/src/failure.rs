//! How a call fails, in sentences that a model can act on.

use std::io::{Error, ErrorKind};

use crate::path::{ROOTS, escaped, is_visible};

pub use crate::bindings::boxagnts::tool::types::Failure;

impl Failure {
    /// The input cannot be served; the model should change it.
    pub fn rejected(reason: impl Into<String>) -> Self {
        Self::Rejected(reason.into())
    }

    /// The host refused an effect.
    pub fn denied(reason: impl Into<String>) -> Self {
        Self::Denied(reason.into())
    }

    /// The tool itself is at fault; the turn ends.
    pub fn broken(reason: impl Into<String>) -> Self {
        Self::Broken(reason.into())
    }
}

/// What a failed file operation on `path` means for the model.
///
/// Nothing that a file system answers ends the turn: even an unexpected error names the path, and the
/// model may go another way.
pub fn for_path(path: &str, error: &Error) -> Failure {
    let is_visible = is_visible(path);
    let path = escaped(path);
    if !is_visible {
        let roots = ROOTS.join(", ");
        return Failure::rejected(format!("{path} is outside of what a tool can see: {roots}"));
    }
    match kind(error) {
        ErrorKind::NotFound => Failure::rejected(format!("the file or folder does not exist: {path}")),
        ErrorKind::PermissionDenied => Failure::denied(format!("access denied: {path}")),
        ErrorKind::IsADirectory => Failure::rejected(format!("this is a folder, not a file: {path}")),
        ErrorKind::NotADirectory => Failure::rejected(format!("a part of this path is a file, not a folder: {path}")),
        ErrorKind::AlreadyExists => Failure::rejected(format!("this exists already: {path}")),
        ErrorKind::DirectoryNotEmpty => Failure::rejected(format!("the folder is not empty: {path}")),
        ErrorKind::InvalidFilename => Failure::rejected(format!("a name in this path is too long: {path}")),
        ErrorKind::ReadOnlyFilesystem => Failure::denied(format!("access denied, this folder is read-only: {path}")),
        ErrorKind::QuotaExceeded | ErrorKind::StorageFull | ErrorKind::FileTooLarge => {
            Failure::rejected(format!("no room left to write {path}: {error}"))
        }
        // What std says when no folder that the host gave holds the path.
        _ if error.to_string().contains("pre-opened") => {
            Failure::rejected(format!("no folder of this tool holds {path}"))
        }
        _ => Failure::rejected(format!("cannot access {path}: {error}")),
    }
}

/// The kind of an error. On WASI std leaves some unsorted that matter here; the numbers are those of
/// `wasi-libc`.
pub fn kind(error: &Error) -> ErrorKind {
    if !cfg!(target_os = "wasi") {
        return error.kind();
    }
    match error.raw_os_error() {
        Some(19) => ErrorKind::QuotaExceeded,
        Some(22) => ErrorKind::FileTooLarge,
        Some(31) => ErrorKind::IsADirectory,
        Some(37) => ErrorKind::InvalidFilename,
        Some(51) => ErrorKind::StorageFull,
        Some(54) => ErrorKind::NotADirectory,
        Some(55) => ErrorKind::DirectoryNotEmpty,
        Some(69) => ErrorKind::ReadOnlyFilesystem,
        Some(75) => ErrorKind::CrossesDevices,
        Some(76) => ErrorKind::PermissionDenied,
        _ => error.kind(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::{Failure, for_path};

    #[test]
    fn a_missing_file_is_named() {
        let failure = for_path("/workspace/x", &Error::from(ErrorKind::NotFound));
        assert!(
            matches!(failure, Failure::Rejected(text) if text == "the file or folder does not exist: /workspace/x")
        );
    }

    #[test]
    fn a_path_outside_is_told_what_there_is() {
        let failure = for_path("/etc/passwd", &Error::from(ErrorKind::NotFound));
        assert!(matches!(failure, Failure::Rejected(text) if text.contains("/workspace, ")));
    }

    #[test]
    fn a_refusal_is_told_from_a_mistake() {
        let failure = for_path("/workspace/x", &Error::from(ErrorKind::PermissionDenied));
        assert!(matches!(failure, Failure::Denied(text) if text == "access denied: /workspace/x"));
    }
}
