//! What is written, in full.

use super::*;
use boxagnts_types::{Label, Outcome};

fn id(number: u32) -> CallId {
    format!("{number:026}").parse().unwrap()
}

fn call(number: u32, model_id: &str, tool: &str, input: &str) -> CallRequest {
    CallRequest { id: id(number), model_id: model_id.into(), tool: tool.into(), input: input.into() }
}

fn answer(number: u32, outcome: Outcome, content: Vec<Content>) -> ToolAnswer {
    ToolAnswer { call: id(number), model_id: "ignored".into(), outcome, content, label: Label::INTERNAL }
}

fn picture() -> Content {
    Content::Image { media_type: "image/png".into(), bytes: vec![1, 2, 3] }
}

fn written(messages: Vec<Message>) -> Value {
    let request = Request { system: "Be brief.".into(), messages, tools: [].into() };
    let body: Value = serde_json::from_slice(&body("x", &request)).unwrap();
    assert!(body.get("tools").is_none(), "an empty list is an error for some servers");
    body["messages"].clone()
}

#[test]
fn a_conversation_is_written_with_every_role_in_its_place() {
    let offer = ToolOffer {
        name: "read".parse().unwrap(),
        description: "Reads.".into(),
        input_schema: json!({"type": "object"}),
    };
    let messages = vec![
        Message::User { content: vec![Content::text("look"), Content::File { path: "/workspace/a".into() }] },
        Message::Assistant { text: "I look.".into(), calls: vec![call(1, "c1", "read", r#"{"path":"a"}"#)] },
        Message::Tool { answers: vec![answer(1, Outcome::Denied, vec![Content::text("needs fs.read:/x")])] },
        Message::Assistant { text: "No.".into(), calls: vec![] },
    ];
    let request = Request { system: "Be brief.".into(), messages, tools: [offer].into() };
    let body: Value = serde_json::from_slice(&body("gpt-x", &request)).unwrap();
    let function = json!({"name": "read", "description": "Reads.", "parameters": {"type": "object"}});
    let asked = json!({"id": "c1", "type": "function", "function": {"name": "read", "arguments": r#"{"path":"a"}"#}});
    let wanted = json!({
        "model": "gpt-x",
        "stream": true,
        "stream_options": {"include_usage": true},
        "tools": [{"type": "function", "function": function}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "look\n\n[the file /workspace/a]"},
            {"role": "assistant", "content": "I look.", "tool_calls": [asked]},
            {"role": "tool", "tool_call_id": "c1", "content": "[denied] needs fs.read:/x"},
            {"role": "assistant", "content": "No."},
        ],
    });
    assert_eq!(body, wanted);
}

#[test]
fn ids_that_repeat_or_are_none_are_replaced_and_answers_follow_them() {
    let ids = ["same", "same", "", "a b\n"];
    let calls = (1..).zip(ids).map(|(number, id)| call(number, id, "read", "{}")).collect();
    let answers = (1..=4).map(|number| answer(number, Outcome::Done, vec![])).collect();
    let first = Message::Assistant { text: String::new(), calls };
    let again = Message::Assistant { text: String::new(), calls: vec![call(5, "same", "read", "{}")] };
    let written = written(vec![first, Message::Tool { answers }, again]);
    let own = |number: u32| format!("call_{number:026}");
    let asked: Vec<&str> = (0..4).map(|at| written[1]["tool_calls"][at]["id"].as_str().unwrap()).collect();
    assert_eq!(asked, ["same", &own(2), &own(3), &own(4)]);
    let answered: Vec<&str> = (2..6).map(|at| written[at]["tool_call_id"].as_str().unwrap()).collect();
    assert_eq!(answered, asked);
    assert_eq!(written[6]["tool_calls"][0]["id"], own(5).as_str(), "an id of an earlier message is taken");
    assert_eq!((&written[1]["content"], &written[2]["content"]), (&Value::Null, &json!("(nothing)")));
}

#[test]
fn what_a_model_wrote_badly_is_sent_in_a_form_that_servers_take() {
    let long = ("x".repeat(99), "x".repeat(64));
    for (wrote, sent) in [("", "unnamed"), ("read", "read"), ("re ad.é", "re_ad__"), (&long.0, &long.1)] {
        assert_eq!(name(wrote), sent);
    }
    for (wrote, sent) in [
        (" ", "{}"),
        (r#"{ "a": 1 }"#, r#"{ "a": 1 }"#),
        (r#"{"a":"#, r#"{"unreadable":"{\"a\":"}"#),
        ("[1]", r#"{"unreadable":"[1]"}"#),
    ] {
        assert_eq!(arguments(wrote), sent);
    }
}

#[test]
fn pictures_are_data_urls_and_those_of_tools_follow_all_answers() {
    let url = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AQID"}});
    let user = Message::User { content: vec![Content::text("what is it?"), picture()] };
    assert_eq!(written(vec![user])[1]["content"], json!([{"type": "text", "text": "what is it?"}, url]));

    let calls = vec![call(1, "a", "shot", "{}"), call(2, "b", "shot", "{}")];
    let answers =
        vec![answer(1, Outcome::Done, vec![picture()]), answer(2, Outcome::Done, vec![Content::text("none")])];
    let messages = vec![Message::Assistant { text: String::new(), calls }, Message::Tool { answers }];
    let written = written(messages);
    let roles: Vec<&str> = (2..5).map(|at| written[at]["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["tool", "tool", "user"]);
    assert_eq!(written[2]["content"], "[a picture: image/png, 3 bytes]");
    assert_eq!(written[4]["content"][1], url);
}
