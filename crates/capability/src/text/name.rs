//! Patterns of names: one name, or `*` for any.

use super::CapabilityError;
use super::escape::{self, Piece};
use std::fmt;

/// Which names a capability means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamePattern {
    /// `*`.
    Any,
    /// This one.
    Exactly(String),
}

impl NamePattern {
    /// Reads a name whose backslashes were taken out already. `text` is for the error.
    pub(crate) fn read(pieces: &[Piece], text: &str) -> Result<Self, CapabilityError> {
        let fault = |reason: &str| CapabilityError::Pattern { text: text.to_owned(), reason: reason.to_owned() };
        match pieces {
            [] => Err(fault("a name is missing")),
            [Piece::Plain('*')] => Ok(Self::Any),
            _ if pieces.iter().any(|piece| piece.is_one_of("*")) => {
                Err(fault("a star stands for a whole name; write '\\*' for the character"))
            }
            _ => Ok(Self::Exactly(escape::literal(pieces))),
        }
    }

    /// The only name that is meant; `None` for a star.
    pub(crate) fn as_name(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Exactly(only) => Some(only),
        }
    }

    /// Whether the name is meant.
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(only) => only == name,
        }
    }

    /// Whether every name that `other` means is meant here.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        matches!(self, Self::Any) || self == other
    }

    /// Whether both may mean one name.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// The pattern as text; `meaningful` are the characters that need a backslash besides the star.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, meaningful: &str) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exactly(name) => f.write_str(&escape::escaped(name, meaningful)),
        }
    }
}
