//! Where a model or service that the person configured is.

use reqwest::Url;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// No real address is longer; it bounds what stands in messages.
const LONGEST: usize = 2048;

/// An exact origin (scheme, host and port) with a base path, for example `https://api.openai.com/v1`.
///
/// It is made of the process environment or of the user's own configuration, by `runtime` or for it, and of nothing that
/// a model, a tool or a workspace can write. The parsed form is the one that is connected to: no second parser reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    is_loopback: bool,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; an endpoint looks like https://api.example.com/v1")]
pub struct BadEndpoint(String);

impl Endpoint {
    /// Whether it is on this machine: an address of the loopback, or `localhost`, which is never looked up.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Scheme, host and port, the port only where it is not the usual one.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The host as it stands in an address.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address of a path behind the base path.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        url
    }
}

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, BadEndpoint> {
        let bad = |why: &str| BadEndpoint(why.to_owned());
        if LONGEST < text.len() {
            return Err(bad("the address is too long"));
        }
        // The parser of addresses would leave these out or turn them into others, and so read another text than a person.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(bad("the address has a space, a backslash or a control character in it"));
        }
        let url = Url::parse(text).map_err(|error| BadEndpoint(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("the address must begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("the address must hold no user name and no password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("the address must have no ? and no #"));
        }
        let is_loopback = is_loopback(&url);
        Ok(Self { url, is_loopback })
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let numbers = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || numbers.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || numbers.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, String, bool)> {
        let endpoint: Endpoint = text.parse().ok()?;
        Some((endpoint.origin(), endpoint.at("/chat").path().to_owned(), endpoint.is_loopback()))
    }

    #[test]
    fn a_base_path_stays_in_front_whether_or_not_it_ends_with_a_slash() {
        for text in ["https://api.example.com/v1", "https://API.example.com:443/v1/"] {
            assert_eq!(parsed(text), Some(("https://api.example.com".into(), "/v1/chat".into(), false)), "{text}");
        }
        assert_eq!(parsed("http://10.0.0.1:8080"), Some(("http://10.0.0.1:8080".into(), "/chat".into(), false)));
    }

    #[test]
    fn loopback_is_known_in_every_spelling() {
        let spellings = [
            "http://localhost:1",
            "http://LOCALHOST",
            "http://127.0.0.1",
            "https://127.9.9.9:8443/v1",
            "http://[::1]:11434",
            "http://[::ffff:127.0.0.1]",
            "http://2130706433",
            "http://0x7f.1",
        ];
        for text in spellings {
            assert!(parsed(text).is_some_and(|(_, _, is_loopback)| is_loopback), "{text}");
        }
        for text in ["http://localhost.example.com", "http://128.0.0.1", "http://[::2]", "http://127.0.0.1.example.com"]
        {
            assert!(parsed(text).is_some_and(|(_, _, is_loopback)| !is_loopback), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_endpoint() {
        let texts = [
            "",
            "api.example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://",
            "https://user@example.com",
            "https://user:word@example.com",
            "https://example.com@evil.test",
            "https://example.com/v1?key=1",
            "https://example.com/v1#x",
            "https://exam\tple.com",
            "https://example.com\n.evil.test",
            " https://example.com",
            "https:\\\\example.com",
            "https://example.com\\@evil.test",
            "https://ex ample.com",
        ];
        for text in texts {
            assert_eq!(parsed(text), None, "{text:?}");
        }
        assert_eq!(parsed(&format!("https://example.com/{}", "a".repeat(LONGEST))), None);
    }
}
