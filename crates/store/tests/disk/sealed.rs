//! The log of receipts is sealed as it grows, whatever happens to the programs that write it.

use crate::stage::{Stage, block_on, claim, everything, start_again, workspace};
use boxagnts_record::audit::{Problem, Remark};
use boxagnts_record::conformance::one_of_each_receipt;
use boxagnts_record::{Commit, EffectClass, Lease, Store as _, StoreError, Verdict};
use boxagnts_store::{SealedStore, SqliteStore, SystemStamp};
use boxagnts_types::CallId;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use ulid::Ulid;

/// Where a stage keeps what is outside of the journal.
pub(crate) fn seals(stage: &Stage) -> PathBuf {
    stage.around.path().join("state/seals")
}

pub(crate) fn open(place: &Path, seals: &Path) -> SealedStore {
    let store = SqliteStore::open(place, Arc::new(SystemStamp::new())).unwrap();
    SealedStore::new(Arc::new(store), seals, workspace())
}

pub(crate) fn open_on(stage: &Stage) -> SealedStore {
    open(&stage.place, &seals(stage))
}

pub(crate) fn audit(stage: &Stage) -> Verdict {
    open_on(stage).audit(Vec::new()).unwrap()
}

fn intend(lease: &Lease, number: u64) -> Commit {
    Commit::new(lease.clone()).intend(CallId::from_ulid(Ulid::from_parts(number, 9)), EffectClass::Reads)
}

fn receipts(lease: &Lease) -> Commit {
    Commit::new(lease.clone()).receipts(one_of_each_receipt())
}

/// One record that begins the log and so many sessions of five records, each sealed at its end.
pub(crate) fn sessions(stage: &Stage, numbers: std::ops::RangeInclusive<u64>) {
    let store = open_on(stage);
    for number in numbers {
        let lease = claim(&store, number).unwrap();
        block_on(store.commit(intend(&lease, number))).unwrap();
        block_on(store.commit(receipts(&lease))).unwrap();
        block_on(store.release(lease)).unwrap();
    }
}

#[test]
fn an_untouched_log_is_intact_and_covered_to_its_end() {
    let stage = Stage::new();
    assert!(audit(&stage).is_intact(), "nothing was recorded yet");
    assert!(!stage.place.exists() && !seals(&stage).exists(), "to look makes nothing");
    sessions(&stage, 1..=3);
    let verdict = audit(&stage);
    assert_eq!((verdict.records, verdict.covered, verdict.checkpoints), (16, 16, 4));
    assert!(verdict.is_intact() && verdict.remarks.is_empty(), "{verdict:?}");
    let before = everything(stage.around.path());
    assert!(audit(&stage).is_intact());
    assert!(everything(stage.around.path()) == before, "to look changes nothing");
}

#[test]
fn the_log_is_begun_and_sealed_before_the_first_call() {
    let stage = Stage::new();
    let store = open_on(&stage);
    let lease = claim(&store, 1).unwrap();
    assert_eq!(block_on(store.log(0, 9)).unwrap().len(), 0);
    block_on(store.commit(intend(&lease, 1))).unwrap();
    let verdict = store.audit(Vec::new()).unwrap();
    assert_eq!((verdict.records, verdict.covered, verdict.is_intact()), (1, 1, true));
}

#[test]
fn key_and_checkpoints_are_for_this_user_alone_and_a_link_is_refused() {
    let stage = Stage::new();
    sessions(&stage, 1..=1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&seals(&stage)), 0o700);
    let files = everything(&seals(&stage));
    assert_eq!(files.len(), 2, "the key and one file of checkpoints");
    assert!(files.keys().all(|path| mode(path) == 0o600));

    // I07: a link in the place of any of them is not followed, neither to read nor to write.
    let elsewhere = stage.around.path().join("elsewhere");
    for path in files.keys() {
        fs::rename(path, &elsewhere).unwrap();
        symlink(&elsewhere, path).unwrap();
        let before = fs::read(&elsewhere).unwrap();
        let store = open_on(&stage);
        assert!(matches!(store.audit(Vec::new()), Err(StoreError::Backend { .. })));
        let lease = claim(&store, 2).unwrap();
        assert!(block_on(store.commit(intend(&lease, 2))).is_err());
        block_on(store.release(lease)).unwrap();
        assert!(fs::read(&elsewhere).unwrap() == before);
        fs::remove_file(path).unwrap();
        fs::rename(&elsewhere, path).unwrap();
    }
    assert!(audit(&stage).is_intact());
}

#[test]
fn no_call_begins_while_a_checkpoint_cannot_be_kept() {
    let stage = Stage::new();
    fs::create_dir(stage.around.path().join("state")).unwrap();
    fs::write(seals(&stage), "in the way").unwrap();
    let store = open_on(&stage);
    let lease = claim(&store, 1).unwrap();
    for number in 1..3 {
        assert!(matches!(block_on(store.commit(intend(&lease, number))), Err(StoreError::Backend { .. })));
    }
    assert_eq!(block_on(store.snapshot(lease.session)).unwrap().effects, [], "no intent stands in the journal");
    fs::remove_file(seals(&stage)).unwrap();
    block_on(store.commit(intend(&lease, 1))).unwrap();

    // The same when it stops working later: what was done is still written down, and nothing new begins.
    let outside = everything(&seals(&stage)).into_keys().find(|path| path.extension().is_some()).unwrap();
    let aside = stage.around.path().join("aside");
    fs::rename(&outside, &aside).unwrap();
    fs::create_dir(&outside).unwrap();
    block_on(store.commit(receipts(&lease))).unwrap();
    // Whoever asks for a checkpoint is told that there is none, instead of a time to wait for.
    assert!(block_on(store.release(lease)).is_err());
    let lease = claim(&store, 2).unwrap();
    assert!(block_on(store.commit(intend(&lease, 2))).is_err());
    fs::remove_dir(&outside).unwrap();
    fs::rename(&aside, &outside).unwrap();
    block_on(store.commit(intend(&lease, 2))).unwrap();
    block_on(store.release(lease)).unwrap();
    drop(store);
    let verdict = audit(&stage);
    assert!(verdict.is_intact() && verdict.remarks.is_empty(), "{verdict:?}");
}

#[test]
fn a_record_has_its_checkpoint_soon_although_nobody_asks_for_it() {
    let stage = Stage::new();
    let store = open_on(&stage);
    let lease = claim(&store, 1).unwrap();
    block_on(store.commit(intend(&lease, 1))).unwrap();
    block_on(store.commit(receipts(&lease))).unwrap();
    let begun = Instant::now();
    while store.audit(Vec::new()).unwrap().covered < 6 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint came");
        thread::yield_now();
    }
}

#[test]
fn several_programs_seal_one_log() {
    let stage = Stage::new();
    thread::scope(|scope| {
        for number in 1..5 {
            let stage = &stage;
            scope.spawn(move || {
                let store = open_on(stage);
                let lease = claim(&store, number).unwrap();
                for round in 0..10 {
                    block_on(store.commit(intend(&lease, 100 * number + round))).unwrap();
                    block_on(store.commit(receipts(&lease))).unwrap();
                }
                block_on(store.release(lease)).unwrap();
            });
        }
    });
    let verdict = audit(&stage);
    assert_eq!((verdict.records, verdict.covered), (201, 201));
    assert!(verdict.is_intact() && verdict.remarks.is_empty(), "{verdict:?}");
}

/// Writes until it is killed. Does nothing when it is run as a test.
#[test]
fn the_sealing_process() {
    let Some(place) = start_again::place() else { return };
    let store = open(&place, &place.parent().unwrap().parent().unwrap().join("state/seals"));
    let lease = claim(&store, std::process::id().into()).unwrap();
    println!("\nbegun");
    for number in 0.. {
        block_on(store.commit(intend(&lease, number))).unwrap();
        block_on(store.commit(receipts(&lease))).unwrap();
        if number % 3 == 0 {
            println!("written");
        }
    }
}

/// X01: the log of a program that was killed is intact; what it could not seal any more the next one seals.
#[test]
fn a_kill_leaves_a_log_that_is_intact() {
    let stage = Stage::new();
    for round in 1..8 {
        let mut other = start_again::process("sealed::the_sealing_process", &stage.place);
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        let mut heard = 0;
        while heard < round * 4 {
            heard += usize::from(lines.next().unwrap().unwrap() == "written");
        }
        other.kill().unwrap();
        other.wait().unwrap();
        let verdict = audit(&stage);
        assert!(verdict.is_intact(), "round {round}: {verdict:?}");
        let told =
            |remark: &Remark| matches!(remark, Remark::Uncovered(_) | Remark::NotYetOutside(_) | Remark::Torn(_));
        assert!(verdict.remarks.iter().all(told), "{verdict:?}");
    }
    sessions(&stage, 1..=1);
    let verdict = audit(&stage);
    assert_eq!(verdict.covered, verdict.records);
    assert!(verdict.is_intact(), "{verdict:?}");
}

#[test]
fn a_line_that_was_torn_outside_is_written_again() {
    let stage = Stage::new();
    sessions(&stage, 1..=2);
    let outside = everything(&seals(&stage)).into_keys().find(|path| path.extension().is_some()).unwrap();
    let whole = fs::read(&outside).unwrap();
    fs::write(&outside, &whole[..whole.len() - 40]).unwrap();
    let verdict = audit(&stage);
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!(verdict.remarks, [Remark::Torn(1), Remark::NotYetOutside(11)]);
    sessions(&stage, 3..=3);
    let verdict = audit(&stage);
    assert!(verdict.is_intact() && verdict.remarks == [Remark::Torn(1)], "{verdict:?}");
}

#[test]
fn another_key_is_nobodys_until_it_is_named() {
    let stage = Stage::new();
    sessions(&stage, 1..=1);
    let key = open_on(&stage).public_key().unwrap().unwrap();
    fs::remove_file(seals(&stage).join("key")).unwrap();
    let verdict = audit(&stage);
    assert!(verdict.problems.contains(&Problem::UnknownKey { to: 6, key }), "{verdict:?}");
    assert!(open_on(&stage).audit(vec![key]).unwrap().is_intact());
}
