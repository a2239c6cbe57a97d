//! What travels between a model and a tool.

use crate::canonical::is_readers_own_key;
use crate::{CallId, Content};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The longest input text of one call. A model that writes a file sends it whole, so this bounds a written file too.
pub const LONGEST_INPUT: usize = 8 * 1024 * 1024;

/// A call as the model asked for it: nothing in here has been checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRequest {
    /// Our id, minted when the request arrived.
    pub id: CallId,
    /// The model's own id of the call, handed back with the answer. Models repeat and forget it, so nothing of ours
    /// is keyed by it.
    pub model_id: String,
    /// The tool's name as the model wrote it.
    pub tool: String,
    /// The input as the model wrote it, which may not even be JSON.
    pub input: String,
}

/// Why an input cannot be used. The model reads the text and may try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Not JSON, or JSON that two readers could understand differently.
    #[error("the input is not usable JSON: {0}")]
    NotJson(String),
    /// JSON of the wrong shape; each line names the place and the fault.
    #[error("the input does not fit the tool's schema: {0}")]
    Schema(String),
    /// The right shape with a value that cannot be meant, such as a path above the root.
    #[error("{0}")]
    Value(String),
}

/// An input that was parsed once. The law and the tool see these same values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CallInput(Value);

impl CallInput {
    /// Parses strictly: one object, no key twice, none that readers take for another thing, bounded in length and (by the parser) in depth.
    ///
    /// A key that stands twice is refused because a check could read the first and a tool the second.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        if LONGEST_INPUT < text.len() {
            return Err(InputError::NotJson(format!("it is longer than {LONGEST_INPUT} bytes")));
        }
        // Models send nothing at all for a tool without parameters.
        let text = if text.trim().is_empty() { "{}" } else { text };
        let Strict(value) = serde_json::from_str(text).map_err(|error| InputError::NotJson(error.to_string()))?;
        if value.is_object() { Ok(Self(value)) } else { Err(InputError::NotJson("it is not an object".to_owned())) }
    }

    /// The parsed object.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The parsed object, given away.
    pub fn into_value(self) -> Value {
        self.0
    }
}

/// How a call ended, for the journal, the screen and the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran and returned a result.
    Done,
    /// It could not do what was asked; nothing was forbidden.
    Rejected,
    /// The law, or the person, said no.
    Denied,
    /// It ran into one of its limits.
    Limited,
    /// It was stopped from outside before it ended.
    Cancelled,
    /// The tool itself is broken; the turn ends.
    Broken,
    /// The program ended while it ran. It may have done all of it, a part or nothing, and is never run again by itself.
    Unknown,
}

impl Outcome {
    /// Whether the model should read the answer as an error.
    pub fn is_error(self) -> bool {
        !matches!(self, Self::Done)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Rejected => "rejected",
            Self::Denied => "denied",
            Self::Limited => "limited",
            Self::Cancelled => "cancelled",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        })
    }
}

/// What a call gave back, bounded and ready for the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolReply {
    /// How it ended.
    pub outcome: Outcome,
    /// What the model reads.
    pub content: Vec<Content>,
    /// Whether something was cut to keep the bound; the text says where and how much.
    pub truncated: bool,
}

impl ToolReply {
    /// A reply of one text.
    pub fn text(outcome: Outcome, text: impl Into<String>) -> Self {
        Self { outcome, content: vec![Content::text(text)], truncated: false }
    }
}

/// JSON in which no object has a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that JSON cannot hold"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice")));
            }
            // A check could read the object itself and a tool what the key makes of it.
            if is_readers_own_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} means something else to other readers")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        let error = CallInput::parse(r#"{"a":{"path":"x","path":"y"}}"#).unwrap_err();
        assert!(error.to_string().contains("\"path\" stands twice"), "{error}");
    }

    #[test]
    fn a_key_that_other_readers_take_for_something_else_is_refused_at_any_depth() {
        for text in
            [r#"{"$serde_json::private::RawValue":"{}"}"#, r#"{"a":[{"b":1,"$serde_json::private::RawValue":"x"}]}"#]
        {
            let error = CallInput::parse(text).unwrap_err();
            assert!(error.to_string().contains("means something else"), "{error}");
        }
        assert!(CallInput::parse(r#"{"$serde":1,"private":"RawValue"}"#).is_ok());
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        for text in [r#"{"n":1e400}"#, r#"{"s":"\ud800"}"#, "[1]", "\"x\"", "{", "{}{}", "{\"a\":NaN}"] {
            assert!(CallInput::parse(text).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert!(CallInput::parse(&deep).is_err());
        let filled = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        assert!(CallInput::parse(&filled(LONGEST_INPUT + 1)).is_err());
        assert!(CallInput::parse(&filled(LONGEST_INPUT)).is_ok());
    }

    #[test]
    fn an_empty_text_is_an_empty_object() {
        assert_eq!(CallInput::parse(" ").unwrap().value(), &serde_json::json!({}));
    }
}
