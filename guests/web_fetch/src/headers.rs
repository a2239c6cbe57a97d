//! The header fields that a call may set.

use std::collections::BTreeMap;

use boxagnts_guest_sdk::Failure;

/// Those that say what is wanted.
const PLAIN: [&str; 6] =
    ["accept", "accept-language", "if-modified-since", "if-none-match", "notion-version", "x-github-api-version"];

/// Those that say who asks. Their values are keys, which no model should ever have read, so each has a placeholder.
const KEYS: [&str; 3] = ["authorization", "private-token", "x-api-key"];

/// What a placeholder begins with.
const PLACEHOLDER: &str = "{{secret:";

/// The fields as they are sent, their names in lower case.
pub(crate) fn fields(asked: BTreeMap<String, String>) -> Result<Vec<(String, String)>, Failure> {
    let mut fields: Vec<(String, String)> = Vec::with_capacity(asked.len());
    for (name, value) in asked {
        let name = name.to_ascii_lowercase();
        let is_key = KEYS.contains(&name.as_str());
        if !is_key && !PLAIN.contains(&name.as_str()) {
            let known: Vec<&str> = PLAIN.into_iter().chain(KEYS).collect();
            return Err(Failure::rejected(format!(
                "the header {name:?} cannot be set; there are: {}",
                known.join(", ")
            )));
        }
        if is_key && !value.contains(PLACEHOLDER) {
            return Err(Failure::rejected(format!(
                "the header {name} takes a placeholder and no value of its own, such as Bearer {{{{secret:NAME}}}}; the \
                 person sets the secret with: boxagnts secret set NAME --host HOST"
            )));
        }
        // It would begin another field, which nobody has looked at.
        if value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Failure::rejected(format!(
                "the value of the header {name} holds a line end or a control character"
            )));
        }
        if fields.iter().any(|(other, _)| *other == name) {
            return Err(Failure::rejected(format!("the header {name} stands twice")));
        }
        fields.push((name, value));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::fields;

    fn told(asked: &[(&str, &str)]) -> String {
        let asked = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fields(asked).map_or_else(|failure| format!("{failure:?}"), |fields| format!("{fields:?}"))
    }

    #[test]
    fn known_fields_are_sent_and_others_are_named() {
        assert_eq!(told(&[]), "[]");
        assert_eq!(told(&[("Accept", "text/csv")]), r#"[("accept", "text/csv")]"#);
        assert!(told(&[("Cookie", "a=b")]).contains("cannot be set; there are: accept, "));
        assert!(told(&[("Accept", "a"), ("accept", "b")]).contains("stands twice"));
    }

    #[test]
    fn a_value_is_one_line() {
        assert!(told(&[("Accept", "a\r\nHost: b")]).contains("holds a line end"));
        assert!(told(&[("X-API-Key", "{{secret:TOKEN}}\n")]).contains("holds a line end"));
        assert!(told(&[("Accept", "a\0")]).contains("control character"));
        assert!(told(&[("Accept", "a,\tb; q=0.5")]).contains("accept"));
    }

    #[test]
    fn a_key_is_a_placeholder() {
        let sent = told(&[("Authorization", "Bearer {{secret:TOKEN}}")]);
        assert_eq!(sent, r#"[("authorization", "Bearer {{secret:TOKEN}}")]"#);
        assert!(told(&[("authorization", "Bearer abc")]).contains("takes a placeholder"));
        assert!(told(&[("X-API-Key", "abc")]).contains("takes a placeholder"));
    }
}
