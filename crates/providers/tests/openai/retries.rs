//! What passes by itself is asked again, and nothing else.

use crate::stage::{QUICK, Recording, Stage, greeting};
use boxagnts_egress::{Limits, SendError};
use boxagnts_model::{Failure, Piece};
use boxagnts_providers::Patience;
use boxagnts_testkit::server::script::Ending;
use boxagnts_testkit::{Script, ScriptedReply};
use futures::StreamExt as _;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn refused(status: u16, retry_after: Option<&str>) -> ScriptedReply {
    let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
    let headers: BTreeMap<String, String> = headers.into_iter().collect();
    ScriptedReply { headers, ..ScriptedReply::error(status, "some_error", "not now") }
}

async fn stage(replies: Vec<ScriptedReply>, patience: Patience) -> Stage {
    Stage::with(Script::new(replies), Limits::default(), patience).await
}

#[tokio::test]
async fn p01_a_vendor_in_trouble_is_asked_three_times_more() {
    let stage = Stage::cassette(include_str!("../cassettes/waits.json")).await;
    let heard = stage.ask().await;
    assert_eq!((heard.text().as_str(), &heard.failure), ("Here I am again.", &None));
    assert_eq!(stage.server.requests().len(), 4);
    let bodies: Vec<_> = stage.server.requests().into_iter().map(|request| request.body).collect();
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same is asked each time");
}

#[tokio::test]
async fn p01_each_status_that_passes_is_asked_again_and_no_other() {
    for status in [429, 500, 502, 503, 504] {
        let stage = stage(vec![refused(status, None), ScriptedReply::text("Hi")], QUICK).await;
        assert_eq!(stage.ask().await.text(), "Hi", "{status}");
    }
    for status in [400, 401, 403, 404, 408, 409, 413, 422, 501, 505, 302] {
        let stage = stage(vec![refused(status, None), ScriptedReply::text("Hi")], QUICK).await;
        assert!(stage.ask().await.failure.is_some(), "{status}");
        assert_eq!(stage.server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn p01_patience_ends_and_the_last_wait_that_was_asked_for_is_told() {
    for (retries, asked) in [(0, 1), (1, 2), (3, 4)] {
        let patience = Patience { retries, ..QUICK };
        let stage = stage(vec![refused(429, Some("7")); 9], patience).await;
        let failure = Failure::RateLimited { retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(stage.ask().await.failure, Some(failure));
        assert_eq!(stage.server.requests().len(), asked);
    }
    let stage = stage(vec![refused(503, None); 4], QUICK).await;
    let told = stage.ask().await.told();
    assert!(told.starts_with("the model's vendor is in trouble") && told.ends_with("answers 503: not now"), "{told}");
}

#[tokio::test]
async fn p01_any_form_of_retry_after_is_understood_or_passed_over() {
    let minute = Some(Duration::from_mins(1));
    for (said, understood) in [
        ("0", Some(Duration::ZERO)),
        ("2.5", Some(Duration::from_millis(2500))),
        ("1000000000", minute),
        ("99999999999999999999999999999999", minute),
        ("Wed, 04 Nov 2099 10:00:00 GMT", minute),
        ("Thu, 04 Nov 1999 10:00:00 GMT", Some(Duration::ZERO)),
        ("-5", None),
        ("soon", None),
        ("", None),
    ] {
        let stage = stage(vec![refused(429, Some(said)); 2], Patience { retries: 1, ..QUICK }).await;
        assert_eq!(stage.ask().await.failure, Some(Failure::RateLimited { retry_after: understood }), "{said:?}");
    }
}

#[tokio::test]
async fn p01_a_vendor_is_left_alone_as_long_as_it_asks_and_no_longer_than_the_longest_wait() {
    let (said, longest_wait) = ("1000000000", Duration::from_millis(80));
    let patience = Patience { longest_wait, ..QUICK };
    let stage = stage(vec![refused(429, Some(said)), ScriptedReply::text("Hi")], patience).await;
    let began = Instant::now();
    assert_eq!(stage.ask().await.text(), "Hi");
    assert!(longest_wait <= began.elapsed());
}

#[tokio::test]
async fn p01_each_wait_is_told_with_its_reason_before_it_begins() {
    let replies = vec![refused(429, Some("0.02")), refused(503, None), ScriptedReply::text("Hi")];
    let stage = stage(replies, Patience { longest_wait: Duration::from_millis(20), ..QUICK }).await;
    let heard = stage.ask().await;
    let [Piece::Waiting { why, wait }, Piece::Waiting { why: second, .. }, Piece::Text(_), ..] = &heard.pieces[..]
    else {
        panic!("{heard:?}");
    };
    assert_eq!((why.as_str(), *wait), ("the model's vendor asks to wait", Duration::from_millis(20)));
    assert!(second.starts_with("the model's vendor is in trouble") && second.contains("503"), "{second}");
    let failing = self::stage(vec![refused(503, None); 4], QUICK).await;
    assert_eq!(failing.ask().await.pieces.len(), 3, "the last refusal is told as a failure, since no wait follows");
}

#[tokio::test]
async fn p01_a_wait_ends_with_the_stream() {
    let patience = Patience { retries: 3, first_wait: Duration::from_hours(1), longest_wait: Duration::from_hours(1) };
    let stage = stage(vec![refused(503, None), ScriptedReply::text("Hi")], patience).await;
    let mut stream = stage.model.stream(greeting());
    assert!(matches!(stream.next().await, Some(Ok(Piece::Waiting { .. }))), "the wait is told before it begins");
    let a_while = async {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        piece = stream.next() => panic!("{piece:?} after no wait"),
        () = a_while => {}
    }
    drop(stream);
    assert_eq!(stage.server.requests().len(), 1);
}

#[tokio::test]
async fn p01_an_account_without_money_is_not_asked_again() {
    let empty = ScriptedReply::error(429, "insufficient_quota", "You exceeded your current quota.");
    let stage = stage(vec![empty, ScriptedReply::text("Hi")], QUICK).await;
    assert!(matches!(stage.ask().await.failure, Some(Failure::Rejected(why)) if why.contains("exceeded your")));
    assert_eq!(stage.server.requests().len(), 1);
}

#[tokio::test]
async fn p02_who_was_not_reached_is_asked_again_and_who_may_have_heard_is_not() {
    let (origin, host) = ("http://localhost:1".to_owned(), "localhost".to_owned());
    let (why, limit) = ("refused".to_owned(), Duration::from_secs(1));
    for (error, asked) in [
        (SendError::Connect { origin: origin.clone(), why: why.clone() }, 4),
        (SendError::ConnectTimeout { origin: origin.clone(), limit }, 4),
        (SendError::NoAddress { host, why: why.clone() }, 4),
        (SendError::Tls { origin: origin.clone(), why: why.clone() }, 1),
        (SendError::Silent { origin, limit }, 1),
        (SendError::Broken(why), 1),
    ] {
        let client = Recording::unreached(error.clone());
        assert_eq!(client.ask().await.failure, Some(Failure::Unreachable(error.to_string())));
        assert_eq!(client.sent(), asked, "{error}");
    }
}

#[tokio::test]
async fn p02_a_reply_that_has_begun_is_never_asked_for_again() {
    let begun = ScriptedReply::text("Hello there").ending_before("there", Ending::Close);
    let stage = stage(vec![begun, ScriptedReply::text("again")], QUICK).await;
    let heard = stage.ask().await;
    assert!(heard.text() == "Hello " && heard.failure.is_some(), "{heard:?}");
    assert_eq!(stage.server.requests().len(), 1);
}
