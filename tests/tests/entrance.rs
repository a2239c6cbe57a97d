//! The entrance: what a person types wrong is told what is wrong, and what they type right works.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests look at the world")]

use boxagnts_tests::House;

fn told(house: &House, arguments: &[&str], code: i32, hints: &[&str]) {
    let ended = house.run(arguments).code(code);
    for hint in hints {
        assert!(ended.err.contains(hint), "{arguments:?} does not say {hint:?}: {}", ended.err);
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn its_help_names_the_commands_and_what_to_try() {
    let house = House::new();
    let ended = house.run(["--help"]).code(0);
    let text = ended.out;
    assert!(text.contains("Usage:") && text.contains("session") && text.contains("demo/tour"), "{text}");
}

#[test]
fn it_knows_its_version() {
    let ended = House::new().run(["--version"]).code(0);
    assert_eq!(ended.out.trim(), format!("boxagnts {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_told_what_is_wrong_and_what_to_write() {
    let house = House::new();
    told(&house, &["frobnicate"], 2, &["frobnicate"]);
    told(&house, &["run", "-p", "x", "--model", "demo/tour", "--frob"], 2, &["--frob"]);
    told(&house, &["run", "-p", "x", "--model", "demo/nothing"], 2, &["demo/nothing", "demo/tour"]);
    told(&house, &["run", "-p", "x", "--model", "nonsense"], 2, &["nonsense", "demo/tour"]);
    told(&house, &["run", "-p", "  ", "--model", "demo/tour"], 2, &["prompt is empty"]);
    told(&house, &["tool", "call", "raed", "{}"], 2, &["raed", "read"]);
    told(&house, &["tool", "show", "raed"], 2, &["raed", "read"]);
    told(&house, &["run", "-p", "x", "--model", "demo/tour", "--permission-mode", "auto"], 2, &["dont-ask"]);
    told(&house, &["run", "-p", "x", "--model", "demo/tour", "--allow", "fs.wirte:/x"], 2, &["fs.write"]);
    told(&house, &["session", "show", "nonsense"], 2, &["nonsense"]);
    told(&house, &["session", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], 2, &["no session"]);
}

#[test]
fn an_error_is_told_once() {
    let house = House::new();
    let ended = house.run(["run", "-p", "x", "--model", "demo/nothing"]).code(2);
    assert_eq!(ended.err.matches("demo/nothing").count(), 1, "{}", ended.err);
}

#[test]
fn a_workspace_that_is_none_is_named() {
    let house = House::new();
    house.write("file.txt", "x");
    let gone = ["tool", "call", "glob", r#"{"pattern":"*"}"#, "--workspace-dir"];
    told(&house, &[&gone[..], &["missing"]].concat(), 2, &["missing"]);
    told(&house, &[&gone[..], &["file.txt"]].concat(), 2, &["file.txt"]);
}

#[test]
fn wrong_inputs_are_results_that_a_model_can_mend() {
    let house = House::new();
    house.write("a.txt", "a");
    told(&house, &["tool", "call", "read", "{"], 1, &["JSON"]);
    told(&house, &["tool", "call", "read", "[]"], 1, &["object"]);
    told(&house, &["tool", "call", "read", "{}"], 1, &["path"]);
    told(&house, &["tool", "call", "read", r#"{"path":7}"#], 1, &["/path"]);
    told(&house, &["tool", "call", "read", r#"{"path":"a.txt","approved":true}"#], 1, &["approved"]);
    told(&house, &["tool", "call", "read", r#"{"path":"a.txt","path":"b.txt"}"#], 1, &["twice"]);
    told(&house, &["tool", "call", "read", r#"{"path":"missing.txt"}"#], 1, &["missing.txt"]);
    told(&house, &["tool", "call", "read", r#"{"path":"../../../etc/passwd"}"#], 1, &["root"]);
}

#[test]
fn a_workspace_that_cannot_be_written_says_so_and_can_still_be_read() {
    let house = House::new();
    // Not even the superuser makes files there.
    let there = ["--workspace-dir", "/proc/sys/kernel"];
    let write = ["tool", "call", "write", r#"{"path":"new","content":"x"}"#, "--permission-mode", "accept-edits"];
    told(&house, &[&write[..], &there].concat(), 1, &["/workspace/new"]);
    let read = house.run([&["tool", "call", "read", r#"{"path":"ostype"}"#][..], &there].concat()).code(0);
    assert!(read.out.contains("Linux"), "{read:?}");
    let run = ["run", "-p", "x", "--model", "demo/tour", "--permission-mode", "accept-edits"];
    let ended = house.run([&run[..], &there].concat()).code(0);
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

#[test]
fn a_fifo_is_refused_at_once() {
    let house = House::new();
    let fifo = house.workspace().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::from(0o600), 0).unwrap();
    told(&house, &["tool", "call", "read", r#"{"path":"pipe"}"#], 1, &["pipe"]);
    let ended = house.run(["tool", "call", "grep", r#"{"pattern":"x"}"#]).code(0);
    assert!(ended.out.contains("o match"), "{ended:?}");
}

#[test]
fn what_is_not_text_is_not_corrupted() {
    let house = House::new();
    house.write("latin.txt", b"caf\xe9 one\ncaf\xe9 two\n");
    house.write("crlf.txt", "eins\r\nzwei\r\n");
    let ended = house.run(["tool", "call", "read", r#"{"path":"latin.txt"}"#]).code(0);
    assert!(ended.out.contains("UTF-8"), "{ended:?}");
    let input = r#"{"path":"latin.txt","old":"one","new":"drei"}"#;
    let _ended = house.run(["tool", "call", "edit", input, "--permission-mode", "accept-edits"]).code(0);
    assert_eq!(std::fs::read(house.workspace().join("latin.txt")).unwrap(), b"caf\xe9 drei\ncaf\xe9 two\n");
    let input = r#"{"path":"crlf.txt","old":"zwei","new":"-zwei 混ぜる"}"#;
    let _ended = house.run(["tool", "call", "edit", input, "--permission-mode", "accept-edits"]).code(0);
    assert_eq!(house.read("crlf.txt"), "eins\r\n-zwei 混ぜる\r\n");
}

#[test]
fn a_write_that_must_be_asked_is_refused_when_nobody_is_there() {
    let house = House::new();
    let input = r#"{"path":"new.txt","content":"-x"}"#;
    told(&house, &["tool", "call", "write", input], 4, &["needs fs.write:/workspace/new.txt"]);
    assert!(!house.workspace().join("new.txt").exists());
    let _ended = house.run(["tool", "call", "write", input, "--allow", "fs.write:new.txt"]).code(0);
    assert_eq!(house.read("new.txt"), "-x");
    let denied = ["--allow", "fs.write:new.txt", "--deny", "fs.write:/workspace"];
    told(&house, &[&["tool", "call", "write", r#"{"path":"new.txt","content":"y"}"#][..], &denied].concat(), 1, &[]);
    assert_eq!(house.read("new.txt"), "-x");
}

#[test]
fn no_mode_and_no_grant_opens_a_protected_path() {
    let house = House::new();
    house.write(".git/config", "[core]\n");
    for path in [".git/hooks/pre-commit", ".git/config", ".GIT/config", "sub/.git/config", ".boxagnts/config.toml"] {
        let input = format!(r#"{{"path":"{path}","content":"x"}}"#);
        let bypass = ["--permission-mode", "bypass", "--allow", "fs.write:/workspace"];
        told(&house, &[&["tool", "call", "write", &input][..], &bypass].concat(), 1, &["refused"]);
    }
    assert_eq!(house.read(".git/config"), "[core]\n");
    assert!(!house.workspace().join(".git/hooks").exists() && !house.workspace().join("sub").exists());
}

#[test]
fn two_runs_in_one_workspace_do_not_disturb_each_other() {
    let house = House::new();
    for n in 0..20 {
        house.write(&format!("file{n}.txt"), "TODO: nothing\n");
    }
    let run = ["run", "-p", "x", "--model", "demo/tour", "--permission-mode", "accept-edits"];
    let children: Vec<_> = (0..4).map(|_| house.command(run).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
    assert_eq!(sessions.as_array().unwrap().len(), 4);
}

#[test]
fn stream_json_is_one_event_a_line_and_json_is_one_object() {
    let house = House::new();
    house.write("a.txt", "TODO\n");
    let run = ["run", "-p", "x", "--model", "demo/tour", "--permission-mode", "accept-edits", "--output-format"];
    let lines = house.run([&run[..], &["stream-json"]].concat()).code(0).json_lines();
    let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types.first(), Some(&"session.started"));
    assert_eq!(types.last(), Some(&"turn.finished"));
    for wanted in ["turn.started", "text.delta", "call.started", "effect", "call.finished"] {
        assert!(types.contains(&wanted), "no {wanted} among {types:?}");
    }
    let result = house.run([&run[..], &["json"]].concat()).code(0).json();
    assert_eq!(result["type"], "result");
    assert_eq!(result["reason"], "answered");
}

#[test]
fn a_session_goes_on_where_it_was_left() {
    let house = House::new();
    house.write("a.txt", "TODO\n");
    let run = ["run", "-p", "x", "--model", "demo/tour", "--permission-mode", "accept-edits"];
    let begun = house.run([&run[..], &["--output-format", "json"]].concat()).code(0).json();
    let id = begun["session"].as_str().unwrap().to_owned();
    let _single = house.run(["tool", "call", "read", r#"{"path":"a.txt"}"#]).code(0);

    let went_on = house.run([&run[..], &["--output-format", "json", "--continue"]].concat()).code(0).json();
    assert_eq!(went_on["session"], begun["session"], "the single call is no conversation");
    let resumed = house.run([&run[..], &["--output-format", "json", "--resume", &id]].concat()).code(0).json();
    assert_eq!(resumed["session"], begun["session"]);

    let events = house.run(["session", "show", &id, "--output-format", "json"]).code(0).json();
    let turns = events.as_array().unwrap().iter().filter(|event| event["type"] == "turn.started");
    assert_eq!(turns.map(|event| event["turn"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn what_cannot_go_on_is_told() {
    let house = House::new();
    let run = ["run", "-p", "x", "--model", "demo/tour"];
    told(&house, &[&run[..], &["--continue"]].concat(), 2, &["no session", "--continue"]);
    told(&house, &[&run[..], &["--resume", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]].concat(), 2, &["no session"]);
    let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
    assert_eq!(sessions, serde_json::json!([]), "an attempt leaves nothing behind");
}

#[test]
fn the_step_limit_ends_a_turn_with_its_own_code() {
    let house = House::new();
    let run = ["run", "-p", "x", "--model", "demo/tour", "--max-turns", "2", "--output-format", "json"];
    assert_eq!(house.run(run).code(3).json()["reason"], "step_limit");
}

#[test]
fn a_time_that_is_none_is_told_with_what_is_meant() {
    let house = House::new();
    for wrong in ["", "10", "0s", "1d", "99999999999999999999h", "m"] {
        let ended = house.run(["run", "-p", "x", "--model", "demo/tour", "--max-time", wrong]).code(2);
        assert!(ended.err.contains("such as 90s, 10m or 2h") || wrong.is_empty(), "{wrong}: {}", ended.err);
    }
}
