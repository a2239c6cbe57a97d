//! A server with a cassette, a model that speaks to it, and what came of it.

use boxagnts_egress::{Client, Endpoint, HttpClient, JsonRequest, Limits, Response, SendError};
use boxagnts_model::{Failure, Model, Piece, Request, ToolOffer};
use boxagnts_providers::{Environment, Patience, Providers};
use boxagnts_testkit::{Script, ScriptedReply, ScriptedServer};
use boxagnts_types::{CallId, CallRequest, Content, Label, Message, Outcome, Secret, ToolAnswer};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A key that the cassettes with one want.
pub(crate) const KEY: &str = "sk-test";

/// Asks again at once, so that no test waits.
pub(crate) const QUICK: Patience =
    Patience { retries: 3, first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(20) };

pub(crate) struct Stage {
    pub(crate) server: ScriptedServer,
    pub(crate) model: Box<dyn Model>,
}

impl Stage {
    pub(crate) async fn cassette(text: &str) -> Self {
        Self::with(Script::parse(text).expect("the cassette is a script"), Limits::default(), QUICK).await
    }

    pub(crate) async fn reply(reply: ScriptedReply) -> Self {
        Self::with(Script::new([reply]), Limits::default(), QUICK).await
    }

    pub(crate) async fn with(script: Script, limits: Limits, patience: Patience) -> Self {
        let server = ScriptedServer::start(script).await;
        let model = model(&server.base_url(), Some(KEY), limits, patience);
        Self { server, model }
    }

    pub(crate) async fn ask(&self) -> Heard {
        heard(&*self.model, greeting()).await
    }
}

pub(crate) fn environment(base_url: &str, key: Option<&str>) -> Environment {
    Environment {
        openai_key_is_stored: false,
        openai_base_url: Some(base_url.to_owned()),
        openai_api_key: key.map(Secret::new),
        ..Environment::default()
    }
}

pub(crate) fn model(base_url: &str, key: Option<&str>, limits: Limits, patience: Patience) -> Box<dyn Model> {
    let client = Arc::new(HttpClient::new(limits, None));
    let providers = Providers::new(environment(base_url, key)).with_client(client).with_patience(patience);
    providers.open("openai/x").expect("a model of that server")
}

/// What a model said until it ended or failed.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) failure: Option<Failure>,
}

impl Heard {
    pub(crate) fn text(&self) -> String {
        let text = |piece: &Piece| if let Piece::Text(text) = piece { text.clone() } else { String::new() };
        self.pieces.iter().map(text).collect()
    }

    pub(crate) fn calls(&self) -> Vec<(&str, &str, &str)> {
        let call = self.pieces.iter().map(|piece| match piece {
            Piece::Call { model_id, tool, input } => Some((&model_id[..], &tool[..], &input[..])),
            _ => None,
        });
        call.flatten().collect()
    }

    /// What the person reads when it failed.
    pub(crate) fn told(&self) -> String {
        self.failure.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

pub(crate) async fn heard(model: &dyn Model, request: Request) -> Heard {
    let (mut pieces, mut stream) = (Vec::new(), model.stream(request));
    let mut failure = None;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => pieces.push(piece),
            Err(error) => failure = Some(error),
        }
    }
    Heard { pieces, failure }
}

pub(crate) fn greeting() -> Request {
    request(vec![Message::User { content: vec![Content::text("Hello")] }])
}

pub(crate) fn request(messages: Vec<Message>) -> Request {
    let offer = |name: &str| ToolOffer {
        name: name.parse().expect("a name"),
        description: format!("Does {name}."),
        input_schema: serde_json::json!({"type": "object", "additionalProperties": false}),
    };
    Request { system: "Be brief.".into(), messages, tools: ["grep", "read", "write"].map(offer).into() }
}

/// The conversation after a reply whose calls were answered, each with a text that names it.
pub(crate) fn answered(heard: &Heard) -> Request {
    let call = |(number, (model_id, tool, input)): (usize, (&str, &str, &str))| CallRequest {
        id: format!("{:026}", number + 1).parse::<CallId>().expect("an id"),
        model_id: model_id.to_owned(),
        tool: tool.to_owned(),
        input: input.to_owned(),
    };
    let calls: Vec<CallRequest> = heard.calls().into_iter().enumerate().map(call).collect();
    let answer = |call: &CallRequest| ToolAnswer {
        call: call.id,
        model_id: call.model_id.clone(),
        outcome: Outcome::Done,
        content: vec![Content::text(format!("answer to {}", call.model_id))],
        label: Label::INTERNAL,
    };
    let answers = calls.iter().map(answer).collect();
    let user = Message::User { content: vec![Content::text("Hello")] };
    request(vec![user, Message::Assistant { text: heard.text(), calls }, Message::Tool { answers }])
}

/// A client that answers with recorded bytes, cut where a test wants, and never opens a socket.
#[derive(Default)]
pub(crate) struct Recording {
    pieces: Mutex<Vec<Result<Bytes, SendError>>>,
    sent: AtomicUsize,
    unreached: Option<SendError>,
}

impl Recording {
    pub(crate) fn of(pieces: impl IntoIterator<Item = Result<Bytes, SendError>>) -> Arc<Self> {
        Arc::new(Self { pieces: Mutex::new(pieces.into_iter().collect()), ..Self::default() })
    }

    pub(crate) fn unreached(error: SendError) -> Arc<Self> {
        Arc::new(Self { unreached: Some(error), ..Self::default() })
    }

    /// How often it was asked.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    pub(crate) async fn ask(self: &Arc<Self>) -> Heard {
        let providers = Providers::new(environment("http://localhost:1", None));
        let providers = providers.with_client(Arc::clone(self) as _).with_patience(QUICK);
        heard(&*providers.open("openai/x").expect("a model"), greeting()).await
    }
}

impl Client for Recording {
    fn post_json_stream<'a>(&'a self, _: &'a Endpoint, _: JsonRequest) -> BoxFuture<'a, Result<Response, SendError>> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let pieces = std::mem::take(&mut *self.pieces.lock().unwrap_or_else(PoisonError::into_inner));
        let answer = match &self.unreached {
            Some(error) => Err(error.clone()),
            None => Ok(Response { status: 200, headers: Vec::new(), body: stream::iter(pieces).boxed() }),
        };
        Box::pin(std::future::ready(answer))
    }
}
