//! Where to look, and for what.

use boxagnts_guest_sdk::path::{WORKSPACE, is_visible};
use boxagnts_guest_sdk::{Failure, workspace_path};
use boxagnts_guest_walk::Pattern;

/// A folder, and a pattern for paths in it.
#[derive(Debug)]
pub(crate) struct Place {
    folder: String,
    pattern: Pattern,
}

impl Place {
    /// Understands the input. A pattern may be absolute; then its folder is a part of it.
    pub(crate) fn new(pattern: &str, path: Option<&str>) -> Result<Self, Failure> {
        let folder = workspace_path(path.unwrap_or(WORKSPACE))?;
        let (folder, pattern) =
            if is_visible(pattern) { absolute(pattern, path.map(|_| folder))? } else { (folder, pattern.to_owned()) };
        let pattern = Pattern::new(&pattern).map_err(|error| Failure::rejected(error.to_string()))?;
        Ok(Self { folder, pattern })
    }

    /// The folder that was named.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// The folder to begin with: every match lies in there.
    pub(crate) fn start(&self) -> String {
        match self.pattern.prefix() {
            "" => self.folder.clone(),
            prefix => format!("{}/{prefix}", self.folder.trim_end_matches('/')),
        }
    }

    /// Whether a file, by its absolute path, is one that is looked for.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let inside = path.strip_prefix(self.folder.trim_end_matches('/'));
        inside.is_some_and(|inside| self.pattern.matches(inside.trim_start_matches('/')))
    }
}

/// Takes an absolute pattern apart: `/workspace/src/*.rs` is `*.rs`, not at any depth, in
/// `/workspace/src`.
fn absolute(pattern: &str, folder: Option<String>) -> Result<(String, String), Failure> {
    let folder = match folder {
        Some(folder) => folder,
        None => root(pattern).to_owned(),
    };
    let inside = pattern.strip_prefix(folder.trim_end_matches('/'));
    match inside {
        Some("" | "/") => Ok((folder, "**".to_owned())),
        Some(inside) if inside.starts_with('/') => Ok((folder, inside.to_owned())),
        _ => Err(Failure::rejected(format!(
            "the pattern {pattern} is absolute and not inside of the path {folder}; leave out one of them"
        ))),
    }
}

/// The first component of an absolute path.
fn root(path: &str) -> &str {
    let end = path.match_indices('/').map(|(end, _)| end).nth(1);
    &path[..end.unwrap_or(path.len())]
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn place(pattern: &str, path: Option<&str>) -> Place {
        Place::new(pattern, path).expect("it is a place")
    }

    #[test]
    fn patterns_look_in_the_workspace() {
        let place = place("*.rs", None);
        assert_eq!((place.folder(), place.start().as_str()), ("/workspace", "/workspace"));
        assert!(place.matches("/workspace/a/b.rs") && !place.matches("/tmp/b.rs"));
    }

    #[test]
    fn a_literal_beginning_narrows_the_walk() {
        let place = place("src/**/*.rs", Some("crates"));
        assert_eq!(place.start(), "/workspace/crates/src");
        assert!(place.matches("/workspace/crates/src/a.rs"));
        assert!(!place.matches("/workspace/src/a.rs"));
    }

    #[test]
    fn an_absolute_pattern_names_its_folder() {
        let place = place("/folders/books/*.md", None);
        assert_eq!((place.folder(), place.start().as_str()), ("/folders", "/folders/books"));
        assert!(place.matches("/folders/books/a.md") && !place.matches("/folders/books/b/a.md"));
        assert!(super::Place::new("/workspace/a/*", Some("/tmp")).is_err());
        assert!(self::place("/workspace/a/*", Some("a")).matches("/workspace/a/b"));
        assert!(self::place("/workspace", None).matches("/workspace/a/b"));
    }

    #[test]
    fn a_leading_slash_means_the_folder_itself() {
        let place = place("/*.rs", Some("/tmp"));
        assert!(place.matches("/tmp/a.rs") && !place.matches("/tmp/b/a.rs"));
    }

    #[test]
    fn bad_patterns_are_rejected() {
        assert!(Place::new("../*", None).is_err());
        assert!(Place::new("a[", None).is_err());
        assert!(Place::new("*", Some("../..")).is_err());
    }
}
