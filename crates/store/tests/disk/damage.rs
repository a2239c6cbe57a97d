//! Files that are not as we left them.

use crate::stage::{Stage, block_on, claim, commit, everything, list, session, texts};
use boxagnts_record::{Store as _, StoreError};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

fn fold(stage: &Stage) {
    let folded = stage.stranger().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    folded.unwrap();
}

fn change(stage: &Stage, sql: &str) {
    stage.stranger().execute_batch(sql).unwrap();
}

#[test]
fn a_newer_format_is_refused_and_left_as_it_is() {
    let (stage, _) = Stage::filled();
    change(&stage, "PRAGMA user_version = 7");
    fold(&stage);
    let before = fs::read(stage.database()).unwrap();
    let refusal = stage.try_open().err().unwrap();
    assert!(matches!(refusal, StoreError::Newer { found: 7, known: 3 }), "{refusal}");
    assert!(fs::read(stage.database()).unwrap() == before);
}

#[test]
fn a_newer_format_that_stands_in_the_log_alone_is_refused_and_left_there() {
    let (stage, _) = Stage::filled();
    fold(&stage);
    let stranger = stage.stranger();
    stranger.execute_batch("PRAGMA user_version = 7").unwrap();
    let log = stage.place.join("journal.sqlite3-wal");
    let before = (fs::read(stage.database()).unwrap(), fs::read(&log).unwrap());
    assert!(matches!(stage.try_open().err().unwrap(), StoreError::Newer { found: 7, known: 3 }));
    assert!((fs::read(stage.database()).unwrap(), fs::read(&log).unwrap()) == before);
}

#[test]
fn a_format_that_never_was_is_damage() {
    let (stage, _) = Stage::filled();
    change(&stage, "PRAGMA user_version = 0");
    assert!(matches!(stage.try_open().err().unwrap(), StoreError::Damaged(_)));
}

#[test]
fn a_database_of_another_application_is_refused_and_left_as_it_is() {
    let foreign = ["CREATE TABLE notes (text)", "PRAGMA application_id = 42; CREATE TABLE notes (text)"];
    for sql in foreign {
        let stage = Stage::new();
        fs::create_dir_all(&stage.place).unwrap();
        change(&stage, sql);
        let before = everything(&stage.place);
        let refusal = stage.try_open().err().unwrap();
        assert!(matches!(&refusal, StoreError::Damaged(why) if why.contains("another application")), "{refusal}");
        assert!(everything(&stage.place) == before);
    }
}

#[test]
fn a_foreign_database_that_appears_later_is_refused_too() {
    let stage = Stage::new();
    let store = stage.open();
    fs::create_dir_all(&stage.place).unwrap();
    change(&stage, "CREATE TABLE notes (text)");
    let before = everything(&stage.place);
    assert!(matches!(claim(&store, 1), Err(StoreError::Damaged(_))));
    assert!(matches!(block_on(store.sessions(None, 9)), Err(StoreError::Damaged(_))));
    assert!(everything(&stage.place) == before);
}

#[test]
fn a_file_that_is_no_database_is_damage_and_left_as_it_is() {
    for bytes in [&b"x"[..], b"SQLite format 3\0", &[0; 4096], &[0xa5; 10_000]] {
        let stage = Stage::new();
        fs::create_dir_all(&stage.place).unwrap();
        fs::write(stage.database(), bytes).unwrap();
        let opened = stage.try_open().map(drop);
        assert!(matches!(opened, Err(StoreError::Damaged(_))), "{} bytes: {opened:?}", bytes.len());
        assert!(fs::read(stage.database()).unwrap() == bytes);
    }
}

/// SQLite alone would begin anew here and delete the log, which holds the whole journal.
#[test]
fn a_journal_that_lost_its_first_page_keeps_its_log() {
    for kept in [0, 1, 100, 511] {
        let (stage, _) = Stage::filled();
        let whole = everything(&stage.place);
        let mut files = whole.clone();
        files.get_mut(&stage.database()).unwrap().truncate(kept);
        put_back(&stage.place, files.clone());
        assert!(matches!(stage.try_open().map(drop), Err(StoreError::Damaged(_))), "{kept}");
        assert!(everything(&stage.place) == files, "{kept}");

        put_back(&stage.place, whole);
        assert_eq!(texts(&stage.open(), 1), ["a", "b", "c"]);
    }
}

#[test]
fn an_empty_file_is_a_new_journal() {
    let stage = Stage::new();
    fs::create_dir_all(&stage.place).unwrap();
    fs::write(stage.database(), "").unwrap();
    let store = stage.open();
    assert_eq!(list(&store), []);
    commit(&store, &claim(&store, 1).unwrap(), &["a"]).unwrap();
    assert_eq!(texts(&store, 1), ["a"]);
}

/// Uses whatever can be opened; every answer is fine but a panic, a hang, or events that nobody wrote.
fn use_it(stage: &Stage) {
    let Ok(store) = stage.try_open() else { return };
    let _ = block_on(store.sessions(None, 9));
    for number in [1, 2] {
        if let Ok(events) = block_on(store.read(session(number), 0, usize::MAX)) {
            assert!(events.len() <= 3);
            assert!(events.iter().all(|event| event.session == session(number)));
        }
        if let Ok(lease) = claim(&store, number) {
            let _ = commit(&store, &lease, &["d"]);
        }
    }
}

fn put_back(place: &Path, files: impl IntoIterator<Item = (impl AsRef<Path>, Vec<u8>)>) {
    fs::remove_dir_all(place).unwrap();
    fs::create_dir(place).unwrap();
    for (path, bytes) in files {
        let path = path.as_ref();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_journal_that_was_cut_off_anywhere_does_no_harm() {
    let (stage, _) = Stage::filled();
    for is_folded in [false, true] {
        if is_folded {
            fold(&stage);
        }
        let whole = everything(&stage.place);
        for name in ["journal.sqlite3", "journal.sqlite3-wal"] {
            let path = stage.place.join(name);
            // Whoever folds the log takes it away.
            let Some(length) = whole.get(&path).map(Vec::len) else { continue };
            for kept in (0..length).step_by((length / 40).max(1)).chain([1, 99, 100, 4095, 4097]) {
                let mut files = whole.clone();
                files.get_mut(&path).unwrap().truncate(kept);
                put_back(&stage.place, files);
                use_it(&stage);
            }
        }
        put_back(&stage.place, whole);
    }
    assert_eq!(texts(&stage.open(), 1), ["a", "b", "c"]);
}

#[test]
fn a_journal_with_a_flipped_bit_does_no_harm() {
    let (stage, _) = Stage::filled();
    for is_folded in [false, true] {
        if is_folded {
            fold(&stage);
        }
        let whole = everything(&stage.place);
        let path = stage.place.join(if is_folded { "journal.sqlite3" } else { "journal.sqlite3-wal" });
        let bits = whole[&path].len() * 8;
        // A fixed walk over the file: its stride is prime, and it meets each page many times.
        for step in 0..150 {
            let bit = (step * 7_919 + 131) % bits;
            let mut files = whole.clone();
            files.get_mut(&path).unwrap()[bit / 8] ^= 1 << (bit % 8);
            put_back(&stage.place, files);
            use_it(&stage);
        }
        put_back(&stage.place, whole);
    }
    assert_eq!(texts(&stage.open(), 1), ["a", "b", "c"]);
}

#[test]
fn a_damaged_event_stops_its_session_alone() {
    let damages = [
        "json_set(json, '$.seq', 9)",
        "json_set(json, '$.type', 'never.was')",
        "json_set(json, '$.session', 'x')",
        "substr(json, 1, 40)",
        "''",
    ];
    for damage in damages {
        let (stage, _) = Stage::filled();
        change(&stage, &format!("UPDATE events SET json = {damage} WHERE session = '{}' AND seq = 2", session(1)));
        let store = stage.open();
        let refusal = block_on(store.read(session(1), 0, 9)).unwrap_err();
        let named = matches!(&refusal, StoreError::Quarantined { session: id, why } if *id == session(1) && why.starts_with("event 2 "));
        assert!(named, "{refusal}");
        assert_eq!(block_on(store.read(session(1), 2, 9)).unwrap().len(), 1);
        assert_eq!(texts(&store, 2), ["a", "b", "c"]);
        assert_eq!(list(&store).len(), 2);
    }
}

#[test]
fn an_event_of_a_newer_program_is_named_as_one() {
    let (stage, _) = Stage::filled();
    change(&stage, "UPDATE events SET json = json_set(json, '$.v', 2, '$.type', 'dream'), chain = NULL WHERE seq = 3");
    let store = stage.open();
    let refusal = block_on(store.read(session(1), 0, 9)).unwrap_err();
    assert!(matches!(refusal, StoreError::Newer { found: 2, known: 1 }), "{refusal}");
    assert_eq!(block_on(store.read(session(1), 0, 2)).unwrap().len(), 2);
}

#[test]
fn a_damaged_row_of_a_session_hides_no_other() {
    for damage in ["updated = 'tomorrow'", "events = -1", "turns = 9999999999"] {
        let (stage, _) = Stage::filled();
        change(&stage, &format!("UPDATE sessions SET {damage} WHERE session = '{}'", session(1)));
        let store = stage.open();
        let mut titles: Vec<String> = list(&store).into_iter().map(|summary| summary.title).collect();
        titles.sort();
        assert_eq!(titles, ["", "(damaged)"], "{damage}");
        assert!(claim(&store, 1).and_then(|lease| commit(&store, &lease, &["d"])).is_err(), "{damage}");
        commit(&store, &claim(&store, 2).unwrap(), &["d"]).unwrap();
    }
}

#[test]
fn a_damaged_blob_is_noticed_and_healed_by_the_same_bytes() {
    let (stage, digest) = Stage::filled();
    let path = stage.place.join("blobs").join(&digest[..2]).join(&digest[2..]);
    for damage in [&b"A blob"[..], b"", b"a blob and more"] {
        fs::write(&path, damage).unwrap();
        let store = stage.open();
        let refusal = block_on(store.blob(digest.clone())).unwrap_err();
        assert!(matches!(&refusal, StoreError::Damaged(why) if why.contains(&digest)), "{refusal}");
        assert_eq!(block_on(store.put_blob(b"a blob".to_vec())).unwrap(), digest);
        assert_eq!(block_on(store.blob(digest.clone())).unwrap(), b"a blob");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}

#[test]
fn a_journal_that_was_copied_out_of_the_log_mode_still_works() {
    let (stage, _) = Stage::filled();
    let copy = stage.around.path().join("copy");
    stage.stranger().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    put_back(&stage.place, [(stage.database(), fs::read(&copy).unwrap())]);
    let store = stage.open();
    commit(&store, &claim(&store, 1).unwrap(), &["d"]).unwrap();
    assert_eq!(texts(&store, 1), ["a", "b", "c", "d"]);
    drop(store);
    let mode: String = stage.stranger().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    drop(Connection::open(&copy).unwrap());
}
