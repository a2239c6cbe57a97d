//! Patterns of paths: a name with everything under it, or a glob.

use super::CapabilityError;
use super::escape::{self, Piece};
use super::sieve::Sieve;
use boxagnts_types::GuestPath;
use globset::{GlobBuilder, GlobMatcher};
use std::fmt;
use std::sync::Arc;

/// Characters that make a text a glob when they stand without a backslash.
const OPENERS: &str = "*?[{";
/// Characters that printing marks with a backslash.
const MEANINGFUL: &str = "*?[]{}";
/// Alternatives inside alternatives become nested groups of a regular expression; more depth than this is no wish of
/// a person.
const DEEPEST_ALTERNATIVES: usize = 8;

/// Which paths a capability names. Paths are absolute and normalised; the same shape serves files and URLs.
#[derive(Debug, Clone)]
pub(crate) enum PathPattern {
    /// One name and everything under it. `root` has no slash at its end, so it is empty for `/`.
    Tree {
        /// The name.
        root: String,
        /// Whether it was written with `/**` at its end, which means the same.
        stars: bool,
    },
    /// Whatever a glob matches.
    Glob(Arc<Glob>),
}

/// A glob, ready to match.
pub(crate) struct Glob {
    /// As printed.
    text: String,
    /// The literal folders before the first part that is a pattern.
    root: String,
    sieve: Sieve,
    exact: Vec<GlobMatcher>,
    /// Matches at least what `exact` means. globset works on bytes, so its `?` and `[…]` miss characters outside
    /// ASCII; a deny must not.
    wide: Option<Vec<GlobMatcher>>,
}

impl PathPattern {
    /// Reads a pattern of guest paths; relative ones begin at `/workspace`.
    pub(crate) fn guest(text: &str) -> Result<Self, CapabilityError> {
        let fault = |reason: &str| CapabilityError::Pattern { text: text.to_owned(), reason: reason.to_owned() };
        if text.starts_with(char::is_whitespace) {
            return Err(fault("a space stands before the path; take it out"));
        }
        if text == "~" || text.starts_with("~/") {
            return Err(fault("'~' is not expanded; guest paths begin with /workspace, /folders, /tmp …"));
        }
        let pieces = escape::pieces(text)?;
        if pieces.windows(2).any(|pair| pair == [Piece::Plain('$'), Piece::Plain('{')]) {
            return Err(fault("'${…}' belongs into a tool's effects, not into a capability"));
        }
        let parse = |literal: &str| {
            GuestPath::parse(literal).map_err(|source| CapabilityError::Path { text: text.to_owned(), source })
        };
        Self::read(text, &pieces, boxagnts_types::path::WORKSPACE, parse)
    }

    /// Reads a pattern of absolute paths that were normalised already, as those of URLs are.
    pub(crate) fn absolute(text: &str) -> Result<Self, CapabilityError> {
        let pieces = escape::pieces(text)?;
        let parse = |literal: &str| Ok(literal.to_owned());
        Self::read(text, &pieces, "", parse)
    }

    /// The pattern of one path and what is under it.
    pub(crate) fn tree(path: &str) -> Self {
        Self::Tree { root: path.trim_end_matches('/').to_owned(), stars: false }
    }

    fn read<T: ToString>(
        text: &str,
        pieces: &[Piece],
        base: &str,
        parse: impl Fn(&str) -> Result<T, CapabilityError>,
    ) -> Result<Self, CapabilityError> {
        if pieces.contains(&Piece::Literal('/')) {
            let reason = "a slash always separates names; write it without a backslash".to_owned();
            return Err(CapabilityError::Pattern { text: text.to_owned(), reason });
        }
        if !pieces.iter().any(|piece| piece.is_one_of(OPENERS)) {
            let root = parse(&escape::literal(pieces))?.to_string();
            return Ok(Self::Tree { root: root.trim_end_matches('/').to_owned(), stars: false });
        }
        let pieces = tidied(pieces);
        // `X/**` with a literal X names the same as X, so it is matched the same cheap way.
        let head = match pieces.as_slice() {
            [head @ .., Piece::Plain('/'), Piece::Plain('*'), Piece::Plain('*')] => head,
            [Piece::Plain('*'), Piece::Plain('*')] => &[Piece::Plain('.')],
            _ => &pieces,
        };
        if head.iter().any(|piece| piece.is_one_of(OPENERS)) {
            return Glob::read(text, &pieces, base).map(|glob| Self::Glob(Arc::new(glob)));
        }
        let root = if head.is_empty() { String::new() } else { parse(&escape::literal(head))?.to_string() };
        Ok(Self::Tree { root: root.trim_end_matches('/').to_owned(), stars: true })
    }

    /// Whether the path is named. A character outside ASCII is never matched by `?` or `[…]`.
    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Tree { root, .. } => is_below(path, root),
            Self::Glob(glob) => {
                is_below(path, &glob.root)
                    && glob.sieve.lets_pass(&path[glob.root.len()..])
                    && glob.exact.iter().any(|exact| exact.is_match(path))
            }
        }
    }

    /// The same by the glob alone.
    #[cfg(test)]
    pub(super) fn matches_without_sieve(&self, path: &str) -> bool {
        match self {
            Self::Tree { .. } => self.matches(path),
            Self::Glob(glob) => is_below(path, &glob.root) && glob.exact.iter().any(|exact| exact.is_match(path)),
        }
    }

    /// Whether a rule that takes something away names the path: the same, and in doubt more.
    pub(crate) fn catches(&self, path: &str) -> bool {
        if self.matches(path) {
            return true;
        }
        match self {
            Self::Glob(glob) if !path.is_ascii() && is_below(path, &glob.root) => {
                glob.wide.as_ref().is_some_and(|wide| wide.iter().any(|wide| wide.is_match(path)))
            }
            _ => false,
        }
    }

    /// The literal folder that everything named lies in or is.
    pub(crate) fn root(&self) -> &str {
        match self {
            Self::Tree { root, .. } => root,
            Self::Glob(glob) => &glob.root,
        }
    }

    /// Whether both may name one path; `true` in doubt.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        is_below(self.root(), other.root()) || is_below(other.root(), self.root())
    }

    /// Whether everything that `other` names is surely named here; `false` in doubt.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match self {
            Self::Tree { root, .. } => is_below(other.root(), root),
            Self::Glob(_) => self == other,
        }
    }
}

/// The pieces without empty parts, without `.` and without a slash at the end.
fn tidied(pieces: &[Piece]) -> Vec<Piece> {
    let parts = pieces.split(|piece| *piece == Piece::Plain('/'));
    let parts = parts.filter(|part| !part.is_empty() && escape::literal(part) != ".");
    let tidy = parts.flat_map(|part| [&[Piece::Plain('/')], part].concat());
    let relative = usize::from(pieces.first() != Some(&Piece::Plain('/')));
    tidy.skip(relative).collect()
}

/// Whether `path` is `root` or lies under it, at a name's boundary. An empty root is `/`.
pub(crate) fn is_below(path: &str, root: &str) -> bool {
    path.starts_with(root) && matches!(path.as_bytes().get(root.len()), None | Some(b'/'))
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tree { root, stars }, Self::Tree { root: root2, stars: stars2 }) => (root, stars) == (root2, stars2),
            (Self::Glob(glob), Self::Glob(glob2)) => glob.text == glob2.text,
            _ => false,
        }
    }
}

impl Eq for PathPattern {}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree { root, stars } => {
                f.write_str(&escape::escaped(root, MEANINGFUL))?;
                f.write_str(match (stars, root.is_empty()) {
                    (true, _) => "/**",
                    (false, true) => "/",
                    (false, false) => "",
                })
            }
            Self::Glob(glob) => f.write_str(&glob.text),
        }
    }
}

/// The text alone: compiled matchers fill pages.
impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// One part of a glob between two slashes, in the three forms that are needed.
#[derive(Default)]
struct Part {
    shown: String,
    exact: String,
    wide: String,
    literal: String,
    is_pattern: bool,
}

impl Glob {
    fn read(text: &str, pieces: &[Piece], base: &str) -> Result<Self, CapabilityError> {
        let parts = parts(text, pieces)?;
        let base = if pieces.first() == Some(&Piece::Plain('/')) { "" } else { base };
        let joined = |form: fn(&Part) -> &str| {
            let mut whole = base.to_owned();
            for part in &parts {
                whole.push('/');
                whole.push_str(form(part));
            }
            whole
        };
        let exact = joined(|part| &part.exact);
        let wide = joined(|part| &part.wide);
        let literals = parts.iter().take_while(|part| !part.is_pattern);
        let literal = literals.clone().count();
        let root = literals.fold(base.to_owned(), |root, part| root + "/" + &part.literal);
        let named = pieces.split(|piece| piece.char() == '/').filter(|part| !part.is_empty());
        let sieve = Sieve::of(&named.skip(literal).collect::<Vec<_>>());
        Ok(Self {
            text: joined(|part| &part.shown),
            root,
            sieve,
            wide: if wide == exact { None } else { Some(matchers(text, &wide)?) },
            exact: matchers(text, &exact)?,
        })
    }
}

/// Compiles a glob. One that ends in `/**` names the folder before it too, as a plain path does: a listing of the
/// folder would be refused otherwise, and so would be its deletion slip through a deny.
fn matchers(text: &str, glob: &str) -> Result<Vec<GlobMatcher>, CapabilityError> {
    let folder = glob.strip_suffix("/**").filter(|folder| !folder.is_empty());
    let compile = |glob: &str| {
        let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
        let fault = |error: globset::Error| error.kind().to_string();
        built
            .map(|glob| glob.compile_matcher())
            .map_err(|error| CapabilityError::Pattern { text: text.to_owned(), reason: fault(error) })
    };
    [Some(glob), folder].into_iter().flatten().map(compile).collect()
}

/// Splits a tidied glob at its slashes; a `..` is refused.
fn parts(text: &str, pieces: &[Piece]) -> Result<Vec<Part>, CapabilityError> {
    let fault = |reason: &str| CapabilityError::Pattern { text: text.to_owned(), reason: reason.to_owned() };
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    for piece in pieces {
        match piece {
            Piece::Plain('{') => depth += 1,
            Piece::Plain('}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if DEEPEST_ALTERNATIVES < depth {
            return Err(fault("alternatives in '{…}' lie too deep in each other"));
        }
    }
    for between in pieces.split(|piece| piece.char() == '/') {
        match escape::literal(between).as_str() {
            "" => {}
            ".." => return Err(fault("a pattern cannot climb with '..'; write the folder itself")),
            name if name.contains(['\0', '\\']) => return Err(fault("no path holds a NUL or a backslash")),
            _ => parts.push(part(between, &fault)?),
        }
    }
    Ok(parts)
}

fn part(pieces: &[Piece], fault: &impl Fn(&str) -> CapabilityError) -> Result<Part, CapabilityError> {
    let mut part = Part::default();
    let mut rest = pieces;
    while let [piece, after @ ..] = rest {
        rest = after;
        match *piece {
            Piece::Plain('[') => {
                let end = rest.iter().position(|piece| *piece == Piece::Plain(']'));
                let end = end.ok_or_else(|| fault("'[' has no ']'; write '\\[' for the character"))?;
                if rest[..end].iter().any(|piece| matches!(piece, Piece::Literal(_))) {
                    return Err(fault("a class in '[…]' needs no backslash"));
                }
                class(&mut part, &escape::literal(&rest[..end]), fault)?;
                rest = &rest[end + 1..];
            }
            Piece::Plain('?') => part.pattern('?', '*'),
            Piece::Plain(c @ ('*' | '{' | '}' | ',')) => part.pattern(c, c),
            Piece::Plain(c) | Piece::Literal(c) => part.literal(c),
        }
    }
    Ok(part)
}

/// A class such as `[a-z]` or `[!0-9]`.
fn class(part: &mut Part, inside: &str, fault: &impl Fn(&str) -> CapabilityError) -> Result<(), CapabilityError> {
    let members = inside.strip_prefix(['!', '^']);
    let (negated, members) = (members.is_some(), members.unwrap_or(inside));
    // globset reads classes byte by byte, so a class of wider characters would match halves of them.
    let plain = members.bytes().all(|c| c.is_ascii_graphic() && !b"/\\[]".contains(&c));
    // A range between signs could run over the slash without naming it.
    let ranges = members.as_bytes().windows(3).filter(|three| three[1] == b'-');
    let plain_ranges =
        ranges.into_iter().all(|three| three[0].is_ascii_alphanumeric() && three[2].is_ascii_alphanumeric());
    if !plain || !plain_ranges || members.is_empty() || members.starts_with('-') {
        return Err(fault("a class in '[…]' holds ASCII letters, digits and signs, and ranges as in [a-z0-9]"));
    }
    // A negated class must not match the slash, which would let one part of a pattern reach into the next folder.
    let (within, shown) = if negated { ("[!/", "[!") } else { ("[", "[") };
    for (form, opening) in [(&mut part.exact, within), (&mut part.shown, shown)] {
        form.push_str(opening);
        form.push_str(members);
        form.push(']');
    }
    if !part.wide.ends_with('*') {
        part.wide.push('*');
    }
    part.is_pattern = true;
    Ok(())
}

impl Part {
    fn pattern(&mut self, c: char, wide: char) {
        // A star that only stands for a wider '?' must not join another to '**', which crosses folders.
        if wide != '*' || !self.wide.ends_with('*') || (c == '*' && self.exact.ends_with('*')) {
            self.wide.push(wide);
        }
        self.shown.push(c);
        self.exact.push(c);
        self.literal.push(c);
        self.is_pattern |= c != ',';
    }

    fn literal(&mut self, c: char) {
        // A dollar before a brace would read back as a template's value.
        escape::push_literal(&mut self.shown, c, "*?[]{},$");
        for form in [&mut self.exact, &mut self.wide] {
            if "*?[]{},!\\".contains(c) {
                form.push('\\');
            }
            form.push(c);
        }
        self.literal.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        PathPattern::guest(pattern).unwrap().matches(path)
    }

    #[test]
    fn a_plain_path_names_the_file_or_the_whole_tree() {
        for path in ["/workspace/out", "/workspace/out/a", "/workspace/out/a/b.txt"] {
            assert!(matches("/workspace/out", path) && matches("out/", path) && matches("out/**", path), "{path}");
        }
        for path in ["/workspace", "/workspace/out2", "/workspace/ou", "/workspace/x/out", "/out", "/"] {
            assert!(!matches("/workspace/out", path) && !matches("out/**", path), "{path}");
        }
        assert!(matches("/", "/etc/passwd") && matches("/", "/") && matches("/**", "/a"));
    }

    #[test]
    fn a_star_stays_inside_one_name_and_two_stars_cross_folders() {
        assert!(matches("src/*.rs", "/workspace/src/a.rs") && matches("src/*.rs", "/workspace/src/.rs"));
        assert!(!matches("src/*.rs", "/workspace/src/a/b.rs") && !matches("src/*.rs", "/workspace/src/a.rsx"));
        assert!(matches("**/*.rs", "/workspace/a.rs") && matches("**/*.rs", "/workspace/a/b/c.rs"));
        assert!(matches("*/out/**", "/workspace/x/out") && matches("*/out/**", "/workspace/x/out/a/b"));
        assert!(!matches("*/out/**", "/workspace/x/y/out/a"));
        assert!(matches("/workspace/{a,b}/?.txt", "/workspace/b/x.txt"));
        assert!(!matches("/workspace/a?b", "/workspace/a/b"));
    }

    #[test]
    fn a_class_never_matches_a_slash() {
        assert!(matches("x[!a]y", "/workspace/xby") && !matches("x[!a]y", "/workspace/xay"));
        assert!(!matches("x[!a]y", "/workspace/x/y") && !matches("x[^a]y", "/workspace/x/y"));
        assert!(PathPattern::guest("x[.-0]y").is_err(), "the slash lies between the point and the zero");
    }

    #[test]
    fn a_backslash_takes_the_meaning_away() {
        assert!(matches("a\\*b", "/workspace/a*b") && !matches("a\\*b", "/workspace/axb"));
        assert!(matches("\\*/*", "/workspace/*/x") && !matches("\\*/*", "/workspace/y/x"));
        assert!(matches("\\u{61}/*.c", "/workspace/a/x.c"));
    }

    #[test]
    fn what_takes_away_is_wider_where_globset_sees_bytes() {
        let pattern = PathPattern::guest("?.key").unwrap();
        assert!(pattern.matches("/workspace/a.key"));
        assert!(!pattern.matches("/workspace/é.key"), "a grant gives less");
        assert!(pattern.catches("/workspace/é.key"), "a deny takes more");
        assert!(!pattern.catches("/workspace/ab.key"), "and where there is no doubt it takes the same");
        assert!(!PathPattern::guest("??").unwrap().catches("/workspace/é/x"), "two characters never become two stars");
        assert!(PathPattern::guest("[!a]*").unwrap().catches("/workspace/日本"));
    }

    #[test]
    fn the_root_is_the_literal_beginning() {
        for (pattern, root) in [
            ("src/*.rs", "/workspace/src"),
            ("**/x", "/workspace"),
            ("/a/b\\*/c*", "/a/b*"),
            ("/a", "/a"),
            ("/*", ""),
            ("/a,b/*", "/a,b"),
        ] {
            assert_eq!(PathPattern::guest(pattern).unwrap().root(), root, "{pattern}");
        }
    }
}
