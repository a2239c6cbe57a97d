//! Attack: any request that `wasi:http` can express (B01 to B08), bodies without end (B10), many requests at once, and
//! requests after a refusal.
//!
//! A test lists requests and looks at the server: what a guest says proves nothing. The result is a JSON array with
//! `{"status": …, "fields": …, "body": …, "length": …}` or `{"error": …}` for each request, in order. Errors do not end
//! the list.

use boxagnts_guest_sdk::{Content, Failure, Output, Tool, export};
use serde_json::{Value, json};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};

/// One read of a body.
const CHUNK: u64 = 64 * 1024;

/// The longest body that is said back.
const SAID: usize = 200;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    requests: Vec<Asked>,
    /// Begins all of them before it waits for the first.
    #[serde(default)]
    at_once: bool,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default = "get")]
    method: String,
    #[serde(default = "http")]
    scheme: String,
    authority: String,
    #[serde(default = "root")]
    path: String,
    #[serde(default)]
    fields: Vec<(String, String)>,
    /// Bytes of a body; none at all when absent.
    body: Option<usize>,
    /// How often it is sent.
    #[serde(default = "once")]
    times: usize,
    /// The guest's own bound on each wait, in milliseconds.
    patience: Option<u64>,
}

fn get() -> String {
    "GET".to_owned()
}

fn http() -> String {
    "http".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

const fn once() -> usize {
    1
}

struct Requests;

impl Tool for Requests {
    type Input = Input;
    const NAME: &'static str = "requests";
    const DESCRIPTION: &'static str = "Send requests and say what came of each.";
    const EXAMPLES: &'static [&'static str] = &[r#"{"requests":[{"authority":"127.0.0.1:1","path":"/"}]}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        let asked = input.requests.iter().flat_map(|asked| (0..asked.times).map(move |_| asked));
        let answers: Vec<Value> = if input.at_once {
            let begun: Vec<Begun> = asked.map(begin).collect();
            begun.into_iter().map(|begun| told(begun.and_then(|begun| finish(&begun)))).collect()
        } else {
            asked.map(|asked| told(begin(asked).and_then(|begun| finish(&begun)))).collect()
        };
        Ok(Output { content: vec![Content::Json(Value::from(answers).to_string())], state: None })
    }
}

export!(Requests);

type Begun = Result<FutureIncomingResponse, String>;

fn begin(asked: &Asked) -> Begun {
    let fields: Vec<(String, Vec<u8>)> =
        asked.fields.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let fields = Fields::from_list(&fields).map_err(|error| format!("fields: {error}"))?;
    let request = OutgoingRequest::new(fields);
    let method = match asked.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_owned()),
    };
    let scheme = match asked.scheme.as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| "method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    request.set_authority(Some(&asked.authority)).map_err(|()| "authority")?;
    request.set_path_with_query(Some(&asked.path)).map_err(|()| "path")?;
    let body = asked.body.map(|_| request.body()).transpose().map_err(|()| "body")?;
    let begun = handle(request, options(asked)).map_err(|code| format!("{code:?}"))?;
    if let (Some(body), Some(length)) = (body, asked.body) {
        send(body, length)?;
    }
    Ok(begun)
}

fn options(asked: &Asked) -> Option<RequestOptions> {
    let nanoseconds = asked.patience?.saturating_mul(1_000_000);
    let options = RequestOptions::new();
    options.set_first_byte_timeout(Some(nanoseconds)).ok()?;
    options.set_between_bytes_timeout(Some(nanoseconds)).ok()?;
    Some(options)
}

fn send(body: OutgoingBody, length: usize) -> Result<(), String> {
    let stream = body.write().map_err(|()| "body stream")?;
    let piece = [b'x'; 4096];
    let mut left = length;
    while 0 < left {
        let count = left.min(piece.len());
        // A host that has heard enough closes the stream, and says why in the answer.
        if stream.blocking_write_and_flush(&piece[..count]).is_err() {
            break;
        }
        left -= count;
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
    Ok(())
}

fn finish(begun: &FutureIncomingResponse) -> Result<Value, String> {
    begun.subscribe().block();
    match begun.get() {
        Some(Ok(Ok(answer))) => read(&answer),
        Some(Ok(Err(code))) => Err(format!("{code:?}")),
        other => Err(format!("{other:?}")),
    }
}

fn read(answer: &IncomingResponse) -> Result<Value, String> {
    let fields = answer.headers().entries().into_iter();
    let fields: Value = fields.map(|(name, value)| json!([name, String::from_utf8_lossy(&value)])).collect();
    let body = answer.consume().map_err(|()| "consume")?;
    let stream = body.stream().map_err(|()| "stream")?;
    let mut whole = Vec::new();
    let end = loop {
        match stream.blocking_read(CHUNK) {
            Ok(piece) => whole.extend_from_slice(&piece),
            Err(wasip2::io::streams::StreamError::Closed) => break Value::Null,
            Err(error) => break json!(format!("{error:?}")),
        }
    };
    let said = String::from_utf8_lossy(&whole[..whole.len().min(SAID)]).into_owned();
    Ok(json!({ "status": answer.status(), "fields": fields, "body": said, "length": whole.len(), "broke": end }))
}

fn told(answer: Result<Value, String>) -> Value {
    answer.unwrap_or_else(|error| json!({ "error": error }))
}
