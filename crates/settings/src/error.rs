//! What can be wrong with a file of settings, in words for the person who wrote it.

use crate::policy::Failure;
use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

/// Why the program does not start with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file is there and cannot be read.
    #[error("the settings in {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser missed.
        message: String,
    },
    /// Nobody knows the key.
    #[error("{place}: there is no setting {key:?}{}", hint(.nearest.as_deref(), known))]
    UnknownKey {
        /// Where.
        place: Place,
        /// The whole key, with its tables before it.
        key: String,
        /// The one that was most likely meant.
        nearest: Option<String>,
        /// All that there are at this place.
        known: Vec<String>,
    },
    /// The key cannot have this value.
    #[error("{place}: {key} cannot be {found}; it is {wanted}")]
    Value {
        /// Where.
        place: Place,
        /// The whole key.
        key: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        wanted: String,
    },
    /// The value has the right form and means nothing.
    #[error("{place}: {key}: {reason}")]
    Meaning {
        /// Where.
        place: Place,
        /// The whole key.
        key: String,
        /// What is wrong with it, with the nearest right form.
        reason: String,
    },
    /// A policy says nothing, as one does that was cut off while it was written.
    #[error("the policy {} says nothing; write one of {known}, or remove the file", path.display())]
    Silent {
        /// The file.
        path: PathBuf,
        /// What it could say.
        known: String,
    },
    /// A line of a policy does not mean what an example of it says.
    #[error(transparent)]
    Example(Box<Failure>),
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Counts from 1.
    pub line: usize,
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

fn hint(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean {nearest:?}?"),
        None => format!("; there are: {}", known.join(", ")),
    }
}
