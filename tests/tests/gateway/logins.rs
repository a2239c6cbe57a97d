//! Coming in: once, within a minute, and out again at once.

use boxagnts_tests::{House, Line, Server};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

fn log_in(server: &Server, code: &str) -> u16 {
    let origin = server.origin();
    server.send("POST", "/api/v1/login", &[("origin", &origin)], Some(&json!({ "code": code }))).status
}

fn code_of(link: &str) -> String {
    link.split("#code=").nth(1).unwrap().to_owned()
}

/// H03: the code is behind `#`, which browsers send to nobody, and works once; a token is taken from no address.
#[test]
fn h03_a_link_lets_one_browser_in_once_and_no_token_is_taken_from_an_address() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    assert_eq!(log_in(&server, &code_of(&server.link)), 401, "it was used");
    let path = format!("/api/v1/status?token={}&access_token={}", login.token, login.token);
    let headers = [("cookie", &*login.cookie)];
    assert_eq!(server.send("GET", &path, &headers, None).status, 401);
    let cookie = server.send(
        "POST",
        "/api/v1/login",
        &[("origin", &server.origin())],
        Some(&json!({"code": code_of(
            house.run(["open"]).code(0).out.trim()
        )})),
    );
    let cookie = cookie.header("set-cookie").unwrap();
    for wanted in ["HttpOnly", "SameSite=Strict", "Path=/api"] {
        assert!(cookie.contains(wanted), "{cookie}");
    }
}

/// A token needs its cookie and a cookie its token: other servers of this machine see the one, other pages the other.
#[test]
fn a_browser_shows_both_its_token_and_its_cookie() {
    let house = House::new();
    let server = Server::start(&house);
    let (one, other) = (server.first_login(), server.log_in(house.run(["open"]).code(0).out.trim()));
    let origin = server.origin();
    let bearer = |token: &str| format!("Bearer {token}");
    for (token, cookie, status) in [
        (Some(&one.token), Some(&one.cookie), 200),
        (Some(&one.token), None, 401),
        (None, Some(&one.cookie), 401),
        (Some(&one.token), Some(&other.cookie), 401),
    ] {
        let bearer = token.map(|token| bearer(token));
        let mut headers = vec![("origin", origin.as_str())];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        headers.extend(cookie.map(|cookie| ("cookie", cookie.as_str())));
        assert_eq!(server.send("GET", "/api/v1/status", &headers, None).status, status);
    }
    let twice = format!("{}; {}", one.cookie, one.cookie.replace('=', "=x"));
    let bearer = bearer(&one.token);
    let headers = [("origin", origin.as_str()), ("authorization", &bearer), ("cookie", &twice)];
    assert_eq!(server.send("GET", "/api/v1/status", &headers, None).status, 401, "two cookies of one name");
}

/// H04: who guesses is told to wait, from whatever address it says to come; who is known is not.
#[test]
fn h04_who_guesses_has_to_wait_and_who_is_logged_in_has_not() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let origin = server.origin();
    let mut statuses = Vec::new();
    for guess in 0..60 {
        let forwarded = format!("198.51.100.{guess}");
        let headers = [("origin", origin.as_str()), ("x-forwarded-for", &forwarded), ("forwarded", &forwarded)];
        let body = json!({"code": format!("guess {guess}")});
        statuses.push(server.send("POST", "/api/v1/login", &headers, Some(&body)).status);
    }
    assert_eq!((statuses[0], statuses[59]), (401, 429), "{statuses:?}");
    let link = house.run(["open"]).code(0).out;
    assert_eq!(log_in(&server, &code_of(link.trim())), 429, "the right code as well, until it waited");
    let guessed = server.send("GET", "/api/v1/status", &[("authorization", "Bearer guess")], None);
    assert!(guessed.status == 429 && guessed.header("retry-after").is_some(), "{guessed:?}");
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
}

/// H11: a logout ends what is open, within a second.
#[test]
fn h11_a_logout_closes_the_lines_of_its_login_at_once_and_no_others() {
    let house = House::new();
    let server = Server::start(&house);
    let (one, other) = (server.first_login(), server.log_in(house.run(["open"]).code(0).out.trim()));
    let (mut ended, mut stays) = (Line::open(&server, &one), Line::open(&server, &other));
    let _ = (ended.next_of("hello"), stays.next_of("hello"));
    let begun = Instant::now();
    let _ = server.ask(&one, "POST", "/logout", None).expect(204);
    let closed = loop {
        if let Err(code) = ended.hear() {
            break code;
        }
    };
    assert_eq!(closed, Some(4401));
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    let _ = server.ask(&one, "GET", "/status", None).expect(401);
    let _ = server.ask(&other, "GET", "/status", None).expect(200);
    stays.say(&json!({"type": "unwatch", "session": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}));
}

/// H12: another user of this machine can reach the port and read nothing that lets him in.
#[test]
fn h12_what_lets_programs_in_can_be_read_by_this_user_alone() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let servers = house.home().join(".local/state/boxagnts/servers");
    let folder = fs::read_dir(&servers).unwrap().next().unwrap().unwrap().path();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let note: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("server.json")).unwrap()).unwrap();
    let bearer = format!("Bearer {}", note["token"].as_str().unwrap());
    let as_program = server.send("GET", "/api/v1/status", &[("authorization", &bearer)], None).expect(200);
    assert_eq!(as_program.json()["workspace"], house.workspace().canonicalize().unwrap().to_str().unwrap());
    let kept = fs::read_to_string(folder.join("logins.json")).unwrap();
    let (_, cookie) = login.cookie.split_once('=').unwrap();
    assert!(kept.contains("expires") && !kept.contains(&login.token) && !kept.contains(cookie), "{kept}");
}

/// A restart logs nobody out, and a server at another port does not take the cookie.
#[test]
fn a_login_outlives_the_server_that_gave_it() {
    let house = House::new();
    let server = Server::start(&house);
    let (login, port) = (server.first_login(), server.address.port().to_string());
    server.kill();
    let server = Server::of(house.command(["--port", &port]));
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
}
