//! What a guest may use at most.

use std::fmt;
use std::time::Duration;

/// Deepest recursion of a guest, in bytes of its stack. One for all guests: it is part of the compiled code.
pub const STACK: usize = 512 * 1024;

/// What a guest may hand back as its state between two calls.
pub const MOST_STATE: usize = 1024 * 1024;

/// The bounds of one call. Each one ends the call when it is reached, and says so, unless its line says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time on the clock on the wall, from the start of the guest to its end.
    pub wall_clock: Duration,
    /// Bytes of all linear memories together. A guest that is refused more may go on with less.
    pub memory: u64,
    /// Steps of the guest itself, as the engine counts them ([`crate::fuel`]); without a number they are not counted.
    pub fuel: Option<u64>,
    /// Core instances inside the component; never more than [`crate::engine::MOST_INSTANCES`].
    pub instances: usize,
    /// Linear memories; never more than [`crate::engine::MOST_MEMORIES`].
    pub memories: usize,
    /// Tables; never more than [`crate::engine::MOST_TABLES`].
    pub tables: usize,
    /// Elements of all tables together. A guest that is refused more may go on with less.
    pub table_elements: usize,
    /// Open files, folders, streams and timers at the same time.
    pub resources: usize,
    /// Random bytes.
    pub random_bytes: u64,
    /// Bytes of text and JSON of a result that the model reads; the door cuts it there and says so.
    pub model_output: usize,
    /// Bytes of a result that is kept.
    pub stored_output: u64,
    /// Log lines and progress reports, each. More are dropped.
    pub log_lines: u32,
    /// Bytes of one log line or progress report. Longer ones are cut.
    pub log_line_bytes: usize,
    /// Files and folders created, opened for writing, moved or removed.
    pub files_written: u64,
    /// Bytes by which files are written or grown.
    pub bytes_written: u64,
    /// Time to a connection: name, address and TLS. Ends the request.
    pub http_connect: Duration,
    /// Time from a request to the header of its answer. Ends the request.
    pub http_first_byte: Duration,
    /// Time between two pieces of an answer. Ends the request.
    pub http_idle: Duration,
    /// Time for a request and its whole answer. Ends the request.
    pub http_total: Duration,
    /// Bytes of an answer, unpacked. Ends the request.
    pub http_body_in: usize,
    /// Bytes of a request's body. A larger one is not sent.
    pub http_body_out: usize,
    /// Requests whose answers are not read to their end yet. Further ones wait, as long as for a first byte.
    pub http_at_once: usize,
    /// Requests of a call, answered or not. Further ones are not sent.
    pub http_requests: u64,
    /// Bytes of all requests of a call together: addresses, fields and bodies. What would go beyond is not sent.
    pub http_out: u64,
    /// Bytes of the component itself, before it is compiled. A larger one is not loaded.
    pub component_bytes: u64,
    /// Time of the processor for compiling the component, in whole seconds. One that needs longer is not loaded.
    pub compile_time: Duration,
    /// Bytes of address space for compiling the component. One that needs more is not loaded.
    pub compile_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_clock: Duration::from_secs(30),
            memory: 64 << 20,
            fuel: None,
            instances: 10,
            memories: 4,
            tables: 10,
            table_elements: 100_000,
            resources: 1024,
            random_bytes: 64 << 10,
            model_output: boxagnts_tools::bound::TO_MODEL,
            stored_output: 16 << 20,
            log_lines: 1000,
            log_line_bytes: 4 << 10,
            files_written: 10_000,
            bytes_written: 256 << 20,
            http_connect: Duration::from_secs(5),
            http_first_byte: Duration::from_secs(20),
            http_idle: Duration::from_secs(20),
            http_total: Duration::from_mins(1),
            http_body_in: 10 << 20,
            http_body_out: 1 << 20,
            http_at_once: 8,
            http_requests: 100,
            http_out: 4 << 20,
            component_bytes: 32 << 20,
            compile_time: Duration::from_secs(30),
            compile_memory: 1 << 30,
        }
    }
}

/// The limit that ended a call, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitHit {
    /// Time.
    #[error("the limit of {} of time", Span(*.0))]
    WallClock(Duration),
    /// Linear memory.
    #[error("the limit of {} of memory", Bytes(*.0))]
    Memory(u64),
    /// Recursion.
    #[error("the limit of {} of stack", Bytes(STACK as u64))]
    Stack,
    /// Steps of its own.
    #[error("the limit of {0} units of fuel")]
    Fuel(u64),
    /// Core instances.
    #[error("the limit of {0} instances")]
    Instances(usize),
    /// Number of memories.
    #[error("the limit of {0} memories")]
    Memories(usize),
    /// Number of tables.
    #[error("the limit of {0} tables")]
    Tables(usize),
    /// Elements of tables.
    #[error("the limit of {0} table elements")]
    TableElements(usize),
    /// Open files, folders, streams and timers.
    #[error("the limit of {0} open files, folders, streams and timers")]
    Resources(usize),
    /// Random bytes.
    #[error("the limit of {} of random bytes", Bytes(*.0))]
    Random(u64),
    /// Output.
    #[error("the limit of {} of output", Bytes(*.0))]
    Output(u64),
    /// State between calls.
    #[error("the limit of {} of state between calls", Bytes(MOST_STATE as u64))]
    State,
    /// Files changed.
    #[error("the limit of {0} changed files")]
    FilesWritten(u64),
    /// Bytes written.
    #[error("the limit of {} of written bytes", Bytes(*.0))]
    BytesWritten(u64),
    /// Names in a folder, or in a tree that is moved.
    #[error("the limit of {0} names in a folder that is listed or moved")]
    Names(usize),
}

struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if 0 < bytes && bytes % (1 << 20) == 0 => write!(f, "{} MiB", bytes >> 20),
            bytes if 0 < bytes && bytes % (1 << 10) == 0 => write!(f, "{} KiB", bytes >> 10),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subsec_millis() == 0 {
            write!(f, "{} s", self.0.as_secs())
        } else {
            write!(f, "{} ms", self.0.as_millis())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_with_its_value() {
        assert_eq!(LimitHit::WallClock(Duration::from_secs(30)).to_string(), "the limit of 30 s of time");
        assert_eq!(LimitHit::WallClock(Duration::from_millis(250)).to_string(), "the limit of 250 ms of time");
        assert_eq!(LimitHit::Memory(64 << 20).to_string(), "the limit of 64 MiB of memory");
        assert_eq!(LimitHit::Fuel(1_000_000).to_string(), "the limit of 1000000 units of fuel");
        assert_eq!(LimitHit::Random(1000).to_string(), "the limit of 1000 bytes of random bytes");
    }
}
