//! Whatever is wrong with a server is said in one sentence that a person understands.

use crate::stage::{QUICK, Recording, Stage, environment, greeting, heard, model};
use boxagnts_egress::{Limits, SendError};
use boxagnts_model::Failure;
use boxagnts_providers::{Patience, Providers};
use boxagnts_testkit::server::nobodys_url;
use boxagnts_testkit::server::script::Ending;
use boxagnts_testkit::{Script, ScriptedReply, ScriptedServer};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

async fn told(reply: ScriptedReply) -> String {
    let stage = Stage::with(Script::new([reply]), Limits::default(), Patience { retries: 0, ..QUICK }).await;
    let origin = stage.server.base_url();
    stage.ask().await.told().replace(origin.trim_end_matches("/v1"), "SERVER")
}

fn field(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

#[tokio::test]
async fn p04_each_refusal_says_what_the_server_said_and_what_to_do() {
    let error = ScriptedReply::error;
    let replies = [
        error(400, "invalid_value", "Bad \u{1b}[2J\u{202e} thing"),
        error(400, "context_length_exceeded", "Too much."),
        ScriptedReply {
            body: Some(json!({"error": "prompt exceeds the context window"}).to_string()),
            ..error(400, "", "")
        },
        error(401, "invalid_api_key", "No."),
        ScriptedReply { body: Some(json!({"detail": "not for you"}).to_string()), ..error(403, "", "") },
        error(404, "model_not_found", "The model `x` does not exist."),
        ScriptedReply::page(404, "<h1>Not here</h1>"),
        ScriptedReply::page(413, "<h1>Too large</h1>"),
        ScriptedReply::page(502, "<h1>Bad\ngateway</h1>"),
        ScriptedReply { body: Some(String::new()), ..error(500, "", "") },
        ScriptedReply { headers: field("location", "http://127.0.0.1:1/secret"), ..ScriptedReply::page(307, "") },
    ];
    let mut lines = String::new();
    for reply in replies {
        lines += &(told(reply).await + "\n");
    }
    expect_test::expect![[r#"
        the model's vendor refuses the request: SERVER answers 400: Bad \u{1b}[2J\u{202e} thing
        the conversation is longer than the model can read: SERVER answers 400: Too much
        the conversation is longer than the model can read: SERVER answers 400: prompt exceeds the context window
        the model's vendor refuses the key: SERVER answers 401: No; is OPENAI_API_KEY right?
        the model's vendor refuses the key: SERVER answers 403: not for you; is OPENAI_API_KEY right?
        there is no model "openai/x"; SERVER answers 404: The model `x` does not exist
        the model's vendor refuses the request: SERVER/v1/chat/completions is not there (404); is OPENAI_BASE_URL right? it usually ends with /v1
        the conversation is longer than the model can read: SERVER answers 413: <h1>Too large</h1>
        the model's vendor is in trouble: SERVER answers 502: <h1>Bad\ngateway</h1>
        the model's vendor is in trouble: SERVER answers 500
        the model's vendor refuses the request: SERVER redirects to http://127.0.0.1:1/secret, which is not followed; set OPENAI_BASE_URL to where the server is
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn p04_what_is_no_stream_of_events_is_shown_by_its_beginning() {
    let body = |text: &str, kind: &str| ScriptedReply {
        body: Some(text.to_owned()),
        headers: field("content-type", kind),
        ..ScriptedReply::default()
    };
    let gzip = Some("H4sIAAAAAAAAA0tMBABpjiYyAwAAAA==".to_owned());
    let replies = [
        ScriptedReply::page(200, "<html><body>Log in to the hotel's network</body></html>"),
        body(r#"{"choices":[{"message":{"content":"not streamed"}}]}"#, "application/json"),
        body("data: {\"choices\": [}\n\n", "text/event-stream"),
        body("data: <html>\n\n", "text/event-stream; charset=utf-8"),
        body("", "text/event-stream"),
        body("data: [DONE]\n\n", "text/event-stream"),
        ScriptedReply { headers: field("content-encoding", "gzip"), ..ScriptedReply::text("Hi") },
        ScriptedReply {
            body_base64: gzip,
            headers: field("content-type", "text/event-stream"),
            ..ScriptedReply::default()
        },
        ScriptedReply {
            body_base64: Some("ZGF0YTog/w0KDQo=".to_owned()),
            headers: field("content-type", "text/event-stream"),
            ..ScriptedReply::default()
        },
        body(&"<".repeat(100_000), "text/html\u{1b}[31m"),
    ];
    let mut lines = String::new();
    for reply in replies {
        lines += &(told(reply).await + "\n");
    }
    expect_test::expect![[r#"
        the model's reply cannot be used: it is text/html; charset=utf-8 and no stream of events: <html><body>Log in to the hotel's network</body></html>
        the model's reply cannot be used: it is application/json and no stream of events: {"choices":[{"message":{"content":"not streamed"}}]}
        the model's reply cannot be used: an event is not what it should be (expected value at line 1 column 14): {"choices": [}
        the model's reply cannot be used: an event is not what it should be (expected value at line 1 column 1): <html>
        the model's reply cannot be used: it is empty
        the model's reply cannot be used: it broke off before its end
        the model's reply cannot be used: it is compressed (gzip), which was not asked for: data: {"choices":[{"delta":{"content":"","role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-scripted","model":"scripted","object":"chat.completion.chunk"}\n\ndata: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null,"index":0,"logprobs":null…
        the model's reply cannot be used: it is no stream of events: \u{1f}�\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{3}KL\u{4}\u{0}i�&2\u{3}\u{0}\u{0}\u{0}
        the model's reply cannot be used: one of its events is no text
        the model cannot be reached: the connection broke: invalid HTTP header parsed
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_told_and_what_was_said_before_is_kept() {
    let stage = Stage::cassette(include_str!("../cassettes/error-in-stream.json")).await;
    let heard = stage.ask().await;
    let failure = Failure::Faulty("The engine is overloaded.".to_owned());
    assert_eq!((heard.text().as_str(), heard.failure), ("So far ", Some(failure)));
    assert_eq!(stage.ask().await.failure, Some(Failure::RateLimited { retry_after: None }));
    assert!(matches!(stage.ask().await.failure, Some(Failure::TooLong(why)) if why.contains("8192")));
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_whole_when_it_said_why_it_stopped() {
    let reply = |stop: Option<&str>| {
        let choice = json!({"index": 0, "delta": {"content": "Hi"}, "finish_reason": stop});
        ScriptedReply { events: Some(vec![json!({"choices": [choice]})]), ..ScriptedReply::default() }
    };
    let without_done = |reply| ScriptedReply { without_done: true, ..reply };
    assert_eq!(told(without_done(reply(Some("stop")))).await, "");
    assert_eq!(told(reply(None)).await, "", "[DONE] stands for a text");
    let broke_off = "the model's reply cannot be used: it broke off before its end";
    assert_eq!(told(without_done(reply(None))).await, broke_off);
}

#[tokio::test]
async fn nobody_at_the_address_is_told_from_a_name_without_an_address() {
    let gone = nobodys_url().await;
    let patience = Patience { retries: 1, ..QUICK };
    let failure = heard(&*model(&gone, None, Limits::default(), patience.clone()), greeting()).await.told();
    assert!(failure.starts_with("the model cannot be reached: no connection to http://127.0.0.1:"), "{failure}");
    // A part of a name with more than 63 letters is refused by the resolver itself; no network is asked.
    let nowhere = format!("http://{}.example/v1", "a".repeat(64));
    let failure = heard(&*model(&nowhere, None, Limits::default(), patience), greeting()).await.told();
    assert!(failure.contains("cannot be resolved"), "{failure}");
}

#[tokio::test]
async fn a_server_without_tls_is_no_safe_connection() {
    let server = ScriptedServer::start(Script::default()).await;
    let address = server.base_url().replace("http://", "https://");
    let failure = heard(&*model(&address, None, Limits::default(), QUICK), greeting()).await.told();
    assert!(failure.starts_with("the model cannot be reached: no safe connection to https://127.0.0.1:"), "{failure}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let soon = Duration::from_millis(100);
    let ask = async |reply, limits| Stage::with(Script::new([reply]), limits, QUICK).await.ask().await;
    let silent = ScriptedReply { silent: true, ..ScriptedReply::default() };
    let heard = ask(silent, Limits { first_byte: soon, ..Limits::default() }).await;
    assert!(heard.told().ends_with("has not begun to answer within 0.1 s"), "{}", heard.told());

    let hanging = ScriptedReply::text("Hello there").ending_before("there", Ending::Hang);
    let heard = ask(hanging.clone(), Limits { idle: soon, ..Limits::default() }).await;
    assert_eq!(heard.told(), "the model cannot be reached: nothing more came for 0.1 s");
    assert_eq!(heard.text(), "Hello ");

    // The head alone is no beginning.
    let heard =
        ask(ScriptedReply { ends_at: Some(0), ..hanging }, Limits { first_byte: soon, ..Limits::default() }).await;
    assert!(heard.told().ends_with("has not begun to answer within 0.1 s"), "{}", heard.told());

    // The twin: slow, and never silent for long.
    let slow = ScriptedReply { pause_ms: 20, ..ScriptedReply::text("one two three four five six seven eight nine") };
    let heard =
        ask(slow, Limits { idle: Duration::from_secs(10), first_byte: Duration::from_secs(10), ..Limits::default() })
            .await;
    assert_eq!(heard.failure, None);
}

#[tokio::test]
async fn b10_an_answer_without_end_is_cut() {
    for ending in [Ending::EndlessComments, Ending::EndlessLine, Ending::EndlessText] {
        let reply = ScriptedReply { ending, without_done: true, ..ScriptedReply::default() };
        let limits = Limits { response_bytes: 1024 * 1024, ..Limits::default() };
        let stage = Stage::with(Script::new([reply]), limits, QUICK).await;
        // The model has said why it stopped, unless the script leaves that out.
        let heard = stage.ask().await;
        assert_eq!(heard.failure, None, "{ending:?}: a whole reply is not lost by what follows it");
        stage.server.until_over(1).await;

        let reply = ScriptedReply { ending, events: Some(Vec::new()), without_done: true, ..ScriptedReply::default() };
        let limits = Limits { response_bytes: 1024 * 1024, ..Limits::default() };
        let stage = Stage::with(Script::new([reply]), limits, QUICK).await;
        let told = stage.ask().await.told();
        assert_eq!(told, "the model's reply cannot be used: the answer is longer than 1048576 bytes", "{ending:?}");
        stage.server.until_over(1).await;
    }
}

#[tokio::test]
async fn an_endless_line_is_refused_before_it_fills_the_memory() {
    let piece = bytes::Bytes::from(vec![b'x'; 1024 * 1024]);
    let client = Recording::of(std::iter::repeat_n(Ok(piece), 100));
    let told = client.ask().await.told();
    assert_eq!(told, "the model's reply cannot be used: one of its events is longer than 33554432 bytes");
}

#[tokio::test]
async fn an_error_page_without_end_is_read_as_far_as_it_is_of_use() {
    let page = ScriptedReply { ending: Ending::EndlessLine, ..ScriptedReply::page(500, "<html>") };
    let told = told(page).await;
    assert!(told.starts_with("the model's vendor is in trouble: SERVER answers 500: <html>xxx"), "{told}");
    assert!(told.len() < 600);
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_is_the_persons_to_mend() {
    let providers = Providers::new(environment("http://localhost:1", None));
    let client = Recording::unreached(SendError::Unsendable("it has 9 bytes".to_owned()));
    let model = providers.with_client(client).open("openai/x").unwrap();
    let failure = heard(&*model, greeting()).await.failure;
    assert!(matches!(failure, Some(Failure::Unusable(_))), "{failure:?}");
}
