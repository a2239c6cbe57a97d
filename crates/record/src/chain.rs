//! A digest over all events of a session up to a place, so that whatever changes below is noticed there.

use sha2::{Digest as _, Sha256};
use std::fmt;

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
