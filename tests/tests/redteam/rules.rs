//! Class E: rules that end while they are used, and rules that nobody can read.

use crate::scene::Scene;
use crate::siege::{EVERYTHING, receipts, verify};
use boxagnts_testkit::wire::{Answer, Server};
use boxagnts_tests::{Ended, ScriptedModel};
use serde_json::{Value, json};
use std::fs;
use std::process::Child;

/// A model that writes one file after the other until that is refused, makes these calls beside it, and writes another
/// file then.
fn writes_on(scene: &Scene, beside: &[Value]) -> ScriptedModel {
    let script = "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo x > made/$i || exit 3; sleep 0.01; done";
    let calls = [&[json!({"tool": "bash", "input": {"script": script}})], beside].concat();
    let replies = json!([
        {"calls": calls},
        {"calls": [{"tool": "write", "input": {"path": "made/after", "content": "x"}}, {"tool": "read", "input": {"path": "README.md"}}]},
        {"text": "Done."},
    ]);
    fs::create_dir_all(scene.house.workspace().join("made")).unwrap();
    ScriptedModel::start(&scene.house, &replies)
}

fn written(scene: &Scene) -> usize {
    fs::read_dir(scene.house.workspace().join("made")).unwrap().count()
}

fn granted(scene: &Scene, capability: &str) -> String {
    let added = ["grant", "add", capability, "--scope", "always", "--output-format", "json"];
    scene.house.run(added).code(0).json()["id"].as_str().unwrap().to_owned()
}

fn started(scene: &Scene, model: &ScriptedModel) -> Child {
    let flags = ["--permission-mode", "dont-ask", "--output-format", "json"];
    model.command(&scene.house, &flags).spawn().unwrap()
}

/// Both writers were refused with a receipt, and the rest of the session worked.
fn ends_refused(scene: &Scene, model: &ScriptedModel, child: Child) -> Vec<String> {
    let ended = Ended::of(&child.wait_with_output().unwrap()).code(0).json();
    assert!(5 <= written(scene) && !scene.has("made/after"), "{} files", written(scene));
    let receipts = receipts(scene, ended["session"].as_str().unwrap(), &[]);
    let refused = receipts.iter().filter(|receipt| receipt["body"]["decision"] == "refused");
    let refused: Vec<&str> = refused.map(|receipt| receipt["body"]["effect"].as_str().unwrap()).collect();
    assert!(2 <= refused.len() && refused.contains(&"fs.write:/workspace/made/after"), "{refused:?}");
    let told = model.requests().pop().unwrap()["body"].to_string();
    assert!(told.contains("[exit code 3]") && told.contains("plain words"), "{told}");
    verify(scene, &[]);
    refused.into_iter().map(str::to_owned).collect()
}

/// E09: two rights are taken back while a script writes and an answer is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn e09_a_right_that_is_taken_back_ends_what_runs_under_it() {
    let scene = Scene::new();
    let pieces = ["HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 16\r\n\r\nfirst", " and later."];
    let pieces = pieces.map(|piece| piece.as_bytes().to_vec()).to_vec();
    let server = Server::here(Answer { pieces, waits: true, ..Answer::default() }).await;
    let network = format!("network.get:http://{}", server.address);
    let ids = [granted(&scene, "fs.write:made"), granted(&scene, &network)];
    let fetch = json!({"tool": "web_fetch", "input": {"url": server.url("/")}});
    let model = writes_on(&scene, std::slice::from_ref(&fetch));
    let child = started(&scene, &model);
    server.hears(1).await;
    while written(&scene) < 5 {
        std::thread::yield_now();
    }
    for id in ids.iter().rev() {
        let _revoked = scene.house.run(["grant", "revoke", id]).code(0);
    }
    // The script has ended: the program knows what was taken back, and the rest of the answer comes too late.
    let ended = |event: &Value| event["type"] == "call.finished" && event["body"]["tool"] == "bash";
    while !scene.house.events(&scene.house.newest_session()).iter().any(ended) {
        std::thread::yield_now();
    }
    server.go_on();
    let refused = ends_refused(&scene, &model, child);
    assert!(refused.contains(&network), "{refused:?}");
    assert!(!json!(model.requests()).to_string().contains("and later"));
    scene.is_unchanged();
    // The control: granted again, the same request has its whole answer.
    granted(&scene, &network);
    let _ = fs::remove_file(scene.house.outside().join("requests.jsonl"));
    let model = ScriptedModel::start(&scene.house, &json!([{"calls": [fetch]}, {"text": "Done."}]));
    let child = started(&scene, &model);
    server.hears(2).await;
    server.go_on();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert!(json!(model.requests()).to_string().contains("first and later"));
}

/// E11: a law that cannot be read allows nothing, at the start and in the middle of a session.
#[test]
fn e11_a_law_that_cannot_be_read_allows_nothing() {
    let scene = Scene::new();
    let config = scene.house.home().join(".config/boxagnts/config.toml");
    let settings = fs::read(&config).unwrap();
    let model = ScriptedModel::start(
        &scene.house,
        &json!([{"calls": [{"tool": "write", "input": {"path": "x", "content": "attacked"}}]}, {"text": "Done."}]),
    );
    let run = || Ended::of(&model.command(&scene.house, &EVERYTHING).output().unwrap());
    for text in [
        &b"[policy]\ndeyn = [\"fs.write:/workspace\"]\n"[..],
        b"[policy]\ndeny = [\"fs.wirte:/workspace\"]\n",
        b"[policy]\ndeny = [\"fs.write:/workspace\"]\ndeny = []\n",
        b"[policy]\ndeny = [\"fs.write:/workspace\"]\n[policy]\n",
        b"[policy]\ndeny = \"fs.write:/workspace\"\n",
        b"[policy]\ndeny = [1]\n",
        b"[policy\n",
        b"policy = []\n",
        b"\xef\xbb\xbf[policy]\ndeny = []\n",
        b"[policy]\ndeny = [\"fs.write:\xff\"]\n",
        b"\0",
        b"[policy]\n\"d\\u0000eny\" = []\n",
    ] {
        fs::write(&config, text).unwrap();
        let ended = run();
        let shown = String::from_utf8_lossy(text);
        assert!(ended.code == Some(2) && ended.err.contains("nothing is allowed"), "{shown}: {ended:?}");
    }
    fs::remove_file(&config).unwrap();
    fs::create_dir(&config).unwrap();
    assert_eq!(run().code, Some(2), "a folder is no law either");
    fs::remove_dir(&config).unwrap();
    assert!(!scene.has("x") && model.requests() == Vec::<Value>::new(), "the model was asked");
    fs::write(&config, settings).unwrap();
    assert_eq!(run().code, Some(0));
    assert!(scene.has("x"), "the control: the same call under a law that can be read");

    // In the middle of a session: what was granted may have been taken back, so it is granted no more.
    for garbage in ["", "{\"v\":1,\"v\":1,\"grants\":[]}", "not JSON", "\u{feff}{}"] {
        let _ = fs::remove_dir_all(scene.house.workspace().join("made"));
        let _ = fs::remove_file(scene.house.outside().join("requests.jsonl"));
        granted(&scene, "fs.write:made");
        let model = writes_on(&scene, &[]);
        let child = started(&scene, &model);
        while written(&scene) < 5 {
            std::thread::yield_now();
        }
        let file = scene.house.home().join(".local/share/boxagnts/grants/always.json");
        fs::write(&file, garbage).unwrap();
        ends_refused(&scene, &model, child);
        fs::remove_file(file).unwrap();
    }
}
