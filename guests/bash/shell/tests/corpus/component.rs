//! The same case through the product: `boxagnts tool call bash`, in its sandbox.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::format::{Case, Outcome};
use super::place::Place;

/// Runs a case with a program, whose own folders lie beside the workspace.
pub(crate) fn run(program: &Path, case: &Case) -> Outcome {
    let place = Place::of(case);
    let home = place.root().join("home");
    let input = match &case.stdin {
        Some(stdin) => json!({"script": case.script, "stdin": stdin}),
        None => json!({"script": case.script}),
    };
    let output = Command::new(program)
        .args(["tool", "call", "bash", &input.to_string(), "--permission-mode", "accept-edits"])
        .args(["--output-format", "json", "--quiet", "--workspace-dir"])
        .arg(place.workspace())
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_STATE_HOME", home.join("state"))
        .output()
        .expect("the program can be started");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    match answer["content"][0]["text"].as_str() {
        Some(text) => {
            let (stdout, status) = taken_apart(text);
            place.outcome(case, stdout.as_bytes(), status)
        }
        None => place.outcome(case, format!("[no result: {answer}]\n").as_bytes(), -1),
    }
}

/// The output and the status that a text of the tool tells.
fn taken_apart(text: &str) -> (String, i32) {
    let (text, status) = match text.rsplit_once("[exit code ") {
        Some((before, code)) => (before, code.trim_end_matches(']').parse().unwrap_or(-1)),
        None => (text, 0),
    };
    let stdout = match text.split_once("[stderr]\n") {
        Some((stdout, _)) => stdout,
        None => text,
    };
    (stdout.replace("[no output]", ""), status)
}
