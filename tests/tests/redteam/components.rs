//! Components that attack from inside: tools that a person trusted and granted something, as the model calls them.

use crate::liar::Lie;
use crate::oddity::Oddity;
use crate::scene::{Brought, Scene};
use crate::siege::{Attack, EVERYTHING, Fate, done, refused, size_after, storm};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NOT_GRANTED: &str = "the rules, none of which names it";

fn probe(ops: &Value, fate: Fate) -> Attack {
    Attack::new("probe", json!({ "ops": ops }), fate)
}

fn raw(base: &str, path: &str, access: &[&str], flags: &[&str]) -> Value {
    json!([{"op": "raw_open", "base": base, "path": path, "access": access, "flags": flags, "data": "attacked"}])
}

/// A04: what was opened to be read is not cut, created or written, whatever flags come along.
#[test]
fn a04_a_component_that_may_only_read_cuts_and_creates_nothing() {
    let scene = Scene::bringing("", &[Brought::hostile("probe")]);
    scene.grants("probe", &["fs.read:/workspace"]);
    let before = scene.state("README.md");
    let write = |path: &str| refused(&format!("fs.write:/workspace/{path}"), NOT_GRANTED);
    let open = |path: &str, access: &[&str], flags: &[&str], fate| probe(&raw("/workspace", path, access, flags), fate);
    let attacks = [
        probe(&json!([{"op": "truncate", "path": "/workspace/README.md"}]), write("README.md")),
        open("README.md", &["read"], &["truncate"], write("README.md")),
        open("README.md", &[], &["truncate"], write("README.md")),
        open("README.md", &["read"], &["create", "truncate"], write("README.md")),
        open("in/main.rs", &["read"], &["truncate"], write("in/main.rs")),
        open("new.md", &["read"], &["create"], write("new.md")),
        open("new.md", &["read"], &["create", "exclusive"], write("new.md")),
        probe(&json!([{"op": "set_len", "path": "/workspace/README.md", "size": 0}]), write("README.md")),
        probe(&json!([{"op": "set_times", "path": "/workspace/README.md", "seconds": 1}]), write("README.md")),
        // What is open to be read takes no bytes.
        open("README.md", &["read"], &[], Fate::Empty),
        open("README.md", &[], &[], Fate::Empty),
        probe(&json!([{"op": "read", "path": "/workspace/README.md"}]), done("plain words")),
    ];
    let after = storm(&scene, &attacks, &EVERYTHING);
    assert!(scene.state("README.md") == before && !scene.has("new.md"));
    scene.is_untouched(&[&after.told]);
    // The control: with the grant, the same flags cut the same file.
    scene.grants("probe", &["fs.write:/workspace/README.md"]);
    storm(&scene, &[probe(&json!([{"op": "truncate", "path": "/workspace/README.md"}]), done("size"))], &EVERYTHING);
    assert_eq!(scene.house.read("README.md"), "");
}

/// A13: neither a path from one folder into another nor a number that nobody gave is a handle.
#[test]
fn a13_no_folder_and_no_number_is_a_handle_of_anything_else() {
    let numbers = ["none", "first", "third", "tenth", "last"].into_iter().zip([0, 1, 3, 10, u32::MAX]);
    let numbers: Vec<_> = numbers.map(|(name, number)| (name, Lie::Handle(number))).collect();
    let brought = numbers.iter().map(|(name, lie)| Brought::command(name, lie.command()));
    let brought: Vec<Brought> = brought.chain([Brought::hostile("probe")]).collect();
    let scene = Scene::bringing("", &brought);
    scene.grants("probe", &["fs.read:/workspace", "fs.write:/workspace"]);
    let map = format!("{}:private:rw", scene.house.outside().join("private").display());
    let from = |base: &str, path: &str, fate| probe(&raw(base, path, &["read"], &[]), fate);
    let private = |effect: &str| refused(&format!("{effect}:/folders/private/canary.txt"), "");
    let mut attacks = vec![
        from("/workspace", "../folders/private/canary.txt", Fate::Harmless),
        from("/workspace", "src/../../folders/private/canary.txt", Fate::Harmless),
        from("/workspace", "/folders/private/canary.txt", Fate::Harmless),
        from("/folders/private", "../../workspace/../private/canary.txt", Fate::Harmless),
        from("/folders/private", "canary.txt", private("fs.read")),
        probe(&json!([{"op": "read", "path": "/folders/private/canary.txt"}]), private("fs.read")),
        probe(&json!([{"op": "append", "path": "/folders/private/canary.txt", "data": "x"}]), private("fs.write")),
        probe(
            &json!([
                {"op": "rename", "from": "/folders/private/canary.txt", "to": "/workspace/taken"},
                {"op": "rename", "from": "/workspace/README.md", "to": "/folders/private/README.md"},
                {"op": "hard_link", "from": "/folders/private/canary.txt", "to": "/workspace/taken"},
                {"op": "list", "path": "/folders/private/.."},
            ]),
            Fate::Harmless,
        ),
        // Beside them, a tool that may reads all of that folder: its handles are nobody else's.
        Attack::script(
            "for i in {1..300}; do wc -c /folders/private/canary.txt > /dev/null; done; echo held",
            done("held"),
        ),
    ];
    attacks.extend(numbers.iter().map(|(name, _)| Attack::new(name, json!({}), Fate::Rejected)));
    let after = storm(&scene, &attacks, &[&["--map", &map][..], &EVERYTHING].concat());
    assert!(after.told.contains("unknown handle index"), "a number that nobody gave is seen as one");
    assert!(!scene.has("taken") && scene.has("README.md"));
    scene.is_untouched(&[&after.told]);
    // The control: granted, the folder that the person mapped is opened from its own handle.
    scene.grants("probe", &["fs.read:/folders/private"]);
    let granted = [from("/folders/private", "canary.txt", done("file"))];
    storm(&scene, &granted, &[&["--map", &map][..], &EVERYTHING].concat());
}

/// C02 C04 C10: eight components that take or claim more than there is, and a ninth beside them that works.
#[test]
fn c02_c04_c10_what_a_component_hoards_or_lies_about_ends_its_own_call_alone() {
    let many = |memories, pages, tables, elements| Oddity { memories, pages, tables, elements, ..Oddity::default() };
    let text = |begins, bytes| Lie::Text { begins, bytes }.command();
    let scene = Scene::bringing(
        "",
        &[
            // Four memories of 32 MiB, each far below the bound of 64; ten tables of 20,000 elements.
            Brought::command("memories", many(4, 512, 0, 0).command()),
            Brought::command("tables", many(1, 1, 10, 20_000).command()),
            Brought::command("fits", many(4, 200, 10, 9_000).command()),
            Brought::command("behind", text(u32::MAX, 1)),
            Brought::command("endless", text(0, u32::MAX)),
            Brought::command("across", text((1 << 16) - 1, 2)),
            Brought::command("honest", text((1 << 16) - 1, 1)),
            Brought::idle("hog"),
            Brought::idle("flood"),
            Brought::hostile("probe"),
        ],
    );
    scene.grants("probe", &["fs.read:/workspace"]);
    let open = |count: u64| json!([{"op": "open_many", "path": "/workspace/README.md", "count": count}]);
    let files = "1024 open files, folders, streams and timers";
    let hoards = [
        Attack::new("memories", json!({}), Fate::Stopped("64 MiB of memory")),
        Attack::new("tables", json!({}), Fate::Stopped("100000 table elements")),
        Attack::new("hog", json!({"mib": 1000}), Fate::Stopped("64 MiB of memory")),
        probe(&open(1_000_000), Fate::Stopped(files)),
        probe(&json!([{"op": "timers", "count": 1_000_000}]), Fate::Stopped(files)),
        Attack::new("flood", json!({"lines": 1, "line_bytes": 40 << 20}), Fate::Stopped("16 MiB of output")),
        Attack::new("flood", json!({"output": 4 << 20, "pieces": 8}), Fate::Stopped("16 MiB of output")),
    ];
    let lies = ["behind", "endless", "across"].map(|name| Attack::new(name, json!({}), Fate::Rejected));
    let twins = [
        Attack::new("fits", json!({}), done("")),
        Attack::new("honest", json!({}), done("")),
        Attack::new("hog", json!({"mib": 40}), done("took 40 MiB")),
        probe(&open(500), done("opened")),
        Attack::script("for i in 1 2 3; do echo alive $i; done", done("alive 3")),
    ];
    let after = storm(&scene, &[&hoards[..], &lies, &twins].concat(), &EVERYTHING);
    scene.is_untouched(&[&after.told]);
    assert!(after.told.contains("string pointer/length out of bounds of memory"), "a lie about a text is seen as one");
    // What they asked for was never taken from the machine, and what they had is given back.
    let size = size_after(&scene, &[&hoards[..], &lies].concat(), &[]);
    assert!(size.most_memory < 250 && size.open_files < 100, "{} MiB, {} files", size.most_memory, size.open_files);
}

/// C06: a repository whose tools take the compiler down: they are left out, and the one beside them works.
#[test]
fn c06_a_component_that_takes_the_compiler_down_is_left_out_alone() {
    let hard = |hard_functions| Oddity { hard_functions, ..Oddity::default() }.command();
    let limits = "[tools.hard.limits]\ncompile-time = \"1s\"\n[tools.large.limits]\ncompile-memory = \"160MiB\"\n[tools.big.limits]\ncomponent = \"1KiB\"\n";
    let [large, big] = [("large", 3), ("big", 1)].map(|(name, functions)| Brought::command(name, hard(functions)));
    let begun = Instant::now();
    let scene = Scene::bringing(limits, &[Brought::command("hard", hard(200)), large, big, Brought::hostile("probe")]);
    scene.grants("probe", &["fs.read:/workspace"]);
    let mut attacks = ["hard", "large", "big"].map(|name| Attack::new(name, json!({}), Fate::Rejected)).to_vec();
    attacks.push(probe(&json!([{"op": "read", "path": "/workspace/README.md"}]), done("plain words")));
    let after = storm(&scene, &attacks, &EVERYTHING);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    let is_offered = |name: &str| after.told.contains(&format!("\"name\":\"{name}\",\"parameters\""));
    assert_eq!(["hard", "large", "big", "probe"].map(is_offered), [false, false, false, true]);
    scene.is_untouched(&[&after.told]);
    // The control: where the person says nothing of limits, two of them are tools like any other.
    let [large, big] = [("large", 3), ("big", 1)].map(|(name, functions)| Brought::command(name, hard(functions)));
    let scene = Scene::bringing("", &[large, big]);
    storm(&scene, &["large", "big"].map(|name| Attack::new(name, json!({}), done(""))), &EVERYTHING);
}
