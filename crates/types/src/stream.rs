//! What a face sees while a turn runs. These events are not the journal: they may change freely. `docs/events.md` has
//! each of them, with an example and the meaning of its fields.

mod cover;

use crate::{CallId, Content, Label, Outcome, Privacy, RunId, SessionId, ToolName, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event of a running session; a line of `--output-format stream-json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum StreamEvent {
    /// The session exists and is held by this process.
    #[serde(rename = "session.started")]
    SessionStarted {
        /// The session.
        session: SessionId,
        /// The workspace's folder on this machine.
        workspace: String,
        /// `PROVIDER/MODEL`.
        model: String,
        /// The permission mode.
        mode: String,
        /// The names of the tools that the model is offered.
        tools: Vec<String>,
    },
    /// A user message was taken.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// Counted from 1.
        turn: u32,
        /// The run that answers.
        run: RunId,
        /// What the person said.
        prompt: Vec<Content>,
    },
    /// The model's server is asked again after a wait, since it refused for now or was not reached.
    #[serde(rename = "model.waiting")]
    ModelWaiting {
        /// Which message of the turn is waited for, counted from 1.
        message: u32,
        /// Why there is none yet.
        why: String,
        /// How long the wait lasts, from this event on.
        seconds: f64,
    },
    /// More of the assistant's text.
    #[serde(rename = "text.delta")]
    TextDelta {
        /// Which message of the turn, counted from 1.
        message: u32,
        /// Where the text begins, in bytes from the message's start.
        offset: u64,
        /// The piece.
        text: String,
    },
    /// More of the model's reasoning, where the vendor shows it.
    #[serde(rename = "thinking.delta")]
    ThinkingDelta {
        /// Which message of the turn, counted from 1.
        message: u32,
        /// Where the piece begins, in bytes from the start of the message's reasoning.
        offset: u64,
        /// The piece.
        text: String,
    },
    /// A call arrived at the door.
    #[serde(rename = "call.started")]
    CallStarted {
        /// The call.
        call: CallId,
        /// The tool as the model named it.
        tool: String,
        /// The input, parsed when it could be.
        input: Value,
    },
    /// A tool tells how far it is.
    #[serde(rename = "call.progress")]
    CallProgress {
        /// The call.
        call: CallId,
        /// What it is doing.
        text: String,
        /// From 0 to 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        fraction: Option<f32>,
    },
    /// A person is asked.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// The call that waits.
        call: CallId,
        /// The tool.
        tool: ToolName,
        /// The effects, as capability text.
        effects: Vec<String>,
        /// What would change in files, as a text of lines, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        changes: Option<String>,
        /// What would leave, in words, when untrusted text and private data have come together.
        #[serde(skip_serializing_if = "Option::is_none")]
        flow: Option<String>,
    },
    /// The person answered, or nobody was there.
    #[serde(rename = "approval.resolved")]
    ApprovalResolved {
        /// The call that waited.
        call: CallId,
        /// `once`, `session`, `denied`, `nobody`, `interrupted` or `expired`.
        answer: String,
    },
    /// The law spoke about an effect.
    #[serde(rename = "effect")]
    Effect {
        /// The call.
        call: CallId,
        /// The effect, as capability text.
        effect: String,
        /// What was decided.
        decision: Decided,
        /// The rule that said so.
        rule: String,
        /// How often this rule decided for this call.
        count: u64,
    },
    /// A call has its result.
    #[serde(rename = "call.finished")]
    CallFinished {
        /// The call.
        call: CallId,
        /// The tool as the model named it.
        tool: String,
        /// How it ended.
        outcome: Outcome,
        /// What the model reads.
        content: Vec<Content>,
        /// Microseconds from arrival to result, a person's thinking included.
        micros: u64,
        /// Where the content came from and how private it is.
        label: Label,
    },
    /// A result is kept from the model, since it is more private than what the model may be sent.
    #[serde(rename = "content.withheld")]
    ContentWithheld {
        /// The call.
        call: CallId,
        /// Where the content came from and how private it is.
        label: Label,
        /// What the model may be sent at most.
        max_label: Privacy,
    },
    /// What the turn's requests to the model have cost so far.
    #[serde(rename = "usage")]
    Usage {
        /// Sum over the turn.
        usage: Usage,
    },
    /// The turn is over.
    #[serde(rename = "turn.finished")]
    TurnFinished {
        /// Counted from 1.
        turn: u32,
        /// Why.
        reason: StopReason,
        /// The answer's text.
        text: String,
        /// Sum over the turn.
        usage: Usage,
        /// Requests made to the model.
        steps: u32,
        /// How many asks became a deny because nobody was there.
        unanswered: u32,
    },
    /// Something went wrong that is no tool's failure.
    #[serde(rename = "error")]
    Error {
        /// What, where, and what to do.
        message: String,
    },
}

/// What was decided about an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// It may happen, or did.
    Allowed,
    /// It did not happen.
    Refused,
}

/// Why a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model gave its answer.
    Answered,
    /// The limit on steps.
    StepLimit,
    /// A limit of the session: turns, requests, tokens, money or time.
    BudgetLimit,
    /// The same call again and again.
    Repeats,
    /// The person stopped it.
    Interrupted,
    /// A tool broke in a way the model cannot mend.
    ToolBroken,
    /// The model could not be reached or made no sense.
    ModelFailed,
    /// The journal could not be written.
    RecordFailed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    const DOCS: &str = include_str!("../../../docs/events.md");

    /// The sections of the page that are about the stream: the type of each, and its text.
    fn sections() -> Vec<(&'static str, &'static str)> {
        let section = |text: &'static str| {
            let (name, rest) = text.split_once("`\n").expect("a section begins with a type");
            (name, rest.split("\n## ").next().unwrap_or_default())
        };
        DOCS.split("\n### `").skip(1).map(section).collect()
    }

    fn example(section: &str) -> Value {
        let (_, rest) = section.split_once("```json\n").expect("a section has an example");
        let (example, _) = rest.split_once("\n```").expect("an example ends");
        serde_json::from_str(example).expect("an example is JSON")
    }

    #[test]
    fn the_page_has_every_event_once_and_no_other() {
        // The types as they stand above: serde has no list of them.
        let source = include_str!("stream.rs").split("mod tests").next().unwrap_or_default();
        let renames = source.split("#[serde(rename = \"").skip(1);
        let known: BTreeSet<&str> = renames.filter_map(|rest| rest.split('"').next()).collect();
        let documented: Vec<&str> = sections().iter().map(|(name, _)| *name).collect();
        assert_eq!(documented.iter().copied().collect::<BTreeSet<_>>(), known);
        assert_eq!(documented.len(), known.len());
    }

    #[test]
    fn every_example_is_an_event_and_every_field_of_it_is_explained() {
        for (documented, section) in sections() {
            let example = example(section);
            let event: StreamEvent = serde_json::from_value(example.clone()).expect("an example is an event");
            assert_eq!(example["type"], documented);
            let written = serde_json::to_value(&event).expect("an event is JSON");
            assert_eq!(written, example, "the example of {documented} has every field and no other");
            for field in
                written.as_object().into_iter().flat_map(|fields| fields.keys()).filter(|field| *field != "type")
            {
                assert!(section.contains(&format!("* `{field}`:")), "{field} of {documented} is not explained");
            }
        }
    }

    #[test]
    fn an_event_that_is_none_is_no_example() {
        assert!(serde_json::from_value::<StreamEvent>(json!({"type": "text.delta", "text": "x"})).is_err());
    }
}
