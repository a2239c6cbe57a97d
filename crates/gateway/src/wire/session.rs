//! Sessions, their turns and their questions.

use boxagnts_runtime::{Event, Label, Mode, Outcome, Question as Asked, SessionId, SessionSummary, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A session in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SessionCard {
    /// The session.
    pub(crate) id: String,
    /// The beginning of its first prompt.
    pub(crate) title: String,
    /// When it began.
    pub(crate) started: String,
    /// When something happened in it last.
    pub(crate) updated: String,
    /// How many turns it has.
    pub(crate) turns: u32,
    /// How many events its journal has.
    pub(crate) events: u64,
    /// What it does now.
    pub(crate) state: SessionState,
    /// Who else holds it.
    pub(crate) holder: Option<String>,
    /// What was found to be wrong with its journal.
    pub(crate) damage: Option<String>,
}

/// What a session does now.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SessionState {
    /// Nothing.
    Idle,
    /// A turn is under way here.
    Running,
    /// A turn is under way here, and waits for an answer.
    Waiting,
    /// Another process holds it.
    Elsewhere,
    /// Its journal is damaged; what can be read of it is shown.
    Damaged,
}

impl SessionCard {
    pub(crate) fn new(summary: SessionSummary, here: Option<SessionState>) -> Self {
        let elsewhere = summary.holder.as_ref().map(|_| SessionState::Elsewhere);
        let damaged = summary.damage.as_ref().map(|_| SessionState::Damaged);
        Self {
            id: summary.session.to_string(),
            title: summary.title,
            started: summary.started.to_string(),
            updated: summary.updated.to_string(),
            turns: summary.turns,
            events: summary.events,
            state: here.or(damaged).or(elsewhere).unwrap_or(SessionState::Idle),
            holder: summary.holder.filter(|_| here.is_none()),
            damage: summary.damage,
        }
    }
}

/// The sessions of the workspace.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SessionList {
    /// Newest first.
    pub(crate) sessions: Vec<SessionCard>,
}

/// A session as a whole.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SessionDetail {
    #[serde(flatten)]
    pub(crate) card: SessionCard,
    /// Who answers, or answered last.
    pub(crate) model: Option<String>,
    /// How asks are treated, or were last.
    pub(crate) mode: Option<String>,
    /// The session that it goes on from.
    pub(crate) origin: Option<String>,
    /// What its turns cost in tokens.
    pub(crate) usage: Tokens,
    /// What they cost, in millionths of a dollar; absent where the price of the model is not known.
    pub(crate) cost_micro_dollars: Option<u64>,
    /// What the next request to the model holds, by part, estimated.
    pub(crate) context: Vec<ContextPart>,
    /// The questions that wait for an answer.
    pub(crate) questions: Vec<Question>,
}

/// Tokens.
#[derive(Clone, Copy, Default, Serialize, JsonSchema)]
pub(crate) struct Tokens {
    /// Read by the model.
    pub(crate) input: u64,
    /// Written by it.
    pub(crate) output: u64,
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self { input: usage.input, output: usage.output }
    }
}

/// A part of what a model reads.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ContextPart {
    /// `system`, `tools`, `you`, `assistant` or `results`.
    pub(crate) part: &'static str,
    /// How long it is.
    pub(crate) bytes: u64,
}

/// What a list of sessions is asked for with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionsQuery {
    /// At most this many; 50 without it.
    pub(crate) limit: Option<usize>,
}

/// A new session, or another model or mode for one that rests.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    /// `PROVIDER/MODEL`.
    pub(crate) model: Option<String>,
    /// How asks are treated: `ask`, `accept-edits`, `plan`, `dont-ask` or `bypass`.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "mode")]
    pub(crate) mode: Option<Mode>,
}

/// Reads a mode by its name.
pub(crate) fn mode<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Mode>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// What a person says.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prompt {
    /// The text.
    pub(crate) text: String,
    /// Pictures, for models that see.
    #[serde(default)]
    pub(crate) images: Vec<Image>,
}

/// A picture.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    pub(crate) media_type: String,
    /// The bytes in base 64.
    pub(crate) bytes: String,
}

/// Which events of a journal are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    /// Those before this one, the last of them.
    pub(crate) before: Option<u64>,
    /// Those after this one, the first of them.
    pub(crate) after: Option<u64>,
    /// At most this many; 500 without it, and no more than 1,000.
    pub(crate) limit: Option<usize>,
}

/// Events of a journal.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventPage {
    /// Oldest first; docs/events.md has each kind.
    #[schemars(with = "Vec<Value>")]
    pub(crate) events: Vec<Event>,
    /// The number of the first one here.
    pub(crate) first: u64,
    /// The number of the last one here.
    pub(crate) last: u64,
    /// How many there are in all.
    pub(crate) total: u64,
}

/// A question that waits for an answer.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct Question {
    /// Its session.
    pub(crate) session: String,
    /// The call that waits.
    pub(crate) call: String,
    /// The tool.
    pub(crate) tool: String,
    /// The tool's input.
    pub(crate) input: Value,
    /// What needs a yes, as capability text.
    pub(crate) effects: Vec<String>,
    /// What would change in files, as a text of lines.
    pub(crate) changes: Option<String>,
    /// What would leave, in words, when untrusted text and private data have come together.
    pub(crate) flow: Option<String>,
    /// What the answer binds to.
    pub(crate) fingerprint: String,
    /// When it was asked.
    pub(crate) asked: Option<String>,
    /// When it ends by itself.
    pub(crate) expires: Option<String>,
    /// What a yes for the session would remember, exactly, as capability text.
    pub(crate) remembered: Vec<String>,
}

impl Question {
    pub(crate) fn new(session: SessionId, asked: Asked) -> Self {
        Self {
            session: session.to_string(),
            call: asked.call.to_string(),
            tool: asked.tool.to_string(),
            remembered: asked.effects.clone(),
            input: asked.input,
            effects: asked.effects,
            changes: asked.changes,
            flow: asked.flow,
            fingerprint: asked.fingerprint,
            asked: None,
            expires: None,
        }
    }
}

/// Open questions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct QuestionList {
    /// In no order.
    pub(crate) questions: Vec<Question>,
}

/// An answer to a question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerGiven {
    /// What the question showed.
    pub(crate) fingerprint: String,
    /// The answer.
    pub(crate) answer: AnswerWord,
}

/// What can be answered.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AnswerWord {
    /// Yes, this once.
    Once,
    /// Yes, and the same again in this session.
    Session,
    /// No.
    No,
}

/// What became of an answer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Counted {
    /// False when somebody was faster, or the question is over.
    pub(crate) counted: bool,
}

/// How a session's time was spent.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trace {
    /// Oldest first.
    pub(crate) turns: Vec<TraceTurn>,
}

/// How the time of a turn was spent.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TraceTurn {
    /// Counted from 1.
    pub(crate) turn: u32,
    /// When it began.
    pub(crate) started: String,
    /// How long it took; so far, if it is under way.
    pub(crate) micros: u64,
    /// Why it ended; absent while it is under way, and where its program was ended.
    pub(crate) reason: Option<String>,
    /// Who answered.
    pub(crate) model: String,
    /// What it cost in tokens.
    pub(crate) usage: Tokens,
    /// What it cost, in millionths of a dollar, where the price is known.
    pub(crate) cost_micro_dollars: Option<u64>,
    /// What took the time, by its beginning.
    pub(crate) spans: Vec<Span>,
    /// The spans that the turn's end waited for, as their places in that list.
    pub(crate) critical: Vec<usize>,
}

/// What took time.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct Span {
    /// What it was.
    pub(crate) kind: SpanKind,
    /// The model or the tool.
    pub(crate) name: String,
    /// When it began, counted from the turn's beginning.
    pub(crate) start_micros: u64,
    /// How long it took. A tool's time has its approval's in it.
    pub(crate) micros: u64,
    /// The step of the turn.
    pub(crate) step: Option<u32>,
    /// The call.
    pub(crate) call: Option<String>,
    /// How the call ended.
    #[schemars(with = "Option<String>")]
    pub(crate) outcome: Option<Outcome>,
    /// What the request to the model cost in tokens.
    pub(crate) usage: Option<Tokens>,
    /// What it cost, in millionths of a dollar, where the price is known.
    pub(crate) cost_micro_dollars: Option<u64>,
    /// Where the content came from and how private it is; docs/flow.md.
    #[schemars(with = "Option<Value>")]
    pub(crate) label: Option<Label>,
    /// Bytes that the call read or wrote.
    pub(crate) bytes: u64,
    /// Effects that were allowed.
    pub(crate) effects: u64,
    /// Effects that were refused.
    pub(crate) refused: u64,
    /// How the person answered.
    pub(crate) answer: Option<String>,
}

/// What took time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SpanKind {
    /// A model's reply.
    Model,
    /// A tool's call.
    Tool,
    /// A person's answer.
    Approval,
}
