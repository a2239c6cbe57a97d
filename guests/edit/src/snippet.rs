//! What an edit changed, as a unified diff.
//!
//! The places are known, so nothing is compared but the lines of each place with those that replace them.

use std::fmt::Write;

use crate::replacement::Replacement;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;
/// Places shown one by one; a `replace_all` may have thousands.
const MOST_HUNKS: usize = 20;
/// Lines of one place that are shown of either side.
const MOST_LINES: usize = 60;
/// Characters of a line that are shown.
const LONGEST_LINE: usize = 300;
/// Bytes of the whole diff.
const MOST_SHOWN: usize = 16 * 1024;

/// The changes of a replacement, bounded.
pub(crate) fn diff(file: &[u8], replacement: &Replacement) -> String {
    let (hunks, mut left, end) = hunks(file, replacement);
    let mut text = String::new();
    for (index, hunk) in hunks.iter().enumerate() {
        let before = text.len();
        let floor = index.checked_sub(1).map_or(0, |last| hunks[last].to);
        let ceiling = hunks.get(index + 1).map_or(end, |next| next.from);
        hunk.write(&mut text, file, floor, ceiling);
        if MOST_SHOWN < text.len() && 0 < before {
            text.truncate(before);
            left += hunks[index..].iter().map(|hunk| hunk.places).sum::<usize>();
            break;
        }
    }
    if 0 < left {
        let _ = write!(text, "[{left} more replacements are not shown]");
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// A run of lines in which something changed: one place, or several in a line or in neighbouring lines.
struct Hunk {
    /// The changed lines in the old file, whole.
    from: usize,
    to: usize,
    /// Where the last place ends; what follows it up to `to` is not yet in `new`.
    end: usize,
    /// How many places there are.
    places: usize,
    /// The number of the first line in the old file and in the new one.
    old_line: usize,
    new_line: usize,
    /// What replaces the lines.
    new: Vec<u8>,
}

/// The first hunks, how many places come after them, and where the line of the next one begins.
fn hunks(file: &[u8], replacement: &Replacement) -> (Vec<Hunk>, usize, usize) {
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut line, mut counted, mut grown) = (1_usize, 0_usize, 0_isize);
    for (index, &start) in replacement.starts().iter().enumerate() {
        let last_to = hunks.last().map_or(0, |last| last.to);
        let feed = file.get(last_to..start).and_then(|gap| memchr::memrchr(b'\n', gap));
        let from = feed.map_or(last_to, |feed| last_to + feed + 1);
        if let Some(last) = hunks.last_mut() {
            if from == last_to {
                last.add(file, start, replacement);
                continue;
            }
            last.close(file);
            grown += lines_in(&last.new) - lines_in(&file[last.from..last.to]);
        }
        if hunks.len() == MOST_HUNKS {
            return (hunks, replacement.count() - index, from);
        }
        line += memchr::memchr_iter(b'\n', &file[counted..from]).count();
        counted = from;
        let mut hunk = Hunk {
            from,
            to: from,
            end: from,
            places: 0,
            old_line: line,
            new_line: line.saturating_add_signed(grown),
            new: Vec::new(),
        };
        hunk.add(file, start, replacement);
        hunks.push(hunk);
    }
    if let Some(last) = hunks.last_mut() {
        last.close(file);
    }
    (hunks, 0, file.len())
}

impl Hunk {
    /// Takes one more place in, which begins inside the hunk or makes its beginning.
    fn add(&mut self, file: &[u8], start: usize, replacement: &Replacement) {
        self.new.extend_from_slice(&file[self.end..start]);
        self.new.extend_from_slice(replacement.replaced_by().as_bytes());
        self.end = start + replacement.replaced().len();
        self.places += 1;
        let ends_line = file[..self.end].ends_with(b"\n");
        if self.to < self.end {
            self.to = if ends_line { self.end } else { line_end(file, self.end) };
        }
        // A line end that vanishes joins the next line to this one.
        let joins = !self.new.is_empty() && !self.new.ends_with(b"\n");
        if self.to == self.end && ends_line && joins {
            self.to = line_end(file, self.end);
        }
    }

    /// Takes what follows the last place.
    fn close(&mut self, file: &[u8]) {
        self.new.extend_from_slice(&file[self.end..self.to]);
        self.end = self.to;
    }

    /// Writes the hunk with lines around it, which lie between `floor` and `ceiling`.
    fn write(&self, to: &mut String, file: &[u8], floor: usize, ceiling: usize) {
        let old: Vec<&[u8]> = lines(&file[self.from..self.to]).collect();
        let new: Vec<&[u8]> = lines(&self.new).collect();
        let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let tail = old[head..].iter().rev().zip(new[head..].iter().rev());
        let tail = tail.take_while(|(old, new)| old == new).count();
        let mut above: Vec<&[u8]> = lines(&file[floor..self.from]).rev().take(CONTEXT).collect();
        above.reverse();
        above.extend(&old[..head]);
        let outside = above.len() - head;
        let skipped = above.len().saturating_sub(CONTEXT);
        let above = &above[skipped..];
        let below = old[old.len() - tail..].iter().copied();
        let below = below.chain(lines(&file[self.to..ceiling]));
        let below: Vec<&[u8]> = below.take(CONTEXT).collect();
        let (gone, come) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
        let around = above.len() + below.len();
        let _ = writeln!(
            to,
            "@@ -{},{} +{},{} @@",
            self.old_line + skipped - outside,
            gone.len() + around,
            self.new_line + skipped - outside,
            come.len() + around,
        );
        write_lines(to, ' ', above);
        write_lines(to, '-', gone);
        write_lines(to, '+', come);
        write_lines(to, ' ', &below);
    }
}

fn write_lines(to: &mut String, sign: char, lines: &[&[u8]]) {
    for line in lines.iter().take(MOST_LINES) {
        // Four bytes are the longest character.
        let text = String::from_utf8_lossy(&line[..line.len().min(4 * (LONGEST_LINE + 1))]);
        let text = text.trim_end_matches(['\n', '\r']);
        to.push(sign);
        to.extend(text.chars().take(LONGEST_LINE));
        let is_cut = text.chars().nth(LONGEST_LINE).is_some();
        to.push_str(if is_cut { "…\n" } else { "\n" });
    }
    if MOST_LINES < lines.len() {
        let _ = writeln!(to, "{sign}[… {} more lines]", lines.len() - MOST_LINES);
    }
}

/// The lines of a text with their ends.
fn lines(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

fn lines_in(text: &[u8]) -> isize {
    isize::try_from(lines(text).count()).unwrap_or(isize::MAX)
}

/// Where the line ends that `at` lies in.
fn line_end(file: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &file[at..]).map_or(file.len(), |feed| at + feed + 1)
}

#[cfg(test)]
#[path = "snippet_tests.rs"]
mod tests;
