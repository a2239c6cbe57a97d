//! Hosts and patterns of hosts.

use super::AddressError;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Whom a request reaches: a name of letters, digits and hyphens (RFC 1123), or a canonical IP address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name in lower case without a dot at its end.
    Name(String),
    /// An IPv4 address. IPv6 addresses that only wrap one (RFC 4291, section 2.5.5.2) are decoded to it.
    V4(Ipv4Addr),
    /// Any other IPv6 address.
    V6(Ipv6Addr),
}

/// Longest name and longest label of a name: RFC 1035, section 2.3.4.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

impl FromStr for Host {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fault = |reason: &str| AddressError::new(text, reason);
        if let Some(inside) = text.strip_prefix('[') {
            let address = inside.strip_suffix(']').and_then(|inside| inside.parse::<Ipv6Addr>().ok());
            let address =
                address.ok_or_else(|| fault("an IPv6 host is an address in brackets, as in [2001:db8::1]"))?;
            return Ok(address.to_ipv4_mapped().map_or(Self::V6(address), Self::V4));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::V4(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let labels_fit = name.split('.').all(|label| {
            (1..=LONGEST_LABEL).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
        });
        if !labels_fit || LONGEST_NAME < name.len() {
            return Err(fault(
                "a host is letters, digits and hyphens between dots; write an international name as xn--…",
            ));
        }
        if is_number(name.rsplit('.').next().unwrap_or_default()) {
            return Err(fault("a host that ends in a number is an IPv4 address and needs four plain decimal parts"));
        }
        Ok(Self::Name(name))
    }
}

/// Resolvers read `2130706433`, `0x7f.1` and `127.1` as addresses, so a name must not end like one (WHATWG URL,
/// "ends in a number").
fn is_number(label: &str) -> bool {
    let digits = label.bytes().all(|c| c.is_ascii_digit());
    digits || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|c| c.is_ascii_hexdigit()))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// Which hosts a capability names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// `*`: any.
    Any,
    /// `*.example.com`: every name below this one, and not the name itself.
    Below(String),
    /// One host.
    Exactly(Host),
}

impl HostPattern {
    /// Whether the host is named.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Below(parent), Host::Name(name)) => is_under(name, parent),
            (Self::Below(_), _) => false,
            (Self::Exactly(named), host) => named == host,
        }
    }

    /// Whether both may name one host.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Whether everything that `other` names is named here.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Below(parent), Self::Below(other)) => parent == other || is_under(other, parent),
            (pattern, Self::Exactly(host)) => pattern.matches(host),
            _ => false,
        }
    }
}

fn is_under(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.') && 1 < rest.len())
}

impl FromStr for HostPattern {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        match text.strip_prefix("*.").map(str::parse) {
            Some(Ok(Host::Name(parent))) => Ok(Self::Below(parent)),
            Some(_) => Err(AddressError::new(text, "'*.' stands before a name, as in *.example.com")),
            None if text.contains('*') => {
                Err(AddressError::new(text, "a star is the whole host or its first label, as in *.example.com"))
            }
            None => text.parse().map(Self::Exactly),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(parent) => write!(f, "*.{parent}"),
            Self::Exactly(host) => host.fmt(f),
        }
    }
}
