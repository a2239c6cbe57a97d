//! Names that a caller gives to what it keeps beside events: timers, accounts, reservations, whom a letter is for.

use boxagnts_types::show::visible_line;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest name, in characters; an identifier with a word before it fits many times.
const LONGEST: usize = 128;

/// A name of 1 to 128 visible ASCII characters without a blank, such as `run:01KDVDNA000000000000000001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// The text is no [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name: 1 to 128 visible ASCII characters without a blank are wanted")]
pub struct BadName(pub String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName(visible_line(&text.chars().take(LONGEST).collect::<String>())))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identifier is a name as it stands.
macro_rules! name_of {
    ($($id:ident)*) => {
        $(
            impl From<boxagnts_types::$id> for Name {
                fn from(id: boxagnts_types::$id) -> Self {
                    Self(id.to_string())
                }
            }
        )*
    };
}

name_of!(SessionId RunId CallId EventId WorkspaceId);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_visible() {
        for good in ["a", "run:7/step-2", &"x".repeat(128)] {
            assert_eq!(good.parse::<Name>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\n", "\u{1b}[2J", "é", &"x".repeat(129)] {
            let refusal = bad.parse::<Name>().unwrap_err();
            assert!(!refusal.to_string().contains('\u{1b}') && refusal.to_string().len() < 1000);
        }
    }
}
