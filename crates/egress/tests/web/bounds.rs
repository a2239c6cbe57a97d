//! How long and how much.

use crate::bench::{Answer, Server, fetch, get, permit_for};
use boxagnts_egress::{Resolver, Web, WebError, WebLimits};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::BoxFuture;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Short enough for a test, long enough for a busy machine.
const SHORT: Duration = Duration::from_millis(150);

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn packed_answer(body: &[u8]) -> Vec<u8> {
    let packed = packed(body);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    [head.as_bytes(), &packed].concat()
}

fn hanging(text: &str) -> Answer {
    Answer { stays_open: true, ..Answer::whole(text) }
}

#[tokio::test]
async fn a_packed_answer_is_unpacked_and_says_so() {
    let server = Server::here(Answer::whole(packed_answer(b"Hello, hello, hello"))).await;
    assert_eq!(fetch(&server, &WebLimits::default()).await.unwrap(), b"Hello, hello, hello");
    let answer = Web::new().send(&permit_for(&server), &WebLimits::default(), get(&server.url("/"))).await.unwrap();
    assert!(!answer.fields.contains_key("content-encoding") && !answer.fields.contains_key("content-length"));
}

#[tokio::test]
async fn b10_an_answer_is_bounded_as_it_arrives_and_as_it_unpacks() {
    let limits = WebLimits { body_in: 10_000, ..WebLimits::default() };
    let over = Err(WebError::BodyIn { limit: 10_000 });
    // A kilobyte that unpacks to a megabyte.
    let bomb = packed_answer(&vec![0; 1 << 20]);
    assert!(bomb.len() < 2000);
    assert_eq!(fetch(&Server::here(Answer::whole(bomb)).await, &limits).await, over);
    // One that never ends.
    let endless = Answer {
        pieces: vec![b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(), b"4\r\nmore\r\n".to_vec()],
        endless: true,
        ..Answer::default()
    };
    assert_eq!(fetch(&Server::here(endless).await, &limits).await, over);
    // Twins at the bound.
    let whole = Server::here(Answer::whole(packed_answer(&vec![0; 10_000]))).await;
    assert_eq!(fetch(&whole, &limits).await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn b10_a_head_without_end_is_cut() {
    let field = format!("x-a: {}\r\n", "y".repeat(1000));
    let endless = Answer {
        pieces: vec![b"HTTP/1.1 200 OK\r\n".to_vec(), field.into_bytes()],
        endless: true,
        ..Answer::default()
    };
    let cut = fetch(&Server::here(endless).await, &WebLimits::default()).await;
    assert!(matches!(cut, Err(WebError::Broken(_))), "{cut:?}");
}

#[tokio::test]
async fn a_head_beyond_its_bound_is_refused_and_one_within_it_is_read() {
    let head = |fields: usize, length: usize| {
        let field = |number| format!("x-{number}: {}\r\n", "y".repeat(length));
        let fields: String = (0..fields).map(field).collect();
        vec![format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{fields}\r\nok").into_bytes()]
    };
    // What is read at once may go beyond the bound by as much again.
    for (fields, length, is_read) in [(40, 1000, true), (150, 1000, false), (190, 1, true), (210, 1, false)] {
        let server = Server::here(Answer { pieces: head(fields, length), ..Answer::default() }).await;
        let answer = fetch(&server, &WebLimits::default()).await;
        assert_eq!(answer.is_ok(), is_read, "{fields} fields of {length} bytes: {answer:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_an_error_and_no_half_answer() {
    let mut cut = packed(b"Hello");
    cut.truncate(cut.len() - 4);
    for packed in [cut, b"no gzip at all".to_vec()] {
        let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
        let server = Server::here(Answer { pieces: vec![head, packed], ..Answer::default() }).await;
        let error = fetch(&server, &WebLimits::default()).await;
        assert!(matches!(error, Err(WebError::Packing(_))), "{error:?}");
    }
}

#[tokio::test]
async fn a_request_larger_than_its_bound_is_not_sent() {
    let server = Server::here(Answer::default()).await;
    let limits = WebLimits { body_out: 3, ..WebLimits::default() };
    let mut request = get(&server.url("/"));
    request.body = "four".into();
    let refused = Web::new().send(&permit_for(&server), &limits, request).await;
    assert_eq!(refused.err(), Some(WebError::BodyOut { limit: 3 }));
    let mut request = get(&server.url("/"));
    request.fields.insert("x-long", "y".repeat(20_000).parse().unwrap());
    let refused = Web::new().send(&permit_for(&server), &limits, request).await;
    assert!(matches!(refused, Err(WebError::HeadOut { .. })));
    assert_eq!(server.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn each_wait_has_its_end() {
    let all = WebLimits::default();
    let silent = fetch(&Server::here(hanging("")).await, &WebLimits { first_byte: SHORT, ..all.clone() }).await;
    assert!(matches!(silent, Err(WebError::Silent { .. })), "{silent:?}");
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHi";
    let stalled = fetch(&Server::here(hanging(begun)).await, &WebLimits { idle: SHORT, ..all.clone() }).await;
    assert_eq!(stalled, Err(WebError::Stalled { limit: SHORT }));
    let total = fetch(&Server::here(hanging(begun)).await, &WebLimits { total: SHORT, ..all.clone() }).await;
    assert_eq!(total, Err(WebError::Total { limit: SHORT }));
    // One that always has something more to say never stalls, and ends all the same.
    let endless = Answer {
        pieces: vec![b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(), b"1\r\nm\r\n".to_vec()],
        endless: true,
        ..Answer::default()
    };
    let limits = WebLimits { total: SHORT, body_in: usize::MAX, ..all };
    assert_eq!(fetch(&Server::here(endless).await, &limits).await, Err(WebError::Total { limit: SHORT }));
}

struct Mute;

impl Resolver for Mute {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_resolver_that_never_answers_is_part_of_the_time_to_connect() {
    let web = Web::new().with_resolver(Arc::new(Mute));
    let limits = WebLimits { connect: SHORT, ..WebLimits::default() };
    let late = web.send(&crate::bench::permit(&["network:*"]), &limits, get("http://good.test/")).await;
    assert!(matches!(late, Err(WebError::ConnectTimeout { .. })), "{late:?}");
}

#[tokio::test]
async fn dropping_an_answer_closes_its_connection() {
    let server = Server::here(hanging("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHi")).await;
    let answer = Web::new().send(&permit_for(&server), &WebLimits::default(), get(&server.url("/"))).await.unwrap();
    drop(answer);
    let left = async {
        while server.heard().last().is_none_or(|heard| heard != "left") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), left).await.expect("the connection is closed");
}
