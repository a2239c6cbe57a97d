//! Sessions that are not as we left them, beside others that are.

use crate::stage::{Stage, block_on, claim, commit, list, session, texts};
use boxagnts_record::account::{AccountMove, Amounts, Limits};
use boxagnts_record::approval::Answer;
use boxagnts_record::{Commit, EffectClass, Lease, Name, Store as _, StoreError};
use boxagnts_store::SqliteStore;
use boxagnts_types::{CallId, Time};
use rusqlite::{Connection, params};
use std::fs;
use ulid::Ulid;

/// Another program's way to the same rows; what it loses with the power is nobody's.
fn vandal(stage: &Stage) -> Connection {
    let vandal = stage.stranger();
    vandal.execute_batch("PRAGMA synchronous = OFF").unwrap();
    vandal
}

/// The first session answers with its own damage wherever it would be relied on; the second one lives.
fn only_the_first_is_quarantined(stage: &Stage, store: &SqliteStore, what: &str) -> String {
    let refusal = claim(store, 1).expect_err(what);
    let StoreError::Quarantined { session: named, why } = &refusal else { panic!("{what}: {refusal}") };
    assert_eq!(*named, session(1), "{what}");
    assert_eq!(texts(store, 2), ["a", "b", "c"], "{what}");
    let lease = claim(store, 2).expect(what);
    block_on(store.release(lease)).expect(what);
    let listed = list(store);
    assert_eq!(listed.len(), 2, "{what}");
    for summary in listed {
        assert_eq!(summary.damage.is_some(), summary.session == session(1), "{what}: {summary:?}");
    }
    // What was found stays found, and is not looked for again.
    let again = claim(&stage.open(), 1).expect_err(what);
    assert_eq!(again.to_string(), refusal.to_string(), "{what}");
    why.clone()
}

fn forgive(vandal: &Connection) {
    vandal.execute("UPDATE sessions SET damage = NULL", []).unwrap();
}

/// X05: each byte of each event, one after the other.
#[test]
fn each_flipped_byte_of_an_event_is_noticed_and_hides_no_other_session() {
    let (stage, _) = Stage::filled();
    let (vandal, store) = (vandal(&stage), stage.open());
    let id = session(1).to_string();
    let mut flips = 0;
    for seq in 1..=3_u32 {
        let read = |column: &str| -> Vec<u8> {
            let sql = format!("SELECT CAST({column} AS BLOB) FROM events WHERE session = ?1 AND seq = ?2");
            vandal.query_row(&sql, params![id, seq], |row| row.get(0)).unwrap()
        };
        for (column, cast) in [("json", "CAST(?3 AS TEXT)"), ("chain", "?3")] {
            let whole = read(column);
            let sql = format!("UPDATE events SET {column} = {cast} WHERE session = ?1 AND seq = ?2");
            for at in 0..whole.len() {
                let mut bytes = whole.clone();
                // A walk over the bits, so that letters become other letters and text becomes none.
                bytes[at] ^= 1 << (at % 8);
                vandal.execute(&sql, params![id, seq, bytes]).unwrap();
                let what = format!("byte {at} of {column} of event {seq}");
                let read = block_on(store.read(session(1), 0, 9)).expect_err(&what);
                assert!(
                    matches!(read, StoreError::Quarantined { session: id, .. } if id == session(1)),
                    "{what}: {read}"
                );
                if at % 16 == 0 {
                    only_the_first_is_quarantined(&stage, &store, &what);
                    forgive(&vandal);
                }
                flips += 1;
            }
            vandal.execute(&sql, params![id, seq, whole]).unwrap();
        }
    }
    assert!(500 < flips, "{flips}");
    // The control: nothing is wrong with the bytes as they were.
    assert_eq!(texts(&store, 1), ["a", "b", "c"]);
    claim(&store, 1).unwrap();
}

#[test]
fn rows_that_are_missing_too_many_or_cut_are_noticed() {
    let one = format!("session = '{}'", session(1));
    for (damage, said) in [
        ("DELETE FROM events WHERE ONE AND seq = 1", "event 1 is missing"),
        ("DELETE FROM events WHERE ONE AND seq = 2", "event 2 is missing"),
        ("DELETE FROM events WHERE ONE AND seq = 3", "event 3 is missing"),
        ("DELETE FROM events WHERE ONE", "event 1 is missing"),
        ("UPDATE events SET seq = 9 WHERE ONE AND seq = 3", "event 3 is missing"),
        ("UPDATE events SET json = substr(json, 1, 100) WHERE ONE AND seq = 2", "event 2 is not what was written"),
        ("UPDATE events SET json = '' WHERE ONE AND seq = 3", "event 3 is not what was written"),
        ("UPDATE events SET chain = x'00' WHERE ONE AND seq = 2", "reading events"),
        ("UPDATE events SET chain = NULL, json = '{' WHERE ONE AND seq = 2", "event 2: an event cannot be read"),
        (
            "UPDATE events SET chain = NULL, json = replace(json, '\"seq\":2', '\"seq\":3') WHERE ONE AND seq = 2",
            "event 2: it stands",
        ),
        ("UPDATE sessions SET events = 2 WHERE ONE", "event 3 stands beyond the end"),
        ("UPDATE sessions SET events = 4 WHERE ONE", "event 4 is missing"),
        ("UPDATE sessions SET events = -1 WHERE ONE", "reading a session"),
        ("UPDATE sessions SET workspace = 'nowhere' WHERE ONE", "reading a session"),
        ("UPDATE sessions SET updated = 'tomorrow' WHERE ONE", "reading a session"),
    ] {
        let (stage, _) = Stage::filled();
        vandal(&stage).execute_batch(&damage.replace("ONE", &one)).unwrap();
        let store = stage.open();
        let why = only_the_first_is_quarantined(&stage, &store, damage);
        assert!(why.starts_with(said), "{damage}: {why}");
    }
}

#[test]
fn what_is_still_sound_of_a_damaged_session_can_be_read() {
    let (stage, _) = Stage::filled();
    vandal(&stage)
        .execute_batch(&format!("UPDATE events SET json = 'x' WHERE seq = 2 AND session = '{}'", session(1)))
        .unwrap();
    let store = stage.open();
    claim(&store, 1).unwrap_err();
    let read = |after, limit| block_on(store.read(session(1), after, limit)).map(|events| events.len());
    assert!(matches!((read(0, 1), read(2, 9)), (Ok(1), Ok(1))));
    assert!(read(0, 2).is_err() && read(1, 9).is_err());
}

fn call() -> CallId {
    CallId::from_ulid(Ulid::from_parts(3, 3))
}

/// One of each row beside the events.
fn furnish(store: &SqliteStore, lease: &Lease) {
    let name = |text: &str| text.parse::<Name>().unwrap();
    let batch = Commit::new(lease.clone()).intend(call(), EffectClass::Changes).ask(call(), "f", "?");
    let batch = batch.set_timer(name("wake"), Time::from_micros(5));
    let (account, reservation, amounts) = (name("root"), name("r"), Amounts { steps: 1, ..Amounts::default() });
    let batch = batch.account(AccountMove::Open { account: account.clone(), parent: None, limits: Limits::default() });
    block_on(store.commit(batch.account(AccountMove::Reserve { reservation, account, amounts }))).unwrap();
}

#[test]
fn damage_beside_the_events_is_the_sessions_own() {
    for damage in [
        "UPDATE effects SET class = 'never'",
        "UPDATE effects SET call = 'x'",
        "UPDATE approvals SET call = 'x'",
        "UPDATE approvals SET question = CAST(x'ff' AS TEXT)",
        "UPDATE timers SET timer = 'a b'",
        "UPDATE accounts SET limits = '{'",
        "UPDATE accounts SET spent = '{\"gold\":1}'",
        "UPDATE accounts SET reserved = '{\"tokens\":-1}'",
        "UPDATE accounts SET parent = ''",
        "UPDATE reservations SET amounts = 'null'",
        "UPDATE reservations SET account = ''",
    ] {
        let (stage, _) = Stage::filled();
        let store = stage.open();
        let lease = claim(&store, 1).unwrap();
        furnish(&store, &lease);
        block_on(store.release(lease)).unwrap();
        let due = || block_on(store.due(Time::from_micros(9), 9)).unwrap().len();
        assert_eq!(due(), 1);
        vandal(&stage).execute_batch(damage).unwrap();
        let snapshot = block_on(store.snapshot(session(1)));
        assert!(matches!(snapshot, Err(StoreError::Quarantined { .. })), "{damage}: {snapshot:?}");
        only_the_first_is_quarantined(&stage, &store, damage);
        assert_eq!(due(), 0, "{damage}: nobody could fire it");
    }
}

#[test]
fn a_quarantined_session_takes_nothing_from_anybody() {
    let (stage, _) = Stage::filled();
    let store = stage.open();
    let lease = claim(&store, 1).unwrap();
    furnish(&store, &lease);
    vandal(&stage).execute_batch(&format!("DELETE FROM events WHERE seq = 3 AND session = '{}'", session(1))).unwrap();
    let quarantined = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Quarantined { .. }));
    assert!(quarantined(commit(&store, &lease, &["d"]).map(drop)), "the holder finds it");
    assert!(list(&store).iter().any(|summary| summary.damage.is_some()));
    let (fingerprint, answer, by) = ("f".to_owned(), "once".to_owned(), "me".to_owned());
    let answer = Answer { session: session(1), call: call(), fingerprint, answer, by };
    assert!(quarantined(block_on(store.answer(answer))));
    assert!(quarantined(commit(&store, &lease, &[]).map(drop)));
    assert!(quarantined(block_on(store.renew(lease))));
}

/// A page that many sessions share is not one session's damage.
#[test]
fn damage_of_the_file_is_told_apart_from_that_of_a_session() {
    let (stage, _) = Stage::filled();
    let stranger = stage.stranger();
    stranger.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let sql = "SELECT rootpage, (SELECT * FROM pragma_page_size) FROM sqlite_schema WHERE name = 'events'";
    let (page, size): (usize, usize) = stranger.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    drop(stranger);
    let mut bytes = fs::read(stage.database()).unwrap();
    bytes[(page - 1) * size..][..size].fill(0xa5);
    fs::write(stage.database(), bytes).unwrap();
    let store = stage.open();
    for number in [1, 2] {
        let refusal = block_on(store.read(session(number), 0, 9)).unwrap_err();
        assert!(matches!(refusal, StoreError::Damaged(_)), "{refusal}");
        assert!(matches!(claim(&store, number), Err(StoreError::Damaged(_))));
    }
    assert!(list(&store).iter().all(|summary| summary.damage.is_none()));
}
