//! Nobody who is not let in learns or changes anything: not a page of another origin, not a form, not another program.

use boxagnts_tests::House;
use boxagnts_tests::line::{Line, request};
use boxagnts_tests::server::Server;
use serde_json::{Value, json};

/// Every route of the document, with its method, as a path that could be meant.
fn routes(server: &Server) -> Vec<(String, String)> {
    let login = server.first_login();
    let document = server.ask(&login, "GET", "/openapi.json", None).expect(200).json();
    let of = |(path, methods): (&String, &Value)| {
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let path = path.replace("{id}", id).replace("{call}", id).replace("{name}", "read").replace("{digest}", "0");
        let path = path.replace("{provider}", "openai");
        methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    document["paths"].as_object().unwrap().iter().flat_map(of).collect()
}

/// H02: no route is open by omission, whatever way is asked, and coming in is the only thing that strangers can do.
#[test]
fn h02_every_route_but_the_login_refuses_a_stranger() {
    let house = House::new();
    let server = Server::start(&house);
    let routes = routes(&server);
    assert!(25 < routes.len(), "{routes:?}");
    let origin = server.origin();
    for (method, path) in &routes {
        for headers in
            [vec![], vec![("origin", &*origin)], vec![("authorization", "Bearer x"), ("cookie", "boxagnts_1=x")]]
        {
            let reply = server.send(method, path, &headers, Some(&json!({})));
            let wanted: &[u16] = match path.as_str() {
                "/api/v1/login" => &[400, 403, 422, 429],
                _ => &[401, 429],
            };
            assert!(wanted.contains(&reply.status), "{method} {path} with {headers:?}: {reply:?}");
        }
    }
    let sessions = house.run(["session", "list", "--output-format", "json"]).code(0).json();
    assert_eq!(sessions, json!([]), "nothing was begun");
}

/// H02: what is no route tells a stranger nothing, not even that.
#[test]
fn what_is_no_route_looks_to_a_stranger_like_one() {
    let house = House::new();
    let server = Server::start(&house);
    for path in ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/status"] {
        let reply = server.send("GET", path, &[], None);
        assert!([401, 404].contains(&reply.status), "{path}: {reply:?}");
        assert!(!reply.body.contains("workspace"), "{reply:?}");
    }
    let _ = server.ask(&server.first_login(), "GET", "/nothing", None).expect(404);
}

/// H02, H05: a page of another origin is refused before anything is looked at, with and without the right credentials, and
/// is given no header that would let it read the answer.
#[test]
fn h05_a_page_of_another_origin_is_refused_and_reads_nothing() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let bearer = format!("Bearer {}", login.token);
    let port = server.address.port();
    let others = [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        String::new(),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1.evil.example:{port}"),
        format!("http://127.0.0.1:{}", port.wrapping_add(1)),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/"),
    ];
    for other in &others {
        for (method, path) in [("GET", "/status"), ("POST", "/sessions"), ("OPTIONS", "/status"), ("DELETE", "/trust")]
        {
            let headers = [
                ("origin", other.as_str()),
                ("authorization", &bearer),
                ("cookie", &login.cookie),
                ("access-control-request-private-network", "true"),
            ];
            let reply = server.send(method, &format!("/api/v1{path}"), &headers, None);
            assert_eq!(reply.status, 403, "{method} {path} from {other:?}: {reply:?}");
            assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{reply:?}");
        }
    }
    let reply = server.ask(&login, "GET", "/status", None).expect(200);
    assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")), "twin: {reply:?}");
}

/// H02: a form, an image and a request without CORS are what a foreign page can send without asking.
#[test]
fn h02_what_a_foreign_page_can_send_without_asking_changes_nothing() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let bearer = format!("Bearer {}", login.token);
    let body = Some(json!({"capability": "fs.write:/workspace", "scope": "workspace"}));
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"] {
        // Even with everything else right, a form is no JSON.
        let headers = [
            ("content-type", kind),
            ("origin", &*server.origin()),
            ("authorization", &bearer),
            ("cookie", &login.cookie),
        ];
        let _ = server.send("POST", "/api/v1/grants", &headers, body.as_ref()).expect(415);
    }
    let foreign = [("sec-fetch-site", "cross-site"), ("authorization", &*bearer), ("cookie", &login.cookie)];
    let _ = server.send("GET", "/api/v1/status", &foreign, None).expect(403);
    let cookie = [("cookie", &*login.cookie), ("origin", &*server.origin())];
    let _ = server.send("POST", "/api/v1/grants", &cookie, body.as_ref()).expect(401);
    let silent = [("authorization", &*bearer), ("cookie", &login.cookie)];
    let _ = server.send("POST", "/api/v1/grants", &silent, body.as_ref()).expect(403);
    assert_eq!(house.run(["grant", "list", "--output-format", "json"]).code(0).json(), json!([]));
    let _ = server.ask(&login, "POST", "/grants", body.as_ref()).expect(201);
}

/// DNS rebinding: a foreign name that leads here is another name.
#[test]
fn a_foreign_name_for_this_server_is_refused() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let bearer = format!("Bearer {}", login.token);
    let port = server.address.port();
    for host in
        ["evil.example", "localhost", &format!("localhost:{port}"), &format!("evil.example:{port}"), "127.0.0.1", ""]
    {
        let headers = [("host", host), ("authorization", &bearer), ("cookie", &login.cookie)];
        for path in ["/api/v1/status", "/"] {
            let reply = server.send("GET", path, &headers, None);
            assert!([400, 403].contains(&reply.status), "{host:?} {path}: {reply:?}");
        }
    }
    let absolute = format!(
        "GET http://evil.example/api/v1/status HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        server.host()
    );
    assert_eq!(server.say(absolute.as_bytes()).unwrap().status, 403);
    let two = format!("GET / HTTP/1.1\r\nhost: {}\r\nhost: evil.example\r\nconnection: close\r\n\r\n", server.host());
    assert_eq!(server.say(two.as_bytes()).unwrap().status, 400);
}

/// H01: a line is refused before it is opened.
#[test]
fn h01_a_line_is_refused_to_other_origins_before_it_is_opened() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let port = server.address.port();
    let (local, other) = (format!("http://localhost:{port}"), format!("http://127.0.0.1:{}", port.wrapping_add(1)));
    for origin in
        [Some("https://evil.example"), Some("null"), Some("http://localhost.evil"), Some(&local), Some(&other), None]
    {
        let opened = Line::try_open(&server, request(&server, &login, &[("origin", origin)]));
        assert_eq!(opened.err(), Some(403), "{origin:?}");
    }
    for (name, value) in
        [("cookie", None), ("sec-websocket-protocol", Some("boxagnts.v1")), ("cookie", Some("boxagnts_1=x"))]
    {
        let opened = Line::try_open(&server, request(&server, &login, &[(name, value)]));
        assert_eq!(opened.err(), Some(401), "{name}: {value:?}");
    }
    let by_address = request(&server, &login, &[("sec-websocket-protocol", Some("boxagnts.v1"))]);
    let (mut parts, ()) = by_address.into_parts();
    parts.uri = format!("ws://{}/api/v1/stream?token={}", server.host(), login.token).parse().unwrap();
    let opened = Line::try_open(&server, tungstenite::http::Request::from_parts(parts, ()));
    assert_eq!(opened.err(), Some(401), "a token in the address is none");
    assert_eq!(Line::open(&server, &login).next_of("hello")["version"], env!("CARGO_PKG_VERSION"));
}

/// What every answer says to a browser.
#[test]
fn every_answer_tells_the_browser_to_run_and_load_nothing_foreign() {
    let house = House::new();
    let server = Server::start(&house);
    let login = server.first_login();
    let replies = [
        server.send("GET", "/", &[], None),
        server.send("GET", "/nothing.js", &[], None),
        server.ask(&login, "GET", "/status", None),
        server.send("GET", "/api/v1/status", &[], None),
        server.send("GET", "/", &[("host", "evil.example")], None),
    ];
    for reply in &replies {
        let policy = reply.header("content-security-policy").unwrap_or_default();
        for wanted in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ] {
            assert!(policy.contains(wanted), "{wanted}: {reply:?}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    }
    assert_eq!(replies[2].header("cache-control"), Some("no-store"));
}
