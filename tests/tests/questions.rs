//! Several calls may wait for a person at once; the person is asked about one after the other.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests look at the world and insist on it")]

use boxagnts_tests::terminal::Person;
use boxagnts_tests::{House, ScriptedModel};
use serde_json::json;

#[test]
fn questions_of_calls_that_run_side_by_side_stand_one_at_a_time_and_no_line_comes_between() {
    let (house, mut person) = (House::new(), Person::new());
    house.write("README.md", "# Apples\n");
    let write = |path: &str| json!({"tool": "write", "input": {"path": path, "content": "x"}});
    let calls = [write("one.txt"), write("two.txt"), json!({"tool": "read", "input": {"path": "README.md"}})];
    let model = ScriptedModel::start(&house, &json!([{"calls": calls}, {"text": "Done."}]));
    let mut child = person.starts(&mut model.command(&house, &[]));

    let first = person.sees("Allow?", 1).to_owned();
    let session = house.newest_session();
    // Both writes have put their question, and the read has ended, long before anybody answers.
    let of_type = |kind: &str| house.events(&session).iter().filter(|event| event["type"] == kind).count();
    while of_type("approval.requested") < 2 || of_type("call.finished") < 1 {
        std::thread::yield_now();
    }
    person.types("n\n");
    let second = person.sees("Allow?", 2).to_owned();
    assert_eq!(second.matches("asks for").count(), 2, "{second}");
    let (answered, next) = (second.find("view all > n"), second.rfind("asks for"));
    assert!(answered.is_some() && answered < next, "the second question did not wait for the first: {second}");
    // What ended before the first question may stand above it.
    let between = &second[second.find("asks for").unwrap_or_default()..];
    assert!(!between.contains('✓') && !between.contains('⛔'), "a line came between the questions: {second}");
    person.types("y\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let (refused, allowed) = if first.contains("one.txt") { ("one.txt", "two.txt") } else { ("two.txt", "one.txt") };
    assert!(!house.workspace().join(refused).exists(), "{first}");
    assert_eq!(house.read(allowed), "x");
    let screen = person.sees("session show", 1).replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    for line in [
        format!("write content=x path={refused}"),
        format!("write content=x path={allowed}"),
        "read path=README.md".into(),
    ] {
        assert_eq!(screen.matches(&line).count(), 1, "{line}: {screen}");
    }
}

/// A run on a terminal that wants to write `notes.txt` and waits for the person.
fn waits_for_a_yes() -> (House, ScriptedModel, Person, std::process::Child) {
    let (house, mut person) = (House::new(), Person::new());
    house.write("notes.txt", "apples\npears\n");
    let call = json!({"tool": "write", "input": {"path": "notes.txt", "content": "apples\nplums\n"}});
    let model = ScriptedModel::start(&house, &json!([{"calls": [call]}, {"text": "Done."}]));
    let child = person.starts(&mut model.command(&house, &[]));
    person.sees("Allow?", 1);
    (house, model, person, child)
}

#[test]
fn the_person_sees_what_would_change_in_the_file_that_is_there() {
    let (house, _model, mut person, mut child) = waits_for_a_yes();
    let screen = person.sees("Allow?", 1).to_owned();
    for line in
        ["fs.write:/workspace/notes.txt", "/workspace/notes.txt: changed, 13 bytes become 13", "-pears", "+plums"]
    {
        assert!(screen.contains(line), "{line}: {screen}");
    }
    person.types("y\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(house.read("notes.txt"), "apples\nplums\n");
}

#[test]
fn e03_a_file_that_somebody_changed_while_the_question_stood_is_not_overwritten() {
    let (house, _model, mut person, mut child) = waits_for_a_yes();
    house.write("notes.txt", "cherries\n");
    person.types("y\n");
    let screen = person.sees("session show", 1).to_owned();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(screen.contains("changed while the question stood"), "{screen}");
    assert_eq!(house.read("notes.txt"), "cherries\n");
}

#[test]
fn a_question_that_was_answered_elsewhere_does_not_take_the_answer_to_the_next_one() {
    let (house, mut person) = (House::new(), Person::new());
    let write = |path: &str| json!({"calls": [{"tool": "write", "input": {"path": path, "content": "x"}}]});
    let model = ScriptedModel::start(&house, &json!([write("one.txt"), write("two.txt"), {"text": "Done."}]));
    let mut child = person.starts(&mut model.command(&house, &[]));
    person.sees("Allow?", 1);
    let session = house.newest_session();
    assert!(house.command(["session", "answer", &session, "no"]).status().unwrap().success());
    person.sees("it was answered elsewhere", 1);
    person.sees("Allow?", 2);
    person.types("y\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!house.workspace().join("one.txt").exists());
    assert_eq!(house.read("two.txt"), "x");
}
