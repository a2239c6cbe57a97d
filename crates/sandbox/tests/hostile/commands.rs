//! Plain commands as tools.

use crate::bench::{Bench, failure, limited, text};
use boxagnts_sandbox::GuestKind;
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::Content;
use serde_json::{Value, json};
use std::time::Duration;

async fn run(bench: &Bench, input: Value) -> boxagnts_tools::ToolResult {
    bench.call_tool(&bench.tool_of("command", GuestKind::CommandArgs), input).await
}

#[tokio::test]
async fn arguments_and_input_go_in_and_output_comes_out() {
    let bench = Bench::new();
    let said = text(run(&bench, json!({ "args": ["a b", "$HOME"], "stdin": "in" })).await);
    assert_eq!(said, "argument: a b\nargument: $HOME\nstdin: in\n");
    assert_eq!(text(run(&bench, json!({})).await), "");
    assert_eq!(text(run(&bench, json!({ "args": ["--env"] })).await), "");
}

#[tokio::test]
async fn json_goes_in_on_standard_input_and_comes_out_if_it_is_a_structure() {
    let bench = Bench::new();
    let tool = bench.tool_of("command", GuestKind::CommandJson);
    let said = text(bench.call_tool(&tool, json!({ "a": 1 })).await);
    assert_eq!(said, "stdin: {\"a\":1}\n", "words are text");
    let bench = Bench::new();
    std::fs::write(bench.inside("x.json"), "[1, {\"b\": null}]").unwrap();
    let read = bench.tool_of("command", GuestKind::CommandArgs);
    let said = text(bench.call_tool(&read, json!({ "args": ["--read", "/workspace/x.json"] })).await);
    assert_eq!(said, "[1, {\"b\": null}]", "arguments ask for no JSON");
}

#[tokio::test]
async fn a_failing_command_says_why() {
    let bench = Bench::new();
    let (kind, message) = failure(run(&bench, json!({ "args": ["--stderr", "no such thing", "--exit", "3"] })).await);
    assert_eq!(kind, Recoverable::Rejected);
    assert_eq!(message, "no such thing\n(the command ended with code 1)");
    // Twin: the same words of a command that ends well are not its result.
    assert_eq!(text(run(&bench, json!({ "args": ["--stderr", "by the way"] })).await), "");
}

#[tokio::test]
async fn relative_paths_begin_in_the_workspace() {
    let bench = Bench::new();
    assert_eq!(text(run(&bench, json!({ "args": ["--read", "sub/file"] })).await), "file");
    assert_eq!(text(run(&bench, json!({ "args": ["--read", "/workspace/sub/file"] })).await), "file");
}

#[tokio::test]
async fn what_a_command_was_refused_is_a_denial_that_names_what_to_ask_for() {
    let mut bench = Bench::with(boxagnts_capability::Rulebook::defaults(boxagnts_capability::Mode::Ask));
    let only_sub = vec!["fs.read:/workspace/sub".parse().unwrap()];
    bench.effects = Some(boxagnts_sandbox::EffectsPlan::Capabilities(only_sub));
    std::fs::write(bench.inside("private"), "secret").unwrap();
    let (kind, message) = failure(run(&bench, json!({ "args": ["--read", "/workspace/private"] })).await);
    assert_eq!(kind, Recoverable::Denied, "{message}");
    assert!(message.contains("fs.read:/workspace/private is refused by"), "{message}");
    assert!(!message.contains("secret"));
    assert_eq!(text(run(&bench, json!({ "args": ["--read", "/workspace/sub/file"] })).await), "file");
}

#[tokio::test]
async fn output_and_time_of_a_command_are_bounded() {
    let mut bench = Bench::new();
    (bench.limits.stored_output, bench.limits.wall_clock) = (10_000, Duration::from_millis(200));
    assert!(limited(run(&bench, json!({ "args": ["--flood", "20000"] })).await).contains("10000 bytes of output"));
    assert!(limited(run(&bench, json!({ "args": ["--spin"] })).await).contains("200 ms"));
    assert_eq!(text(run(&bench, json!({ "args": ["--flood", "9000"] })).await).len(), 9000);
}

#[tokio::test]
async fn an_input_of_the_wrong_shape_is_refused_before_the_command_starts() {
    let bench = Bench::new();
    let (kind, message) = failure(run(&bench, json!({ "args": "not a list" })).await);
    assert!(kind == Recoverable::Rejected && message.contains("invalid type"), "{message}");
    let content = run(&bench, json!({ "args": [] })).await.unwrap().content;
    assert_eq!(content, [Content::text("")]);
}
