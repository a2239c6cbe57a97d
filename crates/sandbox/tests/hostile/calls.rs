//! The way of a call: a result, a failure, a crash, a cancel.

use crate::bench::{Bench, SANDBOX, component, failure, limited, text};
use boxagnts_sandbox::{Guest, Limits, Source};
use boxagnts_tools::ToolFailure;
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::Content;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a call may take beyond its deadline or a cancel.
const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_guest_is_called_and_answers() {
    let bench = Bench::new();
    assert_eq!(text(bench.call("noop", json!({})).await), "ok");
}

#[tokio::test]
async fn a_component_says_what_it_is_without_any_right() {
    let guest = Arc::new(Guest::new(Source::Wasm(component("noop").into()), &Limits::default()).unwrap());
    let described = SANDBOX.describe(&guest).await.unwrap();
    assert_eq!((described.name.as_str(), described.examples.len()), ("noop", 1));
    assert_eq!(described.input_schema["type"], "object");
}

#[tokio::test]
async fn each_failure_of_a_tool_keeps_its_kind() {
    let bench = Bench::new();
    let call = async |how: &str| bench.call("broken", json!({ "how": how, "text": "why" })).await;
    assert_eq!(failure(call("rejected").await), (Recoverable::Rejected, "why".to_owned()));
    assert_eq!(failure(call("denied").await), (Recoverable::Denied, "why".to_owned()));
    assert_eq!(call("broken").await, Err(ToolFailure::Broken("why".to_owned())));
}

#[tokio::test]
async fn what_is_not_what_it_claims_to_be_is_no_result() {
    let bench = Bench::new();
    let call = async |how: &str, text: &str| bench.call("broken", json!({ "how": how, "text": text })).await;
    let (kind, message) = failure(call("json", "{\"a\":").await);
    assert!(kind == Recoverable::Rejected && message.contains("no JSON"), "{message}");
    assert!(failure(call("file", "../../etc/passwd").await).1.contains("cannot be named"));
    // Twins.
    let json = call("json", "{\"a\":1}").await.unwrap();
    assert_eq!(json.content, [Content::Json { value: json!({"a": 1}) }]);
    let file = call("file", "sub/file").await.unwrap();
    assert_eq!(file.content, [Content::File { path: "/workspace/sub/file".to_owned() }]);
    assert_eq!(call("empty", "").await.unwrap().content, []);
}

#[tokio::test]
async fn a_crash_is_told_with_the_last_words_and_ends_this_call_alone() {
    let bench = Bench::new();
    let (kind, message) = failure(bench.call("trap", json!({ "how": "panic" })).await);
    assert_eq!(kind, Recoverable::Rejected);
    assert!(message.contains("the tool crashed") && message.contains("as it was told to"), "{message}");
    assert!(failure(bench.call("trap", json!({ "how": "abort" })).await).1.contains("the tool crashed"));
    assert!(failure(bench.call("trap", json!({ "how": "exit" })).await).1.contains("left its program with code 0"));
    assert!(failure(bench.call("trap", json!({ "how": "fail" })).await).1.contains("left its program with code 1"));
    assert_eq!(text(bench.call("noop", json!({})).await), "ok");
}

#[tokio::test]
async fn state_comes_back_at_the_next_call() {
    let mut bench = Bench::new();
    let first = bench.call("state", json!({})).await.unwrap();
    bench.state = first.state;
    assert_eq!(text(bench.call("state", json!({})).await), "call 2, with 2 bytes of state");
}

#[tokio::test]
async fn a_cancel_ends_a_guest_that_computes_and_one_that_waits() {
    for (guest, input) in [("spin", json!({})), ("spin", json!({ "host": true })), ("sleep", json!({ "ms": 60_000 }))] {
        let bench = Bench::new();
        let tool = bench.tool(guest);
        let (cancel, begun) = (bench.cancel.clone(), Instant::now());
        let call = bench.call_tool(&tool, input);
        let stop = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            cancel.cancel();
        };
        let (result, ()) = tokio::join!(call, stop);
        assert_eq!(failure(result).0, Recoverable::Cancelled, "{guest}");
        let elapsed = begun.elapsed();
        assert!(elapsed < Duration::from_millis(300) + SOON, "{guest} took {elapsed:?}");
        assert_eq!(bench.sandbox.stuck_calls(), 0, "{guest} ended by itself and was not given up");
    }
}

#[tokio::test]
async fn a_call_that_was_cancelled_before_it_began_does_not_begin() {
    let bench = Bench::new();
    bench.cancel.cancel();
    let result =
        bench.call("probe", json!({ "ops": [{ "op": "write", "path": "/workspace/new", "data": "x" }] })).await;
    assert_eq!(failure(result).0, Recoverable::Cancelled);
    assert!(!bench.inside("new").exists());
}

#[tokio::test]
async fn c08_the_end_of_one_call_does_not_end_its_neighbour() {
    let (mut short, long) = (Bench::new(), Bench::new());
    short.limits.wall_clock = Duration::from_millis(150);
    let (spin, sleep) = (short.tool("spin"), long.tool("sleep"));
    let (ended, slept) = tokio::join!(short.call_tool(&spin, json!({})), long.call_tool(&sleep, json!({ "ms": 600 })));
    assert!(limited(ended).contains("150 ms"));
    assert_eq!(text(slept), "slept 600 ms");
}

#[tokio::test]
async fn a_busy_guest_does_not_hold_up_the_others() {
    // More busy guests than threads, and one that only wants a moment: it is over long before they are.
    let mut busy = Bench::new().in_world(|_, world| world);
    busy.limits.wall_clock = Duration::from_secs(30);
    let spin = busy.tool("spin");
    let spins = (0..8).map(|_| busy.call_tool(&spin, json!({})));
    let noop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(text(busy.call("noop", json!({})).await), "ok");
        busy.cancel.cancel();
    };
    let (ended, ()) = tokio::join!(futures::future::join_all(spins), noop);
    for result in ended {
        assert_eq!(failure(result).0, Recoverable::Cancelled, "it ran until its limit");
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_ends() {
    let mut bench = Bench::new();
    bench.limits.files_written = u64::MAX;
    let tool = bench.tool("probe");
    bench.call_tool(&tool, json!({ "ops": [] })).await.unwrap();
    let endless = json!({ "ops": [{ "op": "write_loop", "path": "/workspace/beat", "count": 1_000_000_000 }] });
    let call = bench.call_tool(&tool, endless);
    // It writes while it is awaited, and is dropped then.
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    assert!(bench.inside("beat").exists());
    tokio::time::sleep(Duration::from_millis(100)).await;
    std::fs::remove_file(bench.inside("beat")).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!bench.inside("beat").exists(), "it still writes");
}
