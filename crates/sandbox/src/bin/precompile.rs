//! `precompile --out FILE PACKAGE_FOLDER…`: compiles tool packages ahead of time into one pack.
//! `precompile --as-child SECONDS BYTES [--metered]`: compiles one component from its standard input under limits, as the program's
//! own hidden subcommand does; for tests.
//!
//! Part of the build of the program itself: it uses the engine with the very settings that will run the code, asks
//! each component what it is, without any right, and writes what `boxagnts_tools::pack` reads. The target is explicit,
//! so that a pack does not depend on the processor of the machine that made it.

#![expect(clippy::disallowed_methods, reason = "a tool of the build: reads packages and writes one pack")]
#![expect(clippy::print_stderr, reason = "a program for people and for the build")]

use boxagnts_sandbox::compiler::METERED;
use boxagnts_sandbox::{CompileLimits, Guest, Limits, Metering, Sandbox, Source, compile_as_child};
use boxagnts_tools::pack::{self, Packed};
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Slow enough to halve what the binary carries, fast enough for every build.
const ZSTD_LEVEL: i32 = 12;

const USAGE: &str = "usage: precompile --out FILE PACKAGE_FOLDER…";

struct Compiled {
    manifest: String,
    descriptor: pack::Descriptor,
    digest: String,
    code: Vec<u8>,
    size: u64,
    component: Vec<u8>,
    component_size: u64,
}

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("precompile: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), Box<dyn Error>> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|first| first == "--as-child").is_some() {
        let mut number = || arguments.next().and_then(|text| text.to_str()?.parse().ok()).ok_or(USAGE);
        let limits = CompileLimits { time: Duration::from_secs(number()?), memory: number()? };
        let metering = if arguments.any(|argument| argument == METERED) { Metering::On } else { Metering::Off };
        return Ok(compile_as_child(limits, metering, std::io::stdin(), std::io::stdout())?);
    }
    let (out, folders) = read_arguments(arguments).ok_or(USAGE)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let sandbox = Sandbox::new(None);
    let mut compiled = Vec::with_capacity(folders.len());
    for folder in &folders {
        let package = runtime.block_on(compile(&sandbox, folder));
        compiled.push(package.map_err(|error| format!("{}: {error}", folder.display()))?);
    }
    let packages: Vec<Packed<'_>> = compiled.iter().map(Compiled::packed).collect();
    std::fs::write(out, pack::write(&packages)?)?;
    Ok(())
}

fn read_arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(PathBuf, Vec<PathBuf>)> {
    let option = arguments.next()?;
    let out = arguments.next().filter(|_| option == "--out")?;
    let folders: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    (!folders.is_empty()).then_some((out.into(), folders))
}

async fn compile(sandbox: &Arc<Sandbox>, folder: &Path) -> Result<Compiled, Box<dyn Error>> {
    let manifest = std::fs::read_to_string(folder.join("tool.yaml"))?;
    let wasm = std::fs::read(folder.join("component.wasm"))?;
    let code = sandbox.precompile(&wasm)?;
    let size = code.len() as u64;
    let code = zstd::bulk::compress(&code, ZSTD_LEVEL)?;
    let (component, component_size) = (zstd::bulk::compress(&wasm, ZSTD_LEVEL)?, wasm.len() as u64);
    let digest = Guest::new(Source::Wasm(wasm.into()), &Limits::default())?.digest().to_owned();
    // Asked of the packed code and not of the component, so that what is packed is known to load.
    let packed = Source::Packed {
        digest: digest.clone(),
        code: code.clone().into(),
        size,
        component: component.clone().into(),
        component_size,
    };
    let descriptor = sandbox.describe(&Arc::new(Guest::new(packed, &Limits::default())?)).await?;
    Ok(Compiled { manifest, descriptor, digest, code, size, component, component_size })
}

impl Compiled {
    fn packed(&self) -> Packed<'_> {
        Packed {
            manifest: self.manifest.clone(),
            descriptor: self.descriptor.clone(),
            digest: self.digest.clone(),
            code: &self.code,
            size: self.size,
            component: &self.component,
            component_size: self.component_size,
        }
    }
}
