//! Passes everything on to the store, and minds what has to be sealed.

use super::{SealedStore, Wish};
use boxagnts_record::approval::Answer;
use boxagnts_record::effect::EffectMove;
use boxagnts_record::moves::Move;
use boxagnts_record::outbox::{Delivery, Letter};
use boxagnts_record::timer::Occurrence;
use boxagnts_record::{
    Body, Checkpoint, Claim, Commit, Committed, Event, Lease, LogRow, Name, SealKey, SessionSummary, Snapshot, Store,
    StoreError,
};
use boxagnts_types::{SessionId, Time, WorkspaceId};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Store for SealedStore {
    fn commit(&self, batch: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let begins = batch.moves.iter().any(|step| matches!(step, Move::Effect(EffectMove::Intend { .. })));
        let ends_turn = batch.events.iter().any(|event| matches!(event.body, Body::TurnFinished { .. }));
        let records = batch.receipts.len();
        Box::pin(async move {
            if begins {
                self.may_begin().await?;
            }
            let committed = self.inner.commit(batch).await?;
            if records != 0 {
                self.wrote(records);
            }
            if ends_turn && 0 < self.seals.open.load(Ordering::Acquire) {
                // What cannot be sealed shows before the next call begins.
                let _ = self.wish(Wish::Soon);
            }
            Ok(committed)
        })
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.inner.claim(claim)
    }

    fn renew(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.renew(lease)
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.inner.release(lease).await?;
            if 0 < self.seals.open.load(Ordering::Acquire) { self.sealed().await } else { Ok(()) }
        })
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
