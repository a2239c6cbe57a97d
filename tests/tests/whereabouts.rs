//! Whose a journal is: folders that are moved or copied, journals that are restored or brought along.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::terminal::Person;
use boxagnts_tests::{Ended, House, ScriptedModel};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice;

const LIST: [&str; 4] = ["session", "list", "--output-format", "json"];
const ADOPT: [&str; 3] = ["session", "adopt", "--yes"];

/// A house, a model that says its script, and a folder that the program works in.
struct Stage {
    house: House,
    model: ScriptedModel,
    folder: PathBuf,
    home: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let house = House::new();
        let replies: Vec<Value> = (1..9).map(|number| json!({"text": format!("answer {number}")})).collect();
        let model = ScriptedModel::start(&house, &json!(replies));
        let (folder, home) = (house.workspace(), house.home());
        Self { house, model, folder, home }
    }

    /// The same with the journal in the workspace, by the user's own settings.
    fn within() -> Self {
        let stage = Self::new();
        stage.configure("[record]\nlocation = \"workspace\"\n");
        stage
    }

    fn configure(&self, text: &str) {
        let folder = self.home.join(".config/boxagnts");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), text).unwrap();
    }

    fn here(&self, mut command: Command) -> Ended {
        Ended::of(&command.current_dir(&self.folder).env("HOME", &self.home).output().unwrap())
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.here(self.house.command(arguments))
    }

    /// One turn; gives back the session.
    fn turn(&self, more: &[&str]) -> String {
        let ended = self.ask(more).code(0).json();
        ended["session"].as_str().unwrap().to_owned()
    }

    fn ask(&self, more: &[&str]) -> Ended {
        self.here(self.model.command(&self.house, &[&["--output-format", "json"][..], more].concat()))
    }

    fn sessions(&self) -> Vec<String> {
        let list = self.run(&LIST).code(0).json();
        list.as_array().unwrap().iter().map(|session| session["session"].as_str().unwrap().to_owned()).collect()
    }

    fn events(&self, session: &str) -> Vec<Value> {
        let shown = self.run(&["session", "show", session, "--output-format", "json"]).code(0).json();
        shown.as_array().unwrap().clone()
    }

    /// Renames the workspace.
    fn move_folder(&mut self) -> PathBuf {
        let moved = self.house.outside().join("renamed");
        fs::rename(&self.folder, &moved).unwrap();
        std::mem::replace(&mut self.folder, moved)
    }

    fn journals(&self) -> PathBuf {
        self.home.join(".local/share/boxagnts/workspaces")
    }

    /// What the model was last asked with.
    fn last_question(&self) -> String {
        self.model.requests().last().unwrap()["body"].to_string()
    }
}

fn copy(option: &str, from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(option).arg(from).arg(to).status().unwrap().success());
}

fn only_folder(around: &Path) -> PathBuf {
    let folders: Vec<PathBuf> = fs::read_dir(around).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [folder] = folders.as_slice() else { panic!("{folders:?}") };
    folder.clone()
}

/// Nothing can be kept in a journal that waits to be adopted: the refusal says whose it is and what helps.
fn refuses_to_write(stage: &Stage, told: &str) {
    let before = stage.model.requests().len();
    for refused in
        [stage.ask(&[]), stage.ask(&["--continue"]), stage.run(&["tool", "call", "glob", "{\"pattern\":\"*\"}"])]
    {
        let refused = refused.code(1);
        assert!(refused.err.contains(told), "{refused:?}");
        assert!(refused.err.contains("boxagnts session adopt"), "{refused:?}");
    }
    assert_eq!(stage.model.requests().len(), before, "the model was asked");
}

/// A sealed session goes on in a new one that names where it ended, with what was said in it.
fn goes_on_anew(stage: &Stage, old: &str) {
    let end = stage.events(old).len();
    let new = stage.turn(&["--resume", old]);
    assert_ne!(new, old);
    let started = &stage.events(&new)[0];
    assert_eq!(started["type"], "session.started");
    let origin = &started["body"]["origin"];
    assert_eq!((&origin["session"], &origin["seq"]), (&json!(old), &json!(end)));
    assert_eq!(origin["chain"].as_str().unwrap().len(), 64);
    assert!(stage.last_question().contains("answer 1"), "the model was not told what was said");
    assert_eq!(stage.events(old).len(), end, "a sealed session was written to");
    assert_eq!(stage.turn(&["--continue"]), new, "the new one is like any other");
    assert!(stage.last_question().contains("answer 1"), "what was said at first was forgotten");
}

#[test]
fn a_moved_folder_brings_its_journal_along_after_a_yes() {
    let mut stage = Stage::new();
    let session = stage.turn(&[]);
    let old = stage.move_folder();
    let before = fs::canonicalize(only_folder(&stage.journals())).unwrap();

    let listed = stage.run(&LIST).code(0);
    assert_eq!(listed.json(), json!([]), "it is a guess, so nothing is taken for ours");
    assert!(listed.err.contains(old.to_str().unwrap()) && listed.err.contains("session adopt"), "{listed:?}");
    let unasked = stage.run(&["session", "adopt"]).code(4);
    assert!(unasked.out.contains("1 session, the newest of 20") && unasked.err.contains("--yes"), "{unasked:?}");
    assert!(before.exists(), "nobody agreed");

    let _adopted = stage.run(&ADOPT).code(0);
    assert!(!before.exists());
    assert_eq!(stage.sessions(), slice::from_ref(&session));
    assert_eq!(stage.turn(&["--continue"]), session, "it goes on under its own id");
    assert!(stage.last_question().contains("answer 1"));
    let again = stage.run(&ADOPT).code(2);
    assert!(again.err.contains("nothing to adopt"), "{again:?}");
}

#[test]
fn a_guess_holds_up_nobody_and_two_journals_stay_two() {
    let mut stage = Stage::new();
    let session = stage.turn(&[]);
    let old = stage.move_folder();
    let went_on = stage.ask(&[]).code(0);
    assert!(went_on.err.contains(old.to_str().unwrap()) && went_on.err.contains("session adopt"), "{went_on:?}");
    assert_eq!(went_on.json()["type"], "result", "a program reads what it always reads");
    assert_eq!(stage.sessions().len(), 1);
    let both = stage.run(&ADOPT).code(2);
    assert!(both.err.contains("two journals cannot become one"), "{both:?}");
    assert!(!stage.ask(&[]).code(0).err.contains("adopt"), "it was told when it mattered");

    // Nothing is lost: what the refusal says helps.
    let own = both.err.split_whitespace().nth(2).unwrap();
    fs::rename(own, stage.house.outside().join("away")).unwrap();
    let _adopted = stage.run(&ADOPT).code(0);
    assert_eq!(stage.sessions(), [session]);
}

#[test]
fn a_person_is_asked_before_a_new_journal_begins() {
    let mut stage = Stage::new();
    let session = stage.turn(&[]);
    stage.move_folder();
    for (answer, sessions) in [("n\n", 1), ("y\n", 2)] {
        let mut person = Person::new();
        let mut command = stage.model.command(&stage.house, &["--continue"]);
        let mut child = person.starts(command.current_dir(&stage.folder));
        person.sees("Bring it along?", 1);
        person.types(answer);
        let code = child.wait().unwrap().code();
        if answer == "n\n" {
            assert_eq!(code, Some(2), "there is nothing to continue without it");
            assert_eq!(stage.sessions(), Vec::<String>::new());
        } else {
            assert_eq!((code, stage.sessions()), (Some(0), vec![session.clone()]));
            let turns = stage.events(&session).iter().filter(|event| event["type"] == "turn.started").count();
            assert_eq!(turns, sessions);
        }
    }
}

#[test]
fn a_folder_that_is_made_anew_works_at_once() {
    let mut stage = Stage::new();
    let session = stage.turn(&[]);
    fs::remove_dir(&stage.folder).unwrap();
    // Some disks give the inode of the folder that is gone to the next one.
    stage.folder = stage.house.outside().join("another");
    fs::create_dir(&stage.folder).unwrap();
    let other = stage.ask(&[]).code(0);
    assert!(!other.err.contains("moved"), "{other:?}");
    stage.folder = stage.house.workspace();
    fs::create_dir(&stage.folder).unwrap();
    let anew = stage.ask(&[]).code(0);
    // With the old inode it goes on there; with another one the old journal is told of.
    assert!(anew.err.contains("session adopt") || stage.sessions().contains(&session), "{anew:?}");
}

#[test]
fn a_copied_folder_has_a_journal_of_its_own_and_the_original_keeps_its_own() {
    let mut stage = Stage::new();
    let session = stage.turn(&[]);
    let copied = stage.house.outside().join("copied");
    copy("-a", &stage.folder, &copied);
    let original = std::mem::replace(&mut stage.folder, copied);
    assert!(!stage.ask(&[]).code(0).err.contains("adopt"), "nobody knows of a copy");
    assert!(!stage.sessions().contains(&session));
    stage.folder = original;
    assert_eq!(stage.turn(&["--continue"]), session);
}

#[test]
fn a_journal_in_a_copied_data_folder_is_sealed_when_it_is_adopted() {
    let mut stage = Stage::new();
    let session = stage.turn(&[]);
    let copied = stage.house.outside().join("home-2");
    copy("-a", &stage.home, &copied);
    let original = std::mem::replace(&mut stage.home, copied);
    assert_eq!(stage.sessions(), slice::from_ref(&session), "it can be read");
    assert!(stage.run(&LIST).err.contains("only be read"));
    refuses_to_write(&stage, &format!("copy of the one of {}", stage.folder.display()));
    let _adopted = stage.run(&ADOPT).code(0);
    goes_on_anew(&stage, &session);
    stage.home = original;
    assert_eq!(stage.turn(&["--resume", &session]), session, "the original goes on as it was");
}

#[test]
fn a_restored_journal_is_sealed_when_it_is_adopted() {
    let stage = Stage::new();
    let session = stage.turn(&[]);
    let (place, backup) = (only_folder(&stage.journals()), stage.house.outside().join("backup"));
    copy("-a", &place, &backup);
    stage.turn(&["--continue"]);
    fs::remove_dir_all(&place).unwrap();
    copy("-a", &backup, &place);
    refuses_to_write(&stage, "is a copy");
    let _adopted = stage.run(&ADOPT).code(0);
    let told = stage.here(stage.model.command(&stage.house, &["--continue"])).code(0);
    assert!(told.err.contains(&format!("session {session} is sealed; it goes on as session ")), "{told:?}");
    goes_on_anew(&stage, &session);
}

#[test]
fn a_journal_that_somebody_works_on_is_not_adopted() {
    let house = House::new();
    let model = ScriptedModel::start(&house, &json!([{"silent": true}]));
    let mut holder = model.command(&house, &["--output-format", "stream-json"]).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.as_mut().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let moved = house.outside().join("renamed");
    fs::rename(house.workspace(), &moved).unwrap();
    let adopt = || Ended::of(&house.command(ADOPT).current_dir(&moved).output().unwrap());
    let held = adopt().code(1);
    assert!(held.err.contains(&format!("in use by boxagnts, process {}", holder.id())), "{held:?}");
    kill_process(Pid::from_child(&holder), Signal::INT).unwrap();
    holder.wait().unwrap();
    let _free = adopt().code(0);
}

#[test]
fn a_journal_may_lie_in_the_workspace_where_no_guest_sees_it() {
    let mut stage = Stage::within();
    let session = stage.turn(&[]);
    let journal = stage.folder.join(".boxagnts/journal");
    assert_eq!(fs::metadata(&journal).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(fs::metadata(journal.join("journal.sqlite3")).unwrap().is_file());
    assert_eq!(fs::read_dir(stage.journals()).unwrap().count(), 0, "nothing in the data folder");

    let allowed = |tool, input: &str| {
        stage.run(&["tool", "call", tool, input, "--permission-mode", "bypass", "--output-format", "json"])
    };
    for path in [".boxagnts/journal/journal.sqlite3", "/workspace/.boxagnts/journal/journal.sqlite3"] {
        let read = allowed("read", &json!({"path": path}).to_string()).code(1);
        assert!(!read.out.contains("SQLite format"), "{read:?}");
    }
    let listed = allowed("glob", r#"{"pattern": "**/*"}"#).code(0);
    assert!(!listed.out.contains("journal"), "{listed:?}");
    let script = "ls -a; cat .boxagnts/journal/*; echo x > .boxagnts/journal/x; echo it ran";
    let shell = allowed("bash", &json!({ "script": script }).to_string());
    assert!(shell.out.contains("it ran"), "{shell:?}");
    assert!(!shell.out.contains("journal.sqlite3") && !journal.join("x").exists(), "{shell:?}");

    let old = stage.move_folder();
    assert!(stage.sessions().contains(&session));
    refuses_to_write(&stage, &format!("belongs to {}", old.display()));
    let _adopted = stage.run(&ADOPT).code(0);
    assert_eq!(stage.turn(&["--resume", &session]), session);

    let copied = stage.house.outside().join("copied");
    copy("-a", &stage.folder, &copied);
    stage.folder = copied;
    refuses_to_write(&stage, "is a copy");
    let _adopted = stage.run(&ADOPT).code(0);
    goes_on_anew(&stage, &session);
}

/// I02: whoever made the repository wrote its sessions, and a model would go on with what they say.
#[test]
fn i02_a_journal_that_a_repository_brings_along_is_not_ours() {
    let author = Stage::within();
    let session = author.turn(&[]);
    let mut stage = Stage::within();
    stage.folder = stage.house.outside().join("clone");
    copy("-r", &author.folder, &stage.folder);
    let journal = stage.folder.join(".boxagnts/journal/journal.sqlite3");
    let before = fs::read(&journal).unwrap();
    assert_eq!(stage.sessions(), [session]);
    refuses_to_write(&stage, "is a copy");
    assert_eq!(fs::read(&journal).unwrap(), before);

    // Where journals are kept apart, it is not even looked at.
    stage.configure("");
    assert_eq!(stage.sessions(), Vec::<String>::new());
    assert!(!stage.ask(&[]).code(0).err.contains("adopt"));
    assert_eq!(fs::read(&journal).unwrap(), before);
}

/// I07: a link that a repository brings along would choose where we write.
#[test]
fn i07_a_journals_folder_that_is_a_link_is_refused() {
    let stage = Stage::within();
    let elsewhere = stage.house.outside().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let own = stage.folder.join(".boxagnts");
    symlink(&elsewhere, &own).unwrap();
    assert!(stage.ask(&[]).code(1).err.contains("not a folder of its own"));
    fs::remove_file(&own).unwrap();
    fs::create_dir(&own).unwrap();
    symlink(&elsewhere, own.join("journal")).unwrap();
    assert!(stage.ask(&[]).code(1).err.contains("it is a link"));
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_journal_from_before_the_settings_were_changed_is_told_of_and_brought_along() {
    let stage = Stage::new();
    let session = stage.turn(&[]);
    stage.configure("record.location = \"workspace\"");
    let listed = stage.run(&LIST).code(0);
    assert_eq!(listed.json(), json!([]));
    assert!(listed.err.contains("where the settings had it before"), "{listed:?}");
    let _adopted = stage.run(&ADOPT).code(0);
    assert_eq!(stage.sessions(), slice::from_ref(&session));
    assert_eq!(stage.turn(&["--continue"]), session);

    // Nobody looks into a workspace unasked: what lies there may be anybody's.
    stage.configure("record.location = \"data\"");
    assert_eq!(stage.sessions(), Vec::<String>::new());
    let _adopted = stage.run(&ADOPT).code(0);
    assert_eq!(stage.sessions(), slice::from_ref(&session));
    assert_eq!(stage.turn(&["--continue"]), session);
}

/// I01: settings are the user's; what lies in a workspace was written by anybody.
#[test]
fn i01_a_workspace_does_not_choose_where_its_journal_lies() {
    let stage = Stage::new();
    for path in [".boxagnts/config.toml", "config.toml", ".config/boxagnts/config.toml"] {
        stage.house.write(path, "[record]\nlocation = \"workspace\"\n");
    }
    stage.turn(&[]);
    assert!(!stage.folder.join(".boxagnts/journal").exists());
    assert!(only_folder(&stage.journals()).join("journal.sqlite3").exists());
}

#[test]
fn settings_that_cannot_be_meant_stop_the_program_before_anything_happens() {
    let stage = Stage::new();
    let file = stage.home.join(".config/boxagnts/config.toml");
    for (text, told) in [
        ("[record\n", ":1: "),
        (
            "\n[record]\nlocaton = \"data\"\n",
            ":3: there is no setting \"record.locaton\"; did you mean \"record.location\"?",
        ),
        (
            "[record]\nlocation = \"cloud\"\n",
            ":2: record.location cannot be \"cloud\"; it is \"data\" or \"workspace\"",
        ),
    ] {
        stage.configure(text);
        for stopped in [stage.ask(&[]), stage.run(&LIST)] {
            let stopped = stopped.code(2);
            assert!(stopped.err.contains(&format!("{}{told}", file.display())), "{stopped:?}");
        }
    }
    assert_eq!(stage.model.requests().len(), 0);
    assert!(!stage.journals().exists(), "nothing was made");
    stage.configure("# nothing yet\n");
    stage.turn(&[]);
}
