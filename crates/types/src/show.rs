//! Text that cannot forge what a person sees.

/// Makes control, bidirectional and zero-width characters visible as `\u{…}`, so that a name or an answer cannot
/// move the cursor, reverse a line or hide a part of itself. Line feeds and tabs stay.
pub fn visible(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && c != '\t' && deceives(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Like [`visible`], and line feeds and tabs are shown too: for a text that must stay on its line.
pub fn visible_line(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Whether there is nothing to look at: nearly every text ends here, and each decision makes two.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b' '..=b'~'))
}

// Control characters, and what Unicode calls default-ignorable (UAX #44): nothing is drawn for it, so that it can split or
// hide a word. The two selectors that only choose between text and emoji are left alone.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_and_not_obeyed() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\n"), "a\\u{1b}[2Jb\\u{202e}c\n");
        assert_eq!(visible_line("a\nb"), "a\\nb");
        assert_eq!(visible("混ぜる é ❤\u{fe0f}"), "混ぜる é ❤\u{fe0f}");
    }

    #[test]
    fn what_nobody_sees_cannot_hide_in_a_name() {
        for hidden in ['\u{200d}', '\u{3164}', '\u{115f}', '\u{2800}', '\u{e0100}', '\u{fe00}', '\u{34f}', '\u{2066}'] {
            assert!(visible_line(&format!("a{hidden}b")).contains("\\u{"), "{hidden:?}");
        }
    }
}
