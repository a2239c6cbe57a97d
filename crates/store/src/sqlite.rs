//! The store on disk: hands each wish to the thread that it belongs to.

use crate::binding::{self, Binding, Standing};
use crate::folder::Folder;
use crate::groups::{self, Change};
use crate::reading::{self, Question};
use crate::worker::{Tasks, Worker};
use crate::{blobs, database, receipts, standing, writing};
use boxagnts_record::approval::Answer;
use boxagnts_record::moves::Move;
use boxagnts_record::outbox::{Delivery, Letter};
use boxagnts_record::timer::Occurrence;
use boxagnts_record::{
    Checkpoint, Claim, Commit, Committed, Durability, Event, Lease, LogRow, Name, SealKey, SessionSummary, Snapshot,
    Stamp, Store, StoreError,
};
use boxagnts_types::{JournalId, SessionId, Time, WorkspaceId};
use futures::future::BoxFuture;
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Journals and blobs in a folder, for any number of processes at once.
///
/// Its methods need no runtime and block no thread that awaits them. Dropping it waits until what was handed over is
/// done.
pub struct SqliteStore {
    ground: Arc<Ground>,
    writer: Worker<Change>,
    reader: Worker<Question>,
    keeper: Worker<Task>,
}

/// Something to do with blobs.
type Task = Box<dyn FnOnce(&Ground) + Send>;

/// What the threads share.
pub(crate) struct Ground {
    pub(crate) folder: Folder,
    pub(crate) stamp: Arc<dyn Stamp>,
    /// The workspace that the store was opened for.
    binding: Option<Binding>,
    /// Whether it was seen to belong to that workspace; from then on nobody takes it away.
    is_home: AtomicBool,
    /// Opened with the store to see whether the file can be used; the first thread that needs one takes it.
    spare: Mutex<Option<Connection>>,
}

impl Ground {
    pub(crate) fn open(folder: &Path, stamp: Arc<dyn Stamp>, binding: Option<Binding>) -> Result<Self, StoreError> {
        let folder = Folder::new(folder);
        let spare = Mutex::new(database::find(&folder)?);
        let is_home = AtomicBool::new(binding.is_none());
        Ok(Self { folder, stamp, binding, is_home, spare })
    }

    /// How the journal stands to its workspace now.
    fn standing(&self) -> Result<Standing, StoreError> {
        let Some(binding) = self.binding.as_ref().filter(|_| !self.is_home.load(Ordering::Relaxed)) else {
            return Ok(Standing::Home);
        };
        match &*self.spare.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(connection) => binding::standing(connection, &self.folder, binding),
            None => match database::find(&self.folder)? {
                Some(connection) => binding::standing(&connection, &self.folder, binding),
                None => Ok(Standing::Home),
            },
        }
    }

    /// Refuses to change a journal that belongs elsewhere, and binds one that belongs nowhere.
    pub(crate) fn admit(&self, connection: &Connection) -> Result<(), StoreError> {
        let Some(binding) = self.binding.as_ref().filter(|_| !self.is_home.load(Ordering::Relaxed)) else {
            return Ok(());
        };
        if let Some(stray) = binding::settle(connection, &self.folder, binding)?.stray() {
            return Err(stray);
        }
        self.is_home.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn spare(&self) -> Option<Connection> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl SqliteStore {
    /// Opens the store in a folder of its own. Nothing is made before there is something to keep: then the folder
    /// and those above it that are missing, for their owner alone.
    ///
    /// A folder or file that is a link, belongs to somebody else or can be written by others is refused. `Newer` and
    /// `Damaged` leave what they found as it was.
    pub fn open(folder: &Path, stamp: Arc<dyn Stamp>) -> Result<Self, StoreError> {
        Ground::open(folder, stamp, None).map(Self::on)
    }

    /// The same for a workspace. A journal that nobody has bound is bound to it with the first change; one that is
    /// bound elsewhere can be read, and each change answers [`StoreError::Stray`] until it is adopted.
    pub fn open_for(folder: &Path, stamp: Arc<dyn Stamp>, binding: Binding) -> Result<Self, StoreError> {
        Ground::open(folder, stamp, Some(binding)).map(Self::on)
    }

    fn on(ground: Ground) -> Self {
        Self {
            ground: Arc::new(ground),
            writer: Worker::new("journal-writer"),
            reader: Worker::new("journal-reader"),
            keeper: Worker::new("blob-keeper"),
        }
    }

    /// Whether nobody has kept anything here yet. Then the journal may lie elsewhere, see [`crate::candidates`].
    pub fn is_new(&self) -> Result<bool, StoreError> {
        Ok(!self.ground.folder.exists()? || self.ground.folder.file(database::FILE)?.is_none())
    }

    /// How the journal stands to the workspace that it was opened for.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        self.ground.standing()
    }

    /// Binds the journal of a workspace that was moved to where that is now, once the person agreed. Its sessions go on
    /// under their ids. Changes nothing when the journal is not [`Standing::Moved`].
    pub async fn adopt_moved(&self) -> Result<(), StoreError> {
        self.keep(|ground| match &ground.binding {
            Some(binding) => binding::adopt_moved(&ground.folder, binding),
            None => Ok(()),
        })
        .await
    }

    /// Makes a copied or restored journal one of its own, once the person agreed. Its sessions are sealed: they can be
    /// read, and gone on with in a new session whose first event names where the old one ended. Their timers, open
    /// questions and letters end, for the original may go on with them. Changes nothing when the journal is not
    /// [`Standing::Copied`].
    pub async fn adopt_copy(&self) -> Result<(), StoreError> {
        self.keep(|ground| match &ground.binding {
            Some(binding) => binding::adopt_copy(&ground.folder, binding, &*ground.stamp),
            None => Ok(()),
        })
        .await
    }

    /// Where the journal lies.
    pub(crate) fn folder(&self) -> &Folder {
        &self.ground.folder
    }

    /// Whose log it is; none while nothing was recorded.
    pub(crate) async fn journal_id(&self) -> Result<Option<JournalId>, StoreError> {
        self.question(receipts::journal_id).await
    }

    async fn change<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&groups::Desk<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ground = Arc::clone(&self.ground);
        let run = move |changes| groups::run(ground, changes);
        self.writer.ask(run, |reply| Change::new(durability, reply, work)).await
    }

    /// Lets lists name a session that was found to be damaged.
    async fn name_damage<T>(&self, found: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Quarantined { session, why }) = &found {
            let (session, why) = (*session, why.clone());
            let mark = self.change(Durability::Crash, move |desk| writing::quarantine(desk.connection, session, &why));
            // What was asked for has failed already, and is found again by the next who asks.
            let _ = mark.await;
        }
        found
    }

    async fn question<T: Send + 'static>(
        &self,
        work: impl FnOnce(Option<&Connection>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ground = Arc::clone(&self.ground);
        let run = move |questions| reading::run(&ground, questions);
        self.reader.ask(run, |reply| Question::new(reply, work)).await
    }

    async fn keep<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ground) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ground = Arc::clone(&self.ground);
        let run = move |mut tasks: Tasks<Task>| {
            while let Some(task) = tasks.blocking_recv() {
                task(&ground);
            }
        };
        self.keeper
            .ask(run, |reply| {
                Box::new(move |ground: &Ground| {
                    // Whoever asked may have gone away.
                    let _ = reply.send(work(ground));
                }) as Task
            })
            .await
    }
}

impl Store for SqliteStore {
    fn commit(&self, batch: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let durability = batch.moves.iter().map(Move::durability).fold(batch.durability, Ord::max);
        Box::pin(async move {
            let work = move |desk: &groups::Desk<'_>| writing::commit(desk.connection, desk.stamp, batch);
            let committed = self.change(durability, work).await;
            self.name_damage(committed).await
        })
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Lease, StoreError>> {
        // After a loss of power no holder is left, so that a lease need not survive one.
        Box::pin(async move {
            let work = move |desk: &groups::Desk<'_>| writing::claim(desk.connection, desk.stamp, claim);
            let claimed = self.change(Durability::Crash, work).await;
            self.name_damage(claimed).await
        })
    }

    fn renew(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.change(Durability::Crash, move |desk| writing::renew(desk.connection, desk.stamp, &lease)))
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.change(Durability::Crash, move |desk| writing::release(desk.connection, &lease)))
    }

    fn read(&self, session: SessionId, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Event>, StoreError>> {
        Box::pin(self.question(move |connection| reading::read(connection, session, after, limit)))
    }

    fn sessions(
        &self,
        before: Option<SessionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>> {
        let stamp = Arc::clone(&self.ground.stamp);
        Box::pin(self.question(move |connection| reading::sessions(connection, &*stamp, before, limit)))
    }

    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        Box::pin(self.question(move |connection| standing::snapshot(connection, session)))
    }

    fn answer(&self, answer: Answer) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.change(Durability::Power, move |desk| writing::answer(desk.connection, answer)))
    }

    fn due(&self, now: Time, limit: usize) -> BoxFuture<'_, Result<Vec<Occurrence>, StoreError>> {
        let ground = Arc::clone(&self.ground);
        // A copy would only repeat what the original does.
        let home = move || ground.standing().map(|standing| standing == Standing::Home);
        Box::pin(self.question(
            move |connection| {
                if home()? { standing::due(connection, now, limit) } else { Ok(Vec::new()) }
            },
        ))
    }

    fn post(&self, letter: Letter) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.change(Durability::Crash, move |desk| writing::post(desk.connection, &letter)))
    }

    fn letters(&self, to: Name, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        Box::pin(self.question(move |connection| standing::letters(connection, &to, after, limit)))
    }

    fn acknowledge(&self, to: Name, through: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.change(Durability::Crash, move |desk| writing::acknowledge(desk.connection, &to, through)))
    }

    fn changes(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.question(standing::changes))
    }

    fn put_blob(&self, bytes: Vec<u8>) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(self.keep(move |ground| {
            ground.standing()?.stray().map_or(Ok(()), Err)?;
            blobs::put(&ground.folder, &*ground.stamp, &bytes)
        }))
    }

    fn blob(&self, digest: String) -> BoxFuture<'_, Result<Vec<u8>, StoreError>> {
        Box::pin(self.keep(move |ground| blobs::get(&ground.folder, &digest)))
    }

    fn log(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<LogRow>, StoreError>> {
        Box::pin(self.question(move |connection| receipts::rows(connection, after, limit)))
    }

    fn list(&self, digest: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        Box::pin(self.question(move |connection| receipts::list(connection, &digest)))
    }

    fn seal(&self, workspace: WorkspaceId, key: Arc<SealKey>) -> BoxFuture<'_, Result<Option<Checkpoint>, StoreError>> {
        let work = move |desk: &groups::Desk<'_>| receipts::seal(desk.connection, desk.stamp, workspace, &key);
        Box::pin(self.change(Durability::Power, work))
    }

    fn checkpoints(&self, after: u64) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(self.question(move |connection| receipts::checkpoints(connection, after)))
    }
}
