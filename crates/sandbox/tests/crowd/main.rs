//! What a crowd leaves behind. This test has a process of its own, whose threads and open files nobody else changes.

#![expect(clippy::disallowed_methods, reason = "tests prepare the world and look at it")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../hostile/bench.rs"]
#[expect(dead_code, reason = "most of it is for the other tests")]
mod bench;

use bench::{Bench, SANDBOX, failure, text};
use boxagnts_tools::tool::Recoverable;
use futures::future::join_all;
use serde_json::json;
use std::fs;
use std::time::Duration;

const CROWD: usize = 1000;

/// Threads and open files of this process, as the kernel lists them.
fn held() -> (usize, usize) {
    let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    (count("task"), count("fd"))
}

#[test]
fn a_crowd_leaves_no_thread_and_no_open_file_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut bench = Bench::new();
        let (reads, waits) = (bench.tool("probe"), bench.tool("sleep"));
        let read = json!({ "ops": [{ "op": "read", "path": "/workspace/sub/file" }] });
        // What the first calls of any process start, later ones use: as many as may run at once.
        join_all((0..CROWD).map(|_| bench.call_tool(&reads, read.clone()))).await;
        text(bench.call_tool(&waits, json!({ "ms": 0 })).await);
        until_idle().await;
        let before = held();

        for answer in join_all((0..CROWD).map(|_| bench.call_tool(&reads, read.clone()))).await {
            answer.unwrap();
        }
        let stop = async {
            // Some of them run by now, and the others wait.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let during = held();
            bench.cancel.cancel();
            during
        };
        let crowd = join_all((0..CROWD).map(|_| bench.call_tool(&waits, json!({ "ms": 20_000 }))));
        let (ended, during) = tokio::join!(crowd, stop);
        assert!(ended.into_iter().all(|result| failure(result).0 == Recoverable::Cancelled));
        until_idle().await;
        let after = held();
        assert!(during.0 <= before.0, "a crowd of guests starts no threads: {during:?} and not {before:?}");
        assert!(after.0 <= before.0 && after.1 <= before.1, "{after:?} is more than {before:?}");
        assert_eq!(SANDBOX.stuck_calls(), 0);
        bench.cancel = tokio_util::sync::CancellationToken::new();
        assert_eq!(text(bench.call("noop", json!({})).await), "ok");
    });
}

/// The threads of guests drop what ended calls held a moment after they answered: waits until that stands still.
async fn until_idle() {
    let mut last = held();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = held();
        if now == last {
            return;
        }
        last = now;
    }
}
