//! Keeps what stood at a path before a call changed it.

use crate::outside::Outside;
use boxagnts_record::event::Earlier;
use boxagnts_record::{Body, Durability, Journal};
use boxagnts_sandbox::{BeforeImages, EarlierState};
use boxagnts_types::{CallId, GuestPath};
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A larger file is not changed: what cannot be put back must not be lost. The person can still change it.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Writes earlier states into a session's journal, once for each path and turn.
pub struct Keeper {
    page: Mutex<Page>,
    house: Outside,
}

struct Page {
    journal: Journal,
    kept: HashSet<GuestPath>,
}

impl Keeper {
    /// A keeper that writes with this pen, on the threads of whoever calls this.
    pub fn new(journal: Journal) -> Self {
        Self { page: Mutex::new(Page { journal, kept: HashSet::new() }), house: Outside::here() }
    }

    /// A new turn begins: each path's next change is a first change again.
    pub fn turn_page(&self) {
        self.page().kept.clear();
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BeforeImages for Keeper {
    /// Blocks the guest's thread until the earlier state is written. The threads of the house wait for no guest's, so
    /// nothing waits in a circle.
    fn keep(&self, call: CallId, path: &GuestPath, earlier: EarlierState<'_>) -> io::Result<()> {
        let mut page = self.page();
        if page.kept.contains(path) {
            return Ok(());
        }
        let earlier = match earlier {
            EarlierState::Absent => Earlier::Absent,
            EarlierState::Folder => Earlier::Folder,
            EarlierState::Link(target) => Earlier::Link { target: target.to_owned() },
            EarlierState::MovedTo(to) => Earlier::Moved { to: to.to_string() },
            EarlierState::File(file) => self.keep_file(&page.journal, file)?,
        };
        let body = Body::FileBefore { path: path.to_string(), earlier };
        let journal = page.journal.at_call(call);
        self.house.wait(async move { journal.append(vec![body], Durability::Crash).await })?;
        page.kept.insert(path.clone());
        Ok(())
    }
}

impl Keeper {
    fn keep_file(&self, journal: &Journal, file: &File) -> io::Result<Earlier> {
        let metadata = file.metadata()?;
        if LARGEST < metadata.len() {
            let text = format!("the file is larger than {LARGEST} bytes, so its earlier content could not be kept");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        let bytes = read_whole(file, metadata.len())?;
        let (length, mode) = (bytes.len() as u64, metadata.mode() & 0o7777);
        let store = Arc::clone(journal.store());
        let digest = self.house.wait(async move { store.put_blob(bytes).await })?;
        Ok(Earlier::File { digest, bytes: length, mode })
    }
}

/// Reads from the start without moving the position that the guest's own reads go by.
fn read_whole(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read_at(&mut chunk, bytes.len() as u64)? {
            0 => return Ok(bytes),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
        if LARGEST < bytes.len() as u64 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file grew while it was kept"));
        }
    }
}
