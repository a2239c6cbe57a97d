//! Standard error. When nobody reads there, that is no reason to stop: what counts stands in the journal.

use std::io::Write as _;

/// Writes a line.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes a text without an end of line, and shows it at once.
pub(crate) fn ask_for(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}
