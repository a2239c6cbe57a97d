//! What a tool is.

use crate::bound::TO_MODEL;
use crate::context::ToolContext;
use crate::preview::Preview;
use boxagnts_capability::{Effects, Subject};
use boxagnts_types::{Content, InputError, Outcome, ToolName};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What the model can call. Native, guest and remote tools look the same from here.
pub trait Tool: Send + Sync {
    /// What it is called.
    fn name(&self) -> &ToolName;

    /// What it does, for the model.
    fn description(&self) -> &str;

    /// The class of what it may do at most.
    fn permission_level(&self) -> PermissionLevel;

    /// JSON Schema 2020-12 of its input.
    fn input_schema(&self) -> &Value;

    /// Whether it is offered to agents that may only search.
    fn search(&self) -> bool {
        false
    }

    /// Bytes of text and JSON that the model reads of one result; the door cuts it there.
    fn most_to_model(&self) -> usize {
        TO_MODEL
    }

    /// Whose grants hold for it: those for built-in tools, or only those made for it by name.
    fn subject(&self) -> &Subject;

    /// SHA-256 of the code that runs, as hexadecimal digits; a native tool names the program's version.
    fn digest(&self) -> &str;

    /// What a call with this input does to the world. The input has passed the schema.
    fn effects(&self, input: &Value) -> Result<Effects, InputError>;

    /// What a call with this input would make of a file, where the input says it: the person is shown the difference.
    fn preview(&self, input: &Value) -> Option<Preview> {
        let _ = input;
        None
    }

    /// Runs one call. Dropping the future cancels it.
    fn execute(&self, input: Value, context: ToolContext) -> BoxFuture<'_, ToolResult>;
}

/// The class of what a tool may do at most; an agent's access is trimmed by it before the model sees the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermissionLevel {
    /// Touches nothing.
    None,
    /// Reads.
    ReadOnly,
    /// Changes files or state.
    Write,
    /// Runs programs.
    Execute,
}

impl fmt::Display for PermissionLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::ReadOnly => "read-only",
            Self::Write => "write",
            Self::Execute => "execute",
        })
    }
}

/// What a call gives back.
pub type ToolResult = Result<ToolOutput, ToolFailure>;

/// A result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolOutput {
    /// What the model reads; the door bounds it.
    pub content: Vec<Content>,
    /// What the tool wants back at its next call of the session, in a format of its own.
    pub state: Option<Vec<u8>>,
    /// Whether something was already cut; the text says where and how much.
    pub truncated: bool,
}

impl ToolOutput {
    /// A result of one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::text(text)], ..Self::default() }
    }
}

/// The two ways in which a tool fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolFailure {
    /// The model reads it and may go on.
    #[error("{message}")]
    Recoverable {
        /// What kind of end it was.
        kind: Recoverable,
        /// What went wrong and what to do, for the model.
        message: String,
    },
    /// The tool itself is broken: the turn ends and the person reads it.
    #[error("{0}")]
    Broken(String),
}

impl ToolFailure {
    /// A recoverable failure.
    pub fn recoverable(kind: Recoverable, message: impl Into<String>) -> Self {
        Self::Recoverable { kind, message: message.into() }
    }

    /// How the call ended, for the journal.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Recoverable { kind, .. } => match kind {
                Recoverable::Rejected => Outcome::Rejected,
                Recoverable::Denied => Outcome::Denied,
                Recoverable::Limited => Outcome::Limited,
                Recoverable::Cancelled => Outcome::Cancelled,
            },
            Self::Broken(_) => Outcome::Broken,
        }
    }
}

/// Kinds of failure that a model can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recoverable {
    /// It cannot do what was asked; nothing was forbidden.
    Rejected,
    /// The law refused an effect.
    Denied,
    /// A limit ended it.
    Limited,
    /// It was stopped from outside.
    Cancelled,
}
