//! Each limit, set low: the guest that exceeds it is ended or cut, its twin below the limit is not.

use crate::bench::{Bench, failure, limited, text};
use crate::oddity::Oddity;
use boxagnts_sandbox::{Guest, GuestKind, Limits, LoadError, LogLine, Logs, Source};
use boxagnts_tools::Progress;
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::{CallId, Content};
use serde_json::{Value, json};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

fn bench(change: impl FnOnce(&mut Limits)) -> Bench {
    let mut bench = Bench::new();
    change(&mut bench.limits);
    bench
}

#[tokio::test]
async fn c01_t02_wall_clock_ends_a_guest_that_computes_and_one_that_waits() {
    for (guest, input) in [("spin", json!({})), ("spin", json!({ "host": true })), ("sleep", json!({ "ms": 60_000 }))] {
        let bench = bench(|limits| limits.wall_clock = Duration::from_millis(200));
        let tool = bench.tool(guest);
        // Loaded before, so that the clock measures the call.
        bench.sandbox.inspect(&Arc::new(guest_of(&bench, guest))).await.unwrap();
        let begun = Instant::now();
        let message = limited(bench.call_tool(&tool, input).await);
        let elapsed = begun.elapsed();
        assert!(message.contains("the limit of 200 ms of time"), "{message}");
        assert!(elapsed < Duration::from_millis(1200), "{guest} took {elapsed:?}");
        assert_eq!(bench.sandbox.stuck_calls(), 0, "{guest} ended by itself and was not given up");
    }
    assert_eq!(text(Bench::new().call("sleep", json!({ "ms": 250 })).await), "slept 250 ms");
}

fn guest_of(bench: &Bench, name: &str) -> Guest {
    Guest::new(Source::Wasm(crate::bench::component(name).into()), &bench.limits).unwrap()
}

#[tokio::test]
async fn c07_memory_ends_a_guest_that_dies_of_the_refusal() {
    let bench = bench(|limits| limits.memory = 8 * MIB);
    let message = limited(bench.call("hog", json!({ "mib": 32 })).await);
    assert!(message.contains("the limit of 8 MiB of memory"), "{message}");
    // One that copes with the refusal goes on with less.
    assert!(text(bench.call("hog", json!({ "mib": 32, "polite": true })).await).starts_with("refused after"));
    // Twin.
    assert_eq!(text(Bench::new().call("hog", json!({ "mib": 32 })).await), "took 32 MiB");
}

#[tokio::test]
async fn c02_memory_is_counted_over_all_memories() {
    // Three memories of one MiB each: every one is far below two.
    let oddity = Oddity { memories: 3, pages: 16, ..Oddity::default() };
    assert!(odd(&bench(|limits| limits.memory = 2 * MIB), &oddity).await.unwrap_err().contains("2 MiB of memory"));
    odd(&bench(|limits| limits.memory = 3 * MIB), &oddity).await.unwrap();
}

#[tokio::test]
async fn c02_instances_memories_tables_and_elements_are_counted() {
    let instances = Oddity { instances: 3, ..Oddity::default() };
    assert!(odd(&bench(|limits| limits.instances = 2), &instances).await.unwrap_err().contains("2 instances"));
    odd(&bench(|limits| limits.instances = 3), &instances).await.unwrap();

    let memories = Oddity { memories: 3, ..Oddity::default() };
    assert!(odd(&bench(|limits| limits.memories = 2), &memories).await.unwrap_err().contains("2 memories"));
    odd(&bench(|limits| limits.memories = 3), &memories).await.unwrap();

    let tables = Oddity { tables: 3, elements: 400, ..Oddity::default() };
    assert!(odd(&bench(|limits| limits.tables = 2), &tables).await.unwrap_err().contains("2 tables"));
    odd(&bench(|limits| limits.tables = 3), &tables).await.unwrap();
    assert!(
        odd(&bench(|limits| limits.table_elements = 1000), &tables).await.unwrap_err().contains("1000 table elements")
    );
    odd(&bench(|limits| limits.table_elements = 1200), &tables).await.unwrap();
}

/// Runs a component that is odd in shape. The error is the message of the limit.
async fn odd(bench: &Bench, oddity: &Oddity) -> Result<(), String> {
    let tool = bench.tool_from("odd", oddity.command(), GuestKind::CommandArgs);
    match bench.call_tool(&tool, json!({})).await {
        Ok(_) => Ok(()),
        result => Err(limited(result)),
    }
}

#[tokio::test]
async fn stack_ends_a_guest_that_recurses() {
    let bench = Bench::new();
    let message = limited(bench.call("stack", json!({})).await);
    assert!(message.contains("the limit of 512 KiB of stack"), "{message}");
    assert_eq!(text(bench.call("stack", json!({ "depth": 1000 })).await), "came back from 1000");
}

#[tokio::test]
async fn c04_resources_end_a_guest_that_hoards_descriptors() {
    let bench = bench(|limits| limits.resources = 40);
    let open = |count: u64| json!({ "ops": [{ "op": "open_many", "path": "/workspace/sub/file", "count": count }] });
    let message = limited(bench.call("probe", open(1000)).await);
    assert!(message.contains("40 open files"), "{message}");
    assert!(bench.call("probe", open(20)).await.is_ok());
}

#[tokio::test]
async fn c05_random_bytes_are_counted_before_they_are_made() {
    let random = |bytes: u64| json!({ "ops": [{ "op": "random", "bytes": bytes }] });
    let all = Bench::new();
    assert!(limited(all.call("probe", random(1 << 40)).await).contains("64 KiB of random bytes"));
    let few = bench(|limits| limits.random_bytes = 2000);
    assert!(limited(few.call("probe", random(3000)).await).contains("2000 bytes"));
    let twice = json!({ "ops": [{ "op": "random", "bytes": 1500 }, { "op": "random", "bytes": 1500 }] });
    assert!(limited(few.call("probe", twice).await).contains("2000 bytes"), "the share is the call's");
    assert!(few.call("probe", random(1500)).await.is_ok());
    // The source that calls itself insecure is no second share.
    let other =
        json!({ "ops": [{ "op": "random", "bytes": 1500 }, { "op": "random", "bytes": 1500, "insecure": true }] });
    assert!(limited(few.call("probe", other).await).contains("2000 bytes"));
}

#[tokio::test]
async fn c05_c04_timers_are_counted_like_open_files() {
    let bench = bench(|limits| limits.resources = 40);
    let timers = |count: u64| json!({ "ops": [{ "op": "timers", "count": count }] });
    let message = limited(bench.call("probe", timers(1_000_000)).await);
    assert!(message.contains("40 open files, folders, streams and timers"), "{message}");
    assert!(bench.call("probe", timers(20)).await.is_ok());
}

#[tokio::test]
async fn c05_asking_for_the_surroundings_again_and_again_brings_nothing_and_ends_in_time() {
    let bench = bench(|limits| limits.wall_clock = Duration::from_millis(200));
    let tool = bench.tool("probe");
    let surroundings = |times: u64| json!({ "ops": [{ "op": "surroundings", "times": times }] });
    let few = bench.call_tool(&tool, surroundings(1000)).await.unwrap();
    assert_eq!(few.content, [Content::Json { value: json!([{ "ok": { "came": 0 } }]) }]);
    let begun = Instant::now();
    assert!(limited(bench.call_tool(&tool, surroundings(1 << 60)).await).contains("200 ms of time"));
    assert!(begun.elapsed() < Duration::from_millis(1200), "it took {:?}", begun.elapsed());
}

#[tokio::test]
async fn t01_output_ends_a_guest_that_returns_too_much() {
    let bench = bench(|limits| limits.stored_output = 64 * KIB);
    let flood = |bytes: u64, pieces: u64| json!({ "output": bytes, "pieces": pieces });
    for input in [flood(65 * KIB, 1), flood(33 * KIB, 2), flood(10 * MIB, 1), flood(KIB, 1000)] {
        let message = limited(bench.call("flood", input).await);
        assert!(message.contains("64 KiB of output"), "{message}");
    }
    assert_eq!(text(bench.call("flood", flood(63 * KIB, 1)).await).len(), 63 * 1024);
}

#[tokio::test]
async fn c10_what_a_guest_hands_over_at_once_is_bounded_before_it_is_copied() {
    let bench = bench(|limits| limits.stored_output = 64 * KIB);
    let line = |bytes: u64| json!({ "lines": 1, "line_bytes": bytes });
    assert!(limited(bench.call("flood", line(MIB)).await).contains("64 KiB of output"));
    assert!(bench.call("flood", line(60 * KIB)).await.is_ok());
}

#[tokio::test]
async fn state_between_calls_is_bounded() {
    let bench = Bench::new();
    assert!(limited(bench.call("state", json!({ "bytes": MIB + 1 })).await).contains("1 MiB of state"));
    assert_eq!(bench.call("state", json!({ "bytes": MIB })).await.unwrap().state.unwrap().len(), 1024 * 1024);
}

#[derive(Default)]
struct Kept(Mutex<Vec<(u8, String)>>);

impl Logs for Kept {
    fn line(&self, _: CallId, line: LogLine<'_>) {
        self.0.lock().unwrap().push((line.level, line.text.to_owned()));
    }
}

#[tokio::test]
async fn log_lines_are_counted_and_cut() {
    let kept = Arc::new(Kept::default());
    let mut bench = Bench::new().in_world(|_, world| world.with_logs(kept.clone()));
    (bench.limits.log_lines, bench.limits.log_line_bytes) = (10, 30);
    bench.call("flood", json!({ "lines": 25, "line_bytes": 100 })).await.unwrap();
    assert_eq!(*kept.0.lock().unwrap(), vec![(2, "x".repeat(30)); 10]);
    kept.0.lock().unwrap().clear();
    // Twin.
    bench.call("flood", json!({ "lines": 9, "line_bytes": 20 })).await.unwrap();
    assert_eq!(*kept.0.lock().unwrap(), vec![(2, "x".repeat(20)); 9]);
    kept.0.lock().unwrap().clear();
    // Standard output and error go the same way, and cost no more.
    bench.probe(json!([{ "op": "print", "bytes": 1_000_000 }])).await;
    assert_eq!(*kept.0.lock().unwrap(), [(2, "x".repeat(30)), (1, "x".repeat(30))]);
}

#[tokio::test]
async fn progress_reports_are_counted_and_cut() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let mut bench = bench(|limits| (limits.log_lines, limits.log_line_bytes) = (7, 5));
    bench.progress = Progress::new(move |text, part| sink.lock().unwrap().push((text.to_owned(), part)));
    bench.call("flood", json!({ "progress": 20, "line_bytes": 9 })).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), vec![("xxxxx".to_owned(), None); 7], "and what is no number is no fraction");
}

#[tokio::test]
async fn files_written_end_a_guest_that_makes_too_many() {
    let bench = bench(|limits| limits.files_written = 5);
    let make = |count: u64| json!({ "ops": [{ "op": "write_loop", "path": "/workspace/sub/{}", "count": count }] });
    let message = limited(bench.call("probe", make(50)).await);
    assert!(message.contains("the limit of 5 changed files"), "{message}");
    assert_eq!(fs::read_dir(bench.inside("sub")).unwrap().count(), 1 + 5);
    assert!(Bench::new().call("probe", make(50)).await.is_ok());
    // Making folders, moving and removing count as well.
    let folders: Vec<Value> = (0..6).map(|n| json!({ "op": "mkdir", "path": format!("/workspace/d{n}") })).collect();
    assert!(limited(bench.call("probe", json!({ "ops": folders })).await).contains("5 changed files"));
}

#[tokio::test]
async fn a09_bytes_written_end_a_guest_that_fills_the_disk() {
    let bench = bench(|limits| limits.bytes_written = 100 * KIB);
    let write =
        |bytes: usize| json!({ "ops": [{ "op": "write", "path": "/workspace/new", "data": "x".repeat(bytes) }] });
    let message = limited(bench.call("probe", write(200 * 1024)).await);
    assert!(message.contains("100 KiB of written bytes"), "{message}");
    assert!(fs::metadata(bench.inside("new")).unwrap().len() <= 100 * KIB);
    bench.call("probe", write(90 * 1024)).await.unwrap();
    assert_eq!(fs::metadata(bench.inside("new")).unwrap().len(), 90 * KIB);
    // Growth is written bytes, even if they are zeros that nobody stores.
    let grow = json!({ "ops": [{ "op": "set_len", "path": "/workspace/sub/file", "size": 1_u64 << 40 }] });
    assert!(limited(bench.call("probe", grow).await).contains("100 KiB of written bytes"));
    assert_eq!(fs::metadata(bench.inside("sub/file")).unwrap().len(), 4);
}

#[test]
fn c06_a_component_beyond_the_limit_is_not_looked_at() {
    let limits = Limits { component_bytes: 10, ..Limits::default() };
    let guest = |bytes: usize| Guest::new(Source::Wasm(vec![0; bytes].into()), &limits).map(|_| ());
    assert_eq!(guest(11), Err(LoadError::TooLarge { size: 11, most: 10 }));
    assert_eq!(guest(10), Ok(()));
}

#[tokio::test]
async fn a_limit_that_was_not_reached_says_nothing() {
    let bench = Bench::new();
    let (kind, message) = failure(bench.call("trap", json!({ "how": "abort" })).await);
    assert!(kind == Recoverable::Rejected && !message.contains("limit"), "{message}");
}
