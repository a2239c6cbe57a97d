//! The glob of an input.
//!
//! The rules are those of `rg --glob` and of ignore files: a pattern without `/` is for names at any
//! depth, one with `/` is for the whole path from the folder that is searched, `**` is any number of
//! folders, a leading `!` turns it round.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// Longer patterns are refused: what they match is compiled, and no file needs them.
const LONGEST: usize = 1_024;

/// A pattern that paths are matched with.
#[derive(Debug)]
pub struct Pattern {
    matcher: GlobMatcher,
    inverted: bool,
    /// Folders that every match lies in, since the pattern begins with them.
    prefix: String,
}

/// Why a text is no pattern, in words for a model.
#[derive(Debug, PartialEq, Eq)]
pub struct PatternError(String);

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Understands a pattern.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let fail = |reason: String| Err(PatternError(reason));
        if LONGEST < text.len() {
            return fail(format!("the glob pattern is longer than {LONGEST} bytes"));
        }
        let (inverted, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text));
        let relative = text.trim_start_matches("./").trim_start_matches('/');
        if relative.is_empty() {
            return fail("the glob pattern is empty; all files are **".to_owned());
        }
        if relative.split('/').any(|part| part == "..") {
            return fail("a glob pattern cannot climb with ..; name the folder in `path`".to_owned());
        }
        let is_anchored = relative.len() < text.len() || relative.trim_end_matches('/').contains('/');
        let mut glob = relative.to_owned();
        if !is_anchored {
            glob.insert_str(0, "**/");
        }
        if glob.ends_with('/') {
            glob.push_str("**");
        }
        let matcher = GlobBuilder::new(&glob)
            .literal_separator(true)
            .backslash_escape(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| PatternError(format!("not a glob pattern: {error}")))?
            .compile_matcher();
        let prefix = if inverted { String::new() } else { literal_prefix(&glob) };
        Ok(Self { matcher, inverted, prefix })
    }

    /// Whether a file matches, by its path relative to the folder that is searched.
    pub fn matches(&self, relative: &str) -> bool {
        self.matcher.is_match(relative) != self.inverted
    }

    /// Folders that every match lies in, relative to the folder that is searched. May be empty.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// The leading components of a glob that stand for themselves, without the last component.
fn literal_prefix(glob: &str) -> String {
    let is_literal = |part: &&str| !part.contains(['*', '?', '[', ']', '{', '}', ',', '\\', '!']);
    let folders = glob.rsplit_once('/').map_or("", |(folders, _)| folders);
    let literal: Vec<&str> = folders.split('/').take_while(is_literal).collect();
    // A brace that opens later may still close around a slash; then its parts are no folders.
    if glob.contains('{') && glob.split('/').any(|part| part.matches('{').count() != part.matches('}').count()) {
        return String::new();
    }
    literal.join("/")
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern).expect("it is a pattern").matches(path)
    }

    #[test]
    fn a_name_matches_at_any_depth() {
        assert!(matches("*.rs", "main.rs") && matches("*.rs", "src/deep/main.rs"));
        assert!(matches("Cargo.toml", "a/Cargo.toml"));
        assert!(!matches("*.rs", "main.rss"));
        assert!(matches("*", ".hidden"));
    }

    #[test]
    fn a_path_matches_from_the_start() {
        assert!(matches("src/*.rs", "src/main.rs") && matches("./src/*.rs", "src/main.rs"));
        assert!(!matches("src/*.rs", "a/src/main.rs") && !matches("src/*.rs", "src/a/main.rs"));
        assert!(matches("/*.rs", "main.rs") && !matches("/*.rs", "src/main.rs"));
    }

    #[test]
    fn two_stars_cross_folders() {
        assert!(matches("src/**/*.rs", "src/main.rs") && matches("src/**/*.rs", "src/a/b/c.rs"));
        assert!(matches("**", "a/b") && matches("src/", "src/a/b") && !matches("src/", "lib/a"));
    }

    #[test]
    fn braces_classes_and_inversion_work() {
        assert!(matches("*.{ts,tsx}", "a/b.tsx") && matches("[ab].c", "b.c"));
        assert!(!matches("!*.md", "a.md") && matches("!*.md", "a.rs"));
    }

    #[test]
    fn the_literal_part_is_a_prefix() {
        let prefix = |text| Pattern::new(text).expect("it is a pattern").prefix().to_owned();
        assert_eq!(prefix("src/core/**/*.rs"), "src/core");
        assert_eq!(prefix("src/main.rs"), "src");
        assert_eq!(prefix("*.rs"), "");
        assert_eq!(prefix("main.rs"), "");
        assert_eq!(prefix("src/{a/b,c}/x"), "");
        assert_eq!(prefix("!src/a"), "");
        assert_eq!(prefix("{src/a,b}/c"), "");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "/", "./", "a[", "{a", "../x", "a/../b", &"*".repeat(2_000)] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_like_a_bomb_is_harmless() {
        let bomb = "**/".repeat(300) + "*x";
        let path = "a/".repeat(2_000) + "b";
        assert!(!matches(&bomb, &path));
        let bomb = "{a,b}".repeat(200);
        assert!(!matches(&bomb, &"ab".repeat(2_000)));
        assert!(!matches(&("*a".repeat(500)), &"a".repeat(300)));
    }
}
