//! Files as they should work: what is granted is done, what is not is left out or refused, what changes is kept first.

use crate::bench::{Bench, failure, text};
use boxagnts_capability::{Authority, Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_sandbox::{BeforeImages, EarlierState, EffectsPlan, World};
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::stream::Decided;
use boxagnts_types::{CallId, GuestPath};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, symlink};
use std::sync::{Arc, Mutex};

fn ok(answers: &[Value]) {
    for (number, answer) in answers.iter().enumerate() {
        assert!(answer["error"].is_null(), "operation {number}: {answer}");
    }
}

fn names(listing: &Value) -> Vec<&str> {
    listing["ok"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn ordinary_work_works() {
    let bench = Bench::new();
    let answers = bench
        .probe(json!([
            { "op": "mkdir", "path": "/workspace/new" },
            { "op": "write", "path": "/workspace/new/a", "data": "one" },
            { "op": "append", "path": "/workspace/new/a", "data": " two" },
            { "op": "read", "path": "/workspace/new/a" },
            { "op": "set_len", "path": "/workspace/new/a", "size": 3 },
            { "op": "create_new", "path": "/workspace/new/b", "data": "b" },
            { "op": "rename", "from": "/workspace/new/a", "to": "/workspace/new/c" },
            { "op": "list", "path": "/workspace/new" },
            { "op": "set_times", "path": "/workspace/new/b", "seconds": 1000 },
            { "op": "stat", "path": "/workspace/new/c" },
            { "op": "remove", "path": "/workspace/new/b" },
            { "op": "rename", "from": "/workspace/new", "to": "/workspace/moved" },
            { "op": "holding", "path": "/workspace/moved/d", "data": "held",
              "ops": [{ "op": "rename", "from": "/workspace/moved/d", "to": "/workspace/moved/e" }] },
            { "op": "mkdir", "path": "/workspace/empty" },
            { "op": "rmdir", "path": "/workspace/empty" },
        ]))
        .await;
    ok(&answers);
    assert_eq!(answers[3]["ok"]["text"], "one two");
    assert_eq!(names(&answers[7]), ["b", "c"]);
    assert_eq!(fs::read(bench.inside("moved/c")).unwrap(), b"one");
    assert_eq!(fs::read(bench.inside("moved/e")).unwrap(), b"held");
    assert!(!bench.inside("empty").exists());
    let exists = bench.probe(json!([{ "op": "create_new", "path": "/workspace/moved/c", "data": "x" }])).await;
    assert_eq!(exists[0]["error"], "AlreadyExists");
}

#[tokio::test]
async fn links_inside_the_workspace_are_followed_and_told_apart() {
    let bench = Bench::new();
    symlink("sub/file", bench.inside("link")).unwrap();
    symlink("sub/made", bench.inside("dangling")).unwrap();
    let at = |op: &str, name: &str| json!({ "op": op, "path": format!("/workspace/{name}") });
    let answers = bench
        .probe(json!([
            at("read", "link"), at("read_link", "link"), at("stat", "link"), at("lstat", "link"),
            { "op": "write", "path": "/workspace/link", "data": "through" },
            { "op": "write", "path": "/workspace/dangling", "data": "made" },
            at("remove", "link"),
        ]))
        .await;
    ok(&answers);
    assert_eq!((&answers[0]["ok"]["text"], &answers[1]["ok"]), (&json!("file"), &json!("sub/file")));
    assert_ne!(answers[2]["ok"], answers[3]["ok"]);
    assert_eq!(fs::read(bench.inside("sub/file")).unwrap(), b"through");
    assert_eq!(fs::read(bench.inside("sub/made")).unwrap(), b"made");
    assert!(!bench.inside("link").exists());
}

#[tokio::test]
async fn a_forbidden_path_is_refused_alike_whether_it_is_there_or_not() {
    let mut bench = Bench::new();
    bench.effects = Some(EffectsPlan::Templates(vec!["fs.read:/workspace/sub/file".parse().unwrap()]));
    fs::write(bench.inside("private"), "secret").unwrap();
    let read = |name: &str| json!({ "op": "read", "path": format!("/workspace/{name}") });
    let stat = |name: &str| json!({ "op": "stat", "path": format!("/workspace/{name}") });
    let answers = bench
        .probe(json!([
            read("private"), read("absent"), stat("private"), stat("absent"), { "op": "list", "path": "/workspace" },
            { "op": "list", "path": "/workspace/sub" }, read("sub/file"), { "op": "list", "path": "/workspace/.git" },
        ]))
        .await;
    assert_eq!(answers[0]["error"], answers[1]["error"]);
    assert_eq!(answers[0]["error"], "PermissionDenied");
    assert_eq!(answers[2]["error"], answers[3]["error"]);
    assert_eq!(names(&answers[4]), ["sub"], "a listing leaves out what may not be seen");
    assert_eq!(names(&answers[5]), ["file"]);
    assert_eq!(answers[6]["ok"]["text"], "file");
    assert_eq!(answers[7]["error"], "PermissionDenied");
}

/// The disk would answer each of these in another way, so an answer that is the same for all was given without it.
#[tokio::test]
async fn a_forbidden_path_is_refused_before_the_disk_is_asked() {
    let forbidden = |bench: &Bench| {
        fs::write(bench.inside("private"), "secret").unwrap();
        symlink("loop", bench.inside("loop")).unwrap();
        symlink("nowhere", bench.inside("dangling")).unwrap();
        let long = "x".repeat(300);
        let names = ["private", "absent", "private/below", "loop/below", "dangling", "absent/below", long.as_str()];
        let at = |op: &str, name: &str| json!({ "op": op, "path": format!("/workspace/{name}") });
        let write = |name: &str| json!({ "op": "write", "path": format!("/workspace/{name}"), "data": "x" });
        names.iter().flat_map(|name| [at("read", name), at("stat", name), write(name)]).collect::<Vec<_>>()
    };
    let mut bench = Bench::new();
    bench.effects = Some(EffectsPlan::Templates(vec!["fs.read:/workspace/sub/file".parse().unwrap()]));
    let ops = forbidden(&bench);
    let answers = bench.probe(json!(ops)).await;
    let first = &answers[0];
    assert_eq!(first["error"], "PermissionDenied");
    for (op, answer) in ops.iter().zip(&answers) {
        assert_eq!(answer, first, "{op}");
    }
    assert_eq!(fs::read(bench.inside("private")).unwrap(), b"secret");
    assert!(!bench.inside("absent").exists());
    // Twin: whoever may look is told what the disk says.
    let open = Bench::new();
    let answers = open.probe(json!(forbidden(&open))).await;
    let kinds: std::collections::BTreeSet<String> = answers.iter().map(|answer| answer["error"].to_string()).collect();
    assert!(4 <= kinds.len(), "{kinds:?}");
}

#[tokio::test]
async fn a_link_is_judged_by_where_it_leads() {
    let deny = |text: &str| Rule {
        verdict: Verdict::Deny,
        capability: text.parse().unwrap(),
        layer: Layer::UserConfig,
        subject: Subject::BuiltIn,
    };
    let book = Rulebook::defaults(Mode::Bypass);
    let book = ["fs.read:/workspace/secret", "fs.write:/workspace/secret", "fs.write:/workspace/sub/fixed"]
        .into_iter()
        .fold(book, |book, text| book.with(deny(text)));
    let bench = Bench::with(book);
    fs::create_dir(bench.inside("secret")).unwrap();
    fs::write(bench.inside("secret/key"), "secret").unwrap();
    fs::write(bench.inside("sub/fixed"), "fixed").unwrap();
    symlink("secret", bench.inside("door")).unwrap();
    symlink("sub/fixed", bench.inside("soft")).unwrap();
    let answers = bench
        .probe(json!([
            { "op": "read", "path": "/workspace/door/key" },
            { "op": "list", "path": "/workspace/door" },
            { "op": "write", "path": "/workspace/soft", "data": "x" },
            { "op": "append", "path": "/workspace/soft", "data": "x" },
            { "op": "read", "path": "/workspace/soft" },
            { "op": "stat", "path": "/workspace/door/key" },
            { "op": "stat", "path": "/workspace/soft" },
        ]))
        .await;
    assert!(answers[5]["error"].is_string() && answers[6]["error"].is_null(), "{answers:?}");
    assert!(answers[..4].iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    assert!(!answers[..4].iter().any(|answer| answer.to_string().contains("secret")));
    assert_eq!(answers[4]["ok"]["text"], "fixed");
    assert_eq!(fs::read(bench.inside("sub/fixed")).unwrap(), b"fixed");
}

#[tokio::test]
async fn a_refusal_is_in_the_account_and_teaches_the_model() {
    let bench = Bench::with(Rulebook::defaults(Mode::Ask));
    bench.probe(json!([{ "op": "write", "path": "/workspace/new", "data": "x" }, { "op": "read", "path": "/workspace/sub/file" }])).await;
    assert!(!bench.inside("new").exists());
    let entries = bench.ledger.entries();
    let refused = entries.iter().find(|entry| entry.decision == Decided::Refused).unwrap();
    assert_eq!(
        (refused.effect.as_str(), refused.needs.as_deref()),
        ("fs.write:/workspace/new", Some("fs.write:/workspace/new"))
    );
    let allowed =
        entries.iter().find(|entry| entry.decision == Decided::Allowed && entry.effect.contains("sub/file")).unwrap();
    assert_eq!(allowed.bytes, 4);

    let mut bench = Bench::new();
    bench.effects = Some(EffectsPlan::Capabilities(vec!["fs.read:/workspace/sub".parse().unwrap()]));
    fs::write(bench.inside("private"), "secret").unwrap();
    let (kind, message) = failure(bench.call("read", json!({ "path": "private" })).await);
    assert!(matches!(kind, Recoverable::Denied | Recoverable::Rejected));
    assert!(message.contains("fs.read:/workspace/private is refused by"), "{message}");
    assert!(!message.contains("secret"), "{message}");
    assert!(text(bench.call("read", json!({ "path": "sub/file" })).await).contains("file"));
}

#[tokio::test]
async fn what_may_be_written_may_not_be_read_for_that() {
    let mut bench = Bench::new();
    bench.effects = Some(EffectsPlan::Templates(vec!["fs.write:/workspace/sub/file".parse().unwrap()]));
    let answers = bench
        .probe(json!([
            { "op": "read", "path": "/workspace/sub/file" },
            { "op": "raw_open", "path": "sub/file", "access": ["read", "write"], "data": "x" },
            { "op": "raw_open", "path": "sub/file", "access": ["write"], "data": "New" },
        ]))
        .await;
    assert_eq!((&answers[0]["error"], &answers[1]["error"]), (&json!("PermissionDenied"), &json!("access")));
    assert_eq!(answers[2]["ok"]["written"], 3);
    assert_eq!(fs::read(bench.inside("sub/file")).unwrap(), b"Newe");
}

#[tokio::test]
async fn folders_on_the_way_to_a_permitted_file_may_be_made_and_no_others() {
    let mut bench = Bench::new();
    bench.effects = Some(EffectsPlan::Templates(vec!["fs.write:/workspace/a/b/c.txt".parse().unwrap()]));
    let answers = bench
        .probe(json!([
            { "op": "mkdir", "path": "/workspace/a" }, { "op": "mkdir", "path": "/workspace/a/b" },
            { "op": "write", "path": "/workspace/a/b/c.txt", "data": "x" },
            { "op": "mkdir", "path": "/workspace/x" }, { "op": "write", "path": "/workspace/a/b/d.txt", "data": "x" },
        ]))
        .await;
    ok(&answers[..3]);
    assert!(answers[3]["error"].is_string() && answers[4]["error"].is_string());
    assert!(bench.inside("a/b/c.txt").exists() && !bench.inside("x").exists() && !bench.inside("a/b/d.txt").exists());
}

#[tokio::test]
async fn a_read_only_folder_is_never_changed_whatever_is_granted() {
    let bench = Bench::new();
    let read_only = World::empty().with_folder(GuestPath::workspace(), bench.root(), false).unwrap();
    let bench = bench.in_world(|_, _| read_only);
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/workspace/sub/file", "data": "x" },
            { "op": "write", "path": "/workspace/new", "data": "x" },
            { "op": "mkdir", "path": "/workspace/folder" },
            { "op": "remove", "path": "/workspace/sub/file" },
            { "op": "rename", "from": "/workspace/sub/file", "to": "/workspace/x" },
            { "op": "set_times", "path": "/workspace/sub/file", "seconds": 1 },
            { "op": "truncate", "path": "/workspace/sub/file" },
        ]))
        .await;
    assert!(answers.iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    assert_eq!(fs::read(bench.inside("sub/file")).unwrap(), b"file");
    assert_eq!(fs::read_dir(bench.inside("")).unwrap().count(), 2);
    assert_eq!(bench.probe(json!([{ "op": "read", "path": "/workspace/sub/file" }])).await[0]["ok"]["text"], "file");
}

#[tokio::test]
async fn one_folder_is_not_mapped_both_writable_and_read_only() {
    let bench = Bench::new();
    let folder = |text: &str| GuestPath::parse(text).unwrap();
    let world = || World::empty().with_folder(GuestPath::workspace(), bench.root(), true).unwrap();
    let below = Arc::new(
        boxagnts_workspace::Root::open(&bench.inside("sub"), boxagnts_workspace::Hidden::by_name_only()).unwrap(),
    );
    assert!(world().with_folder(folder("/folders/a"), bench.root(), false).is_err());
    assert!(world().with_folder(folder("/folders/a"), Arc::clone(&below), false).is_err());
    assert!(world().with_folder(folder("/workspace"), below, true).is_err());
    assert!(world().with_folder(folder("/folders/a"), bench.root(), true).is_ok());
}

#[tokio::test]
async fn a_name_that_is_not_utf8_is_shown_and_cannot_be_opened() {
    let bench = Bench::new();
    fs::write(bench.inside("sub").join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    let answers = bench
        .probe(json!([{ "op": "list", "path": "/workspace/sub" }, { "op": "read", "path": "/workspace/sub/caf\\xe9" }]))
        .await;
    assert_eq!(names(&answers[0]), ["caf\\xe9", "file"]);
    assert!(answers[1]["error"].is_string());
}

#[tokio::test]
async fn e09_a_revoked_grant_refuses_the_next_effect() {
    struct Revoking(Authority);
    impl BeforeImages for Revoking {
        fn keep(&self, _: CallId, _: &GuestPath, _: EarlierState<'_>) -> io::Result<()> {
            self.0.replace(Rulebook::empty());
            Ok(())
        }
    }
    let bench = Bench::new();
    let revoking = Arc::new(Revoking(bench.authority.clone()));
    let bench = bench.in_world(|_, world| world.with_before_images(revoking));
    let answers = bench
        .probe(json!([
            { "op": "raw_open", "path": "first", "flags": ["create"], "access": ["write"], "data": "x" },
            { "op": "write", "path": "/workspace/second", "data": "x" },
            { "op": "read", "path": "/workspace/sub/file" },
        ]))
        .await;
    // The file was open when the grant went; writing to it is the next effect.
    assert!(answers[0]["ok"]["written"].is_string(), "{answers:?}");
    assert!(answers[1]["error"].is_string() && answers[2]["error"].is_string(), "{answers:?}");
    assert_eq!(fs::read(bench.inside("first")).unwrap(), b"");
    assert!(!bench.inside("second").exists());
}

/// Remembers what was kept, in words.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl BeforeImages for Kept {
    fn keep(&self, _: CallId, path: &GuestPath, earlier: EarlierState<'_>) -> io::Result<()> {
        let was = match earlier {
            EarlierState::Absent => "absent".to_owned(),
            EarlierState::File(file) => {
                let mut content = vec![0; usize::try_from(file.metadata()?.len()).unwrap()];
                file.read_exact_at(&mut content, 0)?;
                format!("file {}", String::from_utf8(content).unwrap())
            }
            EarlierState::Link(target) => format!("link {target}"),
            EarlierState::Folder => "folder".to_owned(),
            EarlierState::MovedTo(to) => format!("moved to {to}"),
        };
        let name = path.as_str().trim_start_matches("/workspace/").to_owned();
        self.0.lock().unwrap().push(format!("{name}: {was}"));
        Ok(())
    }
}

#[tokio::test]
async fn what_was_there_is_kept_before_it_changes() {
    let kept = Arc::new(Kept::default());
    let bench = Bench::new().in_world(|_, world| world.with_before_images(Arc::clone(&kept) as Arc<dyn BeforeImages>));
    symlink("sub/file", bench.inside("link")).unwrap();
    fs::create_dir(bench.inside("folder")).unwrap();
    fs::write(bench.inside("other"), "other").unwrap();
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/workspace/link", "data": "through" },
            { "op": "write", "path": "/workspace/new", "data": "x" },
            { "op": "rename", "from": "/workspace/new", "to": "/workspace/other" },
            { "op": "rename", "from": "/workspace/folder", "to": "/workspace/moved" },
            { "op": "remove", "path": "/workspace/link" },
            { "op": "rmdir", "path": "/workspace/moved" },
            { "op": "mkdir", "path": "/workspace/made" },
            { "op": "read", "path": "/workspace/sub/file" },
        ]))
        .await;
    ok(&answers);
    let expected = [
        "sub/file: file file",
        "new: absent",
        "other: file other",
        "new: file x",
        "moved: absent",
        "folder: moved to /workspace/moved",
        "link: link sub/file",
        "moved: folder",
        "made: absent",
    ];
    assert_eq!(*kept.0.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_changed() {
    struct Full;
    impl BeforeImages for Full {
        fn keep(&self, _: CallId, _: &GuestPath, _: EarlierState<'_>) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let bench = Bench::new().in_world(|_, world| world.with_before_images(Arc::new(Full)));
    let answers = bench
        .probe(json!([
            { "op": "write", "path": "/workspace/sub/file", "data": "x" },
            { "op": "truncate", "path": "/workspace/sub/file" },
            { "op": "write", "path": "/workspace/new", "data": "x" },
            { "op": "remove", "path": "/workspace/sub/file" },
            { "op": "rename", "from": "/workspace/sub/file", "to": "/workspace/x" },
            { "op": "rename", "from": "/workspace/sub", "to": "/workspace/x" },
            { "op": "mkdir", "path": "/workspace/folder" },
        ]))
        .await;
    assert!(answers.iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    let mut content = String::new();
    fs::File::open(bench.inside("sub/file")).unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "file");
    assert_eq!(fs::read_dir(bench.inside("")).unwrap().count(), 2);
}
