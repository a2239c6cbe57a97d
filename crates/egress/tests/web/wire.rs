//! What is on the wire.

use crate::bench::{Answer, Scripted, Server, get, permit, permit_for, whole};
use boxagnts_egress::{Web, WebError, WebLimits};
use boxagnts_testkit::drill;
use http::{HeaderValue, Method};
use std::sync::Arc;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHi";

#[tokio::test]
async fn a_request_is_made_of_what_was_judged_and_nothing_else() {
    let server = Server::here(Answer::whole(OK)).await;
    let mut request = get(&server.url("/a%2fb?c=d#e"));
    request.fields.insert("accept", HeaderValue::from_static("text/html"));
    request.fields.insert("accept-encoding", HeaderValue::from_static("br"));
    let answer = Web::new().send(&permit_for(&server), &WebLimits::default(), request).await.unwrap();
    assert_eq!(whole(answer).await.unwrap(), b"Hi");
    let mut lines: Vec<String> = server.heard()[0].trim_end().lines().map(str::to_owned).collect();
    assert_eq!(lines.remove(0), "GET /a%2Fb?c=d HTTP/1.1");
    lines.sort();
    let own = format!("host: {}", server.address);
    let agent = concat!("user-agent: boxagnts/", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines, ["accept-encoding: gzip", "accept: text/html", "connection: close", own.as_str(), agent]);
}

#[tokio::test]
async fn b07_a_host_field_of_the_tools_own_is_refused_before_anything_leaves() {
    let server = Server::here(Answer::whole(OK)).await;
    for name in ["host", "connection", "upgrade", "transfer-encoding", "proxy-authorization"] {
        let mut request = get(&server.url("/"));
        request.fields.insert(name, HeaderValue::from_static("evil.test"));
        let refused = Web::new().send(&permit_for(&server), &WebLimits::default(), request).await;
        assert!(matches!(refused, Err(WebError::Field(field)) if field == name));
    }
    assert_eq!(server.heard(), Vec::<String>::new());
}

/// The greeting of TLS names the server in the clear.
#[tokio::test]
async fn b07_the_name_in_tls_is_the_host_that_was_judged() {
    if !drill::inside("wire::b07_the_name_in_tls_is_the_host_that_was_judged") {
        return;
    }
    let listener = tokio::net::TcpListener::bind("93.184.216.34:443").await.unwrap();
    let greeting = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut greeting = vec![0; 4096];
        socket.readable().await.unwrap();
        let length = socket.try_read(&mut greeting).unwrap();
        greeting.truncate(length);
        greeting
    });
    let web = Web::new().with_resolver(Arc::new(Scripted::new(&[&["93.184.216.34"]])));
    let refused = web.send(&permit(&["network:*"]), &WebLimits::default(), get("https://GOOD.test./")).await;
    assert!(matches!(refused, Err(WebError::Tls { .. })), "{refused:?}");
    let greeting = greeting.await.unwrap();
    let name = b"\x00\x00\x09good.test";
    assert!(greeting.windows(name.len()).any(|window| window == name), "{greeting:?}");
}

#[tokio::test]
async fn b08_a_connect_is_not_sent_and_a_changed_protocol_is_no_answer() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let server = Server::here(Answer::whole(answer)).await;
    let limits = WebLimits::default();
    let mut connect = get(&server.url("/"));
    connect.method = Method::CONNECT;
    let refused = Web::new().send(&permit_for(&server), &limits, connect).await;
    assert!(matches!(refused, Err(WebError::Method(_))), "{refused:?}");
    assert_eq!(server.heard(), Vec::<String>::new());
    let changed = Web::new().send(&permit_for(&server), &limits, get(&server.url("/"))).await;
    assert!(matches!(changed, Err(WebError::Broken(_))), "{changed:?}");
}

#[tokio::test]
async fn a_grant_to_read_lets_nothing_be_sent() {
    let server = Server::here(Answer::whole(OK)).await;
    let permit = permit(&[&format!("network.get:http://{}", server.address)]);
    let mut post = get(&server.url("/"));
    post.method = Method::POST;
    let mut body = get(&server.url("/"));
    body.body = "x".into();
    let mut disguised = get(&server.url("/"));
    disguised.fields.insert("x-http-method-override", HeaderValue::from_static("DELETE"));
    for request in [post, body, disguised] {
        let refused = Web::new().send(&permit, &WebLimits::default(), request).await;
        assert!(matches!(refused, Err(WebError::Refused(_))), "{refused:?}");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
    let answer = Web::new().send(&permit, &WebLimits::default(), get(&server.url("/"))).await.unwrap();
    assert_eq!(whole(answer).await.unwrap(), b"Hi");
}
