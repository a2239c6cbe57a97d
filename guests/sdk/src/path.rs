//! Paths as a guest sees them: `/`-separated UTF-8, absolute, without `.` and `..`.
//!
//! The host reads the `path` of an input by the same rules when it derives a call's effects from it, so
//! that what was decided and what is opened are one path. A change here is a change there.

use std::borrow::Cow;

use crate::failure::Failure;

/// The folder that relative paths start from.
pub const WORKSPACE: &str = "/workspace";

/// Everything that a guest can see lies below one of these.
pub const ROOTS: [&str; 5] = [WORKSPACE, "/folders", "/skills", "/results", "/tmp"];

/// The longest path that is taken, as on Linux.
const LONGEST: usize = 4096;

/// Makes an input's path absolute and normal.
///
/// A relative path starts from `/workspace`. The work is lexical, no link is followed: `.` and doubled
/// slashes vanish, `..` removes the part before it, and a `..` that climbs above `/` is rejected.
pub fn workspace_path(path: &str) -> Result<String, Failure> {
    if path.is_empty() {
        return Err(Failure::rejected("the path is empty"));
    }
    if path.contains('\0') {
        return Err(Failure::rejected("the path contains a NUL character"));
    }
    // On other systems it separates folders, so that two readers could see two paths.
    if path.contains('\\') {
        return Err(Failure::rejected(format!("the path contains a backslash; separate folders with /: {path}")));
    }
    let mut parts: Vec<&str> = Vec::new();
    if !path.starts_with('/') {
        parts.push(&WORKSPACE[1..]);
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(Failure::rejected(format!("the path climbs above /: {path}")));
                }
            }
            name => parts.push(name),
        }
    }
    let normal = format!("/{}", parts.join("/"));
    if LONGEST < normal.len() {
        return Err(Failure::rejected(format!("the path is longer than {LONGEST} bytes")));
    }
    Ok(normal)
}

/// Whether a normal path lies in what a guest can see at all.
pub fn is_visible(path: &str) -> bool {
    ROOTS.iter().any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The path as a person would write it: relative to the workspace when it lies in there.
pub fn shown(path: &str) -> &str {
    match path.strip_prefix(WORKSPACE) {
        Some("") => ".",
        Some(rest) => rest.strip_prefix('/').unwrap_or(path),
        None => path,
    }
}

/// The path as one line of an answer: [`shown`], with control characters escaped. A name may contain
/// anything, and must not look like two lines.
pub fn line(path: &str) -> Cow<'_, str> {
    escaped(shown(path))
}

/// A text as one line, with control characters escaped.
pub fn escaped(path: &str) -> Cow<'_, str> {
    if !path.contains(char::is_control) {
        return Cow::Borrowed(path);
    }
    let mut line = String::with_capacity(path.len() + 8);
    for character in path.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::{is_visible, line, shown, workspace_path};

    fn normal(path: &str) -> String {
        workspace_path(path).expect("the path is fine")
    }

    #[test]
    fn relative_paths_start_from_the_workspace() {
        assert_eq!(normal("src/main.rs"), "/workspace/src/main.rs");
        assert_eq!(normal("."), "/workspace");
        assert_eq!(normal("./a/.//b/"), "/workspace/a/b");
    }

    #[test]
    fn absolute_paths_are_kept() {
        assert_eq!(normal("/folders/books/a"), "/folders/books/a");
        assert_eq!(normal("//tmp///x"), "/tmp/x");
        assert_eq!(normal("/"), "/");
    }

    #[test]
    fn dot_dot_is_resolved_lexically() {
        assert_eq!(normal("a/../b"), "/workspace/b");
        assert_eq!(normal("../tmp/x"), "/tmp/x");
        assert_eq!(normal("/workspace/.."), "/");
    }

    #[test]
    fn climbing_above_the_root_is_rejected() {
        assert!(workspace_path("../../etc/passwd").is_err());
        assert!(workspace_path("/..").is_err());
        assert!(workspace_path("a/../../../x").is_err());
    }

    #[test]
    fn names_that_only_look_like_dots_are_names() {
        assert_eq!(normal("....//x"), "/workspace/..../x");
        assert_eq!(normal(" . "), "/workspace/ . ");
    }

    #[test]
    fn what_cannot_be_a_path_is_rejected() {
        assert!(workspace_path("").is_err());
        assert!(workspace_path("a\0b").is_err());
        assert!(workspace_path(r"..\..\x").is_err());
        assert!(workspace_path(&"a/".repeat(4096)).is_err());
    }

    #[test]
    fn only_the_known_roots_are_visible() {
        assert!(is_visible("/workspace") && is_visible("/tmp/x"));
        assert!(!is_visible("/") && !is_visible("/etc/passwd") && !is_visible("/workspaces"));
    }

    #[test]
    fn paths_of_the_workspace_are_shown_relative() {
        assert_eq!(shown("/workspace/a/b"), "a/b");
        assert_eq!(shown("/workspace"), ".");
        assert_eq!(shown("/workspaces/a"), "/workspaces/a");
        assert_eq!(shown("/tmp/x"), "/tmp/x");
    }

    #[test]
    fn a_path_is_one_line() {
        assert_eq!(line("/workspace/日本/a b"), "日本/a b");
        assert_eq!(line("/workspace/a\nb\u{1b}[1m"), r"a\nb\u{1b}[1m");
    }
}
