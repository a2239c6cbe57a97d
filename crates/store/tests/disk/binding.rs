//! Journals that belong to another workspace than the one they are opened for.

use crate::stage::{Stage, block_on, claim, commit, everything, list, session, texts};
use boxagnts_record::approval::{Answer, ApprovalError};
use boxagnts_record::outbox::Letter;
use boxagnts_record::store::Stray;
use boxagnts_record::{Commit, EffectClass, Lease, Snapshot, Store as _, StoreError};
use boxagnts_store::{Binding, Candidate, Place, SqliteStore, Standing, SystemStamp, candidates, relocate};
use boxagnts_types::{CallId, Time, WorkspaceId};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ulid::Ulid;

fn bound_to(path: &str, inode: u64) -> Binding {
    // The stage's claims name this workspace.
    let workspace = WorkspaceId::from_ulid(Ulid::from_parts(1, 8));
    Binding { path: PathBuf::from(path), inode, birth: Some(7), workspace, place: Place::Apart }
}

fn open(place: &Path, binding: &Binding) -> SqliteStore {
    SqliteStore::open_for(place, Arc::new(SystemStamp::new()), binding.clone()).unwrap()
}

/// One session with an event, an open call, a question, a timer that is due and a letter; bound to `/work`, inode 5.
fn bound() -> (Stage, Lease) {
    let stage = Stage::new();
    let store = open(&stage.place, &bound_to("/work", 5));
    assert_eq!((store.is_new().unwrap(), store.standing().unwrap()), (true, Standing::Home));
    let lease = claim(&store, 1).unwrap();
    assert!(!store.is_new().unwrap());
    commit(&store, &lease, &["a"]).unwrap();
    let batch = Commit::new(lease.clone()).intend(call(), EffectClass::Changes).ask(call(), "f", "?");
    let batch = batch.set_timer("wake".parse().unwrap(), Time::from_micros(1)).send("ada".parse().unwrap(), "hello");
    let batch = batch.send("workspace:notes".parse().unwrap(), "for all that come later");
    block_on(store.commit(batch)).unwrap();
    drop(store);
    (stage, lease)
}

fn inode_of(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

fn call() -> CallId {
    CallId::from_ulid(Ulid::from_parts(3, 3))
}

fn due(store: &SqliteStore) -> usize {
    block_on(store.due(Time::from_micros(i64::MAX), 9)).unwrap().len()
}

/// Every way to change something answers with this, and nothing on the disk changes.
fn only_reads(stage: &Stage, store: &SqliteStore, lease: &Lease) -> Stray {
    let before = everything(&stage.place);
    let stray = |result: Result<(), StoreError>| match result {
        Err(StoreError::Stray(stray)) => stray,
        other => panic!("{other:?}"),
    };
    let why = stray(commit(store, lease, &["b"]).map(drop));
    let answer =
        Answer { session: session(1), call: call(), fingerprint: "f".into(), answer: "once".into(), by: "me".into() };
    let letter = Letter { to: "ada".parse().unwrap(), body: String::new() };
    for refused in [
        stray(claim(store, 1).map(drop)),
        stray(claim(store, 2).map(drop)),
        stray(block_on(store.renew(lease.clone()))),
        stray(block_on(store.release(lease.clone()))),
        stray(block_on(store.answer(answer))),
        stray(block_on(store.post(letter)).map(drop)),
        stray(block_on(store.acknowledge("ada".parse().unwrap(), 9))),
        stray(block_on(store.put_blob(b"x".to_vec())).map(drop)),
    ] {
        assert_eq!(refused, why);
    }
    assert_eq!((texts(store, 1), list(store).len(), due(store)), (vec!["a".to_owned()], 1, 0));
    assert_eq!(block_on(store.snapshot(session(1))).unwrap().effects.len(), 1);
    let after = everything(&stage.place);
    let changed =
        before.iter().filter(|(name, bytes)| after.get(*name) != Some(bytes) && !name.ends_with("journal.sqlite3-shm"));
    assert_eq!(changed.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    why
}

#[test]
fn a_journal_goes_on_in_its_own_workspace() {
    let (stage, lease) = bound();
    let store = open(&stage.place, &bound_to("/work", 5));
    assert_eq!((store.standing().unwrap(), due(&store)), (Standing::Home, 1));
    commit(&store, &lease, &["b"]).unwrap();
    // Nothing is to be adopted, so nothing is changed.
    block_on(store.adopt_moved()).unwrap();
    block_on(store.adopt_copy()).unwrap();
    assert_eq!((texts(&store, 1).len(), due(&store)), (2, 1));
}

#[test]
fn a_moved_workspace_takes_its_journal_along_after_a_yes() {
    let (stage, lease) = bound();
    let store = open(&stage.place, &bound_to("/elsewhere", 5));
    assert_eq!(store.standing().unwrap(), Standing::Moved("/work".into()));
    assert_eq!(only_reads(&stage, &store, &lease), Stray::Moved("/work".to_owned()));
    block_on(store.adopt_copy()).unwrap();
    assert_eq!(store.standing().unwrap(), Standing::Moved("/work".into()), "it is no copy");

    block_on(store.adopt_moved()).unwrap();
    assert_eq!((store.standing().unwrap(), due(&store)), (Standing::Home, 1));
    commit(&store, &lease, &["b"]).unwrap();
    drop(store);
    let old = open(&stage.place, &bound_to("/work", 5));
    assert_eq!(old.standing().unwrap(), Standing::Moved("/elsewhere".into()));
}

#[test]
fn a_workspace_that_was_made_anew_does_not_go_on_with_the_old_journal() {
    let (stage, lease) = bound();
    let store = open(&stage.place, &bound_to("/work", 6));
    assert_eq!(store.standing().unwrap(), Standing::Copied(Some("/work".into())));
    assert_eq!(only_reads(&stage, &store, &lease), Stray::Copied(Some("/work".to_owned())));
    block_on(store.adopt_moved()).unwrap();
    assert!(commit(&store, &lease, &["b"]).is_err(), "it is not moved");
}

/// I02: as a backup is put back, or a folder is copied to another disk: the bytes are the same, the file is not.
#[test]
fn a_copied_journal_is_read_only_until_it_is_adopted_and_its_sessions_are_sealed() {
    let (stage, lease) = bound();
    for (path, bytes) in everything(&stage.place) {
        let copy = path.with_extension("copy");
        fs::write(&copy, bytes).unwrap();
        fs::rename(&copy, &path).unwrap();
    }
    let home = bound_to("/work", 5);
    let store = open(&stage.place, &home);
    assert_eq!(store.standing().unwrap(), Standing::Copied(Some("/work".into())));
    only_reads(&stage, &store, &lease);

    let before = block_on(store.snapshot(session(1))).unwrap();
    block_on(store.adopt_copy()).unwrap();
    assert_eq!((store.standing().unwrap(), due(&store)), (Standing::Home, 0));
    let after = block_on(store.snapshot(session(1))).unwrap();
    assert_eq!(after, Snapshot { head: before.head, ..Snapshot::default() });
    assert_eq!(block_on(store.letters("ada".parse().unwrap(), 0, 9)).unwrap(), []);
    assert_eq!(
        block_on(store.letters("workspace:notes".parse().unwrap(), 0, 9)).unwrap().len(),
        1,
        "it is the workspace's"
    );
    assert_eq!(texts(&store, 1), ["a"]);
    for refused in [
        claim(&store, 1).map(drop),
        block_on(store.answer(Answer {
            session: session(1),
            call: call(),
            fingerprint: "f".into(),
            answer: "once".into(),
            by: "me".into(),
        })),
    ] {
        assert!(matches!(refused, Err(StoreError::Sealed(id)) if id == session(1)), "{refused:?}");
    }
    assert!(matches!(commit(&store, &lease, &["b"]), Err(StoreError::StaleFence(_))));
    // Its own sessions are like any others.
    let own = claim(&store, 2).unwrap();
    commit(&store, &own, &["new"]).unwrap();
    drop(store);
    let again = open(&stage.place, &home);
    assert_eq!(again.standing().unwrap(), Standing::Home);
    commit(&again, &own, &["more"]).unwrap();
    let (adoptions, path): (u64, Vec<u8>) = stage
        .stranger()
        .query_row("SELECT count(*), max(path) FROM adoptions", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((adoptions, path.as_slice()), (1, &b"/work"[..]));
}

#[test]
fn the_original_goes_on_while_a_copy_waits() {
    let (stage, lease) = bound();
    let copy = stage.around.path().join("copy");
    fs::create_dir(&copy).unwrap();
    fs::set_permissions(&copy, fs::metadata(&stage.place).unwrap().permissions()).unwrap();
    for (path, bytes) in everything(&stage.place) {
        fs::write(copy.join(path.file_name().unwrap()), bytes).unwrap();
    }
    let (original, copied) = (open(&stage.place, &bound_to("/work", 5)), open(&copy, &bound_to("/work", 5)));
    assert!(matches!(copied.standing().unwrap(), Standing::Copied(_)));
    commit(&original, &lease, &["b"]).unwrap();
    assert_eq!((texts(&original, 1).len(), texts(&copied, 1).len()), (2, 1));
    let answer = |store: &SqliteStore| {
        let (fingerprint, answer, by) = ("f".to_owned(), "once".to_owned(), "me".to_owned());
        block_on(store.answer(Answer { session: session(1), call: call(), fingerprint, answer, by }))
    };
    answer(&original).unwrap();
    assert!(matches!(answer(&copied), Err(StoreError::Stray(_))));
    let late = answer(&original).unwrap_err();
    assert!(matches!(late, StoreError::Approval(ApprovalError::Closed { .. })));
}

/// I02: what a repository brings along, when the journal is kept in the workspace.
#[test]
fn a_journal_that_nobody_bound_is_taken_only_when_its_sessions_are_ours() {
    let (stage, _) = Stage::filled();
    let ours = open(&stage.place, &bound_to("/work", 5));
    assert_eq!(ours.standing().unwrap(), Standing::Home);
    claim(&ours, 3).unwrap();
    drop(ours);
    assert_eq!(open(&stage.place, &bound_to("/work", 5)).standing().unwrap(), Standing::Home);

    let (stage, _) = Stage::filled();
    let other = Binding { workspace: WorkspaceId::from_ulid(Ulid::from_parts(9, 9)), ..bound_to("/work", 5) };
    let foreign = open(&stage.place, &other);
    assert_eq!(foreign.standing().unwrap(), Standing::Copied(None));
    let refusal = claim(&foreign, 3).unwrap_err();
    assert!(matches!(refusal, StoreError::Stray(Stray::Copied(None))), "{refusal}");
    assert!(refusal.to_string().contains("until it is adopted"));
}

/// I02: a disk may give the inode of the journal that is gone to the backup that is put in its place.
#[test]
fn a_restored_journal_with_the_inode_of_the_lost_one_is_a_copy_all_the_same() {
    let (stage, lease) = bound();
    stage.stranger().execute_batch("UPDATE binding SET file_birth = file_birth - 1").unwrap();
    let store = open(&stage.place, &bound_to("/work", 5));
    assert_eq!(store.standing().unwrap(), Standing::Copied(Some("/work".into())));
    only_reads(&stage, &store, &lease);
    drop(store);
    stage.stranger().execute_batch("UPDATE binding SET file_birth = NULL").unwrap();
    assert_eq!(open(&stage.place, &bound_to("/work", 5)).standing().unwrap(), Standing::Home, "nobody can tell");
}

/// I02: whoever fills a repository knows neither inode nor the time at which it will be cloned.
#[test]
fn a_journal_in_the_workspace_is_ours_only_when_we_bound_it_there() {
    let within = Binding { place: Place::Within, ..bound_to("/work", 5) };
    let (stage, _) = bound();
    assert_eq!(open(&stage.place, &within).standing().unwrap(), Standing::Home);
    let later = Binding { birth: Some(8), ..within.clone() };
    assert_eq!(open(&stage.place, &later).standing().unwrap(), Standing::Copied(Some("/work".into())));
    let unsaid = Binding { birth: None, ..within.clone() };
    assert_ne!(open(&stage.place, &unsaid).standing().unwrap(), Standing::Home);

    let (stage, _) = Stage::filled();
    assert_eq!(
        open(&stage.place, &bound_to("/work", 5)).standing().unwrap(),
        Standing::Home,
        "ours, in our own folder"
    );
    let brought = open(&stage.place, &within);
    assert_eq!(brought.standing().unwrap(), Standing::Copied(None));
    assert!(matches!(claim(&brought, 3), Err(StoreError::Stray(Stray::Copied(None)))));
}

/// I02: an empty journal that would act once it is written to.
#[test]
fn an_unbound_journal_in_the_workspace_is_taken_only_when_it_is_as_we_lay_it_out() {
    let within = Binding { place: Place::Within, ..bound_to("/work", 5) };
    for (trap, wanted) in [
        ("DELETE FROM binding", Standing::Home),
        ("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END", Standing::Copied(None)),
        ("DROP TABLE letters; CREATE VIEW letters AS SELECT 1 AS number", Standing::Copied(None)),
        ("INSERT INTO letters (recipient, body) VALUES ('ada', 'hello')", Standing::Copied(None)),
    ] {
        let stage = Stage::new();
        let store = open(&stage.place, &within);
        drop(block_on(store.acknowledge("ada".parse().unwrap(), 1)));
        drop(store);
        stage.stranger().execute_batch(&format!("DELETE FROM binding; {trap}")).unwrap();
        let store = open(&stage.place, &within);
        assert_eq!(store.standing().unwrap(), wanted, "{trap}");
        assert_eq!(claim(&store, 1).is_ok(), wanted == Standing::Home, "{trap}");
    }
}

#[test]
fn a_journal_that_was_bound_without_a_time_is_bound_with_one_when_it_is_adopted() {
    let (stage, lease) = bound();
    stage
        .stranger()
        .execute_batch("ALTER TABLE binding DROP COLUMN birth; ALTER TABLE binding DROP COLUMN file_birth")
        .unwrap();
    let store = open(&stage.place, &bound_to("/elsewhere", 5));
    assert_eq!(store.standing().unwrap(), Standing::Moved("/work".into()));
    block_on(store.adopt_moved()).unwrap();
    commit(&store, &lease, &["b"]).unwrap();
    let birth: i64 = stage.stranger().query_row("SELECT birth FROM binding", [], |row| row.get(0)).unwrap();
    assert_eq!(birth, 7);
}

#[test]
fn a_folder_that_only_got_the_inode_of_another_is_not_taken_for_it() {
    let (stage, _) = bound();
    let journals = stage.place.parent().unwrap();
    let found = |binding: &Binding| candidates(journals, binding).unwrap().len();
    let moved = bound_to("/elsewhere", 5);
    assert_eq!(found(&moved), 1);
    assert_eq!(found(&Binding { birth: Some(8), ..moved.clone() }), 0, "made at another time");
    assert_eq!(found(&Binding { birth: None, ..moved }), 1, "nobody can tell");
    let anew = Binding { birth: Some(8), ..bound_to("/work", 5) };
    assert_eq!(open(&stage.place, &anew).standing().unwrap(), Standing::Home, "made anew at its old place");
}

#[test]
fn a_folder_that_still_lies_where_it_lay_was_not_moved() {
    let stage = Stage::new();
    let lies = stage.around.path().join("lies");
    fs::create_dir(&lies).unwrap();
    let inode = inode_of(&lies);
    let store = open(&stage.place, &Binding { path: lies.clone(), ..bound_to("", inode) });
    claim(&store, 1).unwrap();
    drop(store);
    let elsewhere = bound_to("/elsewhere", inode);
    let journals = stage.place.parent().unwrap();
    assert_eq!(candidates(journals, &elsewhere).unwrap(), []);
    fs::rename(&lies, stage.around.path().join("moved")).unwrap();
    assert_eq!(candidates(journals, &elsewhere).unwrap().len(), 1);
}

#[test]
fn the_journal_of_a_moved_workspace_is_found_beside_others() {
    let (stage, _) = bound();
    let journals = stage.place.parent().unwrap();
    let other = Stage::new();
    drop(other.open());
    fs::create_dir(journals.join("empty")).unwrap();
    fs::create_dir(journals.join("broken")).unwrap();
    fs::write(journals.join("broken/journal.sqlite3"), "no database").unwrap();
    let before = everything(journals);

    let found = |path, inode| candidates(journals, &bound_to(path, inode)).unwrap();
    let one = |standing| vec![Candidate { folder: stage.place.canonicalize().unwrap(), standing }];
    let folder = |mut found: Vec<Candidate>| {
        for candidate in &mut found {
            candidate.folder = candidate.folder.canonicalize().unwrap();
        }
        found
    };
    assert_eq!(folder(found("/elsewhere", 5)), one(Standing::Moved("/work".into())));
    assert_eq!(folder(found("/work", 6)), one(Standing::Copied(Some("/work".into()))));
    assert_eq!(found("/elsewhere", 6), []);
    assert_eq!(found("/work", 5), [], "it is at home");
    assert_eq!(candidates(&journals.join("nowhere"), &bound_to("/work", 5)).unwrap(), []);
    let after = everything(journals);
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes) || name.ends_with("journal.sqlite3-shm")));
}

#[test]
fn a_journal_that_was_found_moves_to_where_it_belongs_and_is_adopted_there() {
    let (stage, lease) = bound();
    let (journals, now) = (stage.place.parent().unwrap(), bound_to("/elsewhere", 5));
    let home = journals.join("home");
    let taken = journals.join("taken");
    drop(SqliteStore::open(&taken, Arc::new(SystemStamp::new())).and_then(|store| claim(&store, 1)));
    assert!(relocate(&stage.place, &taken).is_err(), "another journal stands there");
    fs::create_dir(&home).unwrap();
    relocate(&stage.place, &home).unwrap();
    assert!(!stage.place.exists());

    let store = open(&home, &now);
    assert_eq!(store.standing().unwrap(), Standing::Moved("/work".into()));
    block_on(store.adopt_moved()).unwrap();
    commit(&store, &lease, &["b"]).unwrap();
    assert_eq!(candidates(journals, &now).unwrap(), []);
}

#[test]
fn a_journal_may_lie_in_the_workspace_itself() {
    let around = tempfile::tempdir().unwrap();
    let workspace = around.path().join("project");
    fs::create_dir_all(workspace.join(".boxagnts")).unwrap();
    let binding = |path: &Path| Binding { path: path.to_owned(), place: Place::Within, ..bound_to("", inode_of(path)) };
    let place = |workspace: &Path| workspace.join(".boxagnts/record");
    let store = open(&place(&workspace), &binding(&workspace));
    let lease = claim(&store, 1).unwrap();
    commit(&store, &lease, &["a"]).unwrap();
    drop(store);

    let moved = around.path().join("renamed");
    fs::rename(&workspace, &moved).unwrap();
    let store = open(&place(&moved), &binding(&moved));
    assert_eq!(store.standing().unwrap(), Standing::Moved(workspace.clone()));
    block_on(store.adopt_moved()).unwrap();
    commit(&store, &lease, &["b"]).unwrap();
    drop(store);

    // A copy of the whole folder, as `git clone` or `cp -r` makes it.
    let copy = around.path().join("copy");
    fs::create_dir_all(place(&copy)).unwrap();
    fs::set_permissions(place(&copy), fs::metadata(place(&moved)).unwrap().permissions()).unwrap();
    for (path, bytes) in everything(&place(&moved)) {
        fs::write(place(&copy).join(path.file_name().unwrap()), bytes).unwrap();
    }
    let store = open(&place(&copy), &binding(&copy));
    assert_eq!(store.standing().unwrap(), Standing::Copied(Some(moved)));
    assert_eq!(texts(&store, 1), ["a", "b"]);
    assert!(claim(&store, 2).is_err());
}
