//! The store that seals its log: a second after a record at the latest, after a thousand of them, and at the end of each
//! turn, a checkpoint is signed, kept in the journal and then outside of it.
//!
//! A thread of its own does that, so that no call waits for it. When a checkpoint could not be kept, no further call
//! begins until one can be.

use crate::folder::Folder;
use crate::sqlite::SqliteStore;
use crate::{audit, key, outside};
use boxagnts_record::{PublicKey, SealKey, Store as _, StoreError, Verdict};
use boxagnts_types::WorkspaceId;
use futures::executor::block_on;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

mod port;

/// A record waits at most this long for its checkpoint.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// After so many records a checkpoint is made without waiting.
const MOST_OPEN: u64 = 1000;

/// A [`SqliteStore`] whose log is sealed.
pub struct SealedStore {
    inner: Arc<SqliteStore>,
    seals: Arc<Seals>,
    thread: Mutex<Option<Running>>,
    /// Whether the log was seen to be sealed before the first call of this process.
    begun: AtomicBool,
}

/// What the sealing thread and the store share.
struct Seals {
    folder: Folder,
    workspace: WorkspaceId,
    key: OnceLock<Arc<SealKey>>,
    /// Records of this process since the last checkpoint.
    open: AtomicU64,
    failed: AtomicBool,
    /// The disk failed to keep a checkpoint that it had taken. To ask again would not tell: a second sync can succeed
    /// without having written what the first one lost.
    lost: AtomicBool,
}

struct Running {
    wishes: Sender<Wish>,
    thread: JoinHandle<()>,
}

enum Wish {
    /// Records were written.
    Written,
    /// A turn ended.
    Soon,
    /// Somebody waits for a checkpoint.
    Now(oneshot::Sender<Result<(), StoreError>>),
}

impl SealedStore {
    /// Seals the log of a store. Key and checkpoints outside are kept in `folder`, which is made with the first of them
    /// for its owner alone; a link, a foreign owner or rights of others at its place are refused.
    pub fn new(inner: Arc<SqliteStore>, folder: &Path, workspace: WorkspaceId) -> Self {
        let seals = Seals {
            folder: Folder::new(folder),
            workspace,
            key: OnceLock::new(),
            open: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            lost: AtomicBool::new(false),
        };
        Self { inner, seals: Arc::new(seals), thread: Mutex::default(), begun: AtomicBool::new(false) }
    }

    /// Looks through the log and names the first record that is not what was written. Nothing is written, nobody is asked
    /// and nothing is claimed. `keys` are known besides the one of this machine.
    pub fn audit(&self, keys: Vec<PublicKey>) -> Result<Verdict, StoreError> {
        audit::audit(self.inner.folder(), &self.seals.folder, self.seals.workspace, keys)
    }

    /// What signatures of this machine are checked with, once something was signed.
    pub fn public_key(&self) -> Result<Option<PublicKey>, StoreError> {
        Ok(key::find(&self.seals.folder)?.map(|key| key.public()))
    }

    /// Waits until every record has its checkpoint, inside and outside.
    async fn sealed(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.wish(Wish::Now(reply))?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Before a call begins: what was there is sealed, and the last checkpoint could be kept.
    async fn may_begin(&self) -> Result<(), StoreError> {
        let is_begun = self.begun.load(Ordering::Acquire);
        if is_begun && !self.seals.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.sealed().await?;
        self.begun.store(true, Ordering::Release);
        Ok(())
    }

    fn wrote(&self, records: usize) {
        self.seals.open.fetch_add(records as u64, Ordering::AcqRel);
        // A thread that cannot be started shows before the next call begins.
        let told = self.wish(Wish::Written);
        self.seals.failed.fetch_or(told.is_err(), Ordering::AcqRel);
    }

    fn wish(&self, wish: Wish) -> Result<(), StoreError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = Some(Running::start(Arc::clone(&self.inner), Arc::clone(&self.seals))?);
        }
        thread.as_ref().map_or_else(|| Err(gone()), |running| running.wishes.send(wish).map_err(|_| gone()))
    }
}

impl Drop for SealedStore {
    /// Waits for the last checkpoint.
    fn drop(&mut self) {
        let running = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { wishes, thread }) = running {
            drop(wishes);
            // A panic there was seen by whoever waited for it.
            let _ = thread.join();
        }
    }
}

impl Running {
    fn start(store: Arc<SqliteStore>, seals: Arc<Seals>) -> Result<Self, StoreError> {
        let (wishes, heard) = mpsc::channel();
        let named = thread::Builder::new().name("log-sealer".to_owned());
        let thread = named.spawn(move || seals.run(&store, &heard)).map_err(|error| StoreError::Backend {
            what: "starting the thread log-sealer".to_owned(),
            source: Box::new(error),
        })?;
        Ok(Self { wishes, thread })
    }
}

impl Seals {
    /// The life of the sealing thread.
    fn run(&self, store: &SqliteStore, wishes: &Receiver<Wish>) {
        let mut due: Option<Instant> = None;
        loop {
            let heard = match due {
                None => wishes.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => wishes.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match heard {
                Ok(Wish::Written) if self.open.load(Ordering::Acquire) < MOST_OPEN => {
                    due.get_or_insert_with(|| Instant::now() + LONGEST_WAIT);
                    continue;
                }
                Ok(Wish::Now(reply)) => {
                    let sealed = self.seal(store);
                    due = sealed.as_ref().err().map(|_| Instant::now() + LONGEST_WAIT);
                    // Whoever asked may have gone away.
                    let _ = reply.send(sealed);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    if 0 < self.open.load(Ordering::Acquire) {
                        // Nobody is left who could be told; whoever comes next seals what is open.
                        let _ = self.seal(store);
                    }
                    return;
                }
                Ok(Wish::Written | Wish::Soon) | Err(RecvTimeoutError::Timeout) => {}
            }
            due = self.seal(store).err().map(|_| Instant::now() + LONGEST_WAIT);
        }
    }

    /// Signs what is open. The journal is first: a checkpoint outside of records that a loss of power took along would
    /// accuse an innocent.
    fn seal(&self, store: &SqliteStore) -> Result<(), StoreError> {
        let open = self.open.load(Ordering::Acquire);
        let sealed = self.seal_now(store);
        self.failed.store(sealed.is_err(), Ordering::Release);
        if sealed.is_ok() {
            self.open.fetch_sub(open, Ordering::AcqRel);
        }
        sealed
    }

    fn seal_now(&self, store: &SqliteStore) -> Result<(), StoreError> {
        if self.lost.load(Ordering::Acquire) {
            let source = "the disk failed to keep an earlier checkpoint; start again once it is sound".into();
            return Err(StoreError::Backend { what: "sealing the log".to_owned(), source });
        }
        let key = if let Some(key) = self.key.get() {
            Arc::clone(key)
        } else {
            let found = Arc::new(key::find_or_make(&self.folder)?);
            Arc::clone(self.key.get_or_init(|| found))
        };
        if let Some(journal) = block_on(store.journal_id())? {
            outside::begin(&self.folder, journal, || Ok(block_on(store.checkpoints(1))?.is_empty()))?;
        }
        block_on(store.seal(self.workspace, key))?;
        let Some(journal) = block_on(store.journal_id())? else { return Ok(()) };
        outside::catch_up(&self.folder, journal, &self.lost, |after| block_on(store.checkpoints(after)))
    }
}

fn gone() -> StoreError {
    StoreError::Backend {
        what: "sealing the log".to_owned(),
        source: "its thread has ended because of a fault in this program".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::SystemStamp;

    /// X04: what a disk that failed holds is unknown, so no call begins on top of it.
    #[test]
    fn a_disk_that_lost_a_checkpoint_is_not_asked_again() {
        let around = tempfile::tempdir().unwrap();
        let inner = SqliteStore::open(&around.path().join("one"), Arc::new(SystemStamp::new())).unwrap();
        let workspace = WorkspaceId::from_ulid(ulid::Ulid::nil());
        let store = SealedStore::new(Arc::new(inner), &around.path().join("seals"), workspace);
        block_on(store.may_begin()).unwrap();
        store.seals.lost.store(true, Ordering::Release);
        store.seals.failed.store(true, Ordering::Release);
        for _ in 0..2 {
            assert!(matches!(block_on(store.may_begin()), Err(StoreError::Backend { .. })));
        }
    }
}
