//! Numbering and cutting lines of a file that is read piece by piece.
//!
//! What is held is bounded by what is shown: a line of any length costs no more memory than its shown
//! part, and a file of any size is left after a bounded number of bytes.

use std::borrow::Cow;
use std::fmt::Write;
use std::io::Result;

/// Lines shown when the input does not say.
pub(crate) const DEFAULT_LIMIT: u64 = 2_000;
/// Characters of a line that are shown.
const LONGEST_LINE: usize = 2_000;
/// Bytes of all shown lines together; the host gives a model 64 KiB, and notes need room.
const MOST_SHOWN: usize = 60 * 1024;
/// Bytes looked through to reach the first line that was asked for.
const MOST_SKIPPED: u64 = 512 * 1024 * 1024;
/// Bytes looked through after the shown lines, only to say how many lines there are.
const MOST_COUNTED: u64 = 8 * 1024 * 1024;

/// Which lines to show.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    /// The first line, counted from 1.
    pub(crate) offset: u64,
    /// How many.
    pub(crate) limit: u64,
}

/// The lines that were asked for, and what was seen of the file.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a note is made of it")]
pub(crate) struct Shown {
    /// The numbered lines.
    pub(crate) text: String,
    /// How many lines `text` has.
    pub(crate) lines: u64,
    /// Lines of the file that were seen to their end.
    pub(crate) seen: u64,
    /// Whether the end of the file was reached, so that `seen` is the number of its lines.
    pub(crate) complete: bool,
    /// Whether the file begins with a byte order mark, which is not shown.
    pub(crate) byte_order_mark: bool,
    /// Shown lines that end with CR LF.
    pub(crate) crlf: u64,
    /// Shown lines that end with LF alone.
    pub(crate) lf: u64,
    /// Whether bytes that are no UTF-8 were replaced.
    pub(crate) replaced: bool,
    /// Whether the last line of the file was shown and has no line end.
    pub(crate) open_end: bool,
    /// Whether the file is empty, apart from a byte order mark.
    pub(crate) empty: bool,
}

/// Shows lines of a file: `start` is its first piece, `more` reads the piece at an offset.
pub(crate) fn show(start: Vec<u8>, mut more: impl FnMut(u64) -> Result<Vec<u8>>, request: &Request) -> Result<Shown> {
    let mut lines = Lines::new(request);
    let mut position = 0;
    let mut piece = start;
    while !piece.is_empty() {
        let skipped = if position == 0 { lines.skip_byte_order_mark(&piece) } else { 0 };
        lines.take(&piece[skipped..]);
        position += piece.len() as u64;
        if lines.is_enough(position) {
            return Ok(lines.shown);
        }
        piece = more(position)?;
    }
    lines.finish();
    Ok(lines.shown)
}

/// What ends a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Feed,
    File,
    /// The line is so long that its end was not looked for.
    Unknown,
}

/// The state between two pieces.
struct Lines<'a> {
    request: &'a Request,
    shown: Shown,
    /// The shown part of the line that is not complete yet.
    line: Vec<u8>,
    /// Whether the current line has any byte.
    started: bool,
    /// Characters of the current line beyond its shown part.
    beyond: u64,
    /// Whether the last byte beyond was a CR, which may belong to the line's end.
    beyond_return: bool,
    /// Set once nothing more is shown.
    full: bool,
    /// Where in the file the shown lines ended.
    full_at: Option<u64>,
}

impl<'a> Lines<'a> {
    fn new(request: &'a Request) -> Self {
        let shown = Shown { empty: true, ..Shown::default() };
        Self {
            request,
            shown,
            line: Vec::new(),
            started: false,
            beyond: 0,
            beyond_return: false,
            full: false,
            full_at: None,
        }
    }

    fn skip_byte_order_mark(&mut self, start: &[u8]) -> usize {
        self.shown.byte_order_mark = start.starts_with(b"\xef\xbb\xbf");
        if self.shown.byte_order_mark { 3 } else { 0 }
    }

    fn take(&mut self, piece: &[u8]) {
        self.shown.empty &= piece.is_empty();
        if self.pass(piece) {
            return;
        }
        let mut rest = piece;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
            if self.wanted() {
                self.extend(part);
            }
            self.started = true;
            rest = after;
            if end.is_some() {
                self.end_line(End::Feed);
                rest = &after[1..];
            }
        }
    }

    /// Counts a whole piece that holds nothing to show, and says whether it was one.
    fn pass(&mut self, piece: &[u8]) -> bool {
        let feeds = memchr::memchr_iter(b'\n', piece).count() as u64;
        let before = !self.full && self.shown.seen + feeds + 1 < self.request.offset;
        let passed = self.full || before;
        if passed {
            self.shown.seen += feeds;
            self.started = match piece.last() {
                Some(&last) => last != b'\n',
                None => self.started,
            };
        }
        passed
    }

    /// Whether the current line is one to show.
    fn wanted(&self) -> bool {
        !self.full && self.request.offset <= self.shown.seen + 1
    }

    fn extend(&mut self, part: &[u8]) {
        // Four bytes are the longest character, and one more character tells whether the line is cut.
        let room = ((LONGEST_LINE + 1) * 4).saturating_sub(self.line.len());
        let (kept, beyond) = part.split_at(room.min(part.len()));
        self.line.extend_from_slice(kept);
        self.beyond += characters(beyond);
        if let Some(&last) = beyond.last() {
            self.beyond_return = last == b'\r';
        }
    }

    fn end_line(&mut self, end: End) {
        if self.wanted() {
            self.write_line(end);
            self.full |= self.request.limit <= self.shown.lines;
        }
        self.shown.seen += 1;
        self.started = false;
        self.beyond = 0;
        self.beyond_return = false;
    }

    fn write_line(&mut self, end: End) {
        let mut line = std::mem::take(&mut self.line);
        let with_return = end == End::Feed && self.drop_return(&mut line);
        if 0 < self.beyond {
            drop_last_character(&mut line);
            self.beyond += 1;
        }
        let before = self.shown.text.len();
        let text = String::from_utf8_lossy(&line);
        let _ = write!(self.shown.text, "{:>6}\t", self.shown.seen + 1);
        cut(&mut self.shown.text, &text, self.beyond, end);
        self.shown.text.push('\n');
        if MOST_SHOWN < self.shown.text.len() && 0 < self.shown.lines {
            self.shown.text.truncate(before);
            self.full = true;
            return;
        }
        self.shown.replaced |= matches!(text, Cow::Owned(_));
        self.shown.lines += 1;
        self.shown.open_end = end == End::File;
        self.shown.crlf += u64::from(with_return);
        self.shown.lf += u64::from(end == End::Feed && !with_return);
        line.clear();
        self.line = line;
    }

    /// Takes the CR of a CR LF off the line, and says whether there was one.
    fn drop_return(&mut self, line: &mut Vec<u8>) -> bool {
        if 0 < self.beyond {
            self.beyond -= u64::from(self.beyond_return);
            return self.beyond_return;
        }
        let found = line.last() == Some(&b'\r');
        line.truncate(line.len() - usize::from(found));
        found
    }

    /// Whether reading on would bring nothing that is worth it.
    fn is_enough(&mut self, position: u64) -> bool {
        if !self.full {
            let skipping = self.shown.lines == 0 && MOST_SKIPPED < position;
            // A line without end, longer than anything that is shown, is cut where it was left.
            let endless = self.wanted() && MOST_COUNTED < self.beyond;
            if endless {
                self.write_line(End::Unknown);
                self.full = true;
            }
            return skipping || endless;
        }
        let full_at = *self.full_at.get_or_insert(position);
        MOST_COUNTED < position - full_at
    }

    fn finish(&mut self) {
        if self.started {
            self.end_line(End::File);
        }
        self.shown.complete = true;
    }
}

/// Appends the first characters of a line and, when there are more, says how many were left out.
fn cut(to: &mut String, line: &str, beyond: u64, end: End) {
    let kept_end = line.char_indices().nth(LONGEST_LINE).map(|(end, _)| end);
    let (kept, rest) = line.split_at(kept_end.unwrap_or(line.len()));
    to.push_str(kept);
    let left_out = rest.chars().count() as u64 + beyond;
    if 0 < left_out {
        let least = if end == End::Unknown { "at least " } else { "" };
        let _ = write!(to, " [… {least}{left_out} more characters]");
    }
}

/// Drops the last character, which may be there only in part.
fn drop_last_character(line: &mut Vec<u8>) {
    for _ in 0..4 {
        if line.pop().is_none_or(|byte| byte & 0xc0 != 0x80) {
            break;
        }
    }
}

/// Counts characters of UTF-8 by their first bytes; a piece may begin inside of one.
fn characters(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
