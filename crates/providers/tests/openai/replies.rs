//! What a server says arrives as the port promises, and what it is asked is right.

use crate::stage::{Heard, KEY, Stage, answered, heard};
use boxagnts_model::{Failure, Piece, Stop};
use boxagnts_testkit::{ScriptedReply, ScriptedServer};
use boxagnts_types::{Content, Message, Usage};

/// A negative control of every test that asks: the server itself found nothing wrong.
fn assert_right(server: &ScriptedServer, requests: usize) {
    assert_eq!(server.violations(), Vec::<String>::new());
    assert_eq!(server.requests().len(), requests);
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

#[tokio::test]
async fn text_reasoning_and_usage_arrive_piece_by_piece() {
    let stage = Stage::cassette(include_str!("../cassettes/text.json")).await;
    let heard = stage.ask().await;
    let thinking = ["The ", "person ", "greets. "].map(|word| Piece::Thinking(word.to_owned()));
    let said = ["Hello ", "there, ", "針 ", "and ", "🧷!"].map(text);
    let end = [Piece::Usage(Usage { input: 12, output: 5 }), Piece::End(Stop::Finished)];
    let pieces = [&thinking[..], &said[..], &end[..]].concat();
    assert_eq!(heard, Heard { pieces, failure: None });
    assert_right(&stage.server, 1);

    let asked = &stage.server.requests()[0];
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.header("authorization"), Some(&format!("Bearer {KEY}")[..]));
    assert_eq!(asked.header("accept"), Some("text/event-stream"));
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
    assert!(asked.header("user-agent").is_some_and(|agent| agent.starts_with("boxagnts/")));
    assert!(!asked.line().contains(KEY), "the record of a request has no key");
}

#[tokio::test]
async fn calls_sent_in_turns_arrive_whole_and_their_answers_are_sent_in_order() {
    let stage = Stage::cassette(include_str!("../cassettes/parallel-calls.json")).await;
    let first = stage.ask().await;
    let calls = [
        ("call_a", "read", r#"{"offset":10,"path":"src/main.rs"}"#),
        ("call_b", "grep", r#"{"pattern":"naïve|\"quoted\""}"#),
        ("call_c", "read", "{}"),
    ];
    assert_eq!((first.calls(), first.pieces.last()), (calls.to_vec(), Some(&Piece::End(Stop::Calls))));
    // The script expects the answers; the server refuses any that is missing or in another place.
    let second = heard(&*stage.model, answered(&first)).await;
    assert_eq!((second.text().as_str(), second.failure), ("All three are there.", None));
    assert_right(&stage.server, 2);
}

#[tokio::test]
async fn calls_that_a_model_wrote_badly_are_passed_on_and_do_not_end_the_conversation() {
    let stage = Stage::cassette(include_str!("../cassettes/awkward-calls.json")).await;
    let first = stage.ask().await;
    let calls = [
        ("same", "", "{}"),
        ("same", "write", r#"{"path":"a"}"#),
        ("", "no such tool", r#"{"a":1}{"b":2}"#),
        ("cut", "read", r#"{"path":"#),
    ];
    assert_eq!((first.calls(), &first.failure), (calls.to_vec(), &None));
    let second = heard(&*stage.model, answered(&first)).await;
    assert_eq!((second.text().as_str(), second.failure), ("I see.", None));
    assert_right(&stage.server, 2);
}

#[tokio::test]
async fn a_stream_in_single_bytes_with_comments_and_other_line_ends_is_the_same() {
    let stage = Stage::cassette(include_str!("../cassettes/awkward-stream.json")).await;
    let heard = stage.ask().await;
    let (model_id, tool, input) = ("c".to_owned(), "read".to_owned(), "{\"path\":\"針\"}".to_owned());
    let pieces = vec![
        text("針🧷 "),
        Piece::Thinking("hm".to_owned()),
        text("and é"),
        Piece::Usage(Usage { input: 3, output: 4 }),
        Piece::Call { model_id, tool, input },
        Piece::End(Stop::Calls),
    ];
    assert_eq!(heard, Heard { pieces, failure: None });
}

#[tokio::test]
async fn each_way_to_stop_is_told_apart() {
    let reply = |stop: &str| ScriptedReply { stop: Some(stop.to_owned()), ..ScriptedReply::text("Hi") };
    for (said, meant) in [
        ("stop", Stop::Finished),
        ("length", Stop::Length),
        ("content_filter", Stop::Refused),
        ("tool_calls", Stop::Finished),
        ("eos_token", Stop::Finished),
    ] {
        let heard = Stage::reply(reply(said)).await.ask().await;
        assert_eq!((heard.pieces.last(), heard.failure), (Some(&Piece::End(meant)), None), "{said}");
    }
}

#[tokio::test]
async fn a_refusal_is_said_and_ends_as_one() {
    let stage = Stage::cassette(include_str!("../cassettes/refusals.json")).await;
    for said in ["I will not do that.", "Half an ans"] {
        let heard = stage.ask().await;
        assert_eq!((heard.text().as_str(), heard.pieces.last()), (said, Some(&Piece::End(Stop::Refused))));
    }
}

#[tokio::test]
async fn a_picture_travels_as_a_data_url() {
    let stage = Stage::reply(ScriptedReply::text("A dot.")).await;
    let picture = Content::Image { media_type: "image/png".to_owned(), bytes: vec![137, 80, 78, 71] };
    let content = vec![Content::text("What is it?"), picture];
    heard(&*stage.model, crate::stage::request(vec![Message::User { content }])).await;
    assert_right(&stage.server, 1);
    let body = &stage.server.requests()[0].body;
    assert_eq!(body["messages"][1]["content"][1]["image_url"]["url"], "data:image/png;base64,iVBORw==");
}

#[tokio::test]
async fn a_model_that_says_nothing_has_ended_and_a_server_that_says_nothing_has_not() {
    let silent_model = Stage::reply(ScriptedReply::default()).await.ask().await;
    assert_eq!(silent_model, Heard { pieces: vec![Piece::End(Stop::Finished)], failure: None });
    let nothing = ScriptedReply { events: Some(Vec::new()), without_done: true, ..ScriptedReply::default() };
    let failure = Failure::Garbled("it is empty".to_owned());
    assert_eq!(Stage::reply(nothing).await.ask().await.failure, Some(failure));
}

#[tokio::test]
async fn a_thousand_calls_arrive() {
    let calls = (0..1000).map(|_| boxagnts_testkit::server::script::ScriptedCall {
        id: None,
        tool: "read".to_owned(),
        input: serde_json::json!({"path": "a"}),
    });
    let reply = ScriptedReply { calls: calls.collect(), ..ScriptedReply::default() };
    let heard = Stage::reply(reply).await.ask().await;
    assert_eq!((heard.calls().len(), heard.failure), (1000, None));
}

#[tokio::test]
async fn nothing_is_asked_before_the_stream_is_polled_and_nothing_more_after_it_is_dropped() {
    use boxagnts_testkit::server::script::Ending;
    use futures::StreamExt as _;
    let stage = Stage::reply(ScriptedReply::text("Hello there").ending_before("there", Ending::Hang)).await;
    let mut stream = stage.model.stream(crate::stage::greeting());
    assert_eq!(stage.server.requests().len(), 0);
    assert_eq!(stream.next().await, Some(Ok(text("Hello "))));
    drop(stream);
    // The server sees the connection go.
    stage.server.until_over(1).await;
}
