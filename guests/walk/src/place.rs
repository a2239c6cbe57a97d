//! Where to look, and for what.

use std::io::{ErrorKind, Result as IoResult};
use std::ops::ControlFlow;

use boxagnts_guest_sdk::files::open_folder;
use boxagnts_guest_sdk::path::{WORKSPACE, is_visible};
use boxagnts_guest_sdk::{Failure, workspace_path};

use crate::{Found, Pattern, Summary, walk};

/// A folder, and a pattern for the paths in it that are looked for.
#[derive(Debug)]
pub struct Place {
    folder: String,
    pattern: Option<Pattern>,
}

impl Place {
    /// Understands the `path` and the pattern of an input; without a path it is the workspace, without a
    /// pattern every file. A pattern may be absolute; then its folder is a part of it.
    pub fn new(path: Option<&str>, pattern: Option<&str>) -> Result<Self, Failure> {
        let folder = workspace_path(path.unwrap_or(WORKSPACE))?;
        let (folder, pattern) = match pattern {
            Some(pattern) if is_visible(pattern) => {
                let (folder, pattern) = absolute(pattern, path.map(|_| folder))?;
                (folder, Some(pattern))
            }
            _ => (folder, pattern.map(str::to_owned)),
        };
        let pattern = pattern
            .map(|pattern| Pattern::new(&pattern))
            .transpose()
            .map_err(|error| Failure::rejected(error.to_string()))?;
        Ok(Self { folder, pattern })
    }

    /// The folder that was named.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Visits the files that are looked for, in the order of their paths. See [`walk`].
    pub fn walk(&self, include_ignored: bool, visit: &mut dyn FnMut(&Found) -> ControlFlow<()>) -> IoResult<Summary> {
        let start = self.start();
        let walked = walk(&start, include_ignored, &mut |file| {
            if self.matches(file.path()) { visit(file) } else { ControlFlow::Continue(()) }
        });
        match walked {
            // The folders that a pattern begins with need not exist; the one that was named must.
            Err(error) if start != self.folder && error.kind() != ErrorKind::Interrupted => {
                open_folder(&self.folder).map(|_| Summary::default())
            }
            walked => walked,
        }
    }

    /// The folder to begin with: every match lies in there.
    fn start(&self) -> String {
        match self.pattern.as_ref().map_or("", Pattern::prefix) {
            "" => self.folder.clone(),
            prefix => format!("{}/{prefix}", self.folder.trim_end_matches('/')),
        }
    }

    /// Whether a file, by its absolute path, is one that is looked for.
    fn matches(&self, path: &str) -> bool {
        let Some(pattern) = &self.pattern else {
            return true;
        };
        let inside = path.strip_prefix(self.folder.trim_end_matches('/'));
        inside.is_some_and(|inside| pattern.matches(inside.trim_start_matches('/')))
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
        Place::new(path, Some(pattern)).expect("it is a place")
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
        let books = place("/folders/books/*.md", None);
        assert_eq!((books.folder(), books.start().as_str()), ("/folders", "/folders/books"));
        assert!(books.matches("/folders/books/a.md") && !books.matches("/folders/books/b/a.md"));
        assert!(Place::new(Some("/tmp"), Some("/workspace/a/*")).is_err());
        assert!(place("/workspace/a/*", Some("a")).matches("/workspace/a/b"));
        assert!(place("/workspace", None).matches("/workspace/a/b"));
    }

    #[test]
    fn a_leading_slash_means_the_folder_itself() {
        let place = place("/*.rs", Some("/tmp"));
        assert!(place.matches("/tmp/a.rs") && !place.matches("/tmp/b/a.rs"));
    }

    #[test]
    fn without_a_pattern_every_file_is_meant() {
        let place = Place::new(Some("/tmp"), None).expect("it is a place");
        assert!(place.matches("/tmp/a/b"));
    }

    #[test]
    fn bad_patterns_are_rejected() {
        assert!(Place::new(None, Some("../*")).is_err());
        assert!(Place::new(None, Some("a[")).is_err());
        assert!(Place::new(Some("../.."), Some("*")).is_err());
    }
}
