//! What a task is, and how it is done.

use boxagnts_tests::terminal::Person;
use boxagnts_tests::{House, ScriptedModel};
use serde_json::{Value, json};
use std::fs;

/// One task, from the files before to the files after.
#[derive(Default)]
pub(crate) struct Task {
    /// What the person wants.
    pub(crate) name: &'static str,
    /// The permission mode; `ask` when it is empty.
    pub(crate) mode: &'static str,
    /// What the person grants beforehand.
    pub(crate) grants: Vec<String>,
    /// The files of the workspace before.
    pub(crate) before: Vec<(&'static str, &'static str)>,
    /// The calls of the model, message by message.
    pub(crate) steps: Vec<Vec<Value>>,
    /// The files afterwards, with all that they hold.
    pub(crate) after: Vec<(&'static str, &'static str)>,
    /// Files that are not there afterwards.
    pub(crate) gone: Vec<&'static str>,
    /// What the model must have been told.
    pub(crate) told: Vec<&'static str>,
}

pub(crate) fn call(tool: &str, input: &Value) -> Value {
    json!({ "tool": tool, "input": input })
}

pub(crate) fn read(path: &str) -> Value {
    call("read", &json!({ "path": path }))
}

pub(crate) fn write(path: &str, content: &str) -> Value {
    call("write", &json!({ "path": path, "content": content }))
}

pub(crate) fn edit(path: &str, old: &str, new: &str) -> Value {
    call("edit", &json!({ "path": path, "old": old, "new": new, "replace_all": true }))
}

pub(crate) fn grep(pattern: &str) -> Value {
    call("grep", &json!({ "pattern": pattern }))
}

pub(crate) fn glob(pattern: &str) -> Value {
    call("glob", &json!({ "pattern": pattern }))
}

pub(crate) fn shell(script: &str) -> Value {
    call("bash", &json!({ "script": script }))
}

pub(crate) fn fetch(url: &str) -> Value {
    call("web_fetch", &json!({ "url": url }))
}

/// Does a task in a house of its own. Returns how often the person was asked.
pub(crate) fn perform(task: &Task) -> usize {
    perform_in(&House::new(), task)
}

/// Does a task in this house, and insists on its result. Returns how often the person was asked.
pub(crate) fn perform_in(house: &House, task: &Task) -> usize {
    let name = task.name;
    for (path, content) in &task.before {
        house.write(path, content);
    }
    let steps = task.steps.iter().map(|calls| json!({ "calls": calls }));
    let replies: Vec<Value> = steps.chain([json!({"text": "It is done."})]).collect();
    let model = ScriptedModel::start(house, &json!(replies));
    let mode = if task.mode.is_empty() { "ask" } else { task.mode };
    let mut flags = vec!["--permission-mode", mode];
    flags.extend(task.grants.iter().flat_map(|grant| ["--allow", grant]));

    let mut person = Person::new();
    let mut child = person.starts(&mut model.command(house, &flags));
    let mut asked = 0;
    while person.sees_one_of(&[("Allow?", asked + 1), ("session show", 1)]) == 0 {
        asked += 1;
        person.types("y\n");
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{name}: {}", person.sees("", 0));

    let events = house.events(&house.newest_session());
    let of_type = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of_type("approval.requested").len(), asked, "{name}: the person saw each question once");
    for result in of_type("call.finished") {
        assert_eq!(result["body"]["outcome"], "done", "{name}: {result}");
        assert!(!result["body"]["content"].to_string().contains("[exit code"), "{name}: {result}");
    }
    for (path, content) in &task.after {
        let found =
            fs::read_to_string(house.workspace().join(path)).unwrap_or_else(|error| panic!("{name}: {path}: {error}"));
        assert_eq!(&found, content, "{name}: {path}");
    }
    for path in &task.gone {
        assert!(!house.workspace().join(path).exists(), "{name}: {path} is still there");
    }
    let told = json!(model.requests()).to_string();
    for words in &task.told {
        assert!(told.contains(words), "{name}: the model did not hear {words:?}: {told}");
    }
    asked
}

/// Does all of them, and insists on how often the person was asked for each.
pub(crate) fn perform_all(tasks: &[Task], questions: &[usize]) {
    let asked: Vec<usize> = tasks.iter().map(perform).collect();
    assert_eq!(asked, questions, "{:#?}", tasks.iter().map(|task| task.name).collect::<Vec<_>>());
}
