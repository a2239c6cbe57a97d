//! The operations, as the input names them.

use schemars::JsonSchema;
use serde::Deserialize;

/// Operations in the order in which they are tried.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// What to try.
    pub(crate) ops: Vec<Operation>,
}

/// One operation; its name is in `op`.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Operation {
    File(FileOperation),
    Raw(RawOperation),
    World(WorldOperation),
}

/// Operations through std.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FileOperation {
    /// The text and the size of a file.
    Read { path: String },
    /// Create or replace a file.
    Write { path: String, data: String },
    /// Write at the end of a file, creating it.
    Append { path: String, data: String },
    /// Create a file that must not exist.
    CreateNew { path: String, data: String },
    /// Change the size of a file.
    SetLen { path: String, size: u64 },
    /// Create a folder.
    Mkdir { path: String },
    /// Remove an empty folder.
    Rmdir { path: String },
    /// Remove a file or link.
    Remove { path: String },
    /// Rename a file or folder.
    Rename { from: String, to: String },
    /// Give a file a second name.
    HardLink { from: String, to: String },
    /// Make a link at `path`.
    Symlink { target: String, path: String },
    /// What a link says.
    ReadLink { path: String },
    /// What a path is, through links.
    Stat { path: String },
    /// What a path is, not through a link.
    Lstat { path: String },
    /// The names in a folder, sorted.
    List { path: String },
    /// Write the same file, or with `{}` in the path many files, until something refuses.
    WriteLoop { path: String, count: u64, bytes: Option<usize> },
    /// Open a file for writing, try other operations, then write through the open file.
    Holding { path: String, ops: Vec<Operation>, data: String },
}

/// Operations by `wasi:filesystem` itself.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RawOperation {
    /// Open with the flag that truncates, for reading only (A04).
    Truncate { path: String },
    /// Open any path, relative to a given folder, exactly as it stands here.
    RawOpen {
        path: String,
        /// The given folder. Default: the first one.
        base: Option<String>,
        #[serde(default)]
        flags: Vec<OpenFlag>,
        #[serde(default)]
        access: Vec<AccessFlag>,
        /// Follow a link at the end. Default true.
        follow: Option<bool>,
        /// What to write through the descriptor once it is open.
        data: Option<String>,
    },
    /// Set the times of a file to some second since 1970.
    SetTimes { path: String, seconds: u64 },
    /// Open a file again and again and close none (C04).
    OpenMany { path: String, count: u64 },
}

/// The flags of `open-flags`.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OpenFlag {
    Create,
    Directory,
    Exclusive,
    Truncate,
}

/// The flags of `descriptor-flags`.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccessFlag {
    Read,
    Write,
    MutateDirectory,
}

/// Operations on what is not a file.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum WorldOperation {
    /// The environment and the arguments.
    Env,
    /// The folders that the host gave.
    Preopens,
    /// Random bytes, and how many came (C05).
    Random {
        bytes: u64,
        /// From the source that calls itself insecure.
        #[serde(default)]
        insecure: bool,
    },
    /// Set alarms for an hour from now and drop none (C05).
    Timers { count: u64 },
    /// Ask for the environment and the arguments so often, and how much came (C05).
    Surroundings { times: u64 },
    /// Connect by TCP.
    Tcp { addr: String },
    /// Listen by TCP.
    Listen { addr: String },
    /// Send a datagram.
    Udp { addr: String },
    /// Ask for the addresses of a name.
    Resolve { name: String },
    /// Read standard input.
    Stdin,
    /// Write so many bytes to standard output and standard error.
    Print { bytes: usize },
    /// Both clocks, in nanoseconds.
    Clock,
    /// Whether the host wants the call to stop.
    Cancelled,
}
