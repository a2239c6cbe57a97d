//! Changes that need a yes: prepared where nobody sees them, shown at once, made once or not at all.

use crate::bench::{Bench, Person, failure, limited};
use boxagnts_capability::{Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_sandbox::{BeforeImages, EarlierState, World};
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::stream::Decided;
use boxagnts_types::{CallId, GuestPath};
use boxagnts_workspace::{Hidden, PrivateFolder, Root};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A workspace under the built-in rules, with a stage and a person who answers so.
pub(crate) fn asked(answers: impl IntoIterator<Item = bool>) -> Bench {
    asked_by(Rulebook::defaults(Mode::Ask), answers)
}

fn asked_by(book: Rulebook, answers: impl IntoIterator<Item = bool>) -> Bench {
    let mut bench = Bench::with(book).in_world(with_stage);
    bench.person = Person::answers(answers);
    bench
}

fn with_stage(bench: &Bench, world: World) -> World {
    world.with_stage(PrivateFolder::prepare(&bench.inside("../stage")).unwrap())
}

fn rule(verdict: Verdict, capability: &str) -> Rule {
    Rule { verdict, capability: capability.parse().unwrap(), layer: Layer::CommandLine, subject: Subject::BuiltIn }
}

/// Every path below a folder, with what is there.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let what = if kind.is_symlink() {
                format!("link {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                folders.push(path.clone());
                "folder".to_owned()
            } else {
                format!("file {}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
            };
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), what);
        }
    }
    found
}

fn ops() -> Value {
    json!([
        { "op": "mkdir", "path": "/workspace/new" },
        { "op": "write", "path": "/workspace/new/a", "data": "one" },
        { "op": "append", "path": "/workspace/new/a", "data": " two" },
        { "op": "read", "path": "/workspace/new/a" },
        { "op": "append", "path": "/workspace/sub/file", "data": " more\n" },
        { "op": "read", "path": "/workspace/sub/file" },
        { "op": "rename", "from": "/workspace/sub", "to": "/workspace/moved" },
        { "op": "read", "path": "/workspace/moved/file" },
        { "op": "stat", "path": "/workspace/sub" },
        { "op": "list", "path": "/workspace/moved" },
    ])
}

#[tokio::test]
async fn a_change_is_seen_by_its_call_at_once_and_by_the_disk_after_the_yes() {
    let bench = asked([true]);
    let (before, at) = (tree(&bench.inside("")), bench.inside(""));
    *bench.person.meanwhile.lock().unwrap() = Some(Box::new(move || assert_eq!(tree(&at), before, "before the yes")));
    let answers = bench.probe(ops()).await;
    assert_eq!(answers[3]["ok"]["text"], "one two");
    assert_eq!(answers[5]["ok"]["text"], "file more\n");
    assert_eq!(answers[7]["ok"]["text"], "file more\n");
    assert_eq!(answers[8]["error"], "NotFound");
    assert_eq!(answers[9]["ok"][0]["name"], "file");
    assert_eq!(fs::read(bench.inside("new/a")).unwrap(), b"one two");
    assert_eq!(fs::read(bench.inside("moved/file")).unwrap(), b"file more\n");
    assert!(!bench.inside("sub").exists());
    assert_eq!(fs::read_dir(bench.inside("../stage")).unwrap().count(), 0, "nothing is left over");
}

#[tokio::test]
async fn the_person_is_shown_all_of_it_in_one_question() {
    let bench = asked([true]);
    fs::write(bench.inside("old"), "a\nb\nc\n").unwrap();
    let mut ops = ops().as_array().unwrap().clone();
    ops.push(json!({ "op": "write", "path": "/workspace/old", "data": "a\nB\nc\n" }));
    ops.push(json!({ "op": "write", "path": "/workspace/passing", "data": "x" }));
    ops.push(json!({ "op": "remove", "path": "/workspace/passing" }));
    bench.probe(Value::Array(ops)).await;
    let wishes = bench.person.wishes.lock().unwrap();
    let [wish] = &wishes[..] else { panic!("{} questions", wishes.len()) };
    let effects: Vec<String> = wish.effects.iter().map(ToString::to_string).collect();
    assert_eq!(
        effects,
        [
            "fs.write:/workspace/new",
            "fs.write:/workspace/new/a",
            "fs.write:/workspace/sub/file",
            "fs.write:/workspace/sub",
            "fs.write:/workspace/moved",
            "fs.write:/workspace/old",
        ]
    );
    let text = wish.changes.as_deref().unwrap();
    for line in [
        "/workspace/new: new folder",
        "/workspace/new/a: new file, 7 bytes",
        "+one two",
        "/workspace/moved: moved here from /workspace/sub",
        "-b",
        "+B",
        "+file more",
    ] {
        assert!(text.lines().any(|shown| shown.starts_with(line)), "{line:?} is missing in:\n{text}");
    }
    assert!(!text.contains("passing"), "{text}");
}

#[tokio::test]
async fn neither_a_name_nor_content_can_look_like_a_line_of_the_question() {
    let bench = asked([false]);
    let ops = json!([
        { "op": "mkdir", "path": "/workspace/a\n" },
        { "op": "mkdir", "path": "/workspace/a\n/workspace" },
        { "op": "write", "path": "/workspace/a\n/workspace/b", "data": "x\n/workspace/c: new folder\n" },
    ]);
    let _ = bench.call("probe", json!({ "ops": ops })).await;
    let wishes = bench.person.wishes.lock().unwrap();
    let heads = wishes[0].changes.as_deref().unwrap().lines().filter(|line| line.starts_with('/'));
    assert_eq!(heads.count(), 3, "{wishes:?}");
}

#[tokio::test]
async fn without_a_yes_nothing_has_happened_and_the_model_reads_why() {
    for (answers, reason) in [(vec![false], "the person's answer"), (vec![], "nobody is there")] {
        let bench = asked(answers);
        let before = tree(&bench.inside(""));
        let (kind, message) = failure(bench.call("probe", json!({ "ops": ops() })).await);
        assert_eq!(kind, Recoverable::Denied);
        assert!(message.contains(reason) && message.contains("did not happen"), "{message}");
        assert_eq!(tree(&bench.inside("")), before);
        let refused = bench.ledger.entries();
        let refused = refused.iter().filter(|entry| entry.decision == Decided::Refused);
        assert_eq!(refused.count(), 5, "each path is in the account");
        let written = bench
            .ledger
            .entries()
            .iter()
            .any(|entry| entry.decision == Decided::Allowed && entry.effect.starts_with("fs.write"));
        assert!(!written, "what was not allowed is not in the account as if it were");
    }
}

#[tokio::test]
async fn without_a_stage_a_question_is_a_refusal() {
    let mut bench = Bench::with(Rulebook::defaults(Mode::Ask));
    bench.person = Person::answers([true]);
    let answers = bench.probe(json!([{ "op": "write", "path": "/workspace/a", "data": "x" }])).await;
    assert_eq!(answers[0]["error"], "PermissionDenied");
    assert!(!bench.inside("a").exists() && bench.person.wishes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    type Meddle = fn(&Path);
    let meddling: [(&str, Meddle); 5] = [
        ("content", |at| fs::write(at.join("sub/file"), "theirs").unwrap()),
        ("a file appears", |at| fs::write(at.join("fresh"), "theirs").unwrap()),
        ("a folder is another one", |at| {
            fs::rename(at.join("sub"), at.join("elsewhere")).unwrap();
            fs::create_dir(at.join("sub")).unwrap();
            fs::write(at.join("sub/file"), "file").unwrap();
        }),
        ("a link takes the place", |at| {
            fs::remove_file(at.join("sub/file")).unwrap();
            symlink("../../outside/canary", at.join("sub/file")).unwrap();
        }),
        ("a link takes a folder's place", |at| {
            fs::rename(at.join("sub"), at.join("elsewhere")).unwrap();
            symlink("../outside", at.join("sub")).unwrap();
        }),
    ];
    for (what, meddle) in meddling {
        let bench = asked([true]);
        let (at, after) = (bench.inside(""), Arc::new(Mutex::new(None)));
        let seen = Arc::clone(&after);
        *bench.person.meanwhile.lock().unwrap() = Some(Box::new(move || {
            meddle(&at);
            *seen.lock().unwrap() = Some(tree(&at));
        }));
        let ops = json!([
            { "op": "write", "path": "/workspace/fresh", "data": "mine" },
            { "op": "append", "path": "/workspace/sub/file", "data": " mine" },
            { "op": "rename", "from": "/workspace/sub", "to": "/workspace/moved" },
        ]);
        let (kind, message) = failure(bench.call("probe", json!({ "ops": ops })).await);
        assert_eq!(kind, Recoverable::Rejected, "{what}: {message}");
        assert!(message.contains("changed meanwhile"), "{what}: {message}");
        assert_eq!(Some(tree(&bench.inside(""))), *after.lock().unwrap(), "{what}");
        bench.assert_nothing_escaped();
    }
}

#[tokio::test]
async fn a_deny_that_comes_while_the_question_stands_wins() {
    let bench = asked([true]);
    let before = tree(&bench.inside(""));
    let authority = bench.authority.clone();
    *bench.person.meanwhile.lock().unwrap() =
        Some(Box::new(move || authority.add(rule(Verdict::Deny, "fs.write:/workspace/moved"))));
    let (kind, message) = failure(bench.call("probe", json!({ "ops": ops() })).await);
    assert_eq!(kind, Recoverable::Denied, "{message}");
    assert!(message.contains("deny fs.write:/workspace/moved"), "{message}");
    assert_eq!(tree(&bench.inside("")), before);
}

#[tokio::test]
async fn what_no_yes_could_allow_is_refused_at_once() {
    let book = Rulebook::defaults(Mode::Ask).with(rule(Verdict::Deny, "fs.write:/workspace/sub"));
    let bench = asked_by(book, [true]);
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/workspace/a", "data": "x" },
            { "op": "write", "path": "/workspace/sub/file", "data": "x" },
            { "op": "rename", "from": "/workspace/a", "to": "/workspace/sub/a" },
            { "op": "write", "path": "/workspace/.git/config", "data": "x" },
            { "op": "rename", "from": "/workspace/a", "to": "/workspace/.git/hooks/post-commit" },
            { "op": "mkdir", "path": "/workspace/nested/.git" },
            { "op": "mkdir", "path": "/workspace/harmless" },
            { "op": "mkdir", "path": "/workspace/harmless/hooks" },
            { "op": "rename", "from": "/workspace/harmless", "to": "/workspace/deep/.git" },
            { "op": "write", "path": "/outside", "data": "x" },
        ]))
        .await;
    let errors: Vec<bool> = answers.iter().map(|answer| !answer["error"].is_null()).collect();
    assert_eq!(errors, [false, true, true, true, true, true, false, false, true, true], "{answers:?}");
    assert_eq!(fs::read(bench.inside("sub/file")).unwrap(), b"file");
    assert!(!bench.inside(".git/config").exists() && bench.inside("a").exists());
}

#[tokio::test]
async fn links_lead_nowhere_new_while_changes_are_prepared() {
    let bench = asked([true]);
    symlink("../outside", bench.inside("out")).unwrap();
    symlink("sub", bench.inside("inside")).unwrap();
    symlink("../../outside/canary", bench.inside("sub/leads-out")).unwrap();
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/workspace/a", "data": "x" },
            { "op": "read", "path": "/workspace/out/canary" },
            { "op": "write", "path": "/workspace/out/canary", "data": "x" },
            { "op": "write", "path": "/workspace/out/new", "data": "x" },
            { "op": "read", "path": "/workspace/inside/leads-out" },
            { "op": "rename", "from": "/workspace/sub", "to": "/workspace/deep" },
            { "op": "read", "path": "/workspace/deep/leads-out" },
            { "op": "append", "path": "/workspace/deep/leads-out", "data": "x" },
            { "op": "stat", "path": "/workspace/inside/file" },
        ]))
        .await;
    for number in [1, 2, 3, 4, 6, 7, 8] {
        assert!(!answers[number]["error"].is_null(), "operation {number}: {answers:?}");
    }
    bench.assert_nothing_escaped();
    assert_eq!(fs::read_link(bench.inside("deep/leads-out")).unwrap(), Path::new("../../outside/canary"));
}

#[tokio::test]
async fn what_may_be_written_anyway_is_written_and_only_the_rest_is_asked_about() {
    let book = Rulebook::defaults(Mode::Ask).with(rule(Verdict::Allow, "fs.write:/workspace/free"));
    let bench = asked_by(book, [false]);
    fs::create_dir(bench.inside("free")).unwrap();
    let ops = json!([
        { "op": "write", "path": "/workspace/free/a", "data": "kept" },
        { "op": "write", "path": "/workspace/b", "data": "asked" },
        { "op": "write", "path": "/workspace/free/c", "data": "kept too" },
        { "op": "rename", "from": "/workspace/free/a", "to": "/workspace/d" },
        { "op": "write", "path": "/workspace/free/a", "data": "over what moved away" },
    ]);
    let (kind, _) = failure(bench.call("probe", json!({ "ops": ops })).await);
    assert_eq!(kind, Recoverable::Denied);
    assert_eq!(fs::read(bench.inside("free/a")).unwrap(), b"kept");
    assert_eq!(fs::read(bench.inside("free/c")).unwrap(), b"kept too");
    assert!(!bench.inside("b").exists() && !bench.inside("d").exists());
    let wishes = bench.person.wishes.lock().unwrap();
    let asked: Vec<String> = wishes[0].effects.iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["fs.write:/workspace/b", "fs.write:/workspace/d"]);
}

#[tokio::test]
async fn a_call_that_is_ended_by_force_has_changed_nothing() {
    let mut bench = asked([true]);
    bench.limits.bytes_written = 1000;
    let before = tree(&bench.inside(""));
    let ops = json!([
        { "op": "write", "path": "/workspace/a", "data": "x" },
        { "op": "write_loop", "path": "/workspace/b", "count": 10, "bytes": 500 },
    ]);
    let message = limited(bench.call("probe", json!({ "ops": ops })).await);
    assert!(message.contains("none of the changes"), "{message}");
    assert_eq!(tree(&bench.inside("")), before);
    assert!(bench.person.wishes.lock().unwrap().is_empty(), "nobody is asked about what is dropped");
}

#[tokio::test]
async fn a_copy_of_a_large_file_counts_as_written() {
    let mut bench = asked([true]);
    bench.limits.bytes_written = 1000;
    fs::write(bench.inside("large"), vec![b'x'; 2000]).unwrap();
    let ops = json!([{ "op": "append", "path": "/workspace/large", "data": "x" }]);
    limited(bench.call("probe", json!({ "ops": ops })).await);
    assert_eq!(fs::metadata(bench.inside("large")).unwrap().len(), 2000);
}

#[tokio::test]
async fn more_changes_than_a_person_can_look_through_are_not_prepared() {
    let bench = asked([true]);
    let ops = json!([{ "op": "write_loop", "path": "/workspace/many-{}", "count": 1100 }]);
    let answers = bench.probe(ops).await;
    assert_eq!(answers[0]["ok"]["written"], 1000);
    assert_eq!(tree(&bench.inside("")).keys().filter(|path| path.to_string_lossy().starts_with("many-")).count(), 1000);
}

#[tokio::test]
async fn a_script_that_changes_nothing_in_the_end_asks_nothing() {
    let bench = asked([]);
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/workspace/a", "data": "x" },
            { "op": "mkdir", "path": "/workspace/b" },
            { "op": "rename", "from": "/workspace/a", "to": "/workspace/b/a" },
            { "op": "remove", "path": "/workspace/b/a" },
            { "op": "rmdir", "path": "/workspace/b" },
            { "op": "write", "path": "/workspace/sub/file", "data": "file" },
        ]))
        .await;
    assert!(answers.iter().all(|answer| answer["error"].is_null()), "{answers:?}");
    assert!(bench.person.wishes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_may_not_be_read_does_not_move_to_where_it_may() {
    let book = |mode| {
        let book = Rulebook::defaults(mode).with(rule(Verdict::Deny, "fs.read:/workspace/private"));
        book.with(rule(Verdict::Deny, "fs.read:/workspace/sub/key"))
    };
    for bench in [Bench::with(book(Mode::Bypass)), asked_by(book(Mode::Ask), [true])] {
        fs::write(bench.inside("private"), "secret").unwrap();
        fs::write(bench.inside("sub/key"), "secret").unwrap();
        let answers = bench
            .probe(json!([
                { "op": "rename", "from": "/workspace/private", "to": "/workspace/public" },
                { "op": "read", "path": "/workspace/public" },
                { "op": "rename", "from": "/workspace/sub", "to": "/workspace/other" },
                { "op": "read", "path": "/workspace/other/key" },
                { "op": "rename", "from": "/workspace/sub/file", "to": "/workspace/twin" },
            ]))
            .await;
        let errors: Vec<bool> = answers.iter().map(|answer| !answer["error"].is_null()).collect();
        assert_eq!(errors, [true, true, true, true, false], "{answers:?}");
        assert_eq!(fs::read(bench.inside("private")).unwrap(), b"secret");
        assert!(bench.inside("sub/key").exists() && bench.inside("twin").exists());
    }
}

/// What was kept, in order.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl BeforeImages for Kept {
    fn keep(&self, _: CallId, path: &GuestPath, earlier: EarlierState<'_>) -> io::Result<()> {
        if path.as_str().ends_with("unkept") {
            return Err(io::Error::other("no room"));
        }
        let what = match earlier {
            EarlierState::Absent => "absent".to_owned(),
            EarlierState::File(file) => format!("{} bytes", file.metadata()?.len()),
            EarlierState::Link(target) => format!("link {target}"),
            EarlierState::Folder => "folder".to_owned(),
            EarlierState::MovedTo(to) => format!("moved to {to}"),
        };
        self.0.lock().unwrap().push(format!("{path}: {what}"));
        Ok(())
    }
}

#[tokio::test]
async fn what_was_there_is_kept_before_the_first_step_and_only_after_the_yes() {
    let kept = Arc::new(Kept::default());
    for (answers, expected) in [(vec![false], 0), (vec![true], 4)] {
        let mut bench = Bench::with(Rulebook::defaults(Mode::Ask))
            .in_world(|bench, world| with_stage(bench, world).with_before_images(Arc::clone(&kept) as _));
        bench.person = Person::answers(answers);
        let ops = json!([
            { "op": "write", "path": "/workspace/new", "data": "x" },
            { "op": "write", "path": "/workspace/sub/file", "data": "x" },
            { "op": "rename", "from": "/workspace/sub", "to": "/workspace/moved" },
        ]);
        let _ = bench.call("probe", json!({ "ops": ops })).await;
        assert_eq!(kept.0.lock().unwrap().len(), expected);
    }
    let lines = kept.0.lock().unwrap().clone();
    let all = ["/workspace/moved: absent", "/workspace/new: absent", "/workspace/sub: moved to /workspace/moved"];
    assert!(all.iter().all(|line| lines.iter().any(|kept| kept == line)), "{lines:?}");
    assert!(lines.contains(&"/workspace/sub/file: 4 bytes".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_changed() {
    let mut bench = Bench::with(Rulebook::defaults(Mode::Ask))
        .in_world(|bench, world| with_stage(bench, world).with_before_images(Arc::new(Kept::default())));
    bench.person = Person::answers([true]);
    let before = tree(&bench.inside(""));
    let ops = json!([
        { "op": "write", "path": "/workspace/a", "data": "x" },
        { "op": "write", "path": "/workspace/unkept", "data": "x" },
    ]);
    let (_, message) = failure(bench.call("probe", json!({ "ops": ops })).await);
    assert!(message.contains("could not be kept: no room"), "{message}");
    assert_eq!(tree(&bench.inside("")), before);
}

#[tokio::test]
async fn two_mapped_folders_are_two_disks_to_a_prepared_move() {
    let mut bench = Bench::with(Rulebook::defaults(Mode::Ask)).in_world(|bench, world| {
        fs::create_dir(bench.inside("../tmp")).unwrap();
        let tmp = Arc::new(Root::open(&bench.inside("../tmp"), Hidden::by_name_only()).unwrap());
        with_stage(bench, world).with_own_folder(GuestPath::parse("/tmp").unwrap(), tmp).unwrap()
    });
    bench.person = Person::answers([true]);
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/tmp/a", "data": "x" },
            { "op": "rename", "from": "/tmp/a", "to": "/workspace/a" },
        ]))
        .await;
    assert_eq!(answers[1]["error"], "CrossesDevices", "{answers:?}");
    assert!(bench.inside("../tmp/a").exists());
}
