//! What a reader should know about the shown lines, below them and in brackets.
//!
//! Every line of a file stands behind its number, so that a file cannot forge a note.

use crate::lines::{Request, Shown};

/// The shown lines with their notes.
pub(crate) fn annotate(shown: &Shown, request: &Request) -> String {
    let mut text = shown.text.clone();
    for note in notes(shown, request) {
        text.push('[');
        text.push_str(&note);
        text.push_str("]\n");
    }
    // Notes and lines end alike, but an answer needs no line end.
    text.truncate(text.trim_end_matches('\n').len());
    text
}

fn notes(shown: &Shown, request: &Request) -> Vec<String> {
    let mut notes = Vec::new();
    if shown.empty {
        notes.push("the file is empty".to_owned());
    }
    if shown.byte_order_mark {
        notes.push("the file begins with a UTF-8 byte order mark, which is not shown".to_owned());
    }
    if 0 < shown.crlf && shown.lf == 0 {
        notes.push("line endings: CRLF".to_owned());
    } else if 0 < shown.crlf {
        let Shown { crlf, lf, .. } = shown;
        notes.push(format!("line endings are mixed: of the lines shown, {crlf} end in CRLF and {lf} in LF"));
    }
    if shown.replaced {
        notes.push("bytes that are not UTF-8 are shown as \u{fffd}".to_owned());
    }
    if shown.open_end {
        notes.push("no line end after the last line".to_owned());
    }
    notes.extend(range(shown, request));
    notes
}

/// Which lines were shown of how many, unless it was all of them.
fn range(shown: &Shown, request: &Request) -> Option<String> {
    let Shown { seen, lines, .. } = *shown;
    let first = request.offset;
    if lines == 0 {
        return match (shown.empty, shown.complete) {
            (true, _) => None,
            (false, true) => Some(format!("the file has {seen} lines; offset {first} is past its end")),
            (false, false) => Some(format!(
                "line {first} lies too far inside this file to be looked for; after {seen} lines the search was given up"
            )),
        };
    }
    let last = first + lines - 1;
    let next = last.saturating_add(1);
    match (shown.complete, last < seen) {
        (true, false) if first == 1 => None,
        (true, false) => Some(format!("lines {first}-{last} of {seen}, up to the end")),
        (true, true) => Some(format!("lines {first}-{last} of {seen}; continue with offset {next}")),
        (false, _) => {
            Some(format!("lines {first}-{last} of more than {}; continue with offset {next}", seen.max(last)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::annotate;
    use crate::lines::{Request, show};

    fn annotated(file: &[u8], offset: u64, limit: u64) -> String {
        let request = Request { offset, limit };
        let shown = show(file.to_vec(), |_| Ok(Vec::new()), &request).expect("a slice can be read");
        annotate(&shown, &request)
    }

    #[test]
    fn a_plain_file_needs_no_note() {
        assert_eq!(annotated(b"one\n", 1, 10), "     1\tone");
    }

    #[test]
    fn an_empty_file_is_said_to_be_empty() {
        assert_eq!(annotated(b"", 1, 10), "[the file is empty]");
    }

    #[test]
    fn a_part_says_where_to_continue() {
        assert_eq!(annotated(b"a\nb\nc\nd\n", 2, 2), "     2\tb\n     3\tc\n[lines 2-3 of 4; continue with offset 4]");
        assert_eq!(annotated(b"a\nb\n", 2, 2), "     2\tb\n[lines 2-2 of 2, up to the end]");
    }

    #[test]
    fn past_the_end_is_said() {
        assert_eq!(annotated(b"a\nb\n", 7, 2), "[the file has 2 lines; offset 7 is past its end]");
    }

    #[test]
    fn what_an_edit_must_know_is_said() {
        assert_eq!(
            annotated(b"\xef\xbb\xbfa\r\nb", 1, 9),
            "     1\ta\n     2\tb\n\
             [the file begins with a UTF-8 byte order mark, which is not shown]\n\
             [line endings: CRLF]\n\
             [no line end after the last line]"
        );
        assert!(annotated(b"a\r\nb\n", 1, 9).ends_with("1 end in CRLF and 1 in LF]"));
        assert!(annotated(b"\xfc\n", 1, 9).ends_with("shown as \u{fffd}]"));
    }
}
