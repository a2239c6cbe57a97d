//! Modes: what becomes of a question.

use std::fmt;
use std::str::FromStr;

/// How a session treats what the rules would ask about. A mode never lifts a deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Questions are asked.
    #[default]
    Ask,
    /// File writes in the workspace and in folders mapped for writing need no question.
    AcceptEdits,
    /// Nothing is changed outside `/tmp`: writes, programs and new agents are denied, granted or not.
    Plan,
    /// Nobody is asked: what would be a question is denied.
    DontAsk,
    /// Nobody is asked: what would be a question is allowed. Denies and ceilings stay.
    Bypass,
}

impl Mode {
    /// All of them, in the order in which they are explained.
    pub const ALL: [Self; 5] = [Self::Ask, Self::AcceptEdits, Self::Plan, Self::DontAsk, Self::Bypass];

    /// The name that people write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::AcceptEdits => "accept-edits",
            Self::Plan => "plan",
            Self::DontAsk => "dont-ask",
            Self::Bypass => "bypass",
        }
    }
}

/// The text is no mode's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownMode {
    /// Elsewhere `auto` lets a model judge the question; here no model decides about rights.
    #[error("there is no mode \"auto\", since no model decides about rights here; dont-ask runs without questions")]
    Auto,
    /// Anything else.
    #[error("there is no mode {0:?}; the modes are ask, accept-edits, plan, dont-ask and bypass")]
    Other(String),
}

impl FromStr for Mode {
    type Err = UnknownMode;

    /// Reads our names, and Claude Code's where they mean the same.
    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "ask" | "default" | "manual" => Ok(Self::Ask),
            "accept-edits" | "acceptEdits" => Ok(Self::AcceptEdits),
            "plan" => Ok(Self::Plan),
            "dont-ask" | "dontAsk" => Ok(Self::DontAsk),
            "bypass" | "bypassPermissions" => Ok(Self::Bypass),
            "auto" => Err(UnknownMode::Auto),
            other => Err(UnknownMode::Other(other.to_owned())),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_their_aliases_are_read() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        for (alias, mode) in [
            ("default", Mode::Ask),
            ("manual", Mode::Ask),
            ("acceptEdits", Mode::AcceptEdits),
            ("dontAsk", Mode::DontAsk),
            ("bypassPermissions", Mode::Bypass),
        ] {
            assert_eq!(alias.parse(), Ok(mode));
        }
    }

    #[test]
    fn auto_is_an_error_that_names_dont_ask() {
        let error = "auto".parse::<Mode>().unwrap_err();
        assert!(error.to_string().contains("dont-ask"), "{error}");
        assert!("Ask".parse::<Mode>().is_err() && "".parse::<Mode>().is_err() && "yolo".parse::<Mode>().is_err());
    }
}
