//! Several stores on one folder: in one process, and in two of which one is killed.

use crate::stage::{Stage, block_on, claim, claim_for, commit, list, session, start_again, texts};
use boxagnts_record::approval::{Answer, ApprovalState};
use boxagnts_record::{Commit, Durability, EffectClass, Stamp, Store as _, StoreError};
use boxagnts_store::{SqliteStore, SystemStamp};
use boxagnts_types::{CallId, MintId, Time};
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
        let call = CallId::mint(&SystemStamp::new());
        let batch = batch.intend(call, EffectClass::Reads).send("ada".parse().unwrap(), "hello");
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
    let (mut kept, mut ours) = (0, 0);
    for promises in [1, 2, 7, 20, 33] {
        let before = kept;
        let promised = kill_after(start_the_other(&stage.place), promises);

        let store = stage.open();
        kept = texts(&store, OTHERS).len() as u64;
        assert!(before < promised && promised <= kept, "{before}, promised {promised}, kept {kept}");
        assert_eq!(kept % 3, 0, "a commit of three events is there by halves");
        let calls = block_on(store.snapshot(session(OTHERS))).unwrap().effects.len() as u64;
        let letters = block_on(store.letters("ada".parse().unwrap(), 0, usize::MAX)).unwrap().len() as u64;
        assert_eq!((calls, letters), ((kept - ours) / 3, (kept - ours) / 3), "a commit is there by halves");
        assert_eq!(list(&store)[0].events, kept);
        assert!(matches!(claim(&store, OTHERS), Err(StoreError::Held { .. })));
        drop(store);

        let store = stage.open_with(Arc::new(Later(SystemStamp::new())));
        let lease = claim_for(&store, OTHERS, Duration::from_secs(1)).unwrap();
        commit(&store, &lease, &["a", "b", "c"]).unwrap();
        (kept, ours) = (kept + 3, ours + 3);
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

/// Asks one question after the other, waits for each answer and uses it, until it is killed. Does nothing when it is
/// run as a test.
#[test]
fn the_asking_process() {
    let Some(place) = start_again::place() else { return };
    let stamp = Arc::new(SystemStamp::new());
    let store = SqliteStore::open(&place, Arc::clone(&stamp) as _).unwrap();
    let lease = claim(&store, OTHERS).unwrap();
    loop {
        let call = CallId::mint(&*stamp);
        let asked = crate::stage::batch(&lease, &["asked"], Durability::Power).ask(call, "f", "may it?");
        block_on(store.commit(asked)).unwrap();
        println!("\nasked");
        let mut seen = block_on(store.changes()).unwrap();
        while block_on(store.snapshot(session(OTHERS))).unwrap().approvals[0].state == ApprovalState::Asked {
            // Another process answers; until then nothing changes.
            while seen == block_on(store.changes()).unwrap() {
                // Whoever was to answer is gone without a kill.
                if !place.exists() {
                    return;
                }
                thread::yield_now();
            }
            seen = block_on(store.changes()).unwrap();
        }
        let used = crate::stage::batch(&lease, &["used"], Durability::Power).use_answer(call, "f");
        block_on(store.commit(used)).unwrap();
        println!("\nused");
    }
}

fn answer(store: &SqliteStore, call: CallId) -> Result<(), StoreError> {
    let (fingerprint, answer, by) = ("f".to_owned(), "once".to_owned(), "a test".to_owned());
    block_on(store.answer(Answer { session: session(OTHERS), call, fingerprint, answer, by }))
}

fn wait_for(lines: &mut impl Iterator<Item = String>, what: &str) {
    assert!(lines.any(|line| line == what));
}

/// How often something was written into the journal.
fn said(store: &SqliteStore, what: &str) -> usize {
    texts(store, OTHERS).iter().filter(|text| *text == what).count()
}

/// X02: killed with its question open, or between the answer and its use, an asker leaves one question, which another
/// process goes on with; what was used is not used again.
#[test]
fn a_kill_around_an_approval_leaves_one_question_and_doubles_no_answer() {
    for after in 1..8 {
        let stage = Stage::new();
        let mut other = start_again::process("processes::the_asking_process", &stage.place);
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().map(Result::unwrap);
        // Odd: the question is open. Even: the answer was given, and perhaps used; the asker works on while it dies.
        wait_for(&mut lines, "asked");
        let store = stage.open();
        for step in 1..after {
            if step % 2 == 1 {
                let open = block_on(store.snapshot(session(OTHERS))).unwrap().approvals.remove(0);
                answer(&store, open.call).unwrap();
            } else {
                wait_for(&mut lines, "asked");
            }
        }
        other.kill().unwrap();
        other.wait().unwrap();
        drop(store);

        let store = stage.open_with(Arc::new(Later(SystemStamp::new())));
        let open = block_on(store.snapshot(session(OTHERS))).unwrap().approvals;
        let (asked, used) = (said(&store, "asked"), said(&store, "used"));
        assert_eq!(open.len(), asked - used, "step {after}: each question is open or used, and one at most is open");
        assert!(open.len() <= 1, "step {after}");
        let lease = claim(&store, OTHERS).unwrap();
        for open in open {
            let batch = || Commit::new(lease.clone()).use_answer(open.call, "f");
            if open.state == ApprovalState::Asked {
                assert!(block_on(store.commit(batch())).is_err(), "step {after}: there is no answer");
                answer(&store, open.call).unwrap();
            }
            assert!(answer(&store, open.call).is_err(), "step {after}: somebody was first");
            block_on(store.commit(batch())).unwrap();
            assert!(block_on(store.commit(batch())).is_err(), "step {after}: it is used up");
        }
        assert_eq!(block_on(store.snapshot(session(OTHERS))).unwrap().approvals, []);
    }
}
