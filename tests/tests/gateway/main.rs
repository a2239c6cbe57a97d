//! The server against the world: who may speak to it, what it takes, and that nobody misses or hears twice what happens
//! in a session.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

mod document;
mod garbage;
mod law;
mod logins;
mod pages;
mod questions;
mod starts;
mod strangers;
mod turns;

use boxagnts_tests::server::{Login, Server};
use boxagnts_tests::{House, ScriptedModel};
use serde_json::{Value, json};

/// A server whose model says what a script says.
fn scripted(house: &House, replies: &Value) -> (ScriptedModel, Server) {
    let model = ScriptedModel::start(house, replies);
    let mut command = house.command(["--port", "0", "--model", boxagnts_tests::model::MODEL]);
    model.for_program(&mut command);
    (model, Server::of(command))
}

/// A new session.
fn begin(server: &Server, login: &Login, choice: &Value) -> String {
    let begun = server.ask(login, "POST", "/sessions", Some(choice)).expect(201).json();
    begun["id"].as_str().unwrap().to_owned()
}

/// Says something in a session.
fn say(server: &Server, login: &Login, session: &str, text: &str) {
    let path = format!("/sessions/{session}/turns");
    let _ = server.ask(login, "POST", &path, Some(&json!({ "text": text }))).expect(202);
}

/// The text that pieces add up to when each is placed by its offset.
fn place(text: &mut Vec<u8>, event: &Value) {
    if event["type"] == "text.delta" {
        text.truncate(usize::try_from(event["offset"].as_u64().unwrap()).unwrap());
        text.extend_from_slice(event["text"].as_str().unwrap().as_bytes());
    }
}
