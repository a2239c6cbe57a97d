//! Placeholders of secrets: `{{secret:NAME}}`, what a model writes where a value will stand.
//!
//! Whoever looks for them finds them in every spelling that a URL can give them, so that none is passed over as text.
//! The text is no key: it is good for nothing without a grant, and where there is one it could as well be guessed.

use std::ops::Range;

/// What stands before the name.
const BEGIN: &[u8] = b"{{secret:";

/// What stands behind it.
const END: &[u8] = b"}}";

/// The longest name.
const LONGEST: usize = 64;

/// A placeholder in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The secret's name.
    pub name: String,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
}

/// Whether a text can name a secret: a capital letter, then capital letters, digits and `_`, at most 64 in all.
pub fn is_secret_name(text: &str) -> bool {
    let rest = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_';
    text.len() <= LONGEST && text.as_bytes().first().is_some_and(u8::is_ascii_uppercase) && text.bytes().all(rest)
}

/// The placeholders in some bytes, in order. Each character of one may be percent-encoded.
pub fn placeholders(bytes: &[u8]) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // Nearly every byte ends here.
        let placeholder = if matches!(bytes[at], b'{' | b'%') { read(bytes, at) } else { None };
        match placeholder {
            Some(placeholder) => {
                at = placeholder.at.end;
                found.push(placeholder);
            }
            None => at += 1,
        }
    }
    found
}

fn read(bytes: &[u8], start: usize) -> Option<Placeholder> {
    let mut at = expect(bytes, start, BEGIN)?;
    let mut name = String::new();
    loop {
        let (byte, next) = character(bytes, at)?;
        if byte == END[0] {
            break;
        }
        name.push(char::from(byte));
        if LONGEST < name.len() {
            return None;
        }
        at = next;
    }
    let end = expect(bytes, at, END)?;
    let at = start..end;
    if is_secret_name(&name) { Some(Placeholder { name, at }) } else { None }
}

fn expect(bytes: &[u8], mut at: usize, wanted: &[u8]) -> Option<usize> {
    for wanted in wanted {
        let (byte, next) = character(bytes, at)?;
        if byte != *wanted {
            return None;
        }
        at = next;
    }
    Some(at)
}

/// One character, percent-encoded or not, and where the next one begins.
fn character(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let byte = *bytes.get(at)?;
    let digits = (byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
    let decoded = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
    Some(decoded.map_or((byte, at + 1), |decoded| (decoded, at + 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let all = placeholders(text.as_bytes()).into_iter();
        all.map(|one| (one.name, text[one.at].to_owned())).collect()
    }

    #[test]
    fn placeholders_are_found_in_every_spelling() {
        for text in [
            "{{secret:A_1}}",
            "%7B%7Bsecret:A_1%7D%7D",
            "%7b{secret%3aA_1}%7d",
            "%7B%7B%73%65%63%72%65%74%3A%41%5f%31%7D%7D",
        ] {
            assert_eq!(found(&format!("x{{{text}}}é")), [("A_1".to_owned(), text.to_owned())]);
        }
        let two = found("Bearer {{secret:A}}{{secret:B}}");
        assert_eq!(two.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn what_only_looks_like_one_is_text() {
        let long = format!("{{{{secret:{}}}}}", "A".repeat(65));
        for text in [
            "{{secret:}}",
            "{{secret:a}}",
            "{{secret:A B}}",
            "{{secret:A}",
            "{secret:A}",
            "{{secret:A",
            "%7",
            &long,
            "",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert!(
            is_secret_name(&"A".repeat(64)) && !is_secret_name("1A") && !is_secret_name("_A") && !is_secret_name("")
        );
    }
}
