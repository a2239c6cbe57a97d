//! The check of an input against its tool's JSON Schema (2020-12).

use boxagnts_types::InputError;
use serde_json::{Value, json};

/// More faults than this are not listed: the model mends the first ones first.
const MOST_FAULTS: usize = 5;

/// A schema that was understood once and checks many inputs.
pub(crate) struct InputSchema(jsonschema::Validator);

impl InputSchema {
    /// Understands a schema. References to other documents are not followed: nothing here opens a file or a page.
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        jsonschema::draft202012::new(&closed(schema)).map(Self).map_err(|error| error.to_string())
    }

    /// Refuses an input of the wrong shape, with the place and the fault of each deviation.
    pub(crate) fn check(&self, input: &Value) -> Result<(), InputError> {
        let faults: Vec<String> = self
            .0
            .iter_errors(input)
            .take(MOST_FAULTS)
            .map(|error| {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { "the input".to_owned() } else { place };
                format!("{place}: {}", shortened(&error.to_string()))
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(InputError::Schema(faults.join("; "))) }
    }
}

/// A key that the schema does not name is refused unless the schema itself says that any key may come: a key that
/// nobody reads is either a mistake or an attempt to smuggle a meaning past a check.
fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(members) = &mut schema {
        let says_itself =
            ["additionalProperties", "unevaluatedProperties"].iter().any(|key| members.contains_key(*key));
        if !says_itself {
            members.insert("unevaluatedProperties".to_owned(), json!(false));
        }
    }
    schema
}

/// The checker quotes the offending value, which may be a whole file.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST / 2).collect();
    let skip = text.chars().count() - LONGEST / 2;
    let tail: String = text.chars().skip(skip).collect();
    format!("{head} … {tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read() -> InputSchema {
        let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
        InputSchema::new(&schema).unwrap()
    }

    #[test]
    fn an_unknown_key_is_refused_although_the_schema_forgot_to() {
        let error = read().check(&json!({"path": "a", "approved": true})).unwrap_err().to_string();
        assert!(error.contains("approved"), "{error}");
        assert!(read().check(&json!({"path": "a"})).is_ok());
    }

    #[test]
    fn a_schema_that_wants_any_key_gets_it() {
        let open = InputSchema::new(&json!({"type": "object", "additionalProperties": true})).unwrap();
        assert!(open.check(&json!({"anything": 1})).is_ok());
    }

    #[test]
    fn a_fault_names_its_place_and_stays_short() {
        let error = read().check(&json!({"path": vec!["x"; 10_000]})).unwrap_err().to_string();
        assert!(error.contains("/path"), "{error}");
        assert!(error.len() < 1000, "{}", error.len());
    }

    #[test]
    fn a_reference_to_another_document_is_no_schema() {
        assert!(InputSchema::new(&json!({"$ref": "http://example.com/schema.json"})).is_err());
        assert!(InputSchema::new(&json!({"$ref": "file:///etc/passwd"})).is_err());
    }
}
