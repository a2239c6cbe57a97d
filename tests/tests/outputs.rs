//! The outputs as they are, from a run that says the same each time: `docs/events.md` explains them.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::{Ended, House, ScriptedModel};
use expect_test::expect_file;
use serde_json::{Value, json};

/// The model's server asks to wait; then the model reads, is refused a write, mistakes a name and answers.
fn replies() -> Value {
    json!([
        {"status": 429, "headers": {"retry-after": "0"}, "body": "{}"},
        {"text": "I look. ", "calls": [{"tool": "read", "input": {"path": "README.md"}}], "usage": {"input": 100, "output": 9}},
        {"calls": [{"tool": "write", "input": {"path": "out.md", "content": "x"}}], "usage": {"input": 120, "output": 8}},
        {"calls": [{"tool": "read", "input": {"path": "missing.md"}}]},
        {"thinking": "That is all.", "text": "A page about apples.", "usage": {"input": 150, "output": 12}},
    ])
}

fn run(format: &str) -> (House, Ended) {
    let house = House::new();
    house.write("README.md", "# Apples\n");
    let model = ScriptedModel::start(&house, &replies());
    let output = model.command(&house, &["--output-format", format]).output().unwrap();
    let ended = Ended::of(&output).code(4);
    assert!(model.requests().iter().all(|request| request["violations"] == json!([])), "{:?}", model.requests());
    (house, ended)
}

/// Both outputs, without what is another in each run or version: the place of the folder, ids, times, the list of tools.
fn masked(house: &House, ended: &Ended) -> String {
    let text = format!(
        "--- standard output\n{}\n--- standard error\n{}\n--- exit code {}\n",
        ended.out.trim_end(),
        ended.err.trim_end(),
        ended.code.unwrap_or(-1),
    );
    let text = text.replace(&house.workspace().canonicalize().unwrap().display().to_string(), "<workspace>");
    let tools = house.run(["tool", "list", "--output-format", "json"]).code(0).json();
    let tools: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let text = text.replace(&tools.join("\",\""), "<tools>").replace(&tools.join(", "), "<tools>");
    text.lines().map(|line| masked_ids(&masked_times(line)) + "\n").collect()
}

/// Times have a name in JSON, and stand at the end of a call's line.
fn masked_times(line: &str) -> String {
    if line.starts_with(['✓', '✗', '⛔']) {
        let (rest, unit) = line.rsplit_once(' ').unwrap();
        let (rest, _) = rest.rsplit_once(' ').unwrap();
        assert!(["ms", "s"].contains(&unit), "{line}");
        return format!("{rest} <time>");
    }
    let mut parts = line.split("\"micros\":");
    let first = parts.next().unwrap_or_default().to_owned();
    let later = parts.map(|part| format!("\"micros\":0{}", part.trim_start_matches(|c: char| c.is_ascii_digit())));
    first + &later.collect::<String>()
}

/// An id is 26 capital letters and digits.
fn masked_ids(line: &str) -> String {
    let mut masked = String::new();
    let mut word = String::new();
    for c in line.chars().chain([' ']) {
        if c.is_ascii_uppercase() || c.is_ascii_digit() {
            word.push(c);
        } else {
            masked.push_str(if word.len() == 26 { "<id>" } else { &word });
            masked.push(c);
            word.clear();
        }
    }
    masked.pop();
    masked
}

#[test]
fn the_text_is_the_answer_and_a_line_for_each_call() {
    let (house, ended) = run("text");
    expect_file!["../golden/run.text"].assert_eq(&masked(&house, &ended));
}

#[test]
fn json_is_one_object_at_the_end() {
    let (house, ended) = run("json");
    expect_file!["../golden/run.json"].assert_eq(&masked(&house, &ended));
    assert_eq!(ended.json()["type"], "result");
}

#[test]
fn stream_json_is_every_event_in_its_order() {
    let (house, ended) = run("stream-json");
    expect_file!["../golden/run.stream-json"].assert_eq(&masked(&house, &ended));
    assert!(ended.json_lines().iter().all(|event| event["type"].is_string()));
}

#[test]
fn a_single_call_is_its_result_or_one_object() {
    let house = House::new();
    house.write("README.md", "# Apples\n");
    let call = ["tool", "call", "read", r#"{"path":"README.md"}"#, "--output-format"];
    let missing = ["tool", "call", "read", r#"{"path":"missing.md"}"#, "--output-format"];
    let outputs = ["text", "json"].map(|format| {
        let done = house.run([&call[..], &[format]].concat()).code(0);
        let failed = house.run([&missing[..], &[format]].concat()).code(1);
        masked(&house, &done) + &masked(&house, &failed)
    });
    expect_file!["../golden/tool-call"].assert_eq(&outputs.concat());
}

#[test]
fn what_cannot_begin_is_an_object_too_for_whoever_asked_for_one() {
    let house = House::new();
    let wrong: [&[&str]; 7] = [
        &["run", "-p", "x", "--model", "demo/nothing"],
        &["run", "-p", " ", "--model", "demo/tour"],
        &["run", "-p", "x", "--model", "demo/tour", "--resume", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
        &["run", "-p", "x", "--model", "demo/tour", "--continue"],
        &["run", "-p", "x", "--model", "demo/tour", "--allow", "fs.wirte:/x"],
        &["run", "-p", "x", "--model", "demo/tour", "--workspace-dir", "missing"],
        &["tool", "call", "raed", "{}"],
    ];
    let mut outputs = Vec::new();
    for arguments in wrong {
        let plain = house.run(arguments).code(2);
        assert!(plain.out.is_empty() && !plain.err.is_empty(), "{plain:?}");
        let formats: &[&str] = if arguments[0] == "run" { &["json", "stream-json"] } else { &["json"] };
        for format in formats {
            let ended = house.run([arguments, &["--output-format", format]].concat()).code(2);
            assert_eq!(ended.err, plain.err, "standard error and the exit code stay as they were");
            let event = ended.json();
            assert_eq!(event["type"], "error");
            outputs.push(format!("{arguments:?} as {format}\n{}", masked(&house, &ended)));
        }
    }
    expect_file!["../golden/errors"].assert_eq(&outputs.concat());
    let glued = house.run(["run", "--output-format=stream-json", "--frob"]).code(2);
    assert!(glued.json()["message"].as_str().unwrap().contains("--frob"), "{glued:?}");
    let help = house.run(["run", "--output-format", "json", "--help"]).code(0);
    assert!(help.out.contains("Usage:"), "{help:?}");
}
