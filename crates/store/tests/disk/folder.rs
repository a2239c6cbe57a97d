//! Where the store lives and who may look in.

use crate::stage::{Stage, block_on, claim, commit, everything, list, session, texts};
use boxagnts_record::{Store as _, StoreError};
use rusqlite::Connection;
use rustix::fs::{CWD, Mode, mkfifoat};
use std::error::Error as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// What an error says with its causes.
fn said(error: &StoreError) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn looking_leaves_no_trace() {
    let stage = Stage::new();
    let store = stage.open();
    assert_eq!(list(&store), []);
    assert!(matches!(block_on(store.read(session(1), 0, 9)), Err(StoreError::NoSession(_))));
    assert!(matches!(block_on(store.sessions(Some(session(1)), 9)), Err(StoreError::NoSession(_))));
    assert!(matches!(block_on(store.blob("0".repeat(64))), Err(StoreError::NoBlob(_))));
    drop(store);
    assert_eq!(fs::read_dir(stage.around.path()).unwrap().count(), 0);
}

#[test]
fn a_store_sees_what_another_one_made_after_it_looked() {
    let stage = Stage::new();
    let early = stage.open();
    assert_eq!(list(&early), []);
    let other = stage.open();
    commit(&other, &claim(&other, 1).unwrap(), &["a"]).unwrap();
    assert_eq!(list(&early).len(), 1);
    assert_eq!(texts(&early, 1), ["a"]);
}

#[test]
fn everything_is_for_its_owner_alone() {
    let (stage, digest) = Stage::filled();
    let store = stage.open();
    claim(&store, 3).unwrap();
    for file in everything(&stage.place).keys() {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    let shelf = stage.place.join("blobs").join(&digest[..2]);
    for folder in [&stage.place, &stage.place.join("blobs"), &shelf, stage.place.parent().unwrap()] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    assert_eq!(fs::read(shelf.join(&digest[2..])).unwrap(), b"a blob");
    for name in ["journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"] {
        assert!(stage.place.join(name).is_file(), "{name}");
    }
}

#[test]
fn what_others_could_read_is_closed_to_them() {
    let (stage, _) = Stage::filled();
    fs::set_permissions(&stage.place, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(stage.database(), Permissions::from_mode(0o644)).unwrap();
    assert_eq!(texts(&stage.open(), 1), ["a", "b", "c"]);
    assert_eq!((mode(&stage.place), mode(&stage.database())), (0o700, 0o600));
}

#[test]
fn what_others_could_write_is_refused() {
    let (stage, digest) = Stage::filled();
    let shelf = stage.place.join("blobs").join(&digest[..2]);
    for (path, loose, sound) in [(&stage.place, 0o770, 0o700), (&stage.database(), 0o602, 0o600)] {
        fs::set_permissions(path, Permissions::from_mode(loose)).unwrap();
        let refusal = stage.try_open().err().unwrap();
        assert!(said(&refusal).contains("others may write to it"), "{}", said(&refusal));
        fs::set_permissions(path, Permissions::from_mode(sound)).unwrap();
    }
    fs::set_permissions(&shelf, Permissions::from_mode(0o707)).unwrap();
    let store = stage.open();
    assert!(block_on(store.blob(digest)).is_err());
    assert!(block_on(store.put_blob(b"a blob".to_vec())).is_err());
    assert_eq!(texts(&store, 1), ["a", "b", "c"]);
}

#[test]
fn what_belongs_to_somebody_else_is_refused() {
    let stage = Stage::new();
    fs::create_dir_all(&stage.place).unwrap();
    let foreign = if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&stage.place, Some(65_534), None).unwrap();
        stage.place.clone()
    } else {
        Path::new("/usr").to_owned()
    };
    let stage = Stage { place: foreign, ..stage };
    let refusal = stage.try_open().err().unwrap();
    assert!(said(&refusal).contains("belongs to another user"), "{}", said(&refusal));
}

/// I07: a link in the place of the folder leads nowhere.
#[test]
fn a_folder_that_is_a_link_is_refused() {
    let (stage, _) = Stage::filled();
    let elsewhere = stage.around.path().join("elsewhere");
    fs::rename(&stage.place, &elsewhere).unwrap();
    symlink(&elsewhere, &stage.place).unwrap();
    let before = everything(&elsewhere);

    let refusal = stage.try_open().err().unwrap();
    assert!(said(&refusal).contains("it is a link"), "{}", said(&refusal));
    assert!(everything(&elsewhere) == before);

    // The twin: the same folder under its own name.
    let twin = Stage { place: elsewhere, ..stage };
    assert_eq!(texts(&twin.open(), 1), ["a", "b", "c"]);
}

/// I07: a link that is planted after the store was opened leads nowhere either.
#[test]
fn a_folder_that_becomes_a_link_is_refused_when_it_is_made() {
    let stage = Stage::new();
    let store = stage.open();
    let elsewhere = stage.around.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir_all(stage.place.parent().unwrap()).unwrap();
    symlink(&elsewhere, &stage.place).unwrap();
    assert!(claim(&store, 1).is_err());
    assert!(block_on(store.put_blob(b"x".to_vec())).is_err());
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

/// I07: above our own folder a link is the user's, who may keep data on another disk.
#[test]
fn a_link_above_the_folder_is_the_users_own() {
    let (stage, _) = Stage::filled();
    let moved = stage.around.path().join("another disk");
    fs::rename(stage.place.parent().unwrap(), &moved).unwrap();
    symlink(&moved, stage.place.parent().unwrap()).unwrap();
    let store = stage.open();
    assert_eq!(texts(&store, 1), ["a", "b", "c"]);
    commit(&store, &claim(&store, 1).unwrap(), &["d"]).unwrap();
}

/// I07: neither a link in the place of the database nor one beside it is followed, in a new folder and in an old one.
#[test]
fn a_database_file_that_is_a_link_is_refused() {
    for name in ["journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"] {
        for is_new in [true, false] {
            let (old, _) = Stage::filled();
            let stage = if is_new { Stage::new() } else { old };
            fs::create_dir_all(&stage.place).unwrap();
            fs::set_permissions(&stage.place, Permissions::from_mode(0o700)).unwrap();
            let victim = stage.around.path().join("victim");
            let path = stage.place.join(name);
            // The victim is a file that would do, so that only the link is wrong with it.
            if path.exists() {
                fs::rename(&path, &victim).unwrap();
            } else {
                fs::write(&victim, "").unwrap();
            }
            symlink(&victim, &path).unwrap();
            let before = everything(stage.around.path()).remove(&victim);

            let claimed = stage.try_open().and_then(|store| claim(&store, 1));
            assert!(claimed.is_err(), "{name}, new: {is_new}");
            assert!(everything(stage.around.path()).remove(&victim) == before, "{name}, new: {is_new}");
        }
    }
}

/// I07: nor is one among the blobs.
#[test]
fn a_link_among_the_blobs_is_refused() {
    let (_, digest) = Stage::filled();
    let (shelf, name) = digest.split_at(2);
    for link in ["blobs".to_owned(), format!("blobs/{shelf}"), format!("blobs/{shelf}/{name}")] {
        let (stage, _) = Stage::filled();
        let elsewhere = stage.around.path().join("elsewhere");
        fs::rename(stage.place.join(&link), &elsewhere).unwrap();
        symlink(&elsewhere, stage.place.join(&link)).unwrap();
        let blobs = |(path, _): &(PathBuf, Vec<u8>)| !path.starts_with(stage.database().parent().unwrap());
        let rest = || everything(stage.around.path()).into_iter().filter(blobs).collect::<Vec<_>>();
        let before = rest();
        let store = stage.open();
        assert!(block_on(store.blob(digest.clone())).is_err(), "{link}");
        assert!(block_on(store.put_blob(b"a blob".to_vec())).is_err(), "{link}");
        assert!(rest() == before, "{link}");
        assert!(stage.place.join(&link).is_symlink(), "{link}");
    }
}

#[test]
fn what_is_no_file_or_folder_is_refused_and_waits_for_nobody() {
    let stage = Stage::new();
    fs::create_dir_all(stage.place.parent().unwrap()).unwrap();
    fs::write(&stage.place, "a file").unwrap();
    assert!(said(&stage.try_open().err().unwrap()).contains("it is no folder"));

    let (stage, digest) = Stage::filled();
    let blob = stage.place.join("blobs").join(&digest[..2]).join(&digest[2..]);
    for path in [stage.database(), blob] {
        fs::remove_file(&path).unwrap();
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
    }
    assert!(said(&stage.try_open().err().unwrap()).contains("it is no file"));
    fs::remove_file(stage.database()).unwrap();
    assert!(said(&block_on(stage.open().blob(digest)).unwrap_err()).contains("it is no file"));
}

#[test]
fn a_stranger_can_read_the_journal() {
    let (stage, _) = Stage::filled();
    let stranger = stage.stranger();
    let row = stranger.query_row(
        "SELECT type, turn, call, time, id, json FROM journal WHERE seq = 2 ORDER BY session",
        [],
        |row| {
            let text = |column| row.get::<_, Option<String>>(column);
            Ok((text(0)?, row.get::<_, u32>(1)?, text(2)?, text(3)?, text(4)?, text(5)?))
        },
    );
    let (kind, turn, call, time, id, json) = row.unwrap();
    assert_eq!((kind.as_deref(), turn, call), (Some("call.intended"), 1, None));
    for part in [time.unwrap(), id.unwrap()] {
        assert!(json.as_ref().unwrap().contains(&part), "{part}");
    }
    let explained = |connection: &Connection| -> i64 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND sql LIKE '%-- %'";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(explained(&stranger), 17);
}

#[test]
fn the_list_is_read_along_an_index() {
    let (stage, _) = Stage::filled();
    let sql = "EXPLAIN QUERY PLAN SELECT * FROM sessions WHERE updated IS NOT NULL AND (updated, session) < ('~', '')
               ORDER BY updated DESC, session DESC LIMIT 50";
    let plan: String = stage.stranger().query_row(sql, [], |row| row.get(3)).unwrap();
    assert!(plan.contains("USING INDEX sessions_by_update"), "{plan}");
}
