//! Grants, trust, secrets and receipts, as a browser sees and changes them.

use super::{begin, say, scripted};
use boxagnts_tests::{House, Line, ScriptedModel, Server};
use serde_json::{Value, json};

#[test]
fn a_grant_that_is_given_opens_and_one_that_is_taken_back_closes() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let why = |effect: &str| {
        let asked = json!({"effect": effect, "mode": "dont-ask"});
        server.ask(&login, "POST", "/policy/explain", Some(&asked)).expect(200).json()["verdict"].clone()
    };
    assert_eq!(why("fs.write:/workspace/out/a"), "deny");
    let new = json!({"capability": "fs.write:/workspace/out", "scope": "workspace", "expires": "8h"});
    let grant = server.ask(&login, "POST", "/grants", Some(&new)).expect(201).json();
    assert!(grant["expires"].is_string(), "{grant}");
    assert_eq!(why("fs.write:/workspace/out/a"), "allow");
    let listed = server.ask(&login, "GET", "/grants", None).expect(200).json();
    assert_eq!(listed["grants"], json!([grant]));
    let matrix = server.ask(&login, "GET", "/permissions?mode=dont-ask", None).expect(200).json();
    let write = matrix["rows"].as_array().unwrap().iter().find(|row| row["tool"] == "write").unwrap();
    let cell =
        write["cells"].as_array().unwrap().iter().find(|cell| cell["capability"] == "fs.write:/workspace").unwrap();
    assert_eq!(cell["verdict"], "deny", "a part says nothing about the rest: {cell}");
    let path = format!("/grants/{}", grant["id"].as_str().unwrap());
    let _ = server.ask(&login, "DELETE", &path, None).expect(200);
    assert_eq!(why("fs.write:/workspace/out/a"), "deny");
    let _ = server.ask(&login, "DELETE", &path, None).expect(404);
}

/// A grant that is taken back while a tool writes refuses its next write, and every browser hears of it.
#[test]
fn e09_a_grant_that_a_browser_takes_back_ends_what_it_allowed() {
    let house = House::new();
    std::fs::create_dir(house.workspace().join("out")).unwrap();
    let script = "i=0; while true; do i=$((i+1)); echo x > out/$i || exit 3; sleep 0.01; done";
    let call = json!({"tool": "bash", "input": {"script": script}});
    let (_model, server) = scripted(&house, &json!([{"calls": [call]}, {"text": "Ended."}]));
    let login = server.first_login();
    let new = json!({"capability": "fs.write:/workspace/out", "scope": "workspace"});
    let grant = server.ask(&login, "POST", "/grants", Some(&new)).expect(201).json();
    let session = begin(&server, &login, &json!({"mode": "dont-ask"}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    say(&server, &login, &session, "Write on");
    while std::fs::read_dir(house.workspace().join("out")).unwrap().count() < 3 {
        std::thread::yield_now();
    }
    let _ = server.ask(&login, "DELETE", &format!("/grants/{}", grant["id"].as_str().unwrap()), None).expect(200);
    let mut heard = Vec::new();
    loop {
        let frame = line.hear().unwrap();
        heard.push(frame["what"].clone());
        if frame["event"]["type"] == "turn.finished" {
            break;
        }
    }
    let files = std::fs::read_dir(house.workspace().join("out")).unwrap().count();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(std::fs::read_dir(house.workspace().join("out")).unwrap().count(), files, "it writes no more");
}

#[test]
fn what_cannot_be_meant_is_told_where_and_why() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let cases: [(&str, String, Option<Value>, u16, &str); 12] = [
        (
            "POST",
            "/grants".into(),
            Some(json!({"capability": "fs.wirte:/workspace", "scope": "workspace"})),
            400,
            "fs.wirte",
        ),
        (
            "POST",
            "/grants".into(),
            Some(json!({"capability": "fs.write:/workspace", "scope": "session"})),
            400,
            "names the session",
        ),
        (
            "POST",
            "/grants".into(),
            Some(json!({"capability": "fs.write:/workspace", "scope": "workspace", "expires": "soon"})),
            400,
            "soon",
        ),
        ("POST", "/grants".into(), Some(json!({"capabilty": "fs.write:/workspace"})), 400, "capabilty"),
        ("POST", "/policy/explain".into(), Some(json!({"effect": "network:nowhere"})), 400, "nowhere"),
        ("POST", "/sessions".into(), Some(json!({"mode": "always"})), 400, "always"),
        ("POST", "/sessions".into(), Some(json!({"model": "nobody/x"})), 422, "nobody/x"),
        ("GET", "/sessions/x".into(), None, 400, "no id"),
        ("GET", format!("/sessions/{id}"), None, 404, id),
        ("POST", format!("/sessions/{id}/turns"), Some(json!({"text": " "})), 400, "empty"),
        ("GET", "/sessions?limit=many".into(), None, 400, "limit"),
        ("PUT", "/secrets/KEY".into(), Some(json!({"host": "http://x y", "value": "v"})), 422, "host"),
    ];
    for (method, path, body, status, wanted) in cases {
        let reply = server.ask(&login, method, &path, body.as_ref());
        assert_eq!(reply.status, status, "{method} {path} {body:?}: {reply:?}");
        let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(wanted), "{method} {path}: {message}");
    }
    assert_eq!(house.run(["session", "list", "--output-format", "json"]).code(0).json(), json!([]));
}

/// A secret goes in and its value comes out nowhere.
#[test]
fn a_secret_is_kept_and_never_shown() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let value = "s3cret-value-0123456789";
    let new = json!({"host": "api.example.com", "methods": ["GET"], "value": value});
    let kept = server.ask(&login, "PUT", "/secrets/TOKEN", Some(&new)).expect(200);
    assert_eq!(kept.json()["host"].as_str().map(|host| host.starts_with("api.example.com")), Some(true));
    let listed = server.ask(&login, "GET", "/secrets", None).expect(200);
    assert!(listed.body.contains("TOKEN") && !listed.body.contains(value) && !kept.body.contains(value), "{listed:?}");
    let _ = server.ask(&login, "DELETE", "/secrets/TOKEN", None).expect(204);
    assert_eq!(server.ask(&login, "GET", "/secrets", None).expect(200).json(), json!({"secrets": []}));
}

#[test]
fn trust_binds_to_what_was_shown() {
    let house = House::new();
    house.write(".boxagnts/config.toml", "[policy]\ndeny = [\"network:*\"]\n");
    let server = Server::start(&house);
    let login = server.first_login();
    let shown = server.ask(&login, "GET", "/trust", None).expect(200).json();
    assert_eq!((shown["state"].as_str(), shown["policy"][0].as_str()), (Some("untrusted"), Some("denies network:*")));
    house.write(".boxagnts/config.toml", "[policy]\ndeny = [\"network:*\", \"exec:*\"]\n");
    let given = json!({"digest": shown["digest"]});
    let _ = server.ask(&login, "POST", "/trust", Some(&given)).expect(409);
    let shown = server.ask(&login, "GET", "/trust", None).expect(200).json();
    let trusted = server.ask(&login, "POST", "/trust", Some(&json!({"digest": shown["digest"]}))).expect(200).json();
    assert_eq!(trusted["state"], "trusted");
    assert_eq!(server.ask(&login, "DELETE", "/trust", None).expect(200).json()["state"], "untrusted");
}

/// Everything that was allowed and refused is found in the audit, which verifies.
#[test]
fn the_audit_has_what_happened_and_verifies() {
    let house = House::new();
    house.write("a.txt", "apples\n");
    let read = |path: &str| json!({"tool": "read", "input": {"path": path}});
    let replies = json!([{"calls": [read("a.txt")]}, {"calls": [read("/etc/passwd")]}, {"text": "Done."}]);
    let (_model, server) = scripted(&house, &replies);
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    say(&server, &login, &session, "Read");
    let _ = line.event("turn.finished");
    let all = server.ask(&login, "GET", &format!("/audit?session={session}"), None).expect(200).json();
    let effects: Vec<(String, String)> = all["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .filter(|receipt| receipt["type"] == "effect")
        .map(|receipt| {
            (receipt["body"]["effect"].as_str().unwrap().into(), receipt["body"]["decision"].as_str().unwrap().into())
        })
        .collect();
    assert!(effects.contains(&("fs.read:/workspace/a.txt".into(), "allowed".into())), "{effects:?}");
    assert!(
        effects.iter().any(|(effect, decision)| effect.contains("/etc/passwd") && decision == "refused"),
        "{effects:?}"
    );
    let verdict = server.ask(&login, "POST", "/audit/verify", None).expect(200).json();
    assert_eq!(verdict["intact"], true, "{verdict}");
    let newest = server.ask(&login, "GET", "/audit?limit=1", None).expect(200).json();
    assert_eq!((newest["receipts"].as_array().unwrap().len(), newest["more"].as_bool()), (1, Some(true)));
    let before = newest["receipts"][0]["seq"].as_u64().unwrap();
    let older = server.ask(&login, "GET", &format!("/audit?limit=1&before={before}"), None).expect(200).json();
    assert_eq!(older["receipts"][0]["seq"].as_u64(), Some(before - 1));
}

/// A key goes in, to the server that it was given for, and comes out nowhere.
#[test]
fn a_key_of_a_model_is_kept_for_one_server_and_never_shown() {
    let (house, key) = (House::new(), "sk-0123456789abcdef-of-a-person");
    let model = ScriptedModel::with_key(&house, key, &json!([{"text": "Hello."}]));
    let start = |house: &House, model: &ScriptedModel| {
        let mut command = house.command(["--port", "0", "--model", "openai/x"]);
        model.for_program(&mut command);
        Server::of(command)
    };
    let server = start(&house, &model);
    let login = server.first_login();
    let openai = |answer: &serde_json::Value| {
        let all = answer["providers"].as_array().unwrap().clone();
        all.into_iter().find(|provider| provider["name"] == "openai").unwrap()
    };
    let test = |server: &Server, login| {
        server.ask(login, "POST", "/models/test", Some(&json!({"model": "openai/x"}))).expect(200)
    };
    assert_eq!(test(&server, &login).json()["completion"]["ok"], false, "twin: without a key");
    let kept = server.ask(&login, "PUT", "/models/openai/key", Some(&json!({"value": format!("{key}\n")}))).expect(200);
    assert_eq!(kept.json()["key"]["from"], "stored");
    let tested = test(&server, &login);
    assert_eq!(tested.json()["completion"]["ok"], true, "{tested:?}");
    for reply in [&kept, &tested, &server.ask(&login, "GET", "/models", None)] {
        assert!(!reply.body.contains(key), "{reply:?}");
    }
    for (value, status) in [("two words", 422), ("", 422)] {
        let _ = server.ask(&login, "PUT", "/models/openai/key", Some(&json!({"value": value}))).expect(status);
    }
    let _ = server.ask(&login, "PUT", "/models/nobody/key", Some(&json!({"value": "x"}))).expect(404);
    let _ = server.ask(&login, "PUT", "/models/demo/key", Some(&json!({"value": "x"}))).expect(422);
    drop(server);
    // Another base address gets no key that was meant for the first one.
    let other = ScriptedModel::start(&house, &json!([{"text": "Hello."}]));
    let server = start(&house, &other);
    let login = server.first_login();
    assert_eq!(openai(&server.ask(&login, "GET", "/models", None).json())["key"]["set"], false);
    let _ = test(&server, &login);
    let requests = other.requests();
    let headers = requests.last().unwrap()["headers"].to_string();
    assert!(!headers.contains("authorization"), "{headers}");
    let _ = server.ask(&login, "DELETE", "/models/openai/key", None).expect(200);
    let left = house.left_behind();
    assert!(!left.iter().any(|(_, bytes)| bytes.windows(key.len()).any(|window| window == key.as_bytes())));
}

/// A secret that is set while the server runs is covered in sessions that begin from then on.
#[test]
fn d04_a_running_server_learns_a_secret_for_its_next_session() {
    let (house, value) = (House::new(), "s3cret-of-the-running-server");
    house.write("a.txt", format!("the value is {value}\n"));
    let read = json!({"tool": "read", "input": {"path": "a.txt"}});
    let (model, server) = scripted(&house, &json!([{"calls": [read]}, {"text": "Done."}]));
    let login = server.first_login();
    let new = json!({"host": "api.example.com", "value": value});
    let _ = server.ask(&login, "PUT", "/secrets/TOKEN", Some(&new)).expect(200);
    let session = begin(&server, &login, &json!({}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    say(&server, &login, &session, "Read it");
    let told = line.event("call.finished");
    let _ = line.event("turn.finished");
    assert!(!told.to_string().contains(value) && told.to_string().contains("****"), "{told}");
    assert!(!serde_json::to_string(&model.requests()).unwrap().contains(value));
}
