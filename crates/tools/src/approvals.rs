//! The port through which a person is asked.

use boxagnts_record::approval::Approval;
use boxagnts_types::{CallId, ToolName};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::str::FromStr;

/// Asks the person. `runtime` implements it and takes the first valid answer of any face.
pub trait Approvals: Send + Sync {
    /// Opens a question, which can be answered as soon as this returns, and waits for the answer. Dropping the future
    /// withdraws the question.
    fn ask(&self, question: Question) -> BoxFuture<'_, Answer>;
}

/// One question: may this call do exactly this?
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The call that waits.
    pub call: CallId,
    /// The tool.
    pub tool: ToolName,
    /// The input, as the law and the tool see it.
    pub input: Value,
    /// The effects that need a yes, as capability text.
    pub effects: Vec<String>,
    /// What would change in files, as a text of lines, where the input or what the call has prepared says it.
    pub changes: Option<String>,
    /// What the answer binds to: it is good for this call with this input and these effects only.
    pub fingerprint: String,
}

/// What is kept of a question beside its call and fingerprint. A larger input is left out; the journal has it.
#[derive(Serialize, Deserialize)]
struct Kept {
    tool: ToolName,
    #[serde(default)]
    input: Value,
    effects: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<String>,
}

/// The largest input that is kept with a question, in bytes.
const LARGEST_INPUT: usize = 64 * 1024;

impl Question {
    /// The question as it stands in the record, for faces of other processes.
    pub fn to_record(&self) -> String {
        let fits = self.input.to_string().len() <= LARGEST_INPUT;
        let input = if fits { self.input.clone() } else { Value::Null };
        let (tool, effects, changes) = (self.tool.clone(), self.effects.clone(), self.changes.clone());
        // Names and texts always have a JSON form.
        serde_json::to_string(&Kept { tool, input, effects, changes }).unwrap_or_default()
    }

    /// Reads a question of the record; `None` when another program wrote it.
    pub fn from_record(approval: &Approval) -> Option<Self> {
        let Kept { tool, input, effects, changes } = serde_json::from_str(&approval.question).ok()?;
        Some(Self { call: approval.call, tool, input, effects, changes, fingerprint: approval.fingerprint.clone() })
    }
}

impl Answer {
    /// The word that the journal has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Session => "session",
            Self::No => "denied",
            Self::Nobody => "nobody",
        }
    }
}

impl FromStr for Answer {
    type Err = UnknownAnswer;

    fn from_str(text: &str) -> Result<Self, UnknownAnswer> {
        [Self::Once, Self::Session, Self::No, Self::Nobody]
            .into_iter()
            .find(|answer| answer.as_str() == text)
            .ok_or_else(|| UnknownAnswer(text.to_owned()))
    }
}

/// The text is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no answer; answers are once, session and denied")]
pub struct UnknownAnswer(String);

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Yes, this once.
    Once,
    /// Yes, and the same effects again in this session.
    Session,
    /// No.
    No,
    /// Nobody is there to ask.
    Nobody,
}

/// Answers that nobody is there: what a program without a terminal uses.
pub struct NobodyThere;

impl Approvals for NobodyThere {
    fn ask(&self, _: Question) -> BoxFuture<'_, Answer> {
        Box::pin(std::future::ready(Answer::Nobody))
    }
}
