//! The conversation as the loop, the journal and the model port see it.

use crate::{CallId, CallRequest, Content, Label, Outcome};
use serde::{Deserialize, Serialize};

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// From the person.
    User {
        /// What was said.
        content: Vec<Content>,
    },
    /// From the model.
    Assistant {
        /// What was said; empty when the model only asked for calls.
        text: String,
        /// The calls it asked for, in its order.
        calls: Vec<CallRequest>,
    },
    /// The answers to the calls of the message before, one for each, in the same order.
    Tool {
        /// The answers.
        answers: Vec<ToolAnswer>,
    },
}

/// The answer to one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolAnswer {
    /// The call.
    pub call: CallId,
    /// The model's own id of the call.
    pub model_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What the model reads.
    pub content: Vec<Content>,
    /// Where the content came from and how private it is; it holds for each piece.
    #[serde(default = "Label::unlabelled")]
    pub label: Label,
}

/// What a request to a model cost, in tokens. Absent numbers were not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

impl Usage {
    /// The sum, held at the largest number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { input: self.input.saturating_add(other.input), output: self.output.saturating_add(other.output) }
    }
}
