//! Changes that share a transaction, and threads that share nothing else.

use crate::stage::{Stage, batch, block_on, claim, commit, list, session, texts};
use boxagnts_record::{Committed, Durability, Event, Lease, ManualStamp, Stamp, Store as _, StoreError};
use boxagnts_store::SqliteStore;
use boxagnts_types::{MintId, Time};
use futures::future::BoxFuture;
use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;
use ulid::Ulid;

/// A clock that stops the writing thread when it is next asked for the time, until the test lets it go on.
struct Gate {
    clock: ManualStamp,
    next: Mutex<Option<Stop>>,
}

enum Stop {
    Wait { arrived: Sender<()>, go: Receiver<()> },
    Panic,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: ManualStamp::new(), next: Mutex::new(None) })
    }

    /// Closes the gate. The first end tells that somebody stands there, the second lets them go on.
    fn close(&self) -> (Receiver<()>, Sender<()>) {
        let ((arrived, seen), (open, go)) = (channel(), channel());
        *self.next.lock().unwrap() = Some(Stop::Wait { arrived, go });
        (seen, open)
    }
}

impl MintId for Gate {
    fn mint(&self) -> Ulid {
        self.clock.mint()
    }
}

impl Stamp for Gate {
    fn now(&self) -> Time {
        let stop = self.next.lock().unwrap().take();
        match stop {
            None => {}
            Some(Stop::Wait { arrived, go }) => {
                arrived.send(()).unwrap();
                go.recv().unwrap();
            }
            Some(Stop::Panic) => panic!("the clock broke"),
        }
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

type Waiting<'a> = BoxFuture<'a, Result<Committed, StoreError>>;

/// Hands a commit over and does not wait for it.
fn hand_over<'a>(store: &'a SqliteStore, lease: &Lease, texts: &[&str]) -> Waiting<'a> {
    let mut waiting = store.commit(batch(lease, texts, Durability::Power));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    waiting
}

/// The first commit is stopped in the middle, so that the others gather and go together.
fn together<'a>(store: &'a SqliteStore, gate: &Gate, lease: &Lease, groups: &[&[&str]]) -> Vec<Waiting<'a>> {
    let (arrived, open) = gate.close();
    let mut waiting = vec![hand_over(store, lease, &["first"])];
    arrived.recv().unwrap();
    waiting.extend(groups.iter().map(|texts| hand_over(store, lease, texts)));
    open.send(()).unwrap();
    waiting
}

/// Transactions in SQLite's log: a frame that ends one names the size of the database at byte 4 of its header.
/// Source: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
fn transactions(stage: &Stage) -> usize {
    let log = fs::read(stage.place.join("journal.sqlite3-wal")).unwrap();
    log[32..].chunks(24 + 4096).filter(|frame| frame[4..8] != [0; 4]).count()
}

fn forbid(stage: &Stage, how: &str) {
    let sql = format!(
        "CREATE TRIGGER forbid BEFORE INSERT ON events WHEN NEW.json LIKE '%poison%'
         BEGIN SELECT RAISE({how}, 'forbidden'); END"
    );
    stage.stranger().execute_batch(&sql).unwrap();
}

fn numbers(committed: &Committed) -> Vec<u64> {
    committed.events.iter().map(|event: &Event| event.seq).collect()
}

#[test]
fn what_waits_shares_one_transaction() {
    let (stage, gate) = (Stage::new(), Gate::new());
    let store = stage.open_with(Arc::<Gate>::clone(&gate));
    let lease = claim(&store, 1).unwrap();
    let before = transactions(&stage);
    for waiting in together(&store, &gate, &lease, &[&["a"], &["b", "c"], &[], &["d"]]) {
        block_on(waiting).unwrap();
    }
    assert_eq!(transactions(&stage) - before, 2);
    assert_eq!(texts(&store, 1), ["first", "a", "b", "c", "d"]);

    // The control: one after the other, each has its own.
    let before = transactions(&stage);
    for text in ["e", "f", "g"] {
        commit(&store, &lease, &[text]).unwrap();
    }
    assert_eq!(transactions(&stage) - before, 3);
}

#[test]
fn a_commit_that_fails_takes_no_neighbour_along() {
    let (stage, gate) = (Stage::new(), Gate::new());
    let store = stage.open_with(Arc::<Gate>::clone(&gate));
    let lease = claim(&store, 1).unwrap();
    forbid(&stage, "ABORT");
    let waiting = together(&store, &gate, &lease, &[&["a"], &["lost", "poison"], &["b"], &["poison"], &["c", "d"]]);
    let results: Vec<_> = waiting.into_iter().map(block_on).collect();
    let kept: Vec<_> = results.iter().map(|result| result.as_ref().ok().map(numbers)).collect();
    assert_eq!(kept, [Some(vec![1]), Some(vec![2]), None, Some(vec![3]), None, Some(vec![4, 5])]);
    assert_eq!(texts(&store, 1), ["first", "a", "b", "c", "d"]);
    assert_eq!(list(&store)[0].events, 5);
}

#[test]
fn a_commit_that_fails_alone_leaves_nothing() {
    let stage = Stage::new();
    let store = stage.open();
    let lease = claim(&store, 1).unwrap();
    commit(&store, &lease, &["a"]).unwrap();
    forbid(&stage, "ABORT");
    assert!(commit(&store, &lease, &["lost", "poison", "lost"]).is_err());
    assert_eq!(texts(&store, 1), ["a"]);
    assert_eq!(list(&store)[0].events, 1);
    commit(&store, &lease, &["b"]).unwrap();
    assert_eq!(texts(&store, 1), ["a", "b"]);
}

/// As a full disk does it: the transaction is gone, and whoever was in it is told so.
#[test]
fn a_lost_transaction_is_lost_for_everyone_in_it() {
    let (stage, gate) = (Stage::new(), Gate::new());
    let store = stage.open_with(Arc::<Gate>::clone(&gate));
    let lease = claim(&store, 1).unwrap();
    forbid(&stage, "ROLLBACK");
    let waiting = together(&store, &gate, &lease, &[&["a"], &["poison"], &["b"]]);
    let results: Vec<bool> = waiting.into_iter().map(|waiting| block_on(waiting).is_ok()).collect();
    assert_eq!(results, [true, false, false, false]);
    assert_eq!(texts(&store, 1), ["first"]);
    assert_eq!(list(&store)[0].events, 1);
    commit(&store, &lease, &["c"]).unwrap();
    assert_eq!(texts(&store, 1), ["first", "c"]);
}

#[test]
fn reading_does_not_wait_for_writing() {
    let (stage, gate) = (Stage::new(), Gate::new());
    let store = stage.open_with(Arc::<Gate>::clone(&gate));
    let lease = claim(&store, 1).unwrap();
    commit(&store, &lease, &["a"]).unwrap();
    let (arrived, open) = gate.close();
    let waiting = hand_over(&store, &lease, &["b"]);
    arrived.recv().unwrap();
    assert_eq!(texts(&store, 1), ["a"]);
    assert_eq!(list(&store)[0].events, 1);
    assert_eq!(block_on(store.put_blob(b"x".to_vec())).map(|digest| digest.len()).unwrap(), 64);
    open.send(()).unwrap();
    block_on(waiting).unwrap();
    assert_eq!(texts(&store, 1), ["a", "b"]);
}

#[test]
fn what_was_handed_over_is_written_though_nobody_waits() {
    let (stage, gate) = (Stage::new(), Gate::new());
    let store = stage.open_with(Arc::<Gate>::clone(&gate));
    let lease = claim(&store, 1).unwrap();
    for waiting in together(&store, &gate, &lease, &[&["a"], &["b"]]) {
        drop(waiting);
    }
    drop(store);
    assert_eq!(texts(&stage.open(), 1), ["first", "a", "b"]);
}

#[test]
fn a_thread_that_panics_fails_one_commit_and_the_store_lives_on() {
    let (stage, gate) = (Stage::new(), Gate::new());
    let store = stage.open_with(Arc::<Gate>::clone(&gate));
    let lease = claim(&store, 1).unwrap();
    commit(&store, &lease, &["a"]).unwrap();
    *gate.next.lock().unwrap() = Some(Stop::Panic);
    assert!(matches!(commit(&store, &lease, &["b"]), Err(StoreError::Backend { .. })));
    commit(&store, &lease, &["c"]).unwrap();
    assert_eq!(texts(&store, 1), ["a", "c"]);
}

#[test]
fn the_log_is_folded_while_the_store_is_open_and_when_it_closes() {
    let stage = Stage::new();
    let store = stage.open();
    let lease = claim(&store, 1).unwrap();
    let large = "x".repeat(256 << 10);
    let log = stage.place.join("journal.sqlite3-wal");
    let mut longest = 0;
    for _ in 0..100 {
        commit(&store, &lease, &[&large]).unwrap();
        longest = longest.max(fs::metadata(&log).unwrap().len());
    }
    // 25 MiB were written; a look each 16 groups lets the log grow by 4 MiB beyond its bound.
    assert!(longest < 10 << 20, "{longest}");
    drop(store);
    assert!(fs::metadata(&log).unwrap().len() <= 1 << 20);
    assert_eq!(stage.open().read_count(), 100);
}

trait ReadCount {
    fn read_count(&self) -> usize;
}

impl ReadCount for SqliteStore {
    fn read_count(&self) -> usize {
        block_on(self.read(session(1), 0, usize::MAX)).unwrap().len()
    }
}
