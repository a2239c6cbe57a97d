//! The client that opens sockets.

use crate::client::{Body, Client, Response};
use crate::endpoint::Endpoint;
use crate::error::SendError;
use crate::limits::Limits;
use crate::request::{Field, JsonRequest, Value};
use boxagnts_types::Secret;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

pub(crate) const USER_AGENT: &str = concat!("boxagnts/", env!("CARGO_PKG_VERSION"));

/// A connection that nobody used for so long may have been closed by something in between.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// Connections kept per endpoint; as many answers as usually arrive at once.
const KEPT: usize = 16;

/// A proxy that the person named for encrypted connections (`HTTPS_PROXY`). It sees the host and not the request, since
/// the connection through it is a tunnel. It is never used for this machine, nor for a connection that is not encrypted.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its address, secret because it may hold a password.
    pub address: Secret,
    /// Hosts that are reached without it, separated by commas (`NO_PROXY`).
    pub except: Option<String>,
}

/// A client over real sockets. Making one costs nothing: what a connection needs is built when the first is made, so a
/// process that speaks to this machine alone never reads the system's certificates.
///
/// Connections are kept and shared by all that hold the same client.
#[derive(Debug)]
pub struct HttpClient {
    limits: Limits,
    proxy: Option<Proxy>,
    ways: [OnceLock<Result<reqwest::Client, SendError>>; 3],
}

/// How an endpoint is reached; each way has its own connections.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Not encrypted, so that no certificate is needed, and never through a proxy, which could read it.
    Plain,
    /// Encrypted, on this machine.
    Near,
    /// Encrypted, elsewhere.
    Far,
}

impl HttpClient {
    /// A client with these bounds. Nothing is opened yet.
    pub fn new(limits: Limits, proxy: Option<Proxy>) -> Self {
        Self { limits, proxy, ways: Default::default() }
    }

    fn client(&self, endpoint: &Endpoint) -> Result<reqwest::Client, SendError> {
        let way = match (endpoint.is_encrypted(), endpoint.is_loopback()) {
            (false, _) => Way::Plain,
            (true, true) => Way::Near,
            (true, false) => Way::Far,
        };
        self.ways[way as usize].get_or_init(|| self.build(way)).clone()
    }

    fn build(&self, way: Way) -> Result<reqwest::Client, SendError> {
        let unsendable = |error: reqwest::Error| SendError::Unsendable(deepest(&error));
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(self.limits.connect)
            .pool_idle_timeout(KEPT_FOR)
            .pool_max_idle_per_host(KEPT)
            // The name of this machine is not looked up, so that no resolver can make it another's.
            .resolve_to_addrs("localhost", &[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].map(any_port));
        builder = match way {
            Way::Plain => builder.tls_backend_preconfigured(without_trust()?),
            Way::Near | Way::Far => {
                // When another part of the process chose one before, that one serves as well.
                let _ = ring::default_provider().install_default();
                builder.https_only(true)
            }
        };
        if let (Way::Far, Some(proxy)) = (way, &self.proxy) {
            builder = builder.proxy(proxy.build()?);
        }
        builder.build().map_err(unsendable)
    }

    async fn post(&self, endpoint: &Endpoint, request: JsonRequest) -> Result<Response, SendError> {
        if self.limits.request_bytes < request.body.len() {
            let why = format!("it has {} bytes, and {} are allowed", request.body.len(), self.limits.request_bytes);
            return Err(SendError::Unsendable(why));
        }
        let deadline = Instant::now() + self.limits.first_byte;
        let sending = self
            .client(endpoint)?
            .post(endpoint.at(request.path))
            .headers(headers(&request.fields)?)
            .body(request.body)
            .send();
        let silent = || SendError::Silent { origin: endpoint.origin(), limit: self.limits.first_byte };
        let answer = timeout_at(deadline, sending).await.map_err(|_| silent())?;
        let answer = answer.map_err(|error| self.explain(endpoint, &error))?;
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
        };
        let headers = answer.headers().iter().filter_map(text).collect();
        let status = answer.status().as_u16();
        let arriving = Arriving { answer, deadline, on_time: silent(), limits: self.limits.clone(), received: 0 };
        Ok(Response { status, headers, body: arriving.stream() })
    }

    fn explain(&self, endpoint: &Endpoint, error: &reqwest::Error) -> SendError {
        let why = deepest(error);
        let origin = endpoint.origin();
        if error.is_dns() {
            return SendError::NoAddress { host: endpoint.host().to_owned(), why };
        }
        if is_tls(error) {
            return SendError::Tls { origin, why };
        }
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => SendError::ConnectTimeout { origin, limit: self.limits.connect },
            (true, false) => SendError::Connect { origin, why },
            (false, _) if error.is_builder() => SendError::Unsendable(why),
            (false, _) => SendError::Broken(why),
        }
    }
}

impl Client for HttpClient {
    fn post_json_stream<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        request: JsonRequest,
    ) -> BoxFuture<'a, Result<Response, SendError>> {
        Box::pin(self.post(endpoint, request))
    }
}

impl Proxy {
    fn build(&self) -> Result<reqwest::Proxy, SendError> {
        let unusable = |_| SendError::Unsendable("the address of the proxy cannot be used".to_owned());
        let proxy = reqwest::Proxy::https(self.address.expose()).map_err(unusable)?;
        Ok(proxy.no_proxy(self.except.as_deref().and_then(reqwest::NoProxy::from_string)))
    }
}

/// An answer's body on its way.
struct Arriving {
    answer: reqwest::Response,
    /// Until when the next piece must be here.
    deadline: Instant,
    /// What it means when it is not.
    on_time: SendError,
    limits: Limits,
    received: usize,
}

impl Arriving {
    fn stream(self) -> Body {
        stream::unfold(Some(self), |arriving| async {
            let mut arriving = arriving?;
            match arriving.next().await {
                Ok(piece) => piece.map(|piece| (Ok(piece), Some(arriving))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, SendError> {
        let piece = timeout_at(self.deadline, self.answer.chunk()).await.map_err(|_| self.on_time.clone())?;
        let Some(piece) = piece.map_err(|error| SendError::Broken(deepest(&error)))? else { return Ok(None) };
        self.received = self.received.saturating_add(piece.len());
        if self.limits.response_bytes < self.received {
            return Err(SendError::TooLong { limit: self.limits.response_bytes });
        }
        self.deadline = Instant::now() + self.limits.idle;
        self.on_time = SendError::Stalled { limit: self.limits.idle };
        Ok(Some(piece))
    }
}

fn headers(fields: &[Field]) -> Result<HeaderMap, SendError> {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Bounds count the bytes that arrive, so what arrives must not unpack to more.
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for Field { name, value } in fields {
        let unsendable =
            || SendError::Unsendable(format!("the value of {name} has characters that no header may have"));
        let value = match value {
            Value::Plain(text) => HeaderValue::from_str(text).map_err(|_| unsendable())?,
            Value::Secret { before, secret } => {
                let mut value =
                    HeaderValue::from_str(&format!("{before}{}", secret.expose())).map_err(|_| unsendable())?;
                value.set_sensitive(true);
                value
            }
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
        map.insert(name, value);
    }
    Ok(map)
}

/// TLS that trusts nobody, for connections that use none: the certificates of the system are not read for them.
fn without_trust() -> Result<ClientConfig, SendError> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SendError::Unsendable(error.to_string()))?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The port of the address that is asked for is used.
fn any_port(address: IpAddr) -> SocketAddr {
    SocketAddr::new(address, 0)
}

/// The cause below all causes: the ones above it say "error sending request" and the like.
pub(crate) fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(<dyn Error>::is::<rustls::Error>)
}

/// The error and its causes. An I/O error keeps what it was made of to itself, and tells the cause of that as its own.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let next = |error: &&'a (dyn Error + 'static)| {
        let error = *error;
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inside) => Some(inside as &'a (dyn Error + 'static)),
            None => error.source(),
        }
    };
    std::iter::successors(Some(error), next)
}
