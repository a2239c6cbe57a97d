//! OpenAI's chat-completions, which most other servers speak too: `OPENAI_BASE_URL` says which one is meant.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>. Servers differ from it in many small ways; what can be
//! understood in one way only is taken, and anything else is an error that says what came.
//!
//! The module knows the wire and nothing else: `request` writes it, `chunk` and `assemble` read it, `failure`
//! turns what went wrong into the terms of the port, `retry_after` reads how long the server wants to be left alone.

mod assemble;
mod chunk;
mod failure;
mod reply;
mod request;
mod retry_after;

use crate::patience::{Patience, chance};
use crate::{Opened, Providers};
use boxagnts_egress::{Body, Client, Endpoint, Field, JsonRequest, Response, SendError};
use boxagnts_model::{Failure, Model, Piece, Request};
use boxagnts_types::Secret;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;

/// What stands before the slash of the models' names.
pub const NAME: &str = "openai";

/// Where the vendor itself is.
pub const VENDOR: &str = "https://api.openai.com/v1";

/// What stands behind the base path.
const PATH: &str = "/chat/completions";

/// No server has a longer name for a model.
const LONGEST_NAME: usize = 256;

/// Opens the model of that name, whatever it is: only the server knows which it has. None when it cannot be a name.
pub(crate) fn open(providers: &Providers, model: &str) -> Opened {
    if model.is_empty() || LONGEST_NAME < model.len() || model.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Ok(None);
    }
    let environment = &providers.environment;
    let address = environment.openai_base_url.as_deref().unwrap_or(VENDOR).trim();
    let endpoint: Endpoint =
        address.parse().map_err(|error| Failure::Unusable(format!("OPENAI_BASE_URL is not usable: {error}")))?;
    let key = environment.openai_api_key.as_ref().map(key).transpose()?;
    if key.is_none() && VENDOR.parse().is_ok_and(|vendor: Endpoint| vendor.origin() == endpoint.origin()) {
        let why = "OPENAI_API_KEY is not set; set it to a key of the vendor, or OPENAI_BASE_URL to another server";
        return Err(Failure::Unusable(why.to_owned()));
    }
    Ok(Some(Box::new(OpenAi {
        name: format!("{NAME}/{model}"),
        model: model.to_owned(),
        endpoint,
        key,
        client: Arc::clone(&providers.client),
        patience: providers.patience.clone(),
    })))
}

/// A key as it may stand in a header. People copy line ends along.
fn key(secret: &Secret) -> Result<Secret, Failure> {
    let key = secret.expose().trim();
    if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Secret::new(key))
    } else {
        Err(Failure::Unusable("OPENAI_API_KEY has characters that no key has".to_owned()))
    }
}

/// A model behind a server that speaks chat-completions.
pub(crate) struct OpenAi {
    name: String,
    model: String,
    endpoint: Endpoint,
    key: Option<Secret>,
    client: Arc<dyn Client>,
    patience: Patience,
}

impl Model for OpenAi {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_local(&self) -> bool {
        self.endpoint.is_loopback()
    }

    fn stream(&self, request: Request) -> BoxStream<'_, Result<Piece, Failure>> {
        let reply = reply::Reply::new(self, &request);
        stream::unfold(reply, |mut reply| async { reply.next().await.map(|piece| (piece, reply)) }).boxed()
    }
}

/// What is asked, as often as patience allows.
struct Question {
    body: Bytes,
    /// How often it was asked again.
    before: u32,
    /// How long to wait before it is asked the next time.
    wait: Option<Duration>,
}

/// What came of asking once.
enum Asked {
    /// The reply begins.
    Heard(Body),
    /// It will be asked again, after a wait.
    Refused { why: String, wait: Duration },
}

/// Why one attempt gave no stream of events.
struct Refused {
    failure: Failure,
    /// Whether asking again may help.
    passes: bool,
}

impl OpenAi {
    /// A question that was not asked yet.
    fn question(&self, request: &Request) -> Question {
        Question { body: Bytes::from(request::body(&self.model, request)), before: 0, wait: None }
    }

    /// Asks once, after the wait that the refusal before it brought about.
    async fn ask(&self, question: &mut Question) -> Result<Asked, Failure> {
        if let Some(wait) = question.wait {
            tokio::time::sleep(wait).await;
        }
        let refused = match self.ask_once(question.body.clone()).await {
            Ok(body) => return Ok(Asked::Heard(body)),
            Err(refused) => refused,
        };
        if !refused.passes || self.patience.retries <= question.before {
            return Err(refused.failure);
        }
        let asked = match refused.failure {
            Failure::RateLimited { retry_after } => retry_after,
            _ => None,
        };
        let wait = self.patience.wait(question.before, asked, chance());
        question.before += 1;
        question.wait = Some(wait);
        Ok(Asked::Refused { why: refused.failure.to_string(), wait })
    }

    async fn ask_once(&self, body: Bytes) -> Result<Body, Refused> {
        let mut fields = vec![Field::plain("accept", "text/event-stream")];
        fields.extend(self.key.clone().map(Field::bearer));
        let request = JsonRequest { path: PATH, fields, body };
        match self.client.post_json_stream(&self.endpoint, request).await {
            Ok(response) => self.events(response).await,
            Err(error) => Err(unreached(&error)),
        }
    }

    /// The stream of events, when that is what was answered.
    async fn events(&self, response: Response) -> Result<Body, Refused> {
        if (200..300).contains(&response.status) {
            return match failure::unreadable(&response) {
                None => Ok(response.body),
                Some(fault) => Err(self.garbled(fault, response).await),
            };
        }
        let passes = matches!(response.status, 429 | 500 | 502 | 503 | 504);
        let answer = failure::Answer::of(response).await;
        let failure = answer.failure(self);
        // A 429 that is no rate limit says that there is no money left, which does not pass by itself.
        let passes = passes && !matches!(failure, Failure::Rejected(_));
        Err(Refused { failure, passes })
    }

    async fn garbled(&self, fault: String, response: Response) -> Refused {
        let answer = failure::Answer::of(response).await;
        Refused { failure: Failure::Garbled(format!("{fault}{}", answer.snippet(self))), passes: false }
    }

    /// A text of the server's, for the person: without the key, which some servers repeat.
    fn shown(&self, text: &str) -> String {
        match &self.key {
            Some(key) => key.struck_from(text),
            None => text.to_owned(),
        }
    }
}

fn unreached(error: &SendError) -> Refused {
    let failure = match error {
        SendError::Unsendable(_) => Failure::Unusable(error.to_string()),
        _ => Failure::Unreachable(error.to_string()),
    };
    Refused { failure, passes: error.is_unreached() }
}
