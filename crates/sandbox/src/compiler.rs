//! Compiling a component that somebody else made, in a child process with limits.
//!
//! A compiler cannot be stopped from inside, and a component can be made so that it needs hours and all memory. The
//! child is this same program with a hidden subcommand: it gives up its rights to time, memory, files and processes
//! first, reads the component from its standard input and writes the code to its standard output. What it writes is
//! trusted like the output of the compiler in this process, so the limits stop a bomb and not a defect of the compiler.

use crate::compile::{LoadError, MOST_CODE, compile};
use crate::engine::config;
use crate::fuel::Metering;
use crate::limits::Limits;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wasmtime::Engine;

/// Begins the output when code follows.
const CODE: u8 = 0;
/// Begins the output when the reason follows why there is none.
const REASON: u8 = 1;

/// A reason is read by a person.
const LONGEST_REASON: usize = 4096;

/// Between the end of the child's own time and the end by force: it may start late on a busy machine.
const GRACE: Duration = Duration::from_secs(5);

/// The option of the child for code that counts its steps.
pub const METERED: &str = "--metered";

/// The command that starts the child; the two limits are appended to it, and [`METERED`] where that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// What comes before the limits.
    pub arguments: Vec<OsString>,
}

/// What the child may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Of the processor, in whole seconds.
    pub time: Duration,
    /// Address space, in bytes.
    pub memory: u64,
}

impl CompileLimits {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self { time: limits.compile_time, memory: limits.compile_memory }
    }
}

impl Compiler {
    /// Has a component compiled. Blocks.
    pub(crate) fn compile(&self, wasm: &[u8], metering: Metering, limits: CompileLimits) -> Result<Vec<u8>, LoadError> {
        let failed = |error: io::Error| LoadError::NoCompiler(error.to_string());
        let mut child = self.start(metering, limits).map_err(failed)?;
        let talked = talk(&mut child, wasm, limits.time + GRACE);
        let status = child.wait().map_err(failed)?;
        let Talked { output, overdue } = talked.map_err(failed)?;
        match output.split_first() {
            Some((&CODE, code)) if status.success() => Ok(code.to_vec()),
            Some((&REASON, reason)) if status.success() => {
                Err(LoadError::Refused(String::from_utf8_lossy(reason).into_owned()))
            }
            _ => Err(LoadError::TooHard(how_it_ended(status, overdue, limits))),
        }
    }

    fn start(&self, metering: Metering, limits: CompileLimits) -> io::Result<Child> {
        #[expect(clippy::disallowed_methods, reason = "the child is this program, and has less rights than it")]
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(limits.time.as_secs().max(1).to_string()).arg(limits.memory.to_string());
        if metering == Metering::On {
            command.arg(METERED);
        }
        command.env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    }
}

/// What came back.
struct Talked {
    output: Vec<u8>,
    overdue: bool,
}

/// Hands the component over and takes the answer, both at once: neither pipe holds all of it.
fn talk(child: &mut Child, wasm: &[u8], time: Duration) -> io::Result<Talked> {
    let broken = || io::Error::other("the compiler has no pipes");
    let (mut input, output) = (child.stdin.take().ok_or_else(broken)?, child.stdout.take().ok_or_else(broken)?);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(broken)?;
    let (done, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // A child that ends early does not read on; its answer tells why.
        scope.spawn(move || input.write_all(wasm));
        let watch = scope.spawn(move || {
            let overdue = ended.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout);
            if overdue {
                // Its number is still its own: nobody has waited for it yet.
                let _ = kill_process(pid, Signal::KILL);
            }
            overdue
        });
        let mut bytes = Vec::new();
        let read = output.take(MOST_CODE + 1).read_to_end(&mut bytes);
        drop(done);
        let overdue = watch.join().unwrap_or(true);
        read?;
        if MOST_CODE < bytes.len() as u64 {
            let _ = kill_process(pid, Signal::KILL);
            return Err(io::Error::other("the compiled code is too large"));
        }
        Ok(Talked { output: bytes, overdue })
    })
}

fn how_it_ended(status: ExitStatus, overdue: bool, limits: CompileLimits) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    let CompileLimits { time, memory } = limits;
    match status.signal() {
        Some(signal) if overdue || signal == Signal::XCPU.as_raw() => {
            format!("compiling it takes longer than {} s", time.as_secs())
        }
        _ => format!("compiling it ended with {status}: it may need more than {} MiB of memory", memory >> 20),
    }
}

/// The child's whole life: gives up its rights, reads a component, writes code or a reason.
///
/// # Errors
/// When a limit cannot be set, or a pipe breaks; the parent then sees neither code nor reason.
pub fn compile_as_child(
    limits: CompileLimits,
    metering: Metering,
    mut input: impl Read,
    mut output: impl Write,
) -> io::Result<()> {
    give_up_rights(limits)?;
    let mut wasm = Vec::new();
    input.read_to_end(&mut wasm)?;
    // One thread: more of them would multiply the memory and not the limit.
    let engine = Engine::new(config(metering).parallel_compilation(false));
    let compiled = engine.map_err(|error| LoadError::NoEngine(format!("{error:#}")));
    match compiled.and_then(|engine| compile(&engine, &wasm)) {
        Ok(code) => output.write_all(&[CODE]).and_then(|()| output.write_all(&code))?,
        Err(error) => {
            let reason = error.to_string();
            let end = reason.floor_char_boundary(LONGEST_REASON);
            output.write_all(&[REASON]).and_then(|()| output.write_all(&reason.as_bytes()[..end]))?;
        }
    }
    output.flush()
}

/// Time and memory as asked for; no file grows, none is opened beyond what is open, and nothing is left when it crashes.
fn give_up_rights(limits: CompileLimits) -> io::Result<()> {
    let most = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    let CompileLimits { time, memory } = limits;
    // The lower one ends the process with a signal that tells why; the higher one only kills.
    let seconds = time.as_secs().max(1);
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 1) })?;
    setrlimit(Resource::As, most(memory))?;
    setrlimit(Resource::Fsize, most(0))?;
    setrlimit(Resource::Core, most(0))?;
    Ok(setrlimit(Resource::Nofile, most(16))?)
}
