//! Receipts: that an effect was allowed or refused, by which rule. They stand in one log for the whole journal, whatever
//! becomes of its sessions; a change of meaning is a new `v`, and the canonical form is RFC 8785.

use crate::chain::Chain;
use crate::event::hold;
use crate::store::StoreError;
use crate::touched::Touched;
use boxagnts_types::canonical::canonical_json;
use boxagnts_types::stream::Decided;
use boxagnts_types::{AgentName, CallId, JournalId, RunId, SessionId, Time, WorkspaceId};
use serde::{Deserialize, Serialize};

/// The version of the envelope and its facts.
pub const VERSION: u32 = 1;

/// One record of a journal's log. With its journal, `seq` names it for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Always [`VERSION`] when written.
    pub v: u32,
    /// Counts from 1 in the journal, without a gap.
    pub seq: u64,
    /// SHA-256 of the canonical form of the record before; 32 zero bytes for the first one.
    pub prev: Chain,
    /// The journal that it was written into.
    pub journal: JournalId,
    /// When the store took it.
    pub time: Time,
    /// The folder.
    pub workspace: WorkspaceId,
    /// The session, unless it is about the journal itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The run, where one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The agent profile of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// The call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// What is recorded: the members `type` and `body`.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body")]
pub enum Fact {
    /// The first record of each log.
    #[serde(rename = "journal.began")]
    Began {
        /// The format of a journal that had sessions before there was a log: of what happened then there is no receipt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brought_from: Option<u32>,
    },
    /// The journal is a copy that a person adopted; what follows is its own.
    #[serde(rename = "journal.adopted")]
    Adopted {
        /// The journal that it was copied from, up to the record before this one.
        from: JournalId,
    },
    /// A call that may change something is about to start.
    #[serde(rename = "call.intended")]
    Intended {
        /// The tool.
        tool: String,
        /// SHA-256 of tool, input, effects and the rest that the decision stood on.
        fingerprint: String,
    },
    /// The law spoke at an effect. Equal decisions of one rule inside one call are folded into a count.
    #[serde(rename = "effect")]
    Effect {
        /// The tool as it was asked for.
        tool: String,
        /// The effect as capability text; of folded ones the first.
        effect: String,
        /// What was decided.
        decision: Decided,
        /// The rule that said so.
        rule: String,
        /// How many effects this stands for.
        count: u64,
        /// Bytes read or written.
        bytes: u64,
        /// What they touched, where that is not the one effect alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        touched: Option<Touched>,
        /// The flow label of what was touched, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
    /// A question to the person was closed.
    #[serde(rename = "answer")]
    Answered {
        /// `once`, `session`, `denied`, `nobody` or `interrupted`.
        answer: String,
        /// Who said it; absent when nobody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The effects that were asked about, as capability text.
        effects: Vec<String>,
        /// What the answer binds to.
        fingerprint: String,
    },
    /// A call that may have changed something was lost with its process; what it did is unknown.
    #[serde(rename = "call.lost")]
    Lost {
        /// The tool.
        tool: String,
    },
}

/// A receipt before the store gave it its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptDraft {
    /// The run, where one is under way.
    pub run: Option<RunId>,
    /// The agent profile of the run.
    pub agent: Option<AgentName>,
    /// The call.
    pub call: Option<CallId>,
    /// What is recorded.
    pub fact: Fact,
    /// The text whose digest the fact names, kept with it.
    pub list: Option<String>,
}

impl Fact {
    /// The same, with numbers that its canonical form can give back.
    pub(crate) fn fitted(mut self) -> Self {
        if let Self::Effect { count, bytes, touched, .. } = &mut self {
            hold(count);
            hold(bytes);
            if let Some(touched) = touched {
                hold(&mut touched.further);
            }
        }
        self
    }

    /// What was decided, where it is about an effect.
    pub fn decision(&self) -> Option<Decided> {
        match self {
            Self::Effect { decision, .. } => Some(*decision),
            _ => None,
        }
    }

    /// What it touched, where that is kept apart.
    pub fn touched(&self) -> Option<&Touched> {
        match self {
            Self::Effect { touched, .. } => touched.as_ref(),
            _ => None,
        }
    }
}

impl Receipt {
    /// The form that is stored and that digests are taken of: RFC 8785, one line.
    pub fn to_canonical(&self) -> Result<String, StoreError> {
        canonical_json(self).map_err(|error| StoreError::Backend {
            what: format!("writing receipt {}", self.seq),
            source: Box::new(error),
        })
    }

    /// Reads the stored form. `Newer` when a newer program wrote it, `Damaged` when nobody could have.
    pub fn from_canonical(text: &str) -> Result<Self, StoreError> {
        match serde_json::from_str::<Self>(text) {
            Ok(receipt) if receipt.v == VERSION => Ok(receipt),
            _ => match serde_json::from_str(text) {
                Ok(Version { v }) if VERSION < v => Err(StoreError::Newer { found: v, known: VERSION }),
                _ => Err(StoreError::Damaged("a receipt cannot be read".to_owned())),
            },
        }
    }
}

/// The one member that every version of the envelope has.
#[derive(Deserialize)]
struct Version {
    v: u32,
}
