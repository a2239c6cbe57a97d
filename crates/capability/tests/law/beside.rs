//! Which calls may run at the same time.

use super::*;
use expect_test::expect;

/// Whether a call that does this may run beside one that does that, both ways round.
fn beside(one: &str, other: &str) -> bool {
    let effects = |text: &str| Effects::Envelope(text.split(' ').filter(|text| !text.is_empty()).map(cap).collect());
    let (ours, theirs) = (effects(one), effects(other));
    assert_eq!(ours.may_run_beside(&theirs), theirs.may_run_beside(&ours), "{one} beside {other}");
    ours.may_run_beside(&theirs)
}

#[test]
fn what_runs_beside_what() {
    let calls = [
        "",
        "fs.read:a",
        "fs.read:/workspace",
        "fs.write:a",
        "fs.write:a/b",
        "fs.write:b",
        "fs.read:/workspace fs.write:/workspace",
        "network.get:https://a.com",
        "network:https://a.com/v1",
        "network:http://b.com",
        "memory.read",
        "memory.write",
        "schedule.write",
        "agent.spawn:*",
        "exec:ls",
        "mcp:a/b",
    ];
    let row = |one: &&str| {
        let marks: String = calls.iter().map(|other| if beside(one, other) { "+ " } else { ". " }).collect();
        format!("{marks} {}\n", if one.is_empty() { "nothing" } else { one })
    };
    expect![[r#"
         + + + + + + + + + + + + + + + +  nothing
         + + + . . + . + + + + + + . . .  fs.read:a
         + + + . . . . + + + + + + . . .  fs.read:/workspace
         + . . . . + . + + + + + + . . .  fs.write:a
         + . . . . + . + + + + + + . . .  fs.write:a/b
         + + . + + . . + + + + + + . . .  fs.write:b
         + . . . . . . + + + + + + . . .  fs.read:/workspace fs.write:/workspace
         + + + + + + + + . + + + + . . .  network.get:https://a.com
         + + + + + + + . . + + + + . . .  network:https://a.com/v1
         + + + + + + + + + . + + + . . .  network:http://b.com
         + + + + + + + + + + + . + . . .  memory.read
         + + + + + + + + + + . . + . . .  memory.write
         + + + + + + + + + + + + . . . .  schedule.write
         + . . . . . . . . . . . . . . .  agent.spawn:*
         + . . . . . . . . . . . . . . .  exec:ls
         + . . . . . . . . . . . . . . .  mcp:a/b
    "#]]
    .assert_eq(&calls.iter().map(row).collect::<String>());
}

#[test]
fn a_name_that_begins_like_another_is_another() {
    assert!(beside("fs.write:a", "fs.read:ab"));
    assert!(!beside("fs.write:a", "fs.read:a/b"));
    assert!(!beside("fs.write:a/b", "fs.read:a"));
}

#[test]
fn a_pattern_is_as_wide_as_the_folder_that_it_begins_in() {
    assert!(!beside("fs.write:out/*.md", "fs.read:out/x.rs"), "in doubt one waits");
    assert!(beside("fs.write:out/*.md", "fs.read:src/*.md"));
}

#[test]
fn exact_effects_are_compared_like_patterns() {
    let exact = |effect| Effects::Exact(vec![effect]);
    assert!(exact(read("a")).may_run_beside(&exact(read("a"))));
    assert!(!exact(write("a")).may_run_beside(&exact(read("a"))));
    assert!(exact(write("a")).may_run_beside(&exact(write("b"))));
}
