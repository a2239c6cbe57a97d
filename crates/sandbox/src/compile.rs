//! From a component to code that can be run: compiled, or unpacked, kept, loaded.

use crate::compiler::CompileLimits;
use crate::engine::fingerprint;
use crate::fuel::Metering;
use crate::link::OFFERED;
use crate::sandbox::Open;
use crate::state::CallState;
use crate::typed::ToolPre;
use std::borrow::Cow;
use std::fs::File;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result};
use wasmtime_wasi::p2::bindings::CommandPre;

/// No compiled component is larger. The largest of ours, a whole language, has a tenth of that.
pub(crate) const MOST_CODE: u64 = 256 << 20;

/// Where a component comes from.
pub enum Source {
    /// Compiled ahead of time by this program's own build, and part of the program.
    Packed {
        /// SHA-256 of the component before it was compiled, as hexadecimal digits.
        digest: String,
        /// The compiled component, compressed with zstd.
        code: Cow<'static, [u8]>,
        /// Its length when it is unpacked, in bytes.
        size: u64,
        /// The component itself, compressed with zstd: metered code is compiled from it when it is needed.
        component: Cow<'static, [u8]>,
        /// Its length when it is unpacked, in bytes.
        component_size: u64,
    },
    /// A component as WebAssembly, compiled when it is loaded, where there is a [`crate::Compiler`] in a child process.
    Wasm(Cow<'static, [u8]>),
}

/// Why a component cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It is larger than the limit.
    #[error("it has {size} bytes, and the limit is {most}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        most: u64,
    },
    /// A module of WebAssembly, of which components are made, but not one itself.
    #[error("it is a core module and no component; build it for the target wasm32-wasip2")]
    CoreModule,
    /// No WebAssembly at all.
    #[error("it is no WebAssembly component")]
    NoComponent,
    /// It wants something that this host does not have.
    #[error("it imports {0}, which this host does not offer")]
    Import(String),
    /// It neither is a tool nor a command.
    #[error("it exports neither the world boxagnts:tool/tool nor wasi:cli/run")]
    NoEntrance,
    /// The engine refuses it.
    #[error("{0}")]
    Refused(String),
    /// Compiling it takes more than it may.
    #[error("{0}; it is not used")]
    TooHard(String),
    /// The compiler could not be started, or broke off.
    #[error("it cannot be compiled: {0}")]
    NoCompiler(String),
    /// Its packed code does not unpack.
    #[error("its packed code is damaged")]
    Damaged,
    /// The system gives no threads, or too many of ours hang in it.
    #[error("{0}")]
    NoThreads(String),
    /// The engine itself does not start.
    #[error("the engine does not start: {0}")]
    NoEngine(String),
}

/// A component that is ready to be instantiated.
pub(crate) enum Loaded {
    /// It speaks the world of `wit/`.
    Typed(ToolPre<CallState>),
    /// It is a plain command.
    Command(CommandPre<CallState>),
}

/// Compiled code that is known to be ours.
enum Code {
    /// From the cache, proved.
    File(File),
    /// Fresh from the compiler or from inside the program.
    Fresh(Vec<u8>),
}

/// Makes a component ready. Blocks: reads, unpacks or compiles.
pub(crate) fn load(open: &Open, digest: &str, source: &Source, limits: CompileLimits) -> Result<Loaded, LoadError> {
    let Open { metering, house, linker, cache, .. } = open;
    let cache = cache.as_ref();
    let name = format!("{digest}-{}", fingerprint(&house.engine));
    if let Some(file) = cache.and_then(|cache| cache.find(&name))
        && let Ok(component) = trust(&house.engine, Code::File(file))
    {
        return link(linker, &component);
    }
    let code = match (source, metering) {
        (Source::Packed { code, size, .. }, Metering::Off) => unpack(code, *size)?,
        (Source::Packed { component, component_size, .. }, Metering::On) => {
            compiled(open, &unpack(component, *component_size)?, limits)?
        }
        (Source::Wasm(wasm), _) => compiled(open, wasm, limits)?,
    };
    let code = match cache.and_then(|cache| cache.keep(&name, &code)) {
        Some(file) => Code::File(file),
        None => Code::Fresh(code),
    };
    let component = trust(&house.engine, code).map_err(|error| LoadError::Refused(format!("{error:#}")))?;
    link(linker, &component)
}

/// Compiles in a child where there is one, and else here.
fn compiled(open: &Open, wasm: &[u8], limits: CompileLimits) -> Result<Vec<u8>, LoadError> {
    match &open.compiler {
        Some(compiler) => compiler.compile(wasm, open.metering, limits),
        None => compile(&open.house.engine, wasm),
    }
}

/// Compiles with the settings of this program. The result runs wherever the target does.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
    if wasmparser::Parser::is_core_wasm(wasm) {
        return Err(LoadError::CoreModule);
    }
    if !wasmparser::Parser::is_component(wasm) {
        return Err(LoadError::NoComponent);
    }
    engine.precompile_component(wasm).map_err(|error| LoadError::Refused(format!("{error:#}")))
}

fn unpack(code: &[u8], size: u64) -> Result<Vec<u8>, LoadError> {
    if MOST_CODE < size {
        return Err(LoadError::TooLarge { size, most: MOST_CODE });
    }
    let size = usize::try_from(size).map_err(|_| LoadError::Damaged)?;
    let code = zstd::bulk::decompress(code, size).map_err(|_| LoadError::Damaged)?;
    if code.len() == size { Ok(code) } else { Err(LoadError::Damaged) }
}

#[expect(unsafe_code, reason = "loading compiled code is unsafe, and the one place for it is here")]
fn trust(engine: &Engine, code: Code) -> Result<Component> {
    // SAFETY: the engine runs what it is given, so the bytes must be the output of this engine's compiler. Fresh ones
    // come from that compiler a moment ago, or from the pack inside this very program, which its build compiled. Those
    // of a file were written by this user's program: `CodeCache::find` has verified a digest over this open file with
    // a key that no guest can reach. The engine itself refuses code of other settings or versions.
    unsafe {
        match code {
            Code::File(file) => map(&file, |path| Component::deserialize_file(engine, path)),
            Code::Fresh(bytes) => Component::deserialize(engine, bytes),
        }
    }
}

/// Hands the engine the file that was verified, not whatever has its name by now.
fn map<T>(file: &File, load: impl FnOnce(String) -> Result<T>) -> Result<T> {
    use std::os::fd::AsRawFd as _;
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    load(format!("{folder}/{}", file.as_raw_fd()))
}

fn link(linker: &Linker<CallState>, component: &Component) -> Result<Loaded, LoadError> {
    let (engine, of_component) = (linker.engine(), component.component_type());
    for (import, _) in of_component.imports(engine) {
        let interface = import.split('@').next().unwrap_or(import);
        if !OFFERED.contains(&interface) {
            return Err(LoadError::Import(import.to_owned()));
        }
    }
    let refused = |error: wasmtime::Error| LoadError::Refused(format!("{error:#}"));
    let ready = linker.instantiate_pre(component).map_err(refused)?;
    let exports: Vec<&str> = of_component.exports(engine).map(|(name, _)| name).collect();
    if exports.contains(&"call") {
        ToolPre::new(ready).map(Loaded::Typed).map_err(refused)
    } else if exports.iter().any(|name| name.starts_with("wasi:cli/run@")) {
        CommandPre::new(ready).map(Loaded::Command).map_err(refused)
    } else {
        Err(LoadError::NoEntrance)
    }
}
