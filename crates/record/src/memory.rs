//! A store that lives as long as its process: for tests, and for measuring everything but a disk.

mod drawer;
mod shelf;

use crate::approval::Answer;
use crate::chain::Chain;
use crate::checkpoint::{Checkpoint, SealKey};
use crate::commit::{Commit, Committed, Lease};
use crate::event::Event;
use crate::hold::Hold;
use crate::listing::Listing;
use crate::log::LogRow;
use crate::moves;
use crate::name::Name;
use crate::outbox::{Delivery, Letter};
use crate::snapshot::{Head, Snapshot};
use crate::stamp::Stamp;
use crate::store::{Claim, SessionSummary, Store, StoreError};
use crate::timer::Occurrence;
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::show::visible_line;
use boxagnts_types::{SessionId, Time, WorkspaceId};
use drawer::Drawer;
use futures::future::BoxFuture;
use shelf::Shelf;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem;
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
    letters: Vec<Delivery>,
    shelf: Shelf,
    /// The number of the newest letter there ever was.
    written: u64,
    changes: u64,
}

struct Session {
    workspace: WorkspaceId,
    fence: u64,
    hold: Option<Hold>,
    events: Vec<Event>,
    listing: Listing,
    drawer: Drawer,
}

impl Session {
    fn new(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            fence: 0,
            hold: None,
            events: Vec::new(),
            listing: Listing::default(),
            drawer: Drawer::default(),
        }
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

    fn session(&self, session: SessionId) -> Result<&Session, StoreError> {
        self.sessions.get(&session).ok_or(StoreError::NoSession(session))
    }

    fn deliver(&mut self, from: Option<SessionId>, letters: Vec<Letter>) -> u64 {
        for letter in letters {
            self.written += 1;
            self.letters.push(Delivery { number: self.written, from, letter });
        }
        self.written
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new(stamp: Arc<dyn Stamp>) -> Self {
        Self { stamp, kept: Mutex::default() }
    }

    /// For a change, or for what may become one.
    fn change(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept();
        kept.changes += 1;
        kept
    }

    /// Every change is made in one step at its end, so what a panic elsewhere left behind is whole.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, batch: Commit) -> Result<Committed, StoreError> {
        let mut kept = self.change();
        let mut log = kept.shelf.end();
        let session = kept.held(&batch.lease)?;
        let mut rows = session.drawer.pending();
        moves::apply(&mut rows, batch.moves)?;
        let mut changes = rows.changes();
        let mut listing = session.listing.clone();
        let number = |(draft, seq)| Event::of(draft, &batch.lease, seq, &*self.stamp);
        let events: Vec<Event> = batch.events.into_iter().zip(listing.events + 1..).map(number).collect();
        for event in &events {
            listing.take(event);
        }
        let appended = log.append(batch.receipts, &batch.lease, &*self.stamp)?;
        session.events.extend_from_slice(&events);
        session.listing = listing;
        let letters = mem::take(&mut changes.letters);
        session.drawer.keep(changes);
        kept.shelf.keep(log, appended);
        kept.deliver(Some(batch.lease.session), letters);
        Ok(Committed { events })
    }

    fn claim_now(&self, claim: Claim) -> Result<Lease, StoreError> {
        let mut kept = self.change();
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
        let mut kept = self.change();
        let session = kept.held(lease)?;
        let now = self.stamp.monotonic();
        session.hold = session.hold.take().map(|hold| hold.renewed(now));
        Ok(())
    }

    fn release_now(&self, lease: &Lease) {
        if let Ok(session) = self.change().held(lease) {
            session.hold = None;
        }
    }

    fn read_now(&self, session: SessionId, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        let kept = self.kept();
        let events = &kept.session(session)?.events;
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

    fn snapshot_now(&self, session: SessionId) -> Result<Snapshot, StoreError> {
        let kept = self.kept();
        let Session { events, drawer, .. } = kept.session(session)?;
        let mut head = Head::default();
        for event in events {
            head = Head { seq: event.seq, chain: Chain::after(head.chain, &event.to_canonical()?) };
        }
        Ok(drawer.snapshot(head))
    }

    fn answer_now(&self, answer: Answer) -> Result<(), StoreError> {
        let mut kept = self.change();
        let id = answer.session;
        let drawer = &mut kept.sessions.get_mut(&id).ok_or(StoreError::NoSession(id))?.drawer;
        let mut rows = drawer.pending();
        moves::answer(&mut rows, answer)?;
        let changes = rows.changes();
        drawer.keep(changes);
        Ok(())
    }

    fn due_now(&self, now: Time, limit: usize) -> Vec<Occurrence> {
        let kept = self.kept();
        let mut due: Vec<Occurrence> = Vec::new();
        for (id, session) in &kept.sessions {
            let occurs = session.drawer.timers().filter_map(|timer| Some((timer, timer.at.filter(|at| *at <= now)?)));
            due.extend(occurs.map(|(timer, at)| Occurrence { session: *id, timer: timer.name.clone(), at }));
        }
        due.sort_unstable_by(|a, b| (a.at, a.session, &a.timer).cmp(&(b.at, b.session, &b.timer)));
        due.truncate(limit);
        due
    }

    fn letters_now(&self, to: &Name, after: u64, limit: usize) -> Vec<Delivery> {
        let kept = self.kept();
        let for_them = kept.letters.iter().filter(|delivery| delivery.letter.to == *to && after < delivery.number);
        for_them.take(limit).cloned().collect()
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

    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        Box::pin(async move { self.snapshot_now(session) })
    }

    fn answer(&self, answer: Answer) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.answer_now(answer) })
    }

    fn due(&self, now: Time, limit: usize) -> BoxFuture<'_, Result<Vec<Occurrence>, StoreError>> {
        Box::pin(async move { Ok(self.due_now(now, limit)) })
    }

    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            moves::bounded(&letter.body)?;
            Ok(self.change().deliver(None, vec![letter]))
        })
    }

    fn letters(&self, to: Name, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        Box::pin(async move { Ok(self.letters_now(&to, after, limit)) })
    }

    fn acknowledge(&self, to: Name, through: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.change().letters.retain(|delivery| delivery.letter.to != to || through < delivery.number);
            Ok(())
        })
    }

    fn changes(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move { Ok(self.kept().changes) })
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

    fn log(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<LogRow>, StoreError>> {
        Box::pin(async move { Ok(self.kept().shelf.rows(after, limit)) })
    }

    fn list(&self, digest: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        Box::pin(async move { Ok(self.kept().shelf.list(&digest)) })
    }

    fn seal(&self, workspace: WorkspaceId, key: Arc<SealKey>) -> BoxFuture<'_, Result<Option<Checkpoint>, StoreError>> {
        Box::pin(async move { self.change().shelf.seal(workspace, &*self.stamp, &key) })
    }

    fn checkpoints(&self, after: u64) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(async move { Ok(self.kept().shelf.checkpoints(after)) })
    }
}
