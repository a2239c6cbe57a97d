//! The port that a backend implements.

use crate::account::AccountError;
use crate::approval::{Answer, ApprovalError};
use crate::checkpoint::{Checkpoint, SealKey};
use crate::commit::{Commit, Committed, Lease};
use crate::effect::EffectError;
use crate::event::Event;
use crate::log::LogRow;
use crate::name::Name;
use crate::outbox::{Delivery, Letter};
use crate::snapshot::Snapshot;
use crate::timer::{Occurrence, TimerError};
use boxagnts_types::{PrincipalId, SessionId, Time, WorkspaceId};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// Where journals live. Its laws are in [`crate::conformance`].
pub trait Store: Send + Sync {
    /// Makes everything in the batch true, or nothing: a stale fence changes nothing of any kind, and one part that is
    /// refused refuses the whole batch. Dropping the future does not take back what was already handed over.
    fn commit(&self, batch: Commit) -> BoxFuture<'_, Result<Committed, StoreError>>;

    /// Takes the one live lease of a session, and creates the session when it is new. A lease whose holder has not
    /// renewed it for its time to live can be taken over; the old holder's fence is stale from then on.
    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Lease, StoreError>>;

    /// Keeps a lease alive for another time to live.
    fn renew(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Gives a lease back. A stale one is ignored.
    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Events of a session with `after < seq`, oldest first, at most `limit`. A session that was claimed and never
    /// written to has none.
    fn read(&self, session: SessionId, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Event>, StoreError>>;

    /// The sessions written to last come first, at most `limit`, those after `before` in that order when it is given.
    /// A session without events is not listed.
    fn sessions(
        &self,
        before: Option<SessionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>>;

    /// How a session stands: where it ends and what is not settled, read at one moment.
    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Snapshot, StoreError>>;

    /// Answers a question, if nobody was faster. Needs no lease: any face may answer for any process. What is longer
    /// than a line is cut. It survives the loss of power when this returns.
    fn answer(&self, answer: Answer) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Timers of all sessions whose time has come, the oldest first, at most `limit`. Looking fires nothing.
    fn due(&self, now: Time, limit: usize) -> BoxFuture<'_, Result<Vec<Occurrence>, StoreError>>;

    /// Writes a letter without holding a session, and returns its number.
    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Letters for somebody with `after < number` that were not acknowledged, in order, at most `limit`.
    fn letters(&self, to: Name, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>>;

    /// Forgets the letters for somebody up to a number and including it.
    fn acknowledge(&self, to: Name, through: u64) -> BoxFuture<'_, Result<(), StoreError>>;

    /// A number that is another one after each change by anybody, this store or another process; cheap enough to be
    /// asked every few milliseconds. It may also change without one, and says nothing to another store.
    fn changes(&self) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Keeps bytes under their SHA-256 and returns it as 64 hexadecimal digits. Bytes that are there already are kept
    /// once. They survive the loss of power when this returns.
    fn put_blob(&self, bytes: Vec<u8>) -> BoxFuture<'_, Result<String, StoreError>>;

    /// The bytes of a digest, checked against it.
    fn blob(&self, digest: String) -> BoxFuture<'_, Result<Vec<u8>, StoreError>>;

    /// Records of the journal's log with `after < seq`, oldest first, at most `limit`, as they are stored and unchecked:
    /// [`crate::Audit`] checks them. A commit that is refused adds none.
    fn log(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<LogRow>, StoreError>>;

    /// The list that a receipt names by its digest, unchecked.
    fn list(&self, digest: String) -> BoxFuture<'_, Result<Option<String>, StoreError>>;

    /// Signs the records that no checkpoint covers yet and keeps that, safe from the loss of power; none when there are
    /// none. A log that was not begun is begun, so that its first record is never without a checkpoint.
    fn seal(&self, workspace: WorkspaceId, key: Arc<SealKey>) -> BoxFuture<'_, Result<Option<Checkpoint>, StoreError>>;

    /// The checkpoints that end behind a record, oldest first, as they are stored and unchecked.
    fn checkpoints(&self, after: u64) -> BoxFuture<'_, Result<Vec<String>, StoreError>>;
}

/// A wish for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The session, new or old.
    pub session: SessionId,
    /// The folder it works in. An old session keeps the one it was made with.
    pub workspace: WorkspaceId,
    /// Who acts.
    pub principal: PrincipalId,
    /// Who holds it, for the message that another process gets: for example `boxagnts run, process 4711`.
    pub holder: String,
    /// How long it lives without being renewed.
    pub time_to_live: Duration,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session.
    pub session: SessionId,
    /// When its first event was written.
    pub started: Time,
    /// When its newest event was written.
    pub updated: Time,
    /// How many turns it has.
    pub turns: u32,
    /// How many events it has: the newest `seq`.
    pub events: u64,
    /// The beginning of the first prompt, on one line.
    pub title: String,
    /// Who holds it now, if anybody does.
    pub holder: Option<String>,
    /// What was found to be wrong with it. Such a session cannot be claimed; what can still be read of it, can be read.
    pub damage: Option<String>,
}

/// What a caller of a store can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process works on the session.
    #[error("session {session} is in use by {holder}")]
    Held {
        /// The session.
        session: SessionId,
        /// Who has it.
        holder: String,
    },
    /// Somebody took the session over.
    #[error("session {0} was taken over by another process; nothing was written")]
    StaleFence(SessionId),
    /// No such session.
    #[error("there is no session {0}")]
    NoSession(SessionId),
    /// No such blob.
    #[error("there is no blob {0}")]
    NoBlob(String),
    /// A call cannot become what was asked for.
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// A question cannot become what was asked for.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// A timer cannot become what was asked for.
    #[error(transparent)]
    Timer(#[from] TimerError),
    /// A budget does not allow it.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A question or a letter is longer than [`crate::moves::LONGEST_TEXT`].
    #[error("a text of {0} bytes is too long for a question or a letter; the longest has a mebibyte")]
    TooLong(usize),
    /// What is stored of one session cannot be understood, or is not what was written. It is kept as it is and never
    /// written to; the others live.
    #[error("session {session} is damaged and kept as it is: {why}")]
    Quarantined {
        /// The session.
        session: SessionId,
        /// What was found.
        why: String,
    },
    /// The session came with a copy of the journal. It can be read, and gone on with under a new id.
    #[error("session {0} came with a copy of the journal and can only be read; go on with it in a new session")]
    Sealed(SessionId),
    /// The journal belongs elsewhere and can only be read.
    #[error(transparent)]
    Stray(#[from] Stray),
    /// What is stored cannot be understood, and not because of one session alone.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// A newer program wrote it.
    #[error("the journal has format {found}, this program knows {known}; use the newer program")]
    Newer {
        /// The format of the file.
        found: u32,
        /// The newest format this program knows.
        known: u32,
    },
    /// Reading or writing failed.
    #[error("the journal cannot be used: {what}")]
    Backend {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a journal is not the one of the workspace that it was opened for. The paths are for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stray {
    /// The workspace had another path.
    #[error("the journal belongs to {0}, which seems to have been moved; it can only be read until it is adopted")]
    Moved(String),
    /// The journal or its workspace is a copy, or was restored.
    #[error("the journal is a copy{}; it can only be read until it is adopted", of(.0.as_deref()))]
    Copied(Option<String>),
}

fn of(path: Option<&str>) -> String {
    path.map(|path| format!(" of the one of {path}")).unwrap_or_default()
}
