//! `wasi:http`, as the host mediates it.

use boxagnts_guest_sdk::Failure;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, IncomingResponse, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;

use super::{ACCEPT, Answer};
use crate::address::Address;

/// One read of a body.
const CHUNK: u64 = 64 * 1024;

/// Fields that are looked at.
const LOOKED_AT: [&str; 2] = ["content-type", "location"];

pub(crate) fn get(address: &Address, mut fields: Vec<(String, String)>) -> Result<Answer, Failure> {
    let url = address.sent();
    if !fields.iter().any(|(name, _)| name == "accept") {
        fields.push(("accept".to_owned(), ACCEPT.to_owned()));
    }
    let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let fields = Fields::from_list(&fields).map_err(|error| Failure::broken(error.to_string()))?;
    let request = OutgoingRequest::new(fields);
    let scheme = if address.is_encrypted { Scheme::Https } else { Scheme::Http };
    let taken = request.set_scheme(Some(&scheme)).and_then(|()| request.set_authority(Some(&address.authority)));
    let taken = taken.and_then(|()| request.set_path_with_query(Some(&address.path)));
    taken.map_err(|()| Failure::rejected(format!("{url} is no address of a page")))?;
    let answer = handle(request, None).map_err(|code| unanswered(&url, &code))?;
    answer.subscribe().block();
    let answer = match answer.get() {
        Some(Ok(Ok(answer))) => answer,
        Some(Ok(Err(code))) => return Err(unanswered(&url, &code)),
        _ => return Err(Failure::broken("the host lost the answer")),
    };
    let fields = answer.headers().entries();
    let fields = fields.into_iter().filter(|(name, _)| LOOKED_AT.contains(&name.as_str()));
    let fields = fields.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned())).collect();
    let status = answer.status();
    Ok(Answer { status, fields, body: body(&url, &answer)? })
}

fn body(url: &str, answer: &IncomingResponse) -> Result<Vec<u8>, Failure> {
    let lost = |()| Failure::broken("the host lost the answer's body");
    let body = answer.consume().map_err(lost)?;
    let stream = body.stream().map_err(lost)?;
    let mut whole = Vec::new();
    loop {
        match stream.blocking_read(CHUNK) {
            Ok(piece) => whole.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(whole),
            Err(StreamError::LastOperationFailed(_)) => {
                return Err(Failure::rejected(format!("the answer of {url} broke off after {} bytes", whole.len())));
            }
        }
    }
}

/// Why there is no answer. The host adds what it knows.
fn unanswered(url: &str, code: &ErrorCode) -> Failure {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            Failure::denied(format!("access denied: {url}"))
        }
        ErrorCode::HttpRequestUriInvalid => Failure::rejected(format!("{url} is no address of a page")),
        _ => Failure::rejected(format!("{url} did not answer")),
    }
}
