//! Writes what is asked.
//!
//! Names, inputs and ids that a model wrote badly went into the history as it wrote them, and servers refuse to be shown
//! them: one slip would end the session. Here they are sent in a form that every server takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boxagnts_model::{Request, ToolOffer};
use boxagnts_types::{CallId, CallRequest, Content, Message, ToolAnswer};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// The longest name of a tool and the longest id of a call that servers take.
const LONGEST_WORD: usize = 64;

/// What a request says, as JSON.
pub(crate) fn body(model: &str, request: &Request) -> Vec<u8> {
    let mut messages = vec![json!({"role": "system", "content": &*request.system})];
    let mut ids = Ids::default();
    for message in &request.messages {
        match message {
            Message::User { content } => messages.push(json!({"role": "user", "content": user(content)})),
            Message::Assistant { text, calls } => messages.push(assistant(text, calls, &mut ids)),
            Message::Tool { answers } => {
                messages.extend(answers.iter().map(|answer| tool(answer, &ids)));
                messages.extend(pictures(answers));
            }
        }
    }
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    // An empty list is an error for some servers.
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(offer).collect();
    }
    body.to_string().into_bytes()
}

fn offer(tool: &ToolOffer) -> Value {
    let ToolOffer { name, description, input_schema } = tool;
    let function = json!({"name": name, "description": description, "parameters": input_schema});
    json!({"type": "function", "function": function})
}

/// One text where there is nothing else, since not every server reads lists of parts.
fn user(content: &[Content]) -> Value {
    if content.iter().any(|item| matches!(item, Content::Image { .. })) {
        return content.iter().map(part).collect();
    }
    Value::String(joined(content))
}

fn part(item: &Content) -> Value {
    match item {
        Content::Image { media_type, bytes } => {
            let url = format!("data:{media_type};base64,{}", STANDARD.encode(bytes));
            json!({"type": "image_url", "image_url": {"url": url}})
        }
        other => json!({"type": "text", "text": text(other)}),
    }
}

fn assistant(text: &str, calls: &[CallRequest], ids: &mut Ids) -> Value {
    let content = if text.is_empty() { Value::Null } else { text.into() };
    let mut message = json!({"role": "assistant", "content": content});
    if !calls.is_empty() {
        message["tool_calls"] = calls.iter().map(|call| asked(call, ids)).collect();
    }
    message
}

fn asked(call: &CallRequest, ids: &mut Ids) -> Value {
    let function = json!({"name": name(&call.tool), "arguments": arguments(&call.input)});
    json!({"id": ids.take(call), "type": "function", "function": function})
}

fn tool(answer: &ToolAnswer, ids: &Ids) -> Value {
    let mut content = joined(&answer.content);
    if answer.outcome.is_error() {
        // The wire has no place for how a call ended.
        content.insert_str(0, &format!("[{}] ", answer.outcome));
    }
    json!({"role": "tool", "tool_call_id": ids.of(answer.call), "content": content})
}

/// Pictures cannot stand in a tool's answer on this wire, so they follow behind all answers.
fn pictures(answers: &[ToolAnswer]) -> Option<Value> {
    let items = answers.iter().flat_map(|answer| &answer.content);
    let mut pictures = items.filter(|item| matches!(item, Content::Image { .. })).map(part).peekable();
    pictures.peek()?;
    let intro = json!({"type": "text", "text": "[the pictures of the answers above, in their order]"});
    let content: Value = std::iter::once(intro).chain(pictures).collect();
    Some(json!({"role": "user", "content": content}))
}

fn joined(content: &[Content]) -> String {
    let text = content.iter().map(text).collect::<Vec<_>>().join("\n\n");
    // Some servers refuse a message of nothing.
    if text.is_empty() { "(nothing)".to_owned() } else { text }
}

fn text(item: &Content) -> String {
    match item {
        Content::Text { text } => text.clone(),
        Content::Json { value } => value.to_string(),
        Content::Image { media_type, bytes } => format!("[a picture: {media_type}, {} bytes]", bytes.len()),
        Content::File { path } => format!("[the file {path}]"),
    }
}

/// The name in the alphabet that servers take: `^[a-zA-Z0-9_-]{1,64}$`.
fn name(tool: &str) -> String {
    let plain = |c: char| if is_word(c) { c } else { '_' };
    let name: String = tool.chars().take(LONGEST_WORD).map(plain).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// The input, when it is an object; some servers parse it again and fail on anything else.
fn arguments(input: &str) -> String {
    if input.trim().is_empty() {
        return "{}".to_owned();
    }
    match serde_json::from_str::<Map<String, Value>>(input) {
        Ok(_) => input.to_owned(),
        Err(_) => json!({"unreadable": input}).to_string(),
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The ids of calls as the server sees them: the model's own where it can be one and stands only once in the
/// conversation, else one made of ours.
#[derive(Default)]
struct Ids {
    given: HashMap<CallId, String>,
    used: HashSet<String>,
}

impl Ids {
    fn take(&mut self, call: &CallRequest) -> String {
        let theirs = &call.model_id;
        let fits = (1..=LONGEST_WORD).contains(&theirs.len()) && theirs.chars().all(is_word);
        let id = if fits && !self.used.contains(theirs) { theirs.clone() } else { own(call.id) };
        self.used.insert(id.clone());
        self.given.insert(call.id, id.clone());
        id
    }

    fn of(&self, call: CallId) -> String {
        self.given.get(&call).cloned().unwrap_or_else(|| own(call))
    }
}

fn own(call: CallId) -> String {
    format!("call_{call}")
}

#[cfg(test)]
mod tests;
