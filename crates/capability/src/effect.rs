//! What a call does to the world.

use crate::text::Capability;
use crate::text::network::{Host, Target};
use boxagnts_types::{AgentName, GuestPath};
use std::borrow::Cow;
use std::fmt;

/// One thing a call does to the world.
///
/// Printed, it is the capability text that names it: characters that mean something in a pattern, and those that would
/// deceive a reader, are written with a backslash, so that the text is safe to show and parses back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Reading a file, listing a folder, looking at either.
    Read(GuestPath),
    /// Creating, changing, renaming or deleting. It does not imply reading.
    Write(GuestPath),
    /// Sending an HTTP request.
    Network {
        /// Which methods.
        methods: Methods,
        /// Where to.
        target: Target,
    },
    /// Seeing the value of an environment variable.
    Env(String),
    /// Using a secret's placeholder towards a host.
    Secret {
        /// The secret's name, never its value.
        name: String,
        /// Whom it may be shown to.
        host: Host,
    },
    /// Starting an agent of this profile.
    SpawnAgent(AgentName),
    /// Reading what was remembered.
    MemoryRead,
    /// Changing what is remembered.
    MemoryWrite,
    /// Changing what happens later.
    ScheduleWrite,
    /// Running a program of the host: its name and its arguments.
    Exec(Vec<String>),
    /// Calling a remote tool.
    Mcp {
        /// The server's name as configured.
        server: String,
        /// The tool's name as the server gives it.
        tool: String,
    },
}

/// The two classes of HTTP methods that capabilities tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Methods {
    /// GET and HEAD, without a body.
    Get,
    /// Any method.
    Any,
}

impl Methods {
    /// The class of a method as it stands in a request. Methods are case-sensitive (RFC 9110, section 9.1).
    pub fn of(method: &str) -> Self {
        if matches!(method, "GET" | "HEAD") { Self::Get } else { Self::Any }
    }
}

/// What a call will or may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effects {
    /// Known before the start: it does these and nothing else.
    Exact(Vec<Effect>),
    /// What it could ever need. Each effect is decided when it comes.
    Envelope(Vec<Capability>),
}

impl Effects {
    /// Whether a call with these effects and one with those may run at the same time, since neither can notice the
    /// other: whatever order they run in, each finds the same world.
    ///
    /// Reading disturbs nothing. A write disturbs whatever touches its path, what lies in it or what it lies in; a
    /// request other than GET whatever else is sent to its host. Nobody knows what a program, another agent or a remote
    /// tool touches, so they run beside nothing that has an effect. In doubt the answer is no.
    ///
    /// It judges names, as everything here does: two names of one file, such as a link and its target, count as two.
    pub fn may_run_beside(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.as_capabilities(), other.as_capabilities());
        !ours.iter().any(|one| theirs.iter().any(|two| one.may_disturb(two)))
    }

    fn as_capabilities(&self) -> Cow<'_, [Capability]> {
        match self {
            Self::Exact(effects) => effects.iter().map(Capability::exactly).collect(),
            Self::Envelope(capabilities) => Cow::Borrowed(capabilities),
        }
    }
}

impl Effect {
    /// The word before the colon of its capability, such as `fs.read`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Read(_) => "fs.read",
            Self::Write(_) => "fs.write",
            Self::Network { methods: Methods::Get, .. } => "network.get",
            Self::Network { methods: Methods::Any, .. } => "network",
            Self::Env(_) => "env",
            Self::Secret { .. } => "secret",
            Self::SpawnAgent(_) => "agent.spawn",
            Self::MemoryRead => "memory.read",
            Self::MemoryWrite => "memory.write",
            Self::ScheduleWrite => "schedule.write",
            Self::Exec(_) => "exec",
            Self::Mcp { .. } => "mcp",
        }
    }

    /// Whether the effect changes nothing, so that a call interrupted by a crash may be run again.
    pub fn only_reads(&self) -> bool {
        match self {
            Self::Read(_) | Self::Env(_) | Self::Secret { .. } | Self::MemoryRead => true,
            Self::Network { methods, .. } => *methods == Methods::Get,
            Self::Write(_)
            | Self::SpawnAgent(_)
            | Self::MemoryWrite
            | Self::ScheduleWrite
            | Self::Exec(_)
            | Self::Mcp { .. } => false,
        }
    }

    /// The path of an effect on files.
    pub fn path(&self) -> Option<&GuestPath> {
        match self {
            Self::Read(path) | Self::Write(path) => Some(path),
            _ => None,
        }
    }

    /// Whether a yes to this effect is a yes to the other: the same effect, or one of its methods.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Network { methods: Methods::Any, target }, Self::Network { target: asked, .. }) => target == asked,
            _ => self == other,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Capability::exactly(self).fmt(f)
    }
}
