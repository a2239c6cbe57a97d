//! What a request must be: only what the interface knows, and every answer behind its call.
//!
//! Real servers forgive much of this, each something else. A client that passes here passes everywhere.

use super::wire::Request;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Everything that is wrong with a request; nothing when it is right.
pub fn violations(request: &Request, body: &Value) -> Vec<String> {
    let mut found = Found(Vec::new());
    let kind = request.header("content-type").unwrap_or_default();
    found.unless(kind.starts_with("application/json"), || format!("the content type is {kind:?}"));
    let key = request.header("authorization");
    let is_bearer = key.is_none_or(|value| value.strip_prefix("Bearer ").is_some_and(|key| !key.trim().is_empty()));
    found.unless(is_bearer, || "the authorization is no bearer".to_owned());
    match body.as_object() {
        Some(fields) => body_of(fields, &mut found),
        None => found.0.push("the body is no JSON object".to_owned()),
    }
    found.0
}

struct Found(Vec<String>);

impl Found {
    fn unless(&mut self, is_right: bool, fault: impl FnOnce() -> String) {
        if !is_right {
            self.0.push(fault());
        }
    }

    /// An object with all of `must` and nothing but these and `may`.
    fn keys(&mut self, place: &str, object: &Map<String, Value>, must: &[&str], may: &[&str]) {
        for key in must {
            self.unless(object.contains_key(*key), || format!("{place} has no {key}"));
        }
        for key in object.keys().filter(|key| !must.contains(&key.as_str()) && !may.contains(&key.as_str())) {
            self.0.push(format!("{place} has an unknown {key}"));
        }
    }

    fn object<'a>(
        &mut self,
        place: &str,
        value: &'a Value,
        must: &[&str],
        may: &[&str],
    ) -> Option<&'a Map<String, Value>> {
        let object = value.as_object();
        match object {
            Some(object) => self.keys(place, object, must, may),
            None => self.0.push(format!("{place} is no object")),
        }
        object
    }

    fn text(&mut self, place: &str, value: &Value) {
        self.unless(value.as_str().is_some_and(|text| !text.is_empty()), || format!("{place} is no text or empty"));
    }
}

fn body_of(fields: &Map<String, Value>, found: &mut Found) {
    found.keys("the request", fields, &["model", "messages", "stream"], &["stream_options", "tools"]);
    found.text("model", &fields.get("model").cloned().unwrap_or_default());
    found.unless(fields.get("stream") == Some(&Value::Bool(true)), || "stream is not true".to_owned());
    if let Some(options) = fields.get("stream_options")
        && let Some(options) = found.object("stream_options", options, &["include_usage"], &[])
    {
        let asks = options.get("include_usage") == Some(&Value::Bool(true));
        found.unless(asks, || "stream_options.include_usage is not true".to_owned());
    }
    if let Some(tools) = fields.get("tools") {
        tools_of(tools, found);
    }
    messages_of(fields.get("messages").unwrap_or(&Value::Null), found);
}

fn tools_of(tools: &Value, found: &mut Found) {
    let tools = tools.as_array().map(Vec::as_slice).unwrap_or_default();
    found.unless(!tools.is_empty(), || "tools is no list or empty".to_owned());
    let mut last = String::new();
    for tool in tools {
        let Some(fields) = found.object("a tool", tool, &["type", "function"], &[]) else { continue };
        found.unless(fields.get("type") == Some(&"function".into()), || "a tool is no function".to_owned());
        let function = fields.get("function").unwrap_or(&Value::Null);
        found.object("a function", function, &["name", "description", "parameters"], &[]);
        let name = function["name"].as_str().unwrap_or_default();
        found.unless(is_name(name), || format!("{name:?} is no name of a tool"));
        // Vendors cache by the beginning of a request, so the same tools must stand in the same order.
        found.unless(last.as_str() < name, || format!("the tool {name} stands twice or behind {last}"));
        name.clone_into(&mut last);
        let is_schema = function["parameters"]["type"] == "object";
        found.unless(is_schema, || format!("the parameters of {name} are no schema of an object"));
    }
}

fn messages_of(messages: &Value, found: &mut Found) {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    found.unless(!messages.is_empty(), || "messages is no list or empty".to_owned());
    let mut used = HashSet::new();
    // The calls of the last message that have no answer yet, in their order.
    let mut open: Vec<String> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let place = format!("message {at}");
        let role = message["role"].as_str().unwrap_or_default();
        if role != "tool" {
            found.unless(open.is_empty(), || format!("{place} comes before the answers to {open:?}"));
            open.clear();
        }
        match role {
            "system" | "developer" => {
                found.unless(at == 0, || format!("{place} is from the system and not the first"));
                found.object(&place, message, &["role", "content"], &[]);
                found.text(&place, &message["content"]);
            }
            "user" => user(&place, message, found),
            "assistant" => open = assistant(&place, message, &mut used, found),
            "tool" => tool(&place, message, &mut open, found),
            other => found.0.push(format!("{place} is from {other:?}")),
        }
    }
    found.unless(open.is_empty(), || format!("the request ends before the answers to {open:?}"));
    let last = messages.last().map_or(&Value::Null, |last| &last["role"]);
    found.unless(last != "assistant", || "the last message is the assistant's own".to_owned());
}

fn user(place: &str, message: &Value, found: &mut Found) {
    found.object(place, message, &["role", "content"], &[]);
    let Some(parts) = message["content"].as_array() else { return found.text(place, &message["content"]) };
    found.unless(!parts.is_empty(), || format!("{place} has no parts"));
    for part in parts {
        match part["type"].as_str() {
            Some("text") => {
                found.object(place, part, &["type", "text"], &[]);
                found.text(place, &part["text"]);
            }
            Some("image_url") => {
                found.object(place, part, &["type", "image_url"], &[]);
                found.object(place, &part["image_url"], &["url"], &["detail"]);
                let url = part["image_url"]["url"].as_str().unwrap_or_default();
                let is_data = url.starts_with("data:image/") && url.contains(";base64,");
                found.unless(is_data, || format!("{place} has a picture that is no data URL"));
            }
            other => found.0.push(format!("{place} has a part of type {other:?}")),
        }
    }
}

/// The ids of the calls that it asks for.
fn assistant(place: &str, message: &Value, used: &mut HashSet<String>, found: &mut Found) -> Vec<String> {
    found.object(place, message, &["role", "content"], &["tool_calls"]);
    let calls = message.get("tool_calls").map(|calls| calls.as_array().map(Vec::as_slice).unwrap_or_default());
    match calls {
        None => found.text(place, &message["content"]),
        Some([]) => found.0.push(format!("{place} has an empty list of calls")),
        Some(_) => {
            let content = &message["content"];
            found.unless(content.is_null() || content.is_string(), || format!("{place} has content that is no text"));
        }
    }
    calls.unwrap_or_default().iter().map(|call| asked(place, call, used, found)).collect()
}

fn asked(place: &str, call: &Value, used: &mut HashSet<String>, found: &mut Found) -> String {
    found.object(place, call, &["id", "type", "function"], &[]);
    found.unless(call["type"] == "function", || format!("{place} has a call that is no function"));
    found.object(place, &call["function"], &["name", "arguments"], &[]);
    let name = call["function"]["name"].as_str().unwrap_or_default();
    found.unless(is_name(name), || format!("{place} calls {name:?}, which is no name of a tool"));
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    let is_object = serde_json::from_str::<Map<String, Value>>(arguments).is_ok();
    found.unless(is_object, || format!("{place} has arguments that are no object: {arguments}"));
    let id = call["id"].as_str().unwrap_or_default().to_owned();
    found.unless(!id.is_empty() && used.insert(id.clone()), || format!("{place} uses the id {id:?} again, or none"));
    id
}

fn tool(place: &str, message: &Value, open: &mut Vec<String>, found: &mut Found) {
    found.object(place, message, &["role", "content", "tool_call_id"], &[]);
    found.text(place, &message["content"]);
    let id = message["tool_call_id"].as_str().unwrap_or_default();
    let is_next = open.first().is_some_and(|next| next == id);
    found.unless(is_next, || format!("{place} answers {id:?}, and the next to be answered is {:?}", open.first()));
    open.retain(|waiting| waiting != id);
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(body: &Value) -> Vec<String> {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let (method, path) = ("POST".to_owned(), "/v1/chat/completions".to_owned());
        violations(&Request { method, path, headers, body: Vec::new() }, body)
    }

    /// A request that is right, with a call and its answer.
    fn right() -> Value {
        let function = json!({"name": "read", "description": "Reads.", "parameters": {"type": "object"}});
        let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "read", "arguments": "{}"}});
        json!({
            "model": "x",
            "stream": true,
            "stream_options": {"include_usage": true},
            "tools": [{"type": "function", "function": function}],
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "look"},
                {"role": "assistant", "content": null, "tool_calls": [call("a"), call("b")]},
                {"role": "tool", "tool_call_id": "a", "content": "1"},
                {"role": "tool", "tool_call_id": "b", "content": "2"},
            ],
        })
    }

    #[test]
    fn a_right_request_has_no_fault() {
        assert_eq!(faults(&right()), Vec::<String>::new());
    }

    #[test]
    fn each_way_to_be_wrong_is_seen() {
        let wrong: [(&str, Value); 16] = [
            ("/stream", json!(false)),
            ("/stream_options/include_usage", json!(1)),
            ("/model", json!("")),
            ("/messages", json!([])),
            ("/messages/0/role", json!("robot")),
            ("/messages/1/content", json!("")),
            ("/messages/1/role", json!("system")),
            ("/messages/2/tool_calls/0/id", json!("b")),
            ("/messages/2/tool_calls/0/id", json!("")),
            ("/messages/2/tool_calls/0/function/name", json!("re ad")),
            ("/messages/2/tool_calls/0/function/arguments", json!("{")),
            ("/messages/3/tool_call_id", json!("b")),
            ("/messages/4", json!({"role": "user", "content": "no answer"})),
            ("/tools", json!([])),
            ("/tools/0/function/parameters", json!({})),
            ("/tools/0/function/strict", json!(true)),
        ];
        for (place, value) in wrong {
            let mut body = right();
            match body.pointer_mut(place) {
                Some(found) => *found = value,
                None => body["tools"][0]["function"]["strict"] = value,
            }
            assert!(!faults(&body).is_empty(), "{place}");
        }
        let mut extra = right();
        extra["temperature"] = json!(1);
        assert_eq!(faults(&extra), ["the request has an unknown temperature"]);
    }
}
