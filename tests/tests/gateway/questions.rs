//! Questions over a line: shown as they are, answered once, by whoever is first.

use super::{begin, say, scripted};
use boxagnts_tests::server::Login;
use boxagnts_tests::{House, Line, Server};
use serde_json::{Value, json};

fn write(path: &str) -> Value {
    json!({"tool": "write", "input": {"path": path, "content": "new\n"}})
}

/// A session that waits for an answer about a write, and the question.
fn asked(server: &Server, login: &Login) -> (String, Line, Value) {
    let session = begin(server, login, &json!({}));
    let mut line = Line::open(server, login);
    line.watch(&session);
    say(server, login, &session, "Write it");
    let call = line.event("approval.requested")["event"]["call"].clone();
    let list = server.ask(login, "GET", "/questions", None).expect(200).json();
    let question =
        list["questions"].as_array().unwrap().iter().find(|question| question["call"] == call).unwrap().clone();
    (session, line, question)
}

fn answer(server: &Server, login: &Login, question: &Value, word: &str) -> Value {
    let path =
        format!("/sessions/{}/questions/{}", question["session"].as_str().unwrap(), question["call"].as_str().unwrap());
    let body = json!({"fingerprint": question["fingerprint"], "answer": word});
    server.ask(login, "POST", &path, Some(&body)).expect(200).json()
}

#[test]
fn a_question_shows_the_exact_effect_and_a_yes_counts_once() {
    let house = House::new();
    house.write("a.txt", "old\n");
    let (_model, server) = scripted(&house, &json!([{"calls": [write("a.txt")]}, {"text": "Done."}]));
    let login = server.first_login();
    let (session, mut line, question) = asked(&server, &login);
    assert_eq!(question["effects"], json!(["fs.write:/workspace/a.txt"]));
    assert_eq!(question["remembered"], question["effects"]);
    let changes = question["changes"].as_str().unwrap();
    assert!(changes.contains("-old") && changes.contains("+new"), "{changes}");
    let card = server.ask(&login, "GET", &format!("/sessions/{session}"), None).expect(200).json();
    assert_eq!((card["state"].as_str(), card["questions"].as_array().unwrap().len()), (Some("waiting"), 1));
    assert_eq!(house.read("a.txt"), "old\n");
    let other = json!({"session": question["session"], "call": question["call"], "fingerprint": "0".repeat(64)});
    assert_eq!(answer(&server, &login, &other, "once")["counted"], false, "an answer to something else");
    assert_eq!(answer(&server, &login, &question, "once")["counted"], true);
    assert_eq!(answer(&server, &login, &question, "once")["counted"], false, "twice");
    assert_eq!(line.event("approval.resolved")["event"]["answer"], "once");
    let _ = line.event("turn.finished");
    assert_eq!(house.read("a.txt"), "new\n");
}

#[test]
fn a_no_refuses_and_the_model_reads_why() {
    let house = House::new();
    let (model, server) = scripted(&house, &json!([{"calls": [write("a.txt")]}, {"text": "I see."}]));
    let login = server.first_login();
    let (_, mut line, question) = asked(&server, &login);
    assert_eq!(answer(&server, &login, &question, "no")["counted"], true);
    assert_eq!(line.event("call.finished")["event"]["outcome"], "denied");
    let _ = line.event("turn.finished");
    assert!(!house.workspace().join("a.txt").exists());
    assert!(model.requests()[1]["body"].to_string().contains("denied"), "{:?}", model.requests()[1]);
    let refused = server.ask(&login, "GET", "/audit?refused=true", None).expect(200).json();
    assert!(refused["receipts"][0].to_string().contains("fs.write:/workspace/a.txt"), "{refused}");
}

/// Two browsers answer one question at the same time: one counts, both see how it went.
#[test]
fn of_two_browsers_that_answer_one_counts() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([{"calls": [write("a.txt")]}, {"text": "Done."}]));
    let login = server.first_login();
    let (session, mut line, question) = asked(&server, &login);
    let mut other = Line::open(&server, &login);
    other.watch(&session);
    let (here, who, about) = (&server, &login, &question);
    let counted: Vec<Value> = std::thread::scope(|scope| {
        let answers = ["once", "no"].map(|word| scope.spawn(move || (word, answer(here, who, about, word))));
        answers
            .map(|thread| thread.join().unwrap())
            .into_iter()
            .filter(|(_, told)| told["counted"] == true)
            .map(|(word, _)| json!(word))
            .collect()
    });
    assert_eq!(counted.len(), 1, "{counted:?}");
    let resolved = line.event("approval.resolved")["event"]["answer"].clone();
    assert_eq!(other.event("approval.resolved")["event"]["answer"], resolved);
    assert_eq!(resolved == "once", counted[0] == "once");
    let _ = line.event("turn.finished");
    assert_eq!(house.workspace().join("a.txt").exists(), counted[0] == "once");
}

/// The answer may come from a terminal, too: the browser hears of it.
#[test]
fn a_question_is_answered_from_another_process() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([{"calls": [write("a.txt")]}, {"text": "Done."}]));
    let login = server.first_login();
    let (session, mut line, question) = asked(&server, &login);
    let _ = house.run(["session", "answer", &session, "once"]).code(0);
    assert_eq!(line.event("approval.resolved")["event"]["answer"], "once");
    let _ = line.event("turn.finished");
    assert_eq!(house.read("a.txt"), "new\n");
    assert_eq!(answer(&server, &login, &question, "no")["counted"], false);
}

/// "For this session" covers the same again, exactly, and nothing else.
#[test]
fn a_yes_for_the_session_covers_the_same_again_and_nothing_else() {
    let house = House::new();
    let replies = json!([
        {"calls": [write("a.txt")]}, {"calls": [write("a.txt")]}, {"calls": [write("b.txt")]}, {"text": "Done."}
    ]);
    let (_model, server) = scripted(&house, &replies);
    let login = server.first_login();
    let (_, mut line, question) = asked(&server, &login);
    assert_eq!(answer(&server, &login, &question, "session")["counted"], true);
    let second = line.event("approval.requested")["event"].clone();
    assert_eq!(second["effects"], json!(["fs.write:/workspace/b.txt"]));
    let list = server.ask(&login, "GET", "/questions", None).expect(200).json();
    assert_eq!(answer(&server, &login, &list["questions"][0], "no")["counted"], true);
    let _ = line.event("turn.finished");
    assert!(house.workspace().join("a.txt").exists() && !house.workspace().join("b.txt").exists());
}

/// How often a turn asks is the person's word.
#[test]
fn a_turn_asks_no_more_often_than_the_settings_say() {
    let house = House::new();
    std::fs::create_dir_all(house.home().join(".config/boxagnts")).unwrap();
    std::fs::write(house.home().join(".config/boxagnts/config.toml"), "[approvals]\nper-turn = 1\n").unwrap();
    let replies = json!([{"calls": [write("a.txt")]}, {"calls": [write("b.txt")]}, {"text": "Done."}]);
    let (_model, server) = scripted(&house, &replies);
    let login = server.first_login();
    let (_, mut line, question) = asked(&server, &login);
    assert_eq!(answer(&server, &login, &question, "once")["counted"], true);
    let _ = line.event("turn.finished");
    assert!(house.workspace().join("a.txt").exists() && !house.workspace().join("b.txt").exists());
    let refused = server.ask(&login, "GET", "/audit?refused=true", None).expect(200).json();
    assert!(refused["receipts"][0].to_string().contains("fs.write:/workspace/b.txt"), "{refused}");
}
