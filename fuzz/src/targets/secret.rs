//! Secrets and their placeholders: a line with a secret, a line whose bytes are the lengths of pieces, then a text with a
//! `|` wherever a form of the secret stands.

use super::first_line;
use crate::{Broken, Target, holds};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use boxagnts_egress::{Scrubber, check_value};
use boxagnts_types::Secret;
use boxagnts_types::placeholder::{is_secret_name, placeholders};
use boxagnts_types::scrub::{Flow, Scrub};
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) const TARGET: Target = Target {
    name: "secret",
    reads: "texts with secrets in every form, and placeholders",
    check,
    words: &[
        "sk-0123456789abcdef",
        "\"7/é+Zq?>Xy~0",
        "aaaaaaaa",
        "abababab",
        "%41%42%43%44",
        "\\u0041",
        "pass word",
        "\n",
        "\n\u{1}\u{2}\u{3}",
        "|",
        "||",
        "|x|",
        "{{secret:",
        "}}",
        "{{secret:A_1}}",
        "%7B%7Bsecret:A%7D%7D",
        "%7b{secret%3aB}%7d",
        "{{secret:a}}",
        "{",
        "%",
        "%+7",
        "%7",
        "%2525",
        "Bearer ",
        "user:",
        "=",
        "+",
        "/",
        "*",
        "0",
        "A",
        "é",
        "🧷",
        "\0",
        "\\",
        "\"",
    ],
    quick: 6_000,
};

/// A longer secret says nothing new.
const LONGEST: usize = 64;

fn check(input: &[u8]) -> Result<bool, Broken> {
    placeholders_are_all_found(input)?;
    let text = String::from_utf8_lossy(input);
    let (secret, rest) = first_line(&text);
    let (cuts, noise) = first_line(rest);
    // Stars are what a secret is covered with, so that one of stars cannot be told from what covers it.
    if check_value(secret).is_err() || secret.contains('*') || LONGEST < secret.len() {
        return Ok(false);
    }
    let scrub: Arc<dyn Scrub> = Arc::new(Scrubber::new(&[Secret::new(secret)]));
    let forms = forms(secret);
    for form in &forms {
        holds!(scrub.finds(form.as_bytes()), "the form {form:?} of {secret:?} is not known");
    }
    let begin = cuts.bytes().map(usize::from).sum::<usize>();
    let mut pieces = noise.split('|');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for (number, piece) in pieces.enumerate() {
        whole.push_str(&forms[(begin + number) % forms.len()]);
        whole.push_str(piece);
    }
    is_covered(&scrub, &whole, cuts.as_bytes(), &forms)?;
    Ok(true)
}

fn is_covered(scrub: &Arc<dyn Scrub>, whole: &str, cuts: &[u8], forms: &[String]) -> Result<(), Broken> {
    let mut covered = whole.to_owned();
    scrub.text(&mut covered);
    holds!(covered.len() == whole.len(), "{whole:?} has another length when it is covered: {covered:?}");
    holds!(scrub.finds(whole.as_bytes()) || covered == whole, "{whole:?} has no secret, and is {covered:?}");
    for form in forms {
        holds!(!covered.contains(form.as_str()), "{form:?} stands in {covered:?}");
    }
    let changed = whole.bytes().zip(covered.bytes()).filter(|(before, after)| before != after);
    holds!(changed.into_iter().all(|(_, after)| after == b'*'), "{whole:?} becomes {covered:?}");
    let mut flow = Flow::new(Arc::clone(scrub));
    let mut passed = Vec::new();
    let mut rest = whole.as_bytes();
    for length in cuts.iter().cycle().take_while(|_| !cuts.is_empty()) {
        let (piece, after) = rest.split_at(usize::from(*length % 32).max(1).min(rest.len()));
        passed.extend(flow.pass(piece));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    passed.extend(flow.pass(rest));
    passed.extend(flow.end());
    let passed = String::from_utf8(passed).map_err(|_| format!("in pieces {whole:?} is no text any more"))?;
    holds!(passed == covered, "in pieces {whole:?} is covered as {passed:?}, and at once as {covered:?}");
    Ok(())
}

/// What the value looks like in the usual encodings, each made here with means of its own.
fn forms(secret: &str) -> Vec<String> {
    let bytes = |form: &dyn Fn(u8) -> String| secret.bytes().map(form).collect::<String>();
    let quoted = serde_json::Value::from(secret).to_string();
    let usual = |upper: bool| {
        bytes(&|byte| match (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), upper) {
            (true, _) => char::from(byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        })
    };
    let escaped = secret.encode_utf16().fold(String::new(), |mut text, unit| {
        // Writing to a string cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
        text
    });
    let mut forms = vec![
        secret.to_owned(),
        secret.chars().rev().collect(),
        bytes(&|byte| format!("{byte:02x}")),
        bytes(&|byte| format!("{byte:02X}")),
        bytes(&|byte| format!("%{byte:02X}")),
        bytes(&|byte| format!("%{byte:02x}")),
        usual(true),
        usual(false),
        quoted[1..quoted.len() - 1].to_owned(),
        escaped,
    ];
    for offset in 0..3 {
        forms.push(in_base64(secret, offset, &|bytes| STANDARD.encode(bytes)));
        forms.push(in_base64(secret, offset, &|bytes| URL_SAFE_NO_PAD.encode(bytes)));
    }
    forms
}

/// What every base64 text has in common in which the value begins so many bytes behind a multiple of three, whatever its
/// neighbours are.
fn in_base64(secret: &str, offset: usize, encode: &dyn Fn(&[u8]) -> String) -> String {
    let between = |neighbour: u8| encode(&[&[neighbour; 2][..offset], secret.as_bytes(), &[neighbour; 3]].concat());
    let (one, other) = (between(0), between(0xff));
    let same: Vec<bool> = one.bytes().zip(other.bytes()).map(|(one, other)| one == other).collect();
    let begin = same.iter().position(|same| *same).unwrap_or_default();
    let end = same.iter().rposition(|same| *same).map_or(begin, |last| last + 1);
    one[begin..end].to_owned()
}

/// The placeholders are those that a reader sees who first takes off all percent signs.
fn placeholders_are_all_found(input: &[u8]) -> Result<(), Broken> {
    let found = placeholders(input);
    let mut end = 0;
    for placeholder in &found {
        let at = placeholder.at.clone();
        holds!(end <= at.start && at.end <= input.len(), "{at:?} lies wrong in {input:?}");
        end = at.end;
        holds!(is_secret_name(&placeholder.name), "{:?} is no name", placeholder.name);
        let meant = format!("{{{{secret:{}}}}}", placeholder.name);
        holds!(decoded(&input[at.clone()]) == meant.as_bytes(), "{:?} is read as {meant}", &input[at]);
    }
    // The ends of each found one are cut out; nothing that is left spells another.
    let mut rest = input.to_vec();
    for placeholder in &found {
        rest[placeholder.at.clone()].fill(b' ');
    }
    let rest = decoded(&rest);
    let missed = rest.windows(9).enumerate().filter(|(_, window)| *window == b"{{secret:").find(|(at, _)| {
        let behind = &rest[at + 9..];
        let name =
            behind.iter().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_');
        let length = name.count();
        std::str::from_utf8(&behind[..length]).is_ok_and(is_secret_name) && behind[length..].starts_with(b"}}")
    });
    holds!(missed.is_none(), "a placeholder is passed over in {:?}", String::from_utf8_lossy(input));
    Ok(())
}

/// Without percent signs, read once from the left (RFC 3986, section 2.1).
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        if let (b'%', Some(high), Some(low)) = (byte, digit(after.first()), digit(after.get(1))) {
            decoded.push(high * 16 + low);
            rest = &after[2..];
        } else {
            decoded.push(*byte);
            rest = after;
        }
    }
    decoded
}
