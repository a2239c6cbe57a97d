//! Turns a reply of the script into bytes, and sends them in pieces.

use super::script::{Ending, ScriptedCall, ScriptedReply};
use super::wire::Connection;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// How many letters of an input one event has.
const LETTERS: usize = 7;

/// What comes after an answer.
pub(super) enum Next {
    /// Perhaps another request on the same connection.
    Request,
    /// Nothing: the connection is over.
    End,
}

/// Sends a reply as the script says.
pub(super) async fn send(connection: &mut Connection, reply: &ScriptedReply) -> io::Result<Next> {
    if reply.silent {
        connection.until_left().await?;
        return Ok(Next::End);
    }
    let pieces = pieces(reply);
    connection.write(head(reply).as_bytes()).await?;
    let mut left = reply.ends_at.unwrap_or(usize::MAX);
    for piece in &pieces {
        let part = &piece[..piece.len().min(left)];
        connection.chunk(part).await?;
        left -= part.len();
        if 0 < reply.pause_ms {
            tokio::time::sleep(Duration::from_millis(reply.pause_ms)).await;
        }
        if part.len() < piece.len() {
            break;
        }
    }
    end(connection, reply.ending).await
}

async fn end(connection: &mut Connection, ending: Ending) -> io::Result<Next> {
    let word = format!("data: {}\n\n", chunk(&json!({"content": "word "}), None));
    let endless: &[u8] = match ending {
        Ending::Orderly => {
            connection.write(b"0\r\n\r\n").await?;
            return Ok(Next::Request);
        }
        Ending::Close => return Ok(Next::End),
        Ending::Reset => {
            connection.reset()?;
            return Ok(Next::End);
        }
        Ending::Hang => {
            connection.until_left().await?;
            return Ok(Next::End);
        }
        Ending::EndlessComments => b": still here\n",
        Ending::EndlessLine => b"x",
        Ending::EndlessText => word.as_bytes(),
    };
    // Many at once, so that a test of a bound in megabytes is over soon.
    let many = endless.repeat(1 + 64 * 1024 / endless.len());
    loop {
        connection.chunk(&many).await?;
    }
}

fn head(reply: &ScriptedReply) -> String {
    let is_stream = reply.body.is_none() && reply.body_base64.is_none();
    let kind = if is_stream { "text/event-stream; charset=utf-8" } else { "application/json" };
    let mut lines = vec![format!("HTTP/1.1 {} Scripted", reply.status.unwrap_or(200))];
    lines.push("transfer-encoding: chunked".to_owned());
    if !reply.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
        lines.push(format!("content-type: {kind}"));
    }
    lines.extend(reply.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.join("\r\n") + "\r\n\r\n"
}

/// The body, cut as the script says.
pub(super) fn pieces(reply: &ScriptedReply) -> Vec<Vec<u8>> {
    let events: Vec<Vec<u8>> = match (&reply.body, &reply.body_base64) {
        (Some(text), _) => vec![text.clone().into_bytes()],
        (None, Some(text)) => vec![STANDARD.decode(text).expect("body_base64 is base64")],
        (None, None) => events(reply).into_iter().map(|data| event(reply, &data)).collect(),
    };
    match reply.piece {
        None => events,
        Some(0) => vec![events.concat()],
        Some(size) => events.concat().chunks(size).map(<[u8]>::to_vec).collect(),
    }
}

fn event(reply: &ScriptedReply, data: &str) -> Vec<u8> {
    let end = reply.line_end.as_deref().unwrap_or("\n");
    let comment = if reply.comments { format!(": keep-alive{end}{end}") } else { String::new() };
    // Data of several lines is sent in several.
    let lines = data.replace('\n', &format!("{end}data: "));
    format!("{comment}data: {lines}{end}{end}").into_bytes()
}

/// The data of all events.
fn events(reply: &ScriptedReply) -> Vec<String> {
    let mut events: Vec<String> = match &reply.events {
        Some(events) => events.iter().map(told).collect(),
        None => said(reply).iter().map(Value::to_string).collect(),
    };
    if !reply.without_done {
        events.push("[DONE]".to_owned());
    }
    events
}

fn said(reply: &ScriptedReply) -> Vec<Value> {
    let mut events = vec![chunk(&json!({"role": "assistant", "content": ""}), None)];
    let texts =
        [("reasoning_content", &reply.thinking), ("content", &reply.text), ("refusal", &reply.refusal)].into_iter();
    for (field, text) in texts {
        events.extend(text.split_inclusive(' ').map(|word| chunk(&json!({field: word}), None)));
    }
    events.extend(calls(&reply.calls));
    let usual = if reply.calls.is_empty() { "stop" } else { "tool_calls" };
    events.push(chunk(&json!({}), Some(reply.stop.as_deref().unwrap_or(usual))));
    if let Some(usage) = reply.usage {
        let (input, output) = (usage.input, usage.output);
        let tokens = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output});
        let mut event = chunk(&json!({}), None);
        event["choices"] = json!([]);
        event["usage"] = tokens;
        events.push(event);
    }
    events
}

/// First the names, then the inputs in turns.
fn calls(calls: &[ScriptedCall]) -> Vec<Value> {
    let delta = |index: usize, call: Value| {
        let mut call = call;
        call["index"] = index.into();
        chunk(&json!({"tool_calls": [call]}), None)
    };
    let mut events = Vec::new();
    let mut inputs: Vec<Vec<String>> = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let id = call.id.clone().unwrap_or_else(|| format!("call_{}", index + 1));
        let function = json!({"name": call.tool, "arguments": ""});
        events.push(delta(index, json!({"id": id, "type": "function", "function": function})));
        let letters: Vec<char> = told(&call.input).chars().collect();
        inputs.push(letters.chunks(LETTERS).map(String::from_iter).collect());
    }
    let rounds = inputs.iter().map(Vec::len).max().unwrap_or(0);
    for round in 0..rounds {
        for (index, input) in inputs.iter().enumerate() {
            let piece = input.get(round).map(|piece| delta(index, json!({"function": {"arguments": piece}})));
            events.extend(piece);
        }
    }
    events
}

fn chunk(delta: &Value, stop: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": stop}],
    })
}

/// A text as it stands, anything else as JSON.
fn told(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
