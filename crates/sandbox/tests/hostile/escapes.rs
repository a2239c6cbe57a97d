//! Attempts to get out of the workspace, or at what is protected in it.

use crate::bench::Bench;
use boxagnts_sandbox::World;
use boxagnts_types::GuestPath;
use boxagnts_types::stream::Decided;
use boxagnts_workspace::{Hidden, Root};
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn all_refused(answers: &[Value]) {
    for (number, answer) in answers.iter().enumerate() {
        assert!(answer["error"].is_string(), "operation {number}: {answer}");
    }
}

#[tokio::test]
async fn a01_dot_dot_does_not_climb() {
    let bench = Bench::new();
    let climb = |path: &str| json!({ "op": "raw_open", "path": path, "access": ["read"] });
    let answers = bench
        .probe(json!([
            climb("../outside/canary"), climb("sub/../../outside/canary"), climb("sub/../../../../etc/passwd"),
            climb("../workspace/sub/file"), climb("..\\outside\\canary"), climb("/etc/passwd"), climb("sub/\0/file"),
            { "op": "read", "path": "/workspace/../outside/canary" },
            { "op": "write", "path": "/workspace/../outside/canary", "data": "x" },
            { "op": "raw_open", "path": "../outside/new", "flags": ["create"], "access": ["write"], "data": "x" },
        ]))
        .await;
    all_refused(&answers);
    bench.assert_nothing_escaped();
    let twin = bench.probe(json!([climb("sub/../sub/file"), climb("./sub//file"), climb("....//x")])).await;
    assert_eq!((&twin[0]["ok"]["kind"], &twin[1]["ok"]["kind"]), (&json!("file"), &json!("file")));
    assert_eq!(twin[2]["error"], "no-entry", "four dots are a name like any other");
}

#[tokio::test]
async fn a02_links_do_not_lead_out() {
    let bench = Bench::new();
    symlink("/", bench.inside("root")).unwrap();
    symlink("../outside", bench.inside("away")).unwrap();
    symlink("../outside/canary", bench.inside("canary")).unwrap();
    symlink("../outside/new", bench.inside("dangling")).unwrap();
    symlink("sub", bench.inside("door")).unwrap();
    let outside = bench.outside("canary").display().to_string();
    let answers = bench
        .probe(json!([
            { "op": "read", "path": format!("/workspace/root{outside}") },
            { "op": "read", "path": "/workspace/away/canary" },
            { "op": "read", "path": "/workspace/canary" },
            { "op": "write", "path": "/workspace/canary", "data": "x" },
            { "op": "write", "path": "/workspace/away/new", "data": "x" },
            { "op": "write", "path": "/workspace/dangling", "data": "x" },
            { "op": "append", "path": "/workspace/canary", "data": "x" },
            { "op": "list", "path": "/workspace/away" },
            { "op": "stat", "path": "/workspace/away/canary" },
            { "op": "remove", "path": "/workspace/away/canary" },
            { "op": "rename", "from": "/workspace/sub/file", "to": "/workspace/away/file" },
            { "op": "rename", "from": "/workspace/away/canary", "to": "/workspace/taken" },
            { "op": "mkdir", "path": "/workspace/away/folder" },
            { "op": "set_times", "path": "/workspace/canary", "seconds": 1 },
        ]))
        .await;
    all_refused(&answers);
    bench.assert_nothing_escaped();
    let twin = bench.probe(json!([{ "op": "read", "path": "/workspace/door/file" }])).await;
    assert_eq!(twin[0]["ok"]["text"], "file");
}

#[tokio::test]
async fn a03_a_folder_that_is_swapped_with_a_link_lets_nothing_out() {
    const FILES: u64 = 10_000;
    let mut bench = Bench::new();
    bench.limits.files_written = 2 * FILES;
    fs::create_dir(bench.inside("target")).unwrap();
    symlink("../outside", bench.inside("link")).unwrap();
    symlink(".git/hooks", bench.inside("hooks")).unwrap();
    let (done, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let names = [bench.inside("target"), bench.inside("link"), bench.inside("hooks")];
    let swapper = std::thread::spawn({
        let (done, swaps) = (Arc::clone(&done), Arc::clone(&swaps));
        move || {
            while !done.load(Ordering::Relaxed) {
                for other in [&names[1], &names[2]] {
                    renameat_with(CWD, &names[0], CWD, other, RenameFlags::EXCHANGE).unwrap();
                    swaps.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    });
    let attempts: Vec<Value> =
        (0..FILES).map(|n| json!({ "op": "write", "path": format!("/workspace/target/{n}"), "data": "x" })).collect();
    let answers = bench.probe(json!(attempts)).await;
    done.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    bench.assert_nothing_escaped();
    assert_eq!(fs::read_dir(bench.inside(".git/hooks")).unwrap().count(), 0, "after {swaps:?} swaps");
    let written = answers.iter().filter(|answer| answer["error"].is_null()).count();
    assert!(0 < written, "no write reached the folder, so the race was never run");
}

#[tokio::test]
async fn a04_opening_for_reading_cuts_nothing() {
    let bench = Bench::with(boxagnts_capability::Rulebook::defaults(boxagnts_capability::Mode::Ask));
    let answers = bench
        .probe(json!([
            { "op": "truncate", "path": "/workspace/sub/file" },
            { "op": "raw_open", "path": "sub/file", "flags": ["create"], "access": ["read"] },
            { "op": "raw_open", "path": "sub/new", "flags": ["create"], "access": ["read"] },
            { "op": "raw_open", "path": "sub/file", "access": ["read"], "data": "x" },
            { "op": "raw_open", "path": "sub/file", "access": [], "data": "x" },
        ]))
        .await;
    all_refused(&answers[..3]);
    assert!(answers[3]["ok"]["written"].is_string() && answers[4]["ok"]["written"].is_string(), "{answers:?}");
    assert_eq!(fs::read(bench.inside("sub/file")).unwrap(), b"file");
    assert!(!bench.inside("sub/new").exists());
    // Twin: where writing is granted, the same flags cut.
    let bench = Bench::new();
    let twin = bench.probe(json!([{ "op": "truncate", "path": "/workspace/sub/file" }])).await;
    assert_eq!(twin[0]["ok"]["size"], 0);
    assert_eq!(fs::read(bench.inside("sub/file")).unwrap(), b"");
}

#[tokio::test]
async fn a05_the_systems_own_folders_are_not_there() {
    let bench = Bench::new();
    symlink("/proc/self/environ", bench.inside("environ")).unwrap();
    symlink("/proc/self/fd/0", bench.inside("zero")).unwrap();
    let read = |path: &str| json!({ "op": "read", "path": path });
    let answers = bench
        .probe(json!([
            read("/proc/self/environ"),
            read("/proc/self/root/etc/passwd"),
            read("/dev/fd/0"),
            read("/dev/stdin"),
            read("/workspace/environ"),
            read("/workspace/zero"),
            read("/etc/passwd"),
            read("//etc/passwd"),
        ]))
        .await;
    all_refused(&answers);
}

#[tokio::test]
async fn a06_a07_names_that_only_look_different_are_refused_all_the_same() {
    let bench = Bench::new();
    let write = |path: &str| json!({ "op": "write", "path": format!("/workspace/{path}"), "data": "x" });
    let answers = bench
        .probe(json!([
            write(".GIT/hooks/x"),
            write(".Git/Hooks/x"),
            write(".g\u{200c}it/hooks/x"),
            write(".git /hooks/x"),
            write(".git./hooks/x"),
            write(".git::$INDEX_ALLOCATION/hooks/x"),
            write(".boxAGNTS/config.toml"),
            write("sub\\file"),
        ]))
        .await;
    all_refused(&answers);
    assert_eq!(fs::read_dir(bench.inside(".git/hooks")).unwrap().count(), 0);
    let twin = bench.probe(json!([write("git-hooks-x"), write("Größe.txt")])).await;
    assert!(twin.iter().all(|answer| answer["error"].is_null()), "{twin:?}");
}

#[tokio::test]
async fn a08_protected_paths_are_refused_whether_they_are_there_or_not() {
    let bench = Bench::new();
    fs::create_dir_all(bench.inside("prepared/hooks")).unwrap();
    fs::write(bench.inside("prepared/hooks/x"), "evil").unwrap();
    fs::write(bench.inside("x"), "evil").unwrap();
    fs::create_dir_all(bench.inside("nested/.git/hooks")).unwrap();
    symlink(".git/hooks", bench.inside("hooks")).unwrap();
    let write = |path: &str| json!({ "op": "write", "path": format!("/workspace/{path}"), "data": "x" });
    let rename = |from: &str, to: &str| json!({ "op": "rename", "from": format!("/workspace/{from}"), "to": format!("/workspace/{to}") });
    let mkdir = |path: &str| json!({ "op": "mkdir", "path": format!("/workspace/{path}") });
    let answers = bench
        .probe(json!([
            write(".git/hooks/x"), write(".git/config"), write("sub/../.git/hooks/x"), write("nested/.git/hooks/x"),
            write(".boxagnts/config.toml"), mkdir(".boxagnts"), write("sub/.boxagnts/x"), write(".mcp.json"),
            mkdir("sub/.git"), write("hooks/x"), rename("x", ".git/hooks/x"), rename("x", "hooks/x"),
            rename("prepared", "sub/.git"), rename(".git", "git"), rename("prepared", ".boxagnts"),
            { "op": "hard_link", "from": "/workspace/x", "to": "/workspace/.git/hooks/x" },
            { "op": "symlink", "target": ".git/hooks", "path": "/workspace/another" },
            { "op": "remove", "path": "/workspace/.git/config" },
        ]))
        .await;
    all_refused(&answers);
    for folder in [".git/hooks", "nested/.git/hooks"] {
        assert_eq!(fs::read_dir(bench.inside(folder)).unwrap().count(), 0, "{folder}");
    }
    for absent in [".boxagnts", ".mcp.json", "sub/.git", "sub/.boxagnts", "git", "another", ".git/config"] {
        assert!(!bench.inside(absent).exists(), "{absent}");
    }
    let refused = bench.ledger.entries().iter().filter(|entry| entry.effect.contains(".git/hooks")).count();
    assert!(0 < refused, "refusals are in the account");
    // Twins.
    let twin = bench.probe(json!([rename("prepared", "moved"), write("sub/new"), mkdir("sub/folder")])).await;
    assert!(twin.iter().all(|answer| answer["error"].is_null()), "{twin:?}");
    assert_eq!(fs::read(bench.inside("moved/hooks/x")).unwrap(), b"evil");
}

#[tokio::test]
async fn a_tree_is_not_moved_to_where_one_of_its_names_is_protected() {
    let bench = Bench::new();
    fs::create_dir_all(bench.inside("prepared/.git/hooks")).unwrap();
    fs::create_dir_all(bench.inside("plain/deep")).unwrap();
    fs::write(bench.inside("prepared/.git/hooks/x"), "evil").unwrap();
    fs::write(bench.inside("plain/deep/tasks.json"), "evil").unwrap();
    let rename = |from: &str, to: &str| json!({ "op": "rename", "from": format!("/workspace/{from}"), "to": format!("/workspace/{to}") });
    let answers = bench.probe(json!([rename("prepared", "elsewhere"), rename("plain/deep", ".vscode")])).await;
    all_refused(&answers);
    assert!(
        bench.inside("prepared").exists() && !bench.inside("elsewhere").exists() && !bench.inside(".vscode").exists()
    );
    let twin = bench.probe(json!([rename("plain/deep", "moved")])).await;
    assert_eq!(twin, [json!({ "ok": null })]);
}

#[tokio::test]
async fn a13_no_folder_is_reached_from_another() {
    let bench = Bench::new();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("theirs"), "theirs").unwrap();
    let root = Arc::new(Root::open(other.path(), Hidden::by_name_only()).unwrap());
    let at = GuestPath::parse("/folders/other").unwrap();
    let bench = bench.in_world(|_, world: World| world.with_folder(at, root, false).unwrap());
    let mut bench = bench;
    let plan = ["fs.read:/workspace", "fs.read:/folders", "fs.write:/workspace", "fs.write:/folders"];
    let plan = plan.map(|text| text.parse().unwrap()).to_vec();
    bench.effects = Some(boxagnts_sandbox::EffectsPlan::Capabilities(plan));
    let from = |base: &str, path: &str| json!({ "op": "raw_open", "base": base, "path": path, "access": ["read"] });
    let answers = bench
        .probe(json!([
            from("/folders/other", "../../workspace/sub/file"), from("/folders/other", "../other/theirs"),
            from("/workspace", "../folders/other/theirs"), from("/folders/other", "/theirs"),
            { "op": "write", "path": "/folders/other/theirs", "data": "x" },
            { "op": "rename", "from": "/workspace/sub/file", "to": "/folders/other/file" },
            { "op": "remove", "path": "/folders/other/theirs" },
        ]))
        .await;
    all_refused(&answers);
    assert_eq!(fs::read(other.path().join("theirs")).unwrap(), b"theirs");
    let twin = bench.probe(json!([from("/folders/other", "theirs"), { "op": "preopens" }])).await;
    assert_eq!(twin[0]["ok"]["kind"], "file");
    assert_eq!(twin[1]["ok"], json!(["/folders/other", "/workspace"]));
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    let bench = Bench::new();
    mknodat(CWD, bench.inside("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(bench.inside("socket")).unwrap();
    symlink("fifo", bench.inside("door")).unwrap();
    let mut ops = Vec::new();
    for name in ["fifo", "socket", "door"] {
        let path = format!("/workspace/{name}");
        ops.push(json!({ "op": "read", "path": path }));
        ops.push(json!({ "op": "write", "path": path, "data": "x" }));
        ops.push(json!({ "op": "append", "path": path, "data": "x" }));
    }
    all_refused(&bench.probe(json!(ops)).await);
}

#[tokio::test]
async fn a_second_name_of_a_foreign_file_is_not_written_through() {
    let bench = Bench::new();
    fs::hard_link(bench.outside("canary"), bench.inside("innocent")).unwrap();
    let write = json!({ "op": "write", "path": "/workspace/innocent", "data": "x" });
    let append = json!({ "op": "append", "path": "/workspace/innocent", "data": "x" });
    let cut = json!({ "op": "truncate", "path": "/workspace/innocent" });
    all_refused(&bench.probe(json!([write, append, cut])).await);
    bench.assert_nothing_escaped();
    // Twin: once it has a content of its own, it is a file like any other.
    fs::remove_file(bench.inside("innocent")).unwrap();
    fs::write(bench.inside("innocent"), "own").unwrap();
    assert_eq!(bench.probe(json!([write])).await, [json!({ "ok": null })]);
}

#[tokio::test]
async fn our_own_folders_do_not_exist_even_in_a_home() {
    let bench = Bench::new();
    fs::create_dir_all(bench.inside("config/boxagnts")).unwrap();
    fs::write(bench.inside("config/boxagnts/key"), "secret").unwrap();
    fs::create_dir(bench.inside(".boxagnts")).unwrap();
    fs::create_dir_all(bench.inside("project/deep/.boxagnts")).unwrap();
    let hidden = Hidden::folders([bench.inside("config/boxagnts").as_path()]).unwrap();
    let root = Arc::new(Root::open(&bench.inside(""), hidden).unwrap());
    let home = World::empty().with_folder(GuestPath::workspace(), root, true).unwrap();
    let bench = bench.in_world(|_, _| home);
    let at = |op: &str, path: &str| json!({ "op": op, "path": format!("/workspace/{path}") });
    let answers = bench
        .probe(json!([
            at("read", "config/boxagnts/key"), at("list", "config/boxagnts"), at("stat", "config/boxagnts"),
            at("list", ".boxagnts"), at("stat", ".boxagnts"),
            { "op": "write", "path": "/workspace/config/boxagnts/key", "data": "x" },
            { "op": "rename", "from": "/workspace/config/boxagnts", "to": "/workspace/config/mine" },
            { "op": "rename", "from": "/workspace/config", "to": "/workspace/mine" },
            { "op": "rename", "from": "/workspace/project", "to": "/workspace/mine" },
            at("list", "config"), at("list", ""),
        ]))
        .await;
    all_refused(&answers[..9]);
    assert_eq!(answers[9]["ok"], json!([]));
    assert!(!answers[10]["ok"].to_string().contains("boxagnts"), "{}", answers[10]);
    assert!(!bench.inside("mine").exists(), "what is around it did not move either");
    assert_eq!(fs::read(bench.inside("config/boxagnts/key")).unwrap(), b"secret");
    // The account says of what is ours that it was refused, and never that it was allowed.
    let entries = bench.ledger.entries();
    let ours = |text: &str| text.contains("config/boxagnts");
    let allowed = entries.iter().filter(|entry| entry.decision == Decided::Allowed);
    assert!(!allowed.flat_map(|entry| entry.names.iter().map(|name| &**name).chain([&*entry.effect])).any(ours));
    let refused = entries.iter().filter(|entry| entry.decision == Decided::Refused && ours(&entry.effect));
    let refused: Vec<&str> = refused.map(|entry| entry.effect.as_str()).collect();
    for effect in ["fs.read", "fs.write"] {
        assert!(refused.contains(&format!("{effect}:/workspace/config/boxagnts/key").as_str()), "{refused:?}");
    }
}
