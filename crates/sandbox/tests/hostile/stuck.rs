//! Threads that the system does not give back, and defects of the host: the call is answered, nothing happens later.

use crate::bench::{Bench, failure, limited, text};
use boxagnts_sandbox::{BeforeImages, EarlierState, Sandbox};
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::{CallId, GuestPath};
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Blocks inside a host call like a dead file system, until it is released.
#[derive(Default)]
struct DeadDisk {
    released: Mutex<bool>,
    wake: Condvar,
}

impl BeforeImages for DeadDisk {
    fn keep(&self, _: CallId, _: &GuestPath, _: EarlierState<'_>) -> io::Result<()> {
        let mut released = self.released.lock().unwrap();
        while !*released {
            released = self.wake.wait(released).unwrap();
        }
        Ok(())
    }
}

impl DeadDisk {
    fn release(&self) {
        *self.released.lock().unwrap() = true;
        self.wake.notify_all();
    }
}

fn bench(disk: &Arc<DeadDisk>) -> Bench {
    let mut bench =
        Bench::new().in_world(|_, world| world.with_before_images(Arc::clone(disk) as Arc<dyn BeforeImages>));
    bench.sandbox = Sandbox::new(Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")));
    bench.limits.wall_clock = Duration::from_millis(200);
    bench
}

fn write() -> Value {
    json!({ "ops": [{ "op": "write", "path": "/workspace/late", "data": "x" }] })
}

async fn eventually(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never happened");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn t02_a_call_that_hangs_in_the_system_is_answered_and_does_nothing_later() {
    let disk = Arc::new(DeadDisk::default());
    let bench = bench(&disk);
    let tool = bench.tool("probe");
    bench.call_tool(&tool, json!({ "ops": [] })).await.unwrap();
    let begun = Instant::now();
    assert!(limited(bench.call_tool(&tool, write()).await).contains("200 ms"));
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_millis(1200), "it took {elapsed:?}");
    assert_eq!(bench.sandbox.stuck_calls(), 1);

    // Others go on meanwhile.
    assert_eq!(text(bench.call("noop", json!({})).await), "ok");

    disk.release();
    let sandbox = Arc::clone(&bench.sandbox);
    eventually(|| sandbox.stuck_calls() == 0).await;
    assert!(!bench.inside("late").exists(), "the write came after the answer");
    // Twin: with a disk that answers, the same call writes.
    bench.call_tool(&tool, write()).await.unwrap();
    assert!(bench.inside("late").exists());
}

#[tokio::test]
async fn a_cancelled_call_that_hangs_in_the_system_is_answered_too() {
    let disk = Arc::new(DeadDisk::default());
    let mut bench = bench(&disk);
    bench.limits.wall_clock = Duration::from_mins(1);
    let tool = bench.tool("probe");
    bench.call_tool(&tool, json!({ "ops": [] })).await.unwrap();
    let cancel = bench.cancel.clone();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
        Instant::now()
    };
    let (result, stopped) = tokio::join!(bench.call_tool(&tool, write()), stop);
    assert_eq!(failure(result).0, Recoverable::Cancelled);
    assert!(stopped.elapsed() < Duration::from_secs(1));
    disk.release();
}

#[tokio::test]
async fn when_too_many_calls_hang_no_further_one_is_begun() {
    let disk = Arc::new(DeadDisk::default());
    let bench = bench(&disk);
    let tool = bench.tool("probe");
    bench.call_tool(&tool, json!({ "ops": [] })).await.unwrap();
    for _ in 0..16 {
        limited(bench.call_tool(&tool, write()).await);
    }
    assert_eq!(bench.sandbox.stuck_calls(), 16);
    let begun = Instant::now();
    assert!(limited(bench.call_tool(&tool, json!({ "ops": [] })).await).contains("16 calls hang"));
    assert!(begun.elapsed() < Duration::from_millis(100));
    disk.release();
    let sandbox = Arc::clone(&bench.sandbox);
    eventually(|| sandbox.stuck_calls() == 0).await;
    assert!(bench.call_tool(&tool, json!({ "ops": [] })).await.is_ok());
}

struct Defect;

impl BeforeImages for Defect {
    fn keep(&self, _: CallId, _: &GuestPath, _: EarlierState<'_>) -> io::Result<()> {
        panic!("a defect of the host, as this test wants it")
    }
}

#[tokio::test]
async fn x08_a_defect_of_the_host_ends_one_call() {
    let bench = Bench::new().in_world(|_, world| world.with_before_images(Arc::new(Defect)));
    let (kind, message) = failure(bench.call("probe", write()).await);
    assert!(kind == Recoverable::Rejected && message.contains("defect of BoxAgnts"), "{message}");
    assert!(!bench.inside("late").exists());
    assert_eq!(text(bench.call("noop", json!({})).await), "ok");
}
