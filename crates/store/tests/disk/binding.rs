//! Journals that belong to another workspace than the one they are opened for.

use crate::stage::{Stage, block_on, claim, commit, everything, list, session, texts};
use boxagnts_record::approval::{Answer, ApprovalError};
use boxagnts_record::outbox::Letter;
use boxagnts_record::store::Stray;
use boxagnts_record::{Commit, EffectClass, Lease, Snapshot, Store as _, StoreError};
use boxagnts_store::{Binding, Candidate, SqliteStore, Standing, SystemStamp, candidates, relocate};
use boxagnts_types::{CallId, Time, WorkspaceId};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ulid::Ulid;

fn bound_to(path: &str, inode: u64) -> Binding {
    // The stage's claims name this workspace.
    Binding { path: PathBuf::from(path), inode, workspace: WorkspaceId::from_ulid(Ulid::from_parts(1, 8)) }
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
    block_on(store.commit(batch)).unwrap();
    drop(store);
    (stage, lease)
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
    let binding =
        |path: &Path| Binding { path: path.to_owned(), inode: fs::metadata(path).unwrap().ino(), ..bound_to("", 0) };
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
