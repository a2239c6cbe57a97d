//! Tools that a workspace brings along: nothing before trust, no right before a grant, and only as they were trusted.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests look at the world and insist on it")]

use boxagnts_tests::House;
use serde_json::json;
use std::path::PathBuf;

const MANIFEST: &str = "\
tool:
  name: probe
  version: 1.0.0
  description: Tries what it is told to.
  permission-level: write
  permissions: [ \"fs.read:/workspace\", \"fs.write:/workspace/out\" ]
";

fn guest(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("BOXAGNTS_HOSTILE_GUESTS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/hostile")), PathBuf::from);
    std::fs::read(folder.join(format!("{name}.wasm"))).expect("the guests are built: cargo xtask build")
}

/// A repository with a tool in it.
fn house() -> House {
    let house = House::new();
    house.write("notes.txt", "apples");
    house.write(".boxagnts/tools/probe/tool.yaml", MANIFEST);
    house.write(".boxagnts/tools/probe/component.wasm", guest("probe"));
    house
}

fn ends_with(code: i32, ended: boxagnts_tests::Ended) {
    drop(ended.code(code));
}

fn listed(house: &House) -> String {
    house.run(["tool", "list"]).code(0).out
}

fn trusted(house: &House) {
    ends_with(0, house.run(["trust", "--yes"]));
}

fn probe(house: &House) -> boxagnts_tests::Ended {
    let ops = json!({"ops": [{"op": "read", "path": "/workspace/notes.txt"}]}).to_string();
    house.run(["tool", "call", "probe", &ops, "--permission-mode", "bypass"])
}

#[test]
fn i01_a_tool_of_a_workspace_is_not_even_offered_before_it_is_trusted() {
    let house = house();
    assert!(!listed(&house).contains("probe"));
    assert!(probe(&house).code(2).err.contains("there is no tool \"probe\""));
    trusted(&house);
    assert!(listed(&house).contains("Tries what it is told to."));
    ends_with(0, house.run(["trust", "--revoke"]));
    assert!(!listed(&house).contains("probe"));
}

#[test]
fn a_tool_that_was_added_has_no_right_until_the_person_grants_it_one() {
    let house = house();
    trusted(&house);
    let refused = probe(&house).code(1);
    assert!(refused.err.contains("needs fs.read:/workspace"), "{refused:?}");
    // The defaults and the command line are for the tools of the program.
    let ops = json!({"ops": [{"op": "read", "path": "/workspace/notes.txt"}]}).to_string();
    ends_with(1, house.run(["tool", "call", "probe", &ops, "--allow", "fs.read:/workspace"]));
    ends_with(0, house.run(["grant", "add", "fs.read:/workspace", "--for", "probe"]));
    let allowed = probe(&house).code(0);
    assert!(allowed.out.contains("apples"), "{allowed:?}");
    // Its manifest bounds what a grant gives.
    ends_with(0, house.run(["grant", "add", "fs.write:/workspace", "--for", "probe"]));
    let ops = json!({"ops": [
        {"op": "write", "path": "/workspace/notes.txt", "data": "x"},
        {"op": "write", "path": "/workspace/out", "data": "y"},
    ]});
    house.run(["tool", "call", "probe", &ops.to_string()]);
    assert_eq!((house.read("notes.txt").as_str(), house.read("out").as_str()), ("apples", "y"));
}

#[test]
fn a_tool_that_is_another_one_now_is_not_the_one_that_was_trusted() {
    let house = house();
    trusted(&house);
    ends_with(0, house.run(["grant", "add", "fs.read:/workspace", "--for", "probe"]));
    ends_with(0, probe(&house));
    // The same component, which would be let further.
    house.write(".boxagnts/tools/probe/tool.yaml", MANIFEST.replace("/workspace/out", "/workspace"));
    assert!(probe(&house).code(2).err.contains("there is no tool \"probe\""));
    house.write(".boxagnts/tools/probe/tool.yaml", MANIFEST);
    ends_with(0, probe(&house));
    house.write(".boxagnts/tools/probe/component.wasm", guest("noop"));
    let refused = probe(&house).code(2);
    assert!(refused.err.contains("there is no tool \"probe\""), "{refused:?}");
    // Trusted again it is left out all the same: it says that it is another tool.
    trusted(&house);
    let listed = house.run(["tool", "list"]).code(0);
    assert!(
        !listed.out.contains("probe") && listed.err.contains("the tool probe of this workspace is left out"),
        "{listed:?}"
    );
}

#[test]
fn what_cannot_be_a_tool_is_named_and_the_others_live() {
    let house = house();
    let named = |name: &str| MANIFEST.replace("probe", name);
    house.write(".boxagnts/tools/read/tool.yaml", named("read"));
    house.write(".boxagnts/tools/read/component.wasm", guest("probe"));
    house.write(".boxagnts/tools/lies/tool.yaml", named("lies").replace("level: write", "level: read-only"));
    house.write(".boxagnts/tools/lies/component.wasm", guest("probe"));
    house.write(".boxagnts/tools/script/tool.yaml", named("script"));
    house.write(".boxagnts/tools/script/component.wasm", "#!/bin/sh\n");
    house.write(".boxagnts/tools/empty/tool.yaml", named("empty"));
    trusted(&house);
    let listed = house.run(["tool", "list"]).code(0);
    assert!(listed.out.contains("probe"), "{listed:?}");
    for why in [
        "the tool read of this workspace is left out: a tool of this name comes with the program",
        "the tool lies of this workspace is left out: it says that its level is read-only, and asks for fs.write",
        "the tool script of this workspace is left out: it is no WebAssembly component",
        "the tool empty of this workspace is left out: it has no component.wasm",
    ] {
        assert!(listed.err.contains(why), "{why}: {}", listed.err);
    }
}

#[test]
fn a_plain_command_of_the_workspace_is_a_tool() {
    let house = house();
    let manifest = "tool: { name: command, version: '1', description: A command., permission-level: none }";
    house.write(".boxagnts/tools/command/tool.yaml", manifest);
    house.write(".boxagnts/tools/command/component.wasm", guest("command"));
    trusted(&house);
    assert!(house.run(["tool", "show", "command"]).code(0).out.contains("A command."));
}
