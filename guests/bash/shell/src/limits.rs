//! The bounds of one call, each with its reason.
//!
//! The host bounds memory, time, files and bytes with walls. These bounds come before them, so that the
//! model reads what happened and keeps what was printed so far.

use std::time::Duration;

use bashkit::{ExecutionLimits, MemoryLimits};

pub(crate) const MIB: u64 = 1024 * 1024;

/// Standard output that is kept. The host shows the model less and stores this.
pub(crate) const STDOUT: usize = 1024 * 1024;

/// Standard error that is kept: so little that it is still seen behind a long output.
pub(crate) const STDERR: usize = 16 * 1024;

/// A script that prints more than this is a flood, and is stopped.
pub(crate) const MOST_PRINTED: u64 = 64 * MIB;

/// A little less than what `tool.yaml` asks for, so that the shell itself says how far it came.
pub(crate) const LONGEST: Duration = Duration::from_secs(55);

/// How often a script that waits looks whether it should stop.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// The status of a script that was stopped, as of a killed process.
pub(crate) const KILLED: i32 = 137;

/// Counts are left to the clock; depths protect the stack of 512 KiB, which the host bounds.
pub(crate) fn execution() -> ExecutionLimits {
    ExecutionLimits {
        max_work_units: u64::MAX,
        max_aggregate_input_bytes: u64::MAX,
        // Files and pipes in flight; with what the program itself needs, it fits into 128 MiB.
        max_live_intermediate_bytes: 80 * MIB,
        max_commands: usize::MAX,
        max_loop_iterations: usize::MAX,
        max_total_loop_iterations: usize::MAX,
        max_parser_operations: 10_000_000,
        parser_timeout: LONGEST,
        timeout: Duration::from_hours(24),
        max_input_bytes: 1024 * 1024,
        // What is more is stopped by `MOST_PRINTED`, and command substitutions are held in memory.
        max_stdout_bytes: 128 * 1024 * 1024,
        max_stderr_bytes: 128 * 1024 * 1024,
        max_history_entries: 0,
        max_history_bytes: 0,
        ..ExecutionLimits::default()
    }
}

/// Variables, arrays and functions.
pub(crate) fn memory() -> MemoryLimits {
    MemoryLimits::default()
}
