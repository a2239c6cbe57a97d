//! The real client against servers of this machine: what it sends, where it goes, and when it stops.

#![expect(clippy::disallowed_methods, reason = "the test is the other end of the socket")]

use boxagnts_egress::{Client as _, Endpoint, Field, HttpClient, JsonRequest, Limits, Proxy, Response, SendError};
use boxagnts_testkit::server::nobodys_url;
use boxagnts_testkit::server::script::Ending;
use boxagnts_testkit::{Script, ScriptedReply, ScriptedServer};
use boxagnts_types::Secret;
use bytes::Bytes;
use futures::StreamExt as _;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const BODY: &str = r#"{"model":"x","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;

fn request(fields: Vec<Field>) -> JsonRequest {
    JsonRequest { path: "/chat/completions", fields, body: Bytes::from_static(BODY.as_bytes()) }
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

async fn post(client: &HttpClient, base_url: &str) -> Result<Response, SendError> {
    client.post_json_stream(&endpoint(base_url), request(Vec::new())).await
}

async fn body(response: Response) -> Result<Vec<u8>, SendError> {
    let pieces: Vec<Result<Bytes, SendError>> = response.body.collect().await;
    pieces.into_iter().try_fold(Vec::new(), |whole, piece| Ok([whole, piece?.to_vec()].concat()))
}

async fn server(replies: impl IntoIterator<Item = ScriptedReply>) -> ScriptedServer {
    ScriptedServer::start(Script::new(replies)).await
}

fn plain() -> HttpClient {
    HttpClient::new(Limits::default(), None)
}

/// What a client writes to a socket before it wants an answer.
async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        assert_ne!(socket.read_buf(&mut head).await.expect("the client writes"), 0, "the client left");
    }
    String::from_utf8_lossy(&head).into_owned()
}

#[tokio::test]
async fn a_request_arrives_as_it_was_meant_and_its_answer_as_it_was_sent() {
    let server = server([ScriptedReply::text("Hi")]).await;
    let fields = vec![Field::bearer(Secret::new("sk-1")), Field::secret("x-other", Secret::new("sk-2"))];
    let response = plain().post_json_stream(&endpoint(&server.base_url()), request(fields)).await.unwrap();
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/event-stream; charset=utf-8")));
    assert_eq!(body(response).await.unwrap(), ScriptedReply::text("Hi").bytes());
    let asked = &server.requests()[0];
    let sent = ["authorization", "x-other", "content-type", "accept-encoding"].map(|name| asked.header(name));
    assert_eq!(sent, [Some("Bearer sk-1"), Some("sk-2"), Some("application/json"), Some("identity")]);
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let both = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        for _ in 0..2 {
            head(&mut socket).await;
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHi").await.unwrap();
        }
    });
    let client = plain();
    for _ in 0..2 {
        assert_eq!(body(post(&client, &address).await.unwrap()).await.unwrap(), b"Hi");
    }
    both.await.unwrap();
}

// Threat B04: a redirect to a forbidden place.
#[tokio::test]
async fn b04_a_redirect_is_returned_and_not_followed() {
    let elsewhere = server([ScriptedReply::text("never")]).await;
    for status in [301, 302, 303, 307, 308] {
        let headers = BTreeMap::from([("location".to_owned(), elsewhere.base_url() + "/chat/completions")]);
        let server = server([ScriptedReply { headers, ..ScriptedReply::page(status, "") }]).await;
        let response = post(&plain(), &server.base_url()).await.unwrap();
        assert_eq!((response.status, response.header("location").is_some()), (status, true));
    }
    assert!(elsewhere.requests().is_empty());
    // The twin: the place exists, and answers who asks it.
    assert_eq!(post(&plain(), &elsewhere.base_url()).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_proxy_tunnels_what_is_encrypted_and_sees_no_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Secret::new(format!("http://me:word@{}", listener.local_addr().unwrap()));
    let proxy = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let head = head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.unwrap();
        head
    });
    let client = HttpClient::new(Limits::default(), Some(Proxy { address, except: None }));
    let fields = vec![Field::bearer(Secret::new("sk-1"))];
    let error = client.post_json_stream(&endpoint("https://models.example.com/v1"), request(fields)).await.unwrap_err();
    assert!(matches!(error, SendError::Connect { .. }), "{error}");
    let head = proxy.await.unwrap();
    assert!(head.starts_with("CONNECT models.example.com:443 HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("sk-1") && !error.to_string().contains("word"), "{head} {error}");
}

#[tokio::test]
async fn a_proxy_is_never_used_for_this_machine_nor_for_hosts_that_are_excepted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Secret::new(format!("http://{}", listener.local_addr().unwrap()));
    let except = Some("models.invalid".to_owned());
    let client = HttpClient::new(Limits::default(), Some(Proxy { address, except }));
    let server = server([ScriptedReply::text("Hi")]).await;
    assert_eq!(post(&client, &server.base_url()).await.unwrap().status, 200);
    let nobody = format!("https://{}.models.invalid", "a".repeat(64));
    for base_url in ["https://127.0.0.1:1", "https://localhost:1", &nobody] {
        post(&client, base_url).await.unwrap_err();
    }
    tokio::select! {
        biased;
        _ = listener.accept() => panic!("the proxy was asked"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_told_from_a_port_without_a_server() {
    // A part of a name with more than 63 letters is refused by the resolver itself; no network is asked.
    let nowhere = format!("http://{}.example", "a".repeat(64));
    assert!(matches!(post(&plain(), &nowhere).await, Err(SendError::NoAddress { .. })));
    let error = post(&plain(), &nobodys_url().await).await.unwrap_err();
    assert!(matches!(&error, SendError::Connect { why, .. } if why.contains("refused")), "{error}");
    assert!(error.is_unreached());
}

#[tokio::test]
async fn a_server_that_takes_no_connection_is_left_in_time() {
    // One that listens and never accepts, with a queue that is full.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(waiting)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queue.push(waiting);
    }
    let connect = Duration::from_millis(100);
    let client = HttpClient::new(Limits { connect, ..Limits::default() }, None);
    let origin = format!("http://{address}");
    assert_eq!(post(&client, &origin).await.unwrap_err(), SendError::ConnectTimeout { origin, limit: connect });
}

#[tokio::test]
async fn a_server_that_takes_a_connection_and_no_handshake_is_left_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connect = Duration::from_millis(100);
    let client = HttpClient::new(Limits { connect, ..Limits::default() }, None);
    let origin = format!("https://{}", listener.local_addr().unwrap());
    assert_eq!(post(&client, &origin).await.unwrap_err(), SendError::ConnectTimeout { origin, limit: connect });
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_no_safe_connection() {
    let server = server([]).await;
    let error = post(&plain(), &server.base_url().replace("http", "https")).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }), "{error}");
    assert!(!error.is_unreached());
}

#[tokio::test]
async fn each_wait_has_its_own_bound() {
    let soon = Duration::from_millis(100);
    let server = server([
        ScriptedReply { silent: true, ..ScriptedReply::default() },
        ScriptedReply::text("Hi").ending_before("Hi", Ending::Hang),
        ScriptedReply { ends_at: Some(0), ending: Ending::Hang, ..ScriptedReply::text("Hi") },
    ])
    .await;
    let origin = endpoint(&server.base_url()).origin();
    let first = HttpClient::new(Limits { first_byte: soon, ..Limits::default() }, None);
    let silent = SendError::Silent { origin, limit: soon };
    assert_eq!(post(&first, &server.base_url()).await.unwrap_err(), silent);
    let idle = HttpClient::new(Limits { idle: soon, ..Limits::default() }, None);
    let stalled = SendError::Stalled { limit: soon };
    assert_eq!(body(post(&idle, &server.base_url()).await.unwrap()).await.unwrap_err(), stalled);
    let response = post(&first, &server.base_url()).await.unwrap();
    assert_eq!(body(response).await.unwrap_err(), silent, "a head is no first byte");
}

#[tokio::test]
async fn each_size_has_its_own_bound() {
    let reply = ScriptedReply { body: Some("x".repeat(1000)), piece: Some(100), ..ScriptedReply::default() };
    let server = server([reply.clone(), reply]).await;
    for (response_bytes, wanted) in [(1000, Ok(1000)), (999, Err(SendError::TooLong { limit: 999 }))] {
        let client = HttpClient::new(Limits { response_bytes, ..Limits::default() }, None);
        let received = body(post(&client, &server.base_url()).await.unwrap()).await;
        assert_eq!(received.map(|body| body.len()), wanted);
    }
    let client = HttpClient::new(Limits { request_bytes: BODY.len() - 1, ..Limits::default() }, None);
    assert!(matches!(post(&client, &server.base_url()).await, Err(SendError::Unsendable(_))));
    assert_eq!(server.requests().len(), 2, "what is too long is not sent at all");
}

// Threat B10: an answer without end.
#[tokio::test]
async fn b10_an_answer_without_end_is_cut() {
    let endless = ScriptedReply { ending: Ending::EndlessLine, ..ScriptedReply::default() };
    let server = server([endless]).await;
    let client = HttpClient::new(Limits { response_bytes: 1024 * 1024, ..Limits::default() }, None);
    let error = body(post(&client, &server.base_url()).await.unwrap()).await.unwrap_err();
    assert_eq!(error, SendError::TooLong { limit: 1024 * 1024 });
    server.until_over(1).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error_after_what_came_before() {
    for ending in [Ending::Close, Ending::Reset] {
        let server = server([ScriptedReply::text("Hi").ending_before("Hi", ending)]).await;
        let pieces: Vec<_> = post(&plain(), &server.base_url()).await.unwrap().body.collect().await;
        assert!(matches!(pieces.last(), Some(Err(SendError::Broken(_)))), "{ending:?}: {pieces:?}");
    }
}

#[tokio::test]
async fn a_value_that_no_header_may_have_is_named_without_being_shown() {
    let server = server([ScriptedReply::text("Hi")]).await;
    let fields = vec![Field::bearer(Secret::new("sk-1\r\nx-evil: yes"))];
    let error = plain().post_json_stream(&endpoint(&server.base_url()), request(fields)).await.unwrap_err();
    assert!(error.to_string().contains("authorization") && !error.to_string().contains("sk-1"), "{error}");
    assert!(server.requests().is_empty());
}
