//! The part of a line that is shown.

use std::fmt::Write;
use std::ops::Range;

/// Characters of a line that are shown.
const LONGEST_LINE: usize = 500;
/// Of these, characters before the match.
const BEFORE: usize = 100;

/// Appends a line without its end; a long one is cut around what matched, with the number of characters
/// left out on either side. `matched` is asked only for a long line.
pub(crate) fn write(to: &mut String, line: &[u8], matched: impl FnOnce() -> Option<Range<usize>>) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() <= LONGEST_LINE {
        to.push_str(&String::from_utf8_lossy(line));
        return;
    }
    let matched = matched().map_or(0, |range| range.start).min(line.len());
    let start = back(line, matched, BEFORE);
    let end = forth(line, start, LONGEST_LINE);
    if 0 < start {
        let _ = write!(to, "[… {} characters] ", characters(&line[..start]));
    }
    to.push_str(&String::from_utf8_lossy(&line[start..end]));
    if end < line.len() {
        let _ = write!(to, " [… {} characters]", characters(&line[end..]));
    }
}

/// Goes back by some characters, or to the start.
fn back(line: &[u8], from: usize, count: usize) -> usize {
    let starts = line[..from].iter().enumerate().rev().filter(|(_, byte)| is_start(**byte));
    starts.take(count).last().map_or(from, |(at, _)| at)
}

/// Goes forth by some characters, or to the end.
fn forth(line: &[u8], from: usize, count: usize) -> usize {
    let starts = line[from..].iter().enumerate().filter(|(_, byte)| is_start(**byte));
    starts.map(|(at, _)| from + at).nth(count).unwrap_or(line.len())
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| is_start(**byte)).count()
}

/// Whether a byte begins a character of UTF-8, or is none.
fn is_start(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

#[cfg(test)]
mod tests {
    use super::write;

    fn shown(line: &str, matched: usize) -> String {
        let mut text = String::new();
        write(&mut text, line.as_bytes(), || Some(matched..matched + 1));
        text
    }

    #[test]
    fn a_short_line_is_whole() {
        assert_eq!(shown("fn main() {\r\n", 3), "fn main() {");
        assert_eq!(shown("", 0), "");
    }

    #[test]
    fn a_long_line_is_cut_around_the_match() {
        let line = format!("{}X{}\n", "a".repeat(1_000), "b".repeat(2_000));
        let expected = format!("[… 900 characters] {}X{} [… 1601 characters]", "a".repeat(100), "b".repeat(399));
        assert_eq!(shown(&line, 1_000), expected);
    }

    #[test]
    fn no_character_is_cut() {
        let line = "語".repeat(1_000);
        let text = shown(&line, 3 * 600);
        assert!(!text.contains('\u{fffd}'));
        assert!(text.starts_with("[… 500 characters] 語") && !text.ends_with(']'), "{text}");
        let text = shown(&line, 3 * 200);
        assert!(text.ends_with("語 [… 400 characters]"), "{text}");
    }

    #[test]
    fn bytes_that_are_no_text_are_no_trouble() {
        for byte in [0x80, 0xff] {
            let mut text = String::new();
            write(&mut text, &[byte; 2_000], || Some(1_000..1_001));
            assert!(!text.is_empty());
        }
    }
}
