//! Measures a search tool over the plain `wasi:filesystem` of the engine's library, which asks nobody and counts nothing:
//! the yardstick of the mediated one. Nothing of it is in the product.
//!
//! Started with a folder, it prints `ready` and answers each line `TOOL N` on its standard input with N durations in
//! nanoseconds, as `bench_door` does. The settings of the engine are the product's, so that only the files differ.

#![expect(clippy::disallowed_methods, reason = "a measuring program reads its arguments and its guest")]
#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "most of it is generated code")]

use boxagnts::tool::{host, types};
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::error::Context as _;
use wasmtime::{Config, Engine, Error, Result, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "tool",
    imports: { default: trappable },
    exports: { default: async },
});

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl host::Host for State {
    fn progress(&mut self, _: String, _: Option<f32>) -> Result<()> {
        Ok(())
    }

    fn log(&mut self, _: u8, _: String) -> Result<()> {
        Ok(())
    }

    fn cancelled(&mut self) -> Result<bool> {
        Ok(false)
    }
}

impl types::Host for State {}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("say which folder is searched")?;
    // As the threads of guests: one more than cores, each of which may block.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let engine = engine()?;
    let (grep, glob) = (tool(&engine, "grep")?, tool(&engine, "glob")?);
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (case, count) = line.split_once(' ').context("a line is TOOL N")?;
        let (tool, input) = match case {
            "grep" => (&grep, r#"{"pattern":"TODO|FIXME"}"#),
            "glob" => (&glob, r#"{"pattern":"**"}"#),
            other => return Err(Error::msg(format!("{other:?} cannot be measured"))),
        };
        let mut times = Vec::new();
        for _ in 0..count.trim().parse::<usize>()? {
            let (engine, tool, folder) = (engine.clone(), tool.clone(), folder.clone());
            let called = runtime.spawn(async move { call(&engine, &tool, &folder, input).await });
            times.push(runtime.block_on(called)??.as_nanos().to_string());
        }
        writeln!(out, "{}", times.join(" "))?;
        out.flush()?;
    }
    Ok(())
}

fn engine() -> Result<Engine> {
    let mut config = Config::new();
    if let ("x86_64", "linux") = (std::env::consts::ARCH, std::env::consts::OS) {
        config.target("x86_64-unknown-linux-gnu")?;
    }
    config.epoch_interruption(true).wasm_backtrace_max_frames(None).memory_init_cow(true);
    Engine::new(&config)
}

fn tool(engine: &Engine, name: &str) -> Result<ToolPre<State>> {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/packages");
    let component = packages.join(name).join("component.wasm");
    let component = Component::from_file(engine, &component).context("build it with: cargo xtask build")?;
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    host::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    types::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    ToolPre::new(linker.instantiate_pre(&component)?)
}

async fn call(engine: &Engine, tool: &ToolPre<State>, folder: &Path, input: &str) -> Result<Duration> {
    let begun = Instant::now();
    let mut wasi = WasiCtxBuilder::new();
    wasi.allow_blocking_current_thread(true);
    wasi.preopened_dir(folder, "/workspace", FsPerms::ReadOnly)?;
    let mut store = Store::new(engine, State { table: ResourceTable::new(), wasi: wasi.build() });
    store.set_epoch_deadline(u64::MAX / 2);
    let tool = tool.instantiate_async(&mut store).await?;
    let result = tool.call_call(&mut store, input, None).await?;
    result.map_err(|failure| Error::msg(format!("{failure:?}")))?;
    Ok(begun.elapsed())
}
