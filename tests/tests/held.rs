//! A session belongs to one process at a time: another one is told who has it, and changes nothing.

#![expect(clippy::unwrap_used, reason = "end-to-end tests look at the world and insist on it")]

use boxagnts_tests::{Ended, House, ScriptedModel};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;

/// Starts a run that waits for a model which never answers, and gives back the session that it holds.
fn holding(house: &House, model: &ScriptedModel) -> (Child, String) {
    let mut holder = model.command(house, &["--output-format", "stream-json"]).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.as_mut().unwrap()).lines();
    let started: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let turn: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((&started["type"], &turn["type"]), (&json!("session.started"), &json!("turn.started")));
    // The model's answer does not come, and neither does anything else: the journal stands still.
    while model.requests().is_empty() {
        std::thread::yield_now();
    }
    (holder, started["session"].as_str().unwrap().to_owned())
}

#[test]
fn a_second_process_is_told_who_holds_the_session_and_changes_nothing() {
    let house = House::new();
    let model = ScriptedModel::start(&house, &json!([{"silent": true}, {"text": "Here I am."}]));
    let (mut holder, session) = holding(&house, &model);
    let (before, asked) = (house.events(&session), model.requests().len());
    let second = ["--permission-mode", "bypass"];
    for go_on in [&["--resume", session.as_str()][..], &["--continue"]] {
        let arguments = [&second[..], go_on].concat();
        let refused = Ended::of(&model.command(&house, &arguments).output().unwrap()).code(1);
        let told = format!("session {session} is in use by boxagnts, process {}", holder.id());
        assert!(refused.err.contains(&told), "{refused:?}");
        assert!(refused.out.is_empty(), "{refused:?}");
        let for_a_program = [&arguments[..], &["--output-format", "json"]].concat();
        let refused = Ended::of(&model.command(&house, &for_a_program).output().unwrap()).code(1).json();
        assert!(refused["message"].as_str().unwrap().contains(&told), "{refused}");
    }
    assert_eq!(house.events(&session), before, "the journal was written to");
    assert_eq!(model.requests().len(), asked, "the model was asked");
    let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
    assert_eq!(sessions.as_array().unwrap().len(), 1, "a session was left behind");

    kill_process(Pid::from_child(&holder), Signal::INT).unwrap();
    assert_eq!(holder.wait().unwrap().code(), Some(130));
    let resumed = Ended::of(&model.command(&house, &["--resume", &session]).output().unwrap()).code(0);
    assert!(resumed.out.contains("Here I am."), "{resumed:?}");
    let turns: Vec<Value> = house.events(&session).into_iter().filter(|e| e["type"] == "turn.finished").collect();
    assert_eq!(turns.iter().map(|turn| &turn["body"]["reason"]).collect::<Vec<_>>(), ["interrupted", "answered"]);
}

/// X01: the lease of a process that is gone binds nobody.
#[test]
fn a_session_whose_process_was_killed_is_free_at_once() {
    let house = House::new();
    let model = ScriptedModel::start(&house, &json!([{"silent": true}, {"text": "Here I am."}]));
    let (mut holder, session) = holding(&house, &model);
    holder.kill().unwrap();
    holder.wait().unwrap();
    let resumed = Ended::of(&model.command(&house, &["--resume", &session]).output().unwrap()).code(0);
    assert!(resumed.out.contains("Here I am."), "{resumed:?}");
}

#[test]
fn another_session_of_the_same_workspace_is_free() {
    let house = House::new();
    let model = ScriptedModel::start(&house, &json!([{"silent": true}, {"text": "Here I am."}]));
    let (mut holder, session) = holding(&house, &model);
    let other = Ended::of(&model.command(&house, &["--output-format", "json"]).output().unwrap()).code(0).json();
    assert_ne!(other["session"], json!(session));
    kill_process(Pid::from_child(&holder), Signal::TERM).unwrap();
    let mut rest = String::new();
    holder.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(holder.wait().unwrap().code(), Some(143));
}
