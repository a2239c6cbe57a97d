//! `[limits]`: what a call may use, for all tools, for one of them, for one agent.

use crate::error::SettingsError;
use crate::read::Table;
use crate::{Setting, Settings};
use boxagnts_types::quantity::{ShownSize, ShownTime};
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// So much of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// Time, written as `"30s"`.
    Time(Duration),
    /// Bytes, written as `"64MiB"`.
    Size(u64),
    /// How many, written as a number.
    Count(u64),
}

impl Display for Amount {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => ShownTime(*time).fmt(f),
            Self::Size(size) => ShownSize(*size).fmt(f),
            Self::Count(count) => count.fmt(f),
        }
    }
}

const DAY: Amount = Amount::Time(Duration::from_hours(24));
const GIB: u64 = 1 << 30;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $key:literal, at most $most:expr;)*) => {
        /// One limit, by its key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit { $($(#[$doc])* $name,)* }

        impl Limit {
            /// Every limit, in the order in which they are shown.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            /// How it is written.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The most that it can be; its unit is the limit's.
            pub const fn most(self) -> Amount {
                match self { $(Self::$name => $most,)* }
            }
        }
    };
}

limits! {
    /// Time on the clock on the wall for one call.
    Timeout = "timeout", at most DAY;
    /// All memories of one call together.
    Memory = "memory", at most Amount::Size(4 * GIB);
    /// Steps of a guest, as the engine counts them.
    Fuel = "fuel", at most Amount::Count(i64::MAX.unsigned_abs());
    /// Core instances inside a component.
    Instances = "instances", at most Amount::Count(10);
    /// Linear memories.
    Memories = "memories", at most Amount::Count(4);
    /// Tables.
    Tables = "tables", at most Amount::Count(10);
    /// Elements of all tables together.
    TableElements = "table-elements", at most Amount::Count(100_000);
    /// Open files, folders, streams and timers at the same time.
    Resources = "resources", at most Amount::Count(100_000);
    /// Random bytes of one call.
    RandomBytes = "random-bytes", at most Amount::Size(GIB);
    /// What the model reads of a result.
    ModelOutput = "model-output", at most Amount::Size(GIB);
    /// What is kept of a result.
    StoredOutput = "stored-output", at most Amount::Size(GIB);
    /// Log lines of one call.
    LogLines = "log-lines", at most Amount::Count(1_000_000);
    /// One log line.
    LogLine = "log-line", at most Amount::Size(1 << 20);
    /// Files and folders that one call changes.
    FilesWritten = "files-written", at most Amount::Count(10_000_000);
    /// Bytes that one call writes.
    BytesWritten = "bytes-written", at most Amount::Size(1024 * GIB);
    /// To a connection: name, address and TLS.
    HttpConnect = "http-connect", at most DAY;
    /// From a request to the header of its answer.
    HttpFirstByte = "http-first-byte", at most DAY;
    /// Between two pieces of an answer.
    HttpIdle = "http-idle", at most DAY;
    /// For a request and its whole answer.
    HttpTotal = "http-total", at most DAY;
    /// An answer, unpacked.
    HttpBodyIn = "http-body-in", at most Amount::Size(GIB);
    /// The body of a request.
    HttpBodyOut = "http-body-out", at most Amount::Size(GIB);
    /// Requests under way at the same time.
    HttpAtOnce = "http-at-once", at most Amount::Count(256);
    /// Requests of one call.
    HttpRequests = "http-requests", at most Amount::Count(1_000_000);
    /// What all requests of one call say, together.
    HttpOut = "http-out", at most Amount::Size(1024 * GIB);
    /// A component before it is compiled.
    Component = "component", at most Amount::Size(GIB);
    /// Of the processor, for compiling a component.
    CompileTime = "compile-time", at most DAY;
    /// Address space for compiling a component.
    CompileMemory = "compile-memory", at most Amount::Size(1024 * GIB);
}

/// One table of limits. It holds what somebody wrote; what nobody wrote is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(BTreeMap<Limit, Setting<Amount>>);

impl Limits {
    /// What somebody wrote for this limit.
    pub fn get(&self, limit: Limit) -> Option<&Setting<Amount>> {
        self.0.get(&limit)
    }

    /// What stands in a table wins over what is here.
    fn read(&mut self, table: &Table<'_>) -> Result<(), SettingsError> {
        for (limit, value) in Limit::ALL.into_iter().zip(table.values(Limit::ALL.map(Limit::key))?) {
            if let Some(value) = value {
                self.0.insert(limit, value.amount(limit.most())?);
            }
        }
        Ok(())
    }
}

/// The limits of one layer: those for all, and those in the tables of tools and agents.
pub(crate) fn read(
    settings: &mut Settings,
    all: &Table<'_>,
    tools: &Table<'_>,
    agents: &Table<'_>,
) -> Result<(), SettingsError> {
    settings.limits.read(all)?;
    for (named, of) in [(tools, &mut settings.tool_limits), (agents, &mut settings.agent_limits)] {
        for (name, table) in named.tables("a table, such as { limits = { timeout = \"30s\" } }")? {
            let [limits] = table.inner(["limits"])?;
            of.entry(name).or_default().read(&limits)?;
        }
    }
    Ok(())
}
