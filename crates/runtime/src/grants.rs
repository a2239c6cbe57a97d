//! What the person granted with `boxagnts grant add`: kept for good, seen by every process, and never by a tool.
//!
//! Grants lie in our data folder, which no guest can see, in one file for each reach: always, one workspace, one
//! session. A file is replaced whole and survives a power cut; two writers wait for each other. Time never goes back
//! for a grant: what was seen as expired is taken out of its file, and while the clock stands before a moment that a
//! file has seen, nothing that expires counts.
//!
//! [`file`] has what stands in a file, [`watch`] tells a running session of changes.

mod file;
pub(crate) mod watch;

use crate::house::Runtime;
use boxagnts_capability::{Capability, Layer, Rule, Subject, Verdict};
use boxagnts_record::{Stamp as _, StoreError};
use boxagnts_store::SystemStamp;
use boxagnts_types::{MintId as _, PrincipalId, SessionId, Time, ToolName, WorkspaceId};
use boxagnts_workspace::{Lock, Moment, PrivateError, PrivateFolder};
use file::GrantFile;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use ulid::Ulid;

/// The folder of all grants in our data folder.
const FOLDER: &str = "grants";
/// Whoever holds it may write.
const LOCK: &str = "lock";
/// A person adds grants one by one.
const LONGEST: u64 = 4 << 20;
/// More grants in one file were written by a program that runs wild.
const MOST: usize = 1000;

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which one; `grant revoke` takes it.
    pub id: GrantId,
    /// What is granted.
    pub capability: Capability,
    /// The only tool it is for; absent, it is for those that come with the program.
    pub tool: Option<ToolName>,
    /// How far it reaches.
    pub scope: GrantScope,
    /// Since when.
    pub created: Time,
    /// Until when; absent, until it is revoked.
    pub expires: Option<Time>,
    /// Who gave it.
    pub by: String,
}

/// How far a grant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantScope {
    /// This session.
    Session(SessionId),
    /// The workspace in which it was given.
    Workspace,
    /// Every workspace of this user.
    Always,
}

/// A grant that is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// What is granted.
    pub capability: Capability,
    /// The only tool it is for.
    pub tool: Option<ToolName>,
    /// How far it reaches.
    pub scope: GrantScope,
    /// When it ends by itself.
    pub expiry: Option<Expiry>,
}

/// When a grant ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// So long from now.
    In(Duration),
    /// At this time.
    At(Time),
}

/// Names a grant: a ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GrantId(Ulid);

/// Why grants cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The folder or a file of grants cannot be used.
    #[error("the grants cannot be used")]
    Place(#[from] PrivateError),
    /// A file of grants holds something else. It is no file that says nothing, so nothing is allowed.
    #[error("nothing is allowed, since the grants in {} cannot be understood: {why}; move that file away to go on without them", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such grant.
    #[error("there is no grant {0}; boxagnts grant list shows those of this workspace")]
    Unknown(GrantId),
    /// It would have ended before it began.
    #[error("the grant would end at {0}, which is past")]
    Past(Time),
    /// The clock says another time than it did.
    #[error(
        "the clock stands before {0}, which was seen already, so that nobody can say when a grant would end; set it right"
    )]
    ClockBehind(Time),
    /// More than a person gives.
    #[error("there are {MOST} grants of this reach already; revoke some first")]
    TooMany,
    /// The session that it should be for cannot be looked at.
    #[error(transparent)]
    Record(#[from] StoreError),
}

impl GrantError {
    /// Whether what the person asked for cannot be had, rather than that something failed.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Past(_) | Self::Record(StoreError::NoSession(_)))
    }
}

/// The text is no end of a grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no end; write a span such as 90s, 10m, 2h or 7d, or a time such as 2027-01-31T18:00:00Z")]
pub struct BadExpiry(String);

impl FromStr for Expiry {
    type Err = BadExpiry;

    fn from_str(text: &str) -> Result<Self, BadExpiry> {
        let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86400)];
        let unit = units.iter().find_map(|(letter, seconds)| Some((text.strip_suffix(*letter)?, *seconds)));
        let span = unit.filter(|(number, _)| number.bytes().all(|c| c.is_ascii_digit()));
        let span = span.and_then(|(number, seconds)| number.parse::<u64>().ok()?.checked_mul(seconds));
        if let Some(seconds) = span.filter(|seconds| *seconds != 0) {
            return Ok(Self::In(Duration::from_secs(seconds)));
        }
        let time = text.parse::<jiff::Timestamp>().map_err(|_| BadExpiry(text.to_owned()))?;
        Ok(Self::At(Time::from_timestamp(time)))
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for GrantId {
    type Err = BadGrantId;

    fn from_str(text: &str) -> Result<Self, BadGrantId> {
        Ulid::from_string(text).map(Self).map_err(|_| BadGrantId(text.to_owned()))
    }
}

/// The text names no grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no grant's name; boxagnts grant list shows them")]
pub struct BadGrantId(String);

impl TryFrom<String> for GrantId {
    type Error = BadGrantId;

    fn try_from(text: String) -> Result<Self, BadGrantId> {
        text.parse()
    }
}

impl From<GrantId> for String {
    fn from(id: GrantId) -> Self {
        id.to_string()
    }
}

/// The grants that may count in one workspace.
pub(crate) struct GrantStore {
    folder: PrivateFolder,
    workspace: WorkspaceId,
    stamp: Arc<SystemStamp>,
    /// When this was made, by the calendar and by the clock that nobody sets.
    begun: (Time, Duration),
}

/// What tells that a file was replaced.
type Print = Option<(u64, u64, Moment)>;

impl GrantStore {
    pub(crate) fn new(
        data: &PrivateFolder,
        workspace: WorkspaceId,
        stamp: Arc<SystemStamp>,
    ) -> Result<Self, PrivateError> {
        let begun = (stamp.now(), stamp.monotonic());
        Ok(Self { folder: data.inside(FOLDER)?, workspace, stamp, begun })
    }

    /// The time, which does not go back while this program runs, whatever is done to the calendar.
    fn now(&self) -> Time {
        let (began, since) = self.begun;
        let passed = self.stamp.monotonic().saturating_sub(since).as_micros();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.stamp.now().max(Time::from_micros(began.as_micros().saturating_add(passed)))
    }

    /// What counts now, with the name of each as its place; for a session also what was granted to it alone.
    pub(crate) fn rules(&self, session: Option<SessionId>) -> Result<Vec<(Rule, String)>, GrantError> {
        Ok(self.live(session)?.into_iter().map(rule).collect())
    }

    fn live(&self, session: Option<SessionId>) -> Result<Vec<Grant>, GrantError> {
        let mut live = Vec::new();
        for name in self.names(session) {
            live.extend(self.settled(&name)?);
        }
        Ok(live)
    }

    /// The files that may count.
    fn names(&self, session: Option<SessionId>) -> Vec<String> {
        let scopes = [Some(GrantScope::Always), Some(GrantScope::Workspace), session.map(GrantScope::Session)];
        scopes.into_iter().flatten().map(|scope| self.name(scope)).collect()
    }

    fn name(&self, scope: GrantScope) -> String {
        match scope {
            GrantScope::Always => "always.json".to_owned(),
            GrantScope::Workspace => format!("workspace-{}.json", self.workspace),
            GrantScope::Session(session) => format!("session-{session}.json"),
        }
    }

    /// What counts of a file. What has expired is taken out of it, and the time is noted.
    fn settled(&self, name: &str) -> Result<Vec<Grant>, GrantError> {
        let now = self.now();
        let seen = self.read(name)?;
        if seen.is_settled(now) {
            return Ok(seen.live(now));
        }
        let _lock = self.lock()?;
        let mut file = self.read(name)?;
        file.settle(now);
        self.write(name, &file)?;
        Ok(file.live(now))
    }

    fn add(&self, new: NewGrant) -> Result<Grant, GrantError> {
        let name = self.name(new.scope);
        let _lock = self.lock()?;
        let (mut file, now) = (self.read(&name)?, self.now());
        file.settle(now);
        let expires = match new.expiry {
            None => None,
            Some(_) if file.is_ahead_of(now) => return Err(GrantError::ClockBehind(file.latest())),
            Some(Expiry::In(span)) => {
                let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
                Some(Time::from_micros(now.as_micros().saturating_add(micros)))
            }
            Some(Expiry::At(time)) if time <= now => return Err(GrantError::Past(time)),
            Some(Expiry::At(time)) => Some(time),
        };
        let grant = Grant {
            id: GrantId(self.stamp.mint()),
            capability: new.capability,
            tool: new.tool,
            scope: new.scope,
            created: now,
            expires,
            by: PrincipalId::local().as_str().to_owned(),
        };
        file.add(grant.clone(), self.workspace)?;
        self.write(&name, &file)?;
        Ok(grant)
    }

    /// Takes a grant out of whichever file it stands in.
    fn revoke(&self, id: GrantId) -> Result<Grant, GrantError> {
        let _lock = self.lock()?;
        let (files, now) = (self.folder.files()?, self.now());
        for (name, _) in files.into_iter().filter(|(name, _)| is_of_grants(name)) {
            let mut file = self.read(&name)?;
            if let Some(grant) = file.remove(id) {
                file.settle(now);
                self.write(&name, &file)?;
                return Ok(grant);
            }
        }
        Err(GrantError::Unknown(id))
    }

    /// Those that reach this workspace, and the sessions in it.
    fn list(&self) -> Result<Vec<Grant>, GrantError> {
        let mut grants = self.live(None)?;
        for (name, _) in self.folder.files()? {
            if name.starts_with("session-") && is_of_grants(&name) && self.read(&name)?.is_of(self.workspace) {
                grants.extend(self.settled(&name)?);
            }
        }
        grants.sort_by_key(|grant| grant.id);
        Ok(grants)
    }

    fn prints(&self, session: SessionId) -> Result<Vec<Print>, PrivateError> {
        let print = |name: String| Ok(self.folder.stat(&name)?.map(|stat| (stat.id.inode, stat.size, stat.changed)));
        self.names(Some(session)).into_iter().map(print).collect()
    }

    fn read(&self, name: &str) -> Result<GrantFile, GrantError> {
        match self.folder.read_file(name, LONGEST)? {
            None => Ok(GrantFile::default()),
            Some(bytes) => GrantFile::from_json(&bytes)
                .map_err(|why| GrantError::Broken { path: self.folder.path().join(name), why }),
        }
    }

    fn write(&self, name: &str, file: &GrantFile) -> Result<(), GrantError> {
        Ok(self.folder.replace_file_durably(name, &file.to_json())?)
    }

    fn lock(&self) -> Result<Lock, PrivateError> {
        self.folder.lock(LOCK)
    }
}

fn is_of_grants(name: &str) -> bool {
    !name.starts_with('.') && name.strip_suffix(".json").is_some()
}

fn rule(grant: Grant) -> (Rule, String) {
    let subject = grant.tool.map_or(Subject::BuiltIn, Subject::Tool);
    let rule = Rule { verdict: Verdict::Allow, capability: grant.capability, layer: Layer::Granted, subject };
    (rule, grant.id.to_string())
}

impl Runtime {
    /// The grants that reach this workspace and its sessions, oldest first.
    pub fn grants(&self) -> Result<Vec<Grant>, GrantError> {
        self.grants.list()
    }

    /// Gives a grant, for good once this returns. Sessions that run see it within a quarter of a second.
    pub async fn grant(&self, new: NewGrant) -> Result<Grant, GrantError> {
        if let GrantScope::Session(session) = new.scope {
            // A grant for a session that is not there would wait for one that somebody else begins.
            self.store.read(session, 0, 1).await?;
        }
        self.grants.add(new)
    }

    /// Takes a grant back, for good once this returns. Sessions that run see it within a quarter of a second.
    pub fn revoke(&self, id: GrantId) -> Result<Grant, GrantError> {
        self.grants.revoke(id)
    }
}

#[cfg(test)]
mod tests;
