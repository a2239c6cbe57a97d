//! The port that others send through, so that their tests need no socket.

use crate::endpoint::Endpoint;
use crate::error::SendError;
use crate::request::JsonRequest;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use std::fmt;

/// The pieces of an answer's body as they arrive, bounded in time and size. Dropping it ends the exchange.
pub type Body = BoxStream<'static, Result<Bytes, SendError>>;

/// Sends requests to endpoints.
pub trait Client: Send + Sync {
    /// Sends one POST and waits for the head of the answer.
    ///
    /// Any status is an answer, also a redirect, which is not followed. Nothing is sent again behind the caller's back.
    /// Dropping the future ends the exchange.
    fn post_json_stream<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        request: JsonRequest,
    ) -> BoxFuture<'a, Result<Response, SendError>>;
}

/// An answer whose body may still be arriving.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, with values as text; what is no text is left out.
    pub headers: Vec<(String, String)>,
    /// The body, as it was sent: nothing is decompressed.
    pub body: Body,
}

impl Response {
    /// The first field of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("headers", &self.headers).finish_non_exhaustive()
    }
}
