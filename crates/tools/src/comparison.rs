//! Changes of files as a text for a person: one line for each path, with the lines that go and come.
//!
//! What is too long to be shown is named with its size and never left out silently. A path cannot look like a line of
//! its own; the lines of a file are as they stand in it, and whoever shows them makes them [visible].
//!
//! [visible]: boxagnts_types::show::visible

use boxagnts_types::GuestPath;
use boxagnts_types::show::visible_line;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Larger files are named with their sizes only, in bytes.
pub const MOST_FILE: u64 = 512 * 1024;

/// Lines of one file that are shown, and of all files.
const MOST_LINES: usize = 400;
const MOST_LINES_IN_ALL: usize = 4000;

/// A comparison that takes longer becomes coarser.
const COMPARE: Duration = Duration::from_millis(500);

/// Lines around a change.
const CONTEXT: usize = 3;

/// A file before or after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its length in bytes; `None`: there is no file.
    pub size: Option<u64>,
    /// Its text; `None` when it is no text or longer than [`MOST_FILE`].
    pub text: Option<String>,
}

impl Side {
    /// No file.
    pub const fn absent() -> Self {
        Self { size: None, text: Some(String::new()) }
    }

    /// A file whose content was too long to be read.
    pub const fn too_long(size: u64) -> Self {
        Self { size: Some(size), text: None }
    }

    /// A file with this content.
    pub fn of(bytes: Vec<u8>) -> Self {
        let size = bytes.len() as u64;
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0') && size <= MOST_FILE);
        Self { size: Some(size), text }
    }
}

/// The text as it grows.
#[derive(Debug, Default)]
pub struct Comparison {
    text: String,
    lines: usize,
    count: usize,
}

impl Comparison {
    /// How many paths it has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The line of one path.
    pub fn head(&mut self, path: &GuestPath, what: &str) {
        self.count += 1;
        self.line(&format!("{}: {what}", visible_line(path.as_str())));
    }

    /// One path, with its sizes and the lines that go and come.
    pub fn file(&mut self, path: &GuestPath, what: &str, old: &Side, new: &Side) {
        let sizes = match (old.size, new.size) {
            (Some(old), Some(new)) => format!(", {old} bytes become {new}"),
            (Some(1), None) | (None, Some(1)) => ", 1 byte".to_owned(),
            (Some(size), None) | (None, Some(size)) => format!(", {size} bytes"),
            (None, None) => String::new(),
        };
        self.head(path, &format!("{what}{sizes}"));
        match (&old.text, &new.text) {
            (Some(old), Some(new)) => self.compare(old, new),
            _ => self.line("  its content is no text, or too long to be shown"),
        }
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn compare(&mut self, old: &str, new: &str) {
        let compared = TextDiff::configure().timeout(COMPARE).diff_lines(old, new);
        let (mut left, mut left_out) = (MOST_LINES.min(MOST_LINES_IN_ALL.saturating_sub(self.lines)), 0);
        for hunk in compared.unified_diff().context_radius(CONTEXT).iter_hunks() {
            if 0 < left {
                self.line(hunk.header().to_string().trim_end());
            }
            for change in hunk.iter_changes() {
                if left == 0 {
                    left_out += 1;
                    continue;
                }
                left -= 1;
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                self.line(&shown(sign, change.value(), change.missing_newline()));
            }
        }
        if 0 < left_out {
            self.line(&format!("  … {left_out} more lines of this file are not shown"));
        }
    }
}

/// One line of a file behind its sign. Line ends that nobody sees are named, or a change of them would look like none.
fn shown(sign: char, value: &str, missing_newline: bool) -> String {
    let line = value.trim_end_matches(['\r', '\n']);
    let end = if missing_newline {
        "  (no line end)"
    } else if value.ends_with("\r\n") {
        "\\r"
    } else {
        ""
    };
    format!("{sign}{line}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(text: &str) -> Side {
        Side::of(text.as_bytes().to_vec())
    }

    fn text(old: &Side, new: &Side) -> String {
        let mut comparison = Comparison::default();
        comparison.file(&GuestPath::parse("a").unwrap(), "changed", old, new);
        comparison.into_text()
    }

    #[test]
    fn what_goes_and_what_comes_stands_line_by_line() {
        let text = text(&side("one\ntwo\n"), &side("one\nthree\n"));
        assert_eq!(text, "/workspace/a: changed, 8 bytes become 10\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n");
    }

    #[test]
    fn ends_of_lines_that_nobody_sees_are_named() {
        let text = text(&side("a\nb"), &side("a\r\nb\n"));
        assert!(text.contains("-a\n") && text.contains("+a\\r\n") && text.contains("-b  (no line end)\n"), "{text}");
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let long = "a line\n".repeat(1000);
        assert!(text(&Side::absent(), &side(&long)).contains("… 600 more lines of this file are not shown"));
        assert!(text(&side("x"), &Side::of(vec![0, 159])).contains("no text, or too long"));
        assert!(text(&Side::absent(), &Side::too_long(9)).contains("9 bytes\n  its content"));
    }
}
