//! What the searcher finds in one file.

use std::io::Error;

use grep_matcher::Matcher;
use grep_searcher::{Searcher, Sink, SinkContext, SinkMatch};

use crate::prefilter::QuickMatcher;
use crate::report::{Mode, Report};
use crate::source::Verdict;

/// Bytes in which a zero byte makes a whole file binary, as for ripgrep.
const BEGINNING: usize = 64 * 1024;

/// The lines of one file on their way into the report.
///
/// A zero byte is looked for only in a file that has a match, and only as far as its matches reach:
/// most files of a search have none, and need not be looked through twice.
pub(crate) struct Lines<'a> {
    matcher: &'a QuickMatcher,
    path: &'a str,
    report: &'a mut Report,
    /// Bytes of the current buffer that hold no zero byte.
    checked: usize,
    matched: u64,
    binary: bool,
}

impl<'a> Lines<'a> {
    /// For one file.
    pub(crate) fn new(matcher: &'a QuickMatcher, path: &'a str, report: &'a mut Report) -> Self {
        report.begin_file();
        Self { matcher, path, report, checked: 0, matched: 0, binary: false }
    }

    /// Closes the file.
    pub(crate) fn finish(self) -> Verdict {
        if self.binary && self.matched == 0 {
            self.report.forget_file();
            return Verdict::Binary;
        }
        self.report.end_file(self.path, self.matched);
        Verdict::Searched
    }

    /// Looks for a zero byte up to the end of a match.
    fn is_binary(&mut self, buffer: &[u8], end: usize) -> bool {
        let end = end.max(BEGINNING).min(buffer.len());
        if let Some(unchecked) = buffer.get(self.checked..end) {
            self.binary |= memchr::memchr(0, unchecked).is_some();
            self.checked = end;
        }
        self.binary
    }
}

impl Lines<'_> {
    fn show(&mut self, found: &SinkMatch<'_>) {
        let first = found.line_number().unwrap_or(1);
        for (number, line) in (first..).zip(found.lines()) {
            self.matched += 1;
            let matcher = self.matcher;
            self.report.matched(self.path, number, line, || {
                matcher.find(line).ok().flatten().map(|found| found.start()..found.end())
            });
        }
    }
}

impl Sink for Lines<'_> {
    type Error = Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, Error> {
        // A stream has been checked by its source, and its buffer moves.
        let is_whole = found.absolute_byte_offset() == found.bytes_range_in_buffer().start as u64;
        if is_whole && self.is_binary(found.buffer(), found.bytes_range_in_buffer().end) {
            return Ok(false);
        }
        match self.report.mode() {
            Mode::Files => {
                self.matched = 1;
                return Ok(false);
            }
            Mode::Count => self.matched += found.lines().count() as u64,
            Mode::Content => self.show(found),
        }
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> Result<bool, Error> {
        let number = context.line_number().unwrap_or(1);
        self.report.context(self.path, number, context.bytes());
        Ok(true)
    }

    fn context_break(&mut self, _: &Searcher) -> Result<bool, Error> {
        self.report.separate();
        Ok(true)
    }
}
