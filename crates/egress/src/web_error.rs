//! How a request of a tool fails, in words that a model can act on.

use boxagnts_capability::{Host, Refusal};
use std::net::IpAddr;
use std::time::Duration;

/// Why a tool has no (whole) answer. No text holds a header or a query, where secrets stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// The permit does not hold the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The host is a name, and nothing that it leads to is on the public internet.
    #[error(
        "{host} leads to {address}, which is an address of this machine or of a local network; \
         such an address is only reached when the request and its grant name it literally"
    )]
    Private {
        /// The host of the request.
        host: Host,
        /// The first address that was left out.
        address: IpAddr,
    },
    /// The host is a public address that this machine itself has.
    #[error("{0} is an address of this machine itself; a service of this machine is reached as 127.0.0.1 or localhost")]
    Own(IpAddr),
    /// The address lies in a network that the person blocks.
    #[error(
        "{host} leads to {address}, which lies in a network that the settings block ([network] block); no grant opens it"
    )]
    Blocked {
        /// The host of the request.
        host: Host,
        /// The first address that was left out.
        address: IpAddr,
    },
    /// The request asks for a secret that may not go there. Whether it exists is not said.
    #[error(
        "no secret {name} is set for {method} {origin}, over TLS or to a loopback address; the person can set it with: \
         boxagnts secret set {name} --host HOST"
    )]
    NoSecret {
        /// The secret's name.
        name: String,
        /// The method of the request.
        method: String,
        /// Scheme, host and port.
        origin: String,
    },
    /// The value of a secret cannot be sent.
    #[error("the secret {name} cannot be sent: {why}")]
    BadSecret {
        /// The secret's name.
        name: String,
        /// What is wrong with the value; never the value.
        why: String,
    },
    /// The value of a secret stands in the request itself.
    #[error(
        "the request to {0} holds the value of a secret and was not sent; a secret leaves only through its placeholder, \
         {{{{secret:NAME}}}}, to the host that it is set for"
    )]
    SecretInTheOpen(String),
    /// The request's address is larger than its bound.
    #[error("the address of the request has more than {most} bytes")]
    UrlOut {
        /// The bound.
        most: usize,
    },
    /// It is not known which addresses are this machine's own, so none can be told apart from them.
    #[error("the addresses of this machine cannot be listed: {0}")]
    Interfaces(String),
    /// The method would turn the connection into something else, or back at us.
    #[error("the method {0} is not sent; requests are GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS")]
    Method(String),
    /// The field belongs to the connection and not to the request.
    #[error("the header {0} is not sent: it belongs to the connection, which is not the tool's")]
    Field(String),
    /// The request's header is larger than its bound.
    #[error("the request's header has more than {most} bytes or fields")]
    HeadOut {
        /// The bound.
        most: usize,
    },
    /// The request's body is larger than its bound.
    #[error("the request's body has more than {}", bytes(*.limit))]
    BodyOut {
        /// The bound in bytes.
        limit: usize,
    },
    /// The answer is larger than its bound; after unpacking, if it was compressed.
    #[error("the answer has more than {}", bytes(*.limit))]
    BodyIn {
        /// The bound in bytes.
        limit: usize,
    },
    /// The host's name has no address.
    #[error("the name {host} cannot be resolved: {why}")]
    NoAddress {
        /// The name.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// Nobody took the connection.
    #[error("no connection to {origin}: {why}")]
    Connect {
        /// Scheme, host and port.
        origin: String,
        /// What the system said.
        why: String,
    },
    /// Nobody took the connection in time.
    #[error("no connection to {origin} within {}", seconds(*.limit))]
    ConnectTimeout {
        /// Scheme, host and port.
        origin: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The other side could not prove who it is, or speaks no TLS.
    #[error("no safe connection to {origin}: {why}")]
    Tls {
        /// Scheme, host and port.
        origin: String,
        /// What the handshake ended with.
        why: String,
    },
    /// The request was taken and nothing came back in time.
    #[error("{origin} has not begun to answer within {}", seconds(*.limit))]
    Silent {
        /// Scheme, host and port.
        origin: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer began, and then nothing more came.
    #[error("nothing more of the answer came for {}", seconds(*.limit))]
    Stalled {
        /// How long was waited.
        limit: Duration,
    },
    /// The whole exchange took too long.
    #[error("the request and its answer took longer than {}", seconds(*.limit))]
    Total {
        /// How long was waited.
        limit: Duration,
    },
    /// The connection broke, or what came is no HTTP within our bounds.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is said to be compressed and cannot be unpacked.
    #[error("the answer cannot be unpacked: {0}")]
    Packing(String),
}

impl WebError {
    /// Whether the house refused what the law allowed: no address, method or field changes that by being asked again.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::Private { .. }
                | Self::Own(_)
                | Self::Blocked { .. }
                | Self::NoSecret { .. }
                | Self::BadSecret { .. }
                | Self::SecretInTheOpen(_)
                | Self::Interfaces(_)
                | Self::Method(_)
                | Self::Field(_)
        )
    }
}

impl WebError {
    /// What a receipt names as the rule that refused.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "the networks that the settings block, which no grant opens",
            Self::NoSecret { .. } | Self::BadSecret { .. } | Self::SecretInTheOpen(_) => {
                "the binding of secrets, which no grant widens"
            }
            _ => "the bounds of the network, which no wildcard and no name opens",
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

fn bytes(count: usize) -> String {
    match count {
        count if 0 < count && count.is_multiple_of(1 << 20) => format!("{} MiB", count >> 20),
        count => format!("{count} bytes"),
    }
}
