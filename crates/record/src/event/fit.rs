//! Keeps a body within what its canonical form can give back.
//!
//! RFC 8785 writes every number as a double, so a larger integer would be rounded without a word, and one that is
//! rounded up past 64 bits could never be read again. Nesting is bounded by the parser, so a deeper value could be
//! written and not read. An object with a key that the parser keeps to itself reads back as another value, or not at all.
//! Vendors and guests choose these values; a journal that cannot be opened must not follow.

use super::{Body, Earlier};
use boxagnts_types::canonical::is_readers_own_key;
use boxagnts_types::{Content, Usage};
use serde_json::{Number, Value};

/// The largest integer that a double holds together with all smaller ones (RFC 7493, section 2.2).
const LARGEST: u64 = (1 << 53) - 1;

/// How deep a JSON content may be; the parser stops at 128, and the envelope around it needs some of that.
const DEEPEST: usize = 64;

/// The same body, or the nearest one that reads back as it was written.
pub(super) fn fit(mut body: Body) -> Body {
    match &mut body {
        Body::TurnStarted { prompt, .. } => prompt.iter_mut().for_each(fit_content),
        Body::Message { usage, .. } | Body::TurnFinished { usage, .. } => fit_usage(usage),
        Body::Effect { count, bytes, .. } => {
            hold(count);
            hold(bytes);
        }
        Body::CallFinished { content, micros, .. } => {
            content.iter_mut().for_each(fit_content);
            hold(micros);
        }
        Body::FileBefore { earlier: Earlier::File { bytes, .. }, .. } => hold(bytes),
        Body::SessionStarted { origin: Some(origin), .. } => hold(&mut origin.seq),
        Body::FileBefore {
            earlier: Earlier::Absent | Earlier::Link { .. } | Earlier::Folder | Earlier::Moved { .. },
            ..
        }
        | Body::SessionStarted { origin: None, .. }
        | Body::CallDecided { .. }
        | Body::ApprovalRequested { .. }
        | Body::ApprovalResolved { .. }
        | Body::CallIntended { .. } => {}
    }
    body
}

/// Holds a number at the largest one that reads back as it was written.
pub(crate) fn hold(number: &mut u64) {
    *number = (*number).min(LARGEST);
}

fn fit_usage(Usage { input, output }: &mut Usage) {
    hold(input);
    hold(output);
}

fn fit_content(content: &mut Content) {
    if let Content::Json { value } = content
        && !fit_value(value, DEEPEST)
    {
        *content = Content::text(value.to_string());
    }
}

/// Whether the value reads back equal; `1.0` becomes `1` on the way, as the canonical form has it.
fn fit_value(value: &mut Value, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => fit_number(number),
        Value::Array(items) => 0 < depth && items.iter_mut().all(|item| fit_value(item, depth - 1)),
        Value::Object(members) => {
            0 < depth
                && !members.keys().any(|key| is_readers_own_key(key))
                && members.values_mut().all(|member| fit_value(member, depth - 1))
        }
    }
}

fn fit_number(number: &mut Number) -> bool {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        let magnitude = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64());
        return magnitude.is_some_and(|magnitude| magnitude <= LARGEST);
    };
    #[expect(clippy::cast_precision_loss, reason = "LARGEST is a double by its definition")]
    let largest = LARGEST as f64;
    if float.fract() == 0.0 && float.abs() <= largest {
        #[expect(clippy::cast_possible_truncation, reason = "the line above keeps it within 53 bits")]
        let integer = float as i64;
        *number = integer.into();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fitted(value: Value) -> Content {
        let mut content = Content::Json { value };
        fit_content(&mut content);
        content
    }

    #[test]
    fn what_a_double_cannot_hold_becomes_text_and_keeps_its_digits() {
        assert_eq!(fitted(json!({"id": 9_007_199_254_740_993_u64})), Content::text(r#"{"id":9007199254740993}"#));
        assert_eq!(fitted(json!([u64::MAX])), Content::text("[18446744073709551615]"));
        assert_eq!(fitted(json!(i64::MIN)), Content::text("-9223372036854775808"));
        assert_eq!(fitted(json!({"id": LARGEST})), Content::Json { value: json!({"id": LARGEST}) });
    }

    #[test]
    fn what_the_parser_could_not_read_becomes_text() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(fitted(nested(DEEPEST)), Content::Json { value: nested(DEEPEST) });
        assert!(matches!(fitted(nested(DEEPEST + 1)), Content::Text { text } if text.starts_with("[[[")));
    }

    #[test]
    fn what_the_parser_takes_for_something_else_becomes_text() {
        let key = "$serde_json::private::RawValue";
        let Content::Text { text } = fitted(json!([{"a": {"b": 1, key: "x"}}])) else { panic!("it is still JSON") };
        assert_eq!(text, format!(r#"[{{"a":{{"{key}":"x","b":1}}}}]"#));
    }

    #[test]
    fn a_whole_number_is_an_integer() {
        assert_eq!(fitted(json!([1.0, -0.0, 0.5, 1e300])), Content::Json { value: json!([1, 0, 0.5, 1e300]) });
    }

    #[test]
    fn counts_are_held_at_the_largest_exact_number() {
        let usage = Usage { input: u64::MAX, output: 7 };
        let body = fit(Body::Message { text: String::new(), calls: Vec::new(), usage, label: None });
        assert!(matches!(body, Body::Message { usage: Usage { input: LARGEST, output: 7 }, .. }));
    }
}
