//! A journal of an earlier format, brought along.

use crate::stage::{Stage, block_on, claim, commit, everything, list, session, start_again, workspace};
use boxagnts_record::{Fact, Head, Receipt, SealKey, Store as _, StoreError};
use rusqlite::Connection;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::thread;

const FORMAT_1: &str = include_str!("golden/format-1.sql");

const FORMAT_2: &str = include_str!("golden/format-2.sql");

/// How many events the first session has; the second one has two.
const EVENTS: usize = 28;

/// What the tests call the first one is the second here, whose number the stage knows.
const KNOWN: u64 = 2;

fn old() -> Stage {
    laid_out(FORMAT_1)
}

fn laid_out(golden: &str) -> Stage {
    let stage = Stage::new();
    fs::create_dir_all(&stage.place).unwrap();
    fs::set_permissions(&stage.place, Permissions::from_mode(0o700)).unwrap();
    let connection = stage.stranger();
    connection.execute_batch(golden).unwrap();
    // Whatever closes last folds the log, as the program of that format did not; both must do.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    drop(connection);
    fs::set_permissions(stage.database(), Permissions::from_mode(0o600)).unwrap();
    stage
}

fn backup(stage: &Stage) -> PathBuf {
    backup_of(stage, 1)
}

fn backup_of(stage: &Stage, format: u32) -> PathBuf {
    stage.place.join(format!("journal.format-{format}.sqlite3"))
}

fn format(connection: &Connection) -> u32 {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn lines(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare("SELECT json FROM events ORDER BY session, seq").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// The journal has our format and all it had; the backup has format 1 and the same.
fn is_whole(stage: &Stage) {
    is_whole_from(stage, 1);
}

fn is_whole_from(stage: &Stage, earlier: u32) {
    let store = stage.open();
    let listed = list(&store);
    assert_eq!(listed.iter().map(|summary| summary.events).collect::<Vec<_>>(), [2, EVENTS as u64]);
    let first = listed[1].session;
    assert_eq!(block_on(store.read(first, 0, usize::MAX)).unwrap().len(), EVENTS);
    assert_eq!(block_on(store.read(first, 20, 3)).unwrap().len(), 3);
    drop(store);
    let (new, old) = (stage.stranger(), Connection::open(backup_of(stage, earlier)).unwrap());
    assert_eq!((format(&new), format(&old)), (3, earlier));
    assert_eq!(lines(&new), lines(&old));
    assert_eq!(lines(&new).len(), EVENTS + 2);
    let names: Vec<PathBuf> = everything(&stage.place).into_keys().collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("unfinished")), "{names:?}");
}

#[test]
fn a_journal_of_the_first_format_is_brought_along_with_a_backup() {
    let stage = old();
    is_whole(&stage);
    assert_eq!(fs::metadata(backup(&stage)).unwrap().permissions().mode() & 0o777, 0o600);
    // Once is enough.
    let before = fs::read(backup(&stage)).unwrap();
    let store = stage.open();
    commit(&store, &claim(&store, 1).unwrap(), &["new"]).unwrap();
    assert!(fs::read(backup(&stage)).unwrap() == before);
}

#[test]
fn a_journal_of_the_second_format_is_brought_along_with_all_that_stands_in_it() {
    let stage = laid_out(FORMAT_2);
    is_whole_from(&stage, 2);
    assert!(!backup(&stage).exists());
    let kept = |sql| stage.stranger().query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(kept("SELECT count(*) FROM effects WHERE state = 'intended'"), 1);
    assert_eq!(kept("SELECT count(*) FROM letters"), 1);
}

/// Of what happened before there was a log there are no receipts, and the log says so.
#[test]
fn the_log_of_a_journal_that_was_brought_along_begins_by_saying_so() {
    for (golden, brought_from) in [(Some(FORMAT_1), Some(1)), (Some(FORMAT_2), Some(2)), (None, None)] {
        let stage = golden.map_or_else(|| Stage::filled().0, laid_out);
        let store = stage.open();
        assert_eq!(block_on(store.log(0, 9)).unwrap(), []);
        block_on(store.seal(workspace(), Arc::new(SealKey::from_seed(&[1; 32])))).unwrap();
        let log = block_on(store.log(0, 9)).unwrap();
        assert_eq!(Receipt::from_canonical(&log[0].json).unwrap().fact, Fact::Began { brought_from });
    }
}

#[test]
fn a_new_journal_has_the_tables_that_an_old_one_gets() {
    let tables = |stage: &Stage| -> Vec<(String, Vec<(String, String)>)> {
        drop(stage.open());
        let connection = stage.stranger();
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").unwrap();
        let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let columns = |name: &String| {
            let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
            let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        names.iter().map(|name| (name.clone(), columns(name))).collect()
    };
    let new = tables(&Stage::filled().0);
    assert_eq!(tables(&old()), new);
    assert_eq!(tables(&laid_out(FORMAT_2)), new);
}

#[test]
fn whoever_goes_on_with_an_old_session_gives_it_its_chain() {
    let stage = old();
    let store = stage.open();
    let head = || block_on(store.snapshot(session(KNOWN))).unwrap().head;
    let before = head();
    let chains = || -> i64 {
        let sql = "SELECT count(chain) FROM events";
        stage.stranger().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((before.seq, chains()), (2, 0));
    let lease = claim(&store, KNOWN).unwrap();
    assert_eq!((lease.fence, chains(), head()), (10, 2, before));
    let written = commit(&store, &lease, &["go on"]).unwrap().events.remove(0);
    let chain = before.chain.after(&written.to_canonical().unwrap());
    assert_eq!(head(), Head { seq: 3, chain });
}

#[test]
fn an_old_session_that_is_damaged_is_quarantined_and_the_rest_is_brought_along() {
    let stage = old();
    stage
        .stranger()
        .execute_batch("UPDATE events SET json = substr(json, 2) WHERE seq = 2 AND session LIKE '%7'")
        .unwrap();
    let store = stage.open();
    assert!(matches!(claim(&store, KNOWN), Err(StoreError::Quarantined { .. })));
    let listed = list(&store);
    assert!(listed[0].damage.as_ref().is_some_and(|why| why.starts_with("event 2")), "{listed:?}");
    assert_eq!(listed[1].damage, None);
}

#[test]
fn what_an_interrupted_migration_left_is_no_harm() {
    // The backup was begun; or it was finished, and the tables were not changed.
    for name in [".journal.format-1.unfinished", "journal.format-1.sqlite3"] {
        let stage = old();
        fs::write(stage.place.join(name), "half of something").unwrap();
        is_whole(&stage);
    }
}

#[test]
fn a_backup_that_cannot_be_made_leaves_the_journal_as_it_was() {
    let stage = old();
    // A folder in the place of the unfinished backup cannot be taken away.
    fs::create_dir(stage.place.join(".journal.format-1.unfinished")).unwrap();
    assert!(matches!(stage.try_open().err().unwrap(), StoreError::Backend { .. }));
    assert_eq!((format(&stage.stranger()), lines(&stage.stranger()).len()), (1, EVENTS + 2));
    fs::remove_dir(stage.place.join(".journal.format-1.unfinished")).unwrap();
    is_whole(&stage);
}

#[test]
fn many_may_bring_a_journal_along_at_once() {
    for _ in 0..3 {
        let stage = old();
        let start = Barrier::new(6);
        thread::scope(|scope| {
            for number in 10..16 {
                let (stage, start) = (&stage, &start);
                scope.spawn(move || {
                    start.wait();
                    let store = stage.open();
                    assert_eq!(block_on(store.read(session(KNOWN), 0, 9)).unwrap().len(), 2);
                    commit(&store, &claim(&store, number).unwrap(), &["x"]).unwrap();
                });
            }
        });
        assert_eq!(list(&stage.open()).len(), 8);
        assert_eq!(lines(&Connection::open(backup(&stage)).unwrap()).len(), EVENTS + 2);
    }
}

/// Opens the journal over and over, each time with the first format again. Does nothing when it is run as a test.
#[test]
fn the_migrating_process() {
    let Some(place) = start_again::place() else { return };
    println!("\nbegun");
    drop(boxagnts_store::SqliteStore::open(&place, Arc::new(boxagnts_store::SystemStamp::new())));
    println!("\ndone");
}

/// X01: wherever a migration is killed, the next program finds everything.
#[test]
fn a_kill_during_a_migration_loses_nothing() {
    for round in 0..12_u32 {
        let stage = old();
        let mut other = start_again::process("migration::the_migrating_process", &stage.place);
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "begun"));
        // A different amount of other work, instead of a time to wait for, spreads the kills.
        for _ in 0..round * 300 {
            let _ = fs::metadata(backup(&stage));
        }
        other.kill().unwrap();
        other.wait().unwrap();
        is_whole(&stage);
    }
}
