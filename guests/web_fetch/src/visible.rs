//! What no reader sees: characters without a shape, which carry words to a model past the eyes of a person, or turn the
//! order of letters around.

/// The text without invisible characters, and how many there were. Line ends become LF.
pub(crate) fn only(text: &str) -> (String, usize) {
    let mut kept = String::with_capacity(text.len());
    let mut left_out = 0;
    for c in text.chars() {
        match c {
            // Of a CR LF the LF stays; a lone CR would let a terminal write over the line.
            '\r' => {}
            '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{b}' | '\u{c}' => kept.push('\n'),
            c if is_invisible(c) => left_out += 1,
            c => kept.push(c),
        }
    }
    (kept, left_out)
}

/// One line of a page, such as its title, cut to a length in characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let (text, _) = only(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Controls, marks of direction, zero-width characters, tags and variation selectors.
fn is_invisible(c: char) -> bool {
    let is_control = c.is_control() && c != '\n' && c != '\t';
    let has_no_shape = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    is_control || has_no_shape
}

#[cfg(test)]
mod tests {
    use super::{line, only};

    #[test]
    fn what_has_no_shape_is_left_out_and_counted() {
        let hidden = "a\u{200b}b\u{202e}c\u{e0041}d\u{1b}[31me\u{feff}f\0";
        assert_eq!(only(hidden), ("abcd[31mef".to_owned(), 6));
        assert_eq!(only("a\r\nb\rc\u{2028}d\te"), ("a\nbc\nd\te".to_owned(), 0));
        assert_eq!(only("Grüße, 日本 🦀"), ("Grüße, 日本 🦀".to_owned(), 0));
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(line(" a\n\n b\u{200b} ", 10), "a b");
        assert_eq!(line("abcdef", 3), "abc…");
    }
}
