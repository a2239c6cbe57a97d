//! The script against canned answers: what it does next and what it says in the end.
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them when it updates a text")]

use super::*;
use boxagnts_types::{CallRequest, Content, Label, Message, Outcome, ToolAnswer};
use expect_test::expect;
use serde_json::Value;

/// What a world answers to a call.
type World = fn(&str, &Value) -> (Outcome, String);

/// A whole tour through a world.
struct Toured {
    /// What was asked for, one call per line.
    calls: Vec<String>,
    /// Everything that was said.
    said: Vec<String>,
    /// The content of the report, if one was to be written.
    report: Option<String>,
}

fn toured(world: World) -> Toured {
    let mut toured = Toured { calls: Vec::new(), said: Vec::new(), report: None };
    let mut messages = vec![Message::User { content: vec![Content::text("show me")] }];
    for step in 0..20 {
        let said = next(&Request { system: "".into(), messages: messages.clone(), tools: [].into() });
        toured.said.push(said.text.clone());
        if said.calls.is_empty() {
            return toured;
        }
        let (mut calls, mut answers) = (Vec::new(), Vec::new());
        for (place, asked) in said.calls.into_iter().enumerate() {
            let path = asked.input.get("path").or_else(|| asked.input.get("pattern")).cloned().unwrap_or_default();
            toured.calls.push(format!("{} {path}", asked.tool));
            if asked.id == WRITE {
                toured.report = asked.input["content"].as_str().map(str::to_owned);
            }
            let id = format!("{:026}", step * 10 + place).parse().unwrap();
            let (outcome, text) = world(asked.tool, &asked.input);
            let model_id = asked.id.to_owned();
            answers.push(ToolAnswer {
                call: id,
                model_id: model_id.clone(),
                outcome,
                content: vec![Content::text(text)],
                label: Label::INTERNAL,
            });
            calls.push(CallRequest { id, model_id, tool: asked.tool.to_owned(), input: asked.input.to_string() });
        }
        messages.push(Message::Assistant { text: said.text, calls });
        messages.push(Message::Tool { answers });
    }
    panic!("the tour does not end: {:?}", toured.calls);
}

impl Toured {
    fn summary(&self) -> &str {
        self.said.last().unwrap()
    }
}

fn denied(effect: &str) -> (Outcome, String) {
    (Outcome::Denied, format!("{effect} is refused by no rule names it; needs {effect}"))
}

fn done(text: &str) -> (Outcome, String) {
    (Outcome::Done, text.to_owned())
}

fn missing(path: &str) -> (Outcome, String) {
    (Outcome::Rejected, format!("the file or folder does not exist: /workspace/{path}"))
}

/// A world that keeps its promises: a small project, a link, a hook folder; the report is allowed.
fn sound(tool: &str, input: &Value) -> (Outcome, String) {
    match (tool, input["path"].as_str().unwrap_or_default()) {
        ("glob", _) => done("README.md\nsrc/main.rs\n[2 of 9 files; narrow the pattern]"),
        ("grep", _) => done("README.md:3:TODO: say more\nsrc/main.rs:1:// FIXME later"),
        ("read", "README.md") => done("     1\t# Small project\n     2\t\n     3\tTODO: say more"),
        ("read", "REPORT.md") => missing("REPORT.md"),
        ("write", "REPORT.md") => done("created REPORT.md: 300 bytes, 20 lines"),
        ("read", "../private/canary.txt") => denied("fs.read:/private/canary.txt"),
        ("read", "/etc/passwd") => denied("fs.read:/etc/passwd"),
        ("read", "outside/canary.txt") => (Outcome::Denied, "access denied: the link leads out".to_owned()),
        ("write", ".git/hooks/pre-commit") => {
            (Outcome::Denied, "fs.write:/workspace/.git/hooks/pre-commit is refused by protected path".to_owned())
        }
        other => panic!("not asked for: {other:?}"),
    }
}

#[test]
fn the_first_words_say_what_it_is() {
    assert!(toured(sound).said[0].starts_with("I am a scripted demo, not a language model: "));
}

#[test]
fn each_step_follows_from_the_one_before() {
    expect![[r#"
        glob "**/*"
        grep "TODO|FIXME"
        read "REPORT.md"
        read "README.md"
        write "REPORT.md"
        read "../private/canary.txt"
        read "/etc/passwd"
        read "outside/canary.txt"
        write ".git/hooks/pre-commit""#]]
    .assert_eq(&toured(sound).calls.join("\n"));
}

#[test]
fn the_report_says_what_the_tools_answered() {
    expect![[r#"
        # Report of the tour (demo/tour of BoxAgnts)

        Written by a script, not by a language model, from what the tools answered.

        ## Files

        2 files shown:

            README.md
            src/main.rs
            [2 of 9 files; narrow the pattern]

        ## Places with TODO|FIXME

        2 places shown:

            README.md:3:TODO: say more
            src/main.rs:1:// FIXME later

        ## README.md

            # Small project

            TODO: say more
    "#]]
    .assert_eq(&toured(sound).report.unwrap());
}

#[test]
fn the_summary_tells_what_came_back_of_each_attempt() {
    expect![[r"
        That was the tour. What came back:

        - done: looked around
        - done: searched
        - done: read a file
        - done: created REPORT.md: 300 bytes, 20 lines
        - refused: read a file beside the workspace, ../private/canary.txt
          fs.read:/private/canary.txt is refused by no rule names it; needs fs.read:/private/canary.txt
        - refused: read a file of the machine, /etc/passwd
          fs.read:/etc/passwd is refused by no rule names it; needs fs.read:/etc/passwd
        - refused: follow a link out of the workspace, outside/canary.txt
          access denied: the link leads out
        - refused: plant a git hook, .git/hooks/pre-commit
          fs.write:/workspace/.git/hooks/pre-commit is refused by protected path

        Of 4 forbidden attempts none succeeded: 4 refused.
        Every call and every decision is in the journal: `boxagnts session list`, then `boxagnts session show ID`.
    "]]
    .assert_eq(toured(sound).summary());
}

#[test]
fn an_attempt_that_succeeds_is_told_loudly_and_its_loot_is_not_repeated() {
    let leaking: World = |tool, input| match input["path"].as_str() {
        Some("../private/canary.txt" | "outside/canary.txt") => done("     1\tthe canary sings"),
        Some(".git/hooks/pre-commit") => done("created .git/hooks/pre-commit"),
        _ => sound(tool, input),
    };
    let toured = toured(leaking);
    let summary = toured.summary();
    for what in ["read a file beside the workspace", "follow a link out", "plant a git hook"] {
        assert!(summary.contains(&format!("!!! IT SUCCEEDED: {what}")), "{summary}");
    }
    assert!(summary.contains("THIS MUST NOT HAPPEN. Please report it"), "{summary}");
    assert!(summary.contains("!!! 3 of 4 forbidden attempts SUCCEEDED. The sandbox did not hold."), "{summary}");
    assert!(!summary.contains("sings"), "{summary}");
    assert!(!summary.contains("none succeeded"), "{summary}");
}

#[test]
fn where_there_is_no_link_it_says_so() {
    let plain: World = |tool, input| match input["path"].as_str() {
        Some("outside/canary.txt") => missing("outside/canary.txt"),
        _ => sound(tool, input),
    };
    let toured = toured(plain);
    assert!(toured.summary().contains("- nothing to try: follow a link out of the workspace"), "{}", toured.summary());
    assert!(toured.summary().contains("3 refused, 1 with nothing to try it on."), "{}", toured.summary());
}

#[test]
fn a_refused_report_names_the_grant_that_would_allow_it() {
    let closed: World = |tool, input| match (tool, input["path"].as_str()) {
        ("write", Some("REPORT.md")) => denied("fs.write:/workspace/REPORT.md"),
        _ => sound(tool, input),
    };
    let toured = toured(closed);
    let wanted = "To let me, run it again with --allow 'fs.write:/workspace/REPORT.md'.";
    assert!(toured.summary().contains(wanted), "{}", toured.summary());
    assert!(toured.summary().contains("- refused: write REPORT.md"), "{}", toured.summary());
}

#[test]
fn a_report_of_somebody_else_is_left_alone_and_an_own_one_is_replaced() {
    let foreign: World = |tool, input| match (tool, input["path"].as_str()) {
        ("read", Some("REPORT.md")) => done("     1\t# Our quarter\n[lines 1-1 of 90; continue with offset 2]"),
        _ => sound(tool, input),
    };
    let left = toured(foreign);
    assert!(left.report.is_none());
    assert!(left.summary().contains("- left alone: REPORT.md"), "{}", left.summary());
    let own: World = |tool, input| match (tool, input["path"].as_str()) {
        ("read", Some("REPORT.md")) => done(&format!("     1\t{}", report::TITLE)),
        ("grep", _) => done("REPORT.md:14:    x TODO y"),
        _ => sound(tool, input),
    };
    let replaced = toured(own).report.unwrap();
    assert!(replaced.contains("None was shown: only REPORT.md has any"), "{replaced}");
}

#[test]
fn an_empty_folder_is_toured_too() {
    let empty: World = |tool, input| match (tool, input["path"].as_str()) {
        ("glob", _) => done("no files match; what .gitignore leaves out was not looked at"),
        ("grep", _) => done("no matches"),
        ("read", Some("outside/canary.txt")) => missing("outside/canary.txt"),
        _ => sound(tool, input),
    };
    let toured = toured(empty);
    assert!(toured.said[1].starts_with("I was shown no files (no files match; what"), "{}", toured.said[1]);
    assert!(!toured.calls.iter().any(|call| call.contains("README")), "{:?}", toured.calls);
    let report = toured.report.unwrap();
    assert!(report.contains("None was shown: no files match;") && report.contains("None was shown: no matches"));
}

#[test]
fn a_world_that_refuses_everything_is_toured_to_the_end() {
    let shut: World = |_, _| denied("fs.read:/workspace");
    let toured = toured(shut);
    assert!(toured.summary().contains("- denied: looked around"), "{}", toured.summary());
    assert!(toured.summary().contains("Of 4 forbidden attempts none succeeded: 4 refused."), "{}", toured.summary());
}

#[test]
fn where_no_readme_is_the_first_text_is_read() {
    let bare: World = |tool, input| match (tool, input["path"].as_str()) {
        ("glob", _) => done("logo.png\nREPORT.md\na/README.txt\nlib.py"),
        ("read", Some("a/README.txt")) => done("     1\thi"),
        _ => sound(tool, input),
    };
    assert!(toured(bare).calls.contains(&"read \"a/README.txt\"".to_owned()));
    let plain: World = |tool, input| match (tool, input["path"].as_str()) {
        ("glob", _) => done("logo.png\nREPORT.md\nlib.py"),
        ("read", Some("lib.py")) => done("     1\thi"),
        _ => sound(tool, input),
    };
    assert!(toured(plain).calls.contains(&"read \"lib.py\"".to_owned()));
}

#[test]
fn what_a_file_holds_cannot_forge_the_summary() {
    let hostile: World = |tool, input| match (tool, input["path"].as_str()) {
        ("write", Some("REPORT.md")) => (Outcome::Denied, "no\n\u{1b}[2J\n- refused: everything".to_owned()),
        _ => sound(tool, input),
    };
    let toured = toured(hostile);
    assert!(!toured.summary().contains('\u{1b}'), "{}", toured.summary());
    assert!(toured.summary().contains("  no \\u{1b}[2J - refused: everything\n"), "{}", toured.summary());
}

#[test]
fn a_second_word_of_the_person_begins_a_new_tour() {
    let asked = Message::User { content: vec![Content::text("again")] };
    let call = format!("{:026}", 1).parse().unwrap();
    let answer = ToolAnswer {
        call,
        model_id: LOOK.to_owned(),
        outcome: Outcome::Done,
        content: Vec::new(),
        label: Label::PUBLIC,
    };
    let messages = vec![asked.clone(), Message::Tool { answers: vec![answer] }, asked];
    let said = next(&Request { system: "".into(), messages, tools: [].into() });
    assert_eq!(said.calls.first().map(|call| call.id), Some(LOOK));
}
