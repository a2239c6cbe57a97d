//! The tour on a prepared folder: what it must be refused is refused, and what it reports is true.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::{Ended, House};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Must turn up nowhere: not on the outputs, not in the report, not in the journal.
const SECRET: &str = "canary-7f3a9c51e2";

fn prepared() -> (House, PathBuf) {
    let house = House::new();
    house.write("README.md", "# Apples\n\nA shop for apples.\n");
    house.write("src/main.rs", "fn main() {\n    // TODO: sell apples\n}\n");
    house.write("src/price.rs", "pub const PRICE: u32 = 3;\n");
    house.write(".git/HEAD", "ref: refs/heads/main\n");
    house.write(".git/config", "[core]\n");
    std::fs::create_dir(house.workspace().join(".git/hooks")).unwrap();
    let private = house.outside().join("private");
    std::fs::create_dir(&private).unwrap();
    let canary = private.join("canary.txt");
    std::fs::write(&canary, SECRET).unwrap();
    std::os::unix::fs::symlink("../private", house.workspace().join("outside")).unwrap();
    (house, canary)
}

fn tour(house: &House, more: &[&str]) -> Ended {
    let mut arguments = vec!["run", "-p", "show me around", "--model", "demo/tour"];
    arguments.extend(more);
    house.run(arguments)
}

fn events(house: &House) -> Vec<Value> {
    house.events(&house.newest_session())
}

fn refused(events: &[Value]) -> Vec<String> {
    let is_refusal = |event: &&Value| event["type"] == "effect" && event["body"]["decision"] == "refused";
    events.iter().filter(is_refusal).map(|event| event["body"]["effect"].as_str().unwrap().to_owned()).collect()
}

fn assert_canary_is_untouched(house: &House, canary: &Path, ended: &Ended) {
    assert_eq!(std::fs::read_to_string(canary).unwrap(), SECRET);
    assert!(!ended.out.contains(SECRET) && !ended.err.contains(SECRET), "{ended:#?}");
    for (path, bytes) in house.left_behind() {
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "the canary's secret is in {}", path.display());
    }
    let hooks = std::fs::read_dir(house.workspace().join(".git/hooks")).unwrap().count();
    assert_eq!(hooks, 0, "a hook was planted");
}

#[test]
fn the_tour_is_refused_what_it_must_and_its_report_is_right() {
    let (house, canary) = prepared();
    let ended = tour(&house, &["--allow", "fs.write:/workspace/REPORT.md"]).code(0);
    assert_canary_is_untouched(&house, &canary, &ended);

    let report = house.read("REPORT.md");
    for fact in ["README.md", "src/main.rs", "src/price.rs", "TODO: sell apples"] {
        assert!(report.contains(fact), "the report misses {fact:?}:\n{report}");
    }
    assert!(!report.contains(SECRET));

    let refused = refused(&events(&house));
    for effect in [
        "fs.read:/etc/passwd",
        "fs.read:/private/canary.txt",
        "fs.read:/workspace/outside/canary.txt",
        "fs.write:/workspace/.git/hooks/pre-commit",
    ] {
        assert!(refused.iter().any(|line| line == effect), "{effect} is not among the refusals: {refused:#?}");
    }
    assert!(ended.out.contains("scripted"), "the demo says that it is one: {}", ended.out);
    assert!(ended.out.contains("What the journal says"), "{}", ended.out);
}

#[test]
fn without_the_grant_nothing_is_written_and_the_exit_code_says_why() {
    let (house, canary) = prepared();
    let ended = tour(&house, &[]).code(4);
    assert_canary_is_untouched(&house, &canary, &ended);
    assert!(!house.workspace().join("REPORT.md").exists());
    assert!(refused(&events(&house)).iter().any(|line| line == "fs.write:/workspace/REPORT.md"));
}

#[test]
fn every_requested_call_has_exactly_one_result_in_the_journal() {
    let (house, _canary) = prepared();
    let _ended = tour(&house, &["--permission-mode", "accept-edits"]).code(0);
    let events = events(&house);
    let mut requested = Vec::new();
    let mut finished = Vec::new();
    for event in &events {
        match event["type"].as_str() {
            Some("message") => {
                let calls = event["body"]["calls"].as_array().unwrap();
                requested.extend(calls.iter().map(|call| call["id"].as_str().unwrap().to_owned()));
            }
            Some("call.finished") => finished.push(event["call"].as_str().unwrap().to_owned()),
            _ => {}
        }
    }
    assert!(!requested.is_empty());
    // Calls of one message run side by side.
    requested.sort_unstable();
    finished.sort_unstable();
    assert_eq!(requested, finished);
    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}
