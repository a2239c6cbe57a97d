//! One event of a streamed reply, as servers write it: anything may be absent or null.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A `chat.completion.chunk`.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    /// Empty in the event that brings the usage.
    pub(super) choices: Option<Vec<Choice>>,
    pub(super) usage: Option<Tokens>,
    /// What a server sends when something fails after it began.
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub(super) index: Option<u64>,
    pub(super) delta: Option<Delta>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Delta {
    pub(super) content: Option<String>,
    /// As vLLM, llama.cpp and most others call it.
    pub(super) reasoning_content: Option<String>,
    /// As a few others call it.
    pub(super) reasoning: Option<String>,
    pub(super) refusal: Option<String>,
    pub(super) tool_calls: Option<Vec<CallDelta>>,
}

/// More of one call.
#[derive(Debug, Deserialize)]
pub(super) struct CallDelta {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) function: Option<FunctionDelta>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FunctionDelta {
    pub(super) name: Option<String>,
    /// A piece of text; some servers send the object itself. Raw, so that it is passed on letter by letter.
    pub(super) arguments: Option<Box<RawValue>>,
}

/// What the request cost, so far.
#[derive(Debug, Deserialize)]
pub(super) struct Tokens {
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
}

impl FunctionDelta {
    /// The piece of the input.
    pub(super) fn input(&self) -> Option<String> {
        let raw = self.arguments.as_ref()?.get();
        if raw == "null" {
            return None;
        }
        Some(serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned()))
    }
}
