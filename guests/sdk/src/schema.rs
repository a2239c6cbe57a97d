//! The JSON Schema of a tool's input, in the form that models and their vendors take best.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema of `Input`: JSON Schema 2020-12, without references, titles and number formats, which
/// say nothing to a model and which some vendors refuse.
pub fn input_schema<Input: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<Input>().to_value();
    tidy(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    schema
}

fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            // A property may itself be called `title`; only the keyword's value is a string.
            for keyword in ["title", "format"] {
                if keywords.get(keyword).is_some_and(Value::is_string) {
                    keywords.remove(keyword);
                }
            }
            keywords.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::input_schema;

    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Input {
        /// Where to look.
        title: String,
        /// How many lines.
        limit: Option<u64>,
    }

    #[test]
    fn a_schema_is_closed_described_and_plain() {
        assert_eq!(
            input_schema::<Input>(),
            json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "title": { "type": "string", "description": "Where to look." },
                    "limit": { "type": ["integer", "null"], "minimum": 0, "description": "How many lines." },
                },
                "required": ["title"],
            })
        );
    }
}
