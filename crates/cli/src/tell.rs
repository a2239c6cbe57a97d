//! Standard error. When nobody reads there, that is no reason to stop: what counts stands in the journal.

use boxagnts_runtime::covered;
use std::io::Write as _;

/// Writes a line. No secret stands in it, wherever its words come from.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", covered(line));
}

/// Writes a text without an end of line, and shows it at once.
pub(crate) fn ask_for(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}
