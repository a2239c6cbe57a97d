//! The port that a backend implements.

use crate::commit::{Commit, Committed, Lease};
use crate::event::Event;
use boxagnts_types::{PrincipalId, SessionId, Time, WorkspaceId};
use futures::future::BoxFuture;
use std::time::Duration;

/// Where journals live. Its laws are in [`crate::conformance`].
pub trait Store: Send + Sync {
    /// Makes everything in the batch true, or nothing. A stale fence changes nothing. Dropping the future does not
    /// take back what was already handed over.
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

    /// Keeps bytes under their SHA-256 and returns it as 64 hexadecimal digits. Bytes that are there already are kept
    /// once. They survive the loss of power when this returns.
    fn put_blob(&self, bytes: Vec<u8>) -> BoxFuture<'_, Result<String, StoreError>>;

    /// The bytes of a digest, checked against it.
    fn blob(&self, digest: String) -> BoxFuture<'_, Result<Vec<u8>, StoreError>>;
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
    /// What is stored cannot be understood.
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
