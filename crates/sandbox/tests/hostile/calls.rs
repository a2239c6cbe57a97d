//! The way of a call: a result, a failure, a crash, a description.

use crate::bench::{Bench, SANDBOX, component, text};
use boxagnts_sandbox::{Guest, Limits, Source};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_guest_is_called_and_answers() {
    let bench = Bench::new();
    assert_eq!(text(bench.call("noop", json!({})).await), "ok");
}

#[tokio::test]
async fn a_component_says_what_it_is_without_any_right() {
    let guest = Arc::new(Guest::new(Source::Wasm(component("noop").into()), &Limits::default()).unwrap());
    let described = SANDBOX.describe(&guest).await.unwrap();
    assert_eq!((described.name.as_str(), described.examples.len()), ("noop", 1));
    assert_eq!(described.input_schema["type"], "object");
}
