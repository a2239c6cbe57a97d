//! Requests of guests: what leaves, what does not, how each bound ends one, and what the account says.

use crate::bench::{Bench, Person, failure, limited};
use boxagnts_capability::{Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_egress::{Resolver, Web};
use boxagnts_sandbox::EffectsPlan;
use boxagnts_testkit::wire::{Answer, LEFT, Server};
use boxagnts_tools::tool::Recoverable;
use boxagnts_types::Content;
use boxagnts_types::stream::Decided;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(150);

fn book(grants: &[String]) -> Rulebook {
    let rule = |text: &String| Rule {
        verdict: Verdict::Allow,
        capability: text.parse().unwrap(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    grants.iter().map(rule).fold(Rulebook::defaults(Mode::Bypass), Rulebook::with)
}

/// A bench whose guests may ask for any request, and get what the grants hold.
fn bench(grants: &[String]) -> Bench {
    networked(Bench::with(book(grants)), Web::new())
}

fn networked(mut bench: Bench, web: Web) -> Bench {
    bench.effects = Some(EffectsPlan::Capabilities(vec!["network:*".parse().unwrap()]));
    bench.in_world(|_, world| world.with_web(Arc::new(web)))
}

fn granted(server: &Server) -> Bench {
    bench(&[format!("network:http://{}", server.address)])
}

async fn ask(bench: &Bench, input: Value) -> Vec<Value> {
    let output = bench.call("requests", input).await.unwrap();
    match &output.content[..] {
        [Content::Json { value: Value::Array(answers) }] => answers.clone(),
        other => panic!("no answers: {other:?}"),
    }
}

async fn one(bench: &Bench, request: Value) -> Value {
    ask(bench, json!({ "requests": [request] })).await.remove(0)
}

fn to(server: &Server) -> Value {
    json!({ "authority": server.address.to_string() })
}

fn refused_of(bench: &Bench) -> Vec<String> {
    let entries = bench.ledger.entries().into_iter();
    entries.filter(|entry| entry.decision == Decided::Refused).map(|entry| entry.effect).collect()
}

#[tokio::test]
async fn a_request_under_a_grant_arrives_and_is_accounted_for() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let bench = granted(&server);
    let request = json!({ "authority": server.address.to_string(), "method": "POST", "path": "/a?b=c", "body": 7 });
    let answer = one(&bench, request).await;
    assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!("Hello")));
    let heard = server.heard();
    assert!(
        heard[0].starts_with("POST /a?b=c HTTP/1.1\r\n") && heard[0].contains("content-length: 7\r\n"),
        "{heard:?}"
    );
    let entries = bench.ledger.entries();
    let entry = &entries[0];
    assert_eq!((entries.len(), entry.decision, entry.count, entry.bytes), (1, Decided::Allowed, 1, 12));
    assert_eq!(entry.effect, format!("network:http://{}/a?b=c", server.address));
}

#[tokio::test]
async fn a_guest_without_the_network_is_refused_each_request() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    // In a world without a network, with a permit for it; and the other way round.
    let mut no_web = Bench::with(book(&[format!("network:http://{}", server.address)]));
    no_web.effects = Some(EffectsPlan::Capabilities(vec!["network:*".parse().unwrap()]));
    let no_permit = Bench::new().in_world(|_, world| world.with_web(Arc::new(Web::new())));
    for bench in [no_web, no_permit] {
        let answer = one(&bench, to(&server)).await;
        assert!(answer["error"].as_str().unwrap().contains("HttpRequestDenied"), "{answer}");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn b01_a_wildcard_and_a_mode_open_no_private_address_for_a_guest() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let port = server.address.port();
    let bench = bench(&["network:*".to_owned(), "network:http://*".to_owned(), format!("network:http://*:{port}")]);
    let hosts = ["127.0.0.1", "localhost", "a.localhost", "[::1]", "[::ffff:7f00:1]", "0.0.0.0", "169.254.169.254"];
    for host in hosts {
        let answer = one(&bench, json!({ "authority": format!("{host}:{port}") })).await;
        assert!(answer["error"].as_str().unwrap().contains("HttpRequestDenied"), "{host}: {answer}");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
    assert_eq!(refused_of(&bench).len(), 6, "one line for each host, the mapped address being the first: {hosts:?}");
}

#[tokio::test]
async fn b05_b06_b07_b08_what_a_request_smuggles_never_leaves() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let bench = granted(&server);
    let here = server.address.to_string();
    let port = server.address.port();
    let mut bad = Vec::new();
    for authority in [
        format!("user@{here}"),
        format!("evil.test\0.{here}"),
        format!("%31%32%37.0.0.1:{port}"),
        format!("127.1:{port}"),
        format!("2130706433:{port}"),
        format!("0x7f.0.0.1:{port}"),
        format!("127.0.0.1:{port}:{port}"),
        format!("127.0.0.1\u{ff0e}:{port}"),
        String::new(),
    ] {
        bad.push(json!({ "authority": authority }));
    }
    for path in ["http://evil.test/", "/a b\r\nhost: evil.test", "/../x", "/%2e%2e/x", "/a\\b", "*"] {
        bad.push(json!({ "authority": here, "path": path }));
    }
    for method in ["CONNECT", "GET / HTTP/1.1\r\n\r\nGET", "TRACE", ""] {
        bad.push(json!({ "authority": here, "method": method }));
    }
    for scheme in ["file", "ws", "https:"] {
        bad.push(json!({ "authority": here, "scheme": scheme }));
    }
    for (name, value) in [
        ("host", "evil.test"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("transfer-encoding", "chunked"),
        ("te", "trailers"),
        ("proxy-authorization", "x"),
        ("http2-settings", "x"),
        ("x-a", "b\r\nhost: evil.test"),
        ("x-a\r\nhost", "evil.test"),
    ] {
        bad.push(json!({ "authority": here, "fields": [[name, value]] }));
    }
    let answers = ask(&bench, json!({ "requests": bad })).await;
    for (request, answer) in bad.iter().zip(&answers) {
        assert!(answer["error"].is_string(), "{request}: {answer}");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
    // After all these refusals an honest request is served, with a length of ours.
    let honest = json!({ "authority": here, "method": "POST", "body": 3, "fields": [["x-a", "b"]] });
    assert_eq!(one(&bench, honest).await["status"], 200);
    assert!(server.heard()[0].contains("content-length: 3\r\n"));
}

#[tokio::test]
async fn b04_a_redirect_is_handed_to_the_guest_whose_next_request_is_decided_anew() {
    let secret = Server::here(Answer::page("text/plain", "secret")).await;
    let head = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", secret.url("/"));
    let server = Server::here(Answer::whole(head)).await;
    let bench = granted(&server);
    let answers = ask(&bench, json!({ "requests": [to(&server), to(&secret), to(&server)] })).await;
    assert_eq!((&answers[0]["status"], &answers[2]["status"]), (&json!(302), &json!(302)));
    assert!(answers[1]["error"].as_str().unwrap().contains("HttpRequestDenied"));
    assert_eq!((server.heard().len(), secret.heard().len()), (2, 0));
    assert_eq!(refused_of(&bench), [format!("network.get:{}", secret.url("").trim_end_matches('/'))]);
}

#[tokio::test]
async fn b10_http_body_in_ends_an_answer_that_does_not_end() {
    let endless = Answer {
        pieces: vec![b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(), b"4\r\nmore\r\n".to_vec()],
        endless: true,
        ..Answer::default()
    };
    let server = Server::here(endless).await;
    let mut bench = granted(&server);
    bench.limits.http_body_in = 10_000;
    let answer = one(&bench, to(&server)).await;
    assert!(answer["length"].as_u64().unwrap() <= 10_000 && answer["broke"].is_string(), "{answer}");
    // Twin.
    let whole = Server::here(Answer::page("text/plain", "x".repeat(10_000))).await;
    let mut bench = granted(&whole);
    bench.limits.http_body_in = 10_000;
    assert_eq!(one(&bench, to(&whole)).await["length"], 10_000);
}

#[tokio::test]
async fn http_body_out_keeps_a_body_that_is_too_large_from_leaving() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let mut bench = granted(&server);
    bench.limits.http_body_out = 10_000;
    let post = |length: usize| json!({ "authority": server.address.to_string(), "method": "POST", "body": length });
    let answer = one(&bench, post(10_001)).await;
    assert!(answer["error"].as_str().unwrap().contains("HttpRequestBodySize"), "{answer}");
    assert_eq!(server.heard(), Vec::<String>::new());
    assert_eq!(one(&bench, post(10_000)).await["status"], 200);
    // One that never ends is cut as well, and takes none of our memory.
    assert!(one(&bench, post(1 << 30)).await["error"].is_string());
}

#[tokio::test]
async fn http_first_byte_idle_and_total_end_a_request_that_waits() {
    let silent = Answer { stays_open: true, ..Answer::default() };
    let begun = Answer { stays_open: true, ..Answer::whole("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHi") };
    for (answer, field) in [(&silent, "first byte"), (&begun, "idle"), (&begun, "total"), (&silent, "its own")] {
        let server = Server::here(answer.clone()).await;
        let mut bench = granted(&server);
        let mut request = to(&server);
        match field {
            "first byte" => bench.limits.http_first_byte = SHORT,
            "idle" => bench.limits.http_idle = SHORT,
            "total" => bench.limits.http_total = SHORT,
            _ => request["patience"] = json!(150),
        }
        let asked = Instant::now();
        let answer = one(&bench, request).await;
        assert!(answer["error"].is_string() || answer["broke"].is_string(), "{field}: {answer}");
        assert!(asked.elapsed() < Duration::from_secs(15), "{field}");
        server.hears(2).await;
        assert_eq!(server.heard()[1], LEFT, "{field}: the connection is closed");
    }
}

struct Mute;

impl Resolver for Mute {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn http_connect_ends_a_request_that_reaches_nobody() {
    let mut bench = networked(Bench::with(book(&["network:*".to_owned()])), Web::new().with_resolver(Arc::new(Mute)));
    bench.limits.http_connect = SHORT;
    let asked = Instant::now();
    let answer = one(&bench, json!({ "authority": "good.test" })).await;
    assert!(answer["error"].as_str().unwrap().contains("ConnectionTimeout"), "{answer}");
    assert!(asked.elapsed() < Duration::from_secs(4), "the default is longer");
}

#[tokio::test]
async fn http_at_once_lets_a_flood_of_requests_through_a_few_at_a_time() {
    let slow = Answer { thinks: Duration::from_millis(20), ..Answer::page("text/plain", "Hello") };
    let server = Server::here(slow).await;
    let mut bench = granted(&server);
    bench.limits.http_at_once = 3;
    let flood = json!({ "requests": [{ "authority": server.address.to_string(), "times": 40 }], "at_once": true });
    let answers = ask(&bench, flood).await;
    assert!(answers.len() == 40 && answers.iter().all(|answer| answer["status"] == 200));
    assert_eq!(server.most_at_once(), 3);
    // Nobody waits for a place for ever.
    (bench.limits.http_at_once, bench.limits.http_first_byte) = (0, SHORT);
    let answer = one(&bench, to(&server)).await;
    assert!(answer["error"].as_str().unwrap().contains("ConnectionLimitReached"), "{answer}");
}

#[tokio::test]
async fn thousands_of_requests_at_once_end_the_call_that_makes_them_and_nothing_else() {
    let server = Server::here(Answer { stays_open: true, ..Answer::default() }).await;
    let bench = granted(&server);
    let flood = json!({ "requests": [{ "authority": server.address.to_string(), "times": 5000 }], "at_once": true });
    let ended = limited(bench.call("requests", flood).await);
    assert!(ended.contains("1024 open files"), "{ended}");
    assert!(server.most_at_once() <= bench.limits.http_at_once);
    let well = Server::here(Answer::page("text/plain", "Hello")).await;
    assert_eq!(one(&granted(&well), to(&well)).await["status"], 200);
}

#[tokio::test]
async fn the_end_of_a_call_closes_its_connections() {
    // By its deadline, and by a cancel.
    let server = Server::here(Answer { stays_open: true, ..Answer::default() }).await;
    let mut bench = granted(&server);
    let loaded = Server::here(Answer::page("text/plain", "Hello")).await;
    one(&granted(&loaded), to(&loaded)).await;
    bench.limits.wall_clock = Duration::from_millis(300);
    limited(bench.call("requests", json!({ "requests": [to(&server)] })).await);
    server.hears(2).await;
    assert_eq!(server.heard()[1], LEFT);
    let bench = granted(&server);
    let cancel = async {
        server.hears(3).await;
        bench.cancel.cancel();
    };
    let (result, ()) = tokio::join!(bench.call("requests", json!({ "requests": [to(&server)] })), cancel);
    assert_eq!(failure(result).0, Recoverable::Cancelled);
    server.hears(4).await;
    assert_eq!(server.heard()[3], LEFT);
}

#[tokio::test]
async fn e09_a_grant_that_is_revoked_ends_an_answer_on_its_way() {
    let pieces = ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst", "later"].map(|piece| piece.as_bytes().to_vec());
    let answer = Answer { pieces: pieces.to_vec(), waits: true, ..Answer::default() };
    let server = Server::here(answer).await;
    for revokes in [false, true] {
        let bench = granted(&server);
        let before = server.heard().len();
        let revoke = async {
            server.hears(before + 1).await;
            if revokes {
                bench.authority.replace(Rulebook::defaults(Mode::Bypass));
            }
            server.go_on();
        };
        let (answer, ()) = tokio::join!(one(&bench, to(&server)), revoke);
        if revokes {
            assert!(answer["broke"].is_string() && !answer["body"].as_str().unwrap().contains("later"), "{answer}");
            assert_eq!(refused_of(&bench).len(), 1);
        } else {
            assert_eq!(answer["body"], "firstlater");
        }
    }
}

/// A bench whose requests to a server are asked about.
fn asked(server: &Server, answers: impl IntoIterator<Item = bool>) -> Bench {
    let question = Rule {
        verdict: Verdict::Ask,
        capability: format!("network:http://{}", server.address).parse().unwrap(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    let mut bench = networked(Bench::with(Rulebook::defaults(Mode::Ask).with(question)), Web::new());
    bench.person = Person::answers(answers);
    bench
}

#[tokio::test]
async fn a_request_under_a_question_waits_for_the_answer_and_each_answer_is_for_one_request() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let bench = asked(&server, [true, false]);
    let authority = server.address.to_string();
    let paths = ["/yes", "/no", "/nobody"].map(|path| json!({ "authority": authority, "path": path }));
    let answers = ask(&bench, json!({ "requests": paths })).await;
    assert_eq!(answers[0]["status"], 200, "{answers:?}");
    for answer in &answers[1..] {
        assert!(answer["error"].as_str().unwrap().contains("HttpRequestDenied"), "{answer}");
    }
    let heard = server.heard();
    assert!(heard.len() == 1 && heard[0].starts_with("GET /yes "), "{heard:?}");
    let wishes = bench.person.wishes.lock().unwrap();
    let asked: Vec<String> = wishes.iter().map(|wish| wish.effects[0].to_string()).collect();
    assert_eq!(asked, ["yes", "no", "nobody"].map(|path| format!("network.get:http://{authority}/{path}")));
    assert_eq!(refused_of(&bench).len(), 2);
}

#[tokio::test]
async fn a_person_is_shown_each_request_and_how_much_of_it_is_left_out() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let bench = asked(&server, [true, true]);
    let authority = server.address.to_string();
    let post = |body| json!({ "authority": authority, "path": "/in?q=1", "method": "POST", "body": body });
    ask(&bench, json!({ "requests": [post(10), post(5000), post(1)] })).await;
    assert_eq!(server.heard().len(), 2, "a yes to one request is none to the next one, wherever it goes");
    let wishes = bench.person.wishes.lock().unwrap();
    let shown = |number: usize| wishes[number].detail.clone().unwrap();
    assert!(shown(0).starts_with(&format!("POST http://{authority}/in?q=1\n")), "{}", shown(0));
    assert!(shown(0).contains("10 bytes of body:\n") && !shown(0).contains("not shown"), "{}", shown(0));
    assert!(shown(1).contains("5000 bytes of body:\n"), "{}", shown(1));
    assert!(shown(1).ends_with("… 1000 more characters of it are not shown\n"), "{}", shown(1));
}

#[tokio::test]
async fn the_time_of_a_call_stands_still_while_a_person_thinks() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let mut bench = asked(&server, [true]);
    bench.limits.wall_clock = Duration::from_millis(1500);
    *bench.person.thinks.lock().unwrap() = Duration::from_millis(2500);
    assert_eq!(one(&bench, to(&server)).await["status"], 200);
}

#[tokio::test]
async fn a_call_that_is_stopped_while_a_person_thinks_sends_nothing() {
    let server = Server::here(Answer::page("text/plain", "Hello")).await;
    let bench = asked(&server, [true]);
    *bench.person.thinks.lock().unwrap() = Duration::from_mins(1);
    let cancel = bench.cancel.clone();
    *bench.person.meanwhile.lock().unwrap() = Some(Box::new(move || cancel.cancel()));
    let begun = Instant::now();
    let (kind, _) = failure(bench.call("requests", json!({ "requests": [to(&server)] })).await);
    assert_eq!((kind, begun.elapsed() < Duration::from_secs(2)), (Recoverable::Cancelled, true));
    assert_eq!(server.heard(), Vec::<String>::new());
}
