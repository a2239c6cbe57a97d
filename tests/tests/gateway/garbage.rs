//! What nobody should send is answered or hung up on, and the server goes on.

use boxagnts_tests::{House, Line, Server};
use serde_json::json;
use std::io::{Read as _, Write as _};
use tungstenite::Message;

fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// H08: whatever is too long is refused before it is kept.
#[test]
fn h08_what_is_too_long_or_too_deep_is_refused_and_kept_nowhere() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
    let before = resident(&server);
    let head = |more: &str| {
        format!("GET /api/v1/status HTTP/1.1\r\nhost: {}\r\n{more}connection: close\r\n\r\n", server.host())
    };
    let long = head(&format!("x: {}\r\n", "y".repeat(100 << 20)));
    assert!(server.say(long.as_bytes()).is_none_or(|reply| reply.status == 431));
    let many = (0..10_000).fold(String::new(), |many, n| many + &format!("x{n}: y\r\n"));
    assert!(server.say(head(&many).as_bytes()).is_none_or(|reply| reply.status == 431));
    let address = format!("GET /{} HTTP/1.1\r\nhost: {}\r\n\r\n", "y".repeat(10 << 20), server.host());
    assert!(server.say(address.as_bytes()).is_none_or(|reply| [414, 431].contains(&reply.status)));
    let bearer =
        format!("authorization: Bearer {}\r\ncookie: {}\r\norigin: {}\r\n", login.token, login.cookie, server.origin());
    let announced = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nhost: {}\r\n{bearer}content-type: application/json\r\ncontent-length: 10737418240\r\nconnection: close\r\n\r\n",
        server.host()
    );
    assert_eq!(server.say(announced.as_bytes()).unwrap().status, 413);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let body = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nhost: {}\r\n{bearer}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{deep}",
        server.host(),
        deep.len()
    );
    assert_eq!(server.say(body.as_bytes()).unwrap().status, 400);
    let parameters = (0..5000).fold(String::new(), |all, n| all + &format!("&limit={n}"));
    let _ = server.ask(&login, "GET", &format!("/sessions?{}", &parameters[..8000]), None).expect(400);
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
    let grown = resident(&server).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more are resident");
}

/// H09: a line takes small texts, and not many at once.
#[test]
fn h09_a_line_that_says_too_much_or_nonsense_is_closed() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let open = || {
        let mut line = Line::open(&server, &login);
        let _ = line.next_of("hello");
        line
    };
    let code = |mut line: Line| loop {
        if let Err(code) = line.hear() {
            break code;
        }
    };
    for nonsense in [
        Message::text("{}"),
        Message::text("no json"),
        Message::binary(vec![1, 2, 3]),
        Message::text(json!({"type": "watch", "session": "x"}).to_string()),
        Message::text(json!({"type": "watch", "session": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "more": 1}).to_string()),
    ] {
        let mut line = open();
        line.send(nonsense.clone()).unwrap();
        assert_eq!(code(line), Some(1008), "{nonsense:?}");
    }
    let mut long = open();
    let _ = long.send(Message::text("x".repeat(1 << 20)));
    assert!(matches!(code(long), Some(1009 | 1001) | None));
    let mut flood = open();
    for _ in 0..5000 {
        if flood.send(Message::Ping(vec![0; 100].into())).is_err() {
            break;
        }
    }
    assert!(matches!(code(flood), Some(1008) | None));
    let mut good = open();
    good.say(&json!({"type": "unwatch", "session": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}));
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
}

/// H09: a frame that announces a gigabyte, and invalid UTF-8, as bytes.
#[test]
fn h09_a_frame_that_announces_a_gigabyte_is_not_waited_for() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let before = resident(&server);
    for frame in [
        vec![0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4],
        vec![0x81, 0x82, 1, 2, 3, 4, 0xff ^ 1, 0xfe ^ 2],
        vec![0xf1, 0x80, 0, 0, 0, 0],
    ] {
        let mut stream = server.connect();
        let request = format!(
            "GET /api/v1/stream HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncookie: {1}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: boxagnts.v1, bearer.{2}\r\n\r\n",
            server.host(),
            login.cookie,
            login.token
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream.write_all(&frame).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 101"), "{frame:?}");
    }
    assert!(resident(&server).saturating_sub(before) < 16 * 1024);
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
}

/// H14: bytes that are no request, and requests that are almost some.
#[test]
fn h14_garbage_ends_no_server() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let host = server.host();
    let good = format!(
        "GET /api/v1/sessions?limit=1 HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncookie: {}\r\nconnection: close\r\n\r\n",
        login.token, login.cookie
    );
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for round in 0..2000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=next() % 6 {
            let at = usize::try_from(next()).unwrap_or(0) % bytes.len();
            match next() % 3 {
                0 => bytes[at] = next().to_le_bytes()[0],
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, next().to_le_bytes()[0]),
            }
        }
        let mut stream = server.connect();
        let _ = stream.write_all(&bytes);
        // Whoever stops in the middle of a request is not waited for here.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let status = String::from_utf8_lossy(&answer).split(' ').nth(1).map(str::to_owned);
        assert!(status.as_deref().is_none_or(|status| !status.starts_with('5')), "round {round}: {status:?}");
    }
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
}

/// H08: a head that does not come to its end is not waited for.
#[test]
fn h08_a_head_that_never_ends_is_not_waited_for() {
    let house = House::new();
    let server = Server::start(&house);
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
    let mut answer = Vec::new();
    // The line's own patience is a minute; the server's is shorter.
    slow.read_to_end(&mut answer).unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "), "{answer:?}");
}
