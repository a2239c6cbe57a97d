//! What a value looks like after the usual ways to write it differently.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use std::fmt::Write as _;

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);

/// The value itself and its other forms.
pub(super) fn encodings(value: &str) -> Vec<Vec<u8>> {
    let hex = each_byte(value, |_| false, "", false);
    let reversed: String = value.chars().rev().collect();
    let mut forms = vec![value.to_owned(), reversed, hex.to_uppercase(), hex];
    forms.extend(percent(value));
    forms.extend(json(value));
    let mut forms: Vec<Vec<u8>> = forms.into_iter().map(String::into_bytes).collect();
    for offset in 0..3 {
        forms.extend([STANDARD, URL_SAFE].iter().map(|engine| base64_at(engine, value, offset)));
    }
    forms
}

/// As in a URL: only what must be, or every character; digits of either case; a space also as in a form.
fn percent(value: &str) -> Vec<String> {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut forms = Vec::new();
    for upper in [true, false] {
        let usual = each_byte(value, stays, "%", upper);
        forms.push(usual.replace("%20", "+"));
        forms.push(usual);
        forms.push(each_byte(value, |_| false, "%", upper));
        // What stands in a query as it is, in the eyes of most programs.
        forms.push(each_byte(value, |byte| stays(byte) || b"!$'()*,;:@/?".contains(&byte), "%", upper));
    }
    forms
}

fn each_byte(value: &str, stays: impl Fn(u8) -> bool, mark: &str, upper: bool) -> String {
    value.bytes().fold(String::with_capacity(value.len() * 3), |mut form, byte| {
        // Writing to a string cannot fail.
        let _ = match (stays(byte), upper) {
            (true, _) => write!(form, "{}", char::from(byte)),
            (false, true) => write!(form, "{mark}{byte:02X}"),
            (false, false) => write!(form, "{mark}{byte:02x}"),
        };
        form
    })
}

/// As in a JSON text, with and without what may be escaped and need not.
fn json(value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for upper in [true, false] {
        let mut plain = String::new();
        let mut ascii = String::new();
        let mut all = String::new();
        for c in value.chars() {
            let numbers = c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |mut numbers, unit| {
                // Writing to a string cannot fail.
                let _ = if upper { write!(numbers, "\\u{unit:04X}") } else { write!(numbers, "\\u{unit:04x}") };
                numbers
            });
            let escaped = match c {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                c => c.to_string(),
            };
            plain.push_str(&escaped);
            ascii.push_str(if c.is_ascii() { &escaped } else { &numbers });
            all.push_str(&numbers);
        }
        forms.push(plain.replace('/', "\\/"));
        forms.push(ascii.replace('/', "\\/"));
        forms.extend([plain, ascii, all]);
    }
    forms
}

/// The characters that every base64 text has in which the value begins so many bytes behind a multiple of three. Those
/// that also hold bits of its neighbours are left out.
fn base64_at(engine: &GeneralPurpose, value: &str, offset: usize) -> Vec<u8> {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(value.as_bytes());
    let whole = bytes.len() * 8 / 6;
    let begins = (offset * 8).div_ceil(6);
    let mut text = engine.encode(bytes).into_bytes();
    text.truncate(whole);
    text.split_off(begins.min(whole))
}
