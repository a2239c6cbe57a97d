//! Tool names.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A tool's name: 1 to 64 characters of `a-z`, `0-9`, `-` and `_`, beginning with a letter.
///
/// The narrow alphabet keeps look-alike names apart and fits what every model vendor accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ToolName(String);

/// Why a text is no tool name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no tool name: 1 to 64 characters of a-z, 0-9, '-' and '_', beginning with a letter")]
pub struct BadToolName(pub String);

const LONGEST: usize = 64;

impl ToolName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ToolName {
    type Err = BadToolName;

    fn from_str(text: &str) -> Result<Self, BadToolName> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
        let begins_well = text.bytes().next().is_some_and(|c| c.is_ascii_lowercase());
        if begins_well && text.len() <= LONGEST && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadToolName(text.to_owned()))
        }
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ToolName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_and_traversal_are_no_names() {
        for text in ["", "Read", "-read", "1read", "re ad", "../read", "reаd", &"a".repeat(65)] {
            assert!(text.parse::<ToolName>().is_err(), "{text}");
        }
        assert!("web_fetch-2".parse::<ToolName>().is_ok());
    }
}
