//! What every path that a glob matches surely has, looked at before the glob is: most rules of a book name other folders
//! than the one that is asked about, and comparing a few letters tells so in a tenth of the time.
//!
//! A sieve holds nothing back that the glob would match, or a deny would have a hole; a test tries that at random.

use super::escape::Piece;

/// The literal letters at the ends of a glob's parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sieve {
    /// Of each part up to the first `**`: how a name there begins and ends.
    leading: Vec<(String, String)>,
    /// How the whole path ends.
    end: String,
}

impl Sieve {
    /// The sieve of the parts that follow a glob's literal root.
    pub(crate) fn of(parts: &[&[Piece]]) -> Self {
        // Alternatives that reach over a slash belong to no part.
        if !parts.iter().all(|part| is_balanced(part)) {
            return Self::default();
        }
        let crosses = |part: &[Piece]| part.windows(2).any(|pair| pair == [Piece::Plain('*'), Piece::Plain('*')]);
        let leading = parts.iter().take_while(|part| !crosses(part)).map(|part| (head(part.iter()), tail(part)));
        let end = parts.last().filter(|part| !crosses(part)).map(|part| tail(part));
        Self { leading: leading.collect(), end: end.unwrap_or_default() }
    }

    /// Whether the glob may match; `below` is the path behind the root.
    pub(crate) fn lets_pass(&self, below: &str) -> bool {
        let mut names = below.split('/').skip(1);
        let fits = |(head, tail): &(String, String)| {
            names.next().is_some_and(|name| name.starts_with(head.as_str()) && name.ends_with(tail.as_str()))
        };
        below.ends_with(&self.end) && self.leading.iter().all(fits)
    }
}

fn is_balanced(part: &[Piece]) -> bool {
    let depth = part.iter().try_fold(0_usize, |depth, piece| match piece {
        Piece::Plain('{') => Some(depth + 1),
        Piece::Plain('}') => depth.checked_sub(1),
        _ => Some(depth),
    });
    depth == Some(0)
}

/// The letters before the first one that means something.
fn head<'p>(pieces: impl Iterator<Item = &'p Piece>) -> String {
    pieces.take_while(|piece| !piece.is_one_of("*?[]{},")).map(|piece| piece.char()).collect()
}

/// The letters after the last one that means something.
fn tail(part: &[Piece]) -> String {
    head(part.iter().rev()).chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::super::path::PathPattern;
    use proptest::prelude::*;

    fn glob() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("a"),
            Just("b"),
            Just("."),
            Just("*"),
            Just("?"),
            Just("[ab]"),
            Just("{a,b}"),
            Just("{a,b*}"),
            Just(","),
            Just("\\*"),
            Just("**"),
            Just("{a/b,c}"),
            Just("é"),
        ];
        let part = proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat());
        proptest::collection::vec(part, 1..5).prop_map(|parts| parts.join("/"))
    }

    fn path() -> impl Strategy<Value = String> {
        let letter = prop_oneof![Just("a"), Just("b"), Just("."), Just("*"), Just(","), Just("c"), Just("é")];
        let name = proptest::collection::vec(letter, 1..4).prop_map(|letters| letters.concat());
        proptest::collection::vec(name, 0..5).prop_map(|names| ["/workspace".to_owned(), names.join("/")].join("/"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn nothing_that_a_glob_matches_is_held_back(glob in glob(), path in path()) {
            if let Ok(pattern) = PathPattern::guest(&glob) {
                prop_assert_eq!(pattern.matches(&path), pattern.matches_without_sieve(&path), "{} {}", glob, path);
            }
        }
    }
}
