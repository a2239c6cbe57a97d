//! Capabilities: patterns of effects, written as text.
//!
//! | text | effects |
//! | --- | --- |
//! | `fs.read:/workspace/src`, `fs.write:out/*.md` | a file or the whole tree under it, or what a glob matches |
//! | `network:https://api.example.com:8443/v1`, `network.get:https://*.example.com`, `network:*` | HTTP requests |
//! | `env:LANG`, `secret:GITHUB_TOKEN@api.github.com` | a visible value; a placeholder usable towards a host |
//! | `agent.spawn:researcher`, `memory.read`, `memory.write`, `schedule.write` | delegation and state |
//! | `exec:cargo test **` | a program of the host, argument by argument |
//! | `mcp:github/create_issue`, `mcp:github/*` | calls of remote tools |
//!
//! A relative path begins at `/workspace`. In a glob, `*` and `?` stay inside one name and `**` crosses folders; a
//! backslash takes the meaning from the character behind it.

mod escape;
pub(crate) mod name;
pub mod network;
mod parse;
pub(crate) mod path;
pub(crate) mod program;
mod sieve;
mod single;
pub mod template;

use crate::effect::{Effect, Methods};
use boxagnts_types::PathError;
use name::NamePattern;
use network::{AddressError, HostPattern, NetworkPattern};
use path::PathPattern;
use program::ProgramPattern;
use std::fmt;

/// A pattern of effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability(Shape);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Read(PathPattern),
    Write(PathPattern),
    Network { methods: Methods, pattern: NetworkPattern },
    Env(NamePattern),
    Secret { name: NamePattern, host: HostPattern },
    Spawn(NamePattern),
    MemoryRead,
    MemoryWrite,
    ScheduleWrite,
    Exec(ProgramPattern),
    Mcp { server: NamePattern, tool: NamePattern },
}

/// Why a text is no capability. The text names the fault and the nearest right form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapabilityError {
    /// The word before the colon is none of ours.
    #[error("{text:?} is no capability; did you mean {nearest:?}?")]
    Unknown {
        /// What was read.
        text: String,
        /// The nearest text that would be one.
        nearest: String,
    },
    /// The word needs something after a colon.
    #[error("{kind} says nothing after a colon; write it like {example:?}")]
    Missing {
        /// The word.
        kind: &'static str,
        /// A whole capability of this kind.
        example: &'static str,
    },
    /// The word takes nothing after it.
    #[error("{kind} takes nothing after it; write {kind:?}")]
    Surplus {
        /// The word.
        kind: &'static str,
    },
    /// The path is none.
    #[error("{text:?} names no path")]
    Path {
        /// What was read.
        text: String,
        /// Why.
        #[source]
        source: PathError,
    },
    /// The pattern makes no sense.
    #[error("{text:?} is no pattern: {reason}")]
    Pattern {
        /// What was read.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It names several effects where one is wanted.
    #[error("{0:?} names more than one thing; an effect is one, such as \"fs.write:/workspace/a.txt\"")]
    NotOne(String),
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
}

/// The kinds of effects that rules are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Network,
    Env,
    Secret,
    Spawn,
    MemoryRead,
    MemoryWrite,
    ScheduleWrite,
    Exec,
    Mcp,
}

impl Kind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Self::Mcp as usize + 1;

    /// The kind of an effect.
    pub(crate) fn of(effect: &Effect) -> Self {
        match effect {
            Effect::Read(_) => Self::Read,
            Effect::Write(_) => Self::Write,
            Effect::Network { .. } => Self::Network,
            Effect::Env(_) => Self::Env,
            Effect::Secret { .. } => Self::Secret,
            Effect::SpawnAgent(_) => Self::Spawn,
            Effect::MemoryRead => Self::MemoryRead,
            Effect::MemoryWrite => Self::MemoryWrite,
            Effect::ScheduleWrite => Self::ScheduleWrite,
            Effect::Exec(_) => Self::Exec,
            Effect::Mcp { .. } => Self::Mcp,
        }
    }
}

impl Capability {
    /// The capability whose text is the effect's own: for a path it names what lies under it too.
    pub fn exactly(effect: &Effect) -> Self {
        let name = |text: &str| NamePattern::Exactly(text.to_owned());
        Self(match effect {
            Effect::Read(path) => Shape::Read(PathPattern::tree(path.as_str())),
            Effect::Write(path) => Shape::Write(PathPattern::tree(path.as_str())),
            Effect::Network { methods, target } => {
                Shape::Network { methods: *methods, pattern: NetworkPattern::exactly(target) }
            }
            Effect::Env(variable) => Shape::Env(name(variable)),
            Effect::Secret { name: secret, host } => {
                Shape::Secret { name: name(secret), host: HostPattern::Exactly(host.clone()) }
            }
            Effect::SpawnAgent(agent) => Shape::Spawn(name(agent.as_str())),
            Effect::MemoryRead => Shape::MemoryRead,
            Effect::MemoryWrite => Shape::MemoryWrite,
            Effect::ScheduleWrite => Shape::ScheduleWrite,
            Effect::Exec(arguments) => Shape::Exec(ProgramPattern::exactly(arguments)),
            Effect::Mcp { server, tool } => Shape::Mcp { server: name(server), tool: name(tool) },
        })
    }

    /// Whether the pattern names the effect.
    pub fn matches(&self, effect: &Effect) -> bool {
        match (&self.0, effect) {
            (Shape::Read(pattern), Effect::Read(path)) | (Shape::Write(pattern), Effect::Write(path)) => {
                pattern.matches(path.as_str())
            }
            (Shape::Network { methods, pattern }, Effect::Network { methods: asked, target }) => {
                (*methods == Methods::Any || *asked == Methods::Get) && pattern.matches(target)
            }
            (Shape::Env(pattern), Effect::Env(variable)) => pattern.matches(variable),
            (Shape::Secret { name, host }, Effect::Secret { name: asked, host: towards }) => {
                name.matches(asked) && host.matches(towards)
            }
            (Shape::Spawn(pattern), Effect::SpawnAgent(agent)) => pattern.matches(agent.as_str()),
            (Shape::MemoryRead, Effect::MemoryRead)
            | (Shape::MemoryWrite, Effect::MemoryWrite)
            | (Shape::ScheduleWrite, Effect::ScheduleWrite) => true,
            (Shape::Exec(pattern), Effect::Exec(arguments)) => pattern.matches(arguments),
            (Shape::Mcp { server, tool }, Effect::Mcp { server: asked, tool: called }) => {
                server.matches(asked) && tool.matches(called)
            }
            _ => false,
        }
    }

    /// Whether a grant of this capability gives the effect: like [`matches`](Self::matches), but a wildcard gives no
    /// address of the local network or of this machine; such a host must be named literally.
    pub(crate) fn grants(&self, effect: &Effect) -> bool {
        let reached = match (&self.0, effect) {
            (Shape::Network { pattern, .. }, Effect::Network { target, .. }) => pattern.reaches(target.host()),
            _ => true,
        };
        reached && self.matches(effect)
    }

    /// Whether a rule that takes something away names the effect: like [`matches`](Self::matches), and in doubt more.
    pub(crate) fn catches(&self, effect: &Effect) -> bool {
        match (&self.0, effect) {
            (Shape::Read(pattern), Effect::Read(path)) | (Shape::Write(pattern), Effect::Write(path)) => {
                pattern.catches(path.as_str())
            }
            // An effect of any method may be a GET, which is what a `network.get` takes away.
            (Shape::Network { pattern, .. }, Effect::Network { target, .. }) => pattern.catches(target),
            _ => self.matches(effect),
        }
    }

    /// Whether an ask rule concerns the effect. It gives the right to be asked, so it reaches no further than a grant;
    /// it also stands above grants, so in doubt about a file it concerns it.
    pub(crate) fn asks(&self, effect: &Effect) -> bool {
        if effect.path().is_some() { self.catches(effect) } else { self.grants(effect) }
    }

    /// Whether both may name one effect; `true` in doubt.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Shape::Read(one), Shape::Read(two)) | (Shape::Write(one), Shape::Write(two)) => one.may_meet(two),
            (Shape::Network { pattern, .. }, Shape::Network { pattern: other, .. }) => pattern.may_meet(other),
            (Shape::Env(one), Shape::Env(two)) | (Shape::Spawn(one), Shape::Spawn(two)) => one.may_meet(two),
            (Shape::Secret { name, host }, Shape::Secret { name: name2, host: host2 }) => {
                name.may_meet(name2) && host.may_meet(host2)
            }
            (Shape::Exec(one), Shape::Exec(two)) => one.may_meet(two),
            (Shape::Mcp { server, tool }, Shape::Mcp { server: server2, tool: tool2 }) => {
                server.may_meet(server2) && tool.may_meet(tool2)
            }
            (one, two) => one == two,
        }
    }

    /// Whether an effect named by the one may change what an effect named by the other finds; `true` in doubt.
    pub(crate) fn may_disturb(&self, other: &Self) -> bool {
        if self.only_reads() && other.only_reads() {
            return false;
        }
        match (&self.0, &other.0) {
            (Shape::Exec(_) | Shape::Spawn(_) | Shape::Mcp { .. }, _)
            | (_, Shape::Exec(_) | Shape::Spawn(_) | Shape::Mcp { .. })
            | (Shape::MemoryRead | Shape::MemoryWrite, Shape::MemoryRead | Shape::MemoryWrite)
            | (Shape::ScheduleWrite, Shape::ScheduleWrite) => true,
            (Shape::Read(one) | Shape::Write(one), Shape::Read(two) | Shape::Write(two)) => one.may_meet(two),
            (Shape::Network { pattern: one, .. }, Shape::Network { pattern: two, .. }) => one.may_share_a_host(two),
            _ => false,
        }
    }

    /// Whether everything that `other` names is surely named here; `false` in doubt.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Shape::Read(one), Shape::Read(two)) | (Shape::Write(one), Shape::Write(two)) => one.covers(two),
            (Shape::Network { methods, pattern }, Shape::Network { methods: methods2, pattern: pattern2 }) => {
                (*methods == Methods::Any || methods == methods2) && pattern.covers(pattern2)
            }
            (Shape::Env(one), Shape::Env(two)) | (Shape::Spawn(one), Shape::Spawn(two)) => one.covers(two),
            (Shape::Secret { name, host }, Shape::Secret { name: name2, host: host2 }) => {
                name.covers(name2) && host.covers(host2)
            }
            (Shape::Exec(one), Shape::Exec(two)) => one.covers(two),
            (Shape::Mcp { server, tool }, Shape::Mcp { server: server2, tool: tool2 }) => {
                server.covers(server2) && tool.covers(tool2)
            }
            (one, two) => one == two,
        }
    }

    /// Whether nothing that it names changes anything.
    pub fn only_reads(&self) -> bool {
        match &self.0 {
            Shape::Read(_) | Shape::Env(_) | Shape::Secret { .. } | Shape::MemoryRead => true,
            Shape::Network { methods, .. } => *methods == Methods::Get,
            Shape::Write(_)
            | Shape::Spawn(_)
            | Shape::MemoryWrite
            | Shape::ScheduleWrite
            | Shape::Exec(_)
            | Shape::Mcp { .. } => false,
        }
    }

    /// Whether it names programs of the host, here or behind a remote tool.
    pub fn is_program(&self) -> bool {
        matches!(self.0, Shape::Exec(_) | Shape::Mcp { .. })
    }

    /// The kind of effects that it names.
    pub(crate) fn kind(&self) -> Kind {
        match &self.0 {
            Shape::Read(_) => Kind::Read,
            Shape::Write(_) => Kind::Write,
            Shape::Network { .. } => Kind::Network,
            Shape::Env(_) => Kind::Env,
            Shape::Secret { .. } => Kind::Secret,
            Shape::Spawn(_) => Kind::Spawn,
            Shape::MemoryRead => Kind::MemoryRead,
            Shape::MemoryWrite => Kind::MemoryWrite,
            Shape::ScheduleWrite => Kind::ScheduleWrite,
            Shape::Exec(_) => Kind::Exec,
            Shape::Mcp { .. } => Kind::Mcp,
        }
    }

    /// For files: the literal folder that everything named lies in or is, empty for `/`.
    pub(crate) fn root(&self) -> Option<&str> {
        match &self.0 {
            Shape::Read(pattern) | Shape::Write(pattern) => Some(pattern.root()),
            _ => None,
        }
    }

    /// For files: whether a glob decides what is named below the root.
    pub(crate) fn is_glob(&self) -> bool {
        matches!(&self.0, Shape::Read(PathPattern::Glob(_)) | Shape::Write(PathPattern::Glob(_)))
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Shape::Read(pattern) => write!(f, "fs.read:{pattern}"),
            Shape::Write(pattern) => write!(f, "fs.write:{pattern}"),
            Shape::Network { methods: Methods::Get, pattern } => write!(f, "network.get:{pattern}"),
            Shape::Network { methods: Methods::Any, pattern } => write!(f, "network:{pattern}"),
            Shape::Env(name) => {
                f.write_str("env:")?;
                name.write(f, "*=")
            }
            Shape::Secret { name, host } => {
                f.write_str("secret:")?;
                name.write(f, "*")?;
                write!(f, "@{host}")
            }
            Shape::Spawn(name) => {
                f.write_str("agent.spawn:")?;
                name.write(f, "*")
            }
            Shape::MemoryRead => f.write_str("memory.read"),
            Shape::MemoryWrite => f.write_str("memory.write"),
            Shape::ScheduleWrite => f.write_str("schedule.write"),
            Shape::Exec(pattern) => write!(f, "exec:{pattern}"),
            Shape::Mcp { server: NamePattern::Any, tool: NamePattern::Any } => f.write_str("mcp:*"),
            Shape::Mcp { server, tool } => {
                f.write_str("mcp:")?;
                server.write(f, "*/")?;
                f.write_str("/")?;
                tool.write(f, "*")
            }
        }
    }
}
