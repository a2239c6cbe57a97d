//! Which files may be executed.
//!
//! The host's files carry no permission bits into the sandbox. `chmod` is remembered for the rest of the
//! call, and a file that begins with `#!` may be executed without it, so that the scripts of a workspace
//! run by their names.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use boxagnts_guest_sdk::files;

/// Changed modes, by path.
#[derive(Debug, Default)]
pub(super) struct Modes(Mutex<HashMap<String, u32>>);

impl Modes {
    /// What `chmod` made of a path, if it did.
    pub(super) fn changed(&self, path: &str) -> Option<u32> {
        self.map().get(path).copied()
    }

    /// The mode of a regular file.
    pub(super) fn of_file(&self, path: &str, size: u64) -> u32 {
        self.changed(path).unwrap_or_else(|| if is_script(path, size) { 0o755 } else { 0o644 })
    }

    pub(super) fn set(&self, path: &str, mode: u32) {
        self.map().insert(path.to_owned(), mode & 0o7777);
    }

    pub(super) fn forget(&self, path: &str) {
        self.map().remove(path);
    }

    pub(super) fn moved(&self, from: &str, to: &str) {
        let mut map = self.map();
        let mode = map.remove(from);
        match mode {
            Some(mode) => map.insert(to.to_owned(), mode),
            None => map.remove(to),
        };
    }

    pub(super) fn copied(&self, from: &str, to: &str) {
        if let Some(mode) = self.changed(from) {
            self.set(to, mode);
        }
    }

    fn map(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a file begins like a script. Only names that scripts have are looked into, since each look
/// costs the host as much as reading a file.
fn is_script(path: &str, size: u64) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let scripts_name = match name.rsplit_once('.') {
        Some((_, extension)) => matches!(extension, "sh" | "bash"),
        None => true,
    };
    let begins = || files::open_file(path).and_then(|file| file.read_at(0, 2)).is_ok_and(|bytes| bytes == b"#!");
    scripts_name && 2 <= size && begins()
}
