//! A store that fails when it is told to.

use boxagnts_record::approval::Answer;
use boxagnts_record::outbox::{Delivery, Letter};
use boxagnts_record::store::Claim;
use boxagnts_record::timer::Occurrence;
use boxagnts_record::{
    Checkpoint, Commit, Committed, Event, Lease, LogRow, Name, SealKey, SessionSummary, Snapshot, Store, StoreError,
};
use boxagnts_types::{SessionId, Time, WorkspaceId};
use futures::future::{BoxFuture, FutureExt as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Passes everything on to another store, and from a given commit on fails each one before it changes anything.
pub struct FailingStore {
    inner: Arc<dyn Store>,
    good: usize,
    commits: AtomicUsize,
}

impl FailingStore {
    /// Lets `good` commits pass.
    pub fn after(good: usize, inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner, good, commits: AtomicUsize::new(0) })
    }

    /// Lets every commit pass, and counts them.
    pub fn never(inner: Arc<dyn Store>) -> Arc<Self> {
        Self::after(usize::MAX, inner)
    }

    /// How many commits were tried.
    pub fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }
}

impl Store for FailingStore {
    fn commit(&self, batch: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        if self.commits.fetch_add(1, Ordering::SeqCst) < self.good {
            return self.inner.commit(batch);
        }
        let what = "the commit was made to fail".to_owned();
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull).into();
        async { Err(StoreError::Backend { what, source }) }.boxed()
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.inner.claim(claim)
    }

    fn renew(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.renew(lease)
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.release(lease)
    }

    fn read(&self, session: SessionId, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Event>, StoreError>> {
        self.inner.read(session, after, limit)
    }

    fn sessions(
        &self,
        before: Option<SessionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>> {
        self.inner.sessions(before, limit)
    }

    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        self.inner.snapshot(session)
    }

    fn answer(&self, answer: Answer) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.answer(answer)
    }

    fn due(&self, now: Time, limit: usize) -> BoxFuture<'_, Result<Vec<Occurrence>, StoreError>> {
        self.inner.due(now, limit)
    }

    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.inner.post(letter)
    }

    fn letters(&self, to: Name, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        self.inner.letters(to, after, limit)
    }

    fn acknowledge(&self, to: Name, through: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.acknowledge(to, through)
    }

    fn changes(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.inner.changes()
    }

    fn put_blob(&self, bytes: Vec<u8>) -> BoxFuture<'_, Result<String, StoreError>> {
        self.inner.put_blob(bytes)
    }

    fn blob(&self, digest: String) -> BoxFuture<'_, Result<Vec<u8>, StoreError>> {
        self.inner.blob(digest)
    }

    fn log(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<LogRow>, StoreError>> {
        self.inner.log(after, limit)
    }

    fn list(&self, digest: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        self.inner.list(digest)
    }

    fn seal(&self, workspace: WorkspaceId, key: Arc<SealKey>) -> BoxFuture<'_, Result<Option<Checkpoint>, StoreError>> {
        self.inner.seal(workspace, key)
    }

    fn checkpoints(&self, after: u64) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        self.inner.checkpoints(after)
    }
}
