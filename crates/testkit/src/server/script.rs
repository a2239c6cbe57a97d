//! What the server says, as a value or as a file of JSON: see `docs/scripted-model.md`.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A whole script.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The only model that the server has; without it any name will do.
    #[serde(default)]
    pub model: Option<String>,
    /// The key that it wants; without it any will do, and none.
    #[serde(default)]
    pub key: Option<String>,
    /// Which reply a request gets.
    #[serde(default)]
    pub order: Order,
    /// The replies.
    pub replies: Vec<ScriptedReply>,
}

/// Which reply a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// One after the other, whoever asks.
    #[default]
    Arrival,
    /// One after the other, from the beginning again after the last.
    Circle,
    /// By how often the assistant has spoken in the conversation, so that many conversations can be held at once.
    Step,
}

/// One reply. What is left out is as a usual server does it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptedReply {
    /// Texts that must stand in what was said since the assistant's last message.
    pub expect: Vec<String>,
    /// The HTTP status; 200 without it.
    pub status: Option<u16>,
    /// Header fields, which replace those of the same name.
    pub headers: BTreeMap<String, String>,

    /// Reasoning, in `reasoning_content`.
    pub thinking: String,
    /// Text, which is sent word by word.
    pub text: String,
    /// A refusal.
    pub refusal: String,
    /// Calls, whose inputs are sent in turns, a few letters at a time.
    pub calls: Vec<ScriptedCall>,
    /// Why it stops; `tool_calls` or `stop` without it.
    pub stop: Option<String>,
    /// What the request cost, in an event of its own when it was asked for.
    pub usage: Option<ScriptedUsage>,

    /// The events as they are, in the place of all the above: an object is sent as JSON, a text as it stands.
    pub events: Option<Vec<Value>>,
    /// The body as it is, in the place of events.
    pub body: Option<String>,
    /// The same in base64, for bytes that are no text.
    pub body_base64: Option<String>,
    /// Leaves out the `[DONE]` behind the events.
    pub without_done: bool,

    /// How lines end: `\n` without it.
    pub line_end: Option<String>,
    /// Sends a comment before every event.
    pub comments: bool,
    /// How many bytes travel at once; an event without it. 0 sends everything at once.
    pub piece: Option<usize>,
    /// How long it waits between two pieces.
    pub pause_ms: u64,
    /// Takes the request and never answers.
    pub silent: bool,
    /// What happens instead of an orderly end.
    pub ending: Ending,
    /// After how many bytes of the body that happens; behind all of them without it.
    pub ends_at: Option<usize>,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// As it should.
    #[default]
    Orderly,
    /// The connection is closed without the end of the body.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more comes, and the connection stays.
    Hang,
    /// Comments, one after the other, until the client leaves.
    EndlessComments,
    /// One line that never ends.
    EndlessLine,
    /// Words of a text, one after the other.
    EndlessText,
}

/// A call that the model asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// The model's own id; `call_1`, `call_2` … within the reply without it.
    #[serde(default)]
    pub id: Option<String>,
    /// The tool.
    pub tool: String,
    /// The input: a text is sent as it stands, anything else as JSON.
    pub input: Value,
}

/// What a request cost.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedUsage {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

impl Script {
    /// A script of these replies, for any model and any key.
    pub fn new(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        Self { replies: replies.into_iter().collect(), ..Self::default() }
    }

    /// Reads a script from JSON, with an error that names the place.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The reply to a request, after so many others.
    pub(super) fn reply(&self, taken: usize, body: &Value) -> Result<&ScriptedReply, String> {
        let empty = Vec::new();
        let messages = body["messages"].as_array().unwrap_or(&empty);
        let is_assistant = |message: &Value| message["role"] == "assistant";
        let at = match self.order {
            Order::Arrival => taken,
            Order::Circle => taken % self.replies.len().max(1),
            Order::Step => messages.iter().filter(|message| is_assistant(message)).count(),
        };
        let reply = self.replies.get(at).ok_or("the script has no further reply")?;
        let since = messages.iter().rposition(is_assistant).map_or(0, |last| last + 1);
        let said: String = messages[since..].iter().map(|message| said(&message["content"])).collect();
        match reply.expect.iter().find(|text| !said.contains(*text)) {
            Some(text) => Err(format!("the script expected {text:?} in what was said last: {said}")),
            None => Ok(reply),
        }
    }
}

/// The text of a message, whatever its form.
fn said(content: &Value) -> String {
    match content {
        Value::String(text) => format!("{text}\n"),
        Value::Array(parts) => parts.iter().map(|part| said(&part["text"])).collect(),
        _ => String::new(),
    }
}

impl ScriptedReply {
    /// A reply of text.
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A reply that asks for one call.
    pub fn call(tool: &str, input: Value) -> Self {
        let call = ScriptedCall { id: None, tool: tool.to_owned(), input };
        Self { calls: vec![call], ..Self::default() }
    }

    /// The body as it travels, whole.
    pub fn bytes(&self) -> Vec<u8> {
        super::answer::pieces(self).concat()
    }

    /// The same, ending right before a text of its body.
    #[must_use]
    pub fn ending_before(mut self, text: &str, ending: Ending) -> Self {
        let body = self.bytes();
        self.ends_at = body.windows(text.len()).position(|window| window == text.as_bytes());
        assert!(self.ends_at.is_some(), "the body does not say {text:?}");
        self.ending = ending;
        self
    }

    /// An error as the vendor writes it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let error =
            json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}});
        Self { status: Some(status), body: Some(error.to_string()), ..Self::default() }
    }

    /// A page for people.
    pub fn page(status: u16, html: &str) -> Self {
        let headers = BTreeMap::from([("content-type".to_owned(), "text/html; charset=utf-8".to_owned())]);
        Self { status: Some(status), headers, body: Some(html.to_owned()), ..Self::default() }
    }
}
