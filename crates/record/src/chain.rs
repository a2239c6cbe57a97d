//! A digest over all events of a session up to a place, so that whatever changes below is noticed there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// The link after an event: SHA-256 of the link before it, followed by the event's canonical form. The first link
/// follows on 32 zero bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Chain([u8; 32]);

impl Chain {
    /// The link after one more event in canonical form.
    #[must_use]
    pub fn after(self, canonical: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(self.0);
        digest.update(canonical);
        Self(digest.finalize().into())
    }

    /// The link that one text alone makes: its SHA-256.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The bytes as a backend keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Chain {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("64 lower-case hexadecimal digits are wanted")]
pub struct BadDigits;

impl FromStr for Chain {
    type Err = BadDigits;

    fn from_str(text: &str) -> Result<Self, BadDigits> {
        bytes_of(text).map(Self).ok_or(BadDigits)
    }
}

impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn digits_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// So many bytes from lower-case hexadecimal digits; one value has one text.
pub(crate) fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_types::canonical::sha256_hex;

    #[test]
    fn a_link_is_what_a_stranger_would_work_out() {
        let first = Chain::default().after("{}");
        assert_eq!(first.to_string(), sha256_hex(&[&[0; 32][..], b"{}"].concat()));
        assert_eq!(first.after("[]").to_string(), sha256_hex(&[&first.as_bytes()[..], b"[]"].concat()));
        assert_ne!(first.after("[]"), Chain::default().after("[]").after("{}"));
    }
}
