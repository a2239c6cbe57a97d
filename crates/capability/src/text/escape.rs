//! Backslashes in capability text: how a character that means something is written when it is meant literally.
//!
//! `\*` is a star; `\u{202e}` is a character that would deceive a reader if it stood there itself. Because printing
//! uses the same two forms, printed text is safe to show and can be parsed back.

use super::CapabilityError;
use boxagnts_types::show::visible_line;

/// One character of capability text, and whether it was written with a backslash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// It may mean something.
    Plain(char),
    /// It stands for itself.
    Literal(char),
}

impl Piece {
    /// The character, whatever it means.
    pub(crate) fn char(self) -> char {
        match self {
            Self::Plain(c) | Self::Literal(c) => c,
        }
    }

    /// Whether it is one of these characters and may mean something.
    pub(crate) fn is_one_of(self, meaningful: &str) -> bool {
        matches!(self, Self::Plain(c) if meaningful.contains(c))
    }
}

/// Takes the backslashes out.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, CapabilityError> {
    let fault = |reason: &str| CapabilityError::Pattern { text: text.to_owned(), reason: reason.to_owned() };
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            pieces.push(Piece::Plain(c));
        } else if let Some(code) = rest.strip_prefix("u{") {
            let (digits, after) = code.split_once('}').ok_or_else(|| fault("'\\u{' has no '}'"))?;
            let number = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
            pieces.push(Piece::Literal(number.ok_or_else(|| fault("'\\u{…}' holds no character's number"))?));
            rest = after;
        } else {
            let next = rest.chars().next().ok_or_else(|| fault("a backslash at the end stands for nothing"))?;
            pieces.push(Piece::Literal(next));
            rest = &rest[next.len_utf8()..];
        }
    }
    Ok(pieces)
}

/// The characters of the pieces, as they are.
pub(crate) fn literal(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.char()).collect()
}

/// Writes one character so that [`pieces`] reads it back as a literal; `meaningful` are those that need a backslash.
pub(crate) fn push_literal(shown: &mut String, c: char, meaningful: &str) {
    if deceives(c) {
        shown.extend(c.escape_unicode());
    } else {
        if c == '\\' || meaningful.contains(c) {
            shown.push('\\');
        }
        shown.push(c);
    }
}

/// Writes a whole text so that [`pieces`] reads it back as literals.
pub(crate) fn escaped(text: &str, meaningful: &str) -> String {
    // Nearly every text is taken as it is, and each decision prints its effect.
    if text.bytes().all(|c| matches!(c, b' '..=b'~') && c != b'\\' && !meaningful.as_bytes().contains(&c)) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_literal(&mut shown, c, meaningful);
    }
    shown
}

/// Whether the character would move a cursor, reverse a line or hide, by the one list of the project.
fn deceives(c: char) -> bool {
    if c == ' ' || c.is_ascii_graphic() {
        return false;
    }
    let mut buffer = [0; 4];
    let alone: &str = c.encode_utf8(&mut buffer);
    visible_line(alone) != alone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_reads_back_as_itself() {
        for text in ["plain", "a*b?[c]{d}", "a\\b", "line\nfeed\ttab", "re\u{202e}versed", "é混", "\u{7f}"] {
            let shown = escaped(text, "*?[]{}");
            assert_eq!(literal(&pieces(&shown).unwrap()), text, "{shown}");
            assert_eq!(visible_line(&shown), shown, "what is printed is already safe to show");
            assert!(pieces(&shown).unwrap().iter().all(|piece| !piece.is_one_of("*?[]{}")));
        }
    }

    #[test]
    fn a_backslash_without_a_meaning_is_an_error() {
        for text in ["a\\", "\\u{", "\\u{zz}", "\\u{d800}"] {
            assert!(pieces(text).is_err(), "{text}");
        }
    }
}
