//! The secrets of the person, each bound to the one place that it may be sent to.

use crate::scrubber::{LONGEST, SHORTEST, Scrubber};
use boxagnts_capability::{Host, Scheme, Target};
use boxagnts_types::Secret;
use boxagnts_types::placeholder::is_secret_name;
use boxagnts_types::scrub::Scrub;
use http::Method;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// What a secret is called: a capital letter, then capital letters, digits and `_`, at most 64 in all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

/// Where a secret may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    host: Host,
    port: u16,
    /// Any when empty.
    methods: Vec<Method>,
}

/// What the person wrote about a secret cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSecret {
    /// The name.
    #[error(
        "{0:?} is no name of a secret; write capital letters, digits and _, the first one a letter, at most 64: GITHUB_TOKEN"
    )]
    Name(String),
    /// The host.
    #[error("{text:?} is no host of a secret: {why}; write HOST or HOST:PORT, such as api.github.com")]
    Host {
        /// What was written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A method.
    #[error("{0:?} is no method that requests have; methods are GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS")]
    Method(String),
    /// The value is too short.
    #[error(
        "the value has {}; a secret has at least {SHORTEST}, since a shorter one would have to be covered in too many \
         innocent texts", bytes(*.0)
    )]
    Short(usize),
    /// The value is too long.
    #[error("the value has {}; a secret has at most {LONGEST}", bytes(*.0))]
    Long(usize),
    /// The value could end a header field and begin another one.
    #[error("the value holds a line break, a NUL or another control character, which could not be sent in a header")]
    Control,
}

/// So many bytes, in words.
fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

impl FromStr for SecretName {
    type Err = BadSecret;

    fn from_str(text: &str) -> Result<Self, BadSecret> {
        if is_secret_name(text) { Ok(Self(text.to_owned())) } else { Err(BadSecret::Name(text.to_owned())) }
    }
}

impl SecretName {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a value can be a secret: from 8 to 4096 bytes without a control character.
pub fn check_value(value: &str) -> Result<(), BadSecret> {
    if value.len() < SHORTEST {
        return Err(BadSecret::Short(value.len()));
    }
    if LONGEST < value.len() {
        return Err(BadSecret::Long(value.len()));
    }
    if value.chars().any(char::is_control) { Err(BadSecret::Control) } else { Ok(()) }
}

impl Binding {
    /// Reads `HOST` or `HOST:PORT`, the port 443 when none is written, and the methods, any when there is none.
    pub fn parse(host: &str, methods: &[String]) -> Result<Self, BadSecret> {
        let bad = |why: &str| BadSecret::Host { text: host.to_owned(), why: why.to_owned() };
        if host.contains(['/', '?', '#', '@', '\\']) {
            return Err(bad("it holds more than a host and a port"));
        }
        let target: Target = format!("https://{host}/").parse().map_err(|_| bad("it cannot be read"))?;
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = |text: &String| {
            let found = known.iter().find(|known| known.eq_ignore_ascii_case(text));
            let method = found.and_then(|known| known.parse().ok());
            method.ok_or_else(|| BadSecret::Method(text.clone()))
        };
        let methods = methods.iter().map(method).collect::<Result<_, _>>()?;
        Ok(Self { host: target.host().clone(), port: target.port(), methods })
    }

    /// The host and its port, as they are written.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The methods, none when it may be any.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.iter().map(Method::as_str)
    }

    /// Whether a request with this method may carry the secret: to this host and port, and over TLS unless the host is
    /// literally an address of this machine's loopback.
    fn holds(&self, target: &Target, method: &Method) -> bool {
        let is_safe = target.scheme() == Scheme::Https || is_loopback(target.host());
        let is_there = *target.host() == self.host && target.port() == self.port;
        is_safe && is_there && (self.methods.is_empty() || self.methods.contains(method))
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        // A name is no address, whatever it leads to.
        Host::Name(_) => false,
        Host::V4(address) => IpAddr::V4(*address).is_loopback(),
        Host::V6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

/// All secrets of this process, and the scrubber that knows them.
pub struct Vault {
    kept: BTreeMap<SecretName, (Secret, Binding)>,
    scrubber: Arc<Scrubber>,
}

impl Default for Vault {
    fn default() -> Self {
        Self::new([], &[])
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// The secrets that requests may carry, and others that are only kept from being shown, such as keys of models.
    pub fn new(kept: impl IntoIterator<Item = (SecretName, Secret, Binding)>, hidden: &[Secret]) -> Self {
        let kept: BTreeMap<_, _> = kept.into_iter().map(|(name, secret, to)| (name, (secret, to))).collect();
        let scrubber = Arc::new(Scrubber::new(kept.values().map(|(secret, _)| secret).chain(hidden)));
        Self { kept, scrubber }
    }

    /// What covers them wherever they must not stand.
    pub fn scrubber(&self) -> Arc<dyn Scrub> {
        Arc::clone(&self.scrubber) as _
    }

    /// The value of a secret for a request; none when there is no such secret, or when it is bound elsewhere: from
    /// outside both look the same.
    pub(crate) fn value(&self, name: &str, target: &Target, method: &Method) -> Option<&Secret> {
        // Found by a walk over all of them, so that it takes as long for a name that is there as for one that is not.
        let mut found = None;
        for (known, (secret, binding)) in &self.kept {
            if (known.as_str() == name) & binding.holds(target, method) {
                found = Some(secret);
            }
        }
        found
    }

    /// Whether a secret's value stands in a host's name, where letters have no case and dots may be anywhere.
    pub(crate) fn finds_in_host(&self, host: &Host) -> bool {
        let Host::Name(name) = host else { return false };
        let joined = name.replace('.', "");
        let holds = |value: &str| {
            let value = value.to_ascii_lowercase();
            name.contains(&value) || joined.contains(&value)
        };
        self.kept.values().any(|(secret, _)| holds(secret.expose()))
            || self.scrubber.finds(name.as_bytes())
            || self.scrubber.finds(joined.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(host: &str, methods: &[&str]) -> Result<Binding, BadSecret> {
        Binding::parse(host, &methods.iter().map(|&method| method.to_owned()).collect::<Vec<_>>())
    }

    fn holds(host: &str, methods: &[&str], method: &str, url: &str) -> bool {
        binding(host, methods).unwrap().holds(&url.parse().unwrap(), &method.parse().unwrap())
    }

    #[test]
    fn a_secret_goes_to_its_host_port_and_methods_and_nowhere_else() {
        assert!(holds("API.example.com", &[], "DELETE", "https://api.example.com/x"));
        assert!(!holds("api.example.com", &[], "GET", "https://example.com/"));
        assert!(!holds("api.example.com", &[], "GET", "https://a.api.example.com/"));
        assert!(!holds("api.example.com", &[], "GET", "https://api.example.com:8443/"));
        assert!(holds("api.example.com:8443", &[], "GET", "https://api.example.com:8443/"));
        assert!(holds("api.example.com", &["get", "PUT"], "PUT", "https://api.example.com/"));
        assert!(!holds("api.example.com", &["get"], "POST", "https://api.example.com/"));
        for host in ["api.example.com", "127.0.0.1:8080", "[::1]:8080"] {
            let binding = binding(host, &["GET"]).unwrap();
            assert_eq!(Binding::parse(&binding.place(), &["GET".to_owned()]), Ok(binding));
        }
    }

    #[test]
    fn in_the_clear_a_secret_goes_to_a_literal_loopback_address_alone() {
        assert!(!holds("api.example.com:80", &[], "GET", "http://api.example.com/"));
        assert!(!holds("localhost:80", &[], "GET", "http://localhost/"));
        assert!(!holds("10.0.0.1:80", &[], "GET", "http://10.0.0.1/"));
        assert!(holds("127.0.0.1:8080", &[], "GET", "http://127.0.0.1:8080/"));
        assert!(holds("[::1]:8080", &[], "GET", "http://[::1]:8080/"));
    }

    #[test]
    fn what_is_no_name_no_host_or_no_value_is_refused() {
        for name in ["", "a", "1A", "A-B", "A B", "É", &"A".repeat(65)] {
            assert!(name.parse::<SecretName>().is_err(), "{name}");
        }
        for host in ["", "*", "*.a.com", "https://a.com", "a.com/x", "a.com:0x1", "u@a.com", "127.1", "a.com:99999"] {
            assert!(binding(host, &[]).is_err(), "{host}");
        }
        assert!(binding("a.com", &["CONNECT"]).is_err() && binding("a.com", &["GET "]).is_err());
        for value in ["1234567", "12345678\n", "1234\r\n5678", "1234\u{0}5678", &"x".repeat(4097)] {
            assert!(check_value(value).is_err(), "{value:?}");
        }
        assert_eq!(check_value("12345678"), Ok(()));
        for (value, said) in [("", "has 0 bytes;"), ("x", "has 1 byte;"), ("xy", "has 2 bytes;")] {
            assert!(check_value(value).is_err_and(|error| error.to_string().contains(said)), "{value:?}");
        }
    }

    #[test]
    fn a_value_in_a_hosts_name_is_found_whatever_its_case_and_dots() {
        let kept = ("A".parse().unwrap(), Secret::new("ghp_AbCd1234"), binding("a.com", &[]).unwrap());
        let other = ("B".parse().unwrap(), Secret::new("Tok-AbCd1234"), binding("a.com", &[]).unwrap());
        let vault = Vault::new([kept, other], &[]);
        for host in ["tok-abcd1234.evil.test", "tok-ab.cd1234.evil.test", "x546f6b2d4162436431323334.evil.test"] {
            assert!(vault.finds_in_host(&host.parse().unwrap()), "{host}");
        }
        assert!(!vault.finds_in_host(&"tok.evil.test".parse().unwrap()));
        assert_eq!(format!("{vault:?}"), "Vault(***)");
    }
}
