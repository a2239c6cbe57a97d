//! The answer as a tool may see it: a server that repeats a secret does not tell it to the tool.

use super::WebAnswer;
use boxagnts_types::scrub::{Flow, Scrub};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::HeaderValue;
use std::sync::Arc;

/// The same answer with each secret covered. Nothing is copied where there are none.
pub(super) fn covered(answer: WebAnswer, scrub: Arc<dyn Scrub>) -> WebAnswer {
    if scrub.knows_nothing() {
        return answer;
    }
    let WebAnswer { status, mut fields, body } = answer;
    for field in fields.values_mut() {
        if scrub.finds(field.as_bytes()) {
            let mut bytes = field.as_bytes().to_vec();
            scrub.cover(&mut bytes);
            // Stars are always good in a field.
            *field = HeaderValue::from_bytes(&bytes).unwrap_or(HeaderValue::from_static("*"));
        }
    }
    let passing = (body, Some(Flow::new(scrub)));
    let body = stream::unfold(passing, |(mut body, flow)| async move {
        let mut flow = flow?;
        loop {
            match body.next().await {
                Some(Ok(piece)) => {
                    let passed = flow.pass(&piece);
                    if !passed.is_empty() {
                        return Some((Ok(Bytes::from(passed)), (body, Some(flow))));
                    }
                }
                // What was held back stays so: the answer is broken and its end is not known.
                Some(Err(error)) => return Some((Err(error), (body, None))),
                None => {
                    let rest = flow.end();
                    return (!rest.is_empty()).then(|| (Ok(Bytes::from(rest)), (body, None)));
                }
            }
        }
    });
    WebAnswer { status, fields, body: body.boxed() }
}
