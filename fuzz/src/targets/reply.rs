//! Streamed replies of a model's server: a byte with the length of pieces, then what the server sends.

use crate::{Broken, Target, holds};
use boxagnts_egress::{Client, Endpoint, JsonRequest, Response, SendError};
use boxagnts_model::{Failure, Piece, Request};
use boxagnts_providers::{Environment, Patience, Providers};
use boxagnts_types::{Content, Message};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(super) const TARGET: Target = Target {
    name: "reply",
    reads: "streamed replies of a model's server: server-sent events and the JSON in them",
    check,
    words: &[
        "data: ",
        "data:",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "event: error",
        ": ping",
        "id: 1",
        "retry: 1",
        "{\"choices\":[",
        "{\"delta\":{",
        "{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
        "\"content\":\"x\"",
        "\"tool_calls\":[{",
        "\"index\":0",
        "\"index\":1",
        "\"index\":18446744073709551615",
        "\"function\":{",
        "\"arguments\":\"{\"",
        "\"name\":\"a\"",
        "\"id\":\"b\"",
        "\"usage\":{",
        "\"prompt_tokens\":1",
        "\"completion_tokens\":-1",
        "\"finish_reason\":\"tool_calls\"",
        "\"finish_reason\":\"stop\"",
        "\"finish_reason\":\"length\"",
        "{\"error\":{\"message\":\"m\"}}",
        "}",
        "]",
        ",",
        "null",
        "[DONE]",
        "\u{feff}",
        "\\u0000",
        "\"",
        "é",
        "🧷",
        "\0",
    ],
    quick: 8_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let Some((size, sent)) = input.split_first() else { return Ok(false) };
    let runtime = Builder::new_current_thread().enable_time().build().map_err(|error| error.to_string())?;
    let whole = heard(&runtime, vec![Bytes::copy_from_slice(sent)])?;
    let pieces = sent.chunks(usize::from(*size % 16) + 1).map(Bytes::copy_from_slice).collect();
    let cut = heard(&runtime, pieces)?;
    holds!(cut == whole, "in pieces it says {cut:?}, and at once {whole:?}");
    let (said, failure) = whole;
    let ends = said.iter().filter(|piece| matches!(piece, Piece::End(_))).count();
    let has_ended = matches!(said.last(), Some(Piece::End(_)));
    holds!(ends == usize::from(has_ended), "it goes on after its end: {said:?}");
    holds!(has_ended == failure.is_none(), "it ends in {:?} and in {failure:?}", said.last());
    let calls = said.iter().any(|piece| matches!(piece, Piece::Call { .. }));
    holds!(failure.is_none() || !calls, "a reply that broke off has a call: {said:?}");
    // One that broke off was refused.
    Ok(failure.is_none())
}

type Heard = (Vec<Piece>, Option<Failure>);

/// What a model says whose server sends this.
fn heard(runtime: &Runtime, pieces: Vec<Bytes>) -> Result<Heard, Broken> {
    let environment = Environment { openai_base_url: Some("http://localhost:1".to_owned()), ..Environment::default() };
    let patience = Patience { retries: 0, first_wait: Duration::ZERO, longest_wait: Duration::ZERO };
    let providers = Providers::new(environment).with_client(Arc::new(Recorded(pieces))).with_patience(patience);
    let model = providers.open("openai/x").map_err(|error| error.to_string())?;
    let messages = vec![Message::User { content: vec![Content::text("Hello")] }];
    let request = Request { system: "Be brief.".into(), messages, tools: [].into() };
    let (mut said, mut failure) = (Vec::new(), None);
    runtime.block_on(async {
        let mut stream = model.stream(request);
        while let Some(piece) = stream.next().await {
            match piece {
                Ok(piece) => said.push(piece),
                Err(error) => failure = Some(error),
            }
        }
    });
    // A text that arrives in pieces is told in pieces; what it says is what counts.
    Ok((joined(said), failure))
}

fn joined(said: Vec<Piece>) -> Vec<Piece> {
    said.into_iter().fold(Vec::new(), |mut joined, piece| {
        match (joined.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) | (Some(Piece::Thinking(text)), Piece::Thinking(more)) => {
                text.push_str(&more);
            }
            (_, piece) => joined.push(piece),
        }
        joined
    })
}

/// A client that answers with these bytes and opens no socket.
struct Recorded(Vec<Bytes>);

impl Client for Recorded {
    fn post_json_stream<'a>(&'a self, _: &'a Endpoint, _: JsonRequest) -> BoxFuture<'a, Result<Response, SendError>> {
        let body = stream::iter(self.0.clone().into_iter().map(Ok)).boxed();
        Box::pin(std::future::ready(Ok(Response { status: 200, headers: Vec::new(), body })))
    }
}
