//! One run over HTTP that uses every built-in tool on a copy of this repository, several of them at once.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_testkit::wire::{Answer, Server};
use boxagnts_tests::{Ended, House, ScriptedModel};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One use of a tool.
struct Use {
    tool: &'static str,
    input: Value,
    /// What must stand in the answer that the model gets.
    answer: &'static str,
}

fn used(tool: &'static str, input: Value, answer: &'static str) -> Use {
    Use { tool, input, answer }
}

/// What the model asks for, message by message. A tool that is added to the program needs its use here; what it leaves
/// in the world is looked at in [`look_at_the_world`].
fn messages(page: &str) -> Vec<Vec<Use>> {
    vec![
        // Neither can notice the other: all of them run at once.
        vec![
            used("glob", json!({"pattern": "crates/*/Cargo.toml"}), "crates/agent/Cargo.toml"),
            used("grep", json!({"pattern": "^pub trait Model", "path": "crates"}), "crates/model/src/lib.rs"),
            used("read", json!({"path": "README.md"}), "# BoxAgnts"),
            used("read", json!({"path": "wit/tool.wit"}), "package boxagnts:tool"),
            used("web_fetch", json!({"url": page}), "A page of the web"),
        ],
        // Two writes beside each other, and an edit that must wait for one of them.
        vec![
            used("write", json!({"path": "notes/one.md", "content": "first line\n"}), "notes/one.md"),
            used("write", json!({"path": "notes/two.md", "content": "another file\n"}), "notes/two.md"),
            used("edit", json!({"path": "notes/one.md", "old": "first", "new": "second"}), "notes/one.md"),
        ],
        // The script reads what the edit before it leaves, and the read behind it what the script writes.
        vec![
            used("edit", json!({"path": "notes/two.md", "old": "another", "new": "the other"}), "notes/two.md"),
            used("bash", json!({"script": "cat notes/*.md | tr a-z A-Z > notes/all.md; wc -l < notes/all.md"}), "2"),
            used("read", json!({"path": "notes/all.md"}), "THE OTHER FILE"),
        ],
    ]
}

/// The script of the model: each message expects what the one before it must have brought.
fn replies(page: &str) -> Value {
    let mut replies = Vec::new();
    let mut expect: Vec<&str> = Vec::new();
    for message in messages(page) {
        let calls: Vec<Value> = message.iter().map(|used| json!({"tool": used.tool, "input": used.input})).collect();
        replies.push(json!({"expect": expect, "calls": calls}));
        expect = message.iter().map(|used| used.answer).collect();
    }
    replies.push(json!({"expect": expect, "text": "Every tool was used."}));
    json!(replies)
}

fn look_at_the_world(house: &House) {
    assert_eq!(house.read("notes/one.md"), "second line\n");
    assert_eq!(house.read("notes/two.md"), "the other file\n");
    assert_eq!(house.read("notes/all.md"), "SECOND LINE\nTHE OTHER FILE\n");
}

/// The files of this repository, without what is made from them.
fn checkout(house: &House) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if path.is_dir() && !path.is_symlink() {
                if name != "target" && name != ".git" && name != "node_modules" {
                    folders.push(path);
                }
            } else if path.is_file() {
                let to = house.workspace().join(path.strip_prefix(root).unwrap());
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(&path, to).unwrap();
            }
        }
    }
}

fn every_file(house: &House) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![house.workspace()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(house.workspace()).unwrap().display().to_string();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_uses_every_tool_on_this_repository() {
    let house = House::new();
    let server = Server::here(Answer::page("text/html", "<p>A page of the web, with some words.</p>")).await;
    let page = format!("http://{}/page", server.address);
    checkout(&house);
    let before = every_file(&house);
    let tools = house.run(["tool", "list", "--output-format", "json"]).code(0).json();
    let tools: BTreeSet<String> =
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect();
    let script: BTreeSet<String> = messages(&page).iter().flatten().map(|used| used.tool.to_owned()).collect();
    assert_eq!(script, tools, "the script uses every tool, and no other");

    let model = ScriptedModel::start(&house, &replies(&page));
    let web = format!("network.get:{page}");
    let allow = ["--allow", "fs.write:/workspace/notes", "--allow", &web, "--output-format", "json"];
    let ended = Ended::of(&model.command(&house, &allow).output().unwrap());
    let result = ended.code(0).json();
    assert_eq!(result["text"], "Every tool was used.", "{:#?}", model.requests());
    assert_eq!(
        (&result["reason"], &result["steps"], &result["unanswered"]),
        (&json!("answered"), &json!(4), &json!(0))
    );

    look_at_the_world(&house);
    let mut after = every_file(&house);
    for name in ["notes/one.md", "notes/two.md", "notes/all.md"] {
        after.remove(name).unwrap();
    }
    assert!(before == after, "another file was changed");
    assert_requests(&model.requests(), &page);
    assert_eq!(server.heard().len(), 1, "one request left");
    assert_journal(&house, result["session"].as_str().unwrap());
}

/// The server found no fault, and each message's calls are answered in their order.
fn assert_requests(requests: &[Value], page: &str) {
    assert_eq!(requests.len(), messages(page).len() + 1);
    assert!(requests.iter().all(|request| request["violations"] == json!([])), "{requests:#?}");
    let said = requests.last().unwrap()["body"]["messages"].as_array().unwrap();
    let answers: Vec<&str> =
        said.iter().filter(|message| message["role"] == "tool").map(|m| m["content"].as_str().unwrap()).collect();
    let uses: Vec<Use> = messages(page).into_iter().flatten().collect();
    assert_eq!(answers.len(), uses.len());
    for (answer, used) in answers.iter().zip(uses) {
        assert!(answer.contains(used.answer), "{} {} answered {answer}", used.tool, used.input);
    }
}

/// Each call that was asked for is done, once.
fn assert_journal(house: &House, session: &str) {
    let events = house.events(session);
    let finished: Vec<&Value> = events.iter().filter(|event| event["type"] == "call.finished").collect();
    let asked = events.iter().flat_map(|event| event["body"]["calls"].as_array().into_iter().flatten());
    let asked: BTreeSet<&str> = asked.map(|call| call["id"].as_str().unwrap()).collect();
    assert_eq!(finished.iter().map(|event| event["call"].as_str().unwrap()).collect::<BTreeSet<_>>(), asked);
    assert_eq!(finished.len(), asked.len());
    assert!(finished.iter().all(|event| event["body"]["outcome"] == "done"), "{finished:#?}");
}
