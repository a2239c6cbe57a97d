//! Class C: calls that take what belongs to all, and a model that never stops asking.

use crate::scene::Scene;
use crate::siege::{Attack, EVERYTHING, Fate, done, storm};
use boxagnts_tests::{Ended, ScriptedModel};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

/// C01 C05 C07 C08: eight calls side by side, seven of which want everything; the eighth has its answer.
#[test]
fn c01_c05_c07_c08_what_takes_everything_ends_and_its_neighbour_does_not() {
    let scene =
        Scene::with_settings("[tools.bash.limits]\ntimeout = \"2s\"\nbytes-written = \"8MiB\"\nfiles-written = 100\n");
    let bombs = [
        "while :; do :; done",
        ":(){ :|:& };:; f(){ f; f; }; f",
        "x=x; while :; do x=$x$x; done",
        "yes | sort; head -c 10G /dev/zero | tail -c 1 | od",
        "for i in {1..100000}; do echo $RANDOM; done | sha256sum; while :; do echo $RANDOM > /dev/null; done",
        "for i in {1..5000}; do echo x > many-$i || exit 1; done",
        "while :; do printf '%01000000d' 0 >> large || exit 1; done",
    ];
    let twin = Attack::script("for i in 1 2 3; do echo alive $i; done", done("alive 3"));
    let attacks: Vec<Attack> = bombs.iter().map(|bomb| Attack::script(bomb, Fate::Harmless)).chain([twin]).collect();
    let begun = Instant::now();
    let after = storm(&scene, &attacks, &EVERYTHING);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(after.told.len() < 4 << 20, "{}", after.told.len());
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(scene.house.workspace()).unwrap().map(Result::unwrap) {
        files += 1;
        bytes += entry.metadata().unwrap().len();
    }
    assert!(files < 120 && bytes < 9 << 20, "{files} files, {bytes} bytes");
    scene.is_untouched(&[&after.told]);
}

fn run(scene: &Scene, replies: &[Value], flags: &[&str]) -> (Ended, usize) {
    let _ = fs::remove_file(scene.house.outside().join("requests.jsonl"));
    let model = ScriptedModel::start(&scene.house, &json!(replies));
    let flags = [flags, &["--output-format", "json"]].concat();
    (Ended::of(&model.command(&scene.house, &flags).output().unwrap()), model.requests().len())
}

/// C09: the same call for ever, other calls for ever, and a thousand calls at once; each turn ends, and the next begins.
#[test]
fn c09_a_model_that_never_stops_is_stopped_and_can_be_spoken_to_again() {
    let scene = Scene::new();
    let call = |path: &str| json!({"calls": [{"tool": "read", "input": {"path": path}}], "usage": {"input": 1000, "output": 10}});
    let (ended, asked) = run(&scene, &vec![call("README.md"); 100], &EVERYTHING);
    assert!(ended.code == Some(3) && asked < 10, "{asked}: {ended:?}");
    let (ended, _) = run(&scene, &[json!({"text": "Here."})], &["--continue"]);
    assert_eq!(ended.code(0).json()["text"], "Here.");
    let others: Vec<Value> = (0..100).map(|number| call(&format!("{number}.md"))).collect();
    let (ended, asked) = run(&scene, &others, &EVERYTHING);
    assert!(ended.code == Some(3) && asked == 50, "{asked}: {ended:?}");
    let (ended, asked) = run(&scene, &others, &["--max-tokens", "5000"]);
    assert!(ended.code == Some(3) && asked < 10, "{asked}: {ended:?}");

    let write = |number: usize| json!({"tool": "write", "input": {"path": format!("many/{number}"), "content": "x"}});
    let flood: Vec<Value> = (0..1000).map(write).collect();
    let (ended, _) = run(&scene, &[json!({"calls": flood}), json!({"text": "Still here."})], &EVERYTHING);
    assert_eq!(ended.code(0).json()["text"], "Still here.");
    let many = fs::read_dir(scene.house.workspace().join("many")).unwrap().count();
    assert_eq!(many, 32, "so many calls of one message are run");
    scene.is_unchanged();
}
