//! Turns over a line: everything is heard once, by everybody, whatever goes away in between.

use super::{begin, place, say, scripted};
use boxagnts_tests::{House, Line, ScriptedModel, Server};
use serde_json::{Value, json};

const ANSWER: &str = "Grüße aus dem Ordner: ein Text, der in vielen Stücken kommt — und in jedem nur ein wenig.";

fn text_of(events: &[Value]) -> String {
    let mut text = Vec::new();
    for event in events {
        place(&mut text, event);
    }
    String::from_utf8(text).unwrap()
}

/// The events of a line up to the end of the turn.
fn to_the_end(line: &mut Line) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        let frame = line.next_of("event");
        let over = frame["event"]["type"] == "turn.finished";
        events.push(frame);
        if over {
            return events;
        }
    }
}

/// Two browsers see the same, each event once and in order.
#[test]
fn every_browser_hears_a_turn_whole_and_in_order() {
    let house = House::new();
    house.write("a.txt", "apples\n");
    let script = json!([
        {"text": "I look.", "calls": [{"tool": "read", "input": {"path": "a.txt"}}], "usage": {"input": 9, "output": 2}},
        {"expect": ["apples"], "thinking": "Hm, apples.", "text": ANSWER, "usage": {"input": 20, "output": 9}},
    ]);
    let (_model, server) = scripted(&house, &script);
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let (mut one, mut two) = (Line::open(&server, &login), Line::open(&server, &login));
    for line in [&mut one, &mut two] {
        line.watch(&session);
        assert_eq!(line.next_of("reset")["held"], true);
    }
    say(&server, &login, &session, "What is in a.txt?");
    let (heard, same) = (to_the_end(&mut one), to_the_end(&mut two));
    // Whoever reads later may get pieces of a text as one.
    let is_piece = |frame: &&Value| matches!(frame["event"]["type"].as_str(), Some("text.delta" | "thinking.delta"));
    let whole = |frames: &[Value]| frames.iter().filter(|frame| !is_piece(frame)).cloned().collect::<Vec<_>>();
    assert_eq!(whole(&heard), whole(&same));
    let numbers: Vec<u64> = heard.iter().map(|frame| frame["n"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    let events: Vec<Value> = heard.iter().map(|frame| frame["event"].clone()).collect();
    assert_eq!(events[0]["prompt"][0]["text"], "What is in a.txt?");
    let answered: Vec<Value> = events.iter().filter(|event| event["message"] == 2).cloned().collect();
    assert_eq!(text_of(&answered), ANSWER);
    let same: Vec<Value> =
        same.iter().map(|frame| frame["event"].clone()).filter(|event| event["message"] == 2).collect();
    assert_eq!(text_of(&same), ANSWER);
    let called = events.iter().filter(|event| event["type"] == "call.finished").count();
    assert_eq!((called, events.last().unwrap()["reason"].as_str()), (1, Some("answered")));
    let detail = server.ask(&login, "GET", &format!("/sessions/{session}"), None).expect(200).json();
    assert_eq!((detail["turns"].as_u64(), detail["usage"]["input"].as_u64()), (Some(1), Some(29)), "{detail}");
    let page = server.ask(&login, "GET", &format!("/sessions/{session}/events?limit=2"), None).expect(200).json();
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    assert_eq!(page["events"][1]["type"], "turn.finished");
}

/// A browser that goes away in mid-stream and comes back with its number misses nothing and hears nothing twice.
#[test]
fn a_browser_that_was_away_goes_on_where_it_was() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([{"text": ANSWER, "pause_ms": 40}]));
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    let epoch = line.next_of("reset")["epoch"].clone();
    say(&server, &login, &session, "Greet me");
    let (mut text, mut after, mut seen) = (Vec::new(), 0, Vec::new());
    // It goes away after each few events.
    'away: loop {
        for _ in 0..4 {
            let frame = line.next_of("event");
            after = frame["n"].as_u64().unwrap();
            seen.push(frame["event"]["type"].as_str().unwrap().to_owned());
            place(&mut text, &frame["event"]);
            if frame["event"]["type"] == "turn.finished" {
                break 'away;
            }
        }
        line = Line::open(&server, &login);
        line.say(&json!({"type": "watch", "session": session, "epoch": epoch, "after": after}));
    }
    assert_eq!(String::from_utf8(text).unwrap(), ANSWER);
    for once in ["turn.started", "turn.finished"] {
        assert_eq!(seen.iter().filter(|kind| *kind == once).count(), 1, "{seen:?}");
    }
}

/// A browser that comes in the middle of a turn, without any number, gets all of it.
#[test]
fn a_browser_that_comes_in_the_middle_gets_the_turn_from_its_beginning() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([{"text": "Before."}, {"text": ANSWER, "pause_ms": 40}]));
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let mut early = Line::open(&server, &login);
    early.watch(&session);
    say(&server, &login, &session, "One");
    let _ = to_the_end(&mut early);
    wait_until_idle(&server, &login, &session);
    say(&server, &login, &session, "Two");
    while text_of(&[early.event("text.delta")["event"].clone()]).is_empty() {}
    let mut late = Line::open(&server, &login);
    late.watch(&session);
    let reset = late.next_of("reset");
    let journal: Vec<&str> =
        reset["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(journal.iter().filter(|kind| **kind == "turn.started").count(), 1, "the first turn alone: {journal:?}");
    let events: Vec<Value> = to_the_end(&mut late).iter().map(|frame| frame["event"].clone()).collect();
    assert_eq!((events[0]["type"].as_str(), text_of(&events).as_str()), (Some("turn.started"), ANSWER));
}

fn wait_until_idle(server: &Server, login: &boxagnts_tests::server::Login, session: &str) {
    while server.ask(login, "GET", &format!("/sessions/{session}"), None).expect(200).json()["state"] != "idle" {
        std::thread::yield_now();
    }
}

/// The server is ended in mid-stream and started again: the browser comes back with an old number, is told to begin anew,
/// and the session goes on.
#[test]
fn a_server_that_was_killed_in_mid_stream_goes_on_with_the_session() {
    let house = House::new();
    let replies = json!([{"text": ANSWER, "pause_ms": 100}, {"text": "Again."}]);
    let model = ScriptedModel::start(&house, &replies);
    let start = |port: &str| {
        let mut command = house.command(["--port", port, "--model", "openai/x"]);
        model.for_program(&mut command);
        Server::of(command)
    };
    let server = start("0");
    let (login, port) = (server.first_login(), server.address.port().to_string());
    let session = begin(&server, &login, &json!({}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    let epoch = line.next_of("reset")["epoch"].clone();
    say(&server, &login, &session, "Greet me");
    let after = line.event("text.delta")["n"].clone();
    server.kill();
    assert!(line.hear().is_err() || line.hear().is_err() || line.hear().is_err());
    let server = start(&port);
    let mut line = Line::open(&server, &login);
    line.say(&json!({"type": "watch", "session": session, "epoch": epoch, "after": after}));
    let reset = line.next_of("reset");
    assert_eq!(reset["held"], false);
    assert_eq!(reset["events"].as_array().unwrap().last().unwrap()["type"], "turn.started", "it had no end");
    let detail = server.ask(&login, "GET", &format!("/sessions/{session}"), None).expect(200).json();
    assert_eq!(detail["state"], "idle", "who was killed holds nothing: {detail}");
    say(&server, &login, &session, "Go on");
    assert_eq!(line.next_of("follow")["held"], true);
    let events: Vec<Value> = to_the_end(&mut line).iter().map(|frame| frame["event"].clone()).collect();
    assert_eq!(events.iter().filter(|event| event["type"] == "turn.started").count(), 1, "{events:?}");
    assert_eq!(events.last().unwrap()["text"], "Again.");
}

/// A session that another process runs is followed by its journal, and taken over when that one has ended.
#[test]
fn a_session_of_another_process_is_followed_and_not_taken_from_it() {
    let house = House::new();
    let replies = json!([{"text": ANSWER, "pause_ms": 60}, {"text": "Mine."}]);
    let (model, server) = scripted(&house, &replies);
    let login = server.first_login();
    let mut run = model.command(&house, &[]).spawn().unwrap();
    let session = loop {
        let list = server.ask(&login, "GET", "/sessions", None).expect(200).json();
        if let Some(card) = list["sessions"].as_array().unwrap().iter().find(|card| card["state"] == "elsewhere") {
            break card["id"].as_str().unwrap().to_owned();
        }
    };
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    assert_eq!(line.next_of("reset")["held"], false);
    let path = format!("/sessions/{session}/turns");
    let refused = server.ask(&login, "POST", &path, Some(&json!({"text": "Me too"}))).expect(409).json();
    assert_eq!(refused["error"]["code"], "held", "{refused}");
    let _ = server.ask(&login, "POST", &format!("/sessions/{session}/stop"), None).expect(409);
    while line.next_of("journal")["event"]["type"] != "turn.finished" {}
    assert!(run.wait().unwrap().success());
    say(&server, &login, &session, "Now me");
    assert_eq!(line.next_of("follow")["held"], true);
    assert_eq!(to_the_end(&mut line).last().unwrap()["event"]["text"], "Mine.");
}

/// A reader that reads nothing holds nobody up.
#[test]
fn a_reader_that_does_not_read_holds_no_agent_up() {
    let house = House::new();
    let long = "word ".repeat(40_000);
    let (_model, server) = scripted(&house, &json!([{"text": long, "piece": 0}, {"text": "Done."}]));
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let mut sleeper = Line::open(&server, &login);
    sleeper.watch(&session);
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    for text in ["One", "Two"] {
        wait_until_idle(&server, &login, &session);
        say(&server, &login, &session, text);
        let _ = to_the_end(&mut line);
    }
    // It may be told to begin anew; either way it ends where the other one did.
    let mut last = json!(null);
    while last["text"] != "Done." {
        let frame = sleeper.hear().unwrap();
        last = match frame["type"].as_str() {
            Some("event") if frame["event"]["type"] == "turn.finished" => frame["event"].clone(),
            Some("reset") => {
                frame["events"].as_array().unwrap().last().map_or(json!(null), |event| event["body"].clone())
            }
            _ => last,
        };
    }
}

/// The turn ends soon after it was stopped, and the session is good for another one.
#[test]
fn a_turn_is_stopped_and_the_session_goes_on() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([{"text": ANSWER, "pause_ms": 500}, {"text": "Fine."}]));
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    say(&server, &login, &session, "Greet me");
    let _ = line.event("text.delta");
    let path = format!("/sessions/{session}/turns");
    let busy = server.ask(&login, "POST", &path, Some(&json!({"text": "And me"}))).expect(409).json();
    assert_eq!(busy["error"]["code"], "conflict");
    let _ = server.ask(&login, "POST", &format!("/sessions/{session}/stop"), None).expect(202);
    assert_eq!(to_the_end(&mut line).last().unwrap()["event"]["reason"], "interrupted");
    wait_until_idle(&server, &login, &session);
    say(&server, &login, &session, "Well?");
    assert_eq!(to_the_end(&mut line).last().unwrap()["event"]["text"], "Fine.");
}

/// The mode and the model change between turns, and the journal says so.
#[test]
fn a_session_changes_its_mode_between_turns() {
    let house = House::new();
    let write = json!({"tool": "write", "input": {"path": "a.txt", "content": "x"}});
    let replies = json!([{"calls": [write]}, {"text": "Refused."}, {"calls": [write]}, {"text": "Written."}]);
    let (_model, server) = scripted(&house, &replies);
    let login = server.first_login();
    let session = begin(&server, &login, &json!({"mode": "plan"}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    say(&server, &login, &session, "Write");
    let _ = to_the_end(&mut line);
    assert!(!house.workspace().join("a.txt").exists());
    wait_until_idle(&server, &login, &session);
    let path = format!("/sessions/{session}");
    let changed = server.ask(&login, "PATCH", &path, Some(&json!({"mode": "accept-edits"}))).expect(200).json();
    assert_eq!(changed["mode"], "accept-edits");
    let wrong = server.ask(&login, "PATCH", &path, Some(&json!({"model": "openia/x"}))).expect(422).json();
    assert!(wrong["error"]["message"].as_str().unwrap().contains("openia"), "{wrong}");
    say(&server, &login, &session, "Write");
    let _ = to_the_end(&mut line);
    assert_eq!(house.read("a.txt"), "x");
    let modes: Vec<Value> = house
        .events(&session)
        .iter()
        .filter(|e| e["type"] == "turn.started")
        .map(|e| e["body"]["mode"].clone())
        .collect();
    assert_eq!(modes, [json!("plan"), json!("accept-edits")]);
}
