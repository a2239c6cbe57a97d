//! A thousand calls at once: each gets its own answer, none is lost, none keeps a neighbour from its own.

use crate::bench::{Bench, SANDBOX, failure, text};
use boxagnts_sandbox::GuestTool;
use boxagnts_sandbox::engine::MOST_CALLS;
use boxagnts_tools::tool::Recoverable;
use futures::FutureExt as _;
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Several times as many calls as there are places for.
const CROWD: usize = 1000;

/// What a promise of half a second may take on a machine that is busy with other tests. A guest that was not ended would
/// need more, and so would a neighbour that waits for it.
const SOON: Duration = Duration::from_secs(10);

/// What a guest waits that is expected to be ended.
const LONG: Duration = Duration::from_secs(20);

fn numbered(number: usize) -> Value {
    json!({ "how": "text", "text": format!("answer {number}") })
}

fn waits() -> Value {
    json!({ "ms": LONG.as_millis() })
}

/// A session in which a guest may live as long as it waits.
fn patient() -> Bench {
    let mut bench = Bench::new();
    bench.limits.wall_clock = LONG * 2;
    bench
}

/// Calls until one is answered, to have the guest loaded.
async fn load(bench: &Bench, tool: &GuestTool, input: Value) {
    bench.call_tool(tool, input).await.unwrap();
}

#[tokio::test]
async fn a_thousand_calls_at_once_get_a_thousand_answers() {
    let (bench, beside) = (Bench::new(), Bench::new());
    let (tool, other) = (bench.tool("broken"), beside.tool("noop"));
    let calls = (0..CROWD).map(|number| bench.call_tool(&tool, numbered(number)));
    let neighbours = (0..50).map(|_| beside.call_tool(&other, json!({})));
    let (answers, noops) = tokio::join!(join_all(calls), join_all(neighbours));
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(text(answer), format!("answer {number}"));
    }
    for answer in noops {
        assert_eq!(text(answer), "ok");
    }
    assert_eq!(SANDBOX.stuck_calls(), 0);
}

#[tokio::test]
async fn a_crash_in_every_third_call_is_that_calls_alone() {
    let bench = Bench::new();
    let (crash, fine) = (bench.tool("trap"), bench.tool("broken"));
    let call = async |number: usize| match number % 3 {
        0 => bench.call_tool(&crash, json!({ "how": "panic" })).await,
        _ => bench.call_tool(&fine, numbered(number)).await,
    };
    let answers = join_all((0..CROWD).map(call)).await;
    for (number, answer) in answers.into_iter().enumerate() {
        match number % 3 {
            0 => assert!(failure(answer).1.contains("crashed"), "call {number}"),
            _ => assert_eq!(text(answer), format!("answer {number}")),
        }
    }
}

#[tokio::test]
async fn a_crowd_that_is_cancelled_in_the_middle_ends_whole() {
    let (bench, beside) = (patient(), Bench::new());
    let (quick, slow, other) = (bench.tool("broken"), bench.tool("sleep"), beside.tool("broken"));
    load(&bench, &slow, json!({ "ms": 0 })).await;
    // The even ones end at once, the odd ones only by force; some of these run, the others still wait for a place.
    let call = async |number: usize| match number % 2 {
        0 => (number, bench.call_tool(&quick, numbered(number)).await),
        _ => (number, bench.call_tool(&slow, waits()).await),
    };
    let mut crowd: FuturesUnordered<_> = (0..CROWD).map(|number| call(number).boxed_local()).collect();
    let first = crowd.next().await.unwrap();
    assert_eq!((first.0 % 2, text(first.1)), (0, format!("answer {}", first.0)));

    let begun = Instant::now();
    bench.cancel.cancel();
    let (rest, neighbour) = tokio::join!(crowd.collect::<Vec<_>>(), beside.call_tool(&other, numbered(7)));
    assert!(begun.elapsed() < SOON, "it took {:?}", begun.elapsed());
    assert_eq!(rest.len(), CROWD - 1, "each call is answered");
    for (number, answer) in rest {
        match answer {
            Ok(_) => assert_eq!((number % 2, text(answer)), (0, format!("answer {number}"))),
            Err(_) => assert_eq!(failure(answer).0, Recoverable::Cancelled, "call {number}"),
        }
    }
    assert_eq!(text(neighbour), "answer 7", "a neighbour was not cancelled");
    assert_eq!(SANDBOX.stuck_calls(), 0, "all ended by themselves, none was given up");
}

#[tokio::test]
async fn a_crowd_of_waiting_guests_does_not_keep_a_neighbour_waiting() {
    let (bench, beside) = (patient(), Bench::new());
    let (slow, other) = (bench.tool("sleep"), beside.tool("noop"));
    load(&bench, &slow, json!({ "ms": 0 })).await;
    load(&beside, &other, json!({})).await;
    // As many as the engine has places, and as many again.
    let crowd = join_all((0..2 * MOST_CALLS).map(|_| bench.call_tool(&slow, waits())));
    let neighbour = async {
        // Begins behind all of them: the runtime lets one task do about a hundred things before the next has its turn.
        for _ in 0..MOST_CALLS {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        let answer = beside.call_tool(&other, json!({})).await;
        bench.cancel.cancel();
        (answer, begun.elapsed())
    };
    let (ended, (answer, took)) = tokio::join!(crowd, neighbour);
    assert_eq!(text(answer), "ok");
    assert!(took < SOON, "the neighbour waited {took:?}");
    assert!(ended.into_iter().all(|result| failure(result).0 == Recoverable::Cancelled));
}
