//! Disks that take nothing more. The tests make small ones of memory, which needs a mount namespace of their own; where
//! the system gives none, `groups` shows the same with a database that may not grow.

use crate::stage::{Stage, block_on, claim, commit, list, session, start_again, texts};
use boxagnts_record::{Durability, Store as _, StoreError};
use boxagnts_store::{SqliteStore, SystemStamp};
use std::env;
use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Runs one test of this program on a small disk of its own, which `prepare` makes at `$1` for the filled journal at
/// `$2`. Says whether there was one.
fn on_its_own_disk(test: &str, prepare: &str, stage: &Stage) -> bool {
    let can =
        Command::new("unshare").args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        return false;
    }
    let disk = stage.around.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let place = disk.join("one");
    let script = format!("set -e; {prepare}; shift 2; exec \"$@\"");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"])
        .args([&disk, &stage.place])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(start_again::PLACE, &place)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("\nlooked at everything"), "{said}");
    true
}

fn open(place: &Path) -> SqliteStore {
    SqliteStore::open(place, Arc::new(SystemStamp::new())).unwrap()
}

fn said(error: &StoreError) -> String {
    format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default())
}

/// Does nothing when it is run as a test.
#[test]
fn the_process_on_a_full_disk() {
    let Some(place) = start_again::place() else { return };
    let store = open(&place);
    let lease = claim(&store, 1).unwrap();
    let ballast = place.parent().unwrap().join("ballast");
    fs::write(&ballast, vec![0; 256 << 10]).unwrap();
    let large = "x".repeat(100 << 10);
    let mut kept = 3;
    let refusal = loop {
        match commit(&store, &lease, &[&large]) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "the disk is larger than that");
    };
    assert!(said(&refusal).contains("full"), "{}", said(&refusal));
    let large = crate::stage::batch(&lease, &[&large], Durability::Power);
    assert!(said(&block_on(store.commit(large)).unwrap_err()).contains("full"));
    assert!(block_on(store.put_blob(vec![7; 1 << 20])).is_err());
    // Nothing is lost, nothing is there by halves, and what was refused before is taken once there is room.
    assert_eq!((texts(&store, 1).len(), texts(&store, 2).len()), (kept, 3));
    fs::remove_file(ballast).unwrap();
    commit(&store, &lease, &["room again"]).unwrap();
    block_on(store.put_blob(b"small".to_vec())).unwrap();
    drop(store);
    assert_eq!(texts(&open(&place), 1).len(), kept + 1);
    println!("\nlooked at everything");
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    let (stage, _) = Stage::filled();
    let prepare = "mount -t tmpfs -o size=2m,mode=700 none \"$1\"; cp -r \"$2\" \"$1/one\"; chmod 700 \"$1/one\"";
    on_its_own_disk("full::the_process_on_a_full_disk", prepare, &stage);
}

/// Does nothing when it is run as a test.
#[test]
fn the_process_on_a_read_only_disk() {
    let Some(place) = start_again::place() else { return };
    let store = open(&place);
    assert_eq!((list(&store).len(), texts(&store, 1).len(), texts(&store, 2).len()), (2, 3, 3));
    assert_eq!(block_on(store.snapshot(session(1))).unwrap().head.seq, 3);
    block_on(store.changes()).unwrap();
    let refusal = claim(&store, 1).unwrap_err();
    assert!(said(&refusal).to_lowercase().contains("read"), "{}", said(&refusal));
    assert!(block_on(store.put_blob(b"x".to_vec())).is_err());
    assert_eq!(texts(&store, 1).len(), 3);
    println!("\nlooked at everything");
}

#[test]
fn a_read_only_disk_can_be_read_and_says_why_it_takes_nothing() {
    for is_folded in [false, true] {
        let (stage, _) = Stage::filled();
        if is_folded {
            // Whoever folds the log takes it away.
            stage.stranger().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            assert!(!stage.place.join("journal.sqlite3-wal").exists());
        }
        let prepare = "mount -t tmpfs -o size=9m,mode=700 none \"$1\"; cp -r \"$2\" \"$1/one\"; chmod 700 \"$1/one\"
                       mount -o remount,ro \"$1\"";
        on_its_own_disk("full::the_process_on_a_read_only_disk", prepare, &stage);
    }
}
