//! The log of receipts with the real binary: it names what happened, it is sealed, and whatever is done to it is noticed.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::{Ended, House};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A pattern whose automaton is far too large to be kept, so that each byte of the text costs it a long walk.
const SLOW: &str = r#"{"pattern":"(?:[a-y]{0,90}x?){0,90}Z","path":"long.txt"}"#;

fn toured() -> House {
    let house = House::new();
    house.write("README.md", "# Apples\n");
    house.write(".git/HEAD", "ref: refs/heads/main\n");
    let _ = house
        .run(["run", "-p", "show me around", "--model", "demo/tour", "--allow", "fs.write:/workspace/REPORT.md"])
        .code(0);
    house
}

fn verify(house: &House) -> (Ended, Value) {
    let ended = house.run(["audit", "verify", "--output-format", "json"]);
    let verdict = ended.json();
    assert_eq!(ended.code, Some(i32::from(verdict["intact"] != true)), "{ended:?}");
    (ended, verdict)
}

fn shown(house: &House, more: &[&str]) -> Vec<Value> {
    let ended = house.run([&["audit", "show", "--output-format", "json", "--limit", "10000"], more].concat()).code(0);
    ended.json().as_array().unwrap().clone()
}

fn journal(house: &House) -> PathBuf {
    let workspaces = house.home().join(".local/share/boxagnts/workspaces");
    fs::read_dir(workspaces).unwrap().next().unwrap().unwrap().path()
}

fn seals(house: &House) -> PathBuf {
    house.home().join(".local/state/boxagnts/seals")
}

fn checkpoints(house: &House) -> PathBuf {
    let files = fs::read_dir(seals(house)).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "jsonl")).unwrap()
}

/// The bytes of every file right in a folder, to be put back into the same files.
fn kept(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_tour_leaves_a_log_that_is_intact_and_agrees_with_the_session() {
    let house = toured();
    let (_, verdict) = verify(&house);
    assert_eq!((&verdict["covered"], &verdict["remarks"]), (&verdict["records"], &serde_json::json!([])), "{verdict}");
    let session = house.newest_session();
    let log = shown(&house, &["--session", &session]);
    // Every effect that the session's events tell stands in the log, in the same order and with the same rule.
    let told = |records: &[Value]| -> Vec<Value> {
        let effects = records.iter().filter(|record| record["type"] == "effect");
        effects
            .map(|record| {
                ["effect", "decision", "rule", "count", "bytes"].map(|name| record["body"][name].clone()).into()
            })
            .collect()
    };
    assert_eq!(told(&log), told(&house.events(&session)));
    let refused = shown(&house, &["--refused"]);
    assert!(!refused.is_empty() && refused.iter().all(|record| record["body"]["decision"] == "refused"));
    assert_eq!(refused, log.into_iter().filter(|record| record["body"]["decision"] == "refused").collect::<Vec<_>>());
    let text = house.run(["audit", "show", "--paths"]).code(0).out;
    assert!(text.contains("REFUSED") && text.contains("fs.write:/workspace/REPORT.md"), "{text}");
    assert!(house.run(["audit", "verify"]).code(0).out.starts_with("The log is intact"));
}

#[test]
fn nothing_recorded_is_nothing_wrong() {
    let house = House::new();
    let (_, verdict) = verify(&house);
    assert_eq!((&verdict["records"], &verdict["journal"]), (&0.into(), &Value::Null));
    assert_eq!(shown(&house, &[]), [] as [Value; 0]);
}

#[test]
fn every_path_of_a_search_is_named() {
    let house = House::new();
    let names: Vec<String> = (0..120).map(|number| format!("folder/file-{number:03}.txt")).collect();
    for name in &names {
        house.write(name, "apples\n");
    }
    let _ = house.run(["tool", "call", "grep", r#"{"pattern":"apples"}"#]).code(0);
    let text = house.run(["audit", "show", "--paths"]).code(0).out;
    for name in &names {
        assert!(text.contains(&format!("/workspace/{name}\n")), "{name}");
    }
    assert_eq!(verify(&house).1["intact"], true);
}

/// I05: what a model writes cannot move the cursor, or look like a line of the log.
#[test]
fn i05_a_path_cannot_forge_a_line_of_the_log() {
    let house = House::new();
    let path = "a\u{1b}[2J\n    9  2026-01-01 00:00:00  allowed";
    house.write(path, "x");
    let _ = house.run(["tool", "call", "read", &serde_json::json!({"path": path}).to_string()]).code(0);
    let _ = house.run(["tool", "call", "read", &serde_json::json!({"path": format!("../{path}")}).to_string()]);
    for more in [&[][..], &["--paths"]] {
        let text = house.run([&["audit", "show"], more].concat()).code(0).out;
        assert!(!text.contains('\u{1b}') && !text.lines().any(|line| line.starts_with("    9  2026-01-01")), "{text}");
    }
}

/// I04: the end of the journal is cut off, or an older state of it put back; the file stays the same one.
#[test]
fn i04_a_journal_that_was_cut_or_put_back_is_noticed() {
    let house = toured();
    let records = verify(&house).1["records"].as_u64().unwrap();
    let folder = journal(&house);
    let older = kept(&folder);
    let _ = house.run(["tool", "call", "read", r#"{"path":"README.md"}"#]).code(0);
    let whole = kept(&folder);
    assert!(verify(&house).1["records"].as_u64().unwrap() > records);
    for (path, bytes) in &older {
        fs::write(path, bytes).unwrap();
    }
    let (ended, verdict) = verify(&house);
    assert_eq!(
        (&verdict["bad"]["record"], &verdict["bad"]["flaw"]),
        (&(records + 1).into(), &"cut".into()),
        "{ended:?}"
    );
    for (path, bytes) in &whole {
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(verify(&house).1["intact"], true);
}

#[test]
fn a_journal_or_checkpoints_that_are_gone_are_missed() {
    let house = toured();
    let outside = checkpoints(&house);
    let lines = fs::read(&outside).unwrap();
    fs::remove_file(&outside).unwrap();
    let (_, verdict) = verify(&house);
    assert!(verdict["problems"].to_string().contains("kept outside"), "{verdict}");
    fs::write(&outside, lines).unwrap();
    fs::set_permissions(&outside, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(verify(&house).1["intact"], true);
    fs::remove_dir_all(journal(&house)).unwrap();
    let (ended, verdict) = verify(&house);
    assert!(verdict["problems"].to_string().contains("is not here"), "{ended:?}");
}

/// What cannot be written down does not happen.
#[test]
fn effects_stop_when_the_log_cannot_be_sealed() {
    let house = House::new();
    fs::create_dir_all(seals(&house).parent().unwrap()).unwrap();
    fs::write(seals(&house), "in the way").unwrap();
    let write = ["tool", "call", "write", r#"{"path":"a.txt","content":"x"}"#, "--allow", "fs.write:/workspace"];
    let ended = house.run(write).code(1);
    assert!(ended.err.contains("seals"), "{ended:?}");
    assert!(!house.workspace().join("a.txt").exists());
    let tour = ["run", "-p", "go", "--model", "demo/tour", "--allow", "fs.write:/workspace", "--output-format", "json"];
    let ended = house.run(tour).code(1);
    assert_eq!(ended.json()["reason"], "record_failed", "{ended:?}");
    assert_eq!(fs::read_dir(house.workspace()).unwrap().count(), 0);
    // The twin: with the way free, the same calls have their effect.
    fs::remove_file(seals(&house)).unwrap();
    let _ = house.run(write).code(0);
    assert_eq!(house.read("a.txt"), "x");
}

#[test]
fn a_log_is_checked_while_a_call_runs_and_covered_when_it_was_interrupted() {
    let house = House::new();
    house.write("long.txt", "abcdefghijklmnopqrstuvwxy".repeat(800_000));
    let mut child = house.command(["tool", "call", "grep", SLOW, "--verbose"]).spawn().unwrap();
    // The line that names the tool says that the call has started.
    let announced = BufReader::new(child.stderr.take().unwrap()).lines().any(|line| line.unwrap().contains("grep"));
    assert!(announced);
    assert_eq!(verify(&house).1["intact"], true);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let (_, verdict) = verify(&house);
    assert_eq!((&verdict["intact"], &verdict["covered"]), (&true.into(), &verdict["records"]), "{verdict}");
}
