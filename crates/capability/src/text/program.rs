//! Patterns of programs, argument by argument.

use super::CapabilityError;
use super::escape::{self, Piece};
use std::fmt;

/// Characters that need a backslash inside an argument.
const MEANINGFUL: &str = " *\"";

/// Which programs with which arguments a capability names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgramPattern {
    /// Program and arguments, one by one.
    arguments: Vec<ArgumentPattern>,
    /// Whether more arguments may follow.
    rest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ArgumentPattern {
    Any,
    Exactly(String),
}

impl ArgumentPattern {
    fn matches(&self, argument: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(only) => only == argument,
        }
    }
}

impl ProgramPattern {
    /// Reads arguments between spaces: `*` is one argument, `**` at the end the rest, `""` an empty argument, and a
    /// lone `*` any program with whatever arguments.
    pub(crate) fn parse(text: &str) -> Result<Self, CapabilityError> {
        let fault = |reason: &str| CapabilityError::Pattern { text: text.to_owned(), reason: reason.to_owned() };
        let pieces = escape::pieces(text)?;
        let words: Vec<_> = pieces.split(|piece| piece.is_one_of(" ")).filter(|word| !word.is_empty()).collect();
        let (words, rest) = match words.as_slice() {
            [] => return Err(fault("a program is missing; write 'exec:cargo test **'")),
            [[Piece::Plain('*')]] => (&[][..], true),
            [words @ .., [Piece::Plain('*'), Piece::Plain('*')]] => (words, true),
            words => (words, false),
        };
        let arguments = words.iter().map(|word| match word {
            [Piece::Plain('*')] => Ok(ArgumentPattern::Any),
            [Piece::Plain('"'), Piece::Plain('"')] => Ok(ArgumentPattern::Exactly(String::new())),
            _ if word.iter().any(|piece| piece.is_one_of("*")) => {
                Err(fault("'*' stands for one whole argument and '**' for the rest at the end; write '\\*' for a star"))
            }
            _ if word.iter().any(|piece| piece.is_one_of("\"")) => {
                Err(fault("quotes do not group; write '\\ ' for a space inside an argument"))
            }
            _ => Ok(ArgumentPattern::Exactly(escape::literal(word))),
        });
        Ok(Self { arguments: arguments.collect::<Result<_, _>>()?, rest })
    }

    /// The pattern of exactly these arguments.
    pub(crate) fn exactly(arguments: &[String]) -> Self {
        Self { arguments: arguments.iter().cloned().map(ArgumentPattern::Exactly).collect(), rest: false }
    }

    /// The only command that the pattern names; `None` for a wildcard.
    pub(crate) fn as_arguments(&self) -> Option<Vec<String>> {
        let literal = |argument: &ArgumentPattern| match argument {
            ArgumentPattern::Any => None,
            ArgumentPattern::Exactly(text) => Some(text.clone()),
        };
        if self.rest { None } else { self.arguments.iter().map(literal).collect() }
    }

    /// Whether the program with its arguments is named.
    pub(crate) fn matches(&self, arguments: &[String]) -> bool {
        let long_enough = self.arguments.len() <= arguments.len();
        let not_too_long = self.rest || arguments.len() == self.arguments.len();
        long_enough
            && not_too_long
            && self.arguments.iter().zip(arguments).all(|(pattern, given)| pattern.matches(given))
    }

    /// Whether both may name one command.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        let shared = self.arguments.len().min(other.arguments.len());
        let lengths_meet = match self.arguments.len().cmp(&other.arguments.len()) {
            std::cmp::Ordering::Less => self.rest,
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => other.rest,
        };
        let pairs = self.arguments[..shared].iter().zip(&other.arguments[..shared]);
        lengths_meet && pairs.into_iter().all(|(one, two)| one.meets(two))
    }

    /// Whether every command that `other` names is named here.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let lengths_fit = if self.rest {
            self.arguments.len() <= other.arguments.len()
        } else {
            !other.rest && self.arguments.len() == other.arguments.len()
        };
        let covers = |one: &ArgumentPattern, two: &ArgumentPattern| *one == ArgumentPattern::Any || one == two;
        lengths_fit && self.arguments.iter().zip(&other.arguments).all(|(one, two)| covers(one, two))
    }
}

impl ArgumentPattern {
    fn meets(&self, other: &Self) -> bool {
        self == other || *self == Self::Any || *other == Self::Any
    }
}

impl fmt::Display for ProgramPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.arguments.is_empty() {
            return f.write_str(if self.rest { "*" } else { "" });
        }
        for (at, argument) in self.arguments.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { " " })?;
            match argument {
                ArgumentPattern::Any => f.write_str("*")?,
                ArgumentPattern::Exactly(text) if text.is_empty() => f.write_str("\"\"")?,
                ArgumentPattern::Exactly(text) => f.write_str(&escape::escaped(text, MEANINGFUL))?,
            }
        }
        f.write_str(if self.rest { " **" } else { "" })
    }
}
