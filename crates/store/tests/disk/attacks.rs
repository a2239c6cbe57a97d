//! Whoever can write to the journal, and what an audit says about it afterwards. Each attack is made on a copy of one log:
//! three sessions of five records behind the one that begins it, a checkpoint at 1, 6, 11 and 16.

use crate::sealed::{audit, open_on, seals, sessions};
use crate::stage::{Stage, block_on, claim, everything, workspace};
use boxagnts_record::audit::{Flaw, Problem, Remark};
use boxagnts_record::conformance::one_of_each_receipt;
use boxagnts_record::{Chain, Checkpoint, Commit, LogRow, PublicKey, SealKey, Store as _, Verdict};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const RECORDS: u64 = 16;

fn written() -> Stage {
    let stage = Stage::new();
    sessions(&stage, 1..=3);
    stage
}

/// The same files in another place.
fn copy(stage: &Stage) -> Stage {
    let copy = Stage::new();
    for (path, bytes) in everything(stage.around.path()) {
        let to = copy.around.path().join(path.strip_prefix(stage.around.path()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(&to, bytes).unwrap();
    }
    for folder in [&copy.place, &seals(&copy)] {
        close(folder);
    }
    copy
}

fn close(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}

/// What an audit finds after an attack on a copy.
fn after(stage: &Stage, attack: impl FnOnce(&Stage, &Connection)) -> Verdict {
    let copy = copy(stage);
    attack(&copy, &copy.stranger());
    audit(&copy)
}

fn bad(verdict: &Verdict) -> Option<(u64, &'static str)> {
    verdict.bad.as_ref().map(|bad| (bad.seq, bad.flaw.word()))
}

fn rows(connection: &Connection) -> Vec<LogRow> {
    let mut statement = connection.prepare("SELECT seq, json, hash FROM receipts ORDER BY seq").unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        Ok(LogRow { seq: row.get(0)?, json: row.get(1)?, hash: Chain::from(row.get::<_, [u8; 32]>(2)?) })
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn put(connection: &Connection, row: &LogRow) {
    let sql = "INSERT OR REPLACE INTO receipts (seq, json, hash) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![row.seq, row.json, row.hash.as_bytes()]).unwrap();
}

/// Gives a record other content, and every record from there on the number and the hashes that fit.
fn rewrite(connection: &Connection, from: u64, rows: Vec<LogRow>) {
    connection.execute("DELETE FROM receipts WHERE ?1 <= seq", [from]).unwrap();
    let mut before = connection
        .query_row("SELECT hash FROM receipts ORDER BY seq DESC LIMIT 1", [], |row| row.get::<_, [u8; 32]>(0))
        .map_or_else(|_| Chain::default(), Chain::from);
    for (seq, row) in (from..).zip(rows) {
        let mut value: Value = serde_json::from_str(&row.json).unwrap();
        value["seq"] = seq.into();
        value["prev"] = before.to_string().into();
        // The members of a map of this library stand in the order of RFC 8785 for names such as ours.
        let json = value.to_string();
        before = Chain::of(&json);
        put(connection, &LogRow { seq, json, hash: before });
    }
}

fn with(json: &str, path: &str, value: Value) -> String {
    let mut record: Value = serde_json::from_str(json).unwrap();
    *record.pointer_mut(path).unwrap() = value;
    record.to_string()
}

/// Every member of a record, and another value for it.
fn flips(json: &str) -> Vec<(String, Value)> {
    fn walk(at: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, inner)| walk(&format!("{at}/{name}"), inner, found));
            }
            Value::Array(items) => {
                (0..).zip(items).for_each(|(place, inner): (u32, _)| walk(&format!("{at}/{place}"), inner, found));
            }
            Value::String(text) => found.push((at.to_owned(), format!("{text}x").into())),
            Value::Number(number) => found.push((at.to_owned(), (number.as_u64().unwrap() - 1).into())),
            other => panic!("no record has {other}"),
        }
    }
    let mut found = Vec::new();
    walk("", &serde_json::from_str(json).unwrap(), &mut found);
    found
}

/// The lines outside, and where they stand.
fn outside(stage: &Stage) -> (PathBuf, Vec<String>) {
    let path = everything(&seals(stage)).into_keys().find(|path| path.extension().is_some()).unwrap();
    let lines = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    (path, lines)
}

fn put_outside(path: &PathBuf, lines: &[String]) {
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_copy_that_nobody_attacked_is_intact() {
    let verdict = after(&written(), |_, _| {});
    assert_eq!((verdict.records, verdict.covered), (RECORDS, RECORDS));
    assert!(verdict.is_intact() && verdict.remarks.is_empty(), "{verdict:?}");
}

#[test]
fn each_member_of_a_record_that_is_changed_is_noticed_there() {
    let stage = written();
    let all = rows(&stage.stranger());
    for row in &all {
        for (path, value) in flips(&row.json) {
            let json = with(&row.json, &path, value.clone());
            let edited = LogRow { json: json.clone(), ..row.clone() };
            assert_eq!(bad(&after(&stage, |_, journal| put(journal, &edited))), Some((row.seq, "edited")), "{path}");
        }
    }
    // With the hash that fits, and with all hashes behind it that fit: one record of each kind is enough.
    for row in &all[..6] {
        for (path, value) in flips(&row.json) {
            let json = with(&row.json, &path, value.clone());
            let hashed = LogRow { hash: Chain::of(&json), json, ..row.clone() };
            let verdict = after(&stage, |_, journal| put(journal, &hashed));
            assert_eq!(verdict.bad.as_ref().map(|bad| bad.seq), Some(row.seq), "{path}: {verdict:?}");
        }
    }
}

/// I04: the end of the log is cut, by a little or by much, with or without its checkpoints.
#[test]
fn i04_a_log_whose_tail_was_cut_names_the_first_record_that_is_missing() {
    let stage = written();
    for kept in 0..RECORDS {
        let cut = |journal: &Connection| drop(journal.execute("DELETE FROM receipts WHERE ?1 < seq", [kept]));
        let verdict = after(&stage, |_, journal| cut(journal));
        if kept == 0 {
            // Without any record the log names no journal, which is missed by what was signed.
            assert!(
                verdict.problems.iter().any(|problem| matches!(problem, Problem::Gone { to: 16, .. })),
                "{verdict:?}"
            );
            continue;
        }
        assert_eq!(bad(&verdict), Some((kept + 1, "cut")), "{verdict:?}");
        let verdict = after(&stage, |_, journal| {
            cut(journal);
            journal.execute("DELETE FROM checkpoints WHERE ?1 < upto", [kept]).unwrap();
        });
        assert_eq!(bad(&verdict), Some((kept + 1, "cut")), "{verdict:?}");
    }
}

#[test]
fn records_that_are_taken_away_added_or_exchanged_are_noticed() {
    let stage = written();
    let all = rows(&stage.stranger());
    for seq in 1..RECORDS {
        let place = usize::try_from(seq).unwrap();
        let verdict = after(&stage, |_, journal| drop(journal.execute("DELETE FROM receipts WHERE seq = ?1", [seq])));
        assert_eq!(bad(&verdict), Some((seq, "missing")));
        // Those behind it move up, with numbers and hashes that fit.
        let verdict = after(&stage, |_, journal| rewrite(journal, seq, all[place..].to_vec()));
        assert_eq!(verdict.bad.as_ref().map(|bad| bad.seq), Some(seq), "{verdict:?}");
        // Two neighbours change places, as they are, or with everything that fits.
        let (one, other) = (&all[place - 1], &all[place]);
        let verdict = after(&stage, |_, journal| {
            put(journal, &LogRow { seq: one.seq, ..other.clone() });
            put(journal, &LogRow { seq: other.seq, ..one.clone() });
        });
        assert_eq!(verdict.bad.as_ref().map(|bad| bad.seq), Some(seq), "{verdict:?}");
        let mut turned = all[place - 1..].to_vec();
        turned.swap(0, 1);
        let verdict = after(&stage, |_, journal| rewrite(journal, seq, turned));
        assert_eq!(verdict.bad.as_ref().map(|bad| bad.seq), Some(seq), "{verdict:?}");
        // One is written twice.
        let mut doubled = all[place - 1..].to_vec();
        doubled.insert(0, one.clone());
        let verdict = after(&stage, |_, journal| rewrite(journal, seq, doubled));
        assert_eq!(
            verdict.bad.as_ref().map(|bad| bad.seq),
            Some(seq + 1).filter(|_| seq != 1).or(Some(2)),
            "{verdict:?}"
        );
    }
}

/// Everything from one record on is made anew, hashes and all, by somebody without the key.
#[test]
fn a_log_that_was_rewritten_names_the_first_record_that_is_another() {
    let stage = written();
    let all = rows(&stage.stranger());
    for seq in [2, 4, 9, RECORDS] {
        let place = usize::try_from(seq - 1).unwrap();
        let mut lie = all[place..].to_vec();
        lie[0].json = with(&lie[0].json, "/time", "2020-01-01T00:00:00.000000Z".into());
        let verdict = after(&stage, |_, journal| rewrite(journal, seq, lie.clone()));
        assert_eq!(bad(&verdict), Some((seq, "rewritten")));
        // The checkpoints inside are taken away; those outside are enough.
        let verdict = after(&stage, |_, journal| {
            rewrite(journal, seq, lie.clone());
            journal.execute("DELETE FROM checkpoints", []).unwrap();
        });
        assert_eq!(bad(&verdict), Some((seq, "rewritten")));
        // Those outside are taken away; those inside are enough, and what is missing is told.
        let verdict = after(&stage, |copy, journal| {
            rewrite(journal, seq, lie.clone());
            fs::remove_file(outside(copy).0).unwrap();
        });
        assert_eq!(bad(&verdict), Some((seq, "rewritten")));
        assert!(verdict.problems.contains(&Problem::OutsideGone));
        // All of them are taken away: then it cannot be said where, and still not hidden.
        let verdict = after(&stage, |copy, journal| {
            rewrite(journal, seq, lie.clone());
            journal.execute("DELETE FROM checkpoints", []).unwrap();
            fs::remove_file(outside(copy).0).unwrap();
        });
        assert_eq!(verdict.problems, [Problem::Uncovered { from: 1, to: RECORDS }]);
    }
}

/// The same with checkpoints that a key of the attacker's own signs, inside, and then outside too.
#[test]
fn a_log_that_was_signed_with_another_key_convinces_nobody() {
    let stage = written();
    let mut forged_rows = rows(&stage.stranger())[3..].to_vec();
    forged_rows[0].json = with(&forged_rows[0].json, "/time", "2020-01-01T00:00:00.000000Z".into());
    let theirs = SealKey::from_seed(&[7; 32]);
    let forge = |copy: &Stage, journal: &Connection| -> String {
        rewrite(journal, 4, forged_rows.clone());
        journal.execute("DELETE FROM checkpoints", []).unwrap();
        let links: Vec<(u64, Chain)> = rows(journal).iter().map(|row| (row.seq, row.hash)).collect();
        let genuine = Checkpoint::read(&outside(copy).1[0]).unwrap();
        let forged = Checkpoint::seal(genuine.journal, workspace(), &links, genuine.time, &theirs).unwrap().unwrap();
        let line = forged.to_canonical().unwrap();
        journal.execute("INSERT INTO checkpoints VALUES (?1, ?2)", params![forged.to, line]).unwrap();
        line
    };
    let unknown = Problem::UnknownKey { to: RECORDS, key: theirs.public() };
    let verdict = after(&stage, |copy, journal| drop(forge(copy, journal)));
    assert_eq!(bad(&verdict), Some((4, "rewritten")));
    assert!(verdict.problems.contains(&unknown), "{verdict:?}");
    let verdict = after(&stage, |copy, journal| {
        let line = forge(copy, journal);
        put_outside(&outside(copy).0, &[line]);
    });
    assert!(verdict.problems.contains(&unknown), "{verdict:?}");
    // To name our key beside their signature makes it none of ours.
    let verdict = after(&stage, |copy, journal| {
        let ours = open_on(copy).public_key().unwrap().unwrap();
        let line = forge(copy, journal).replace(&theirs.public().to_string(), &ours.to_string());
        journal.execute("UPDATE checkpoints SET json = ?1", [&line]).unwrap();
        put_outside(&outside(copy).0, &[line]);
    });
    assert!(verdict.problems.contains(&Problem::BadSignature { to: RECORDS }), "{verdict:?}");
}

#[test]
fn checkpoints_that_are_taken_away_changed_or_older_are_noticed() {
    let stage = written();
    let verdict = after(&stage, |copy, _| fs::remove_file(outside(copy).0).unwrap());
    assert_eq!((bad(&verdict), &verdict.problems[..]), (None, &[Problem::OutsideGone][..]));
    let verdict = after(&stage, |_, journal| drop(journal.execute("DELETE FROM checkpoints WHERE upto = 16", [])));
    assert_eq!(verdict.problems, [Problem::InsideLacks { to: 16 }]);
    // The newest one alone may be on its way outside when a program is killed; of more than one that is not true.
    for (kept, expected) in [(2, vec![Problem::OutsideLacks { to: 11 }]), (3, vec![])] {
        let verdict = after(&stage, |copy, _| {
            let (path, lines) = outside(copy);
            put_outside(&path, &lines[..kept]);
        });
        assert_eq!(verdict.problems, expected);
        assert_eq!(verdict.remarks, if kept == 3 { vec![Remark::NotYetOutside(16)] } else { vec![] });
    }
    // One in the middle is taken away, or put twice.
    let verdict = after(&stage, |copy, _| {
        let (path, mut lines) = outside(copy);
        lines.remove(1);
        put_outside(&path, &lines);
    });
    assert_eq!(verdict.problems, [Problem::OutsideLacks { to: 6 }]);
    let verdict = after(&stage, |copy, _| {
        let (path, mut lines) = outside(copy);
        lines.push(lines[0].clone());
        put_outside(&path, &lines);
    });
    assert!(verdict.is_intact());
    // Each member that is changed takes the signature away.
    let (_, lines) = outside(&stage);
    for (path, value) in flips(&lines[1]) {
        let line = with(&lines[1], &path, value);
        let verdict = after(&stage, |_, journal| {
            journal.execute("UPDATE checkpoints SET json = ?1 WHERE upto = 6", [line]).unwrap();
        });
        assert!(!verdict.is_intact(), "{path}");
    }
    // Whoever reaches what is kept outside changes it there as well.
    let signature = serde_json::from_str::<Value>(&lines[1]).unwrap()["signature"].as_str().unwrap().to_owned();
    let first = if signature.starts_with('0') { '1' } else { '0' };
    for (path, value) in
        [("/signature", format!("{first}{}", &signature[1..])), ("/time", "2023-11-14T22:13:20.000000Z".to_owned())]
    {
        let line = with(&lines[1], path, value.into());
        let verdict = after(&stage, |copy, journal| {
            journal.execute("UPDATE checkpoints SET json = ?1 WHERE upto = 6", [&line]).unwrap();
            let (kept, mut lines) = outside(copy);
            lines[1].clone_from(&line);
            put_outside(&kept, &lines);
        });
        assert!(!verdict.is_intact(), "{path} on both sides");
    }
}

/// An older state of the whole journal is put in the place of the present one, and the program goes on with it.
#[test]
fn an_older_state_that_was_put_back_is_noticed_for_ever() {
    let stage = Stage::new();
    sessions(&stage, 1..=2);
    let older: Vec<_> = everything(&stage.place).into_iter().collect();
    sessions(&stage, 3..=3);
    let put_back = || {
        for (path, bytes) in &older {
            fs::write(path, bytes).unwrap();
        }
    };
    put_back();
    assert_eq!(bad(&audit(&stage)), Some((12, "cut")));
    // Another third session, sealed with the true key.
    sessions(&stage, 4..=5);
    assert_eq!(bad(&audit(&stage)), Some((12, "rewritten")));
}

#[test]
fn a_journal_that_is_gone_or_was_begun_anew_is_missed() {
    let stage = written();
    let is_missed = |verdict: &Verdict| matches!(verdict.problems[..], [Problem::Gone { to: 16, .. }]);
    fs::remove_dir_all(&stage.place).unwrap();
    assert!(is_missed(&audit(&stage)));
    sessions(&stage, 1..=1);
    assert!(is_missed(&audit(&stage)));
}

#[test]
fn a_list_of_paths_that_is_not_the_one_that_was_kept_is_noticed() {
    let stage = written();
    for attack in ["UPDATE lists SET list = substr(list, 2)", "DELETE FROM lists"] {
        let verdict = after(&stage, |_, journal| drop(journal.execute(attack, [])));
        assert_eq!(bad(&verdict), Some((6, "list")));
    }
}

/// What no checkpoint covers yet can be cut; that it is so is told. What is left of it is checked all the same.
#[test]
fn the_end_that_is_not_covered_is_told_and_checked() {
    let stage = written();
    let store = stage.open();
    let lease = claim(&store, 9).unwrap();
    block_on(store.commit(Commit::new(lease).receipts(one_of_each_receipt()))).unwrap();
    drop(store);
    let verdict = after(&stage, |_, _| {});
    assert!(verdict.is_intact());
    assert_eq!(verdict.remarks, [Remark::Uncovered(5)]);
    let all = rows(&stage.stranger());
    for seq in 17..21 {
        let row = &all[usize::try_from(seq - 1).unwrap()];
        let json = with(&row.json, "/time", "2020-01-01T00:00:00.000000Z".into());
        let edited = LogRow { json: json.clone(), ..row.clone() };
        assert_eq!(bad(&after(&stage, |_, journal| put(journal, &edited))), Some((seq, "edited")));
        let hashed = LogRow { hash: Chain::of(&json), json, ..row.clone() };
        assert_eq!(bad(&after(&stage, |_, journal| put(journal, &hashed))), Some((seq, "changed")));
        let verdict = after(&stage, |_, journal| drop(journal.execute("DELETE FROM receipts WHERE ?1 <= seq", [seq])));
        assert!(verdict.is_intact());
    }
    // So much without a checkpoint is left by no program that was killed.
    let mut late = all[20].clone();
    late.json = with(&late.json, "/time", "2099-01-01T00:00:00.000000Z".into());
    let verdict = after(&stage, |_, journal| rewrite(journal, 21, vec![late]));
    assert_eq!(verdict.problems, [Problem::Uncovered { from: 17, to: 21 }]);
}

#[test]
fn what_is_no_record_at_its_place_is_told_apart() {
    let stage = written();
    let foreign = "{}".to_owned();
    let verdict =
        after(&stage, |_, journal| put(journal, &LogRow { seq: 5, hash: Chain::of(&foreign), json: foreign }));
    assert!(matches!(verdict.bad.as_ref().map(|bad| &bad.flaw), Some(Flaw::Unreadable)), "{verdict:?}");
    let key: PublicKey = "00".repeat(32).parse().unwrap();
    assert!(open_on(&stage).audit(vec![key]).unwrap().is_intact(), "a further key takes nothing away");
}
