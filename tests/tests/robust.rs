//! What goes wrong around the program does not go wrong inside it.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests look at the world and insist on it")]

use boxagnts_tests::House;
use boxagnts_tests::terminal::Person;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::Read as _;

const RUN: [&str; 7] = ["run", "-p", "x", "--model", "demo/tour", "--permission-mode", "accept-edits"];

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

#[test]
fn a_standard_error_that_nobody_reads_changes_nothing() {
    let house = House::new();
    house.write("a.txt", "TODO\n");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = house.command(RUN).stderr(full).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(of_type(&house.events(&house.newest_session()), "turn.finished").len(), 1);
    let missing = house.command(["tool", "call", "read", r#"{"path":"missing"}"#]);
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut missing = missing;
    assert_eq!(missing.stderr(full).output().unwrap().status.code(), Some(1));
}

#[test]
fn a_reader_that_goes_away_ends_the_turn_and_leaves_a_valid_session() {
    let house = House::new();
    let mut child = house.command(RUN).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let events = house.events(&house.newest_session());
    assert_eq!(of_type(&events, "turn.finished")[0]["body"]["reason"], "interrupted");
    let _free = house.run([&RUN[..], &["--continue"]].concat()).code(0);
}

#[test]
fn a_session_whose_program_was_killed_gets_its_loose_ends_tied() {
    let house = House::new();
    house.write("long.txt", "a\n");
    let mut child = house.command(RUN).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    let id = house.newest_session();
    assert!(of_type(&house.events(&id), "turn.finished").is_empty(), "it was killed in the middle");
    // The dead process holds the session for a while; a fresh one is told who it was.
    let held = house.run([&RUN[..], &["--resume", &id]].concat());
    assert!(held.code == Some(0) || held.err.contains("is in use by boxagnts, process"), "{held:?}");
}

#[test]
fn a_folder_inside_a_repositorys_own_folder_is_no_world() {
    let house = House::new();
    house.write(".git/config", "[core]\n");
    let write = ["tool", "call", "write", r#"{"path":"config","content":"x"}"#, "--permission-mode", "bypass"];
    let ended = house.run([&write[..], &["--workspace-dir", ".git"]].concat()).code(2);
    assert!(ended.err.contains(".git"), "{ended:?}");
    let ended = house.run([&write[..], &["--map", ".git:g:rw"]].concat()).code(2);
    assert!(ended.err.contains(".git"), "{ended:?}");
    assert_eq!(house.read(".git/config"), "[core]\n");
}

#[test]
fn a_folder_has_one_name_so_that_a_deny_cannot_be_walked_around() {
    let house = House::new();
    let path = house.workspace().display().to_string();
    let write = ["tool", "call", "write", r#"{"path":"/folders/w/x","content":"z"}"#, "--allow", "fs.write:/folders"];
    let map = format!("{path}:w:rw");
    let ended = house.run([&write[..], &["--deny", "fs.write:/workspace", "--map", &map]].concat()).code(2);
    assert!(ended.err.contains("same folder"), "{ended:?}");
    assert!(!house.workspace().join("x").exists());

    let other = house.outside().join("other");
    std::fs::create_dir(&other).unwrap();
    let map = format!("{}:w:rw", other.display());
    let _done = house.run([&write[..], &["--map", &map]].concat()).code(0);
    assert_eq!(std::fs::read_to_string(other.join("x")).unwrap(), "z");
    let home = format!("{}:h", house.home().display());
    let _mapped = house.run(["tool", "call", "glob", r#"{"pattern":"*"}"#, "--map", &home]).code(0);
}

#[test]
fn a_yes_that_was_typed_before_the_question_is_no_answer() {
    let (house, mut person) = (House::new(), Person::new());
    person.types("y\n");
    let write = ["tool", "call", "write", r#"{"path":"a.txt","content":"x"}"#];
    let mut child = person.starts(&mut house.command(write));
    person.sees("Allow?", 1);
    assert!(!house.workspace().join("a.txt").exists());
    person.types("n\n");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!house.workspace().join("a.txt").exists());
}

#[test]
fn a_yes_that_was_typed_at_the_question_is_an_answer() {
    let (house, mut person) = (House::new(), Person::new());
    let write = ["tool", "call", "write", r#"{"path":"a.txt","content":"x"}"#];
    let mut child = person.starts(&mut house.command(write));
    person.sees("Allow?", 1);
    person.types("y\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(house.read("a.txt"), "x");
}
