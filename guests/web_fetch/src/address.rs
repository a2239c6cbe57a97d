//! The parts of an address that the interface of requests wants one by one.
//!
//! The host has judged the whole text before this runs, and judges what is sent once more; nothing here is a check.

use std::fmt::Write as _;

use boxagnts_guest_sdk::Failure;

/// An address, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) is_encrypted: bool,
    /// Host and, where one stands, the port.
    pub(crate) authority: String,
    /// Beginning with a slash, percent-encoded, with the query.
    pub(crate) path: String,
}

impl Address {
    /// The address as it is sent: without a fragment.
    pub(crate) fn sent(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.path)
    }
}

/// Takes an address apart.
pub(crate) fn take_apart(url: &str) -> Result<Address, Failure> {
    let sent = url.split_once('#').map_or(url, |(sent, _)| sent);
    let (scheme, rest) = sent.split_once("://").unwrap_or(("", sent));
    let is_encrypted = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err(Failure::rejected(format!("{url} begins neither with https:// nor with http://"))),
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok(Address { is_encrypted, authority: authority.to_owned(), path: format!("{slash}{}", encoded(path)) })
}

/// Writes what has no place in a request line as percent signs and digits.
fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        let stays = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
        if stays {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Address, take_apart};

    fn sent(url: &str) -> String {
        take_apart(url).map_or_else(|failure| format!("{failure:?}"), |address| address.sent())
    }

    #[test]
    fn an_address_is_taken_apart_and_put_together() {
        let address = Address { is_encrypted: true, authority: "a.example:8443".to_owned(), path: "/x?y=z".to_owned() };
        assert_eq!(take_apart("https://a.example:8443/x?y=z#part").ok(), Some(address));
        assert_eq!(sent("http://a.example"), "http://a.example/");
        assert_eq!(sent("HTTP://a.example?q"), "http://a.example/?q");
        assert_eq!(sent("http://a.example/a b/日?\"%2f"), "http://a.example/a%20b/%E6%97%A5?%22%2f");
        assert!(sent("ftp://a.example/").contains("begins neither"));
    }
}
