//! The journal's events. A change of meaning is a new `v` with an upcast; the canonical form is RFC 8785.

mod cover;
mod fit;
mod upcast;

pub(crate) use fit::hold;

use crate::commit::{Draft, Lease};
use crate::stamp::Stamp;
use crate::store::StoreError;
use boxagnts_types::canonical::canonical_json;
use boxagnts_types::stream::{Decided, StopReason};
use boxagnts_types::{
    AgentName, CallId, CallRequest, Content, EventId, Label, Outcome, PrincipalId, Privacy, RunId, SessionId, Time,
    Usage, WorkspaceId,
};
use serde::{Deserialize, Serialize};

/// The version of the envelope and its bodies.
pub const VERSION: u32 = 1;

/// One record of a session's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Always [`VERSION`] when written.
    pub v: u32,
    /// Counts from 1 inside the session, without a gap.
    pub seq: u64,
    /// Unique everywhere.
    pub id: EventId,
    /// When the store took it.
    pub time: Time,
    /// The folder that the session works in.
    pub workspace: WorkspaceId,
    /// Who acts.
    pub principal: PrincipalId,
    /// The session.
    pub session: SessionId,
    /// The run, where one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The run that delegated to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run: Option<RunId>,
    /// The agent profile of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// Counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// Counted from 1 inside the turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The call that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// The event that brought this one about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventId>,
    /// What happened: the members `type` and `body`.
    #[serde(flatten)]
    pub body: Body,
}

impl Event {
    /// Gives a draft its place in the journal. Every backend makes its events here, so that all make the same ones.
    ///
    /// What the canonical form could not give back is changed to something that it can: a number above 2^53 - 1 is
    /// held there, and a JSON content with such a number, with a depth of more than 64 or with a key that parsers keep to themselves becomes
    /// its own text.
    pub fn of(draft: Draft, lease: &Lease, seq: u64, stamp: &dyn Stamp) -> Self {
        let Draft { run, parent_run, agent, turn, step, call, cause, body } = draft;
        Self {
            v: VERSION,
            seq,
            id: EventId::mint(stamp),
            time: stamp.now(),
            workspace: lease.workspace,
            principal: lease.principal.clone(),
            session: lease.session,
            run,
            parent_run,
            agent,
            turn,
            step,
            call,
            cause,
            body: fit::fit(body),
        }
    }

    /// The form that is stored and that digests are taken of: RFC 8785, one line.
    pub fn to_canonical(&self) -> Result<String, StoreError> {
        canonical_json(self).map_err(|error| StoreError::Backend {
            what: format!("writing event {} of session {}", self.seq, self.session),
            source: Box::new(error),
        })
    }

    /// Reads the stored form; that of an earlier version is brought to this one. `Newer` when a newer program wrote it,
    /// `Damaged` when nobody could have.
    pub fn from_canonical(text: &str) -> Result<Self, StoreError> {
        let parsed = serde_json::from_str::<Self>(text);
        if let Ok(event) = parsed
            && event.v == VERSION
        {
            return Ok(event);
        }
        match serde_json::from_str(text) {
            Ok(Version { v }) if VERSION < v => Err(StoreError::Newer { found: v, known: VERSION }),
            Ok(Version { v }) if v < VERSION => upcast::bring(text, v, VERSION, &upcast::STEPS),
            _ => Err(StoreError::Damaged("an event cannot be read".to_owned())),
        }
    }
}

/// The one member that every version of the envelope has.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body")]
pub enum Body {
    /// The first event of each session.
    #[serde(rename = "session.started")]
    SessionStarted {
        /// The folder on this machine.
        folder: String,
        /// The program's version.
        version: String,
        /// Where another session ended that this one goes on from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
    /// A user message was taken.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// What the person said.
        prompt: Vec<Content>,
        /// `PROVIDER/MODEL`.
        model: String,
        /// The permission mode.
        mode: String,
        /// The names of the tools that the model is offered.
        tools: Vec<String>,
        /// What the model was sent at most; a result that is more private was kept from it. Absent: everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_label: Option<Privacy>,
    },
    /// The model answered one request.
    #[serde(rename = "message")]
    Message {
        /// What it said.
        text: String,
        /// The calls it asks for.
        calls: Vec<CallRequest>,
        /// What the request cost.
        usage: Usage,
        /// The label of all that the model had read. Absent in journals from before there were labels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
    },
    /// The law decided about a call before it started.
    #[serde(rename = "call.decided")]
    CallDecided {
        /// The tool as it was asked for.
        tool: String,
        /// `allow`, `ask` or `deny`.
        verdict: String,
        /// Each effect (for an envelope: each capability of it) with its verdict and the rule that said so.
        lines: Vec<DecisionLine>,
        /// SHA-256 of what an answer would bind to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<String>,
    },
    /// A person is asked.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// The effects that need a yes, as capability text.
        effects: Vec<String>,
        /// What the answer binds to.
        fingerprint: String,
        /// What would leave, in words, when untrusted text and private data have come together.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow: Option<String>,
    },
    /// The person answered, or nobody was there.
    #[serde(rename = "approval.resolved")]
    ApprovalResolved {
        /// `once`, `session`, `denied`, `nobody`, `interrupted` or `expired`.
        answer: String,
        /// What the answer binds to.
        fingerprint: String,
    },
    /// A call that may change something is about to start.
    #[serde(rename = "call.intended")]
    CallIntended {
        /// SHA-256 of tool, input, effects and the rest that the decision stood on.
        fingerprint: String,
    },
    /// The earlier state of a path that a call is about to change for the first time.
    #[serde(rename = "file.before")]
    FileBefore {
        /// The guest path.
        path: String,
        /// What was there.
        earlier: Earlier,
    },
    /// A receipt: the law spoke at an effect. Equal decisions of one rule inside one call are folded into a count.
    #[serde(rename = "effect")]
    Effect {
        /// The effect as capability text; for folded ones the capability that covers them.
        effect: String,
        /// What was decided.
        decision: Decided,
        /// The rule that said so.
        rule: String,
        /// How many effects this line stands for.
        count: u64,
        /// Bytes read or written.
        bytes: u64,
    },
    /// A call has its result. Each requested call has exactly one of these.
    #[serde(rename = "call.finished")]
    CallFinished {
        /// The tool as it was asked for.
        tool: String,
        /// How it ended.
        outcome: Outcome,
        /// What the model reads.
        content: Vec<Content>,
        /// Whether something was cut to keep the bound.
        truncated: bool,
        /// From arrival to result.
        micros: u64,
        /// Where the content came from and how private it is. Absent in journals from before there were labels, where
        /// it counts as untrusted and internal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
    },
    /// The turn is over.
    #[serde(rename = "turn.finished")]
    TurnFinished {
        /// Why.
        reason: StopReason,
        /// The answer's text.
        text: String,
        /// Sum over the turn.
        usage: Usage,
        /// Requests made to the model.
        steps: u32,
        /// What went wrong, for the reasons that are failures.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

/// A place in another session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The session.
    pub session: SessionId,
    /// The event up to which it is continued.
    pub seq: u64,
    /// The [`crate::Chain`] at that event, as 64 hexadecimal digits.
    pub chain: String,
}

/// One line of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// Capability text.
    pub effect: String,
    /// `allow`, `ask` or `deny`.
    pub verdict: String,
    /// The rule that said so.
    pub rule: String,
}

/// What stood at a path before a call changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Earlier {
    /// Nothing.
    Absent,
    /// A regular file, kept as a blob.
    File {
        /// SHA-256 of its bytes: the blob's name.
        digest: String,
        /// Its length.
        bytes: u64,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// Where it pointed.
        target: String,
    },
    /// An empty folder, or one that something is moved over.
    Folder,
    /// A folder that moves away with all that is in it.
    Moved {
        /// The guest path that it moves to.
        to: String,
    },
}
