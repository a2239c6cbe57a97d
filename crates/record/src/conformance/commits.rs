//! What is written.

use super::{Fresh, Stage, block_on, draft, note, one_of_each, restless, session};
use crate::commit::{Commit, Draft, Durability, Lease};
use crate::event::Event;
use crate::memory::MemoryStore;
use crate::stamp::Stamp;
use crate::store::Store;
use std::sync::Arc;
use std::thread;

/// Sessions count apart, and a refused commit uses no number up.
pub fn sequence_numbers_have_no_gaps(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let (one, two) = (stage.held(1), stage.held(2));
    let forged = Lease { fence: one.fence + 1, ..one.clone() };
    for size in [1, 3, 2] {
        stage.commit(&one, (0..size).map(|_| note("one")).collect());
        stage.commit(&two, vec![note("two")]);
        stage.try_commit(&forged, vec![note("stale")]).expect_err("the fence is stale");
    }
    assert_eq!(numbers(&stage.read(&one)), [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(&stage.read(&two)), [1, 2, 3]);
}

/// Many writers at once, to one session and to others: each commit's events stand together and nothing is missing.
pub fn concurrent_commits_leave_no_gaps(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let (shared, own) = (stage.held(1), [stage.held(2), stage.held(3), stage.held(4)]);
    thread::scope(|scope| {
        for lease in &own {
            let (store, shared) = (&stage.store, &shared);
            scope.spawn(move || {
                for round in 0..20 {
                    let durability = if round % 10 == 0 { Durability::Power } else { Durability::Crash };
                    for lease in [shared, lease] {
                        let events = vec![note("a"), note("b")];
                        let batch = Commit::new(lease.clone()).events(events).durability(durability);
                        let written = block_on(store.commit(batch)).expect("the holder may write").events;
                        assert_eq!(written[0].seq + 1, written[1].seq);
                    }
                }
            });
        }
    });
    assert_eq!(numbers(&stage.read(&shared)), (1..=120).collect::<Vec<_>>());
    for lease in &own {
        assert_eq!(numbers(&stage.read(lease)), (1..=40).collect::<Vec<_>>());
    }
}

/// Three events of a commit become visible together.
pub fn a_reader_never_sees_a_part_of_a_commit(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..50 {
                stage.commit(&lease, vec![note("a"), note("b"), note("c")]);
            }
        });
        while !writer.is_finished() {
            let seen = stage.read(&lease).len();
            assert_eq!(seen % 3, 0, "{seen} events");
            let listed = stage.list(None, 1).first().map_or(0, |summary| summary.events);
            assert_eq!(listed % 3, 0, "{listed} events listed");
        }
    });
    assert_eq!(stage.read(&lease).len(), 150);
}

/// Each kind of event, and values that a careless encoding would change, come back as the commit returned them.
pub fn what_is_committed_reads_back_equal(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let mut written = stage.commit(&lease, one_of_each());
    written.extend(stage.commit(&lease, restless().into_iter().map(draft).collect()));
    assert_eq!(stage.read(&lease), written);
}

/// The backend and the one in memory, given the same clock and identifiers, agree on every byte.
pub fn the_same_events_have_the_same_bytes(fresh: Fresh<'_>) {
    let in_memory = |stamp: Arc<dyn Stamp>| Arc::new(MemoryStore::new(stamp)) as Arc<dyn Store>;
    assert_eq!(transcript(fresh), transcript(&in_memory));
}

fn transcript(fresh: Fresh<'_>) -> String {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    stage.commit(&lease, one_of_each());
    stage.commit(&lease, restless().into_iter().map(draft).collect());
    let line = |event: &Event| event.to_canonical().expect("what was written has a canonical form") + "\n";
    stage.read(&lease).iter().map(line).collect()
}

/// A commit without events checks the lease and changes nothing.
pub fn an_empty_commit_changes_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    assert_eq!(stage.commit(&lease, Vec::new()), []);
    let forged = Lease { fence: lease.fence + 1, ..lease.clone() };
    stage.try_commit(&forged, Vec::<Draft>::new()).expect_err("the fence is stale");
    assert_eq!(stage.read(&lease), []);
    assert_eq!(stage.list(None, 9), []);
}

/// `after` is not included, `limit` bounds, and beyond the end there is nothing.
pub fn read_gives_what_follows_up_to_a_limit(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    stage.commit(&lease, (0..10).map(|_| note("x")).collect());
    let read = |after, limit| numbers(&block_on(stage.store.read(session(1), after, limit)).expect("it exists"));
    assert_eq!(read(0, 3), [1, 2, 3]);
    assert_eq!(read(3, 3), [4, 5, 6]);
    assert_eq!(read(8, usize::MAX), [9, 10]);
    assert!(read(10, 3).is_empty());
    assert!(read(u64::MAX, 3).is_empty());
    assert!(read(0, 0).is_empty());
}

fn numbers(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}
