//! A folder for a store, and short words for what the tests do with it.

pub(crate) use boxagnts_record::conformance::block_on;
use boxagnts_record::{
    Body, Claim, Commit, Committed, Draft, Durability, Lease, SessionSummary, Stamp, Store, StoreError,
};
use boxagnts_store::{SqliteStore, SystemStamp};
use boxagnts_types::{PrincipalId, SessionId, WorkspaceId};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use ulid::Ulid;

/// A temporary folder, and in it the place for a store.
pub(crate) struct Stage {
    pub(crate) around: TempDir,
    pub(crate) place: PathBuf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        let place = around.path().join("workspaces/one");
        Self { around, place }
    }

    /// One with two sessions of three events each, and a blob, closed.
    pub(crate) fn filled() -> (Self, String) {
        let stage = Self::new();
        let store = stage.open();
        for number in [1, 2] {
            let lease = claim(&store, number).unwrap();
            commit(&store, &lease, &["a", "b", "c"]).unwrap();
            block_on(store.release(lease)).unwrap();
        }
        let digest = block_on(store.put_blob(b"a blob".to_vec())).unwrap();
        drop(store);
        (stage, digest)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.place.join("journal.sqlite3")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.place, Arc::new(SystemStamp::new()))
    }

    pub(crate) fn open_with(&self, stamp: Arc<dyn Stamp>) -> SqliteStore {
        SqliteStore::open(&self.place, stamp).unwrap()
    }

    /// Another way to the same database, as `sqlite3` would go.
    pub(crate) fn stranger(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).unwrap()
    }
}

pub(crate) fn session(number: u64) -> SessionId {
    SessionId::from_ulid(Ulid::from_parts(number, 7))
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::from_ulid(Ulid::from_parts(1, 8))
}

pub(crate) fn claim(store: &dyn Store, number: u64) -> Result<Lease, StoreError> {
    claim_for(store, number, Duration::from_hours(1))
}

pub(crate) fn claim_for(store: &dyn Store, number: u64, time_to_live: Duration) -> Result<Lease, StoreError> {
    block_on(store.claim(Claim {
        session: session(number),
        workspace: workspace(),
        principal: PrincipalId::local(),
        holder: "a test".to_owned(),
        time_to_live,
    }))
}

pub(crate) fn batch(lease: &Lease, texts: &[&str], durability: Durability) -> Commit {
    let note = |text: &&str| Draft {
        run: None,
        parent_run: None,
        agent: None,
        turn: Some(1),
        step: None,
        call: None,
        cause: None,
        body: Body::CallIntended { fingerprint: (*text).to_owned() },
    };
    Commit::new(lease.clone()).events(texts.iter().map(note)).durability(durability)
}

pub(crate) fn commit(store: &SqliteStore, lease: &Lease, texts: &[&str]) -> Result<Committed, StoreError> {
    block_on(store.commit(batch(lease, texts, Durability::Crash)))
}

/// What the events of a session say, once their numbers were found to be without a gap.
pub(crate) fn texts(store: &SqliteStore, number: u64) -> Vec<String> {
    let events = block_on(store.read(session(number), 0, usize::MAX)).unwrap();
    assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as u64));
    let text = |body: Body| match body {
        Body::CallIntended { fingerprint } => fingerprint,
        other => panic!("nobody wrote {other:?}"),
    };
    events.into_iter().map(|event| text(event.body)).collect()
}

pub(crate) fn list(store: &SqliteStore) -> Vec<SessionSummary> {
    block_on(store.sessions(None, 100)).unwrap()
}

/// Every file below a folder with its bytes; a link with where it leads.
pub(crate) fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            found.insert(path.clone(), fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes());
        } else if path.is_dir() {
            found.extend(everything(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// This program once more, as another process that a test can kill.
pub(crate) mod start_again {
    use std::env;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};

    /// Where the other process finds its folder; without it, it has nothing to do.
    pub(crate) const PLACE: &str = "BOXAGNTS_STORE_TEST_PLACE";

    /// The folder, in the other process.
    pub(crate) fn place() -> Option<PathBuf> {
        env::var_os(PLACE).map(PathBuf::from)
    }

    /// Starts one test of this program as a process of its own.
    pub(crate) fn process(test: &str, place: &Path) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(PLACE, place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}
