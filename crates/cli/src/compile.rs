//! The hidden subcommand that compiles a component of somebody else, as a child of this program with limits.

use crate::exit::Exit;
use boxagnts_runtime::{CompileLimits, Metering, compile_as_child};
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct CompileArguments {
    /// Seconds of the processor
    pub(crate) seconds: u64,
    /// Bytes of address space
    pub(crate) bytes: u64,
    /// Code that counts its steps
    #[arg(long)]
    pub(crate) metered: bool,
}

/// Reads a component from standard input and writes code to standard output.
pub(crate) fn compile(arguments: &CompileArguments) -> anyhow::Result<Exit> {
    let limits = CompileLimits { time: Duration::from_secs(arguments.seconds), memory: arguments.bytes };
    let metering = if arguments.metered { Metering::On } else { Metering::Off };
    compile_as_child(limits, metering, std::io::stdin(), std::io::stdout())?;
    Ok(Exit::Done)
}
