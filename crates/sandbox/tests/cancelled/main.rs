//! What a thousand calls leave behind that were ended by force, wherever they were. This test has a process of its own,
//! whose threads, open files and memory nobody else changes.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests prepare the world and look at it")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../hostile/bench.rs"]
#[expect(dead_code, reason = "most of it is for the other tests")]
mod bench;

use bench::{Bench, SANDBOX, failure, text};
use boxagnts_capability::{Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_egress::Web;
use boxagnts_sandbox::{EffectsPlan, GuestTool};
use boxagnts_tools::tool::Recoverable;
use futures::future::join_all;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Calls that are cancelled together: as many as a session may have, and some that wait for a place.
const CROWD: usize = 70;

/// How often, so that each kind of call is cancelled more than a thousand times.
const ROUNDS: usize = 15;

/// Descriptors that a process may open once and for all while the calls run.
const ONCE: usize = 2;

/// A guest that is forgotten holds more than forty KiB; this is what the allocator may keep for itself.
const SLACK: u64 = 12 << 20;

/// Threads, open files and bytes of private memory of this process, as the kernel counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    threads: usize,
    files: usize,
    memory: u64,
}

fn held() -> Held {
    let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    let text = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let private = text.lines().filter(|line| line.starts_with("Private_"));
    let kilobytes = private.map(|line| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap());
    Held { threads: count("task"), files: count("fd"), memory: kilobytes.sum::<u64>() * 1024 }
}

/// A session whose guests may live for long, and ask one server for anything.
fn patient(server: &TcpListener) -> Bench {
    let network = format!("network:http://{}", server.local_addr().unwrap());
    let allow = Rule {
        verdict: Verdict::Allow,
        capability: network.parse().unwrap(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    let mut bench = Bench::with(Rulebook::defaults(Mode::Bypass).with(allow));
    bench.limits.wall_clock = Duration::from_mins(5);
    (bench.limits.http_first_byte, bench.limits.http_total) = (Duration::from_mins(5), Duration::from_mins(5));
    bench.effects = Some(EffectsPlan::Capabilities(vec!["network:*".parse().unwrap()]));
    bench.in_world(|_, world| world.with_web(Arc::new(Web::new())))
}

/// Begins a crowd of calls and cancels all of them while they run and wait.
async fn cancelled(bench: &mut Bench, tool: &GuestTool, input: &Value) {
    bench.cancel = CancellationToken::new();
    let calls = join_all((0..CROWD).map(|_| bench.call_tool(tool, input.clone())));
    let stop = async {
        tokio::time::sleep(Duration::from_millis(40)).await;
        bench.cancel.cancel();
    };
    let (ended, ()) = tokio::join!(calls, stop);
    for result in ended {
        assert_eq!(failure(result).0, Recoverable::Cancelled);
    }
}

#[test]
fn t02_c04_a_thousand_cancelled_calls_of_each_kind_leave_nothing_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // It takes connections and never answers.
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut bench = patient(&server);
        let request = json!({ "requests": [{ "authority": server.local_addr().unwrap().to_string() }] });
        let kinds = [
            (bench.tool("requests"), request),
            (bench.tool("sleep"), json!({ "ms": 200_000 })),
            (bench.tool("spin"), json!({})),
        ];
        // What the first calls of any process start, later ones use.
        for (tool, input) in &kinds {
            cancelled(&mut bench, tool, input).await;
        }
        let before = standing(&server).await;
        for _ in 0..ROUNDS {
            for (tool, input) in &kinds {
                cancelled(&mut bench, tool, input).await;
            }
        }
        let after = back_at(&before, &server).await;
        assert!(after.is_back_at(&before), "{after:?} is more than {before:?}");
        assert_eq!(SANDBOX.stuck_calls(), 0, "each ended by itself");
        bench.cancel = CancellationToken::new();
        assert_eq!(text(bench.call("noop", json!({})).await), "ok");
    });
}

impl Held {
    fn is_back_at(&self, before: &Self) -> bool {
        // What a process opens once, when it first needs it, may come after the first count. What a call leaves behind
        // comes a thousand times.
        self.threads <= before.threads && self.files <= before.files + ONCE && self.memory <= before.memory + SLACK
    }
}

/// What is held a moment later. The connections that nobody wants any more are taken from the server's queue and dropped.
async fn soon(server: &TcpListener) -> Held {
    tokio::time::sleep(Duration::from_millis(20)).await;
    while server.accept().is_ok() {}
    held()
}

/// What is held when that stands still: threads of guests drop what ended calls held a moment after they answered.
async fn standing(server: &TcpListener) -> Held {
    server.set_nonblocking(true).unwrap();
    let (mut last, mut same) = (held(), 0);
    for _ in 0..1000 {
        let now = soon(server).await;
        same = if (now.threads, now.files) == (last.threads, last.files) { same + 1 } else { 0 };
        last = now;
        if same == 10 {
            break;
        }
    }
    last
}

/// What is held as soon as it is no more than before; on a busy machine that takes a while.
async fn back_at(before: &Held, server: &TcpListener) -> Held {
    for _ in 0..1000 {
        if soon(server).await.is_back_at(before) {
            break;
        }
    }
    soon(server).await
}
