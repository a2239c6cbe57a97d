//! The way out for tools: one request under the permit of its call.
//!
//! The order is the guard. The permit is asked before anything leaves, also before a name is looked up. The name is
//! looked up once. Secrets are put in last: until then their placeholders stand for them. Each address that comes back is judged. The connection goes to one of exactly these addresses; the
//! request line, the `Host` field and the server name of TLS are all made of the one [`Target`] that was judged, and
//! never of a text that could be read a second time.
//!
//! A connection serves one request. Nothing is followed, kept, sent twice or added: no redirect, no cookie, no proxy,
//! no key of the environment. Dropping the future or the body ends the connection.

mod arrive;
mod connect;
mod covered;
mod fields;

use crate::blocked::Blocked;
use crate::inject::{self, Filled};
use crate::resolve::{Resolver, SystemResolver};
use crate::vault::Vault;
use crate::web_error::WebError;
use arrive::{Arriving, Driver};
use boxagnts_capability::{Effect, Methods, Permit, Target};
use bytes::Bytes;
pub(crate) use connect::origin;
pub use fields::is_of_the_connection;
use futures::stream::BoxStream;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

/// The most that the header of an answer may have. Servers send a few kilobytes; this has room for their cookies.
const HEAD_IN: usize = 64 * 1024;

/// The most fields that an answer may have.
const FIELDS_IN: usize = 200;

/// The bounds of one request of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebLimits {
    /// From the first look at the name to a connection that can be used: name, address and TLS.
    pub connect: Duration,
    /// From sending the request to the whole header of its answer.
    pub first_byte: Duration,
    /// From one piece of the answer's body to the next.
    pub idle: Duration,
    /// From the beginning to the end of the answer's body.
    pub total: Duration,
    /// Bytes of the answer's body, both as it arrives and unpacked.
    pub body_in: usize,
    /// Bytes of the request's body.
    pub body_out: usize,
}

impl Default for WebLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(20),
            total: Duration::from_mins(1),
            body_in: 10 << 20,
            body_out: 1 << 20,
        }
    }
}

/// What a tool wants to send. `Host`, `Content-Length`, `Accept-Encoding` and whatever else belongs to the connection
/// are the client's own business.
#[derive(Debug, Clone)]
pub struct WebRequest {
    /// The method, in the letters in which it is sent.
    pub method: Method,
    /// Where to: what was parsed once, to be judged and connected to.
    pub target: Target,
    /// Further header fields.
    pub fields: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl WebRequest {
    /// What sending it does to the world. A GET with a body, or with a field that makes servers read another method,
    /// counts as any method.
    pub fn effect(&self) -> Effect {
        let reads = self.body.is_empty() && !fields::overrides_method(&self.fields);
        let methods = if reads { Methods::of(self.method.as_str()) } else { Methods::Any };
        Effect::Network { methods, target: self.target.clone() }
    }
}

/// An answer whose body may still be arriving.
pub struct WebAnswer {
    /// The HTTP status; a redirect is a status like any other.
    pub status: StatusCode,
    /// The fields, without those of a compression that was taken off.
    pub fields: HeaderMap,
    /// The body, unpacked where it was packed with gzip. Dropping it ends the connection.
    pub body: BoxStream<'static, Result<Bytes, WebError>>,
}

impl fmt::Debug for WebAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebAnswer").field("status", &self.status).field("fields", &self.fields).finish_non_exhaustive()
    }
}

/// The client of tools. Making one opens nothing and reads nothing: the system's certificates are read before the
/// first encrypted request.
pub struct Web {
    resolver: Arc<dyn Resolver>,
    trust: OnceLock<Result<Arc<ClientConfig>, String>>,
    vault: Arc<Vault>,
    blocked: Blocked,
}

impl Default for Web {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Web")
    }
}

impl Web {
    /// A client that asks the system for addresses.
    pub fn new() -> Self {
        let (vault, blocked) = (Arc::default(), Blocked::default());
        Self { resolver: Arc::new(SystemResolver), trust: OnceLock::new(), vault, blocked }
    }

    /// The same with the person's secrets, which requests may carry and answers do not show.
    #[must_use]
    pub fn with_vault(mut self, vault: Arc<Vault>) -> Self {
        self.vault = vault;
        self
    }

    /// The same with networks that no request reaches.
    #[must_use]
    pub fn with_blocked(mut self, blocked: Blocked) -> Self {
        self.blocked = blocked;
        self
    }

    /// The same with another source of addresses. They are judged like any others.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Sends one request, if the permit holds it, and waits for the header of its answer.
    pub async fn send(&self, permit: &Permit, limits: &WebLimits, request: WebRequest) -> Result<WebAnswer, WebError> {
        let end = Instant::now() + limits.total;
        permit.check(&request.effect())?;
        self.refuse_values(&request)?;
        for secret in request.secrets() {
            permit.check(&secret)?;
        }
        let filled: Filled = inject::fill(&self.vault, &request)?;
        permit.spend(&request.effect());
        request.secrets().iter().for_each(|secret| permit.spend(secret));
        let (method, target) = (request.method, request.target);
        let request = fields::prepared(method, &target, filled, limits)?;
        let late = WebError::Total { limit: limits.total };
        let answer = timeout_at(end, self.exchange(&target, request, limits, end)).await.map_err(|_| late)??;
        Ok(covered::covered(answer, self.vault.scrubber()))
    }

    /// Refuses a request that carries the value of a secret in the open, for whoever wants to know before a person is
    /// asked about it. [`send`](Self::send) asks the same again.
    pub fn refuse_values(&self, request: &WebRequest) -> Result<(), WebError> {
        inject::refuse_values(&self.vault, request)
    }

    async fn exchange(
        &self,
        target: &Target,
        request: http::Request<Full<Bytes>>,
        limits: &WebLimits,
        end: Instant,
    ) -> Result<WebAnswer, WebError> {
        let late = || WebError::ConnectTimeout { origin: connect::origin(target), limit: limits.connect };
        let connected = timeout_at(Instant::now() + limits.connect, self.connect(target));
        match connected.await.map_err(|_| late())?? {
            connect::Way::Plain(socket) => converse(socket, target, request, limits, end).await,
            connect::Way::Encrypted(socket) => converse(*socket, target, request, limits, end).await,
        }
    }
}

/// Sends the request over a connection that is there.
async fn converse(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    target: &Target,
    request: http::Request<Full<Bytes>>,
    limits: &WebLimits,
    end: Instant,
) -> Result<WebAnswer, WebError> {
    let broken = |error: hyper::Error| WebError::Broken(crate::http::deepest(&error));
    let mut builder = http1::Builder::new();
    let shaken = builder.max_buf_size(HEAD_IN).max_headers(FIELDS_IN).handshake(TokioIo::new(socket));
    let (mut sender, connection) = shaken.await.map_err(broken)?;
    let driver = Driver::start(connection);
    let is_head = request.method() == Method::HEAD;
    let silent = || WebError::Silent { origin: connect::origin(target), limit: limits.first_byte };
    let answer = timeout_at(Instant::now() + limits.first_byte, sender.send_request(request));
    let answer = answer.await.map_err(|_| silent())?.map_err(broken)?;
    Arriving::begin(answer, is_head, driver, limits, end)
}
