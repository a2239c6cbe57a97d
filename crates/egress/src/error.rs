//! How an exchange fails, by what can be done about it.

use std::time::Duration;

/// Why there is no (whole) answer. No text holds a header or a query, where secrets stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The host's name has no address.
    #[error("the name {host} cannot be resolved: {why}")]
    NoAddress {
        /// The name.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// Nobody took the connection in time.
    #[error("no connection to {origin} within {}", shown(*.limit))]
    ConnectTimeout {
        /// Scheme, host and port.
        origin: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The connection was refused or broke before anything was sent.
    #[error("no connection to {origin}: {why}")]
    Connect {
        /// Scheme, host and port.
        origin: String,
        /// What the system said.
        why: String,
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
    #[error("{origin} has not begun to answer within {}", shown(*.limit))]
    Silent {
        /// Scheme, host and port.
        origin: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer began, and then nothing more came.
    #[error("nothing more came for {}", shown(*.limit))]
    Stalled {
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is longer than its bound.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// The connection broke while it was used, or what came is no HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

impl SendError {
    /// Whether the other side was not reached at all, so that asking again repeats nothing and may help.
    pub fn is_unreached(&self) -> bool {
        matches!(self, Self::NoAddress { .. } | Self::ConnectTimeout { .. } | Self::Connect { .. })
    }
}

fn shown(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
