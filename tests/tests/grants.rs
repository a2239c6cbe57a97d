//! Grants that outlast an answer: how far they reach, how they end, and that a running tool feels it.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::{Ended, House, ScriptedModel};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Child;

/// Writes one file after the other until it is refused.
const WRITES_ON: &str = "i=0; while true; do i=$((i+1)); echo x > out/$i || exit 3; sleep 0.01; done";

fn add(house: &House, arguments: &[&str]) -> String {
    let added = house.run([&["grant", "add"][..], arguments, &["--output-format", "json"]].concat()).code(0).json();
    added["id"].as_str().unwrap().to_owned()
}

fn listed(house: &House) -> Vec<Value> {
    house.run(["grant", "list", "--output-format", "json"]).code(0).json().as_array().unwrap().clone()
}

fn write(house: &House, path: &str, more: &[&str]) -> Ended {
    let input = json!({"path": path, "content": "x"}).to_string();
    house.run([&["tool", "call", "write", &input, "--permission-mode", "dont-ask"][..], more].concat())
}

/// A call in another process, by the tool `bash`, where nobody is asked.
fn shell(house: &House, script: &str) -> Child {
    let input = json!({"script": script}).to_string();
    house.command(["tool", "call", "bash", &input, "--permission-mode", "dont-ask"]).spawn().unwrap()
}

fn files(house: &House, folder: &str) -> usize {
    fs::read_dir(house.workspace().join(folder)).unwrap().count()
}

fn grants_folder(house: &House) -> PathBuf {
    house.home().join(".local/share/boxagnts/grants")
}

#[test]
fn a_grant_opens_what_it_names_until_it_is_revoked() {
    let house = House::new();
    let _refused = write(&house, "out/a", &[]).code(1);
    let id = add(&house, &["fs.write:out"]);
    let _written = write(&house, "out/a", &[]).code(0);
    let _beside = write(&house, "b", &[]).code(1);
    assert_eq!((house.read("out/a").as_str(), house.workspace().join("b").exists()), ("x", false));
    let shown = house.run(["grant", "list"]).code(0);
    assert!(shown.out.contains(&id) && shown.out.contains("fs.write:/workspace/out"), "{shown:?}");
    let _revoked = house.run(["grant", "revoke", &id]).code(0);
    let _again = write(&house, "out/c", &[]).code(1);
    assert!(!house.workspace().join("out/c").exists() && listed(&house).is_empty());
    let _unknown = house.run(["grant", "revoke", &id]).code(2);
}

/// The receipt names the grant that let the effect through.
#[test]
fn a_receipt_names_the_grant() {
    let house = House::new();
    let id = add(&house, &["fs.write:out"]);
    let _written = write(&house, "out/a", &[]).code(0);
    let events = house.events(&house.newest_session());
    let told = events.iter().filter(|event| event.to_string().contains(&id)).count();
    assert!(0 < told, "{events:?}");
}

/// E09: the person takes a right back while a tool uses it.
#[test]
fn e09_a_grant_revoked_while_a_tool_writes_refuses_its_next_write() {
    let house = House::new();
    fs::create_dir(house.workspace().join("out")).unwrap();
    let id = add(&house, &["fs.write:out", "--scope", "always"]);
    let child = shell(&house, WRITES_ON);
    while files(&house, "out") < 5 {
        std::thread::yield_now();
    }
    let _revoked = house.run(["grant", "revoke", &id]).code(0);
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert!(5 <= files(&house, "out"), "the twin before it was taken back");
    ends_refused(&house, &ended);
}

/// The script ended at the first refusal, which is that of the file it was at: its opening, or the write into it.
fn ends_refused(house: &House, ended: &Ended) {
    assert!(ended.out.contains("[exit code 3]"), "{ended:?}");
    let written = files(house, "out");
    let events = house.events(&house.newest_session());
    let refused = |event: &&Value| event["type"] == "effect" && event["body"]["decision"] == "refused";
    let at = [written, written + 1].map(|number| json!(format!("fs.write:/workspace/out/{number}")));
    assert!(events.iter().filter(refused).any(|event| at.contains(&event["body"]["effect"])), "{events:?}");
}

#[test]
fn a_grant_given_while_a_tool_runs_opens_its_next_effect() {
    let house = House::new();
    fs::create_dir(house.workspace().join("out")).unwrap();
    let child = shell(&house, "until echo x > out/a; do sleep 0.02; done; echo done");
    let journal = || house.run(["session", "list", "--output-format", "json"]).code(0).json();
    while journal().as_array().unwrap().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(files(&house, "out"), 0);
    add(&house, &["fs.write:out"]);
    let ended = Ended::of(&child.wait_with_output().unwrap()).code(0);
    assert!(ended.out.contains("done"), "{ended:?}");
    assert_eq!(house.read("out/a"), "x\n");
}

#[test]
fn a_grant_that_ends_while_a_tool_writes_refuses_its_next_write() {
    let house = House::new();
    fs::create_dir(house.workspace().join("out")).unwrap();
    add(&house, &["fs.write:out", "--expires", "2s"]);
    let ended = Ended::of(&shell(&house, WRITES_ON).wait_with_output().unwrap());
    assert!(0 < files(&house, "out"));
    ends_refused(&house, &ended);
    assert!(listed(&house).is_empty(), "what was seen as expired is gone");
    let kept: String = fs::read_dir(grants_folder(&house))
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(!kept.contains("fs.write"), "{kept}");
}

/// E07: what was allowed once is decided anew when the session goes on.
#[test]
fn e07_a_session_that_goes_on_has_the_grants_of_now() {
    let house = House::new();
    let call = |path: &str| json!({"calls": [{"tool": "write", "input": {"path": path, "content": "x"}}]});
    let script =
        json!([call("out/a"), {"text": "One."}, call("out/b"), {"text": "Two."}, call("out/c"), {"text": "Three."}]);
    let model = ScriptedModel::start(&house, &script);
    let turn = |more: &[&str]| {
        let arguments = [&["--permission-mode", "dont-ask", "--output-format", "json"][..], more].concat();
        Ended::of(&model.command(&house, &arguments).output().unwrap()).json()["session"].as_str().unwrap().to_owned()
    };
    let there = |path: &str| house.workspace().join(path).exists();
    let session = turn(&[]);
    assert!(!there("out/a"));
    let id = add(&house, &["fs.write:out", "--scope", "session", "--session", &session]);
    assert_eq!(turn(&["--resume", &session]), session);
    assert!(there("out/b"), "the grant is for this session");
    let _other = write(&house, "out/other", &[]).code(1);
    assert!(!there("out/other"), "and for no other");
    let _revoked = house.run(["grant", "revoke", &id]).code(0);
    turn(&["--resume", &session]);
    assert!(!there("out/c"));
}

#[test]
fn a_grant_reaches_as_far_as_it_says() {
    let house = House::new();
    let elsewhere = house.outside().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let there = ["--workspace-dir", elsewhere.to_str().unwrap()];
    let here = add(&house, &["fs.write:out"]);
    let _refused = write(&house, "out/a", &there).code(1);
    let always = add(&house, &["fs.write:out", "--scope", "always"]);
    let _written = write(&house, "out/a", &there).code(0);
    assert!(elsewhere.join("out/a").exists());
    let list = house.run([&["grant", "list"][..], &there].concat()).code(0);
    assert!(list.out.contains(&always) && !list.out.contains(&here), "{list:?}");
    add(&house, &["fs.write:other", "--for", "weather"]);
    let _foreign = write(&house, "other/a", &[]).code(1);
    add(&house, &["fs.write:other", "--for", "write"]);
    let _own = write(&house, "other/a", &[]).code(0);
}

#[test]
fn what_cannot_be_granted_is_told_and_nothing_is_kept() {
    let house = House::new();
    for (arguments, told) in [
        (&["fs.wirte:out"][..], "fs.write:out"),
        (&["fs.write:out", "--scope", "session"], "--session ID"),
        (&["fs.write:out", "--session", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], "--scope session"),
        (&["fs.write:out", "--scope", "session", "--session", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], "no session"),
        (&["fs.write:out", "--expires", "soon"], "no end"),
        (&["fs.write:out", "--expires", "2020-01-01T00:00:00Z"], "is past"),
        (&["fs.write:out", "--for", "../x"], "no tool name"),
    ] {
        let ended = house.run([&["grant", "add"], arguments].concat()).code(2);
        assert!(ended.err.contains(told), "{arguments:?}: {ended:?}");
    }
    assert!(listed(&house).is_empty());
}

#[test]
fn grants_are_for_this_user_alone_and_no_tool_reaches_them() {
    let house = House::new();
    add(&house, &["fs.write:out", "--scope", "always"]);
    let file = grants_folder(&house).join("always.json");
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&grants_folder(&house))), (0o600, 0o700));
    let before = fs::read(&file).unwrap();
    // The workspace is the home folder, and everything is granted.
    let home = house.home();
    let all = ["--workspace-dir", home.to_str().unwrap(), "--allow", "fs.write:/", "--permission-mode", "bypass"];
    let script = "cd .local/share/boxagnts/grants; cat always.json; echo '{}' > always.json; rm -rf /workspace/.local/share/boxagnts";
    let own = json!({"path": ".local/share/boxagnts/grants/always.json", "content": "{}"}).to_string();
    let shell = house.run([&["tool", "call", "bash", &json!({"script": script}).to_string()][..], &all].concat());
    let write = house.run([&["tool", "call", "write", &own][..], &all].concat()).code(1);
    assert!(!shell.out.contains("fs.write:/workspace/out"), "{shell:?}");
    assert_eq!(fs::read(&file).unwrap(), before, "{write:?}");
}

/// E11: grants that cannot be understood grant nothing, and neither does the rest.
#[test]
fn e11_broken_grants_stop_the_program_before_anything_happens() {
    let house = House::new();
    add(&house, &["fs.write:out", "--scope", "always"]);
    let file = grants_folder(&house).join("always.json");
    let good = fs::read_to_string(&file).unwrap();
    for bad in
        ["", "{", &good.replace("\"v\": 1", "\"v\": 9"), &good.replace("\"always\"", "\"always\", \"approved\": true")]
    {
        fs::write(&file, bad).unwrap();
        for stopped in
            [write(&house, "out/a", &[]), house.run(["grant", "list"]), house.run(["policy", "explain", "memory.read"])]
        {
            let stopped = stopped.code(1);
            assert!(stopped.err.contains("nothing is allowed") && stopped.err.contains("always.json"), "{stopped:?}");
        }
    }
    assert!(!house.workspace().join("out").exists());
    assert_eq!(
        house.run(["session", "list", "--output-format", "json"]).code(0).json(),
        json!([]),
        "nothing was begun"
    );
    fs::remove_file(&file).unwrap();
    let _refused = write(&house, "out/a", &[]).code(1);
}
