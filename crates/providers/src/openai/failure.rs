//! Turns what a server says went wrong into the terms of the port.

use super::{NAME, OpenAi, PATH, retry_after};
use boxagnts_egress::{Response, SendError};
use boxagnts_model::Failure;
use boxagnts_types::show::visible_line;
use futures::StreamExt as _;
use serde_json::Value;
use std::time::Duration;

/// How much of an answer that is no reply is read.
const READ: usize = 64 * 1024;

/// How much of it is shown to the person.
const SHOWN: usize = 300;

/// An answer that is no reply, read as far as it is of use.
pub(super) struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    location: Option<String>,
    text: String,
}

impl Answer {
    /// Reads it. That it breaks off or never ends is no further fault.
    pub(super) async fn of(mut response: Response) -> Self {
        let mut bytes = Vec::new();
        while let Some(Ok(piece)) = response.body.next().await {
            bytes.extend_from_slice(&piece[..piece.len().min(READ - bytes.len())]);
            if READ <= bytes.len() {
                break;
            }
        }
        Self {
            status: response.status,
            retry_after: retry_after::of(&response),
            location: response.header("location").map(str::to_owned),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// What it means.
    pub(super) fn failure(&self, model: &OpenAi) -> Failure {
        let json = serde_json::from_str(&self.text).unwrap_or(Value::Null);
        let said = Said::of(&json);
        let told = self.told(said.as_ref(), model);
        match self.status {
            300..=399 => Failure::Rejected(self.redirect(model)),
            401 | 403 if model.key.is_none() => Failure::Unauthorised(format!("{told}; OPENAI_API_KEY is not set")),
            401 | 403 => Failure::Unauthorised(format!("{told}; is OPENAI_API_KEY right?")),
            404 if said.is_some() => {
                Failure::UnknownModel { name: format!("{NAME}/{}", model.model), hint: format!("; {told}") }
            }
            404 | 405 => Failure::Rejected(format!(
                "{}{PATH} is not there ({}); is OPENAI_BASE_URL right? it usually ends with /v1",
                model.endpoint, self.status
            )),
            413 => Failure::TooLong(told),
            429 if said.as_ref().is_some_and(Said::is_about_money) => Failure::Rejected(told),
            429 => Failure::RateLimited { retry_after: self.retry_after },
            500.. => Failure::Faulty(told),
            _ if said.as_ref().is_some_and(Said::is_about_length) => Failure::TooLong(told),
            _ => Failure::Rejected(told),
        }
    }

    /// Its beginning, escaped, behind a colon; nothing when there is none.
    pub(super) fn snippet(&self, model: &OpenAi) -> String {
        let shown = cut(&model.shown(self.text.trim()));
        if shown.is_empty() { String::new() } else { format!(": {shown}") }
    }

    fn told(&self, said: Option<&Said>, model: &OpenAi) -> String {
        let what = match said {
            Some(said) => format!(": {}", cut(model.shown(&said.message).trim_end_matches('.'))),
            None => self.snippet(model),
        };
        format!("{} answers {}{what}", model.endpoint.origin(), self.status)
    }

    fn redirect(&self, model: &OpenAi) -> String {
        let to = self.location.as_deref().map(|to| format!(" to {}", cut(to))).unwrap_or_default();
        let origin = model.endpoint.origin();
        format!("{origin} redirects{to}, which is not followed; set OPENAI_BASE_URL to where the server is")
    }
}

/// What is wrong with the form of an answer whose status is good.
pub(super) fn unreadable(response: &Response) -> Option<String> {
    if let Some(encoding) = response.header("content-encoding").filter(|encoding| *encoding != "identity") {
        return Some(format!("it is compressed ({}), which was not asked for", cut(encoding)));
    }
    // A server that says nothing is believed; the first event will show.
    let kind = response.header("content-type")?;
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let fits = essence.eq_ignore_ascii_case("text/event-stream");
    (!fits).then(|| format!("it is {} and no stream of events", cut(kind)))
}

/// The connection failed while the reply was arriving.
pub(super) fn in_body(error: &SendError) -> Failure {
    match error {
        SendError::Silent { .. } | SendError::Stalled { .. } => Failure::Unreachable(error.to_string()),
        SendError::TooLong { .. } => Failure::Garbled(error.to_string()),
        _ => Failure::Garbled(format!("it broke off: {error}")),
    }
}

/// The server reports an error in the middle of its reply.
pub(super) fn in_stream(error: &Value) -> Failure {
    let said = Said::of(error).unwrap_or_else(|| Said { message: error.to_string(), kinds: Vec::new() });
    let told = cut(&said.message);
    if said.is_about_money() {
        Failure::Rejected(told)
    } else if said.is_about_length() {
        Failure::TooLong(told)
    } else if said.is_about_haste() {
        Failure::RateLimited { retry_after: None }
    } else {
        Failure::Faulty(told)
    }
}

/// The same as an event of its own kind, whose data may be anything.
pub(super) fn of_event(data: &str) -> Failure {
    in_stream(&serde_json::from_str(data).unwrap_or_else(|_| data.into()))
}

/// What a server says about an error. There are as many forms as servers.
struct Said {
    message: String,
    /// `type` and `code`, which is a number for some.
    kinds: Vec<String>,
}

impl Said {
    /// `{"error": {"message", "type", "code"}}`, `{"error": TEXT}`, the inner object alone, `{"detail": TEXT}`, or a text.
    fn of(json: &Value) -> Option<Self> {
        let inner = json.get("error").unwrap_or(json);
        let message = [inner, &inner["message"], &inner["detail"]].into_iter().find_map(Value::as_str)?;
        let kind = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let kinds = [&inner["type"], &inner["code"]].into_iter().map(kind).collect();
        Some(Self { message: message.to_owned(), kinds })
    }

    fn is_about_haste(&self) -> bool {
        self.kinds.iter().any(|kind| kind.contains("rate_limit") || kind == "429")
    }

    fn is_about_money(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind.as_str(), "insufficient_quota" | "billing_hard_limit_reached"))
    }

    fn is_about_length(&self) -> bool {
        let message = self.message.to_lowercase();
        let words = ["context length", "context window", "context size", "maximum context", "too many tokens"];
        self.kinds.iter().any(|kind| kind.contains("context_length")) || words.iter().any(|word| message.contains(word))
    }
}

/// At most [`SHOWN`] characters, none of which can forge what a person sees.
pub(super) fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    visible_line(&shown)
}
