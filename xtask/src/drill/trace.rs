//! strace, which knows and changes what a program asks of the system.

use crate::command;

/// How to get it.
pub(super) const INSTALL: &str = "install strace: `apt install strace` or `dnf install strace`";

/// Whether it is here.
pub(super) fn is_here() -> bool {
    command::answers("strace", &["--version"])
}
