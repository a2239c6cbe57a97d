//! How long and how much.

use std::time::Duration;

/// The bounds of one exchange with an endpoint. There is no bound on the whole time: a model may think and write for
/// long, and is still there as long as something comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From the first packet to a connection that can be used: name, address, proxy and TLS.
    pub connect: Duration,
    /// From asking to the first byte of the answer's body.
    pub first_byte: Duration,
    /// From one piece of the body to the next.
    pub idle: Duration,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// Bytes of the answer's body.
    pub response_bytes: usize,
}

/// A server that is there answers within a second, also from the other side of the world.
pub const CONNECT: Duration = Duration::from_secs(10);

/// A model that reasons in silence, or that is loaded first, takes minutes for its first word.
pub const FIRST_BYTE: Duration = Duration::from_mins(5);

/// Streams send something every few seconds, if only a comment.
pub const IDLE: Duration = Duration::from_mins(2);

/// A long conversation has a few megabytes; pictures need the rest.
pub const REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// A streamed answer costs some three hundred bytes for each token; this has room for more tokens than any model writes.
pub const RESPONSE_BYTES: usize = 128 * 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: CONNECT,
            first_byte: FIRST_BYTE,
            idle: IDLE,
            request_bytes: REQUEST_BYTES,
            response_bytes: RESPONSE_BYTES,
        }
    }
}
