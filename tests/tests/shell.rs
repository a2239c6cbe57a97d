//! The shell under a question: its changes are shown at its end and made after the yes.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::House;
use boxagnts_tests::terminal::Person;
use serde_json::{Value, json};
use std::process::Child;

/// Changes a file, moves one, removes one, makes one, and prints what it sees of that.
const SCRIPT: &str = "sed -i s/one/ONE/ a.txt; mkdir -p new/deep; mv b.txt new/deep/; rm c.txt; echo fresh > new/d.txt; \
                      echo gone > passing && rm passing; cat a.txt new/deep/b.txt; ls; cd new";

fn house() -> House {
    let house = House::new();
    for (name, content) in [("a.txt", "one\ntwo\n"), ("b.txt", "b\n"), ("c.txt", "c\n")] {
        house.write(name, content);
    }
    house
}

/// A person before whom the script runs, at the moment of the question.
fn asked(house: &House) -> (Person, Child, String) {
    let mut person = Person::new();
    let child = person.starts(&mut house.command(call(SCRIPT)));
    let shown = person.sees("Allow?", 1).to_owned();
    (person, child, shown)
}

fn call(script: &str) -> [String; 4] {
    ["tool", "call", "bash", &json!({ "script": script }).to_string()].map(str::to_owned)
}

fn untouched(house: &House) -> bool {
    let names = std::fs::read_dir(house.workspace()).unwrap().count();
    house.read("a.txt") == "one\ntwo\n" && house.read("b.txt") == "b\n" && house.read("c.txt") == "c\n" && names == 3
}

#[test]
fn a_script_is_shown_as_one_diff_and_made_after_the_yes() {
    let house = house();
    let (mut person, mut child, shown) = asked(&house);
    for line in
        ["fs.write:/workspace/a.txt", "/workspace/a.txt: changed", "-one", "+ONE", "moved here from /workspace/b.txt"]
    {
        assert!(shown.contains(line), "{line:?} is missing in:\n{shown}");
    }
    assert!(!shown.contains("passing"), "{shown}");
    assert!(untouched(&house), "nothing happens while the question stands");
    person.types("y\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(house.read("a.txt"), "ONE\ntwo\n");
    assert_eq!((house.read("new/deep/b.txt"), house.read("new/d.txt")), ("b\n".to_owned(), "fresh\n".to_owned()));
    assert!(!house.workspace().join("c.txt").exists() && !house.workspace().join("b.txt").exists());
}

#[test]
fn a_script_that_gets_a_no_has_changed_nothing() {
    let house = house();
    let (mut person, mut child, _) = asked(&house);
    person.types("n\n");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(untouched(&house));
}

#[test]
fn with_nobody_there_a_script_reads_and_its_changes_do_not_happen() {
    let house = house();
    let ended = house.run(call(SCRIPT)).code(4);
    assert!(
        ended.err.contains("needs fs.write:/workspace/a.txt") || ended.out.contains("needs fs.write:/workspace/a.txt")
    );
    assert!(untouched(&house));
    let reading = house.run(call("cat *.txt | sort | head -1; sort a.txt > /tmp/x; wc -l < /tmp/x")).code(0);
    assert!(reading.out.contains('b') && reading.out.contains('2'), "{reading:?}");
}

#[test]
fn what_was_there_before_a_script_is_in_the_journal_after_the_yes_only() {
    let house = house();
    let before = |house: &House| -> usize {
        let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
        let id = sessions[0]["session"].as_str().unwrap().to_owned();
        let events = house.run(["session", "show", &id, "--output-format", "json"]).code(0).json();
        let is_before = |event: &&Value| event["type"] == "file.before";
        events.as_array().unwrap().iter().filter(is_before).count()
    };
    let _denied = house.run(call(SCRIPT)).code(4);
    assert_eq!(before(&house), 0);
    let (mut person, mut child, _) = asked(&house);
    person.types("y\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(4 <= before(&house), "each changed place is kept");
}

#[test]
fn a_script_whose_edits_are_accepted_is_not_asked_about() {
    let house = house();
    let accepted = [&call(SCRIPT)[..], &["--permission-mode".to_owned(), "accept-edits".to_owned()]].concat();
    let ended = house.run(accepted).code(0);
    assert!(ended.out.contains("ONE"), "{ended:?}");
    assert_eq!(house.read("a.txt"), "ONE\ntwo\n");
}
