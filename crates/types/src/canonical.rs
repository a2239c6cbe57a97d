//! The canonical form of JSON (RFC 8785) and digests over it.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// A value that has no canonical form, such as a map whose keys are not text.
#[derive(Debug, thiserror::Error)]
#[error("no canonical JSON form")]
pub struct NotCanonical(#[source] serde_json::Error);

/// RFC 8785 text of a value.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<String, NotCanonical> {
    serde_json_canonicalizer::to_string(value).map_err(NotCanonical)
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
