//! From a target to a connection: addresses found once, judged, and connected to as they were judged.

use super::Web;
use crate::resolve::{of_this_machine, own_addresses, reachable};
use crate::web_error::WebError;
use boxagnts_capability::text::network::address::is_public;
use boxagnts_capability::{Host, Scheme, Target};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Addresses that are tried. A name may have hundreds.
const MOST_ADDRESSES: usize = 8;

/// How long an address is ahead of the next one (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection.
pub(super) enum Way {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// Scheme, host and port, for messages: a path may hold a secret.
pub(crate) fn origin(target: &Target) -> String {
    format!("{}://{}:{}", target.scheme(), target.host(), target.port())
}

impl Web {
    pub(super) async fn connect(&self, target: &Target) -> Result<Way, WebError> {
        let addresses = self.addresses(target.host()).await?;
        let refused = |error: io::Error| WebError::Connect { origin: origin(target), why: error.to_string() };
        let socket = first(addresses, target.port()).await.map_err(refused)?;
        let unsafely = |why: String| WebError::Tls { origin: origin(target), why };
        if target.scheme() == Scheme::Http {
            return Ok(Way::Plain(socket));
        }
        let trust = self.trust.get_or_init(trust).clone().map_err(unsafely)?;
        let name = server_name(target.host()).map_err(unsafely)?;
        let encrypted = TlsConnector::from(trust).connect(name, socket).await;
        Ok(Way::Encrypted(Box::new(encrypted.map_err(|error| unsafely(error.to_string()))?)))
    }

    /// Where the host is. The law has judged an address that stands in the request: if it is not public, the grant
    /// names it literally. What a name leads to is judged here, and so is whether a public address is this machine's.
    /// Above all of this stand the networks that the person blocks: no grant opens one.
    async fn addresses(&self, host: &Host) -> Result<Vec<IpAddr>, WebError> {
        let mut addresses = self.granted(host).await?;
        let first = addresses.first().copied();
        addresses.retain(|address| !self.blocked.holds(*address));
        match first {
            Some(address) if addresses.is_empty() => Err(WebError::Blocked { host: host.clone(), address }),
            _ => Ok(addresses),
        }
    }

    async fn granted(&self, host: &Host) -> Result<Vec<IpAddr>, WebError> {
        let found = match host {
            Host::V4(address) => return literal(IpAddr::V4(*address)),
            Host::V6(address) => return literal(IpAddr::V6(*address)),
            Host::Name(name) => match of_this_machine(name) {
                Some(addresses) => return Ok(addresses),
                None => self.look_up(name).await?,
            },
        };
        let reachable = reachable(&found, &own()?);
        match found.first() {
            Some(address) if reachable.is_empty() => {
                Err(WebError::Private { host: host.clone(), address: address.to_canonical() })
            }
            _ => Ok(reachable),
        }
    }

    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, WebError> {
        let nowhere = |why: String| WebError::NoAddress { host: name.to_owned(), why };
        let found = self.resolver.resolve(name).await.map_err(|error| nowhere(error.to_string()))?;
        if found.is_empty() { Err(nowhere("it has no address".to_owned())) } else { Ok(found) }
    }
}

fn literal(address: IpAddr) -> Result<Vec<IpAddr>, WebError> {
    if is_public(address) && own()?.contains(&address) { Err(WebError::Own(address)) } else { Ok(vec![address]) }
}

fn own() -> Result<Vec<IpAddr>, WebError> {
    own_addresses().map_err(|error| WebError::Interfaces(error.to_string()))
}

/// Connects to whichever address answers first, the earlier ones ahead.
async fn first(addresses: Vec<IpAddr>, port: u16) -> io::Result<TcpStream> {
    let tries = (0..).zip(addresses.into_iter().take(MOST_ADDRESSES)).map(|(place, address)| async move {
        tokio::time::sleep(HEAD_START * place).await;
        #[expect(clippy::disallowed_methods, reason = "the one place where a tool's request leaves; it was judged")]
        TcpStream::connect(SocketAddr::new(address, port)).await
    });
    let mut tries: FuturesUnordered<_> = tries.collect();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    while let Some(outcome) = tries.next().await {
        match outcome {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Trusts whom the system trusts.
fn trust() -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.and_then(BuilderVerifierExt::with_platform_verifier).map_err(|error| error.to_string())?;
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whom the certificate must name: the host that was judged.
fn server_name(host: &Host) -> Result<ServerName<'static>, String> {
    match host {
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|error| error.to_string()),
        Host::V4(address) => Ok(ServerName::from(IpAddr::V4(*address))),
        Host::V6(address) => Ok(ServerName::from(IpAddr::V6(*address))),
    }
}
