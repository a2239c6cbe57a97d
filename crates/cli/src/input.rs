//! Texts that stand on the command line or come from standard input.

use crate::exit::WrongUsage;
use std::io::Read as _;

/// A prompt or an input is held in memory as a whole.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The text itself, or all of standard input when it is `-`.
pub(crate) fn text_or_stdin(text: &str, what: &str) -> anyhow::Result<String> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)?;
    if LONGEST < bytes.len() as u64 {
        return Err(WrongUsage(format!("the {what} on standard input is longer than {LONGEST} bytes")).into());
    }
    String::from_utf8(bytes).map_err(|_| WrongUsage(format!("the {what} on standard input is not UTF-8")).into())
}
