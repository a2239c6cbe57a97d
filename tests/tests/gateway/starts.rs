//! How the server starts, and how it does not.

use boxagnts_tests::{House, Line, Server};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

/// H10: it is reachable from elsewhere only when whoever comes must show a token.
#[test]
fn h10_an_address_that_others_reach_needs_a_token_and_a_port_that_is_taken_is_said() {
    let house = House::new();
    for host in ["0.0.0.0", "::", "192.0.2.7"] {
        let refused = house.run(["--port", "0", "--host", host]).code(2);
        assert!(refused.err.contains("--token-file"), "{refused:?}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = house.run(["--port", &port]).code(2);
    assert!(refused.err.contains(&port) && refused.err.contains("--port"), "{refused:?}");
    assert_eq!(refused.out, "", "no other port was taken instead");
}

#[test]
fn h10_with_a_token_others_may_come_who_show_it() {
    let house = House::new();
    let file = house.outside().join("token");
    let token = "a".repeat(40);
    fs::write(&file, &token).unwrap();
    let path = file.to_str().unwrap();
    let arguments = ["--port", "0", "--host", "0.0.0.0", "--token-file", path];
    let readable = house.run(arguments).code(2);
    assert!(readable.err.contains("chmod 600"), "{readable:?}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "short").unwrap();
    let short = house.run(arguments).code(2);
    assert!(short.err.contains("32"), "{short:?}");
    fs::write(&file, &token).unwrap();
    let server = Server::of(house.command(arguments));
    let here = format!("127.0.0.1:{}", server.address.port());
    let bearer = format!("Bearer {token}");
    for (bearer, status) in [(&*bearer, 200), ("Bearer other", 401)] {
        let request = format!(
            "GET /api/v1/status HTTP/1.1\r\nhost: {here}\r\nauthorization: {bearer}\r\nconnection: close\r\n\r\n"
        );
        assert_eq!(server.say(request.as_bytes()).unwrap().status, status);
    }
}

/// A second server is told where the first one is, and changes nothing about it.
#[test]
fn a_second_server_is_refused_with_the_address_of_the_first() {
    let house = House::new();
    let server = Server::start(&house);
    let refused = house.run(["--port", "0"]).code(2);
    assert!(refused.err.contains(&server.origin()) && refused.err.contains("boxagnts open"), "{refused:?}");
    let link = house.run(["open"]).code(0);
    let _ = server.ask(&server.log_in(link.out.trim()), "GET", "/status", None).expect(200);
}

#[test]
fn without_a_server_there_is_no_link() {
    let house = House::new();
    let refused = house.run(["open"]).code(2);
    assert!(refused.err.contains("no server"), "{refused:?}");
    Server::start(&house).kill();
    let _ = house.run(["open"]).code(2);
}

#[test]
fn an_option_of_the_server_before_a_command_is_wrong() {
    let house = House::new();
    let refused = house.run(["--port", "0", "tool", "list"]).code(2);
    assert!(refused.err.contains("--port"), "{refused:?}");
    let _ = house.run(["--port", "x"]).code(2);
    let _ = house.run(["--port", "0", "--model", "openia/x"]).code(2);
}

/// Ctrl-C ends it: lines are told, what ran is stopped, and the sessions can be taken at once.
#[test]
fn an_interrupt_ends_the_server_in_order() {
    let house = House::new();
    let replies = serde_json::json!([{"text": "slowly, slowly", "pause_ms": 300}, {"text": "Here."}]);
    let (model, server) = super::scripted(&house, &replies);
    let login = server.first_login();
    let session = super::begin(&server, &login, &serde_json::json!({}));
    let mut line = Line::open(&server, &login);
    line.watch(&session);
    super::say(&server, &login, &session, "Go");
    let _ = line.event("text.delta");
    assert_eq!(server.interrupt(), (Some(130), String::new()));
    let closed = loop {
        if let Err(code) = line.hear() {
            break code;
        }
    };
    assert_eq!(closed, Some(1001));
    let events = house.events(&session);
    assert_eq!(events.last().unwrap()["body"]["reason"], "interrupted");
    let went_on = model.command(&house, &["--resume", &session]).output().unwrap();
    assert!(went_on.status.success(), "{went_on:?}");
}
