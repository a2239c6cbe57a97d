//! The answer, collected over all files and bounded.

use std::fmt::Write;
use std::ops::Range;

use boxagnts_guest_sdk::path::line as path_line;
use boxagnts_guest_walk::Summary;

use crate::excerpt;

/// Bytes of all results; the host gives a model 64 KiB, and notes need room.
const MOST_SHOWN: usize = 60 * 1024;
/// Files that a note names.
const MOST_NAMED: usize = 5;

/// What the answer is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// The matching lines.
    #[default]
    Content,
    /// The paths of files with a match.
    Files,
    /// The number of matching lines per file.
    Count,
}

/// Results so far. What no longer fits is counted.
pub(crate) struct Report {
    mode: Mode,
    limit: usize,
    /// Whether groups of lines are separated, as there are lines of context.
    grouped: bool,
    text: String,
    /// Lines in `text` that match, or files in the other modes.
    shown: usize,
    /// Matching lines of all files.
    lines: u64,
    /// Files with a match.
    files: u64,
    full: bool,
    /// Where the current file began in `text`, and how much was shown before it.
    file_start: (usize, usize),
    /// A separator is due before the next line.
    separator: bool,
    /// Files that could not be searched to their end.
    skipped: Vec<String>,
    skipped_more: u64,
}

impl Report {
    /// An empty report for so many results.
    pub(crate) fn new(mode: Mode, limit: usize, grouped: bool) -> Self {
        Self {
            mode,
            limit,
            grouped,
            text: String::new(),
            shown: 0,
            lines: 0,
            files: 0,
            full: false,
            file_start: (0, 0),
            separator: false,
            skipped: Vec::new(),
            skipped_more: 0,
        }
    }

    /// What is wanted.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Opens a file.
    pub(crate) fn begin_file(&mut self) {
        self.file_start = (self.text.len(), self.shown);
        self.separate();
    }

    /// Takes back what the current file brought, apart from matches that are counted at its end.
    pub(crate) fn forget_file(&mut self) {
        let (length, shown) = self.file_start;
        self.text.truncate(length);
        self.shown = shown;
    }

    /// Closes a file that has so many matching lines.
    pub(crate) fn end_file(&mut self, path: &str, matched: u64) {
        if matched == 0 {
            return;
        }
        self.files += 1;
        self.lines += matched;
        match self.mode {
            Mode::Content => {}
            Mode::Files => self.result(|text| text.push_str(&path_line(path))),
            Mode::Count => self.result(|text| {
                let _ = write!(text, "{}:{matched}", path_line(path));
            }),
        }
    }

    /// Notes a file that could not be searched to its end.
    pub(crate) fn skip(&mut self, path: &str) {
        if self.skipped.len() < MOST_NAMED {
            self.skipped.push(path_line(path).into_owned());
        } else {
            self.skipped_more += 1;
        }
    }

    /// A separator is due before the next line, unless it would be the first.
    pub(crate) fn separate(&mut self) {
        self.separator = self.grouped;
    }

    /// A line that matches, and where in it.
    pub(crate) fn matched(
        &mut self,
        path: &str,
        number: u64,
        line: &[u8],
        place: impl FnOnce() -> Option<Range<usize>>,
    ) {
        if self.mode == Mode::Content {
            self.full |= self.limit <= self.shown;
            self.line(path, number, ':', line, place);
        }
    }

    /// A line around a match.
    pub(crate) fn context(&mut self, path: &str, number: u64, line: &[u8]) {
        if self.mode == Mode::Content {
            self.line(path, number, '-', line, || None);
        }
    }

    fn line(&mut self, path: &str, number: u64, sign: char, line: &[u8], place: impl FnOnce() -> Option<Range<usize>>) {
        if self.full {
            return;
        }
        let before = self.text.len();
        if self.separator && 0 < before {
            self.text.push_str("--\n");
        }
        let _ = write!(self.text, "{}{sign}{number}{sign}", path_line(path));
        excerpt::write(&mut self.text, line, place);
        self.text.push('\n');
        if MOST_SHOWN < self.text.len() {
            self.text.truncate(before);
            self.full = true;
            return;
        }
        self.separator = false;
        self.shown += usize::from(sign == ':');
    }

    /// A result that is one line of its own.
    fn result(&mut self, write: impl FnOnce(&mut String)) {
        self.full |= self.limit <= self.shown;
        if self.full {
            return;
        }
        let before = self.text.len();
        write(&mut self.text);
        self.text.push('\n');
        if MOST_SHOWN < self.text.len() {
            self.text.truncate(before);
            self.full = true;
            return;
        }
        self.shown += 1;
    }

    /// The answer, with notes of what is not in it.
    pub(crate) fn into_text(self, summary: &Summary) -> String {
        let mut text = self.text;
        let (shown, lines, files) = (self.shown as u64, self.lines, self.files);
        if files == 0 {
            text.push_str("no matches");
            if 0 < summary.ignored {
                text.push_str("; what .gitignore leaves out was not searched, see include_ignored");
            }
            text.push('\n');
        }
        let _ = match self.mode {
            Mode::Content if shown < lines => writeln!(
                text,
                "[{shown} of {lines} matching lines, which are in {files} files; narrow the pattern, path or glob]"
            ),
            Mode::Files | Mode::Count if shown < files => {
                writeln!(text, "[{shown} of {files} files; narrow the pattern, path or glob]")
            }
            Mode::Content | Mode::Files | Mode::Count => Ok(()),
        };
        if self.mode == Mode::Count && 0 < files {
            let _ = writeln!(text, "[{lines} matching lines in {files} files]");
        }
        if !self.skipped.is_empty() {
            let names = self.skipped.join(", ");
            let more = self.skipped_more;
            let _ = match more {
                0 => writeln!(text, "[a line too long to be searched ended the search of {names}]"),
                _ => writeln!(text, "[a line too long to be searched ended the search of {names} and {more} more]"),
            };
        }
        if 0 < summary.too_deep {
            let _ = writeln!(text, "[folders that lie too deep and were not searched: {}]", summary.too_deep);
        }
        text.truncate(text.trim_end_matches('\n').len());
        text
    }
}
