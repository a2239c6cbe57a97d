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

/// Whether some readers of JSON take an object with this key for something else: `serde_json` puts what the value says, read
/// as JSON of its own, in the place of an object that begins with one. So two readers of one text would differ, and what was
/// written need not read back.
pub fn is_readers_own_key(key: &str) -> bool {
    key.starts_with("$serde_json::private::")
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
