//! What of a file is replaced by what, found without changing anything.

use std::borrow::Cow;
use std::fmt::Write;

use memchr::memmem;

use crate::hint;

/// More occurrences than this are refused: their positions would not fit beside the file.
const MOST_OCCURRENCES: usize = 1_000_000;
/// Lines that an error names.
const MOST_LINES_NAMED: usize = 10;

/// A replacement that can be made.
#[derive(Debug)]
pub(crate) struct Replacement<'a> {
    old: Cow<'a, str>,
    new: Cow<'a, str>,
    /// Where `old` begins in the file, ascending, never overlapping.
    starts: Vec<usize>,
    converted: bool,
}

impl<'a> Replacement<'a> {
    /// Finds `old` in the file. The error is a sentence for the model.
    pub(crate) fn find(file: &[u8], old: &'a str, new: &'a str, all: bool) -> Result<Self, String> {
        if old.is_empty() {
            return Err("`old` is empty; to create a file or replace all of it, use write".to_owned());
        }
        if old == new {
            return Err("`old` and `new` are the same; nothing would change".to_owned());
        }
        let (found_old, found_new) = match LineEnds::of(file) {
            LineEnds::Crlf => (with_crlf(old), with_crlf(new)),
            LineEnds::Lf | LineEnds::Mixed => (Cow::Borrowed(old), Cow::Borrowed(new)),
        };
        if found_old == found_new {
            return Err("`old` and `new` differ only in line endings, and the file keeps its own".to_owned());
        }
        let starts = starts(file, found_old.as_bytes(), all)?;
        if starts.is_empty() {
            return Err(hint::not_found(file, old));
        }
        if !all && starts.len() != 1 {
            return Err(ambiguous(file, &starts));
        }
        let converted = found_old.len() != old.len() || found_new.len() != new.len();
        Ok(Self { old: found_old, new: found_new, starts, converted })
    }

    /// How many places change.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// Whether line endings were converted to those of the file.
    pub(crate) fn is_converted(&self) -> bool {
        self.converted
    }

    /// Where the places begin, ascending.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The text that vanishes at each place.
    pub(crate) fn replaced(&self) -> &str {
        &self.old
    }

    /// The text that appears at each place.
    pub(crate) fn replaced_by(&self) -> &str {
        &self.new
    }

    /// The size of the edited file.
    pub(crate) fn size_of_result(&self, file: &[u8]) -> u64 {
        let count = self.starts.len() as u64;
        let kept = (file.len() as u64).saturating_sub(count * self.old.len() as u64);
        kept.saturating_add(count.saturating_mul(self.new.len() as u64))
    }

    /// The edited file.
    pub(crate) fn apply(&self, file: &[u8]) -> Vec<u8> {
        let size = usize::try_from(self.size_of_result(file)).unwrap_or(0);
        let mut edited = Vec::with_capacity(size);
        let mut done = 0;
        for &start in &self.starts {
            edited.extend_from_slice(&file[done..start]);
            edited.extend_from_slice(self.new.as_bytes());
            done = start + self.old.len();
        }
        edited.extend_from_slice(&file[done..]);
        edited
    }
}

/// Where `old` begins. For one replacement, overlapping places count as well, since each could be meant.
fn starts(file: &[u8], old: &[u8], all: bool) -> Result<Vec<usize>, String> {
    let finder = memmem::Finder::new(old);
    let step = if all { old.len() } else { 1 };
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = file.get(from..).and_then(|rest| finder.find(rest)) {
        if starts.len() == MOST_OCCURRENCES {
            return Err(format!("`old` occurs more than {MOST_OCCURRENCES} times; nothing was changed"));
        }
        starts.push(from + at);
        from += at + step;
    }
    Ok(starts)
}

fn ambiguous(file: &[u8], starts: &[usize]) -> String {
    let mut text = format!("`old` occurs {} times, at lines ", starts.len());
    for (index, line) in line_numbers(file, starts).take(MOST_LINES_NAMED).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{line}");
    }
    if MOST_LINES_NAMED < starts.len() {
        let _ = write!(text, " and {} more", starts.len() - MOST_LINES_NAMED);
    }
    text.push_str("; nothing was changed. Take more of the lines around it into `old`, or set replace_all");
    text
}

/// The line numbers of ascending positions.
fn line_numbers(file: &[u8], starts: &[usize]) -> impl Iterator<Item = usize> {
    let mut line = 1;
    let mut counted = 0;
    starts.iter().map(move |&start| {
        line += memchr::memchr_iter(b'\n', &file[counted..start]).count();
        counted = start;
        line
    })
}

/// How the lines of a file end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// All with LF alone, or there is no line end.
    Lf,
    /// All with CR LF.
    Crlf,
    /// Some so, some so.
    Mixed,
}

impl LineEnds {
    /// Looks through the whole file.
    pub(crate) fn of(file: &[u8]) -> Self {
        let mut crlf = 0_usize;
        let mut lf = 0_usize;
        for at in memchr::memchr_iter(b'\n', file) {
            if at.checked_sub(1).is_some_and(|before| file[before] == b'\r') {
                crlf += 1;
            } else {
                lf += 1;
            }
            if 0 < crlf && 0 < lf {
                return Self::Mixed;
            }
        }
        if 0 < crlf { Self::Crlf } else { Self::Lf }
    }
}

/// The text with CR LF where it has LF alone.
fn with_crlf(text: &str) -> Cow<'_, str> {
    if LineEnds::of(text.as_bytes()) == LineEnds::Crlf || !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\n', "\r\n"))
}

#[cfg(test)]
mod tests {
    use super::Replacement;

    fn edited(file: &str, old: &str, new: &str, all: bool) -> Result<String, String> {
        let replacement = Replacement::find(file.as_bytes(), old, new, all)?;
        let edited = replacement.apply(file.as_bytes());
        assert_eq!(edited.len() as u64, replacement.size_of_result(file.as_bytes()));
        Ok(String::from_utf8(edited).expect("text stays text"))
    }

    #[test]
    fn one_occurrence_is_replaced() {
        assert_eq!(edited("a b c", "b", "x", false).as_deref(), Ok("a x c"));
        assert_eq!(edited("a b c", " b", "", false).as_deref(), Ok("a c"));
    }

    #[test]
    fn two_occurrences_are_an_error_that_names_the_lines() {
        let error = edited("x\ny\nx\n", "x", "z", false).expect_err("it is ambiguous");
        assert!(error.starts_with("`old` occurs 2 times, at lines 1, 3; nothing"), "{error}");
        let many = "x\n".repeat(30);
        let error = edited(&many, "x", "z", false).expect_err("it is ambiguous");
        assert!(error.contains("9, 10 and 20 more;"), "{error}");
    }

    #[test]
    fn overlapping_occurrences_are_ambiguous() {
        assert!(edited("aaa", "aa", "b", false).is_err());
        assert_eq!(edited("aaa", "aa", "b", true).as_deref(), Ok("ba"));
    }

    #[test]
    fn all_occurrences_are_replaced_on_demand() {
        assert_eq!(edited("x x x", "x", "yy", true).as_deref(), Ok("yy yy yy"));
    }

    #[test]
    fn what_changes_nothing_is_an_error() {
        assert!(edited("a", "a", "a", false).is_err());
        assert!(edited("a", "", "b", false).expect_err("empty").contains("use write"));
        assert!(edited("a\r\nb", "a\nb", "a\r\nb", false).is_err());
    }

    #[test]
    fn line_ends_follow_a_file_with_crlf() {
        let file = "one\r\ntwo\r\nthree\r\n";
        assert_eq!(edited(file, "one\ntwo", "1\n2\n2½", false).as_deref(), Ok("1\r\n2\r\n2½\r\nthree\r\n"));
        assert_eq!(edited(file, "two", "a\nb", false).as_deref(), Ok("one\r\na\r\nb\r\nthree\r\n"));
        assert_eq!(edited(file, "one\r\ntwo", "x", false).as_deref(), Ok("x\r\nthree\r\n"));
    }

    #[test]
    fn line_ends_of_a_mixed_file_are_left_alone() {
        assert_eq!(edited("a\r\nb\nc", "b\nc", "d\ne", false).as_deref(), Ok("a\r\nd\ne"));
    }

    #[test]
    fn a_file_that_is_not_utf_8_keeps_its_bytes() {
        let file = b"\xff\xfe caf\xe9 here \x80";
        let replacement = Replacement::find(file, "here", "there", false).expect("it is there");
        assert_eq!(replacement.apply(file), b"\xff\xfe caf\xe9 there \x80");
    }
}
