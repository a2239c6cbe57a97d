//! Several stores on one folder: in one process, and in two of which one is killed.

use crate::stage::{Stage, block_on, claim, claim_for, commit, list, session, start_again, texts};
use boxagnts_record::{Durability, Stamp, Store as _, StoreError};
use boxagnts_store::{SqliteStore, SystemStamp};
use boxagnts_types::{MintId, Time};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;
use ulid::Ulid;

/// The session that the other process writes to.
const OTHERS: u64 = 2;

#[test]
fn two_stores_write_to_one_folder() {
    let stage = Stage::new();
    let stores = [stage.open(), stage.open()];
    let leases = [claim(&stores[0], 1).unwrap(), claim(&stores[1], 2).unwrap()];
    for round in 0..20 {
        for (store, lease) in stores.iter().zip(&leases) {
            commit(store, lease, &[&round.to_string(), "more"]).unwrap();
        }
    }
    for store in &stores {
        assert_eq!((texts(store, 1).len(), texts(store, 2).len()), (40, 40));
    }
    let refusal = claim(&stores[1], 1).unwrap_err();
    assert!(matches!(&refusal, StoreError::Held { holder, .. } if holder == "a test"), "{refusal}");
}

#[test]
fn two_stores_write_at_once() {
    let stage = Stage::new();
    thread::scope(|scope| {
        for number in [1, 2] {
            let stage = &stage;
            scope.spawn(move || {
                let store = stage.open();
                let lease = claim(&store, number).unwrap();
                for _ in 0..100 {
                    commit(&store, &lease, &["x"]).unwrap();
                }
            });
        }
    });
    let store = stage.open();
    assert_eq!((texts(&store, 1).len(), texts(&store, 2).len()), (100, 100));
}

#[test]
fn many_may_make_the_folder_at_once() {
    for _ in 0..5 {
        let stage = Stage::new();
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for number in 1..=8 {
                let (stage, start) = (&stage, &start);
                scope.spawn(move || {
                    start.wait();
                    let store = stage.open();
                    let lease = claim(&store, number).unwrap();
                    commit(&store, &lease, &["x"]).unwrap();
                    block_on(store.put_blob(b"the same".to_vec())).unwrap();
                });
            }
        });
        assert_eq!(list(&stage.open()).len(), 8);
    }
}

fn start_the_other(place: &Path) -> Child {
    start_again::process("processes::the_other_process", place)
}

/// Writes until it is killed, and tells what it was promised. Does nothing when it is run as a test.
#[test]
fn the_other_process() {
    let Some(place) = start_again::place() else { return };
    // Without a stage: its temporary folder would be left behind by the kill.
    let store = SqliteStore::open(&place, Arc::new(SystemStamp::new())).unwrap();
    let lease = claim(&store, OTHERS).unwrap();
    for round in 0_u32.. {
        let durability = if round.is_multiple_of(5) { Durability::Power } else { Durability::Crash };
        let batch = crate::stage::batch(&lease, &["one", "two", "three"], durability);
        let committed = block_on(store.commit(batch)).unwrap();
        println!("\nkept {}", committed.events[2].seq);
    }
}

/// Reads what the other process was promised, kills it after some of it, and returns the last promise.
fn kill_after(mut other: Child, promises: usize) -> u64 {
    let kept = |line: std::io::Result<String>| line.unwrap().strip_prefix("kept ").and_then(|seq| seq.parse().ok());
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().filter_map(kept);
    let mut last: u64 = lines.by_ref().take(promises).last().unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
    // A line that the kill cut short may have lost digits of its number, which makes it smaller and never larger.
    last = lines.max().unwrap_or(0).max(last);
    last
}

/// Another hour has passed for whoever looks at this clock.
struct Later(SystemStamp);

impl MintId for Later {
    fn mint(&self) -> Ulid {
        self.0.mint()
    }
}

impl Stamp for Later {
    fn now(&self) -> Time {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic() + Duration::from_hours(2)
    }
}

/// X01: what a killed process was promised is there, nothing is there by halves, and another process goes on.
#[test]
fn a_kill_at_any_point_leaves_a_journal_from_which_another_goes_on() {
    let stage = Stage::new();
    let mut kept = 0;
    for promises in [1, 2, 7, 20, 33] {
        let before = kept;
        let promised = kill_after(start_the_other(&stage.place), promises);

        let store = stage.open();
        kept = texts(&store, OTHERS).len() as u64;
        assert!(before < promised && promised <= kept, "{before}, promised {promised}, kept {kept}");
        assert_eq!(kept % 3, 0, "a commit of three events is there by halves");
        assert_eq!(list(&store)[0].events, kept);
        assert!(matches!(claim(&store, OTHERS), Err(StoreError::Held { .. })));
        drop(store);

        let store = stage.open_with(Arc::new(Later(SystemStamp::new())));
        let lease = claim_for(&store, OTHERS, Duration::from_secs(1)).unwrap();
        commit(&store, &lease, &["a", "b", "c"]).unwrap();
        kept += 3;
        block_on(store.release(lease)).unwrap();
    }
}

#[test]
fn two_processes_write_to_one_folder() {
    let stage = Stage::new();
    let other = start_the_other(&stage.place);
    let store = stage.open();
    let lease = claim(&store, 1).unwrap();
    for _ in 0..50 {
        commit(&store, &lease, &["x"]).unwrap();
    }
    let promised = kill_after(other, 20);
    assert_eq!(texts(&store, 1).len(), 50);
    assert!(promised <= texts(&store, OTHERS).len() as u64);
    assert_eq!(block_on(store.sessions(None, 9)).unwrap().len(), 2);
    assert!(block_on(store.read(session(OTHERS), promised, 9)).unwrap().len() < 9);
}
