//! Class I: our own files, when somebody cuts them or puts something else in their place.

use crate::scene::{Brought, Scene};
use crate::siege::{Attack, EVERYTHING, Fate, done, storm, verify};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The bytes of every file right in a folder.
fn kept(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// I04: the journal lies in the workspace. No call reaches it there; and when somebody who can cuts its end, that is
/// noticed, whatever is written behind the cut.
#[test]
fn i04_no_call_cuts_the_log_and_a_cut_is_noticed_for_ever() {
    let scene = Scene::with_settings("[record]\nlocation = \"workspace\"\n");
    let folder = scene.house.workspace().join(".boxagnts/journal");
    let refuse = || vec![Attack::read("../canary.txt", Fate::Harmless), Attack::write(".git/config", Fate::Harmless)];
    storm(&scene, &refuse(), &EVERYTHING);
    let (journal, own) = (".boxagnts/journal/journal.sqlite3", "/workspace/.boxagnts/journal");
    let attacks = [
        Attack::write(journal, Fate::Harmless),
        Attack::new("edit", json!({"path": journal, "old": "SQLite", "new": ""}), Fate::Harmless),
        Attack::script(&format!("rm -rf .boxagnts; rm -rf {own}; rm -f {journal} {journal}-wal"), Fate::Harmless),
        Attack::script(
            &format!("truncate -s 8192 {journal}; : > {journal}; head -c 4096 {journal} > x; mv x {journal}"),
            Fate::Harmless,
        ),
        Attack::script(
            "mv .boxagnts gone; mkdir -p .boxagnts/journal; cp -r /workspace/.boxagnts/. /tmp; ln -s /tmp .boxagnts",
            Fate::Harmless,
        ),
        Attack::script(
            &format!("ln -s .boxagnts door; rm -rf door/journal; cat door/journal/* {own}/*"),
            Fate::Harmless,
        ),
    ];
    // Whether the log is intact afterwards is insisted on after every storm.
    let after = storm(&scene, &attacks, &EVERYTHING);
    assert!(!after.told.contains("SQLite format") && folder.join("journal.sqlite3").exists());
    assert!(!scene.has("gone") && !scene.has("door"));

    let verdict = || scene.house.run(["audit", "verify", "--output-format", "json"]).json();
    let records = verdict()["records"].as_u64().unwrap();
    let whole = kept(&folder);
    for (cut, also_its_seals) in [(1, false), (1, true), (5, true), (records - 1, true)] {
        let connection = Connection::open(folder.join("journal.sqlite3")).unwrap();
        let first = records - cut + 1;
        connection.execute("DELETE FROM receipts WHERE seq >= ?1", [first]).unwrap();
        if also_its_seals {
            connection.execute("DELETE FROM checkpoints WHERE upto >= ?1", [first]).unwrap();
        }
        drop(connection);
        let told = verdict();
        assert_eq!((&told["intact"], &told["bad"]["record"]), (&json!(false), &json!(first)), "{cut}: {told}");
        assert_eq!(told["bad"]["flaw"], "cut", "{told}");
        // New records in the place of the missing ones do not hide it.
        let _goes_on = scene.house.run(["tool", "call", "read", r#"{"path":"README.md"}"#]);
        let later = verdict();
        assert_eq!((&later["intact"], &later["bad"]["record"]), (&json!(false), &json!(first)), "{cut}: {later}");
        for (path, bytes) in &whole {
            fs::write(path, bytes).unwrap();
        }
    }
}

/// Every folder and file that the program made, the outer ones first.
fn made(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_name() != "canary.txt" && entry.file_name() != "config.toml" {
            found.push(entry.path());
        }
        if entry.file_type().unwrap().is_dir() {
            made(&entry.path(), found);
        }
    }
}

/// I07: in place of each file and folder of ours, and of those that a database makes beside its own, a link to a canary.
#[test]
fn i07_a_link_in_place_of_anything_of_ours_is_not_followed() {
    let scene = Scene::bringing("", &[Brought::hostile("probe")]);
    scene.grants("probe", &["fs.read:/workspace"]);
    let home = scene.house.home();
    // What the program does that has to do with a place; every call has to do with most of them.
    let used = |place: &str| {
        let read = json!({"ops": [{"op": "read", "path": "/workspace/README.md"}]}).to_string();
        let write = json!({"path": "made/x", "content": "x"}).to_string();
        let grant = ["grant", "add", "fs.write:made", "--scope", "always"];
        let mut said = vec![scene.house.run(["tool", "call", "write", &write])];
        if place.contains("grants") {
            said.push(scene.house.run(grant));
        }
        if ["pins", "trust", "code"].iter().any(|part| place.contains(part)) {
            said.push(scene.house.run(["tool", "call", "probe", &read]));
        }
        assert!(said.iter().all(|ended| ended.code.is_some() && !ended.err.contains("panicked")), "{said:#?}");
        said.iter().flat_map(|ended| [ended.out.as_str(), &ended.err]).collect::<String>()
    };
    used("grants, pins");
    let mut ours = Vec::new();
    for folder in [".local/share/boxagnts", ".local/state/boxagnts", ".cache/boxagnts"] {
        ours.push(home.join(folder));
        made(&home.join(folder), &mut ours);
    }
    let journal = ours.iter().find(|path| path.ends_with("journal.sqlite3")).unwrap().clone();
    ours.extend(["-wal", "-shm", "-journal"].map(|ending| PathBuf::from(format!("{}{ending}", journal.display()))));
    ours.sort();
    ours.dedup();
    assert!(15 < ours.len(), "{ours:#?}");
    let (around, aside) = (scene.house.outside().join("private"), scene.house.outside().join("aside"));
    let mut heard = String::new();
    for place in ours {
        let is_there = place.symlink_metadata().is_ok();
        let target = if place.is_dir() { around.clone() } else { around.join("canary.txt") };
        if is_there {
            fs::rename(&place, &aside).unwrap();
        }
        symlink(&target, &place).unwrap();
        let said = used(place.to_str().unwrap());
        // Whatever stands there now makes room for what was there.
        match place.symlink_metadata() {
            Ok(now) if now.is_dir() => fs::remove_dir_all(&place).unwrap(),
            Ok(_) => fs::remove_file(&place).unwrap(),
            Err(_) => {}
        }
        if is_there {
            fs::rename(&aside, &place).unwrap();
        }
        scene.is_unchanged();
        heard.push_str(&said);
    }
    scene.is_untouched(&[&heard]);
    verify(&scene, &[]);
    storm(&scene, &[Attack::read("README.md", done("plain words"))], &[]);
}

/// I07: a file of ours that lies elsewhere, with a link in its place, would be another's to change. What it says counts
/// for nothing, however right it is.
#[test]
fn i07_what_lies_behind_a_link_counts_for_nothing() {
    let scene = Scene::bringing("", &[Brought::hostile("probe")]);
    scene.grants("probe", &["fs.read:/workspace"]);
    let _granted = scene.house.run(["grant", "add", "fs.write:made", "--scope", "always"]).code(0);
    let call = |tool: &str, input: &Value| {
        scene.house.run(["tool", "call", tool, &input.to_string(), "--permission-mode", "dont-ask"]).code
    };
    let write = |content: &str| call("write", &json!({"path": "made/x", "content": content}));
    let probe = || call("probe", &json!({"ops": [{"op": "read", "path": "/workspace/README.md"}]}));
    let data = scene.house.home().join(".local/share/boxagnts");
    assert_eq!((write("granted"), probe()), (Some(0), Some(0)), "what is in its place counts");
    for folder in ["grants", "trust"] {
        let files = fs::read_dir(data.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let records: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|is| is == "json")).collect();
        assert!(!records.is_empty(), "{folder}");
        for record in records {
            let elsewhere = scene.house.outside().join("elsewhere.json");
            fs::rename(&record, &elsewhere).unwrap();
            symlink(&elsewhere, &record).unwrap();
            let code = if folder == "grants" { write("behind a link") } else { probe() };
            assert_ne!(code, Some(0), "{}", record.display());
            assert_eq!(scene.house.read("made/x"), "granted", "{}", record.display());
            fs::rename(&elsewhere, &record).unwrap();
        }
    }
    assert_eq!((write("granted again"), probe()), (Some(0), Some(0)));
    assert_eq!(scene.house.read("made/x"), "granted again");
}
