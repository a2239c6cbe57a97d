//! Ctrl-C ends a running guest within a second and leaves a valid session.

#![expect(clippy::unwrap_used, reason = "end-to-end tests look at the world and insist on it")]

use boxagnts_tests::{Ended, House, ScriptedModel};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

/// A pattern whose automaton is far too large to be kept, so that each byte of the text costs it a long walk.
const SLOW: &str = r#"{"pattern":"(?:[a-y]{0,90}x?){0,90}Z","path":"long.txt"}"#;

fn interrupted_by(signal: Signal) -> (House, Ended, Duration) {
    let house = House::new();
    house.write("long.txt", "abcdefghijklmnopqrstuvwxy".repeat(800_000));
    let mut child = house.command(["tool", "call", "grep", SLOW, "--verbose"]).spawn().unwrap();
    // A line on standard error says that the call has started.
    let mut err = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(err.any(|line| line.unwrap().contains("grep")), "the call is announced");
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    (house, Ended::of(&output), asked.elapsed())
}

fn assert_valid_session(house: &House) {
    let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
    let id = sessions[0]["session"].as_str().unwrap().to_owned();
    let events = house.run(["session", "show", &id, "--output-format", "json"]).code(0).json();
    let finished: Vec<_> = events.as_array().unwrap().iter().filter(|event| event["type"] == "call.finished").collect();
    assert_eq!(finished.len(), 1);
    assert_eq!(finished[0]["body"]["outcome"], "cancelled");
}

#[test]
fn ctrl_c_ends_a_running_guest_within_a_second() {
    let (house, ended, took) = interrupted_by(Signal::INT);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_valid_session(&house);
}

#[test]
fn sigterm_ends_it_too_and_says_so() {
    let (house, ended, took) = interrupted_by(Signal::TERM);
    assert_eq!(ended.code, Some(143), "{ended:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_valid_session(&house);
}

#[test]
fn p01_ctrl_c_ends_a_wait_that_the_models_server_asked_for() {
    let house = House::new();
    let busy = json!({"status": 429, "headers": {"retry-after": "60"}, "body": "{}"});
    let model = ScriptedModel::start(&house, &json!([busy]));
    let mut child = model.command(&house, &[]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "… the model's vendor asks to wait; it is asked again in 60.0 s\n");
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(model.requests().len(), 1);
}
