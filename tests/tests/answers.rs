//! A question of one program, answered by another.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests look at the world")]

use boxagnts_tests::terminal::Person;
use boxagnts_tests::{Ended, House};
use std::process::Child;

/// A program that asks for a write, with a person at its terminal who says nothing.
fn asking(house: &House) -> (Person, Child, String) {
    let mut person = Person::new();
    let child = person.starts(&mut house.command(["tool", "call", "write", r#"{"path":"a.txt","content":"x"}"#]));
    person.sees("Allow?", 1);
    let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
    (person, child, sessions[0]["session"].as_str().expect("it has an id").to_owned())
}

#[test]
fn a_yes_from_another_program_lets_the_call_go_on() {
    let house = House::new();
    let (_person, child, id) = asking(&house);
    let shown = house.run(["session", "answer", &id]).code(4);
    assert!(shown.out.contains("write asks for fs.write:/workspace/a.txt"), "{shown:?}");
    let _answered = house.run(["session", "answer", &id, "once"]).code(0);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(Ended::of(&output).code, Some(0));
    assert_eq!(house.read("a.txt"), "x");
    let late = house.run(["session", "answer", &id, "once"]).code(1);
    assert!(late.err.contains("asks nothing"), "{late:?}");
}

#[test]
fn a_no_from_another_program_is_a_no() {
    let house = House::new();
    let (_person, mut child, id) = asking(&house);
    let _answered = house.run(["session", "answer", &id, "no"]).code(0);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    assert_eq!(std::fs::read_dir(house.workspace()).map(Iterator::count).unwrap_or_default(), 0);
}

#[test]
fn a_session_that_is_not_there_asks_nothing() {
    let house = House::new();
    let _unknown = house.run(["session", "answer", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "once"]).code(2);
}
