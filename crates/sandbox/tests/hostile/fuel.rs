//! Fuel: exact to the step, each call's own, and off unless somebody names it. How far a guest came is the length of a file
//! that it makes longer each turn.

use crate::bench::{Bench, component, failure, limited, text};
use crate::loading::cached;
use boxagnts_sandbox::{Compiler, Guest, GuestKind, Limits, LoadError, Sandbox, Source};
use boxagnts_tools::tool::Recoverable;
use boxagnts_tools::{ToolFailure, ToolResult};
use futures::future::join_all;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Enough for whatever ends by itself here.
const PLENTY: u64 = 50_000_000;

/// An endless guest of each world, and what it is called with.
fn endless() -> [(&'static str, GuestKind, Value); 2] {
    [
        ("spin", GuestKind::Typed, json!({ "trace": "/workspace/trace" })),
        ("command", GuestKind::CommandArgs, json!({ "args": ["--trace", "/workspace/trace"] })),
    ]
}

fn with_fuel(fuel: impl Into<Option<u64>>) -> Bench {
    let mut bench = Bench::new();
    bench.limits.fuel = fuel.into();
    bench
}

fn came(bench: &Bench) -> usize {
    fs::read(bench.inside("trace")).map_or(0, |trace| trace.len())
}

/// Calls the guest in a workspace of its own; how many turns it came, after an end for lack of fuel.
async fn turns(guest: &str, kind: GuestKind, input: &Value, fuel: u64) -> usize {
    let bench = with_fuel(fuel);
    let message = limited(bench.call_tool(&bench.tool_of(guest, kind), input.clone()).await);
    assert!(message.contains(&format!("the limit of {fuel} units of fuel")), "{message}");
    came(&bench)
}

/// The least fuel with which the guest comes so far.
async fn least(guest: &str, kind: GuestKind, input: &Value, far: usize) -> u64 {
    let (mut below, mut enough) = (0, PLENTY);
    while below + 1 < enough {
        let middle = u64::midpoint(below, enough);
        if turns(guest, kind, input, middle).await < far { below = middle } else { enough = middle }
    }
    enough
}

#[tokio::test]
async fn c01_fuel_ends_a_guest_at_the_same_step_however_busy_the_machine_is() {
    for (guest, kind, input) in endless() {
        let exact = least(guest, kind, &input, 20).await;
        // All at once, on fewer threads, beside others that leave them no processor.
        let busy = with_fuel(None);
        let spin = busy.tool("spin");
        let runs = async {
            let below = join_all((0..12).map(|_| turns(guest, kind, &input, exact - 1)));
            let enough = join_all((0..12).map(|_| turns(guest, kind, &input, exact)));
            let further = join_all((0..4).map(|_| turns(guest, kind, &input, 2 * exact)));
            let came = tokio::join!(below, enough, further);
            busy.cancel.cancel();
            came
        };
        let (_, (below, enough, further)) =
            tokio::join!(join_all((0..4).map(|_| busy.call_tool(&spin, json!({})))), runs);
        assert_eq!(below, [19; 12], "{guest} with {} units", exact - 1);
        assert_eq!(enough, [20; 12], "{guest} with one unit more");
        assert!(further.iter().all(|turns| 20 < *turns && *turns == further[0]), "{guest}: {further:?}");
    }
}

#[tokio::test]
async fn enough_fuel_changes_no_result_and_without_fuel_only_the_clock_ends_a_guest() {
    let finite = json!({ "trace": "/workspace/trace", "turns": 50 });
    for fuel in [Some(PLENTY), Some(i64::MAX.unsigned_abs()), Some(u64::MAX), None] {
        let bench = with_fuel(fuel);
        assert_eq!(text(bench.call("spin", finite.clone()).await), "ended after 50 turns", "{fuel:?}");
        assert_eq!(came(&bench), 50);
    }
    let minute = Duration::from_mins(1);
    let ends = [(Some(1_000_000), minute, "1000000 units of fuel"), (None, minute / 200, "300 ms of time")];
    for (fuel, wall_clock, ends) in ends {
        let mut bench = with_fuel(fuel);
        bench.limits.wall_clock = wall_clock;
        let message = limited(bench.call("spin", json!({})).await);
        assert!(message.contains(ends), "{message}");
    }
}

#[tokio::test]
async fn fuel_is_a_calls_own_and_nothing_of_it_is_left_to_the_next() {
    let (guest, kind, input) = endless().into_iter().next().unwrap();
    let exact = least(guest, kind, &input, 20).await;
    let bench = with_fuel(exact);
    let tool = bench.tool(guest);
    for _ in 0..20 {
        // One that leaves most of its fuel, and one that takes all of it.
        bench.call_tool(&tool, json!({ "turns": 0 })).await.unwrap();
        assert!(limited(bench.call_tool(&tool, input.clone()).await).contains("units of fuel"));
        assert_eq!(came(&bench), 20);
    }
}

#[tokio::test]
async fn a_guest_with_fuel_still_ends_at_its_deadline_and_when_it_is_cancelled() {
    let mut bench = with_fuel(i64::MAX.unsigned_abs());
    bench.limits.wall_clock = Duration::from_millis(200);
    for input in [json!({}), json!({ "host": true })] {
        let message = limited(bench.call("spin", input).await);
        assert!(message.contains("200 ms of time"), "{message}");
    }
    let bench = with_fuel(i64::MAX.unsigned_abs());
    let spin = bench.tool("spin");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        bench.cancel.cancel();
    };
    let (ended, ()) = tokio::join!(bench.call_tool(&spin, json!({})), stop);
    assert_eq!(failure(ended).0, Recoverable::Cancelled);
    assert_eq!(bench.sandbox.stuck_calls(), 0);
}

#[tokio::test]
async fn tables_of_hashes_are_alike_in_counted_calls_and_unlike_in_others() {
    let order = async |fuel: Option<u64>| {
        let bench = with_fuel(fuel);
        text(bench.call_tool(&bench.tool_of("command", GuestKind::CommandArgs), json!({ "args": ["--order"] })).await)
    };
    assert_eq!(order(Some(PLENTY)).await, order(Some(PLENTY)).await);
    assert_ne!(order(None).await, order(None).await, "control: the seed is what orders them");
}

#[tokio::test]
async fn what_a_component_says_of_itself_is_not_counted() {
    let limits = Limits { fuel: Some(1), ..Limits::default() };
    let guest = Arc::new(Guest::new(Source::Wasm(component("noop").into()), &limits).unwrap());
    assert_eq!(crate::bench::SANDBOX.describe(&guest).await.unwrap().name, "noop");
    assert!(limited(with_fuel(1).call("noop", json!({})).await).contains("the limit of 1 units of fuel"));
}

#[tokio::test]
async fn f06_code_that_counts_and_code_that_does_not_never_stand_for_one_another() {
    let around = tempfile::tempdir().unwrap();
    let call = async |fuel: Option<u64>| {
        let mut bench = with_fuel(fuel);
        bench.sandbox = Sandbox::new(Some(around.path().to_owned()));
        bench.call("noop", json!({})).await
    };
    assert_eq!(text(call(None).await), "ok");
    let [plain] = &cached(around.path())[..] else { panic!("one file of code") };
    assert_eq!(text(call(Some(PLENTY)).await), "ok");
    let metered = &cached(around.path()).into_iter().find(|path| path != plain).unwrap();
    let component = |path: &Path| path.file_name().unwrap().to_str().unwrap().split('-').next().unwrap().to_owned();
    assert_eq!(component(plain), component(metered));

    // Each in the other's place, with its proof: neither is taken, and no call runs uncounted.
    for (from, to) in [(plain, metered), (metered, plain)] {
        let kept = fs::read(to).unwrap();
        fs::copy(from, to).unwrap();
        fs::copy(from.with_extension("proof"), to.with_extension("proof")).unwrap();
        assert!(limited(call(Some(1)).await).contains("units of fuel"));
        assert_eq!(text(call(None).await), "ok");
        assert_eq!(fs::read(to).unwrap(), kept, "it was made again");
    }
}

#[tokio::test]
async fn calls_with_fuel_and_without_share_one_component() {
    let (counted, free) = (with_fuel(400_000), with_fuel(None));
    let guest = Arc::new(Guest::new(Source::Wasm(component("spin").into()), &free.limits).unwrap());
    let tools = [&counted, &free].map(|bench| bench.tool_around("spin", &guest, GuestKind::Typed));
    for _ in 0..3 {
        let few = json!({ "turns": 10 });
        let (one, other) = tokio::join!(
            counted.call_tool(&tools[0], few.clone()),
            free.call_tool(&tools[1], json!({ "turns": 1_000_000 }))
        );
        assert_eq!((text(one), text(other)), ("ended after 10 turns".into(), "ended after 1000000 turns".into()));
        let message = limited(counted.call_tool(&tools[0], json!({ "turns": 1_000_000 })).await);
        assert!(message.contains("400000 units of fuel"), "{message}");
    }
}

/// Calls `noop` from a pack.
async fn packed(code: Vec<u8>, wasm: &[u8], fuel: Option<u64>) -> ToolResult {
    let mut bench = with_fuel(fuel);
    bench.sandbox = Sandbox::new(None);
    let (size, component_size) = (code.len() as u64, wasm.len() as u64);
    let squeezed = |bytes: &[u8]| zstd::bulk::compress(bytes, 1).unwrap().into();
    let digest = "0".repeat(64);
    let source = Source::Packed { digest, code: squeezed(&code), size, component: squeezed(wasm), component_size };
    bench.call_tool(&bench.tool_from_source("noop", source, GuestKind::Typed), json!({})).await
}

#[tokio::test]
async fn a_packed_tool_is_compiled_for_counting_from_the_component_beside_its_code() {
    let wasm = component("noop");
    let code = || Sandbox::new(None).precompile(&component("noop")).unwrap();
    assert_eq!(text(packed(code(), b"no component", None).await), "ok", "without fuel it is not looked at");
    assert_eq!(text(packed(b"no code".to_vec(), &wasm, Some(PLENTY)).await), "ok");
    assert!(limited(packed(b"no code".to_vec(), &wasm, Some(1)).await).contains("units of fuel"));
    for (code, wasm, fuel) in [(code(), &b"no component"[..], Some(PLENTY)), (b"no code".to_vec(), &wasm, None)] {
        let ended = packed(code, wasm, fuel).await;
        assert!(matches!(ended, Err(ToolFailure::Broken(_))), "{ended:?}");
    }
}

#[tokio::test]
async fn a_component_of_somebody_else_is_compiled_for_counting_by_the_child() {
    let call = async |arguments: &[&str], fuel: Option<u64>| {
        let program = env!("CARGO_BIN_EXE_precompile").into();
        let arguments = arguments.iter().map(Into::into).collect();
        let mut bench = with_fuel(fuel);
        bench.sandbox = Sandbox::with_compiler(None, Compiler { program, arguments });
        bench.call("noop", json!({})).await
    };
    let child = ["--as-child"];
    assert_eq!(text(call(&child, Some(PLENTY)).await), "ok");
    assert!(limited(call(&child, Some(1)).await).contains("units of fuel"));
    assert_eq!(text(call(&child, None).await), "ok");
}

#[tokio::test]
async fn compile_limits_hold_for_code_that_counts() {
    let program = env!("CARGO_BIN_EXE_precompile").into();
    let mut bench = with_fuel(PLENTY);
    bench.sandbox = Sandbox::with_compiler(None, Compiler { program, arguments: vec!["--as-child".into()] });
    bench.limits.compile_memory = 32 << 20;
    let Err(ToolFailure::Broken(why)) = bench.call("noop", json!({})).await else { panic!("it was compiled") };
    assert!(why.contains(&LoadError::TooHard(String::new()).to_string()), "{why}");
}

#[tokio::test]
async fn clocks_of_a_counted_call_tell_whole_seconds_and_waiting_still_works() {
    let left_of_a_second = async |fuel: Option<u64>| {
        let bench = with_fuel(fuel);
        let input = json!({ "args": ["--clocks"] });
        let said = text(bench.call_tool(&bench.tool_of("command", GuestKind::CommandArgs), input).await);
        said.lines().map(|line| line.parse().unwrap()).collect::<Vec<u32>>()
    };
    // Twenty looks at each clock, with a wait of some milliseconds between any two.
    assert_eq!(left_of_a_second(Some(PLENTY)).await, [0; 40]);
    let plain = left_of_a_second(None).await;
    assert!(plain.len() == 40 && plain.iter().any(|left| *left != 0), "control: {plain:?}");
    assert_eq!(text(with_fuel(PLENTY).call("sleep", json!({ "ms": 50 })).await), "slept 50 ms");
}
