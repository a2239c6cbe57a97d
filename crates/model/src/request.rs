//! What a model is asked.

use boxagnts_types::{Message, ToolName};
use serde_json::Value;
use std::sync::Arc;

/// One request. Vendors cache by prefix, so the order is tools, system text, messages, and each stays stable.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// How the model should work.
    pub system: Arc<str>,
    /// The conversation so far, ending with a user message or with the answers to calls.
    pub messages: Vec<Message>,
    /// The tools that it may ask for, sorted by name.
    pub tools: Arc<[ToolOffer]>,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolOffer {
    /// What it is called.
    pub name: ToolName,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema 2020-12 of its input.
    pub input_schema: Value,
}
