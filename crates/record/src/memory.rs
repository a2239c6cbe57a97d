//! A store that lives as long as its process: for tests, and for measuring everything but a disk.

use crate::commit::{Commit, Committed, Lease};
use crate::event::Event;
use crate::hold::Hold;
use crate::listing::Listing;
use crate::stamp::Stamp;
use crate::store::{Claim, SessionSummary, Store, StoreError};
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::show::visible_line;
use boxagnts_types::{SessionId, Time, WorkspaceId};
use futures::future::BoxFuture;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Sessions and blobs in memory. It keeps every law of [`crate::conformance`]; only [`crate::Durability`] is empty.
pub struct MemoryStore {
    stamp: Arc<dyn Stamp>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    sessions: HashMap<SessionId, Session>,
    blobs: HashMap<String, Vec<u8>>,
}

struct Session {
    workspace: WorkspaceId,
    fence: u64,
    hold: Option<Hold>,
    events: Vec<Event>,
    listing: Listing,
}

impl Session {
    fn new(workspace: WorkspaceId) -> Self {
        Self { workspace, fence: 0, hold: None, events: Vec::new(), listing: Listing::default() }
    }

    fn is_held_by(&self, lease: &Lease) -> bool {
        self.hold.is_some() && self.fence == lease.fence
    }
}

impl Kept {
    /// The session that a lease holds now.
    fn held(&mut self, lease: &Lease) -> Result<&mut Session, StoreError> {
        let session = self.sessions.get_mut(&lease.session).ok_or(StoreError::NoSession(lease.session))?;
        if session.is_held_by(lease) { Ok(session) } else { Err(StoreError::StaleFence(lease.session)) }
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new(stamp: Arc<dyn Stamp>) -> Self {
        Self { stamp, kept: Mutex::default() }
    }

    /// Every change is made in one step at its end, so what a panic elsewhere left behind is whole.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, batch: Commit) -> Result<Committed, StoreError> {
        let mut kept = self.kept();
        let session = kept.held(&batch.lease)?;
        let mut listing = session.listing.clone();
        let number = |(draft, seq)| Event::of(draft, &batch.lease, seq, &*self.stamp);
        let events: Vec<Event> = batch.events.into_iter().zip(listing.events + 1..).map(number).collect();
        for event in &events {
            listing.take(event);
        }
        session.events.extend_from_slice(&events);
        session.listing = listing;
        Ok(Committed { events })
    }

    fn claim_now(&self, claim: Claim) -> Result<Lease, StoreError> {
        let mut kept = self.kept();
        let now = self.stamp.monotonic();
        let session = kept.sessions.entry(claim.session).or_insert_with(|| Session::new(claim.workspace));
        if let Some(hold) = session.hold.as_ref().filter(|hold| hold.is_live(now)) {
            return Err(StoreError::Held { session: claim.session, holder: hold.holder.clone() });
        }
        session.hold = Some(Hold::of(&claim, now));
        session.fence += 1;
        let Claim { session: id, principal, .. } = claim;
        Ok(Lease { session: id, workspace: session.workspace, principal, fence: session.fence })
    }

    fn renew_now(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let session = kept.held(lease)?;
        let now = self.stamp.monotonic();
        session.hold = session.hold.take().map(|hold| hold.renewed(now));
        Ok(())
    }

    fn release_now(&self, lease: &Lease) {
        if let Ok(session) = self.kept().held(lease) {
            session.hold = None;
        }
    }

    fn read_now(&self, session: SessionId, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        let kept = self.kept();
        let events = &kept.sessions.get(&session).ok_or(StoreError::NoSession(session))?.events;
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(events.iter().skip(after).take(limit).cloned().collect())
    }

    fn sessions_now(&self, before: Option<SessionId>, limit: usize) -> Result<Vec<SessionSummary>, StoreError> {
        let kept = self.kept();
        let now = self.stamp.monotonic();
        let place =
            |id: SessionId| kept.sessions.get(&id).and_then(|session| session.listing.updated).map(|at| (at, id));
        let end: Option<(Time, SessionId)> = match before {
            None => None,
            Some(id) => Some(place(id).ok_or(StoreError::NoSession(id))?),
        };
        let mut order: Vec<_> = kept.sessions.keys().filter_map(|id| place(*id)).collect();
        order.retain(|place| end.is_none_or(|end| *place < end));
        order.sort_unstable_by_key(|place| Reverse(*place));
        let summary = |(_, id)| {
            let session = kept.sessions.get(&id)?;
            let holder = session.hold.as_ref().filter(|hold| hold.is_live(now)).map(|hold| hold.holder.clone());
            session.listing.clone().summary(id, holder)
        };
        Ok(order.into_iter().take(limit).filter_map(summary).collect())
    }

    fn blob_now(&self, digest: &str) -> Result<Vec<u8>, StoreError> {
        self.kept().blobs.get(digest).cloned().ok_or_else(|| StoreError::NoBlob(visible_line(digest)))
    }
}

impl Store for MemoryStore {
    fn commit(&self, batch: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        Box::pin(async move { self.commit_now(batch) })
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Lease, StoreError>> {
        Box::pin(async move { self.claim_now(claim) })
    }

    fn renew(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.renew_now(&lease) })
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.release_now(&lease);
            Ok(())
        })
    }

    fn read(&self, session: SessionId, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Event>, StoreError>> {
        Box::pin(async move { self.read_now(session, after, limit) })
    }

    fn sessions(
        &self,
        before: Option<SessionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>> {
        Box::pin(async move { self.sessions_now(before, limit) })
    }

    fn put_blob(&self, bytes: Vec<u8>) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(async move {
            let digest = sha256_hex(&bytes);
            self.kept().blobs.entry(digest.clone()).or_insert(bytes);
            Ok(digest)
        })
    }

    fn blob(&self, digest: String) -> BoxFuture<'_, Result<Vec<u8>, StoreError>> {
        Box::pin(async move { self.blob_now(&digest) })
    }
}
