//! Class A with the tools for files: paths that lead to another place than they say, under every grant there is.

use crate::scene::Scene;
use crate::siege::{Aftermath, Attack, EVERYTHING, Fate, done, refused, storm, storm_in};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const MANIFEST: &str = "the bounds of the manifest";
const FOLDER: &str = "the folder's bounds";
const GIT: &str = "the protected paths: .git is never written";
const OWN: &str = "the protected paths: .boxagnts does not exist for tools";
const NAMES: &str = "the protected paths: the name means a device";

fn is_untouched(scene: &Scene, after: &Aftermath) {
    scene.is_untouched(&[&after.ended.out, &after.ended.err, &after.told]);
}

/// Reads that must not lead out, whatever was granted.
fn reads() -> Vec<Attack> {
    let climbs = [
        ("/etc/passwd", "/etc/passwd"),
        ("a/../../canary.txt", "/canary.txt"),
        ("/workspace/../private/canary.txt", "/private/canary.txt"),
        ("/workspace/./src/.././../home/.ssh/id_ed25519", "/home/.ssh/id_ed25519"),
        ("/proc/self/environ", "/proc/self/environ"),
        ("/proc/self/root/etc/passwd", "/proc/self/root/etc/passwd"),
        ("/dev/fd/3", "/dev/fd/3"),
        ("/dev/stdin", "/dev/stdin"),
        ("/proc/1/mem", "/proc/1/mem"),
    ];
    let links = ["out/canary.txt", "passwd", "root/etc/passwd", "root/proc/self/environ"];
    let hidden =
        [".boxagnts/notes.txt", "sub/.boxagnts/notes.txt", ".BoxAgnts/notes.txt", ".box\u{200d}agnts/notes.txt"];
    let unread = ["../../etc/passwd", "..\\..\\canary.txt", "canary.txt\0.md", ""];
    let literal = ["....//canary.txt", "%2e%2e/canary.txt", "..%2fcanary.txt", "~/.ssh/id_ed25519", "$HOME/.bashrc"];
    let climbs = climbs.map(|(path, seen)| Attack::read(path, refused(&format!("fs.read:{seen}"), MANIFEST)));
    let links = links.map(|path| Attack::read(path, refused(&format!("fs.read:/workspace/{path}"), FOLDER)));
    let hidden = hidden.map(|path| {
        let shown = path.replace('\u{200d}', "\\u{200d}");
        Attack::read(path, refused(&format!("fs.read:/workspace/{shown}"), OWN))
    });
    let unread = unread.map(|path| Attack::read(path, Fate::Rejected));
    let literal = literal.map(|path| Attack::read(path, Fate::Empty));
    climbs.into_iter().chain(links).chain(hidden).chain(unread).chain(literal).collect()
}

/// The tools that search take a folder and a pattern, and neither leads out.
fn searches() -> Vec<Attack> {
    let glob = |path: &str, pattern: &str| json!({"path": path, "pattern": pattern, "include_ignored": true});
    let grep =
        |path: &str, more: &str| json!({"path": path, "pattern": "canary", "glob": more, "include_ignored": true});
    vec![
        Attack::new("glob", glob("/etc", "*"), Fate::Harmless),
        Attack::new("glob", glob("out", "**"), Fate::Harmless),
        Attack::new("glob", glob("root/etc", "**/*"), Fate::Harmless),
        Attack::new("glob", json!({"pattern": "../**"}), Fate::Harmless),
        Attack::new("glob", json!({"pattern": "/home/**"}), Fate::Harmless),
        Attack::new("grep", grep("..", "*"), Fate::Harmless),
        Attack::new("grep", grep("/", "**"), Fate::Harmless),
        Attack::new("grep", grep("/workspace", "../*"), Fate::Harmless),
        Attack::new("grep", json!({"pattern": "(canary|(a+)+)+$", "include_ignored": true}), Fate::Harmless),
    ]
}

/// Writes that must not happen, whatever was granted.
fn writes() -> Vec<Attack> {
    let outside = ["../canary.txt", "/etc/passwd", "/home/.ssh/authorized_keys", "/dev/null", "/proc/self/mem"];
    let links = ["out/canary.txt", "out/new.txt", "passwd", "root/tmp/x"];
    let git = [
        ".git/config",
        ".git/hooks/pre-commit",
        ".GIT/hooks/pre-commit",
        ".g\u{200c}it/hooks/pre-commit",
        "\u{ff0e}git/config",
        "sub/.git/config",
        "deep/er/.git/HEAD",
        "./src/../.git/config",
    ];
    let own = [".boxagnts/config.toml", ".BOXAGNTS/tools/x/tool.yaml", "new/.boxagnts/config.toml"];
    let other = [(".mcp.json", ".mcp.json is"), (".vscode/tasks.json", ".vscode is"), (".idea/x.xml", ".idea is")];
    let names = ["CON", "nul.txt", "COM\u{b9}", "x::$DATA", "src/x. "];
    let seen = |path: &str| {
        let path = path.trim_start_matches("./src/../").trim_start_matches("..");
        let path = path.replace('\u{200c}', "\\u{200c}");
        if path.starts_with('/') { format!("fs.write:{path}") } else { format!("fs.write:/workspace/{path}") }
    };
    let fate = |path: &str, rule| Attack::write(path, refused(&seen(path), rule));
    let outside = outside.map(|path| fate(path, MANIFEST));
    let (links, git) = (links.map(|path| fate(path, FOLDER)), git.map(|path| fate(path, GIT)));
    let (own, names) = (own.map(|path| fate(path, OWN)), names.map(|path| fate(path, NAMES)));
    let other = other.map(|(path, rule)| fate(path, rule));
    let mut all: Vec<Attack> =
        outside.into_iter().chain(links).chain(git).chain(own).chain(other).chain(names).collect();
    all.push(Attack::write("hooks/pre-commit", refused("fs.write:/workspace/.git/hooks/pre-commit", GIT)));
    let edit = |path: &str| json!({"path": path, "old": "canary", "new": "dead"});
    all.push(Attack::new("edit", edit(".git/config"), refused("fs.write:/workspace/.git/config", GIT)));
    all.push(Attack::new("edit", edit("out/canary.txt"), refused("fs.read:/workspace/out/canary.txt", FOLDER)));
    all
}

/// A01 A02 A05 A06 A07 A08: with everything granted that a person can grant, no path of any tool leads out.
#[test]
fn a01_a02_a05_a06_a07_a08_no_path_leads_out_under_every_grant() {
    let scene = Scene::new();
    let attacks = [reads(), searches(), writes()].concat();
    let after = storm(&scene, &attacks, &EVERYTHING);
    is_untouched(&scene, &after);
    assert!(!after.told.contains("root:x:0"), "the machine's own files were read");
    let unwanted = ["deep", "new", ".idea", "CON", "nul.txt", "src/x. ", ".GIT", ".BOXAGNTS"];
    assert_eq!(unwanted.map(|path| scene.has(path)), [false; 8], "a denial is total");
    // The twins: the same tools, the same shapes of paths, inside.
    let twins = [
        Attack::read("src/../README.md", done("plain words")),
        Attack::read("/workspace/in/main.rs", done("fn main")),
        Attack::read(".git/config", done("canary")),
        Attack::write("gits/hooks/pre-commit", done("created")),
        Attack::write(".gitignore", done("created")),
        Attack::write("in/new.rs", done("created")),
        Attack::new("edit", json!({"path": "README.md", "old": "plain", "new": "other"}), done("other")),
        Attack::new("grep", json!({"pattern": "fn main", "path": "src"}), done("main.rs:1:")),
    ];
    storm(&scene, &twins, &EVERYTHING);
    assert_eq!(scene.house.read("src/new.rs"), "attacked");
    scene.is_unchanged();
}

/// The control: what keeps the canary is the folder's bound, for a person who opens it has it read and written.
#[test]
fn a02_a_folder_that_the_person_maps_is_read_and_only_then_written() {
    let scene = Scene::new();
    let map = format!("{}:private", scene.house.outside().join("private").display());
    let word = scene.word("private/canary.txt");
    let path = "/folders/private/canary.txt";
    let attacks = [
        Attack::read(path, Fate::Done(word)),
        Attack::write(path, refused(&format!("fs.write:{path}"), "")),
        Attack::write("/folders/private/new.txt", refused("fs.write:/folders/private/new.txt", "")),
    ];
    storm(&scene, &attacks, &[&["--map", &map], &EVERYTHING[..]].concat());
    scene.is_unchanged();
    let writable = format!("{map}:rw");
    storm(&scene, &[Attack::write(path, done("overwrote"))], &[&["--map", &writable], &EVERYTHING[..]].concat());
    assert_eq!(fs::read(scene.house.outside().join("private/canary.txt")).unwrap(), b"attacked");
}

/// A08: when the workspace is the home, what is ours in it is not there for tools, under whatever name it lies.
#[test]
fn a08_our_own_folders_do_not_exist_where_the_workspace_is_the_home() {
    let scene = Scene::new();
    let home = scene.house.home();
    fs::write(home.join("README.md"), "home words\n").unwrap();
    let place = ["--workspace-dir", home.to_str().unwrap()];
    let own = ["config", "local/share", "local/state", "cache"].map(|folder| format!(".{folder}/boxagnts"));
    let mut attacks = Vec::new();
    for folder in &own {
        let file = if folder.contains("config") { "config.toml" } else { "canary.txt" };
        let absent = |effect: &str, file: &str| Fate::Absent(format!("fs.{effect}:/workspace/{folder}/{file}"));
        attacks.push(Attack::read(&format!("{folder}/{file}"), absent("read", file)));
        attacks.push(Attack::write(&format!("{folder}/{file}"), absent("write", file)));
        attacks.push(Attack::write(&format!("{folder}/x"), absent("write", "x")));
        attacks.push(Attack::script(&format!("cat {folder}/*; cp -r {folder} /tmp/x; ls {folder}"), Fate::Harmless));
        attacks.push(Attack::script(&format!("rm -rf {folder}; mv {folder} y; echo z > {folder}/z"), Fate::Harmless));
    }
    for folder in [".config", ".local", ".local/share", ".cache"] {
        let fate =
            refused(&format!("fs.write:/workspace/{folder}"), "a folder around what is BoxAgnts' own is not moved");
        attacks.push(Attack::script(&format!("mv {folder} moved && mkdir -p {folder}/boxagnts"), fate));
    }
    attacks.push(Attack::script("rm -rf .cache .local .config", Fate::Harmless));
    let after = storm_in(&scene, &attacks, &EVERYTHING, &place, 1);
    is_untouched(&scene, &after);
    assert!(!home.join("y").exists() && !home.join("moved").exists());
    // The twin: the rest of the home is a workspace like any other, and the person chose it.
    let word = scene.word("home/.bashrc");
    storm_in(&scene, &[Attack::read(".bashrc", Fate::Done(word))], &EVERYTHING, &place, 1);
}

/// A09 A10: what is huge, sparse or explosive ends, and the session goes on.
#[test]
fn a09_a10_what_is_huge_or_explodes_ends_in_bounds() {
    let scene = Scene::new();
    let sparse = fs::File::create(scene.house.workspace().join("sparse.bin")).unwrap();
    sparse.set_len(10 << 30).unwrap();
    scene.house.write("long.txt", "a".repeat(1 << 20));
    let star = format!("{}*", "**/".repeat(200));
    let attacks = [
        Attack::read("sparse.bin", Fate::Empty),
        Attack::new("grep", json!({"pattern": "(a+)+b", "path": "long.txt"}), Fate::Empty),
        Attack::new("grep", json!({"pattern": "(((a{1,100}){1,100}){1,100}){1,100}", "path": "long.txt"}), Fate::Empty),
        Attack::new("glob", json!({ "pattern": star }), Fate::Empty),
        Attack::script("truncate -s 1T big; ls -l big", Fate::Empty),
        Attack::script("cat sparse.bin | wc -c", Fate::Empty),
        Attack::script("echo {1..99999999}", Fate::Empty),
        Attack::new("read", json!({"path": "long.txt", "limit": u64::MAX}), Fate::Empty),
    ];
    let after = storm(&scene, &attacks, &EVERYTHING);
    assert!(after.told.len() < 4 << 20, "what the model reads is bounded: {}", after.told.len());
    is_untouched(&scene, &after);
    let big = fs::metadata(scene.house.workspace().join("big")).map_or(0, |metadata| metadata.len());
    assert!(big <= 256 << 20, "{big}");
}

/// A12: what one session keeps in `/tmp` and in its shell is no other session's.
#[test]
fn a12_no_session_sees_what_another_keeps() {
    let scene = Scene::new();
    let word = format!("kept-{}", crate::scene::random());
    let keep = format!("echo {word} > /tmp/kept; KEPT={word}; cat /tmp/kept");
    // The twin: the session itself has it still.
    let own = [
        Attack::script(&keep, Fate::Done(word.clone())),
        Attack::script("cat /tmp/kept; echo and $KEPT", Fate::Done(format!("and {word}"))),
    ];
    let first = storm_in(&scene, &own, &[], &[], 1);
    let look = [
        Attack::read("/tmp/kept", Fate::Empty),
        Attack::read(&format!("/results/{}", first.session), Fate::Empty),
        Attack::script(
            "cat /tmp/kept /tmp/*/kept /results/*/* /results/*; ls -laR /tmp /results; set; history",
            Fate::Empty,
        ),
    ];
    let after = storm(&scene, &look, &[]);
    assert!(!after.told.contains(&word), "{}", after.told);
}

/// Ends what runs beside a storm.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A03: while scripts and tools read and write in a folder, somebody swaps it again and again with links: out of the
/// workspace, to where hooks are, and to what is ours.
#[test]
fn a03_a_folder_that_is_swapped_while_tools_use_it_leads_nowhere() {
    let scene = Scene::new();
    scene.house.write("d/canary.txt", "plain canary\n");
    scene.house.write("d/notes.txt", "plain notes\n");
    std::os::unix::fs::symlink(".boxagnts", scene.house.workspace().join("own")).unwrap();
    let [folder, links @ ..] = ["d", "out", "hooks", "own"].map(|name| scene.house.workspace().join(name));
    let (is_done, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
    let writes = "for i in {1..400}; do echo attacked > d/$i; echo attacked >> d/canary.txt; mkdir d/f$i; mv d/$i d/f$i/x; done; echo over";
    let reads = "for i in {1..400}; do cat d/canary.txt d/notes.txt; ls d; done 2>/dev/null | sort | uniq -c | tail -n 50; echo over";
    let attacks: Vec<Attack> = [writes, reads]
        .map(|script| Attack::script(script, Fate::Harmless))
        .into_iter()
        .chain((0..3).map(|number| Attack::write(&format!("d/new-{number}"), Fate::Harmless)))
        .chain((0..3).map(|_| Attack::read("d/notes.txt", Fate::Harmless)))
        .collect();
    let after = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                for link in &links {
                    // Twice, so that the folder has its own name again.
                    for _ in 0..2 {
                        renameat_with(CWD, &folder, CWD, link, RenameFlags::EXCHANGE).unwrap();
                        swaps.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        });
        // Also when the storm finds something.
        let _done = Done(&is_done);
        storm(&scene, &attacks, &EVERYTHING)
    });
    is_untouched(&scene, &after);
    // It was a race, and whoever came at the right moment was served.
    let written = fs::read_dir(&folder).unwrap().count();
    assert!(10 < written && 1000 < swaps.into_inner() && after.told.contains("plain"), "{written}");
}
