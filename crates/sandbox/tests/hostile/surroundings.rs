//! What a guest finds around itself: no variables, no network, no input, a bounded world.

use crate::bench::{Bench, text};
use serde_json::{Value, json};
use std::net::{TcpListener, UdpSocket};

#[tokio::test]
async fn d01_the_environment_is_empty() {
    let answers = Bench::new().probe(json!([{ "op": "env" }, { "op": "stdin" }, { "op": "preopens" }])).await;
    assert_eq!(answers[0]["ok"], json!({ "env": {}, "args": [] }));
    assert_eq!(answers[1]["ok"], "");
    assert_eq!(answers[2]["ok"], json!(["/workspace"]));
}

#[tokio::test]
async fn b09_sockets_always_refuse() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    receiver.set_nonblocking(true).unwrap();
    let answers = Bench::new()
        .probe(json!([
            { "op": "tcp", "addr": listener.local_addr().unwrap().to_string() },
            { "op": "udp", "addr": receiver.local_addr().unwrap().to_string() },
            { "op": "listen", "addr": "127.0.0.1:0" },
            { "op": "resolve", "name": "localhost" },
        ]))
        .await;
    for answer in &answers {
        assert!(answer["error"].is_string(), "{answer}");
    }
    assert!(listener.accept().is_err(), "nobody called");
    assert!(receiver.recv(&mut [0; 16]).is_err(), "nothing came");
}

#[tokio::test]
async fn clocks_and_a_little_randomness_are_there() {
    let answers = Bench::new().probe(json!([{ "op": "clock" }, { "op": "random", "bytes": 100 }])).await;
    assert!(answers[0]["ok"]["wall"].as_u64().unwrap() > 1_700_000_000_000_000_000);
    assert_eq!(answers[1]["ok"], json!({ "bytes": 100 }));
    let after = Bench::new().probe(json!([{ "op": "cancelled" }])).await;
    assert_eq!(after, [json!({ "ok": Value::Bool(false) })]);
}

#[tokio::test]
async fn calls_share_nothing() {
    let bench = Bench::new();
    assert_eq!(text(bench.call("state", json!({})).await), "call 1, with 0 bytes of state");
    assert_eq!(text(bench.call("state", json!({})).await), "call 1, with 0 bytes of state");
}
