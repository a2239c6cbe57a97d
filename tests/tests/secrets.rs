//! Secrets from end to end: the real program, its home, its outputs, its model and its servers are searched for them.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

use boxagnts_testkit::wire::{Answer, Server};
use boxagnts_tests::terminal::Person;
use boxagnts_tests::{Ended, House, ScriptedModel, binary};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;

/// Another value at each run: nothing can know it beforehand.
fn random() -> String {
    // With what stands before it a multiple of three, so that its base64 is the value's alone.
    let mut bytes = [0; 15];
    std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    format!("sk-{}", hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Base64 of a value whose length is a multiple of three.
fn base64(value: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = |chunk: &[u8]| chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let digit = |bits: u32, shift: u32| char::from(DIGITS[(bits >> shift & 63) as usize]);
    let chunks = value.as_bytes().chunks_exact(3).map(bits);
    chunks.flat_map(|bits| [18, 12, 6, 0].map(|shift| digit(bits, shift))).collect()
}

/// The value in the forms that are looked for.
fn forms(value: &str) -> Vec<String> {
    let percent = hex(value.as_bytes())
        .as_bytes()
        .chunks(2)
        .fold(String::new(), |all, digits| format!("{all}%{}", std::str::from_utf8(digits).unwrap()));
    let reversed = value.chars().rev().collect();
    let hex = hex(value.as_bytes());
    vec![value.to_owned(), base64(value), hex.to_uppercase(), hex, percent.to_uppercase(), percent, reversed]
}

fn stands(value: &str, bytes: &[u8]) -> bool {
    forms(value).iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}

/// Where a value stands in what the program left: the files of its home, except the one that keeps it.
fn left_in(house: &House, value: &str) -> Vec<String> {
    let files = house.left_behind().into_iter().filter(|(path, _)| !path.parent().unwrap().ends_with("secrets"));
    files.filter(|(_, bytes)| stands(value, bytes)).map(|(path, _)| path.display().to_string()).collect()
}

fn set(house: &House, name: &str, host: &str, value: &str) -> Ended {
    let mut child = house.command(["secret", "set", name, "--host", host]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{value}\n").as_bytes()).unwrap();
    Ended::of(&child.wait_with_output().unwrap())
}

fn fetch(house: &House, url: &str, headers: &Value, flags: &[&str]) -> Ended {
    let input = json!({ "url": url, "headers": headers }).to_string();
    house.run([&["tool", "call", "web_fetch", &input], flags].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn d02_d03_a_secret_is_in_the_one_request_and_in_nothing_that_the_program_leaves() {
    for is_set in [true, false] {
        let (house, value, key) = (House::new(), random(), random());
        let page = format!("you sent {}", forms(&value).join(" and "));
        let server = Server::here(Answer::page("text/plain", &page)).await;
        let grant = format!("network.get:http://{}", server.address);
        if is_set {
            let _set = set(&house, "TOKEN", &server.address.to_string(), &value).code(0);
        }
        // It lies in the workspace too, where the agent may read it, and the model has learned it elsewhere.
        house.write("notes.txt", forms(&value).join("\n"));
        let headers = json!({ "Authorization": "Bearer {{secret:TOKEN}}" });
        let fetched = json!({ "tool": "web_fetch", "input": { "url": server.url("/me"), "headers": headers } });
        let calls = json!([
            { "tool": "read", "input": { "path": "notes.txt" } },
            fetched,
            { "tool": "read", "input": { "path": format!("{value}.txt") } },
        ]);
        let said = format!("It is {value}, or {}.", forms(&value)[3]);
        let replies = json!([{ "calls": calls, "piece": 5 }, { "text": said, "thinking": said, "piece": 3 }]);
        let model = ScriptedModel::start(&house, &replies);
        let flags = ["--allow", &grant, "--allow", "secret:TOKEN@127.0.0.1", "--output-format", "stream-json"];
        let ended = Ended::of(&model.command(&house, &flags).env("OPENAI_API_KEY", &key).output().unwrap()).code(0);
        let again = house.run(["session", "show", &house.newest_session()]).code(0);
        let outputs = [&ended.out, &ended.err, &again.out, &again.err].map(|text| stands(&value, text.as_bytes()));
        let asked = stands(&value, json!(model.requests()).to_string().as_bytes());
        let heard = server.heard();
        assert!(heard.iter().all(|head| !head.contains("secret:")), "no placeholder leaves as text: {heard:?}");
        assert_eq!(left_in(&house, &key), Vec::<String>::new(), "the key of the model is nowhere");
        if is_set {
            assert!(heard.len() == 1 && heard[0].contains(&format!("authorization: Bearer {value}\r\n")), "{heard:?}");
            assert_eq!(left_in(&house, &value), Vec::<String>::new());
            assert_eq!((outputs, asked), ([false; 4], false), "{ended:?}");
            assert!(ended.out.contains("It is ***"), "{}", ended.out);
        } else {
            // The control: these eyes see it wherever nothing covers it.
            assert_eq!(heard, Vec::<String>::new());
            assert_ne!(left_in(&house, &value), Vec::<String>::new());
            assert!(outputs[0] && outputs[2] && asked, "{outputs:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d05_without_a_grant_a_secret_that_is_set_looks_like_one_that_is_not() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let (house, grant) = (House::new(), format!("network.get:http://{}", server.address));
    let _set = set(&house, "TOKEN", &server.address.to_string(), &random()).code(0);
    let ask = |name: &str, more: &[&str]| {
        let headers = json!({ "x-api-key": format!("{{{{secret:{name}}}}}") });
        fetch(&house, &server.url("/"), &headers, &[&["--allow", &grant], more].concat())
    };
    for flags in [&[][..], &["--permission-mode", "bypass"]] {
        let (there, absent) = (ask("TOKEN", flags).code(1), ask("ABSENT", flags).code(1));
        assert!(there.err.contains("needs secret:TOKEN@127.0.0.1"), "{}", there.err);
        assert_eq!(there.err.replace("TOKEN", "ABSENT"), absent.err);
    }
    // With it: one is sent, the other is not, and a wildcard for hosts is no binding.
    let everything = ["--allow", "secret:*@*"];
    let _sent = ask("TOKEN", &everything).code(0);
    let absent = ask("ABSENT", &everything).code(1);
    assert!(absent.err.contains("no secret ABSENT is set for GET"), "{}", absent.err);
    let elsewhere = Server::here(Answer::page("text/plain", "Hello")).await;
    let other = format!("network.get:http://{}", elsewhere.address);
    let headers = json!({ "authorization": "{{secret:TOKEN}}" });
    let flags = [&["--allow", &other][..], &everything].concat();
    let refused = fetch(&house, &elsewhere.url("/"), &headers, &flags).code(1);
    assert!(refused.err.contains("no secret TOKEN is set for GET"), "{}", refused.err);
    assert_eq!((server.heard().len(), elsewhere.heard().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn b11_a_value_in_the_open_is_refused_with_a_receipt_that_does_not_show_it() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let (house, value, grant) = (House::new(), random(), format!("network.get:http://{}", server.address));
    let _set = set(&house, "TOKEN", "api.example.com", &value).code(0);
    for form in forms(&value) {
        let refused = fetch(&house, &server.url(&format!("/?d={form}")), &json!({}), &["--allow", &grant]).code(1);
        assert!(refused.err.contains("holds the value of a secret"), "{}", refused.err);
        let receipts = house.events(&house.newest_session());
        let refusal = receipts.iter().find(|event| event["body"]["decision"] == "refused").unwrap();
        assert!(refusal["body"]["rule"].as_str().unwrap().contains("binding of secrets"), "{refusal}");
        assert!(!stands(&value, format!("{refused:?}{receipts:?}").as_bytes()));
    }
    assert_eq!(server.heard(), Vec::<String>::new());
    assert_eq!(left_in(&house, &value), Vec::<String>::new());
    let _twin = fetch(&house, &server.url("/?d=x"), &json!({}), &["--allow", &grant]).code(0);
}

#[test]
fn d04_a_question_shows_stars_where_a_secret_stands_in_the_arguments() {
    let (house, value) = (House::new(), random());
    let _set = set(&house, "TOKEN", "api.example.com", &value).code(0);
    let mut person = Person::new();
    let input = json!({ "path": "a.txt", "content": format!("key = {value}\n") }).to_string();
    let child = person.starts(&mut house.command(["tool", "call", "write", &input]));
    let screen = person.sees("Allow?", 1).to_owned();
    assert!(screen.contains("key = ***") && !stands(&value, screen.as_bytes()), "{screen}");
    // Another program sees the same question.
    let answered = house.run(["session", "answer", &house.newest_session(), "once"]).code(0);
    let output = Ended::of(&child.wait_with_output().unwrap()).code(0);
    assert!(!stands(&value, format!("{answered:?}{output:?}").as_bytes()));
    assert_eq!(left_in(&house, &value), Vec::<String>::new());
    // What the person said yes to is what was done.
    assert_eq!(house.read("a.txt"), format!("key = {value}\n"));
}

#[test]
fn d07_every_file_of_ours_is_for_its_owner_alone_under_any_umask() {
    let (house, value) = (House::new(), random());
    house.write("a.txt", "before");
    let script = "umask 000; printf '%s' \"$VALUE\" | \"$0\" secret set TOKEN --host a.com &&
        \"$0\" tool call write '{\"path\":\"a.txt\",\"content\":\"after\"}' --allow fs.write:/workspace &&
        \"$0\" secret set TOKEN --host b.com </dev/null; \"$0\" secret list";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script]).arg(binary()).env_clear().env("HOME", house.home()).env("VALUE", &value);
    let output = shell.env("PATH", "/usr/bin:/bin").current_dir(house.workspace()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("a.com:443"), "{output:?}");
    let (mut folders, mut seen) = (vec![house.home()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if path.components().any(|part| part.as_os_str() == "boxagnts") {
                assert_eq!(metadata.mode() & 0o077, 0, "{}: {:o}", path.display(), metadata.mode());
                seen += 1;
            }
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(10 < seen, "{seen}");
}

#[test]
fn a_secret_is_typed_unseen_listed_without_its_value_and_removed() {
    let (house, value) = (House::new(), random());
    let mut person = Person::new();
    let arguments = ["secret", "set", "TOKEN", "--host", "api.example.com:8443", "--method", "get"];
    let child = person.starts(&mut house.command(arguments));
    person.sees("it is not shown", 1);
    person.types(&format!("wrong\u{15}{value}xé\u{7f}\u{7f}\r"));
    let screen = person.sees("is set for api.example.com:8443", 1).to_owned();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert!(!screen.contains(&value) && !screen.contains("wrong"), "{screen}");
    let listed = house.run(["secret", "list", "--output-format", "json"]).code(0).json();
    assert_eq!((&listed[0]["name"], &listed[0]["methods"]), (&json!("TOKEN"), &json!(["GET"])));
    let shown = house.run(["secret", "list"]).code(0);
    assert!(shown.out.contains("TOKEN  api.example.com:8443") && !stands(&value, shown.out.as_bytes()), "{shown:?}");
    let kept = std::fs::read_to_string(house.home().join(".local/share/boxagnts/secrets/TOKEN")).unwrap();
    assert!(kept.contains(&format!("\"{value}\"")), "what was taken back is gone, and no more");
    let _removed = house.run(["secret", "remove", "TOKEN"]).code(0);
    let _absent = house.run(["secret", "remove", "TOKEN"]).code(2);
    assert_eq!(house.run(["secret", "list", "--output-format", "json"]).code(0).json(), json!([]));
    // Giving up leaves nothing, and a terminal that shows what is typed.
    let mut person = Person::new();
    let child = person.starts(&mut house.command(arguments));
    person.sees("it is not shown", 1);
    person.types("half a val\u{3}");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert_eq!(house.run(["secret", "list", "--output-format", "json"]).code(0).json(), json!([]));
}

#[test]
fn what_cannot_be_a_secret_is_refused_before_the_value_is_asked_for() {
    let house = House::new();
    for arguments in [
        &["secret", "set", "token", "--host", "a.com"][..],
        &["secret", "set", "TOKEN", "--host", "https://a.com"],
        &["secret", "set", "TOKEN", "--host", "*"],
        &["secret", "set", "TOKEN", "--host", "a.com", "--method", "CONNECT"],
        &["secret", "set", "TOKEN"],
        &["secret", "set", "TOKEN", "--host", "a.com", "the-value-as-an-argument"],
        &["secret", "remove", "a"],
    ] {
        let _refused = house.run(arguments).code(2);
    }
    for value in ["sh0rt", "two\nlines-of-it"] {
        let refused = set(&house, "TOKEN", "a.com", value).code(2);
        assert!(!refused.err.contains(value), "{}", refused.err);
    }
    assert_eq!(house.run(["secret", "list", "--output-format", "json"]).code(0).json(), json!([]));
}

#[test]
fn a_secrets_file_that_others_can_read_stops_the_program_and_says_which() {
    use std::os::unix::fs::PermissionsExt as _;
    let (house, value) = (House::new(), random());
    let _set = set(&house, "TOKEN", "a.com", &value).code(0);
    let path = house.home().join(".local/share/boxagnts/secrets/TOKEN");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = house.run(["tool", "call", "glob", r#"{"pattern":"*"}"#]).code(1);
    assert!(refused.err.contains("secrets/TOKEN"), "{}", refused.err);
    let _set = set(&house, "TOKEN", "a.com", &value).code(0);
    let _twin = house.run(["tool", "call", "glob", r#"{"pattern":"*"}"#]).code(0);
}
