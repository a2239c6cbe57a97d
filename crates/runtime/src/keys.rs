//! Keys of vendors that a person gave in a face: each in a file for this user alone, bound to the origin that it was given
//! for. A base address that is changed later, by whomever, gets no key that was meant for another server.

use crate::secrets::SecretsError;
use boxagnts_types::Secret;
use boxagnts_workspace::{OwnFolders, PrivateError, PrivateFolder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The folder in our data folder.
const FOLDER: &str = "keys";
const VERSION: u32 = 1;
/// A key is a line.
const LONGEST: usize = 4096;
const LONGEST_FILE: u64 = 16 << 10;

/// The keys as they are kept.
pub(crate) struct Keys(PrivateFolder);

/// A key and where it may go.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) origin: String,
    pub(crate) value: Secret,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    v: u32,
    origin: String,
    value: String,
}

/// Why a key is not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Nobody has that name.
    #[error("there is no provider {0:?}")]
    NoVendor(String),
    /// It is part of this program.
    #[error("the provider {0} needs no key")]
    NeedsNone(String),
    /// No key looks like this.
    #[error("a key is one line of printable characters without spaces, at most {LONGEST} of them")]
    NoKey,
    /// Our own folder cannot be used.
    #[error("the keys cannot be kept")]
    Place(#[from] PrivateError),
    /// What is kept cannot be taken in.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl KeyError {
    /// Whether what the person asked for cannot be had, rather than that something failed.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoVendor(_) | Self::NeedsNone(_) | Self::NoKey)
    }
}

impl Keys {
    pub(crate) fn of(own: &OwnFolders) -> Result<Self, PrivateError> {
        own.data.inside(FOLDER).map(Self)
    }

    pub(crate) fn set(&self, vendor: &str, origin: &str, value: &Secret) -> Result<(), KeyError> {
        // People copy line ends along.
        let value = value.expose().trim();
        if value.is_empty() || LONGEST < value.len() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::NoKey);
        }
        let kept = Kept { v: VERSION, origin: origin.to_owned(), value: value.to_owned() };
        let text = Secret::new(serde_json::to_string(&kept).unwrap_or_default());
        Ok(self.0.replace_file_durably(vendor, text.expose().as_bytes())?)
    }

    pub(crate) fn remove(&self, vendor: &str) -> Result<(), PrivateError> {
        self.0.remove_file(vendor)
    }

    /// Each key by its vendor. One that cannot be understood is none: without it nothing is sent.
    pub(crate) fn stored(&self) -> Result<BTreeMap<String, StoredKey>, PrivateError> {
        let mut keys = BTreeMap::new();
        for (vendor, _) in self.0.files()? {
            if vendor.starts_with('.') {
                continue;
            }
            let text = self.0.read_file(&vendor, LONGEST_FILE)?.unwrap_or_default();
            if let Ok(Kept { v: VERSION, origin, value }) = serde_json::from_slice(&text) {
                keys.insert(vendor, StoredKey { origin, value: Secret::new(value) });
            }
        }
        Ok(keys)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the world")]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_kept_for_its_owner_and_for_one_origin() {
        let around = tempfile::tempdir().unwrap();
        let keys = Keys(PrivateFolder::prepare(&around.path().join("keys")).unwrap());
        keys.set("openai", "https://api.openai.com", &Secret::new(" sk-1\n")).unwrap();
        let stored = keys.stored().unwrap();
        assert_eq!(
            (stored["openai"].origin.as_str(), stored["openai"].value.expose()),
            ("https://api.openai.com", "sk-1")
        );
        let mode = std::fs::metadata(around.path().join("keys/openai")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for none in ["", " ", "two words", "ключ", "a\nb"] {
            assert!(matches!(keys.set("openai", "x", &Secret::new(none)), Err(KeyError::NoKey)), "{none:?}");
        }
        keys.remove("openai").unwrap();
        assert!(keys.stored().unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_understood_is_no_key() {
        let around = tempfile::tempdir().unwrap();
        let keys = Keys(PrivateFolder::prepare(&around.path().join("keys")).unwrap());
        for text in ["", "{}", "{\"v\":2,\"origin\":\"x\",\"value\":\"sk\"}"] {
            keys.0.replace_file("openai", text.as_bytes()).unwrap();
            assert!(keys.stored().unwrap().is_empty(), "{text}");
        }
    }
}
