//! Where a request goes: scheme, host, port, path, and the patterns of these.
//!
//! The grammar is narrower than that of URLs on purpose: a text that two parsers could understand differently is no
//! address here. `egress` connects to what this parser understood, never to the text.

pub mod address;
pub mod host;

use super::CapabilityError;
use super::escape;
use super::path::PathPattern;
use address::is_public;
pub use host::{Host, HostPattern};
use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

/// Longer addresses are refused; servers refuse them too.
const LONGEST: usize = 8192;

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Why a text is no address of a request. The text names the fault and, where one is near, the right form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address: {reason}")]
pub struct AddressError {
    /// What was read.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl AddressError {
    pub(crate) fn new(text: &str, reason: impl Into<String>) -> Self {
        Self { text: text.to_owned(), reason: reason.into() }
    }
}

/// An address that a request goes to, in canonical form: two texts that servers must treat alike (RFC 3986, section
/// 6.2.2) are one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    path: String,
    query: Option<String>,
}

impl Scheme {
    /// The port that is meant when none is written.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// The word before `://`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Target {
    /// How the request travels.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whom it reaches.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Scheme, host and port, the port only where it is not the usual one.
    pub fn origin(&self) -> String {
        let usual = self.port == self.scheme.default_port();
        let port = if usual { String::new() } else { format!(":{}", self.port) };
        format!("{}://{}{port}", self.scheme, self.host)
    }

    /// The path, beginning with a slash, percent-encoded in one way only.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the question mark, without it.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }
}

impl FromStr for Target {
    type Err = AddressError;

    /// Reads an absolute `http` or `https` URL. A fragment is dropped, since no server ever sees one.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if LONGEST < text.len() {
            return Err(AddressError::new(&text[..text.floor_char_boundary(64)], "it is longer than 8192 bytes"));
        }
        let sent = text.split_once('#').map_or(text, |(sent, _)| sent);
        let (scheme, authority, rest) = split(sent)?;
        let (host, port) = split_port(authority, scheme, text)?;
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let path = encoded(path, text, "")?;
        let query = query.map(|query| encoded(query, text, "")).transpose()?;
        refuse_dots(&path, text)?;
        Ok(Self { scheme, host: host.parse()?, port, path: if path.is_empty() { "/".to_owned() } else { path }, query })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_origin(f, self.scheme, &self.host, self.port)?;
        f.write_str(&self.path)?;
        self.query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

/// Which requests a capability names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NetworkPattern {
    /// `*`: any.
    Everything,
    /// Those to one scheme, host pattern and port.
    Origin {
        scheme: Scheme,
        host: HostPattern,
        port: u16,
        /// Absent: any path.
        path: Option<PathPattern>,
        /// Absent: any query.
        query: Option<String>,
    },
}

impl NetworkPattern {
    /// Whether the request is named.
    pub(crate) fn matches(&self, target: &Target) -> bool {
        self.names(target, |path| path.matches(&target.path))
    }

    /// The same for a rule that takes something away: the path is also tried as a lenient server would read it.
    pub(crate) fn catches(&self, target: &Target) -> bool {
        let lenient = read_leniently(&target.path);
        self.names(target, |path| path.catches(&target.path) || path.catches(&lenient))
    }

    fn names(&self, target: &Target, is_on: impl Fn(&PathPattern) -> bool) -> bool {
        match self {
            Self::Everything => true,
            Self::Origin { scheme, host, port, path, query } => {
                *scheme == target.scheme
                    && *port == target.port
                    && host.matches(&target.host)
                    && path.as_ref().is_none_or(is_on)
                    && query.as_ref().is_none_or(|query| Some(query) == target.query.as_ref())
            }
        }
    }

    /// Whether a grant of this pattern reaches the host: a machine of the local network, or this one, must be named
    /// literally, and no wildcard names it.
    pub(crate) fn reaches(&self, host: &Host) -> bool {
        matches!(self, Self::Origin { host: HostPattern::Exactly(named), .. } if named == host) || is_public_host(host)
    }

    /// The pattern of exactly one target.
    pub(crate) fn exactly(target: &Target) -> Self {
        Self::Origin {
            scheme: target.scheme,
            host: HostPattern::Exactly(target.host.clone()),
            port: target.port,
            path: (!is_root(&target.path) || target.query.is_some()).then(|| PathPattern::tree(&target.path)),
            query: target.query.clone(),
        }
    }

    /// The only target that the pattern can be the text of; `None` for a wildcard.
    pub(crate) fn as_target(&self) -> Option<Target> {
        let Self::Origin { scheme, host: HostPattern::Exactly(host), port, path, query } = self else { return None };
        let path = match path {
            None => "/".to_owned(),
            Some(PathPattern::Tree { root, .. }) if root.is_empty() => "/".to_owned(),
            Some(PathPattern::Tree { root, .. }) => root.clone(),
            Some(PathPattern::Glob(_)) => return None,
        };
        Some(Target { scheme: *scheme, host: host.clone(), port: *port, path, query: query.clone() })
    }

    /// Whether both may name one request; `true` in doubt.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        let (
            Self::Origin { scheme, host, port, path, .. },
            Self::Origin { scheme: scheme2, host: host2, port: port2, path: path2, .. },
        ) = (self, other)
        else {
            return true;
        };
        let paths_meet = path.as_ref().zip(path2.as_ref()).is_none_or(|(path, path2)| path.may_meet(path2));
        (scheme, port) == (scheme2, port2) && host.may_meet(host2) && paths_meet
    }

    /// Whether both may name a request to one host, on whatever port and path; `true` in doubt.
    pub(crate) fn may_share_a_host(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Origin { host, .. }, Self::Origin { host: host2, .. }) => host.may_meet(host2),
            _ => true,
        }
    }

    /// Whether everything that `other` names is surely named here; `false` in doubt.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (_, Self::Everything) => false,
            (
                Self::Origin { scheme, host, port, path, query },
                Self::Origin { scheme: scheme2, host: host2, port: port2, path: path2, query: query2 },
            ) => {
                let path_covers = match (path, path2) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(path), Some(path2)) => path.covers(path2),
                };
                let query_covers = query.is_none() || query == query2;
                (scheme, port) == (scheme2, port2) && host.covers(host2) && path_covers && query_covers
            }
        }
    }
}

impl NetworkPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, CapabilityError> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        if LONGEST < text.len() {
            return Err(AddressError::new(&text[..text.floor_char_boundary(64)], "it is longer than 8192 bytes").into());
        }
        if text.contains('#') {
            return Err(AddressError::new(text, "a fragment ('#…') never reaches a server; take it out").into());
        }
        let (scheme, authority, rest) = split(text)?;
        let (host, port) = split_port(authority, scheme, text)?;
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        if path.contains("\\u{") {
            return Err(AddressError::new(text, "characters of a URL are written percent-encoded").into());
        }
        let path = encoded(path, text, "*[]{}\\")?;
        refuse_dots(&escape::literal(&escape::pieces(&path)?), text)?;
        let path = if is_root(&path) {
            query.is_some().then(|| PathPattern::tree("/"))
        } else {
            Some(PathPattern::absolute(&path)?)
        };
        let query = query.map(|query| encoded(query, text, "")).transpose()?;
        Ok(Self::Origin { scheme, host: host.parse()?, port, path, query })
    }
}

impl fmt::Display for NetworkPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_char('*'),
            Self::Origin { scheme, host, port, path, query } => {
                write_origin(f, *scheme, host, *port)?;
                path.as_ref().map_or(Ok(()), |path| write!(f, "{path}"))?;
                query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
            }
        }
    }
}

/// Whether the path names everything of a host; slashes alone add nothing.
fn is_root(path: &str) -> bool {
    path.bytes().all(|c| c == b'/')
}

fn write_origin(f: &mut fmt::Formatter<'_>, scheme: Scheme, host: &dyn fmt::Display, port: u16) -> fmt::Result {
    write!(f, "{scheme}://{host}")?;
    if port == scheme.default_port() { Ok(()) } else { write!(f, ":{port}") }
}

fn is_public_host(host: &Host) -> bool {
    match host {
        // Names are judged by the address they resolve to, which is egress's matter; this one needs no resolver.
        Host::Name(name) => name != "localhost" && !name.ends_with(".localhost"),
        Host::V4(address) => is_public(IpAddr::V4(*address)),
        Host::V6(address) => is_public(IpAddr::V6(*address)),
    }
}

/// Takes scheme, authority and the rest apart.
fn split(text: &str) -> Result<(Scheme, &str, &str), AddressError> {
    let (scheme, rest) = text.split_once("://").ok_or_else(|| {
        AddressError::new(text, format!("it begins with no scheme; write https://{}", text.trim_start_matches('/')))
    })?;
    let scheme = if scheme.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else if scheme.eq_ignore_ascii_case("http") {
        Scheme::Http
    } else {
        return Err(AddressError::new(text, "its scheme is neither http nor https"));
    };
    let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if rest.starts_with('\\') {
        return Err(AddressError::new(text, "a backslash ends its host, which some parsers take for a slash"));
    }
    if authority.contains('@') {
        return Err(AddressError::new(text, "it holds a user's name before the host; take out everything up to '@'"));
    }
    Ok((scheme, authority, rest))
}

fn split_port<'a>(authority: &'a str, scheme: Scheme, text: &str) -> Result<(&'a str, u16), AddressError> {
    // The colons of an IPv6 address stand inside its brackets.
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    let Some(colon) = authority[after_brackets..].find(':') else {
        return Ok((authority, scheme.default_port()));
    };
    let (host, port) = authority.split_at(after_brackets + colon);
    let digits = &port[1..];
    let port = digits.parse().ok().filter(|port| *port != 0 && digits.bytes().all(|c| c.is_ascii_digit()));
    let port = port.ok_or_else(|| AddressError::new(text, "its port is no number from 1 to 65535"))?;
    Ok((host, port))
}

/// Writes a path or a query in its one canonical form: letters, digits and `-._~` plain, other encoded bytes with
/// upper-case digits, and everything that has no place in a URL encoded. Characters of `kept` pass.
fn encoded(part: &str, text: &str, kept: &str) -> Result<String, AddressError> {
    let mut canonical = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(c) = rest.chars().next() {
        let bytes = &rest.as_bytes()[..c.len_utf8()];
        rest = &rest[c.len_utf8()..];
        if c == '%' {
            let digits = rest.get(..2).filter(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            let byte = byte.ok_or_else(|| AddressError::new(text, "a '%' stands without two hexadecimal digits"))?;
            rest = &rest[2..];
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                canonical.push(char::from(byte));
            } else {
                push_encoded(&mut canonical, byte);
            }
        } else if c.is_control() || (c == '\\' && !kept.contains(c)) {
            return Err(AddressError::new(text, "it holds a control character or a backslash"));
        } else if c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?".contains(c) || kept.contains(c) {
            canonical.push(c);
        } else {
            for byte in bytes {
                push_encoded(&mut canonical, *byte);
            }
        }
    }
    Ok(canonical)
}

fn push_encoded(canonical: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(canonical, "%{byte:02X}");
}

/// Refuses a path that climbs, also where the dots hide behind (repeated) encoding or a path parameter: some servers
/// take it apart further than others, and the check must hold for all.
fn refuse_dots(path: &str, text: &str) -> Result<(), AddressError> {
    let mut bytes = path.as_bytes().to_vec();
    loop {
        let climbs = bytes.split(|c| matches!(c, b'/' | b'\\')).any(|segment| {
            let name = segment.split(|c| *c == b';').next().unwrap_or_default();
            name == b"." || name == b".."
        });
        if climbs {
            return Err(AddressError::new(text, "its path holds '.' or '..'; write the path that is meant"));
        }
        let decoded = decoded_once(&bytes);
        if decoded == bytes {
            return Ok(());
        }
        bytes = decoded;
    }
}

/// The path with everything decoded, backslashes turned and repeated slashes merged.
fn read_leniently(path: &str) -> String {
    let decoded = decoded_once(path.as_bytes());
    let decoded = String::from_utf8_lossy(&decoded);
    decoded.split(['/', '\\']).filter(|name| !name.is_empty()).fold(String::new(), |path, name| path + "/" + name)
}

fn decoded_once(bytes: &[u8]) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            decoded.push(high * 16 + low);
            rest = after;
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    decoded
}

#[cfg(test)]
mod tests;
