//! What stands in one file of grants.

use super::{Grant, GrantError, GrantId, GrantScope, MOST};
use boxagnts_types::{SessionId, Time, ToolName, WorkspaceId};
use serde::{Deserialize, Serialize};

/// The form that is written.
const VERSION: u32 = 1;

/// Clocks of one machine differ and are corrected; by less than this, in microseconds.
const SLACK: i64 = 60_000_000;

/// One file, understood. A missing one holds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GrantFile {
    /// The latest time that anybody saw who wrote it.
    latest: Time,
    /// For grants of a session: the workspace that it is in.
    workspace: Option<WorkspaceId>,
    grants: Vec<Grant>,
}

/// The same as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    v: u32,
    latest: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<WorkspaceId>,
    grants: Vec<WrittenGrant>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGrant {
    id: GrantId,
    capability: String,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    tool: Option<ToolName>,
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    created: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Time>,
    by: String,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Session,
    Workspace,
    Always,
}

impl Default for GrantFile {
    fn default() -> Self {
        Self { latest: Time::from_micros(0), workspace: None, grants: Vec::new() }
    }
}

impl GrantFile {
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if written.v != VERSION {
            return Err(format!("it has the form {}, and this program knows {VERSION}", written.v));
        }
        let grants = written.grants.into_iter().map(understood).collect::<Result<_, _>>()?;
        Ok(Self { latest: written.latest, workspace: written.workspace, grants })
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let grants = self.grants.iter().map(written).collect();
        let written = Written { v: VERSION, latest: self.latest, workspace: self.workspace, grants };
        serde_json::to_vec_pretty(&written).expect("texts, numbers and lists of them are JSON")
    }

    pub(super) fn latest(&self) -> Time {
        self.latest
    }

    pub(super) fn is_of(&self, workspace: WorkspaceId) -> bool {
        self.workspace == Some(workspace)
    }

    /// Whether the clock stands before a time that was seen already, and that matters to a grant.
    pub(super) fn is_ahead_of(&self, now: Time) -> bool {
        self.has_ends() && now.as_micros().saturating_add(SLACK) < self.latest.as_micros()
    }

    fn has_ends(&self) -> bool {
        self.grants.iter().any(|grant| grant.expires.is_some())
    }

    /// Whether nothing has to be written: nothing expires, or the clock cannot be trusted.
    pub(super) fn is_settled(&self, now: Time) -> bool {
        !self.has_ends()
            || self.is_ahead_of(now)
            || (now.as_micros() < self.latest.as_micros().saturating_add(SLACK) && !self.has_expired(now))
    }

    fn has_expired(&self, now: Time) -> bool {
        let now = now.max(self.latest);
        self.grants.iter().any(|grant| grant.expires.is_some_and(|expires| expires <= now))
    }

    /// Takes out what has expired, and notes the time.
    pub(super) fn settle(&mut self, now: Time) {
        if self.is_ahead_of(now) {
            return;
        }
        self.latest = if self.has_ends() { self.latest.max(now) } else { now };
        let latest = self.latest;
        self.grants.retain(|grant| grant.expires.is_none_or(|expires| latest < expires));
    }

    /// What counts now.
    pub(super) fn live(&self, now: Time) -> Vec<Grant> {
        let behind = self.is_ahead_of(now);
        let now = now.max(self.latest);
        let counts = |grant: &&Grant| grant.expires.is_none_or(|expires| !behind && now < expires);
        self.grants.iter().filter(counts).cloned().collect()
    }

    pub(super) fn add(&mut self, grant: Grant, workspace: WorkspaceId) -> Result<(), GrantError> {
        if MOST <= self.grants.len() {
            return Err(GrantError::TooMany);
        }
        if matches!(grant.scope, GrantScope::Session(_)) {
            self.workspace = Some(workspace);
        }
        self.grants.push(grant);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: GrantId) -> Option<Grant> {
        let at = self.grants.iter().position(|grant| grant.id == id)?;
        Some(self.grants.remove(at))
    }
}

fn understood(written: WrittenGrant) -> Result<Grant, String> {
    let scope = match (written.scope, written.session) {
        (Scope::Session, Some(session)) => GrantScope::Session(session),
        (Scope::Workspace, None) => GrantScope::Workspace,
        (Scope::Always, None) => GrantScope::Always,
        _ => return Err(format!("the grant {} names a session or none against its scope", written.id)),
    };
    Ok(Grant {
        id: written.id,
        capability: written.capability.parse().map_err(|error| format!("the grant {}: {error}", written.id))?,
        tool: written.tool,
        scope,
        created: written.created,
        expires: written.expires,
        by: written.by,
    })
}

fn written(grant: &Grant) -> WrittenGrant {
    let (scope, session) = match grant.scope {
        GrantScope::Session(session) => (Scope::Session, Some(session)),
        GrantScope::Workspace => (Scope::Workspace, None),
        GrantScope::Always => (Scope::Always, None),
    };
    WrittenGrant {
        id: grant.id,
        capability: grant.capability.to_string(),
        tool: grant.tool.clone(),
        scope,
        session,
        created: grant.created,
        expires: grant.expires,
        by: grant.by.clone(),
    }
}
