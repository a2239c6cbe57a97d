//! Why a text was not found, in words that lead a model to the right one.
//!
//! The reasons are tried from the surest to the vaguest; each costs at most one pass over the file.

use std::collections::HashSet;

use memchr::memmem;

/// Lines of the file that are shown where it differs.
const MOST_LINES_SHOWN: usize = 12;
/// Characters of a line that are shown or compared.
const LONGEST_LINE: usize = 200;
/// Lines of the file that are compared with the text. The nearest line is a courtesy, not a search.
const MOST_LINES_COMPARED: usize = 20_000;
/// How alike two lines must be, in hundredths, to be worth naming.
const ALIKE: usize = 50;

/// The error for a text that does not occur in the file.
pub(crate) fn not_found(file: &[u8], old: &str) -> String {
    let reason = line_ends(file, old)
        .or_else(|| line_numbers(old))
        .or_else(|| whitespace(file, old))
        .or_else(|| nearest(file, old))
        .unwrap_or_else(|| "nothing in the file is like it; read the file again".to_owned());
    format!("`old` does not occur in the file; nothing was changed: {reason}")
}

fn line_ends(file: &[u8], old: &str) -> Option<String> {
    let plain = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|&byte| byte != b'\r').collect() };
    if !old.contains('\n') && !old.contains('\r') {
        return None;
    }
    let file = plain(file);
    let at = memmem::find(&file, &plain(old.as_bytes()))?;
    let line = 1 + memchr::memchr_iter(b'\n', &file[..at]).count();
    Some(format!(
        "it matches from line {line} on but for the line endings; write \\r\\n in `old` exactly where the \
         file has it, or replace one line at a time"
    ))
}

/// Recognises lines that were copied together with the numbers that `read` puts before them.
fn line_numbers(old: &str) -> Option<String> {
    let is_numbered = |line: &str| {
        line.split_once('\t').is_some_and(|(number, _)| {
            let number = number.trim_start();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    old.lines().all(is_numbered).then(|| {
        "it begins with the line numbers that `read` shows, which are not part of the file; leave them out".to_owned()
    })
}

/// Finds the text when only spaces and tabs differ.
fn whitespace(file: &[u8], old: &str) -> Option<String> {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted: Vec<String> = old.trim().lines().map(squeezed).collect();
    let first = wanted.first().filter(|line| !line.is_empty())?;
    let lines: Vec<&[u8]> = lines(file).take(MOST_LINES_COMPARED).collect();
    let last = wanted.len();
    let fits = |at: usize| {
        wanted.iter().enumerate().all(|(index, wanted)| {
            let line = lines.get(at + index).map(|line| squeezed(&text(line)));
            line.is_some_and(|line| match (index == 0, index + 1 == last) {
                (true, true) => line.contains(wanted),
                (true, false) => line.ends_with(wanted),
                (false, true) => line.starts_with(wanted),
                (false, false) => line == *wanted,
            })
        })
    };
    let at = (0..lines.len()).find(|&at| {
        // Most lines are ruled out by their first line without being taken apart twice.
        squeezed(&text(lines[at])).contains(first.as_str()) && fits(at)
    })?;
    let shown = quote(&lines, at, wanted.len());
    Some(format!("the text at line {} differs from it in spaces or tabs only. The file has:\n{shown}", at + 1))
}

/// Names the line of the file that is most like the first line of the text.
fn nearest(file: &[u8], old: &str) -> Option<String> {
    let wanted = old.lines().find(|line| !line.trim().is_empty())?;
    let pairs = pairs(wanted);
    let lines: Vec<&[u8]> = lines(file).take(MOST_LINES_COMPARED).collect();
    let mut best = (0, 0);
    for (at, line) in lines.iter().enumerate() {
        let likeness = likeness(&pairs, &text(line));
        if best.0 < likeness {
            best = (likeness, at);
        }
    }
    let (likeness, at) = best;
    (ALIKE <= likeness).then(|| {
        let shown = quote(&lines, at, old.trim().lines().count());
        format!("the nearest text is at line {}. The file has:\n{shown}", at + 1)
    })
}

/// Pairs of neighbouring characters, by which lines are compared.
fn pairs(line: &str) -> HashSet<(char, char)> {
    let characters = || line.trim().chars().take(LONGEST_LINE);
    characters().zip(characters().skip(1)).collect()
}

/// How alike two lines are, in hundredths: shared pairs by all pairs (Sørensen and Dice).
fn likeness(wanted: &HashSet<(char, char)>, line: &str) -> usize {
    // A line of a very different length cannot be alike; most lines are passed over by this.
    let length = line.trim().len().min(LONGEST_LINE);
    if wanted.is_empty() || length * 4 < wanted.len() {
        return 0;
    }
    let pairs = pairs(line);
    let shared = pairs.intersection(wanted).count();
    200 * shared / (pairs.len() + wanted.len())
}

fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.split(|&byte| byte == b'\n')
}

fn text(line: &[u8]) -> std::borrow::Cow<'_, str> {
    // Four bytes are the longest character.
    String::from_utf8_lossy(&line[..line.len().min(4 * LONGEST_LINE)])
}

/// Lines of the file with their numbers, as `read` shows them.
fn quote(lines: &[&[u8]], at: usize, count: usize) -> String {
    let shown = count.clamp(1, MOST_LINES_SHOWN);
    let quoted: Vec<String> = lines
        .iter()
        .enumerate()
        .skip(at)
        .take(shown)
        .map(|(index, line)| {
            let line: String = text(line).trim_end().chars().take(LONGEST_LINE).collect();
            format!("{:>6}\t{line}", index + 1)
        })
        .collect();
    quoted.join("\n")
}

#[cfg(test)]
mod tests {
    use super::not_found;

    const FILE: &str = "fn main() {\n    let limit = 10;\n    run(limit);\n}\n";

    #[test]
    fn different_line_ends_are_named() {
        let hint = not_found(b"a\r\nb\nc\n", "a\nb\nc");
        assert!(hint.contains("matches from line 1 on but for the line endings"), "{hint}");
    }

    #[test]
    fn copied_line_numbers_are_named() {
        let hint = not_found(FILE.as_bytes(), "     2\t    let limit = 10;\n     3\t    run(limit);");
        assert!(hint.contains("line numbers that `read` shows"), "{hint}");
    }

    #[test]
    fn different_indentation_is_shown() {
        let hint = not_found(FILE.as_bytes(), "\tlet limit = 10;\n\trun(limit);");
        assert!(hint.contains("at line 2 differs from it in spaces or tabs only"), "{hint}");
        assert!(hint.ends_with("     2\t    let limit = 10;\n     3\t    run(limit);"), "{hint}");
    }

    #[test]
    fn the_nearest_line_is_shown() {
        let hint = not_found(FILE.as_bytes(), "    let limits = 12;");
        assert!(hint.ends_with("nearest text is at line 2. The file has:\n     2\t    let limit = 10;"), "{hint}");
    }

    #[test]
    fn nothing_like_it_is_said() {
        let hint = not_found(FILE.as_bytes(), "zzz qqq");
        assert!(hint.ends_with("read the file again"), "{hint}");
        assert!(not_found(b"", "x").contains("read the file again"));
        assert!(not_found(b"abc", "\n").contains("read the file again"));
    }
}
