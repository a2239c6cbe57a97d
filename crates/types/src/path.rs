//! How a guest names a file: an absolute, normalised, `/`-separated UTF-8 path.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where relative paths of a tool's input begin.
pub const WORKSPACE: &str = "/workspace";

/// Longer paths are refused: Linux itself accepts no more than `PATH_MAX`.
const LONGEST: usize = 4096;

/// A normalised absolute path of the guest's world: no `.`, no `..`, no empty part, no trailing slash, no NUL.
///
/// Two equal values name the same place lexically; links are a matter of whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GuestPath(String);

/// Why a text is no guest path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The text was empty.
    #[error("the path is empty")]
    Empty,
    /// `..` climbed above the root.
    #[error("{0:?} climbs above the root")]
    AboveRoot(String),
    /// A NUL byte ends a path for the system and nothing else.
    #[error("{0:?} contains a NUL byte")]
    Nul(String),
    /// A backslash separates folders on other systems, so a check here could mean another file there.
    #[error("{0:?} contains a backslash; separate folders with '/'")]
    Backslash(String),
    /// More than 4,096 bytes.
    #[error("the path is longer than 4096 bytes")]
    TooLong,
}

impl GuestPath {
    /// Reads a path of a tool's input: relative ones begin at `/workspace`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.starts_with('/') {
            Self::root().join(text.trim_start_matches('/'))
        } else if text.is_empty() {
            Err(PathError::Empty)
        } else {
            Self(WORKSPACE.to_owned()).join(text)
        }
    }

    /// The guest's root, `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// `/workspace`.
    pub fn workspace() -> Self {
        Self(WORKSPACE.to_owned())
    }

    /// Walks `relative` from here, part by part. `..` may not climb above the root.
    pub fn join(&self, relative: &str) -> Result<Self, PathError> {
        if relative.contains('\0') {
            return Err(PathError::Nul(relative.to_owned()));
        }
        if relative.contains('\\') {
            return Err(PathError::Backslash(relative.to_owned()));
        }
        let mut parts: Vec<&str> = self.parts().collect();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(|| PathError::AboveRoot(relative.to_owned()))?;
                }
                name => parts.push(name),
            }
        }
        let joined = Self(format!("/{}", parts.join("/")));
        if LONGEST < joined.0.len() {
            return Err(PathError::TooLong);
        }
        Ok(joined)
    }

    /// The names between the slashes, from the root down. None for the root.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// The last name, unless this is the root.
    pub fn name(&self) -> Option<&str> {
        self.parts().next_back()
    }

    /// The folder around it, unless this is the root.
    pub fn parent(&self) -> Option<Self> {
        let (folder, name) = self.0.rsplit_once('/')?;
        match (folder, name) {
            ("", "") => None,
            ("", _) => Some(Self::root()),
            _ => Some(Self(folder.to_owned())),
        }
    }

    /// What follows `ancestor` and a slash; empty for the path itself; `None` when it lies elsewhere.
    pub fn below(&self, ancestor: &Self) -> Option<&str> {
        if ancestor.0 == "/" {
            return Some(self.0.trim_start_matches('/'));
        }
        let rest = self.0.strip_prefix(&ancestor.0)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for GuestPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        GuestPath::parse(text).map_or_else(|error| error.to_string(), |path| path.0)
    }

    #[test]
    fn relative_paths_begin_at_the_workspace() {
        assert_eq!(parsed("src/main.rs"), "/workspace/src/main.rs");
        assert_eq!(parsed("./a//b/./c/"), "/workspace/a/b/c");
        assert_eq!(parsed("/tmp/../workspace/a"), "/workspace/a");
        assert_eq!(parsed("-rf"), "/workspace/-rf");
        assert_eq!(parsed("/"), "/");
    }

    #[test]
    fn dot_dot_is_resolved_before_anyone_looks() {
        assert_eq!(parsed("../etc/passwd"), "/etc/passwd");
        assert_eq!(parsed("../../etc/passwd"), "\"../../etc/passwd\" climbs above the root");
    }

    #[test]
    fn what_ends_or_splits_a_path_elsewhere_is_refused() {
        assert!(GuestPath::parse("a\0b").is_err());
        assert!(GuestPath::parse("..\\..\\x").is_err());
        assert!(GuestPath::parse("").is_err());
        assert!(GuestPath::parse(&"a/".repeat(3000)).is_err());
    }

    #[test]
    fn below_respects_name_boundaries() {
        let workspace = GuestPath::workspace();
        let path = GuestPath::parse("/workspace2/a").unwrap();
        assert_eq!(path.below(&workspace), None);
        assert_eq!(GuestPath::parse("a/b").unwrap().below(&workspace), Some("a/b"));
        assert_eq!(workspace.below(&workspace), Some(""));
        assert_eq!(workspace.below(&GuestPath::root()), Some("workspace"));
    }
}
