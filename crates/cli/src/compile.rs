//! The hidden subcommand that compiles a component of somebody else, as a child of this program with limits.

use crate::exit::Exit;
use boxagnts_runtime::{CompileLimits, compile_as_child};
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct CompileArguments {
    /// Seconds of the processor
    pub(crate) seconds: u64,
    /// Bytes of address space
    pub(crate) bytes: u64,
}

/// Reads a component from standard input and writes code to standard output.
pub(crate) fn compile(arguments: &CompileArguments) -> anyhow::Result<Exit> {
    let limits = CompileLimits { time: Duration::from_secs(arguments.seconds), memory: arguments.bytes };
    compile_as_child(limits, std::io::stdin(), std::io::stdout())?;
    Ok(Exit::Done)
}
