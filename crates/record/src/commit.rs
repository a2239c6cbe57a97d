//! What one commit carries.

use crate::event::{Body, Event};
use boxagnts_types::{AgentName, CallId, EventId, PrincipalId, RunId, SessionId, WorkspaceId};

/// How safe a commit is when it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// It survives the end of this process.
    Crash,
    /// It survives the loss of power.
    Power,
}

/// The right to write to one session until it is released or taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The session that is held.
    pub session: SessionId,
    /// The folder it works in.
    pub workspace: WorkspaceId,
    /// Who acts.
    pub principal: PrincipalId,
    /// Grows with each claim; a commit with an older one changes nothing.
    pub fence: u64,
}

/// An event before the store gave it a number, an id and a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The run, where one is under way.
    pub run: Option<RunId>,
    /// The run that delegated to this one.
    pub parent_run: Option<RunId>,
    /// The agent profile of the run.
    pub agent: Option<AgentName>,
    /// Counted from 1.
    pub turn: Option<u32>,
    /// Counted from 1 inside the turn.
    pub step: Option<u32>,
    /// The call that it belongs to.
    pub call: Option<CallId>,
    /// The event that brought this one about.
    pub cause: Option<EventId>,
    /// What happened.
    pub body: Body,
}

/// Everything that becomes true together.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The right to write.
    pub lease: Lease,
    /// In order.
    pub events: Vec<Draft>,
    /// How safe it must be before it counts.
    pub durability: Durability,
}

/// What became true.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The events as they stand in the journal now.
    pub events: Vec<Event>,
}
