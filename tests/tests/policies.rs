//! Policies of the machine and of the person, what explains them, and what an agent is offered.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_tests::{Ended, House, ScriptedModel};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

fn configure(house: &House, text: &str) -> PathBuf {
    let folder = house.home().join(".config/boxagnts");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), text).unwrap();
    folder.join("config.toml")
}

fn write(path: &str, more: &[&str]) -> Vec<String> {
    let input = json!({"path": path, "content": "x"}).to_string();
    let arguments = ["tool", "call", "write", &input].into_iter().chain(more.iter().copied());
    arguments.map(str::to_owned).collect()
}

const BYPASS: [&str; 2] = ["--permission-mode", "bypass"];

#[test]
fn a_persons_policy_stands_above_every_grant_and_its_line_is_named() {
    let house = House::new();
    configure(&house, "# mine\n[policy]\ndeny = [\n  \"fs.write:secret\",\n]\nask = [\"fs.write:asked\"]\n");
    let _added = house.run(["grant", "add", "fs.write:/workspace"]).code(0);
    let refused = house.run(write("secret/a", &["--allow", "fs.write:secret", BYPASS[0], BYPASS[1]])).code(1);
    assert!(refused.err.contains("deny fs.write:/workspace/secret (the user's policy config.toml:4)"), "{refused:?}");
    let asked = house.run(write("asked/a", &BYPASS)).code(4);
    assert!(asked.err.contains("ask fs.write:/workspace/asked (the user's policy config.toml:6)"), "{asked:?}");
    let _twin = house.run(write("other/a", &[])).code(0);
    let there = ["secret", "asked", "other"].map(|folder| house.workspace().join(folder).exists());
    assert_eq!(there, [false, false, true]);

    configure(&house, "[policy]\nallow = [\"fs.write:out\"]\n");
    let outside = house.run(write("b", &BYPASS)).code(1);
    assert!(outside.err.contains("the bounds of the user's policy config.toml:2"), "{outside:?}");
    let _inside = house.run(write("out/a", &BYPASS)).code(0);
    let read = house.run(["tool", "call", "read", r#"{"path":"other/a"}"#]).code(1);
    assert!(read.err.contains("bounds"), "what is not left is not there, reading too: {read:?}");
}

#[test]
fn grants_of_the_settings_are_for_our_tools_or_for_one() {
    let house = House::new();
    configure(&house, "[grants]\nallow = [\"fs.write:out\"]\n[grants.for.edit]\nallow = [\"fs.write:edited\"]\n");
    let quiet = ["--permission-mode", "dont-ask"];
    let _granted = house.run(write("out/a", &quiet)).code(0);
    let _other = house.run(write("edited/a", &quiet)).code(1);
    house.write("edited/b", "one\n");
    let edit = json!({"path": "edited/b", "old": "one", "new": "two"}).to_string();
    let _edited = house.run(["tool", "call", "edit", &edit, quiet[0], quiet[1]]).code(0);
    assert_eq!(house.read("edited/b"), "two\n");
    let nearer = house.run(write("out/b", &[&quiet[..], &["--deny", "fs.write:out"]].concat())).code(1);
    assert!(nearer.err.contains("command line"), "{nearer:?}");
}

/// E11: a policy that cannot be understood is no policy that says nothing.
#[test]
fn e11_a_broken_policy_stops_the_program_before_anything_happens() {
    let house = House::new();
    let model = ScriptedModel::start(&house, &json!([{"text": "Hello."}]));
    for (text, told) in [
        ("[policy]\ndeyn = []\n", ":2: there is no setting \"policy.deyn\"; did you mean \"policy.deny\"?"),
        ("[policy]\ndeny = [\"fs.wirte:a\"]\n", "did you mean \"fs.write:a\"?"),
        ("[policy]\ndeny = \"exec:*\"\n", ":2: policy.deny cannot be"),
        ("[policy]\ndeny = []\ndeny = []\n", ":3: "),
        ("\u{feff}[policy]\ndeny = []\n", "byte order mark"),
        (
            "[grants]\nallow = [{ capability = \"fs.write:a\", match = [\"fs.write:/workspace/b\"] }]\n",
            ":2: allow fs.write:/workspace/a does not concern",
        ),
        ("[grants.for.X]\nallow = []\n", "no tool name"),
        ("[agent]\naccess = \"none\"\n", "\"search-only\""),
    ] {
        let file = configure(&house, text);
        let run = Ended::of(&model.command(&house, &[]).output().unwrap());
        let others = [write("a", &BYPASS), ["policy", "explain", "fs.write:a"].map(str::to_owned).to_vec()];
        for stopped in [run].into_iter().chain(others.into_iter().map(|arguments| house.run(arguments))) {
            let stopped = stopped.code(2);
            assert!(stopped.err.contains("nothing is allowed"), "{stopped:?}");
            assert!(
                stopped.err.contains(told) && stopped.err.contains(file.to_str().unwrap()),
                "{text:?}: {stopped:?}"
            );
        }
    }
    assert!(!house.workspace().join("a").exists() && model.requests().is_empty());
    configure(&house, "");
    let _works = house.run(write("a", &BYPASS)).code(0);
}

/// What `policy explain` says is what happens, whatever the rules.
#[test]
fn what_is_explained_is_what_happens() {
    let house = House::new();
    configure(
        &house,
        "[policy]\nask = [\"fs.write:asked\"]\ndeny = [\"fs.write:denied\"]\n[grants]\nallow = [\"fs.write:granted\", \"fs.write:asked\"]\n",
    );
    let _added = house.run(["grant", "add", "fs.write:added"]).code(0);
    for mode in ["ask", "accept-edits", "plan", "dont-ask", "bypass"] {
        for folder in ["granted", "asked", "denied", "added", "other", ".git", "by-hand"] {
            let path = format!("{folder}/{mode}");
            let options = ["--permission-mode", mode, "--allow", "fs.write:by-hand"];
            let explained = house
                .run(
                    [
                        &[
                            "policy",
                            "explain",
                            &format!("fs.write:{path}"),
                            "--for",
                            "write",
                            "--output-format",
                            "json",
                        ][..],
                        &options,
                    ]
                    .concat(),
                )
                .code(0)
                .json();
            let code = match explained["verdict"].as_str().unwrap() {
                "allow" => 0,
                "ask" => 4,
                _ => 1,
            };
            let called = house.run(write(&path, &options)).code(code);
            let rule = explained["rule"].as_str().unwrap();
            assert_eq!(house.workspace().join(&path).exists(), code == 0, "{path}: {explained}");
            assert!(code == 0 || called.err.contains(rule), "{rule}: {called:?}");
            assert!(!explained["steps"].as_array().unwrap().is_empty());
        }
    }
}

#[test]
fn what_would_open_an_effect_opens_it() {
    let house = House::new();
    configure(&house, "[policy]\nask = [\"fs.write:asked\"]\n");
    let explain = |effect: &str| house.run(["policy", "explain", effect, "--output-format", "json"]).code(0).json();
    let offered = explain("fs.write:/workspace/it's $(here)");
    let command = offered["command"].as_str().unwrap().strip_prefix("boxagnts ").unwrap().to_owned();
    let program = boxagnts_tests::binary();
    let shell = format!("{} {command}", program.display());
    let done = Command::new("sh")
        .args(["-c", &shell])
        .env_clear()
        .env("HOME", house.home())
        .current_dir(house.workspace())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(explain("fs.write:/workspace/it's $(here)")["verdict"], "allow");
    assert!(explain("fs.write:asked/a")["command"].is_null(), "only an answer lifts it");
    assert!(explain("fs.write:.git/a")["command"].is_null());
    let unknown = house.run(["policy", "explain", "fs.write:a", "--agent", "bob"]).code(2);
    assert!(unknown.err.contains("no agent \"bob\"; there is: main"), "{unknown:?}");
    for wrong in ["fs.write:*.rs", "network:*", "nonsense"] {
        let _refused = house.run(["policy", "explain", wrong]).code(2);
    }
    let text = house.run(["policy", "explain", "fs.write:a", "--for", "weather"]).code(0).out;
    assert!(text.contains("is refused") && text.contains("--for weather"), "{text}");
}

#[test]
fn the_examples_of_a_policy_are_tried() {
    let house = House::new();
    let file = |text: &str| {
        house.write("policy.toml", text);
        house.run(["policy", "test", "policy.toml"])
    };
    let good = file("deny = [{ capability = \"fs.write:**/*.lock\", match = [\"fs.write:/workspace/a/x.lock\"], not_match = [\"fs.write:/workspace/a.rs\"] }]\n").code(0);
    assert!(good.out.contains("1 line, 2 examples"), "{good:?}");
    let bad = file("deny = [\n { capability = \"fs.write:*.lock\",\n   match = [\n   \"fs.write:/workspace/x.lock\",\n   \"fs.write:/workspace/a/x.lock\"] },\n]\n").code(1);
    assert!(
        bad.out
            .contains("policy.toml:5: deny fs.write:/workspace/*.lock does not concern fs.write:/workspace/a/x.lock"),
        "{bad:?}"
    );
    assert!(!bad.out.contains(":4:") && bad.err.contains("1 of 2 examples"), "{bad:?}");
    let settings =
        file("[grants]\nallow = [{ capability = \"network:*\", not_match = [\"network:http://127.0.0.1\"] }]\n")
            .code(0);
    assert!(settings.out.contains("1 line, 1 example"), "{settings:?}");
    let _broken = file("deyn = []").code(2);
    let _missing = house.run(["policy", "test", "missing.toml"]).code(2);
    let _folder = house.run(["policy", "test", "."]).code(2);
}

#[test]
fn an_access_leaves_tools_out_of_the_offer_and_the_door_refuses_them() {
    let house = House::new();
    house.write("a.txt", "here\n");
    let call = |tool: &str, input| json!({"tool": tool, "input": input});
    let calls = [call("write", json!({"path": "b.txt", "content": "x"})), call("read", json!({"path": "a.txt"}))];
    for access in ["full", "read-only", "search-only"] {
        configure(&house, &format!("[agent]\naccess = \"{access}\"\n"));
        let model = ScriptedModel::start(&house, &json!([{"calls": calls}, {"text": "Done."}]));
        let _answered = Ended::of(&model.command(&house, &BYPASS).output().unwrap()).code(0);
        let asked = &model.requests()[0]["body"];
        let tools: Vec<&str> =
            asked["tools"].as_array().unwrap().iter().map(|tool| tool["function"]["name"].as_str().unwrap()).collect();
        let full = access == "full";
        assert_eq!(
            (tools.contains(&"write"), tools.contains(&"bash"), tools.contains(&"read")),
            (full, full, true),
            "{access}"
        );
        assert_eq!(house.workspace().join("b.txt").exists(), full, "{access}");
        assert!(model.requests()[1]["body"].to_string().contains("here"), "the reading twin works");
        let by_hand = house.run(write("c.txt", &BYPASS)).code(i32::from(!full));
        assert!(full || by_hand.err.contains(access), "{by_hand:?}");
        assert_eq!(house.workspace().join("c.txt").exists(), full);
        let _clean = fs::remove_file(house.workspace().join("b.txt"));
        let _clean = fs::remove_file(house.workspace().join("c.txt"));
        fs::remove_file(house.outside().join("requests.jsonl")).unwrap();
    }
}

/// A machine of its own for the program: another `/etc`, where the test is the administrator.
struct Machine {
    house: House,
    etc: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let house = House::new();
        let etc = house.outside().join("etc");
        fs::create_dir_all(etc.join("boxagnts")).unwrap();
        fs::set_permissions(etc.join("boxagnts"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { house, etc }
    }

    fn policy(&self) -> PathBuf {
        self.etc.join("boxagnts/policy.toml")
    }

    fn says(&self, text: &str) {
        fs::write(self.policy(), text).unwrap();
        fs::set_permissions(self.policy(), fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn run(&self, arguments: &[String]) -> Ended {
        let script = "mount --bind \"$0\" /etc && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(&self.etc);
        command.arg(boxagnts_tests::binary()).args(arguments).current_dir(self.house.workspace());
        Ended::of(&command.env("HOME", self.house.home()).output().expect("unshare is there"))
    }

    fn there(&self, path: &str) -> bool {
        self.house.workspace().join(path).exists()
    }
}

#[test]
fn a_managed_policy_stands_above_the_person() {
    let machine = Machine::new();
    let _twin = machine.run(&write("secret/a", &BYPASS)).code(0);
    machine.says("deny = [\"fs.write:secret\"]\n");
    configure(&machine.house, "[grants]\nallow = [\"fs.write:secret\"]\n");
    let refused = machine.run(&write("secret/b", &[&BYPASS[..], &["--allow", "fs.write:secret"]].concat())).code(1);
    let named = "deny fs.write:/workspace/secret (the managed policy /etc/boxagnts/policy.toml:1)";
    assert!(refused.err.contains(named), "{refused:?}");
    let _beside = machine.run(&write("other", &BYPASS)).code(0);
    assert_eq!((machine.there("secret/b"), machine.there("other")), (false, true));
}

/// E11: a managed policy that is broken, or that a user could have written, allows nothing.
#[test]
fn e11_a_managed_policy_that_cannot_count_allows_nothing() {
    let machine = Machine::new();
    let stops = |told: &str| {
        let stopped = machine.run(&write("a", &BYPASS)).code(2);
        assert!(stopped.err.contains("nothing is allowed") && stopped.err.contains(told), "{told}: {stopped:?}");
        let explained = machine.run(&["policy", "explain", "memory.read"].map(str::to_owned)).code(2);
        assert!(explained.err.contains("nothing is allowed"), "{explained:?}");
    };
    machine.says("");
    stops("says nothing");
    machine.says("deyn = []\n");
    stops("/etc/boxagnts/policy.toml:1: there is no setting \"deyn\"");
    machine.says("deny = [\"exec:*\"]\n");
    fs::set_permissions(machine.policy(), fs::Permissions::from_mode(0o666)).unwrap();
    stops("can be written by others");
    fs::remove_file(machine.policy()).unwrap();
    symlink("/etc/elsewhere", machine.policy()).unwrap();
    stops("no plain file");
    assert!(!machine.there("a"));
    fs::remove_file(machine.policy()).unwrap();
    let _works = machine.run(&write("a", &BYPASS)).code(0);
    assert!(machine.there("a"));
}
