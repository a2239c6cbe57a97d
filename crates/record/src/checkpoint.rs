//! Signed points of a journal's log. Whoever has not the key can neither change a record below one nor make another one.
//!
//! A checkpoint signs the link at its last record, which stands for all records before, and names each record since the
//! checkpoint before by the first eight bytes of its link, so that the first one that was changed can be named even when
//! everything after it was worked out anew.

use crate::chain::{Chain, bytes_of, digits_of};
use crate::log::LogRow;
use crate::store::StoreError;
use boxagnts_types::canonical::canonical_json;
use boxagnts_types::{JournalId, Time, WorkspaceId};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The version of the form.
pub const VERSION: u32 = 1;

/// What is signed begins with this, so that a signature of ours can never be one of something else.
const DOMAIN: &str = "boxagnts checkpoint\n";

/// How many bytes of a link name its record.
pub const SHORT: usize = 8;

/// A signed point of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Always [`VERSION`] when written.
    pub v: u32,
    /// The journal.
    pub journal: JournalId,
    /// The folder that it belonged to then.
    pub workspace: WorkspaceId,
    /// The first record that no checkpoint before covers.
    pub from: u64,
    /// The last record.
    pub to: u64,
    /// The link at the last record.
    pub hash: Chain,
    /// The first [`SHORT`] bytes of the link of each record from the first to the last, as hexadecimal digits.
    pub links: String,
    /// When it was signed.
    pub time: Time,
    /// Whose key signed it.
    pub key: PublicKey,
    /// The Ed25519 signature (RFC 8032) over a fixed line and the canonical form without this member, as 128 digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
}

impl Checkpoint {
    /// Signs records that follow each other in the log of a journal; none without a record.
    pub fn seal(
        journal: JournalId,
        workspace: WorkspaceId,
        rows: &[(u64, Chain)],
        time: Time,
        key: &SealKey,
    ) -> Result<Option<Self>, StoreError> {
        let (Some((from, _)), Some((to, hash))) = (rows.first(), rows.last()) else { return Ok(None) };
        let links = rows.iter().map(|(_, hash)| digits_of(&hash.as_bytes()[..SHORT])).collect();
        let unsigned = Self {
            v: VERSION,
            journal,
            workspace,
            from: *from,
            to: *to,
            hash: *hash,
            links,
            time,
            key: key.public(),
            signature: String::new(),
        };
        let signature = digits_of(&key.0.sign(unsigned.signed()?.as_bytes()).to_bytes());
        Ok(Some(Self { signature, ..unsigned }))
    }

    /// The stored form: RFC 8785, one line.
    pub fn to_canonical(&self) -> Result<String, StoreError> {
        canonical_json(self).map_err(|error| StoreError::Backend {
            what: format!("writing the checkpoint at record {}", self.to),
            source: Box::new(error),
        })
    }

    /// Reads the stored form of a checkpoint that can be one. Nothing is said about its signature.
    pub fn read(text: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        let digits = read.to.checked_sub(read.from)?.checked_add(1)?.checked_mul(2 * SHORT as u64)?;
        let is_whole =
            read.v == VERSION && read.from != 0 && digits == read.links.len() as u64 && read.links.is_ascii();
        is_whole.then_some(read)
    }

    /// Whether the key that it names has signed it.
    pub fn is_signed(&self) -> bool {
        let unsigned = Self { signature: String::new(), ..self.clone() };
        let (Ok(text), Some(signature)) = (unsigned.signed(), bytes_of::<64>(&self.signature)) else { return false };
        let Ok(key) = VerifyingKey::from_bytes(&self.key.0) else { return false };
        key.verify_strict(text.as_bytes(), &Signature::from_bytes(&signature)).is_ok()
    }

    /// The records that it names, with the beginning of the link of each.
    pub fn named(&self) -> impl Iterator<Item = (u64, &str)> {
        let width = 2 * SHORT;
        (self.from..=self.to).enumerate().map_while(move |(place, seq)| {
            let link = self.links.get(place * width..(place + 1) * width)?;
            Some((seq, link))
        })
    }

    fn signed(&self) -> Result<String, StoreError> {
        Ok(DOMAIN.to_owned() + &self.to_canonical()?)
    }
}

/// The beginning of a link as a checkpoint names it.
pub fn short(row: &LogRow) -> String {
    digits_of(&row.hash.as_bytes()[..SHORT])
}

/// The key that signs checkpoints. It is overwritten when it is dropped, and cannot be printed.
pub struct SealKey(SigningKey);

impl SealKey {
    /// The key of 32 random bytes (the seed of RFC 8032, section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// What others know it by.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
}

/// A key that signatures are checked with, as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// The text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key has 64 lower-case hexadecimal digits")]
pub struct BadKey;

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digits_of(&self.0))
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        bytes_of(text).map(Self).ok_or(BadKey)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
