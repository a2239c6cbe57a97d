//! Runs a test runner, shows what it says, and counts what passed and failed.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

/// What came of some tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs the runner to its end. A runner that fails without a failed test, for example since something does not compile,
/// counts as one failure.
pub(crate) fn tally(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start the test runner")?;
    let errors = child.stderr.take().context("the runner has a standard error")?;
    let output = child.stdout.take().context("the runner has a standard output")?;
    let errors = std::thread::spawn(move || tell_and_count(errors, &mut std::io::stderr()));
    let mut counted = tell_and_count(output, &mut std::io::stdout());
    counted += errors.join().unwrap_or_default();
    let status = child.wait()?;
    if !status.success() && counted.failed == 0 {
        counted.failed = 1;
    }
    Ok(counted)
}

fn tell_and_count(from: impl Read, to: &mut dyn Write) -> Tally {
    let mut counted = Tally::default();
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read != 0) {
        // Whoever reads our output may be gone; the tests still run to their end.
        let _ = to.write_all(&line);
        counted += counts(&String::from_utf8_lossy(&line));
        line.clear();
    }
    counted
}

/// The counts in a line of a summary, as cargo's own runner and nextest write it; nothing in any other line.
fn counts(line: &str) -> Tally {
    let line = without_colours(line);
    // What a failed test printed is shown indented; of the two summaries only that of nextest is, too.
    if !line.starts_with("test result:") && !line.trim_start().starts_with("Summary [") {
        return Tally::default();
    }
    let before = |word: &str| {
        let words: Vec<&str> =
            line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let pairs = words.windows(2).filter(|pair| pair[1] == word);
        pairs.filter_map(|pair| pair[0].parse::<u64>().ok()).sum()
    };
    Tally { passed: before("passed"), failed: before("failed") + before("timed") }
}

/// The line without escape sequences of the form `ESC [ … m`.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Tally, counts};

    #[test]
    fn a_summary_of_cargo_is_counted() {
        let line = "test result: FAILED. 16 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.13s";
        assert_eq!(counts(line), Tally { passed: 16, failed: 3 });
    }

    #[test]
    fn a_summary_of_nextest_is_counted_with_its_colours() {
        let line = "\u{1b}[31m     Summary\u{1b}[0m [   0.5s] \u{1b}[1m21\u{1b}[0m tests run: \u{1b}[1m18\u{1b}[0m \u{1b}[32mpassed\u{1b}[0m (1 slow), 2 failed, 1 timed out, 4 skipped";
        assert_eq!(counts(line), Tally { passed: 18, failed: 3 });
    }

    #[test]
    fn what_a_test_prints_is_not_counted() {
        assert_eq!(counts("the tally was 5 passed, 6 failed"), Tally::default());
        assert_eq!(counts("    test result: FAILED. 0 passed; 1 failed; 0 ignored"), Tally::default());
        assert_eq!(counts(""), Tally::default());
    }
}
