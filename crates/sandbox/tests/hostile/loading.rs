//! What is loaded, what is refused, and what a poisoned cache is worth.

use crate::bench::{Bench, component, text};
use crate::oddity::Oddity;
use boxagnts_sandbox::{Compiler, Guest, GuestKind, Limits, LoadError, Sandbox, Source};
use boxagnts_tools::ToolFailure;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn inspect(wasm: Vec<u8>) -> Result<(), LoadError> {
    let guest = Guest::new(Source::Wasm(wasm.into()), &Limits::default())?;
    crate::bench::SANDBOX.inspect(&Arc::new(guest)).await
}

#[tokio::test]
async fn an_import_that_the_host_does_not_offer_is_refused_by_name() {
    let foreign = Oddity { import: Some("evil:host/door@1.0.0"), ..Oddity::default() };
    assert_eq!(inspect(foreign.command()).await, Err(LoadError::Import("evil:host/door@1.0.0".to_owned())));
    let bench = Bench::new();
    let tool = bench.tool_from("odd", foreign.command(), GuestKind::CommandArgs);
    let Err(ToolFailure::Broken(why)) = bench.call_tool(&tool, json!({})).await else { panic!("it was called") };
    assert!(why.contains("evil:host/door@1.0.0"), "{why}");
    // Twin.
    let known = Oddity { import: Some("wasi:cli/environment@0.2.0"), ..Oddity::default() };
    assert_eq!(inspect(known.command()).await, Ok(()));
}

#[tokio::test]
async fn what_is_no_component_says_what_it_is() {
    assert_eq!(inspect(Oddity::default().module().finish()).await, Err(LoadError::CoreModule));
    assert_eq!(inspect(b"#!/bin/sh\n".to_vec()).await, Err(LoadError::NoComponent));
    assert_eq!(inspect(wasm_encoder::Component::new().finish()).await, Err(LoadError::NoEntrance));
    let cut = component("noop");
    assert!(matches!(inspect(cut[..cut.len() / 2].to_vec()).await, Err(LoadError::Refused(_))));
}

/// The files of compiled code in a cache.
pub(crate) fn cached(cache: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(cache.join("code")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_none() && path.file_name().unwrap() != "key").collect()
}

#[tokio::test]
async fn f06_a_poisoned_cache_is_not_loaded() {
    let around = tempfile::tempdir().unwrap();
    let run = async |name: &str| {
        let mut bench = Bench::new();
        bench.sandbox = Sandbox::new(Some(around.path().to_owned()));
        bench.call(name, json!({})).await
    };
    assert_eq!(text(run("noop").await), "ok");
    let [noop] = &cached(around.path())[..] else { panic!("one file of code") };
    assert!(run("trap").await.is_err());
    let trap = cached(around.path()).into_iter().find(|path| path != noop).unwrap();
    let good = fs::read(noop).unwrap();

    // Code that the engine would run gladly, in place of another tool's.
    fs::copy(&trap, noop).unwrap();
    assert_eq!(text(run("noop").await), "ok");
    assert_eq!(fs::read(noop).unwrap(), good, "the code was made again");

    // Damage anywhere.
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(noop, &bad).unwrap();
    assert_eq!(text(run("noop").await), "ok");
    assert_eq!(fs::read(noop).unwrap(), good);
}

#[tokio::test]
async fn i07_a_cache_that_leads_elsewhere_is_not_used() {
    let around = tempfile::tempdir().unwrap();
    let (cache, elsewhere) = (around.path().join("cache"), around.path().join("elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &cache).unwrap();
    let mut bench = Bench::new();
    bench.sandbox = Sandbox::new(Some(cache));
    assert_eq!(text(bench.call("noop", json!({})).await), "ok");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[tokio::test]
async fn packed_code_is_unpacked_once_and_then_mapped() {
    let around = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(Some(around.path().to_owned()));
    let compiled = sandbox.precompile(&component("noop")).unwrap();
    let packed = |code: &[u8]| Source::Packed {
        digest: "0".repeat(64),
        code: zstd::bulk::compress(code, 1).unwrap().into(),
        size: compiled.len() as u64,
        component: Vec::new().into(),
        component_size: 0,
    };
    let describe = async |source: Source| {
        let guest = Arc::new(Guest::new(source, &Limits::default()).unwrap());
        Sandbox::new(Some(around.path().to_owned())).describe(&guest).await
    };
    assert_eq!(describe(packed(&compiled)).await.unwrap().name, "noop");
    // What is in the pack is not even looked at any more.
    assert_eq!(describe(packed(b"garbage")).await.unwrap().name, "noop");
    fs::remove_dir_all(around.path().join("code")).unwrap();
    assert!(describe(packed(b"garbage")).await.is_err());
}

/// Loads a component as the program does: a child process compiles it.
async fn load_by_child(wasm: Vec<u8>, limits: &Limits) -> Result<(), LoadError> {
    let program = env!("CARGO_BIN_EXE_precompile").into();
    let sandbox = Sandbox::with_compiler(None, Compiler { program, arguments: vec!["--as-child".into()] });
    sandbox.inspect(&Arc::new(Guest::new(Source::Wasm(wasm.into()), limits)?)).await
}

#[tokio::test]
async fn c06_compile_time_ends_a_component_that_is_too_hard() {
    let bomb = || Oddity { hard_functions: 200, ..Oddity::default() }.command();
    let limits = Limits { compile_time: Duration::from_secs(1), ..Limits::default() };
    let began = Instant::now();
    let Err(LoadError::TooHard(why)) = load_by_child(bomb(), &limits).await else { panic!("it was compiled") };
    assert!(why.contains("longer than 1 s"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    // Twin.
    assert_eq!(load_by_child(Oddity::default().command(), &limits).await, Ok(()));
}

#[tokio::test]
async fn c06_compile_memory_ends_a_component_that_is_too_large() {
    let limits = |memory| Limits { compile_memory: memory, ..Limits::default() };
    let bomb = || Oddity { hard_functions: 3, ..Oddity::default() }.command();
    let small = load_by_child(bomb(), &limits(160 << 20)).await;
    let Err(LoadError::TooHard(why)) = small else { panic!("it was compiled: {small:?}") };
    assert!(why.contains("more than 160 MiB"), "{why}");
    // Twin: the same with more.
    assert_eq!(load_by_child(bomb(), &limits(1 << 30)).await, Ok(()));
}

#[tokio::test]
async fn what_a_child_cannot_compile_is_told_in_its_words() {
    let limits = Limits::default();
    assert_eq!(
        load_by_child(b"#!/bin/sh\n".to_vec(), &limits).await,
        Err(LoadError::Refused("it is no WebAssembly component".into()))
    );
    let cut = component("noop");
    assert!(matches!(load_by_child(cut[..cut.len() / 2].to_vec(), &limits).await, Err(LoadError::Refused(_))));
    assert_eq!(load_by_child(cut, &limits).await, Ok(()));
    let absent = Compiler { program: "/does/not/exist".into(), arguments: Vec::new() };
    let guest = Guest::new(Source::Wasm(component("noop").into()), &limits).unwrap();
    let loaded = Sandbox::with_compiler(None, absent).inspect(&Arc::new(guest)).await;
    assert!(matches!(loaded, Err(LoadError::NoCompiler(_))), "{loaded:?}");
}
