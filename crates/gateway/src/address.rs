//! Where the server listens, and why not everywhere.

use std::net::{IpAddr, SocketAddr};

/// Where the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(SocketAddr);

/// Why the server does not listen there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Other machines could reach it, and nothing but a token that they know would tell friend from foe.
    #[error(
        "{0} can be reached from other machines; say with --token-file which token they must show, a file of mode 0600 \
         that holds at least {SHORTEST_TOKEN} characters"
    )]
    Exposed(IpAddr),
}

/// A token that somebody else made up is at least so long.
pub const SHORTEST_TOKEN: usize = 32;

impl Address {
    /// The address, when it is the machine's own or whoever comes must show a token.
    pub fn new(host: IpAddr, port: u16, has_token: bool) -> Result<Self, AddressError> {
        if host.is_loopback() || has_token {
            Ok(Self(SocketAddr::new(host, port)))
        } else {
            Err(AddressError::Exposed(host))
        }
    }

    /// As a socket takes it.
    pub fn socket(self) -> SocketAddr {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h10_only_the_machine_itself_needs_no_token() {
        for (host, exposed) in [
            ("127.0.0.1", false),
            ("127.8.8.8", false),
            ("::1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("192.168.1.5", true),
        ] {
            let host: IpAddr = host.parse().unwrap();
            assert_eq!(Address::new(host, 30001, false).is_err(), exposed, "{host}");
            assert!(Address::new(host, 30001, true).is_ok(), "twin: {host} with a token");
        }
    }
}
