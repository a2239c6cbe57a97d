//! The port through which a person is asked.

use boxagnts_types::{CallId, ToolName};
use futures::future::BoxFuture;
use serde_json::Value;

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
    /// What would change in files, as a text of lines: a question about changes that a call has prepared.
    pub changes: Option<String>,
    /// What the answer binds to: it is good for this call with this input and these effects only.
    pub fingerprint: String,
}

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
