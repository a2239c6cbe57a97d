//! Where a stream is cut makes no difference, and where it breaks no half call is run.

use crate::stage::{Heard, Recording, Stage};
use boxagnts_egress::SendError;
use boxagnts_model::{Failure, Piece};
use boxagnts_testkit::Script;
use bytes::Bytes;
use proptest::prelude::*;
use std::sync::OnceLock;

const CASSETTES: [&str; 3] = [
    include_str!("../cassettes/text.json"),
    include_str!("../cassettes/parallel-calls.json"),
    include_str!("../cassettes/awkward-stream.json"),
];

/// The bodies of the cassettes' first replies, as they travel.
fn bodies() -> &'static [Bytes] {
    static BODIES: OnceLock<Vec<Bytes>> = OnceLock::new();
    let first = |text: &&str| Script::parse(text).expect("the cassette is a script").replies[0].bytes().into();
    BODIES.get_or_init(|| CASSETTES.iter().map(first).collect())
}

async fn played(pieces: impl IntoIterator<Item = Bytes>) -> Heard {
    Recording::of(pieces.into_iter().map(Ok)).ask().await
}

#[tokio::test]
async fn a_stream_split_at_any_byte_gives_the_same_pieces() {
    for body in bodies() {
        let whole = played([body.clone()]).await;
        assert_eq!(whole.failure, None);
        for at in 0..=body.len() {
            assert_eq!(played([body.slice(..at), body.slice(at..)]).await, whole, "split at {at}");
        }
        assert_eq!(played((0..body.len()).map(|at| body.slice(at..=at))).await, whole, "in single bytes");
    }
}

// Threat P02: the connection breaks at every byte.
#[tokio::test]
async fn p02_p03_wherever_a_stream_breaks_what_was_said_is_kept_and_no_half_call_comes_out() {
    for body in bodies() {
        let whole = played([body.clone()]).await;
        for at in 0..body.len() {
            for broken in [vec![Ok(body.slice(..at))], vec![Ok(body.slice(..at)), Err(reset())]] {
                let heard = Recording::of(broken).ask().await;
                match &heard.failure {
                    // The server had said why it stopped: everything is there but perhaps the usage.
                    None => assert_eq!(heard.calls(), whole.calls(), "broken at {at}"),
                    Some(Failure::Garbled(_)) => {
                        assert_eq!(heard.calls(), [], "broken at {at}");
                        assert_eq!(heard.pieces[..], whole.pieces[..heard.pieces.len()], "broken at {at}");
                        assert!(!heard.pieces.iter().any(|piece| matches!(piece, Piece::End(_))));
                    }
                    Some(other) => panic!("broken at {at}: {other}"),
                }
            }
        }
    }
}

// Threat P02, over a real socket.
#[tokio::test]
async fn p02_p03_a_connection_that_is_reset_in_the_middle_of_a_call_runs_neither_call() {
    let stage = Stage::cassette(include_str!("../cassettes/cut-call.json")).await;
    let heard = stage.ask().await;
    assert!(matches!(&heard.failure, Some(Failure::Garbled(why)) if why.starts_with("it broke off")), "{heard:?}");
    assert_eq!(heard.calls(), [], "also the first, since nothing said that it was whole");
    assert_eq!(stage.server.requests().len(), 1, "what was begun is not asked again");
}

#[tokio::test]
async fn p03_a_call_that_was_cut_by_the_limit_on_output_is_left_out() {
    let heard = Stage::cassette(include_str!("../cassettes/length.json")).await.ask().await;
    assert_eq!((heard.calls(), &heard.failure), (vec![("a", "write", r#"{"path":"whole"}"#)], &None));
}

fn reset() -> SendError {
    SendError::Broken("connection reset by peer".to_owned())
}

/// Bytes that are nearly a stream.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "data: ",
        "\n",
        "\n\n",
        "\r\n",
        "{\"choices\":[",
        "{\"delta\":{",
        "\"content\":\"x\"",
        "\"tool_calls\":[{",
        "\"index\":0",
        "\"index\":18446744073709551615",
        "\"function\":{",
        "\"arguments\":\"{\"",
        "\"name\":\"a\"",
        "\"id\":\"b\"",
        "\"finish_reason\":\"tool_calls\"",
        "}",
        "]",
        ",",
        "null",
        "[DONE]",
        "\u{fffd}",
        "event: error",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #[test]
    fn garbage_never_panics_and_ends_in_an_end_or_a_failure(bytes in garbage(), size in 1_usize..50) {
        let pieces: Vec<Bytes> = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let heard = runtime.block_on(played(pieces));
        let has_ended = matches!(heard.pieces.last(), Some(Piece::End(_)));
        prop_assert_eq!(has_ended, heard.failure.is_none());
    }

    #[test]
    fn a_stream_in_random_pieces_gives_the_same(cuts in prop::collection::vec(0_usize..3000, 0..20), which in 0_usize..3) {
        let body = &bodies()[which];
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % body.len()).chain([0, body.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<Bytes> = cuts.windows(2).map(|pair| body.slice(pair[0]..pair[1])).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        prop_assert_eq!(runtime.block_on(played(pieces)), runtime.block_on(played([body.clone()])));
    }
}
